"""The figures of merit of a run, epoch by epoch."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette

from gui.train.curves import curve, line_name, line_pen, nearest_index, place_names, set_ranges
from gui.train.history import RunHistory
from gui.train.words import score
from gui.widgets import theme
from gui.widgets.plot import Plot, ticks


class MapPlot(Plot):
    """Validation mAP per epoch with the best one marked; earlier runs faint behind.

    The raw and the averaged weights are thin lines of their own where both were scored: the better one counts. A run
    with one label per image has its top-1 accuracy too.
    """

    def __init__(self) -> None:
        super().__init__(x="epoch", y="validation mAP")
        self._earlier = curve(self)
        self._raw = curve(self)
        self._average = curve(self)
        self._top1 = curve(self)
        self._raw_name = line_name(self, self.tr("raw"))
        self._average_name = line_name(self, self.tr("averaged"))
        self._top1_name = line_name(self, self.tr("top-1"))
        self._map = self.plot(symbol="o", symbolSize=5)
        self._best = self.plot(pen=None, symbol="star", symbolSize=15)
        self._best_name = line_name(self, "")
        self._history = RunHistory()
        self.getAxis("left").setTicks([ticks([0, 0.25, 0.5, 0.75, 1], digits=2)])
        self.restyle(self.palette())

    def show_earlier(self, maps: Sequence[NDArray[np.float64]]) -> None:
        """Draw the mAP of other runs, one array (epochs,) each."""
        gap = np.array([np.nan])
        x = [part for one in maps for part in (np.arange(1.0, len(one) + 1), gap)]
        y = [part for one in maps for part in (one, gap)]
        self._earlier.setData(np.concatenate(x or [gap]), np.concatenate(y or [gap]), connect="finite")

    def draw(self, history: RunHistory) -> None:
        """Draw the validation mAP of a run."""
        self._history = history
        self._map.setData(history.epochs, history.validation_maps, connect="finite")
        for line, values in (
            (self._raw, history.raw_maps),
            (self._average, history.average_maps),
            (self._top1, history.top1s),
        ):
            line.setData(history.epochs, values)
        best = history.best if history.best is not None and history.best.validation_map is not None else None
        self._best.setData([best.epoch] if best else [], [best.validation_map] if best else [])
        self._best_name.setVisible(best is not None)
        set_ranges(self, history, 1.0)
        if best is not None and best.validation_map is not None:
            self._best_name.setText(score(best.validation_map))
            # the names of the other lines stand at its right
            has_others = bool(np.isfinite(history.raw_maps).any() or np.isfinite(history.top1s).any())
            is_at_border = has_others or best.epoch > 0.9 * self.getViewBox().viewRange()[0][1]
            is_at_top = best.validation_map > 0.8
            self._best_name.setAnchor((1 if is_at_border else 0.5, -0.4 if is_at_top else 1.3))
            self._best_name.setPos(best.epoch, best.validation_map)
        place_names(
            (self._raw_name, history.epochs, history.raw_maps),
            (self._average_name, history.epochs, history.average_maps),
        )
        place_names((self._top1_name, history.epochs, history.top1s))

    def restyle(self, palette: QPalette) -> None:
        """Colour the curves."""
        strong = theme.accent(palette)
        self._earlier.setPen(line_pen(theme.secondary(palette), alpha=110))
        quiet, text = theme.secondary(palette), palette.color(QPalette.ColorRole.Text)
        self._raw.setPen(line_pen(quiet, style=Qt.PenStyle.DotLine))
        self._average.setPen(line_pen(quiet, style=Qt.PenStyle.DashLine))
        self._top1.setPen(line_pen(text))
        self._raw_name.setColor(quiet)
        self._average_name.setColor(quiet)
        self._top1_name.setColor(text)
        self._map.setPen(line_pen(strong, width=2))
        self._map.setSymbolPen(None)
        self._map.setSymbolBrush(strong)
        self._best.setSymbolPen(None)
        self._best.setSymbolBrush(strong)
        self._best_name.setColor(text)

    def tip(self, x: float, y: float) -> str:
        """The mAP of the epoch under the mouse."""
        history = self._history
        if not len(history.epochs):
            return ""
        nearest = nearest_index(history.epochs, x)
        values = (
            (self.tr("mAP"), history.validation_maps),
            (self.tr("raw weights"), history.raw_maps),
            (self.tr("averaged weights"), history.average_maps),
            (self.tr("top-1"), history.top1s),
        )
        parts = [f"{name} {score(float(column[nearest]))}" for name, column in values if np.isfinite(column[nearest])]
        text: str = self.tr("epoch {:.0f}: {}").format(history.epochs[nearest], ", ".join(parts) or "–")
        return text
