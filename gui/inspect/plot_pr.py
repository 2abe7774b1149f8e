"""Precision over recall of one or more labels, with a point that can be dragged along the chosen one's curve."""

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette, QPen

from core.evaluation.metrics import Counts
from gui.inspect.plot_base import Curves, LabelPlot, color_point, operating_point
from gui.inspect.plot_lines import Line
from gui.widgets import theme

F_LINES = (0.2, 0.4, 0.6, 0.8)


class PrecisionRecallPlot(LabelPlot):
    """Precision over recall, lines of equal F1 faint behind, the operating point of the threshold on it."""

    def __init__(self) -> None:
        super().__init__(x=self.tr("recall"), y=self.tr("precision"))
        self._f_lines = [self.plot(*_f_line(value), antialias=True) for value in F_LINES]
        self._names = []
        for value in F_LINES:
            name = pg.TextItem(f"F1 {value:.1f}", anchor=(1, 0.5))
            name.setFont(theme.smaller(self.font(), points=2))
            name.setPos(1.0, value / (2 - value))
            self.addItem(name, ignoreBounds=True)
            self._names.append(name)
        self._curves = Curves(self)
        self.point = operating_point(self)
        self.set_unit_axes("bottom", "left")
        self.restyle(self.palette())

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Draw other labels; one without positives has no curve."""
        self.lines = tuple(lines)
        self._curves.draw(self.lines, [_points(line) for line in self.lines])

    def show_threshold(self, value: float, counts: Counts) -> None:
        """Move the point."""
        chosen = self.chosen
        # in multi-class the decisions are those of no threshold, so that they lie beside the curve
        if self.is_movable and chosen is not None and chosen.curves.positives:
            self.point.setData([counts.recall[0]], [counts.precision[0]])
        else:
            self.point.setData([], [])

    def choose(self, x: float, y: float) -> None:
        """Go to the point of the curve next to a place."""
        chosen = self.chosen
        if chosen is not None and chosen.curves.positives:
            curve = chosen.curves.precision_recall
            count = len(curve.thresholds)
            index, _ = self.nearest(curve.recall[:count], curve.precision[:count], x, y)
            self.score_chosen.emit(float(curve.thresholds[index]))

    def restyle(self, palette: QPalette) -> None:
        """Colour the curves."""
        faint = QColor(theme.secondary(palette))
        for name in self._names:
            name.setColor(faint)
        faint.setAlpha(70)
        for line in self._f_lines:
            line.setPen(QPen(faint, 0, Qt.PenStyle.DotLine))
        self._curves.restyle(self.lines, palette)
        color_point(self.point, palette)

    def tip(self, x: float, y: float) -> str:
        """The point of a curve next to the mouse."""
        found = []
        for line in self.lines:
            curve = line.curves.precision_recall
            count = len(curve.thresholds)
            if line.curves.positives and count:
                index, away = self.nearest(curve.recall[:count], curve.precision[:count], x, y)
                found.append((away, line, index))
        if not found:
            return ""
        _, line, index = min(found, key=lambda one: one[0])
        curve = line.curves.precision_recall
        text: str = self.tr("{}: precision {:.3f}, recall {:.3f} at threshold {:.3f}").format(
            line.name, curve.precision[index], curve.recall[index], curve.thresholds[index]
        )
        return text


def _points(line: Line) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if not line.curves.positives:
        return np.empty(0), np.empty(0)
    curve = line.curves.precision_recall
    return curve.recall, curve.precision


def _f_line(f1: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Recall and precision of equal F1."""
    recall = np.linspace(f1 / (2 - f1), 1, 60)
    return recall, f1 * recall / (2 * recall - f1)
