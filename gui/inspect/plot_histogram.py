"""How many positives and negatives of a label have which score, with a threshold that can be dragged."""

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QPalette, QPen

from core.evaluation.curves import ScoreHistogram
from core.evaluation.metrics import Counts
from gui.inspect.mirror_bars import Look, MirrorBars
from gui.inspect.plot_base import Curves, LabelPlot, ThresholdLine
from gui.inspect.plot_lines import Line, cosmetic_pen
from gui.widgets import theme
from gui.widgets.plot_data import DataSeries

# counts that differ by more than this are told apart by their logarithms
_WIDE = 50
# of the height; for the images of which nothing is known
_STRIP = 0.14
# of the height, above and below the bars; for what the threshold finds and misses
_ROOM = 0.24
# pixels that the words for what is left out and for false alarms need beside each other
_WORDS_WIDTH = 240


class HistogramPlot(LabelPlot):
    """Positives upwards, negatives downwards; the threshold parts them into found, missed, false alarms and the rest.

    Images of which nothing is known are grey and apart, in a strip at the bottom with a scale of its own. Other labels
    are outlines.
    """

    def __init__(self) -> None:
        super().__init__(x=self.tr("score"), y=self.tr("images"))
        self._is_log: bool | None = None
        self._bars = MirrorBars()
        self._unknown = MirrorBars()
        for bars in (self._unknown, self._bars):
            self.add(bars)
        self._zero = pg.InfiniteLine(angle=0, pos=0)
        self.add(self._zero)
        self._up = Curves(self, z=10, step_mode="center")
        self._down = Curves(self, z=10, step_mode="center")
        self._threshold = ThresholdLine(self)
        # missed, found, rightly left out, false alarms, unknown
        self._words = [pg.TextItem("", anchor=anchor) for anchor in ((0, 0), (1, 0), (0, 1), (1, 1), (0, 1))]
        for words in self._words:
            words.setFont(theme.tabular(theme.smaller(self.font())))
            self.add(words)
        self.set_unit_axes("bottom")
        self.restyle(self.palette())

    @property
    def is_log(self) -> bool:
        """Whether the heights are those of logarithms: as was chosen, else where counts differ much."""
        if self._is_log is not None or self.chosen is None:
            return bool(self._is_log)
        histogram = self.chosen.curves.histogram
        return bool(max(histogram.positives.max(), histogram.negatives.max()) > _WIDE)

    def set_log(self, is_log: bool | None) -> None:
        """Choose heights by logarithms or not; None leaves it to the counts."""
        self._is_log = is_log
        if self.lines:
            self.show_lines(self.lines)

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Count other labels."""
        self.lines = tuple(lines)
        histograms = [line.curves.histogram for line in self.lines]
        first = histograms[0]
        ups = [self._height(one.positives) for one in histograms]
        downs = [self._height(one.negatives) for one in histograms]
        self._bars.show_bars(first.edges, ups[0], downs[0])
        self._up.draw(self.lines[1:], [(first.edges, up) for up in ups[1:]])
        self._down.draw(self.lines[1:], [(first.edges, -down) for down in downs[1:]])
        top = max(1.0, *(float(up.max()) for up in ups))
        bottom = max(1.0, *(float(down.max()) for down in downs))
        self._fit(top, bottom, first)
        self.name_others()

    def _fit(self, top: float, bottom: float, histogram: ScoreHistogram) -> None:
        """Make room for the bars, for the words at the borders and for unknown images where there are some."""
        whole = top + bottom
        high, low = top + _ROOM * whole / 2, -bottom - _ROOM * whole / 2
        unknown = int(histogram.unknown.sum())
        strip = _STRIP * whole if unknown else 0.0
        floor = low - strip
        self.set_y_range(floor, high, padding=0.02)
        heights = self._height(histogram.unknown)
        scale = strip * 0.7 / max(float(heights.max()), 1.0)
        self._unknown.show_bars(histogram.edges, heights * scale, np.zeros(len(heights)))
        self._unknown.setPos(0, floor)
        for words, place in zip(self._words, ((0, high), (1, high), (0, low), (1, low), (0, low - strip)), strict=True):
            words.setPos(*place)
        self._words[4].setText(self.tr("{:,} unknown").format(unknown) if unknown else "")
        marks = self._marks(max(top, bottom))
        both = {sign * height: f"{count:,}" for count, height in marks for sign in (1, -1)}
        shown = [(height, text) for height, text in both.items() if -bottom * 1.05 <= height <= top * 1.05]
        self.set_ticks("left", shown)
        self.set_axis_name("left", self.tr("images (logarithmic)") if self.is_log else self.tr("images"))

    def _height(self, counts: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.log10(1.0 + counts) if self.is_log else counts.astype(np.float64)

    def _marks(self, highest: float) -> list[tuple[int, float]]:
        """Counts at which the axis has a number, and their heights."""
        if self.is_log:
            counts = [0, *(10**power for power in range(int(highest) + 1))]
        else:
            step = _round_step(highest / 3)
            counts = list(range(0, int(highest) + 1, step))
        return [(count, float(self._height(np.array([count]))[0])) for count in counts]

    def show_threshold(self, value: float, counts: Counts) -> None:
        """Move the line, and say what it parts."""
        if not self.is_movable:
            self._threshold.hide()
            self._bars.set_threshold(None)
            for words in self._words[:4]:
                words.setText("")
            return
        self._threshold.move(value)
        self._bars.set_threshold(value)
        tp, fp, fn, tn = (int(one[0]) for one in (counts.tp, counts.fp, counts.fn, counts.tn))
        texts = (
            self.tr("{:,} missed").format(fn),
            self.tr("{:,} found").format(tp),
            self.tr("{:,} rightly left out").format(tn) if self.getViewBox().width() > _WORDS_WIDTH else f"{tn:,}",
            self.tr("{:,} false alarm").format(fp) if fp == 1 else self.tr("{:,} false alarms").format(fp),
        )
        for words, text in zip(self._words, texts, strict=False):
            words.setText(text)

    def choose(self, x: float, y: float) -> None:
        """Take the threshold of a place."""
        self.threshold_chosen.emit(min(max(x, 0.0), 1.0))

    def set_movable(self, movable: bool) -> None:
        """Let the threshold part the bars, or not."""
        if movable != self.is_movable:
            super().set_movable(movable)
            self.restyle(self.palette())

    def restyle(self, palette: QPalette) -> None:
        """Colour what is right and what is wrong as everywhere else."""
        quiet = theme.secondary(palette)
        found, missed = theme.true_positive_pen(palette), theme.false_negative_pen(palette)
        alarm, rest = theme.false_positive_pen(palette), QPen(quiet, 1)
        if not self.is_movable:
            found = missed = QPen(theme.accent(palette), 1)
            alarm = rest
        up, down = (_look(missed), _look(found)), (_look(rest), _look(alarm))
        self._bars.set_looks(up, down)
        grey = _look(QPen(quiet, 1))
        self._unknown.set_looks((grey, grey), (grey, grey))
        self._zero.setPen(cosmetic_pen(quiet))
        for curves in (self._up, self._down):
            curves.restyle(self.lines[1:], palette)
        self._threshold.restyle(palette)
        for words, pen in zip(self._words, (missed, found, rest, alarm, rest), strict=True):
            words.setColor(pen.color())
        self.name_others()

    def tip(self, x: float, y: float) -> str:
        """How many images have the score under the mouse."""
        chosen = self.chosen
        if chosen is None:
            return ""
        one = chosen.curves.histogram
        place = int(np.clip(np.searchsorted(one.edges, x, side="right") - 1, 0, len(one.positives) - 1))
        text: str = self.tr("score {:.2f} to {:.2f}: {:,} positive, {:,} negative").format(
            one.edges[place], one.edges[place + 1], one.positives[place], one.negatives[place]
        )
        unknown = self.tr(", {:,} unknown").format(one.unknown[place]) if one.unknown.any() else ""
        return f"{text}{unknown}"

    def series(self) -> Sequence[DataSeries]:
        """The counts of all lines."""
        return [
            DataSeries(
                line.name,
                {
                    self.tr("score from"): line.curves.histogram.edges[:-1],
                    self.tr("score to"): line.curves.histogram.edges[1:],
                    self.tr("positives (images)"): line.curves.histogram.positives,
                    self.tr("negatives (images)"): line.curves.histogram.negatives,
                    self.tr("unknown (images)"): line.curves.histogram.unknown,
                },
            )
            for line in self.lines
        ]


def _look(pen: QPen) -> Look:
    """An outline as a frame has it, and the same colour faint inside."""
    outline = cosmetic_pen(pen.color(), width=min(pen.widthF(), 1.5), style=pen.style())
    inside = QColor(pen.color())
    inside.setAlpha(80)
    return Look(outline, QBrush(inside, Qt.BrushStyle.SolidPattern))


def _round_step(value: float) -> int:
    """The smallest of 1, 2 and 5 times a power of ten that is not below a value; at least 1."""
    power = 1
    while True:
        for factor in (1, 2, 5):
            if factor * power >= value:
                return factor * power
        power *= 10
