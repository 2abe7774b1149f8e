"""The chips of an image in a row under it."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QStyle, QWidget

from gui.label.images.loupe.chips import Chip, ChipInfo, ChipKind, words_of

_ORDER: tuple[ChipKind, ...] = ("conflict", "present", "suggestion", "hint")
_GAP = 5


class ChipRow(QWidget):
    """Chips beside each other: conflicts, labels that are present, suggestions, hints.

    The row is one stop of the Tab key; arrow keys go from chip to chip, Space or Return clicks, Escape leaves. Chips
    that find no room are behind a last one that says how many they are and shows them when it is clicked.

    Signals:
        chip_clicked: ChipInfo.
        left: Escape was pressed.
        width_changed: there is more or less room.
    """

    chip_clicked = Signal(object)
    left = Signal()
    width_changed = Signal()

    def __init__(self, *, clickable: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._clickable = clickable
        self._infos: tuple[ChipInfo, ...] = ()
        self._suggestion: int | None = None
        self._chips: list[Chip] = []
        self._more = Chip(self)
        self._more.clicked.connect(self._on_more_clicked)
        self._more.focused.connect(partial(self._set_stop, self._more))
        self._is_open = False
        self._limit = 1
        self._stop: Chip | None = None
        self._before: QWidget | None = None
        self.setAccessibleName(self.tr("Labels of the image"))
        self._more.hide()

    def infos(self) -> tuple[ChipInfo, ...]:
        """What is shown, in order."""
        return self._infos

    def chips(self) -> list[Chip]:
        """The buttons, in the order of `infos`; those without room are hidden."""
        return self._chips[: len(self._infos)]

    def set_infos(self, infos: Sequence[ChipInfo]) -> None:
        """Show other chips; buttons are kept, so that the focus stays where it is."""
        ordered = tuple(sorted(infos, key=lambda one: _ORDER.index(one.kind)))
        if ordered == self._infos:
            return
        self._infos = ordered
        while len(self._chips) < len(ordered):
            chip = Chip(self)
            chip.clicked.connect(self._on_chip_clicked)
            chip.focused.connect(partial(self._set_stop, chip))
            self._chips.append(chip)
        for chip, info in zip(self._chips, ordered, strict=False):
            chip.show_info(info, words_of(self, info), clickable=self._clickable)
        self._mark_suggestion()
        self._place()
        self.updateGeometry()

    def come_after(self, widget: QWidget) -> None:
        """Let Tab come here from a widget of the same window."""
        self._before = widget

    def set_current_suggestion(self, label_id: int | None) -> None:
        """Point out the suggestion that keys accept or refuse."""
        if label_id != self._suggestion:
            self._suggestion = label_id
            self._mark_suggestion()
            self._place()

    def set_limit(self, rows: int) -> None:
        """Let the chips have so many rows until all are asked for; without it they have one."""
        if rows != self._limit:
            self._limit = rows
            self._place()
            self.updateGeometry()

    def rows_needed(self) -> int:
        """In how many rows all chips find room, at least 1."""
        return _rows_of([one.sizeHint().width() for one in self.chips()], max(self.width(), 1))

    def close_rest(self) -> None:
        """Hide again what found no room."""
        if self._is_open:
            self._is_open = False
            self._place()
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        """One row, or all rows once they were asked for."""
        rows = self.rows_needed() if self._is_open and self.width() > 0 else self._limit
        height = self._more.sizeHint().height()
        return QSize(120, rows * height + (rows - 1) * _GAP)

    def minimumSizeHint(self) -> QSize:
        """As high as the rows, however narrow."""
        return QSize(0, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place the chips."""
        super().resizeEvent(event)
        self._place()
        if self._is_open:
            self.updateGeometry()
        if event.oldSize().width() != event.size().width():
            self.width_changed.emit()

    def changeEvent(self, event: QEvent) -> None:
        """Another font needs other room."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.LayoutDirectionChange, QEvent.Type.StyleChange):
            self._place()
            self.updateGeometry()

    def event(self, event: QEvent) -> bool:
        """Keys that move among the chips are no commands for images."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _is_own(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys, Home and End go to another chip; Escape leaves."""
        shown = [one for one in [*self.chips(), self._more] if not one.isHidden()]
        focus = self.focusWidget()
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
            return
        if focus not in shown or not _is_own(event):
            super().keyPressEvent(event)
            return
        at = next(number for number, one in enumerate(shown) if one is focus)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            shown[at].click()
            return
        onward = Qt.Key.Key_Left if self.isRightToLeft() else Qt.Key.Key_Right
        if event.key() in (onward, Qt.Key.Key_Down):
            at += 1
        elif event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up):
            at -= 1
        else:
            at = 0 if event.key() == Qt.Key.Key_Home else len(shown) - 1
        shown[at % len(shown)].setFocus(Qt.FocusReason.TabFocusReason)

    def _on_chip_clicked(self) -> None:
        chip = self.sender()
        if isinstance(chip, Chip) and chip.info is not None:
            self.chip_clicked.emit(chip.info)

    def _on_more_clicked(self) -> None:
        self._is_open = True
        had_focus = self._more.hasFocus()
        first = next((one for one in self.chips() if one.isHidden()), None)
        self._place()
        self.updateGeometry()
        if had_focus and first is not None:
            first.setFocus(Qt.FocusReason.TabFocusReason)

    def _mark_suggestion(self) -> None:
        for chip, info in zip(self._chips, self._infos, strict=False):
            chip.set_marked(info.kind == "suggestion" and info.label.id == self._suggestion)

    def _set_stop(self, stop: Chip) -> None:
        """Let Tab come to one chip only: the one that had the focus last."""
        if self._clickable and self._stop is not stop:
            if self._stop is not None:
                self._stop.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            stop.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            if self._before is not None:
                # else Tab comes to it behind everything that was there before it
                self.setTabOrder(self._before, stop)
            self._stop = stop

    def _place(self) -> None:
        width, height = self.width(), self._more.sizeHint().height()
        chips = self.chips()
        widths = [one.sizeHint().width() for one in chips]
        count = len(chips) if self._is_open else self._fitting(widths, width)
        # what keys accept or refuse is seen in any case
        marked = [one for one in chips[count:] if one.is_marked()]
        if marked:
            count = self._fitting(widths[: len(chips) - 1], width, extra=marked[0].sizeHint().width())
        first = [*chips[:count], *marked]
        hidden = [one for one in chips if one not in first]
        if hidden:
            names = ", ".join(one.accessibleName() for one in hidden)
            said = self.tr("Show {count} more: {names}").format(count=len(hidden), names=names)
            self._more.show_text(f"+{len(hidden)}", said)
        shown = [*first, *([self._more] if hidden else [])]
        had_focus = next((one for one in (*self._chips, self._more) if one.hasFocus()), None)
        places = _places([one.sizeHint().width() for one in shown], width, height)
        for chip, place in zip(shown, places, strict=True):
            chip.setGeometry(QStyle.visualRect(self.layoutDirection(), self.rect(), place))
            chip.show()
        if shown and (self._stop is None or self._stop not in shown):
            self._set_stop(shown[0])
        if had_focus is not None and had_focus not in shown:
            if shown:
                shown[-1].setFocus(Qt.FocusReason.OtherFocusReason)
            else:
                self.left.emit()
        for chip in (*self._chips, self._more):
            if chip not in shown:
                chip.hide()

    def _fitting(self, widths: list[int], room: int, *, extra: int = 0) -> int:
        """How many chips find room, with the one that says how many do not, and with one of the width `extra`."""
        if not extra and _rows_of(widths, room) <= self._limit:
            return len(widths)
        self._more.show_text(f"+{len(widths)}", "")
        rest = [self._more.sizeHint().width(), *([extra] if extra else [])]
        tried = range(len(widths) - 1, 0, -1)
        return next((count for count in tried if _rows_of([*widths[:count], *rest], room) <= self._limit), 0)


def _places(widths: Sequence[int], room: int, height: int) -> list[QRect]:
    """Rows of boxes; one that is wider than the room is cut to it."""
    places, x, y = [], 0, 0
    for width in (min(one, room) for one in widths):
        if x and x + width > room:
            x, y = 0, y + height + _GAP
        places.append(QRect(x, y, width, height))
        x += width + _GAP
    return places


def _rows_of(widths: Sequence[int], room: int) -> int:
    places = _places(widths, room, 1)
    return places[-1].top() // (1 + _GAP) + 1 if places else 1


def _is_own(event: QKeyEvent) -> bool:
    plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    return plain and event.key() in (
        Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End,
        Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space, Qt.Key.Key_Escape,
    )  # fmt: skip
