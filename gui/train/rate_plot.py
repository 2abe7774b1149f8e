"""The learning rate of a run."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtGui import QPalette

from gui.train.curves import curve, line_pen, nearest_index, round_up, set_ranges, thinned
from gui.train.history import RunHistory
from gui.train.words import rate
from gui.widgets import theme
from gui.widgets.plot import Plot
from gui.widgets.plot_data import DataSeries


class LearningRatePlot(Plot):
    """The learning rate, step by step."""

    def __init__(self) -> None:
        super().__init__(x="epoch", y="learning rate")
        self._rate = curve(self)
        self._history = RunHistory()
        self.restyle(self.palette())

    def draw(self, history: RunHistory) -> None:
        """Draw the learning rate of a run."""
        self._history = history
        rates = history.learning_rates
        self._rate.setData(*thinned(history.step_positions, rates))
        finite = rates[np.isfinite(rates)]
        set_ranges(self, history, round_up(float(finite.max())) if len(finite) else 1e-3)

    def restyle(self, palette: QPalette) -> None:
        """Colour the curve."""
        self._rate.setPen(line_pen(theme.accent(palette)))

    def series(self) -> Sequence[DataSeries]:
        """The learning rate of each step."""
        history, name = self._history, self.tr("learning rate")
        return (DataSeries(name, {self.tr("epoch"): history.step_positions, name: history.learning_rates}),)

    def tip(self, x: float, y: float) -> str:
        """The learning rate at the step under the mouse."""
        history = self._history
        if not len(history.step_positions):
            return ""
        nearest = nearest_index(history.step_positions, x)
        value = rate(float(history.learning_rates[nearest]), digits=3)
        text: str = self.tr("epoch {:.2f}: learning rate {}").format(history.step_positions[nearest], value)
        return text
