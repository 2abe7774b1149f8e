"""The terms of the filter, to be changed and removed with the mouse."""

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from core.labels import Label, LabelState
from core.project.query import Part, without
from gui.label.filter.filter_text import cycled, is_order, state_of
from gui.label.tagging.annotator import STATE_WORDS
from gui.widgets import icons, theme
from gui.widgets.flow import Flow
from gui.widgets.states import STATE_GLYPHS, state_color

_GLYPH = 14
_LONGEST = 34


class Chip(QAbstractButton):
    """One term; a press changes it, the cross at its end or Delete removes it.

    Signals:
        remove_wanted: the term is to go.
    """

    remove_wanted = Signal()

    def __init__(self, text: str, *, glyph: str = "", color: str = "", state: LabelState | None = None) -> None:
        super().__init__()
        self._glyph = glyph
        self._color = color
        self._state = state
        self._is_over_cross = False
        self.setText(text)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMouseTracking(True)
        self.setFont(theme.smaller(self.font(), points=0.5))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Room for all of it."""
        metrics = self.fontMetrics()
        width = 2 * theme.SPACE + metrics.horizontalAdvance(self._shown()) + 6 + _GLYPH
        width += (_GLYPH + 5 if self._glyph else 0) + (8 if self._color else 0)
        return QSize(width, metrics.height() + 8)

    def cross(self) -> QRect:
        """Where a click removes it."""
        wide = _GLYPH + theme.SPACE + 2
        return self._placed(QRect(self.width() - wide, 0, wide, self.height()))

    def _shown(self) -> str:
        text = self.text()
        return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"

    def _placed(self, rect: QRect) -> QRect:
        if self.isRightToLeft():
            rect.moveLeft(self.width() - rect.right() - 1)
        return rect

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The cross is seen to be hit."""
        self._is_over_cross = self.cross().contains(event.position().toPoint())
        self.update()
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Remove it by the cross, change it elsewhere."""
        if self.cross().contains(event.position().toPoint()) and event.button() == Qt.MouseButton.LeftButton:
            self.setDown(False)
            self.remove_wanted.emit()
        else:
            super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete removes it, Return presses it."""
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.remove_wanted.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A pill: state, colour of the label, text, cross."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = self.palette()
        is_hot = self.underMouse() or self.isDown()
        ground = palette.color(QPalette.ColorRole.Midlight if is_hot else QPalette.ColorRole.Button)
        edge = theme.accent(palette) if self.hasFocus() else palette.color(QPalette.ColorRole.Dark)
        painter.setPen(QPen(edge, 2 if self.hasFocus() else 1))
        painter.setBrush(ground)
        frame = self.rect().toRectF().adjusted(1, 1, -1, -1)
        painter.drawRoundedRect(frame, frame.height() / 2, frame.height() / 2)
        left, height = theme.SPACE, self.height()
        middle = (height - _GLYPH) // 2
        if self._glyph:
            color = theme.secondary(palette) if self._state is None else state_color(self._state, palette)
            if self._state == LabelState.UNKNOWN:
                color = theme.secondary(palette)
            icons.paint(painter, self._glyph, self._placed(QRect(left, middle, _GLYPH, _GLYPH)).toRectF(), color)
            left += _GLYPH + 5
        if self._color:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._color))
            painter.drawRoundedRect(self._placed(QRect(left, middle, 4, _GLYPH)), 2, 2)
            left += 8
        painter.setPen(palette.color(QPalette.ColorRole.ButtonText))
        font = QFont(self.font())
        font.setStrikeOut(self._state == LabelState.ABSENT)
        painter.setFont(font)
        wide = self.fontMetrics().horizontalAdvance(self._shown()) + 2
        painter.drawText(self._placed(QRect(left, 0, wide, height)), Qt.AlignmentFlag.AlignCenter, self._shown())
        cross = QRect(self.width() - theme.SPACE - _GLYPH + 3, middle + 1, _GLYPH - 2, _GLYPH - 2)
        is_hit = self._is_over_cross and self.underMouse()
        color = palette.color(QPalette.ColorRole.BrightText) if is_hit else theme.secondary(palette)
        icons.paint(painter, "x", self._placed(cross).toRectF(), color)


class FilterChips(QWidget):
    """A chip for each term of the filter, in rows.

    Signals:
        changed: the text of the filter with a term changed or removed.
        part_wanted: Part; this one is to be chosen in the field.
    """

    changed = Signal(str)
    part_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._flow: Flow | None = None
        self.chips: list[Chip] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self.setAccessibleName(self.tr("Terms of the filter"))

    def show_parts(self, text: str, found: Sequence[Part], labels: Sequence[Label]) -> None:
        """Show the terms of a filter that can be read.

        Args:
            text: the filter.
            found: its parts.
            labels: of the project.
        """
        self._put([self._chip(text, part, labels) for part in found])

    def show_chosen(self, words: str) -> None:
        """Show that the images were chosen elsewhere; removing it shows all."""
        chip = Chip(words, glyph="arrow-square-in")
        chip.setToolTip(self.tr("Press to show all images"))
        chip.setAccessibleName(self.tr("{}; press to show all images").format(words))
        for signal in (chip.clicked, chip.remove_wanted):
            signal.connect(lambda: self.changed.emit(""))
        self._put([chip])

    def _put(self, chips: list[Chip]) -> None:
        """Show other chips; the focus stays at its place."""
        focus = next((place for place, chip in enumerate(self.chips) if chip.hasFocus()), None)
        if self._flow is not None:
            self._layout.removeWidget(self._flow)
            self._flow.hide()
            self._flow.deleteLater()
        self.chips = chips
        self._flow = Flow(chips, gap=theme.SPACE // 2 + 2)
        policy = self._flow.sizePolicy()
        policy.setHeightForWidth(True)
        self._flow.setSizePolicy(policy)
        self._layout.addWidget(self._flow)
        self.setVisible(bool(chips))
        if focus is not None and chips:
            chips[min(focus, len(chips) - 1)].setFocus()

    def _chip(self, text: str, part: Part, labels: Sequence[Label]) -> Chip:
        named = state_of(part, labels)
        shown = " ".join(part.text.split())
        if named is not None:
            label, state = named
            chip = Chip(label.name, glyph=STATE_GLYPHS[int(state)], color=label.color, state=state)
            tip = self.tr("Press for present, absent, unknown in turn")
            said = f"{label.name} {STATE_WORDS[state]}"
        elif is_order(part, labels):
            is_down = shown.partition(":")[2].startswith("-")
            name = shown.partition(":")[2].removeprefix("-")
            chip = Chip(self.tr("by {}").format(name), glyph="sort-descending" if is_down else "sort-ascending")
            tip = self.tr("Press to turn the order round")
            said = shown
        else:
            chip = Chip(shown)
            tip = self.tr("Press to change it in the field")
            said = shown
        chip.setToolTip(f"{shown}\n{tip}; " + self.tr("Delete or the cross removes it"))
        chip.setAccessibleName(said)
        chip.setAccessibleDescription(f"{tip}; " + self.tr("Delete removes it"))
        chip.remove_wanted.connect(lambda: self.changed.emit(without(text, part)))
        chip.clicked.connect(lambda: self._press(text, part, labels))
        return chip

    def _press(self, text: str, part: Part, labels: Sequence[Label]) -> None:
        new = cycled(text, part, labels)
        if new is None:
            self.part_wanted.emit(part)
        else:
            self.changed.emit(new)
