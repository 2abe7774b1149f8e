"""Bars of two kinds, one upwards and one downwards, in other colours on the two sides of a threshold."""

from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QBrush, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget


@dataclass(frozen=True)
class Look:
    """How bars are drawn on one side of the threshold."""

    pen: QPen
    brush: QBrush


class MirrorBars(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph has no types
    """Bars above and below zero; a threshold that moves colours them anew, but makes none anew."""

    def __init__(self) -> None:
        super().__init__()
        self._edges = np.zeros(1)
        self._heights = (np.zeros(0), np.zeros(0))
        # upwards and downwards, each below the threshold and from it on
        self._paths: tuple[tuple[QPainterPath, ...], ...] = ()
        self._bounds = QRectF()
        self._threshold: float | None = None
        nothing = Look(QPen(), QBrush())
        self._looks = ((nothing, nothing), (nothing, nothing))

    def show_bars(self, edges: NDArray[np.float64], up: NDArray[np.float64], down: NDArray[np.float64]) -> None:
        """Draw other bars.

        Args:
            edges: float64 (B + 1,), ascending.
            up: float64 (B,), heights above zero.
            down: float64 (B,), heights below zero, given as positive numbers.
        """
        self.prepareGeometryChange()
        self._edges, self._heights = edges, (up, -down)
        top, bottom = up.max(initial=0.0), down.max(initial=0.0)
        self._bounds = QRectF(edges[0], -bottom, edges[-1] - edges[0], top + bottom)
        self._part()

    def set_threshold(self, value: float | None) -> None:
        """Colour the two sides of a threshold; None for one side."""
        self._threshold = value
        self._part()

    def set_looks(self, up: tuple[Look, Look], down: tuple[Look, Look]) -> None:
        """Say how bars look below the threshold and from it on; without a threshold they look as the latter."""
        self._looks = up, down
        self.update()

    def boundingRect(self) -> QRectF:
        """Where there are bars."""
        return self._bounds

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Paint what lies on each side with its own colours."""
        for paths, looks in zip(self._paths, self._looks, strict=False):
            for path, look in zip(paths, looks, strict=True):
                if not path.isEmpty():
                    painter.setPen(look.pen)
                    painter.setBrush(look.brush)
                    painter.drawPath(path)

    def _part(self) -> None:
        """Outline the bars on both sides; not by clipping, which is lost where a picture is saved as lines."""
        cut = self._edges[0] if self._threshold is None else self._threshold
        sides = np.minimum(self._edges, cut), np.maximum(self._edges, cut)
        self._paths = tuple(tuple(_outline(edges, heights) for edges in sides) for heights in self._heights)
        self.update()


def _outline(edges: NDArray[np.float64], heights: NDArray[np.float64]) -> QPainterPath:
    """The outline of bars that stand on zero, without lines between them."""
    path = QPainterPath()
    tall = np.flatnonzero((heights != 0) & (np.diff(edges) > 0))
    # neighbours share one outline
    for group in np.split(tall, np.flatnonzero(np.diff(tall) > 1) + 1):
        if not len(group):
            continue
        path.moveTo(edges[group[0]], 0.0)
        for place in group.tolist():
            path.lineTo(edges[place], heights[place])
            path.lineTo(edges[place + 1], heights[place])
        path.lineTo(edges[group[-1] + 1], 0.0)
        path.closeSubpath()
    return path
