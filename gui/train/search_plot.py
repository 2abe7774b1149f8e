"""What a search for the learning rate tried, and what it chose."""

import math
from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette, QPen

from core.jobs.events import LearningRateTried
from gui.train.history import RunHistory
from gui.train.words import rate
from gui.widgets import theme
from gui.widgets.plot import Plot
from gui.widgets.plot_data import DataSeries


class SearchPlot(Plot):
    """Learning rate, on a logarithmic axis, against the loss of a range test or the mAP or top-1 of short trials."""

    def __init__(self) -> None:
        super().__init__(x="learning rate tried", y="loss per image")
        self._curve = self.curve(antialias=True)
        self._points = pg.ScatterPlotItem(size=10)
        self.add(self._points)
        self._chosen = pg.InfiniteLine(angle=90, label="", labelOpts={"position": 0.9, "anchors": [(0, 0.5), (1, 0.5)]})
        self.add(self._chosen)
        self._tried: list[LearningRateTried] = []
        self.restyle(self.palette())

    def draw(self, history: RunHistory) -> None:
        """Draw the search of a run."""
        self._tried = [one for one in history.tried if _value(one) is not None and one.learning_rate > 0]
        is_range = any(one.loss is not None for one in self._tried)
        of_trial = self.tr("{} of the trial").format(self._metric())
        self.set_axis_name("left", self.tr("loss per image") if is_range else of_trial)
        rates = np.log10([one.learning_rate for one in self._tried])
        values = np.array([_value(one) for one in self._tried], dtype=np.float64)
        self._curve.setData(rates if is_range else [], values if is_range else [])
        self._points.setData(
            x=rates if not is_range else [],
            y=values if not is_range else [],
            symbol=["x" if one.pruned else "o" for one in self._tried] if not is_range else [],
        )
        self._chosen.setVisible(history.chosen is not None)
        if history.chosen is not None:
            self._chosen.setPos(math.log10(history.chosen.learning_rate))
            self._chosen.label.setText(rate(history.chosen.learning_rate))
        if len(rates):
            self._fit(rates, values, is_range=is_range)

    def _fit(self, rates: np.ndarray, values: np.ndarray, *, is_range: bool) -> None:
        low, high = math.floor(rates.min()), math.ceil(rates.max())
        self.set_x_range(low, max(high, low + 1), padding=0.02)
        self.axis("bottom").setTicks([[(power, rate(10.0**power)) for power in range(low, max(high, low + 1) + 1)]])
        if is_range:
            # at its end a range test's loss leaves all bounds, which is not what one looks at
            bottom, top = float(values.min()), float(max(np.median(values), values[0])) * 1.1
            self.set_y_range(bottom, max(top, bottom * 1.01 + 1e-9), padding=0.1)
        else:
            self.set_y_range(0, 1, padding=0.07)

    def restyle(self, palette: QPalette) -> None:
        """Colour the curve."""
        strong = QColor(theme.accent(palette))
        pen = QPen(strong, 2)
        pen.setCosmetic(True)
        self._curve.setPen(pen)
        # of two trials in one place both are seen
        faint = QColor(strong)
        faint.setAlpha(90)
        self._points.setBrush(faint)
        self._points.setPen(QPen(strong, 1))
        text = palette.color(QPalette.ColorRole.Text)
        self._chosen.setPen(QPen(text, 0, Qt.PenStyle.DashLine))
        self._chosen.label.setColor(text)

    def series(self) -> Sequence[DataSeries]:
        """What was tried."""
        columns = {
            self.tr("learning rate"): [one.learning_rate for one in self._tried],
            self.tr("loss per image"): [one.loss for one in self._tried],
            self.tr("mAP"): [one.validation_map for one in self._tried],
            self.tr("top-1"): [one.top1 for one in self._tried],
            self.tr("given up early"): [one.pruned for one in self._tried],
        }
        # what was not measured becomes NaN
        numbers = {name: np.array(values, dtype=np.float64) for name, values in columns.items()}
        return (DataSeries(self.tr("tried"), numbers),)

    def tip(self, x: float, y: float) -> str:
        """What was tried nearest to the mouse, and what came of it."""
        if not self._tried:
            return ""
        one = min(self._tried, key=lambda tried: abs(math.log10(tried.learning_rate) - x))
        of_trial = f"{self._metric()} {_value(one):.3f}"
        what = self.tr("loss {:.4f}").format(one.loss) if one.loss is not None else of_trial
        text: str = self.tr("{} of {}, {}: {}").format(one.trial, one.trials, rate(one.learning_rate, digits=3), what)
        return f"{text}, {self.tr('given up early')}" if one.pruned else text

    def _metric(self) -> str:
        """What trials are compared by."""
        name: str = self.tr("top-1") if any(one.top1 is not None for one in self._tried) else self.tr("mAP")
        return name


def _value(tried: LearningRateTried) -> float | None:
    figure = tried.validation_map if tried.top1 is None else tried.top1
    value = tried.loss if tried.loss is not None else figure
    return value if value is not None and math.isfinite(value) else None
