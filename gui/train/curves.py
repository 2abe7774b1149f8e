"""What the curves of a run have in common: their pens, the names at their ends, and their ranges."""

import math

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen

from gui.train.history import RunHistory
from gui.widgets import theme
from gui.widgets.plot import Plot

# more points than this cannot be told apart on a screen; a longer curve is drawn by the extremes of its stretches
MOST_POINTS = 2_000


def thinned(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A curve with at most `MOST_POINTS` points that looks the same: the extremes of each stretch are kept.

    Args:
        x: ascending, float64 (n,).
        y: float64 (n,); NaN counts as no point.

    Returns:
        x and y of the points to draw.
    """
    stretches = MOST_POINTS // 2
    length = len(y) // stretches
    if length < 3:
        return x, y
    whole = len(y) // length * length
    parts = y[:whole].reshape(-1, length)
    pairs = np.stack([np.fmin.reduce(parts, axis=1), np.fmax.reduce(parts, axis=1)], axis=1).ravel()
    starts = np.repeat(x[:whole:length], 2)
    return np.concatenate([starts, x[whole:]]), np.concatenate([pairs, y[whole:]])


def curve(plot: Plot) -> pg.PlotDataItem:
    """An empty line without symbols, with holes where a number is missing."""
    return plot.plot(antialias=True, skipFiniteCheck=False, connect="finite")


def line_name(plot: Plot, text: str) -> pg.TextItem:
    """A text to stand at the end of a line, hidden until the line has one."""
    name = pg.TextItem(text, anchor=(1, 1))
    name.setFont(theme.smaller(plot.font()))
    name.setVisible(False)
    plot.addItem(name, ignoreBounds=True)
    return name


EndOfLine = tuple[pg.TextItem, NDArray[np.float64], NDArray[np.float64]]


def place_names(*lines: EndOfLine) -> None:
    """Put the name of each line at its end, the names one above the other in the order of the ends."""
    ends = []
    for name, x, y in lines:
        finite = np.flatnonzero(np.isfinite(y))
        name.setVisible(bool(len(finite)))
        if len(finite):
            ends.append((float(y[finite[-1]]), float(x[finite[-1]]), name))
    for rank, (y_end, x_end, name) in enumerate(sorted(ends, key=lambda end: end[0])):
        # beside the line's end while the run goes on, over or under it once it has reached the border
        is_free = x_end < 0.8 * name.getViewBox().viewRange()[0][1]
        is_upper = rank == len(ends) - 1 and len(ends) > 1
        name.setAnchor((-0.1, 0.9 if is_upper else 0.1) if is_free else (1, 1.2 if is_upper else -0.2))
        name.setPos(x_end, y_end)


def round_up(value: float) -> float:
    """The next number above of 1, 1.5, 2, 3, 5, 7 and 10 times a power of ten; 1 for 0 and less.

    A range that ends there seldom changes while a curve grows.
    """
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 1.5, 2, 3, 5, 7, 10) if step * power >= value * (1 - 1e-9))


def set_ranges(plot: Plot, history: RunHistory, top: float) -> None:
    """Show all epochs of a run, and values from 0 to `top`."""
    epochs = history.started.epochs if history.started is not None else 10
    plot.setXRange(0, max(epochs, 1), padding=0.02)
    # room for the lowest tick's number, which pyqtgraph drops when it would reach beyond the axis
    plot.setYRange(0, top, padding=0.07)


def nearest_index(positions: NDArray[np.float64], x: float) -> int:
    """Index of the position nearest to `x`."""
    return int(np.abs(positions - x).argmin())


def line_pen(color: QColor, *, alpha: int = 255, style: Qt.PenStyle = Qt.PenStyle.SolidLine, width: int = 1) -> QPen:
    """A pen of the same width at any scale."""
    faint = QColor(color)
    faint.setAlpha(alpha)
    # wider ones only on smooth curves: Qt is slow with them on noisy ones
    pen = QPen(faint, width, style)
    pen.setCosmetic(True)
    return pen
