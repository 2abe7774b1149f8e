"""Precision, recall and F1 of the chosen label over the threshold, with a line that can be dragged."""

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette

from core.evaluation.curves import ThresholdSweep
from core.evaluation.metrics import Counts
from gui.inspect.plot_base import Curves, LabelPlot, ThresholdLine
from gui.inspect.plot_lines import Line, Role, cosmetic_pen
from gui.widgets import theme
from gui.widgets.plot_data import DataSeries


class SweepPlot(LabelPlot):
    """Precision, recall and F1 of the chosen label over the threshold, of others the F1 alone."""

    def __init__(self) -> None:
        super().__init__(x=self.tr("threshold"), y=self.tr("precision, recall, F1"))
        self._precision = self.curve(antialias=True, stepMode="left")
        self._recall = self.curve(antialias=True, stepMode="left")
        self._f1 = Curves(self, step_mode="left")
        self._threshold = ThresholdLine(self)
        self._points = self.curve(pen=None, symbol="o", symbolSize=7)
        self.set_unit_axes("bottom", "left")
        self.restyle(self.palette())

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Draw other labels."""
        self.lines = tuple(lines)
        sweeps = [line.curves.sweep for line in self.lines]
        self._precision.setData(*_steps(sweeps[0], sweeps[0].precision))
        self._recall.setData(*_steps(sweeps[0], sweeps[0].recall))
        self._f1.draw(self.lines, [_steps(sweep, sweep.f1) for sweep in sweeps])
        self._name_lines()

    def show_threshold(self, value: float, counts: Counts) -> None:
        """Move the line and the points on it."""
        if not self.is_movable:
            self._points.setData([], [])
            self._threshold.hide()
            return
        self._threshold.move(value)
        self._points.setData([value] * 3, [counts.precision[0], counts.recall[0], counts.f1[0]])

    def choose(self, x: float, y: float) -> None:
        """Take the threshold of a place."""
        self.threshold_chosen.emit(min(max(x, 0.0), 1.0))

    def restyle(self, palette: QPalette) -> None:
        """Colour the curves."""
        text = palette.color(QPalette.ColorRole.Text)
        self._precision.setPen(cosmetic_pen(text))
        self._recall.setPen(cosmetic_pen(text, style=Qt.PenStyle.DashLine))
        self._f1.restyle(self.lines, palette)
        self._threshold.restyle(palette)
        self._points.setSymbolBrush(palette.color(QPalette.ColorRole.Base))
        self._points.setSymbolPen(pg.mkPen(theme.accent(palette), width=2))
        self._name_lines()

    def _name_lines(self) -> None:
        if not self.lines:
            return
        palette = self.palette()
        text = palette.color(QPalette.ColorRole.Text)
        pens = {
            self.tr("precision"): cosmetic_pen(text),
            self.tr("recall"): cosmetic_pen(text, style=Qt.PenStyle.DashLine),
            self.tr("F1"): self.lines[0].pen(palette),
        }
        for line in self.lines[1:]:
            pens[self.tr("F1 of {}").format(line.name)] = line.pen(palette)
        self.key.show_pens(pens)

    def tip(self, x: float, y: float) -> str:
        """What is reached at the threshold under the mouse."""
        chosen = self.chosen
        if chosen is None:
            return ""
        x = min(max(x, 0.0), 1.0)
        sweep = chosen.curves.sweep
        place = min(int(np.searchsorted(sweep.thresholds, x)), len(sweep.thresholds) - 1)
        text: str = self.tr("threshold {:.3f}: precision {:.3f}, recall {:.3f}, F1 {:.3f}").format(
            x, sweep.precision[place], sweep.recall[place], sweep.f1[place]
        )
        return text

    def series(self) -> Sequence[DataSeries]:
        """The curves of all lines."""
        threshold = self.tr("threshold")
        result = []
        for line in self.lines:
            sweep = line.curves.sweep
            columns: dict[str, NDArray[np.float64]] = {
                threshold: sweep.thresholds,
                self.tr("precision"): sweep.precision,
                self.tr("recall"): sweep.recall,
                "F1": sweep.f1,
            }
            is_whole = line.role == Role.CHOSEN
            shown = columns if is_whole else {threshold: sweep.thresholds, "F1": sweep.f1}
            result.append(DataSeries(line.name, shown))
        return result


def _steps(sweep: ThresholdSweep, values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points from threshold 0 on, each holding from the one before it."""
    return np.concatenate(([0.0], sweep.thresholds)), np.concatenate((values[:1], values))
