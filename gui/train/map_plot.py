"""The figures of merit of a run, epoch by epoch."""

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette

from gui.train.curves import curve, is_seen, line_pen, nearest_index, set_ranges, symbol_of
from gui.train.history import RunHistory
from gui.train.words import score
from gui.widgets import theme
from gui.widgets.line_key import LineKey
from gui.widgets.plot import Plot, ticks
from gui.widgets.plot_data import DataSeries

# a number beside a point nearer to the border than this would be cut
_BORDER = 0.15


class MapPlot(Plot):
    """What a run is judged by, per epoch, with the best one marked; earlier runs faint behind.

    That is the validation mAP, or the top-1 accuracy where images have one label, with the mAP as a thin line. The raw
    and the averaged weights are thin lines of their own where both were scored: the better one counts.

    Attributes:
        key: what the lines are called, of those that can be seen.
    """

    def __init__(self) -> None:
        super().__init__(x="epoch", y="validation mAP")
        self._earlier = curve(self)
        self._raw = curve(self)
        self._average = curve(self)
        self._map = curve(self)
        self._judged = self.curve(symbol="o", symbolSize=5)
        self._best = self.curve(pen=None, symbol="star", symbolSize=15)
        self._best_name = pg.TextItem("")
        self._best_name.setFont(theme.smaller(self.font()))
        self._best_name.setVisible(False)
        self.add(self._best_name)
        self._names = self.tr("top-1"), self.tr("mAP"), self.tr("raw"), self.tr("averaged")
        self.key: LineKey = LineKey(self._names)
        self._history = RunHistory()
        self.axis("left").setTicks([ticks([0, 0.25, 0.5, 0.75, 1], digits=2)])
        self.restyle(self.palette())

    def show_earlier(self, figures: Sequence[NDArray[np.float64]]) -> None:
        """Draw what other runs are judged by, one array (epochs,) each."""
        gap = np.array([np.nan])
        x = [part for one in figures for part in (np.arange(1.0, len(one) + 1), gap)]
        y = [part for one in figures for part in (one, gap)]
        self._earlier.setData(np.concatenate(x or [gap]), np.concatenate(y or [gap]), connect="finite")

    def draw(self, history: RunHistory) -> None:
        """Draw the figures of a run."""
        self._history = history
        self.set_axis_name("left", self.tr("validation top-1") if history.has_top1 else self.tr("validation mAP"))
        others = {
            self._map: history.validation_maps if history.has_top1 else np.full(len(history.epochs), np.nan),
            self._raw: history.raw_maps,
            self._average: history.average_maps,
        }
        symbol = symbol_of(history, "o")
        self._judged.setData(history.epochs, history.figures, connect="finite", symbol=symbol)
        for line, values in others.items():
            line.setData(history.epochs, values)
        self.key.show_names(self._names_of_lines(history))
        self._color_map_name()
        set_ranges(self, history, 1.0)
        self._mark_best(history, list(others.values()))

    def _names_of_lines(self, history: RunHistory) -> list[str]:
        """The lines that can be told apart; the better one of the raw and the averaged weights lies under the mAP."""
        top1, mean, raw, average = self._names
        figures, means = history.figures, history.validation_maps
        thin: dict[str, tuple[NDArray[np.float64], ...]] = {
            raw: (history.raw_maps, means, figures),
            average: (history.average_maps, means, figures),
        }
        if history.has_top1:
            thin[mean] = means, figures
        seen = [name for name, lines in thin.items() if is_seen(*lines)]
        # a line alone is named by the axis
        return [*seen, top1 if history.has_top1 else mean] if seen else []

    def _mark_best(self, history: RunHistory, others: Sequence[NDArray[np.float64]]) -> None:
        """Put the star on the best epoch and its figure where no other line is."""
        best, value = history.best, history.best_epoch_figure
        self._best_name.setVisible(value is not None)
        self._best.setData([] if best is None or value is None else [best.epoch], [] if value is None else [value])
        if best is None or value is None:
            return
        at_epoch = np.array([values[nearest_index(history.epochs, best.epoch)] for values in others])
        is_crowded_above = bool((at_epoch > value).any()) and not bool((at_epoch < value).any())
        is_below = value > 1 - _BORDER or (is_crowded_above and value > _BORDER)
        share = best.epoch / max(self.getViewBox().viewRange()[0][1], 1)
        across = 1.0 if share > 1 - _BORDER else 0.0 if share < _BORDER else 0.5
        self._best_name.setText(score(value))
        self._best_name.setAnchor((across, -0.4 if is_below else 1.3))
        self._best_name.setPos(best.epoch, value)

    def restyle(self, palette: QPalette) -> None:
        """Colour the curves."""
        strong, quiet = theme.accent(palette), theme.secondary(palette)
        text = palette.color(QPalette.ColorRole.Text)
        self._earlier.setPen(line_pen(quiet, alpha=110))
        dotted, dashed = line_pen(quiet, style=Qt.PenStyle.DotLine), line_pen(quiet, style=Qt.PenStyle.DashLine)
        self._raw.setPen(dotted)
        self._average.setPen(dashed)
        self._map.setPen(line_pen(text))
        self._judged.setPen(line_pen(strong, width=2))
        self._judged.setSymbolPen(None)
        self._judged.setSymbolBrush(strong)
        self._best.setSymbolPen(None)
        self._best.setSymbolBrush(strong)
        self._best_name.setColor(text)
        top1, _, raw, average = self._names
        for name, pen in ((top1, line_pen(strong, width=2)), (raw, dotted), (average, dashed)):
            self.key.set_pen(name, pen)
        self._color_map_name()

    def _color_map_name(self) -> None:
        """The mAP is the strong line where there is no top-1."""
        palette = self.palette()
        text, strong = palette.color(QPalette.ColorRole.Text), theme.accent(palette)
        pen = line_pen(text) if self._history.has_top1 else line_pen(strong, width=2)
        self.key.set_pen(self._names[1], pen)

    def series(self) -> Sequence[DataSeries]:
        """What the run is judged by, of this run alone."""
        columns = {self.tr("epoch"): self._history.epochs, **dict(self._figures())}
        return (DataSeries(self.tr("validation"), columns),)

    def _figures(self) -> tuple[tuple[str, NDArray[np.float64]], ...]:
        history = self._history
        return (
            (self.tr("top-1"), history.top1s),
            (self.tr("mAP"), history.validation_maps),
            (self.tr("raw weights"), history.raw_maps),
            (self.tr("averaged weights"), history.average_maps),
        )

    def tip(self, x: float, y: float) -> str:
        """The figures of the epoch under the mouse."""
        history = self._history
        if not len(history.epochs):
            return ""
        nearest = nearest_index(history.epochs, x)
        values = self._figures()
        parts = [f"{name} {score(float(column[nearest]))}" for name, column in values if np.isfinite(column[nearest])]
        text: str = self.tr("epoch {:.0f}: {}").format(history.epochs[nearest], ", ".join(parts) or "–")
        return text
