"""True over false positive rate of one or more labels, with a point that can be dragged along the chosen curve."""

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette

from core.evaluation.metrics import Counts
from gui.inspect.plot_base import Curves, LabelPlot, color_point, operating_point
from gui.inspect.plot_lines import Line, cosmetic_pen
from gui.widgets import theme
from gui.widgets.plot_data import DataSeries


class RocPlot(LabelPlot):
    """The ROC curves, the diagonal of chance, and the operating point of the threshold."""

    def __init__(self) -> None:
        super().__init__(x=self.tr("false positive rate"), y=self.tr("true positive rate (recall)"))
        self._diagonal = self.curve([0, 1], [0, 1], antialias=True)
        self._curves = Curves(self)
        self.point = operating_point(self)
        self._area = pg.TextItem("", anchor=(1, 1))
        self._area.setFont(theme.tabular(self.font()))
        self._area.setPos(1.0, 0.0)
        self.add(self._area)
        self.set_unit_axes("bottom", "left")
        self.restyle(self.palette())

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Draw other labels; one without positives or without negatives has no curve."""
        self.lines = tuple(lines)
        self._curves.draw(self.lines, [_points(line) for line in self.lines])
        self.name_others()
        chosen = self.lines[0]
        self._area.setText(self.tr("area {:.3f}").format(chosen.curves.roc.area) if _has_curve(chosen) else "")

    def show_threshold(self, value: float, counts: Counts) -> None:
        """Move the point."""
        chosen = self.chosen
        if self.is_movable and chosen is not None and _has_curve(chosen):
            false = counts.fp[0] / max(counts.fp[0] + counts.tn[0], 1)
            self.point.setData([false], [counts.recall[0]])
        else:
            self.point.setData([], [])

    def choose(self, x: float, y: float) -> None:
        """Go to the point of the curve next to a place."""
        chosen = self.chosen
        if chosen is not None and _has_curve(chosen):
            curve = chosen.curves.roc
            # the first takes nothing, so it has no score
            index, _ = self.nearest(curve.false_positive_rate[1:], curve.true_positive_rate[1:], x, y)
            self.score_chosen.emit(float(curve.thresholds[1 + index]))

    def restyle(self, palette: QPalette) -> None:
        """Colour the curves."""
        self._diagonal.setPen(cosmetic_pen(theme.secondary(palette), style=Qt.PenStyle.DotLine, alpha=110))
        self._curves.restyle(self.lines, palette)
        self._area.setColor(palette.color(QPalette.ColorRole.Text))
        self.name_others()
        color_point(self.point, palette)

    def tip(self, x: float, y: float) -> str:
        """The point of a curve next to the mouse."""
        found = []
        for line in filter(_has_curve, self.lines):
            curve = line.curves.roc
            index, away = self.nearest(curve.false_positive_rate, curve.true_positive_rate, x, y)
            found.append((away, line, index))
        if not found:
            return ""
        _, line, index = min(found, key=lambda one: one[0])
        curve = line.curves.roc
        text: str = self.tr(
            "{}: finds {:.1%} of the positives and {:.1%} of the negatives at threshold {:.3f}; area {:.3f}"
        ).format(
            line.name,
            curve.true_positive_rate[index],
            curve.false_positive_rate[index],
            min(curve.thresholds[index], 1.0),
            curve.area,
        )
        return text

    def note(self) -> str:
        """Say why there is no curve."""
        chosen = self.chosen
        if chosen is None or _has_curve(chosen):
            return ""
        text: str = self.tr("There is a curve only where some images show “{}” and others do not.").format(chosen.name)
        return text

    def series(self) -> Sequence[DataSeries]:
        """The curves of all lines."""
        return [
            DataSeries(
                line.name,
                {
                    self.tr("false positive rate"): line.curves.roc.false_positive_rate,
                    self.tr("true positive rate"): line.curves.roc.true_positive_rate,
                    self.tr("threshold"): line.curves.roc.thresholds,
                },
            )
            for line in filter(_has_curve, self.lines)
        ]


def _has_curve(line: Line) -> bool:
    return bool(line.curves.positives and line.curves.negatives)


def _points(line: Line) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if not _has_curve(line):
        return np.empty(0), np.empty(0)
    return line.curves.roc.false_positive_rate, line.curves.roc.true_positive_rate
