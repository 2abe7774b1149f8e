"""The AP of each label in one epoch."""

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QPalette, QPen, QResizeEvent

from core.jobs.events import EpochEnded
from gui.train.history import RunHistory
from gui.widgets import theme
from gui.widgets.plot import Plot, ticks
from gui.widgets.plot_data import DataSeries

# bars of more labels than this are not looked through; the worst ones are shown
MOST_BARS = 16
# so that a run of two labels has no bars as thick as a hand
_LEAST_ROWS = 4


class LabelBars(Plot):
    """An epoch's AP per label as bars, worst first, as many as can be read: of the latest, or of the one that was kept.

    Signals:
        summary_changed: str, which epoch and how many of its labels are shown.
    """

    summary_changed = Signal(str)

    def __init__(self) -> None:
        super().__init__(x="AP", y="")
        self._bars = pg.BarGraphItem(x0=[], y=[], height=0.7, width=[])
        self.add(self._bars)
        self.set_grid("bottom")
        self._history = RunHistory()
        self._shown: tuple[tuple[str, float], ...] = ()
        self._summary = ""
        self.axis("left").setStyle(tickLength=0, autoExpandTextSpace=False)
        self.axis("bottom").setTicks([ticks([0, 0.25, 0.5, 0.75, 1], digits=2)])
        self.axis("left").setTicks([[]])
        self.getViewBox().invertY(True)
        self.set_x_range(0, 1, padding=0.05)
        self.restyle(self.palette())

    def draw(self, history: RunHistory) -> None:
        """Draw the AP per label."""
        self._history = history
        self._draw()

    def _draw(self) -> None:
        labels = worst_labels(self._history)
        shown = labels[: self._rows()]
        self._summarise(len(shown), of=len(labels))
        if shown == self._shown:
            return
        self._shown = shown
        positions = np.arange(len(shown))
        self._bars.setOpts(x0=np.zeros(len(shown)), y=positions, width=[ap for _, ap in shown], height=0.7)
        self.set_y_range(-0.6, max(len(shown), _LEAST_ROWS) - 0.4, padding=0)
        metrics = self.fontMetrics()
        longest = 90
        names = [metrics.elidedText(name, Qt.TextElideMode.ElideRight, longest) for name, _ in shown]
        self.axis("left").setTicks([list(enumerate(names))])
        self.axis("left").setWidth(max([40, *(metrics.horizontalAdvance(name) for name in names)]) + 8)

    def _rows(self) -> int:
        """How many names can stand one below the other."""
        room = self.height() - self.axis("bottom").height()
        each = QFontMetrics(theme.smaller(self.font())).height()
        return max(_LEAST_ROWS, min(MOST_BARS, int(room // each)))

    def _summarise(self, count: int, *, of: int) -> None:
        epoch = shown_epoch(self._history)
        parts = [] if epoch is None else [self.tr("epoch {}").format(epoch.epoch)]
        if count < of:
            parts.append(self.tr("{} of {} labels").format(count, of))
        summary = " · ".join(parts)
        if summary != self._summary:
            self._summary = summary
            self.summary_changed.emit(summary)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """There is room for more bars, or for fewer."""
        super().resizeEvent(event)
        # pyqtgraph lays itself out once before it is made
        if hasattr(self, "_summary"):
            self._draw()

    def restyle(self, palette: QPalette) -> None:
        """Colour the bars."""
        color = QColor(theme.accent(palette))
        color.setAlpha(170)
        self._bars.setOpts(brush=color, pen=QPen(Qt.PenStyle.NoPen))

    def series(self) -> Sequence[DataSeries]:
        """The AP of every label, also of those for whose bars there is no room."""
        labels = worst_labels(self._history)
        if not labels:
            return ()
        names, values = zip(*labels, strict=True)
        return (DataSeries("AP", {self.tr("label"): names, "AP": np.array(values)}),)

    def tip(self, x: float, y: float) -> str:
        """The label under the mouse and its AP."""
        row = round(y)
        return "{}: AP {:.3f}".format(*self._shown[row]) if 0 <= row < len(self._shown) else ""


def shown_epoch(history: RunHistory) -> EpochEnded | None:
    """The epoch whose weights were kept once the run has ended, the latest before."""
    return history.epoch if history.finished is None else history.best


def worst_labels(history: RunHistory) -> tuple[tuple[str, float], ...]:
    """Names and APs of the labels of the epoch that is shown, lowest first; those without one left out."""
    epoch = shown_epoch(history)
    if history.started is None or epoch is None:
        return ()
    pairs = zip(history.started.labels, epoch.average_precision, strict=False)
    known = [(name, ap) for name, ap in pairs if ap is not None]
    return tuple(sorted(known, key=lambda pair: pair[1]))
