"""What is said of an image, and what might be, as chips."""

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QFont, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QWidget

from core.labels import Label
from gui.widgets import icons, theme

ChipKind = Literal["conflict", "present", "suggestion", "hint"]
_RADIUS = 5.0


@dataclass(frozen=True, slots=True)
class ChipInfo:
    """One chip.

    Attributes:
        label: that it is about; of a conflict the one that a click is to act on.
        kind: "present" is what a person said; "suggestion" what a model says; "hint" what nearly always comes along
            with labels that are present; "conflict" a rule that is broken.
        text: in place of the label's name: "usually also vehicle", or the words of the rule.
        probability: of a suggestion or a hint, in [0, 1].
        outlined: whether it is pointed out, such as a label that the images beside this one do not have.
    """

    label: Label
    kind: ChipKind
    text: str = ""
    probability: float | None = None
    outlined: bool = False


class Chip(QAbstractButton):
    """A pill: filled, hollow, dashed or with a warning sign, so that the kinds are told apart without colours.

    Signals:
        focused: it has the keys now.
    """

    focused = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.info: ChipInfo | None = None
        self._marked = False
        self._name = ""
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def show_info(self, info: ChipInfo, words: tuple[str, str, str], *, clickable: bool) -> None:
        """Show a chip; `words` are its text, its accessible name and its tooltip."""
        if info == self.info and words[1] == self._name:
            return
        self.info = info
        text, self._name, tip = words
        self.setText(text)
        self.setToolTip(tip)
        self._say()
        self.setCursor(Qt.CursorShape.PointingHandCursor if clickable else Qt.CursorShape.ArrowCursor)
        self.updateGeometry()
        self.update()

    def show_text(self, text: str, name: str) -> None:
        """Show a plain text."""
        self.info, self._name = None, name
        self.setText(text)
        self.setToolTip(name)
        self.setAccessibleName(name)

    def is_marked(self) -> bool:
        """Whether it is the suggestion that keys act on."""
        return self._marked and self.info is not None

    def set_marked(self, marked: bool) -> None:
        """Whether it is the suggestion that keys act on."""
        if marked != self._marked:
            self._marked = marked
            self._say()
            self.update()

    def _say(self) -> None:
        self.setAccessibleName(self._name + (", " + self.tr("current suggestion") if self._marked else ""))

    def sizeHint(self) -> QSize:
        """As wide as its text, with what stands before and after it."""
        metrics = QFontMetricsF(self._font())
        width = metrics.horizontalAdvance(self.text()) + 2 * theme.SPACE
        if self._glyph():
            width += metrics.height()
        return QSize(round(width) + 1, round(metrics.height() + 9))

    def _font(self) -> QFont:
        return theme.smaller(self.font(), points=0.5)

    def _glyph(self) -> str:
        if self.info is None:
            return ""
        return {"conflict": "warning", "present": "check", "suggestion": "sparkle", "hint": "plus"}[self.info.kind]

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the pill."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = self.palette()
        place = QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5)
        ink = palette.windowText().color()
        ground, edge = QColor(Qt.GlobalColor.transparent), QPen(palette.dark().color(), 1)
        if self.info is not None:
            color = QColor(self.info.label.color)
            if self.info.kind == "present":
                ground, ink, edge = color, theme.readable_on(color), QPen(Qt.PenStyle.NoPen)
            elif self.info.kind == "suggestion":
                edge = QPen(color, 1.5)
            elif self.info.kind == "hint":
                ink = theme.secondary(palette)
                edge = QPen(ink, 1, Qt.PenStyle.DashLine)
            else:
                edge = QPen(theme.warning(palette), 1.5)
                ground = QColor(theme.warning(palette))
                ground.setAlphaF(0.15)
        if self._marked:
            ground = theme.mixed(palette.window().color(), palette.highlight().color(), 0.7)
        if self.underMouse() and self.info is not None and self.info.kind != "present" and not self._marked:
            ground = QColor(palette.midlight().color())
        painter.setBrush(ground)
        painter.setPen(edge)
        painter.drawRoundedRect(place, _RADIUS, _RADIUS)
        self._paint_text(painter, place, ink)
        self._paint_frames(painter, place)

    def _paint_text(self, painter: QPainter, place: QRectF, ink: QColor) -> None:
        inside = place.adjusted(theme.SPACE - 2, 0, -theme.SPACE + 2, 0)
        metrics = QFontMetricsF(self._font())
        glyph = self._glyph()
        side = metrics.height() * 0.8
        rightward = not self.isRightToLeft()
        if glyph:
            left = inside.left() if rightward else inside.right() - side
            is_amber = self.info is not None and self.info.kind == "conflict"
            color = theme.warning(self.palette()) if is_amber else ink
            icons.paint(painter, glyph, QRectF(left, inside.center().y() - side / 2, side, side), color)
            inside.adjust(metrics.height() if rightward else 0, 0, 0 if rightward else -metrics.height(), 0)
        painter.setPen(ink)
        painter.setFont(self._font())
        text = metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, inside.width() + 1)
        painter.drawText(inside, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading, text)

    def _paint_frames(self, painter: QPainter, place: QRectF) -> None:
        palette = self.palette()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self._marked:
            painter.setPen(QPen(theme.accent(palette), 2))
            painter.drawRoundedRect(place.adjusted(0.5, 0.5, -0.5, -0.5), _RADIUS, _RADIUS)
        if self.info is not None and self.info.outlined:
            painter.setPen(QPen(palette.window().color(), 1))
            painter.drawRoundedRect(place.adjusted(1, 1, -1, -1), _RADIUS - 1, _RADIUS - 1)
            painter.setPen(QPen(palette.windowText().color(), 2))
            painter.drawRoundedRect(place, _RADIUS, _RADIUS)
        if self.hasFocus():
            painter.setPen(QPen(theme.accent(palette), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), _RADIUS, _RADIUS)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Tab comes back to this one."""
        super().focusInEvent(event)
        self.focused.emit()
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The row has the keys."""
        event.ignore()


def words_of(row: QWidget, info: ChipInfo) -> tuple[str, str, str]:
    """Text, accessible name and tooltip of a chip."""
    name = info.label.name
    share = "" if info.probability is None else f"{info.probability:.2f}"
    if info.kind == "present":
        said = row.tr("{name}, present").format(name=name)
        if info.outlined:
            said += ", " + row.tr("not on all of these images")
        return info.text or name, said, said
    if info.kind == "suggestion":
        text = f"{info.text or name} {share}".strip()
        said = row.tr("{name}, suggested, probability {share}").format(name=name, share=share or "–")
        return text, said, said
    if info.kind == "hint":
        text = info.text or row.tr("usually also {name}").format(name=name)
        tip = text if info.probability is None else f"{text} ({share})"
        return text, row.tr("Hint: {text}").format(text=tip), tip
    text = info.text or row.tr("{name} breaks a rule").format(name=name)
    return text, row.tr("Conflict: {text}").format(text=text), text
