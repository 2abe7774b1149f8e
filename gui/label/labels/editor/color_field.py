"""The colour of a label: one of the palette, or any other."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QColorDialog,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QWidget,
)

from core.project.labels.palette import PALETTE
from gui.label.labels.editor.editor_parts import Swatch
from gui.widgets.buttons import flat

_COLUMNS = 10


class ColorField(QWidget):
    """Swatches to choose from.

    Signals:
        dialog_opens: a dialog for any colour is about to be shown.
        dialog_closed: it is gone.
        resized: it needs other room.
    """

    dialog_opens = Signal()
    dialog_closed = Signal()
    resized = Signal()

    def __init__(self, color: str) -> None:
        super().__init__()
        self.color = color
        self.setAccessibleName(self.tr("Colour of the label"))
        self._swatches = QButtonGroup(self)
        self.other = Swatch(color)
        self.more = flat(QPushButton(self.tr("Other colour…")))
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(4)
        for place, one in enumerate(PALETTE):
            swatch = Swatch(one)
            self._swatches.addButton(swatch)
            grid.addWidget(swatch, place // _COLUMNS, place % _COLUMNS)
        self._swatches.addButton(self.other)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.other)
        row.addWidget(self.more)
        row.addStretch(1)
        grid.addLayout(row, grid.rowCount(), 0, 1, _COLUMNS)
        grid.setColumnStretch(_COLUMNS, 1)
        self._mark()
        self.more.clicked.connect(self._on_more_clicked)
        self._swatches.buttonClicked.connect(self._on_swatch_clicked)

    def _mark(self) -> None:
        """Show the colour that the label gets; one that is not in the palette has a swatch of its own."""
        buttons = self._swatches.buttons()
        swatch = next((one for one in buttons if _color_of(one) == self.color.casefold()), self.other)
        if swatch is self.other:
            self.other.set_color(self.color)
        swatch.setChecked(True)
        self.other.setVisible(swatch is self.other)

    def _on_swatch_clicked(self, swatch: QAbstractButton) -> None:
        self.color = _color_of(swatch)

    def _on_more_clicked(self) -> None:
        self.dialog_opens.emit()
        parent = self.window().parentWidget()
        dialog = QColorDialog(QColor(self.color), parent)
        dialog.setWindowTitle(self.tr("Colour of the label"))
        dialog.setOption(QColorDialog.ColorDialogOption.DontUseNativeDialog)
        dialog.colorSelected.connect(self._on_color_selected)
        dialog.finished.connect(self.dialog_closed)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        if parent is not None:
            # until the dialog has the keys, letters are no commands for the images
            parent.window().setFocus()

    def _on_color_selected(self, color: QColor) -> None:
        self.color = color.name()
        self._mark()
        self.resized.emit()


def _color_of(swatch: QAbstractButton) -> str:
    assert isinstance(swatch, Swatch)
    return swatch.color.casefold()
