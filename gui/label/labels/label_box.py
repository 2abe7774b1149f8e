"""A field to choose a label by some letters of its name."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QComboBox, QCompleter, QWidget

from core.labels import Label

_DOT = 12


class LabelBox(QComboBox):
    """Typing narrows the labels down, the arrow keys choose; what is no label counts as nothing.

    Signals:
        label_changed: another label is chosen, or none.
        return_pressed: Return was pressed in the field.
    """

    label_changed = Signal()
    return_pressed = Signal()

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
        field.returnPressed.connect(self.return_pressed)

    def set_labels(self, labels: Sequence[Label]) -> None:
        """Offer other labels; the field is empty afterwards."""
        self.clear()
        for label in labels:
            self.addItem(dot(label.color), label.name, label.id)
        self.setCurrentIndex(-1)
        self.setEditText("")

    def label_id(self) -> int | None:
        """The label whose name the field has, whatever the case."""
        typed = self.currentText().strip().casefold()
        ids = (self.itemData(place) for place in range(self.count()) if self.itemText(place).casefold() == typed)
        return next(ids, None)

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
