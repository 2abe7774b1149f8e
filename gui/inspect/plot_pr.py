"""Precision over recall of one or more labels, with a point that can be dragged along the chosen one's curve."""

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QPalette, QPen, QResizeEvent

from core.evaluation.bootstrap import CurveBand
from core.evaluation.metrics import Counts
from gui.inspect.plot_base import Curves, LabelPlot, color_point, operating_point
from gui.inspect.plot_lines import Line, cosmetic_pen
from gui.inspect.plot_names import EndNames
from gui.widgets import theme
from gui.widgets.plot_data import DataSeries

F_LINES = (0.2, 0.4, 0.6, 0.8)
# below all lines
_BELOW = -50


class PrecisionRecallPlot(LabelPlot):
    """Precision over recall, lines of equal F1 faint behind, a band around the curve, the operating point on it."""

    def __init__(self) -> None:
        super().__init__(x=self.tr("recall"), y=self.tr("precision"))
        self.band: CurveBand | None = None
        self._low, self._high = pg.PlotCurveItem(), pg.PlotCurveItem()
        self._fill = pg.FillBetweenItem(self._low, self._high)
        self._fill.setZValue(2 * _BELOW)
        self.add(self._fill)
        self._f_lines = [self.curve(*_f_line(value), antialias=True) for value in F_LINES]
        self._f_names = []
        for value, line in zip(F_LINES, self._f_lines, strict=True):
            line.setZValue(_BELOW)
            name = pg.TextItem(f"F1 {value:.1f}", anchor=(1, 0.5))
            name.setFont(theme.smaller(self.font(), points=2))
            name.setPos(1.0, value / (2 - value))
            name.setZValue(_BELOW)
            self.add(name)
            self._f_names.append(name)
        self._band_name = pg.TextItem(self.tr("shaded: 90 % band"), anchor=(0, 1))
        self._band_name.setFont(theme.smaller(self.font(), points=2))
        self._band_name.setPos(0.0, 0.0)
        self._band_name.hide()
        self.add(self._band_name)
        self._curves = Curves(self)
        self._names = EndNames(self)
        self.point = operating_point(self)
        self.set_unit_axes("bottom", "left")
        self.restyle(self.palette())

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Draw other labels; one without positives has no curve."""
        self.lines = tuple(lines)
        self._curves.draw(self.lines, [_points(line) for line in self.lines])
        self._show_names()
        self.show_band(None)

    def show_band(self, band: CurveBand | None) -> None:
        """Draw the band of the chosen label's curve; None while it is not known."""
        self.band = band
        recall, low, high = (np.empty(0),) * 3 if band is None else (band.recall, band.low, band.high)
        self._low.setData(recall, low)
        self._high.setData(recall, high)
        self._band_name.setVisible(band is not None)

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
        for name in (*self._f_names, self._band_name):
            name.setColor(faint)
        for line in self._f_lines:
            line.setPen(cosmetic_pen(faint, style=Qt.PenStyle.DotLine, alpha=110))
        soft = QColor(theme.accent(palette))
        soft.setAlpha(48)
        self._fill.setBrush(QBrush(soft))
        self._fill.setPen(QPen(Qt.PenStyle.NoPen))
        self._curves.restyle(self.lines, palette)
        self._names.set_colors([line.pen(palette).color() for line in self._named()])
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
        return f"{text}{self._band_at(float(curve.recall[index]), line)}"

    def _band_at(self, recall: float, line: Line) -> str:
        if self.band is None or line is not self.chosen or np.isnan(self.band.low[0]):
            return ""
        place = int(np.abs(self.band.recall - recall).argmin())
        text: str = self.tr("; precision of other such images in 90 % of cases {:.3f} to {:.3f}").format(
            self.band.low[place], self.band.high[place]
        )
        return text

    def note(self) -> str:
        """Say why there is no curve."""
        chosen = self.chosen
        if chosen is None or chosen.curves.positives:
            return ""
        text: str = self.tr("No image here is known to show “{}”, so there is no curve.").format(chosen.name)
        return text

    def series(self) -> Sequence[DataSeries]:
        """The curves of all lines, and the chosen one's band."""
        recall, precision = self.tr("recall"), self.tr("precision")
        result = []
        for line in self.lines:
            curve = line.curves.precision_recall
            if line.curves.positives:
                # the last point takes nothing, so it has no threshold
                thresholds = np.append(curve.thresholds, np.nan)
                columns = {recall: curve.recall, precision: curve.precision, self.tr("threshold"): thresholds}
                result.append(DataSeries(line.name, columns))
        if self.band is not None and self.chosen is not None:
            columns = {recall: self.band.recall}
            columns[self.tr("precision, low end of 90 % band")] = self.band.low
            columns[self.tr("precision, high end of 90 % band")] = self.band.high
            result.append(DataSeries(self.tr("{}, band").format(self.chosen.name), columns))
        return result

    def _named(self) -> list[Line]:
        """The lines with a name at their end; the chosen one alone is named above the plot."""
        drawn = [line for line in self.lines if line.curves.positives]
        return drawn if len(self.lines) > 1 else []

    def _show_names(self) -> None:
        named = self._named()
        self._names.show([line.name for line in named], [_end(line) for line in named])
        self._names.set_colors([line.pen(self.palette()).color() for line in named])
        self._make_room()

    def _make_room(self) -> None:
        """Leave room for the names at the right of the axis."""
        width = max(self.getViewBox().width(), 1.0)
        share = min(self._names.width / width, 0.5)
        self.set_x_range(-0.05, 1.05 if not share else 1 + (1.05 * share) / (1 - share), padding=0)
        self._names.place(1.0)
        self.place_ticks()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the room for the names."""
        super().resizeEvent(event)
        # pyqtgraph lays itself out once before it is made
        if hasattr(self, "_names"):
            self._make_room()


def _points(line: Line) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if not line.curves.positives:
        return np.empty(0), np.empty(0)
    curve = line.curves.precision_recall
    return curve.recall, curve.precision


def _end(line: Line) -> float:
    """The highest precision at which all positives are found; what lies below it is one upright line."""
    curve = line.curves.precision_recall
    return float(curve.precision[curve.recall == curve.recall.max()].max())


def _f_line(f1: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Recall and precision of equal F1."""
    recall = np.linspace(f1 / (2 - f1), 1, 60)
    return recall, f1 * recall / (2 * recall - f1)
