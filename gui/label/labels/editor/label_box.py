"""A field to choose a label by some letters of its name."""

from collections.abc import Collection, Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QComboBox, QCompleter, QWidget

from core.labels import Label
from gui.widgets import theme

_DOT = 12


class LabelBox(QComboBox):
    """Typing narrows the labels down, the arrow keys choose; what is no label counts as nothing.

    Letters that only one label has stand for it as soon as the field is left.

    Signals:
        label_changed: another label is chosen, or none.
        return_pressed: Return was pressed in the field.
        unknown_left: the text that the field was left with, which stands for no label.
    """

    label_changed = Signal()
    return_pressed = Signal()
    unknown_left = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setAccessibleName(name)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(10)
        self.setMaxVisibleItems(16)
        field, completer = self.lineEdit(), self.completer()
        assert field is not None
        assert completer is not None
        field.setPlaceholderText(self.tr("Type a label"))
        field.setAccessibleName(name)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.editTextChanged.connect(lambda _text: self.label_changed.emit())
        field.returnPressed.connect(self._on_return)

    def set_labels(self, labels: Sequence[Label]) -> None:
        """Offer other labels; the field is empty afterwards."""
        self.clear()
        for label in labels:
            self.addItem(dot(label.color), label.name, label.id)
        self.setCurrentIndex(-1)
        self.setEditText("")

    def label_id(self) -> int | None:
        """The label whose name the field has, whatever the case."""
        typed = self.typed().casefold()
        ids = (self.itemData(place) for place in range(self.count()) if self.itemText(place).casefold() == typed)
        return next(ids, None)

    def typed(self) -> str:
        """What the field has."""
        return self.currentText().strip()

    def complete(self) -> int | None:
        """Write out the one label that has the letters in the field; returns its id, None where none or several do."""
        typed = self.typed().casefold()
        found = self.label_id()
        if found is not None or not typed:
            return found
        places = [place for place in range(self.count()) if typed in self.itemText(place).casefold()]
        first = [place for place in places if self.itemText(place).casefold().startswith(typed)]
        only = next((some[0] for some in (places, first) if len(some) == 1), None)
        if only is not None:
            self.setCurrentIndex(only)
            self.setEditText(self.itemText(only))
        return self.label_id()

    def pale(self, label_ids: Collection[int], why: str) -> None:
        """Show some labels as ones that cannot be taken.

        Args:
            label_ids: of them.
            why: for their tooltips.
        """
        for place in range(self.count()):
            if self.itemData(place) in label_ids:
                self.setItemData(place, theme.secondary(), Qt.ItemDataRole.ForegroundRole)
                self.setItemData(place, why, Qt.ItemDataRole.ToolTipRole)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """What is left behind is a label, or said to be none."""
        super().focusOutEvent(event)
        is_passing = event.reason() in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason)
        if not is_passing and self.complete() is None and self.typed():
            self.unknown_left.emit(self.typed())

    def _on_return(self) -> None:
        self.complete()
        self.return_pressed.emit()

    def choose(self, label_id: int | None) -> None:
        """Show a label; None for none."""
        place = -1 if label_id is None else self.findData(label_id)
        self.setCurrentIndex(place)
        if place < 0:
            self.setEditText("")


def dot(color: str) -> QIcon:
    """The colour of a label as an icon."""
    picture = QPixmap(QSize(2 * _DOT, 2 * _DOT))
    picture.setDevicePixelRatio(2)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(color))
    painter.drawRoundedRect(1, 1, _DOT - 2, _DOT - 2, 3, 3)
    painter.end()
    return QIcon(picture)
