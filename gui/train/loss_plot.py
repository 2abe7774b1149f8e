"""The losses of a run."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette

from gui.train.curves import curve, line_pen, nearest_index, round_up, set_ranges, symbol_of, thinned
from gui.train.history import RunHistory
from gui.widgets import theme
from gui.widgets.line_key import LineKey
from gui.widgets.plot import Plot
from gui.widgets.plot_data import DataSeries


class LossPlot(Plot):
    """Training loss, raw faint and smoothed strong, with its mean per epoch; validation loss per epoch, dashed.

    Attributes:
        key: what the lines are called.
    """

    def __init__(self) -> None:
        super().__init__(x="epoch", y="loss per image")
        self._raw = curve(self)
        self._smoothed = curve(self)
        self._train = self.curve(pen=None, symbol="o", symbolSize=5)
        self._validation = self.curve(symbol="d", symbolSize=7)
        self._train_name, self._validation_name = self.tr("train"), self.tr("validation")
        self.key: LineKey = LineKey((self._train_name, self._validation_name))
        self._history = RunHistory()
        self.restyle(self.palette())

    def draw_epochs(self, history: RunHistory) -> None:
        """Draw the losses per epoch."""
        self._train.setData(history.epochs, history.train_losses, symbol=symbol_of(history, "o"))
        symbol = symbol_of(history, "d")
        self._validation.setData(history.epochs, history.validation_losses, connect="finite", symbol=symbol)

    def draw_steps(self, history: RunHistory) -> None:
        """Draw the losses per step, and fit the range to all of them."""
        self._history = history
        positions, raw = thinned(history.step_positions, history.losses)
        self._raw.setData(positions, raw)
        self._smoothed.setData(*thinned(history.step_positions, history.smoothed_losses))
        losses = np.concatenate([raw, history.validation_losses])
        finite = losses[np.isfinite(losses)]
        # the first steps can be far above the rest, which is what one looks at
        top = round_up(float(np.quantile(finite, 0.995))) if len(finite) else 1.0
        set_ranges(self, history, top)
        lines = {self._train_name: history.losses, self._validation_name: history.validation_losses}
        self.key.show_names([name for name, values in lines.items() if np.isfinite(values).any()])

    def restyle(self, palette: QPalette) -> None:
        """Colour the curves."""
        strong, other = theme.accent(palette), palette.color(QPalette.ColorRole.Text)
        self._raw.setPen(line_pen(strong, alpha=56))
        self._smoothed.setPen(line_pen(strong, width=2))
        self._train.setSymbolPen(None)
        self._train.setSymbolBrush(strong)
        self._validation.setPen(line_pen(other, style=Qt.PenStyle.DashLine))
        self._validation.setSymbolPen(line_pen(other))
        self._validation.setSymbolBrush(palette.color(QPalette.ColorRole.Window))
        self.key.set_pen(self._train_name, line_pen(strong, width=2))
        self.key.set_pen(self._validation_name, line_pen(other, style=Qt.PenStyle.DashLine))

    def series(self) -> Sequence[DataSeries]:
        """The losses, all steps of them."""
        history, epoch, loss = self._history, self.tr("epoch"), self.tr("loss per image")
        return (
            DataSeries(self.tr("step"), {epoch: history.step_positions, loss: history.losses}),
            DataSeries(self.tr("step, smoothed"), {epoch: history.step_positions, loss: history.smoothed_losses}),
            DataSeries(self._train_name, {epoch: history.epochs, loss: history.train_losses}),
            DataSeries(self._validation_name, {epoch: history.epochs, loss: history.validation_losses}),
        )

    def tip(self, x: float, y: float) -> str:
        """The losses at the epoch under the mouse."""
        history = self._history
        lines = []
        if len(history.step_positions):
            nearest = nearest_index(history.step_positions, x)
            lines.append(
                self.tr("epoch {:.2f}: loss {:.4f}, smoothed {:.4f}").format(
                    history.step_positions[nearest], history.losses[nearest], history.smoothed_losses[nearest]
                )
            )
        if len(history.epochs):
            nearest = nearest_index(history.epochs, x)
            lines.append(
                self.tr("epoch {:.0f}: train {:.4f}, validation {:.4f}").format(
                    history.epochs[nearest], history.train_losses[nearest], history.validation_losses[nearest]
                )
            )
        return "\n".join(lines)
