"""Names at the right ends of lines, none over another."""

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFontMetrics

from gui.widgets import theme
from gui.widgets.plot import Plot

# of a name, in pixels; a longer one is cut
_WIDEST = 110
_GAP = 6


class EndNames:
    """A column of names at the right border, each as near to its line's end as the others let it be."""

    def __init__(self, plot: Plot) -> None:
        self._plot = plot
        self._items: list[pg.TextItem] = []
        self._ends: NDArray[np.float64] = np.empty(0)
        self._font = theme.smaller(plot.font())

    @property
    def width(self) -> int:
        """Pixels that the widest one needs beside the line's end; 0 without names."""
        metrics = QFontMetrics(self._font)
        shown = [item.toPlainText() for item in self._items[: len(self._ends)]]
        return max((metrics.horizontalAdvance(name) + 2 * _GAP for name in shown), default=0)

    def show(self, names: Sequence[str], ends: Sequence[float]) -> None:
        """Show other names.

        Args:
            names: of the lines.
            ends: the height of each line's end, in the units of the axis.
        """
        metrics = QFontMetrics(self._font)
        while len(self._items) < len(names):
            item = pg.TextItem("", anchor=(0, 0.5))
            item.setFont(self._font)
            self._plot.add(item)
            self._items.append(item)
        for index, item in enumerate(self._items):
            item.setVisible(index < len(names))
            if index < len(names):
                item.setText(metrics.elidedText(names[index], Qt.TextElideMode.ElideRight, _WIDEST))
        self._ends = np.asarray(ends, np.float64)

    def place(self, x: float) -> None:
        """Put them beside `x`, and apart from each other by the height of a line of text."""
        height = self._plot.getViewBox().viewPixelSize()[1] * QFontMetrics(self._font).height() * 0.95
        bottom, top = self._plot.getViewBox().viewRange()[1]
        places = spread(self._ends, height, low=bottom + height / 2, high=top - height / 2)
        for item, y in zip(self._items, places.tolist(), strict=False):
            item.setPos(x, y)

    def set_colors(self, colors: Sequence[QColor]) -> None:
        """Give each name the colour of its line."""
        for item, color in zip(self._items, colors, strict=False):
            item.setColor(color)


def spread(wanted: NDArray[np.float64], gap: float, *, low: float, high: float) -> NDArray[np.float64]:
    """Places in the order of the wanted ones, at least a gap apart and within a range where it is wide enough.

    Args:
        wanted: float64 (n,).
        gap: between neighbours.
        low: lowest place.
        high: highest place.

    Returns:
        float64 (n,).
    """
    order = np.argsort(wanted, kind="stable")
    steps = gap * np.arange(len(wanted))
    # upwards each at least a gap above the one before; then downwards from the highest place
    placed = np.maximum.accumulate(np.maximum(wanted[order], low) - steps) + steps
    placed = np.minimum(placed, high - steps[::-1])
    result = np.empty(len(wanted))
    result[order] = placed
    return result
