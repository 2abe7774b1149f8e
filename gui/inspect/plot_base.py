"""What all plots of Inspect have in common: lines of labels, a threshold that moves, and a drag that moves it."""

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QGraphicsItem

from core.evaluation.metrics import Counts
from gui.inspect.plot_lines import Line
from gui.widgets import theme
from gui.widgets.line_key import LineKey
from gui.widgets.plot import Plot, ticks

# what is dragged lies on all else
_ABOVE = 50

# pixels that a number on an axis needs
_TICK_WIDTH = 36
_TICK_HEIGHT = 20

QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)


class LabelPlot(Plot):
    """Draws the first line as the chosen label, all others thinner; what moves with the threshold moves alone.

    Signals:
        score_chosen: float, the score of the chosen label's curve that was clicked or dragged to.
        threshold_chosen: float in [0, 1], the threshold that was clicked or dragged to.
        drag_ended: the mouse button was let go.
    """

    score_chosen = Signal(float)
    threshold_chosen = Signal(float)
    drag_ended = Signal()

    def __init__(self, *, x: str, y: str) -> None:
        super().__init__(x=x, y=y)
        self.key: LineKey = LineKey()
        self.lines: tuple[Line, ...] = ()
        self._is_movable = False
        self._unit_axes: tuple[str, ...] = ()

    @abstractmethod
    def show_lines(self, lines: Sequence[Line]) -> None:
        """Draw other labels; there is at least the chosen one."""

    @abstractmethod
    def show_threshold(self, value: float, counts: Counts) -> None:
        """The chosen label's threshold moved.

        Args:
            value: the threshold.
            counts: the label's decisions, of the shape (1,).
        """

    def note(self) -> str:
        """Why the chosen label cannot be drawn; empty where it is."""
        return ""

    def choose(self, x: float, y: float) -> None:
        """A place was clicked or dragged to."""

    def name_others(self) -> None:
        """Name the lines beside the chosen one in the key; their ends lie too close for names."""
        palette, others = self.palette(), self.lines[1:]
        self.key.show_pens({line.name: line.pen(palette) for line in (self.lines if others else ())})

    @property
    def chosen(self) -> Line | None:
        """The chosen label's line."""
        return self.lines[0] if self.lines else None

    @property
    def is_movable(self) -> bool:
        """Whether a click or drag moves the threshold."""
        return self._is_movable

    def set_movable(self, movable: bool) -> None:
        """Let a click or drag move the threshold, or not."""
        self._is_movable = movable
        self.setCursor(Qt.CursorShape.CrossCursor if movable else Qt.CursorShape.ArrowCursor)

    def set_unit_axes(self, *sides: str) -> None:
        """Give axes the range from 0 to 1."""
        self._unit_axes = sides
        if "bottom" in sides:
            self.set_x_range(0, 1, padding=0.05)
        if "left" in sides:
            self.set_y_range(0, 1, padding=0.07)
        self.place_ticks()

    def place_ticks(self) -> None:
        """Put as many numbers on the axes from 0 to 1 as there is room for."""
        for side, pixel in zip(("bottom", "left"), self.getViewBox().viewPixelSize(), strict=True):
            if side in self._unit_axes and pixel:
                room = 1 / pixel / (_TICK_WIDTH if side == "bottom" else _TICK_HEIGHT)
                values = QUARTERS if room >= len(QUARTERS) - 1 else QUARTERS[::2] if room >= 2 else QUARTERS[::4]
                self.set_ticks(side, ticks(values, digits=2))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """There is room for more numbers on the axes, or for fewer."""
        super().resizeEvent(event)
        # pyqtgraph lays itself out once before it is made
        if hasattr(self, "_unit_axes"):
            self.place_ticks()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the place under the mouse."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._choose(event)
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the threshold, or tell the values."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._choose(event)
            event.accept()
        else:
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The drag ends."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.drag_ended.emit()
        event.accept()

    def _choose(self, event: QMouseEvent) -> None:
        if self._is_movable and self.lines:
            place = self.getViewBox().mapSceneToView(QPointF(event.position()))
            self.choose(place.x(), place.y())

    def nearest(self, xs: NDArray[np.float64], ys: NDArray[np.float64], x: float, y: float) -> tuple[int, float]:
        """The point next to a place, and how far it is.

        Args:
            xs: float64 (n,), at least one point.
            ys: float64 (n,).
            x: of the place.
            y: of the place.

        Returns:
            Its index, and its distance in pixels.
        """
        width, height = self.getViewBox().viewPixelSize()
        away = np.hypot((xs - x) / width, (ys - y) / height)
        index = int(np.argmin(away))
        return index, float(away[index])


class Curves:
    """As many curves of a plot as there are lines; items are kept, for making them takes longer than to fill them."""

    def __init__(self, plot: LabelPlot, *, z: float = 0.0, step_mode: str | None = None) -> None:
        """Make none yet.

        Args:
            plot: where they are drawn.
            z: height of the first; the others are below it.
            step_mode: of pyqtgraph; None for lines from point to point.
        """
        self._plot = plot
        self._z = z
        self._step_mode = step_mode
        self._items: list[pg.PlotDataItem] = []

    def draw(self, lines: Sequence[Line], points: Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]]) -> None:
        """Draw each line through its points; later ones below earlier ones."""
        while len(self._items) < len(lines):
            item = self._plot.curve(antialias=True, stepMode=self._step_mode)
            item.setZValue(self._z - len(self._items))
            # what moves with a threshold is painted over them without painting them anew
            item.curve.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
            self._items.append(item)
        for index, item in enumerate(self._items):
            item.setVisible(index < len(lines))
            if index < len(lines):
                item.setData(*points[index])
        self.restyle(lines, self._plot.palette())

    def restyle(self, lines: Sequence[Line], palette: QPalette) -> None:
        """Colour them."""
        for item, line in zip(self._items, lines, strict=False):
            item.setPen(line.pen(palette))


class ThresholdLine:
    """The upright line of a threshold."""

    def __init__(self, plot: LabelPlot) -> None:
        self._item = pg.InfiniteLine(angle=90)
        self._item.setZValue(_ABOVE)
        plot.add(self._item)

    @property
    def value(self) -> float:
        """Where it stands."""
        return float(self._item.value())

    def move(self, value: float) -> None:
        """Put it at a threshold."""
        self._item.setPos(value)
        self._item.show()

    def hide(self) -> None:
        """There is no threshold."""
        self._item.hide()

    def restyle(self, palette: QPalette) -> None:
        """Colour it."""
        self._item.setPen(pg.mkPen(theme.accent(palette), width=2))


def operating_point(plot: LabelPlot) -> pg.PlotDataItem:
    """The ring that is dragged along a curve."""
    point = plot.curve(symbol="o", symbolSize=13, pen=None)
    point.setZValue(_ABOVE)
    return point


def color_point(point: pg.PlotDataItem, palette: QPalette) -> None:
    """Colour an operating point."""
    ring = pg.mkPen(theme.accent(palette), width=3)
    point.setSymbolBrush(palette.color(QPalette.ColorRole.Base))
    point.setSymbolPen(ring)
