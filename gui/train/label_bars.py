"""The AP of each label in the latest epoch."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette, QPen

from gui.train.history import RunHistory
from gui.widgets import theme
from gui.widgets.plot import Plot, ticks

# bars of more labels than this are too thin to read; the worst ones are shown
MOST_BARS = 16


class LabelBars(Plot):
    """The latest epoch's AP per label as bars, worst first."""

    def __init__(self) -> None:
        super().__init__(x="AP", y="")
        self._bars = pg.BarGraphItem(x0=[], y=[], height=0.7, width=[])
        self.addItem(self._bars)
        self._shown: tuple[tuple[str, float], ...] = ()
        self.getAxis("left").setStyle(tickLength=0, autoExpandTextSpace=False)
        self.getAxis("bottom").setTicks([ticks([0, 0.25, 0.5, 0.75, 1], digits=2)])
        self.getAxis("left").setTicks([[]])
        self.showGrid(x=True, y=False)
        self.invertY(True)
        self.setXRange(0, 1, padding=0.05)
        self.restyle(self.palette())

    def draw(self, history: RunHistory) -> None:
        """Draw the AP per label of the latest epoch."""
        shown = worst_labels(history)
        if shown == self._shown:
            return
        self._shown = shown
        positions = np.arange(len(shown))
        self._bars.setOpts(x0=np.zeros(len(shown)), y=positions, width=[ap for _, ap in shown], height=0.7)
        self.setYRange(-0.6, max(len(shown), 4) - 0.4, padding=0)
        metrics = self.fontMetrics()
        longest = 90
        names = [metrics.elidedText(name, Qt.TextElideMode.ElideRight, longest) for name, _ in shown]
        self.getAxis("left").setTicks([list(enumerate(names))])
        self.getAxis("left").setWidth(max([40, *(metrics.horizontalAdvance(name) for name in names)]) + 8)

    def restyle(self, palette: QPalette) -> None:
        """Colour the bars."""
        color = QColor(theme.accent(palette))
        color.setAlpha(170)
        self._bars.setOpts(brush=color, pen=QPen(Qt.PenStyle.NoPen))

    def tip(self, x: float, y: float) -> str:
        """The label under the mouse and its AP."""
        row = round(y)
        return "{}: AP {:.3f}".format(*self._shown[row]) if 0 <= row < len(self._shown) else ""


def worst_labels(history: RunHistory) -> tuple[tuple[str, float], ...]:
    """Names and APs of the labels with the lowest AP in the latest epoch, lowest first; those without one left out."""
    if history.started is None or history.epoch is None:
        return ()
    pairs = zip(history.started.labels, history.epoch.average_precision, strict=False)
    known = [(name, ap) for name, ap in pairs if ap is not None]
    return tuple(sorted(known, key=lambda pair: pair[1])[:MOST_BARS])
