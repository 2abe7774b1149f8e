"""What the curves of a run have in common: their pens and their ranges."""

import math

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen

from gui.train.history import RunHistory
from gui.widgets.plot import Plot

# more points than this cannot be told apart on a screen; a longer curve is drawn by the extremes of its stretches
MOST_POINTS = 2_000
# the symbols of more epochs than this merge into a bar
_MOST_SYMBOLS = 100
# of a range of 1: a line that is nearer to another lies under it
_APART = 0.01


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
    return plot.curve(antialias=True, skipFiniteCheck=False, connect="finite")


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
    plot.set_x_range(0, max(epochs, 1), padding=0.02)
    # room for the lowest tick's number, which pyqtgraph drops when it would reach beyond the axis
    plot.set_y_range(0, top, padding=0.07)


def symbol_of(history: RunHistory, symbol: str) -> str | None:
    """The symbol to mark each epoch of a run by; None where the axis has no room for so many.

    A first epoch alone is always marked: there is no line yet.
    """
    epochs = history.started.epochs if history.started is not None else 0
    return symbol if max(epochs, len(history.epochs)) <= _MOST_SYMBOLS or len(history.epochs) < 2 else None


def is_seen(values: NDArray[np.float64], *above: NDArray[np.float64]) -> bool:
    """Whether a line without symbols can be seen: where two neighbouring points exist and no line above hides both.

    Args:
        values: in [0, 1], float64 (epochs,); NaN for a hole.
        above: the lines that are drawn over it, float64 (epochs,) each.
    """
    there = np.isfinite(values)
    apart = there.copy()
    for other in above:
        # where the other has a hole it hides nothing
        apart &= ~(np.abs(values - other) < _APART)
    return bool((there[1:] & there[:-1] & (apart[1:] | apart[:-1])).any())


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
