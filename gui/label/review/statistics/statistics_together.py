"""Which labels come together: a matrix of counts, and the cell that is looked at in words."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from gui.label.review.statistics.statistics_parts import percent
from gui.widgets import theme
from gui.widgets.matrix import MatrixModel, MatrixView
from gui.widgets.own_keys import keep_keys

# how strongly the diagonal is coloured
_DIAGONAL = 0.2


class PairsModel(MatrixModel):
    """Images that have both labels; in the diagonal those with one."""

    def show_pairs(self, names: tuple[str, ...], together: NDArray[np.int64]) -> None:
        """Show other counts; a cell is coloured by its share of the images of its row.

        Args:
            names: of the C labels.
            together: int64 (C, C), symmetric.
        """
        shares = together / np.maximum(together.diagonal(), 1)[:, None]
        # all of a label's images have it: that is no pair, and is not to outshine them
        np.fill_diagonal(shares, _DIAGONAL)
        self.show_counts(names, together, shares)

    def in_words(self, row: int, column: int) -> str:
        """On how many images both labels are, as shares of either."""
        one, other, count = self.names[row], self.names[column], int(self.counts[row, column])
        images = self.tr("1 image") if count == 1 else self.tr("{:,} images").format(count)
        if row == column:
            return self.tr("{} on {}").format(one, images)
        if not count:
            return self.tr("{} and {} on no image together").format(one, other)
        return self.tr("{} and {} together on {}: {} of {}, {} of {}").format(
            one, other, images, percent(self.shares[row, column]), one, percent(self.shares[column, row]), other
        )

    def line_in_words(self, label: int, *, is_row: bool) -> str:
        """Of one label either way."""
        return self.tr("“{}” together with other labels").format(self.names[label])

    def pen(self, row: int, column: int) -> QPen:
        """Grey where there is one label only; the accent for pairs."""
        return QPen(theme.secondary()) if row == column else QPen(theme.accent())


class TogetherView(QWidget):
    """The matrix and its reading.

    Signals:
        pair_chosen: columns of the two labels, the same twice in the diagonal.
    """

    pair_chosen = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = PairsModel()
        self.matrix = MatrixView(self.model, title=self.tr("Labels that come together"), hint="")
        self.reading = QLabel()
        self.reading.setWordWrap(True)
        self.reading.setFont(theme.tabular(self.reading.font()))
        self.reading.setAlignment(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignTop)
        self.reading.setContentsMargins(theme.PANEL, theme.SPACE // 2, theme.PANEL, 0)
        keep_keys(self.matrix.table)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.matrix, 1)
        layout.addWidget(self.reading)
        # two lines, so that nothing moves while the mouse goes over the cells
        self.reading.setMinimumHeight(2 * self.reading.fontMetrics().lineSpacing() + theme.SPACE // 2)
        self.matrix.cell_pointed.connect(self._read)
        self.matrix.cell_activated.connect(self.pair_chosen)
        self._read(-1, -1)

    def show_pairs(self, names: tuple[str, ...], together: NDArray[np.int64]) -> None:
        """Show other counts; see `PairsModel.show_pairs`."""
        self.model.show_pairs(names, together)
        self._read(-1, -1)

    def whole_height(self) -> int:
        """How high it is with all its rows, px."""
        table = self.matrix.table
        rows = len(self.model.names) * table.verticalHeader().defaultSectionSize()
        return rows + table.horizontalHeader().sizeHint().height() + self.reading.minimumHeight() + theme.GROUP

    def _read(self, row: int, column: int) -> None:
        """Say what the cell says, or the one that was gone to by key."""
        if row < 0 or column < 0:
            current = self.matrix.table.currentIndex()
            row, column = current.row(), current.column()
        if 0 <= row < len(self.model.names):
            self.reading.setText(self.model.in_words(row, column))
        else:
            self.reading.setText(
                self.tr("The stronger its colour, the more images of a cell’s row have the label of its column, too.")
            )
