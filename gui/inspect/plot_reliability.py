"""Whether a probability of 0.8 means 80 %: the share of positives over the mean score, before and after calibration."""

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette, QPen

from core.evaluation.calibration import Reliability
from core.evaluation.metrics import Counts
from gui.inspect.plot_base import LabelPlot
from gui.inspect.plot_lines import Line, Role, cosmetic_pen
from gui.inspect.run_calibration import Measured
from gui.widgets import theme
from gui.widgets.plot_data import DataSeries

# of the height; for the bar of the fullest bin
_HIGHEST = 0.18
# where the bars stand
_FLOOR = -0.05


class ReliabilityPlot(LabelPlot):
    """Share of positives over the mean score of each bin, the diagonal of perfect calibration, counts at the bottom.

    Of several labels those beside the chosen one are thin and as the network gives them.
    """

    def __init__(self) -> None:
        super().__init__(x=self.tr("mean score"), y=self.tr("share of positives"))
        self._measured: Measured | None = None
        self._counts = pg.BarGraphItem(x0=[], x1=[], y0=[], height=[])
        self._counts.setZValue(-50)
        self.add(self._counts)
        self._diagonal = self.curve([0, 1], [0, 1], antialias=True)
        self._items: list[pg.PlotDataItem] = []
        self._drawn: list[tuple[Line, Reliability, bool]] = []
        self._fullest = pg.TextItem("")
        self._fullest.setFont(theme.tabular(theme.smaller(self.font(), points=2)))
        self.add(self._fullest)
        self.set_unit_axes("bottom", "left")
        self.restyle(self.palette())

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Draw other labels."""
        self.lines = tuple(lines)
        self._draw()

    def show_measured(self, measured: Measured | None) -> None:
        """Draw what a calibration makes of the scores; None while that is not known."""
        self._measured = measured
        self._draw()

    def show_threshold(self, value: float, counts: Counts) -> None:
        """A threshold changes nothing here."""

    def set_movable(self, movable: bool) -> None:
        """There is nothing to be moved here."""
        super().set_movable(False)

    def _draw(self) -> None:
        if not self.lines:
            return
        measured = self._measured
        self._drawn = []
        for line in self.lines:
            if line.role == Role.RUN or measured is None:
                # of another run only the images that are looked at are known
                if measured is None or not measured.is_elsewhere:
                    self._drawn.append((line, line.curves.reliability, False))
                continue
            self._drawn.append((line, measured.before[line.curves.label], False))
            if line.role == Role.CHOSEN and not measured.calibration.is_none:
                self._drawn.append((line, measured.after[line.curves.label], True))
        while len(self._items) < len(self._drawn):
            self._items.append(self.curve(antialias=True, symbol="o", symbolSize=6))
        for index, item in enumerate(self._items):
            item.setVisible(index < len(self._drawn))
            if index < len(self._drawn):
                _, one, _ = self._drawn[index]
                item.setData(one.mean_score, one.share)
        self._draw_counts()
        self.restyle(self.palette())

    def _draw_counts(self) -> None:
        """How many images each bin holds, of what is drawn strongest."""
        one = self._strongest()
        if one is None or not len(one.count):
            self._counts.setOpts(x0=[], x1=[], y0=[], height=[])
            self._fullest.setText("")
            return
        heights = _HIGHEST * one.count / one.count.max()
        self._counts.setOpts(
            x0=one.mean_score - 0.012, x1=one.mean_score + 0.012, y0=np.full(len(heights), _FLOOR), height=heights
        )
        fullest = int(one.count.argmax())
        self._fullest.setText(self.tr("{:,} images").format(one.count[fullest]))
        x = float(one.mean_score[fullest])
        self._fullest.setAnchor((0 if x < 0.5 else 1, 0.5))
        self._fullest.setPos(x + (0.02 if x < 0.5 else -0.02), _FLOOR + _HIGHEST)

    def _strongest(self) -> Reliability | None:
        of_chosen = [one for line, one, _ in self._drawn if line is self.lines[0]]
        return of_chosen[-1] if of_chosen else None

    def restyle(self, palette: QPalette) -> None:
        """Colour the lines; where there is a calibration the scores before it step back."""
        quiet = theme.secondary(palette)
        self._diagonal.setPen(cosmetic_pen(quiet, style=Qt.PenStyle.DotLine, alpha=160))
        faint = QColor(quiet)
        faint.setAlpha(90)
        self._counts.setOpts(brush=faint, pen=QPen(Qt.PenStyle.NoPen))
        self._fullest.setColor(quiet)
        pens: dict[str, QPen] = {}
        has_after = any(is_after for _, _, is_after in self._drawn)
        for item, (line, one, is_after) in zip(self._items, self._drawn, strict=False):
            pen, name = line.pen(palette), line.name
            if line.role == Role.CHOSEN and has_after:
                pen = pen if is_after else cosmetic_pen(quiet, style=Qt.PenStyle.DashLine)
                name = self.tr("calibrated") if is_after else self.tr("not calibrated")
            item.setPen(pen)
            item.setSymbolPen(pen.color())
            item.setSymbolBrush(palette.color(QPalette.ColorRole.Base) if not is_after and has_after else pen.color())
            # of the chosen label with its error; there is none where nothing is known
            pens[f"{name}: ECE {one.ece:.3f}" if line.role == Role.CHOSEN and len(one.count) else name] = pen
        self.key.show_pens(pens)

    def tip(self, x: float, y: float) -> str:
        """The bin next to the mouse."""
        found = []
        for line, one, is_after in self._drawn:
            if len(one.count):
                index, away = self.nearest(one.mean_score, one.share, x, y)
                found.append((away, line, one, index, is_after))
        if not found:
            return ""
        _, line, one, index, is_after = min(found, key=lambda each: each[0])
        text: str = self.tr("{}{}: of {:,} images with a mean score of {:.3f}, {:.1%} are positive; ECE {:.3f}").format(
            line.name, self.tr(", calibrated") if is_after else "", one.count[index], one.mean_score[index],
            one.share[index], one.ece,
        )  # fmt: skip
        return text

    def series(self) -> Sequence[DataSeries]:
        """The bins of all lines."""
        result = []
        for line, one, is_after in self._drawn:
            columns: dict[str, NDArray[np.float64] | NDArray[np.int64]] = {
                self.tr("mean score"): one.mean_score,
                self.tr("share of positives"): one.share,
                self.tr("known (images)"): one.count,
            }
            result.append(DataSeries(self.tr("{}, calibrated").format(line.name) if is_after else line.name, columns))
        return result
