"""Where the images that are compared lie: beside or above each other, so that they are seen as large as possible."""

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from gui.label.images.compare.compare_tile import CompareTile
from gui.label.images.loupe.looks import LookPanel
from gui.widgets import theme

_SHAPES = {1: [(1, 1)], 2: [(1, 2), (2, 1)], 3: [(1, 3), (2, 2), (3, 1)], 4: [(2, 2), (1, 4), (4, 1)]}
"""Rows and columns for so many images; the first where they are alike."""
_CHIP_ROWS = 3
_AROUND = 3 * theme.ROW
"""About the height of what is above and below a picture."""


class CompareCells(QWidget):
    """Holds the tiles; the panel of the look lies over a corner.

    Attributes:
        columns: how many images are beside each other.
    """

    def __init__(self, tiles: Sequence[CompareTile], panel: LookPanel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tiles = tiles
        self._count = 0
        self._aspect = 1.0
        self.columns = 1
        body = QWidget()
        self._grid = QGridLayout(body)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(theme.SPACE)
        for tile in tiles:
            self._grid.addWidget(tile, 0, 0)
            tile.hide()
            tile.chips.width_changed.connect(self.even_out)
        over = QGridLayout(self)
        over.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE)
        over.addWidget(body, 0, 0)
        over.addWidget(panel, 0, 0, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignTrailing)
        for before, after in pairwise([page for tile in tiles for page in tile.pages()]):
            QWidget.setTabOrder(before, after)

    def arrange(self, count: int, aspect: float) -> None:
        """Lay out the first tiles.

        Args:
            count: how many.
            aspect: width over height of the pictures.
        """
        self._count, self._aspect = count, aspect
        rows, self.columns = best_shape(count, self.width(), self.height(), aspect)
        for number, tile in enumerate(self._tiles[:count]):
            self._grid.addWidget(tile, number // self.columns, number % self.columns)
        self.even_out()
        for place in range(len(self._tiles)):
            self._grid.setRowStretch(place, int(place < rows))
            self._grid.setColumnStretch(place, int(place < self.columns))

    def even_out(self) -> None:
        """Give the chips under all images as many rows, so that the pictures are equally large."""
        rows = [tile.chips.rows_needed() for tile in self._tiles[: self._count]]
        for tile in self._tiles:
            tile.chips.set_limit(min(max(rows, default=1), _CHIP_ROWS))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """There is other room."""
        super().resizeEvent(event)
        self.arrange(self._count, self._aspect)


def best_shape(count: int, width: int, height: int, aspect: float) -> tuple[int, int]:
    """Rows and columns in which `count` pictures are seen largest.

    Args:
        count: from 0 to 4.
        width: of the room, in logical pixels.
        height: of the room.
        aspect: width over height of the pictures.
    """

    def size(shape: tuple[int, int]) -> float:
        rows, columns = shape
        return min(width / columns, max(height / rows - _AROUND, 1) * aspect)

    return max(_SHAPES.get(count, _SHAPES[1]), key=size)
