"""A plot in the colours of the palette, with named axes, that tells the values under the mouse."""

from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QMouseEvent, QPalette, QPen
from PySide6.QtWidgets import QGraphicsItem, QToolTip, QWidget

from gui.widgets import theme


class Plot(pg.PlotWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """A plot that does not pan or zoom; subclasses add their curves, colour them in `restyle` and read them in `tip`.

    Ranges are set by hand: pyqtgraph's own ranging looks at all the data at every change.
    """

    def __init__(self, *, x: str, y: str, parent: QWidget | None = None) -> None:
        """Make an empty plot.

        Args:
            x: name of the horizontal axis, with its unit; empty for none.
            y: name of the vertical axis, with its unit; empty for none.
            parent: owner in Qt's sense.
        """
        # pyqtgraph's own menus take longer to make than all else in the plot
        super().__init__(parent, enableMenu=False)
        self._axis_names = {"bottom": x, "left": y}
        plot = self.getPlotItem()
        plot.hideButtons()
        plot.disableAutoRange()
        self.setMouseEnabled(x=False, y=False)
        self.setFrameShape(pg.PlotWidget.Shape.NoFrame)
        self.setMinimumSize(120, 90)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMouseTracking(True)
        plot.setContentsMargins(0, 4, 6, 0)
        for side in ("bottom", "left"):
            axis = self.getAxis(side)
            axis.setStyle(tickLength=-3, hideOverlappingLabels=False, maxTickLevel=0)
            # with their grid the axes cover the whole plot, and would be painted anew with each move of a curve
            axis.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
            # the grid is drawn by the axes; it belongs below the curves
            axis.setZValue(-1)
            axis.enableAutoSIPrefix(False)
        self.getAxis("left").setWidth(60 if y else 40)
        self.getAxis("bottom").setHeight(36 if x else 20)
        self._color_frame()
        theme.on_change(self, self._on_palette_changed)

    def set_axis_name(self, side: str, name: str) -> None:
        """Call the "left" or "bottom" axis something else."""
        if self._axis_names[side] != name:
            self._axis_names[side] = name
            self._color_frame()

    def restyle(self, palette: QPalette) -> None:
        """Give the curves the colours of a palette; called once when made and at each change."""

    def tip(self, x: float, y: float) -> str:
        """What to say about the point of the plot under the mouse; empty for nothing."""
        return ""

    def _color_frame(self) -> None:
        palette = self.palette()
        small = theme.tabular(theme.smaller(self.font()))
        self.setBackground(None)
        for side, name in self._axis_names.items():
            axis = self.getAxis(side)
            axis.setPen(QPen(theme.hairline(palette)))
            axis.setTextPen(QPen(theme.secondary(palette)))
            axis.setTickFont(small)
            if name:
                axis.setLabel(
                    name, **{"color": theme.secondary(palette).name(), "font-size": f"{small.pointSizeF()}pt"}
                )
        self.showGrid(y=True, alpha=0.25 if theme.is_dark(palette) else 0.5)

    def _on_palette_changed(self) -> None:
        self._color_frame()
        self.restyle(self.palette())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell the values under the mouse."""
        super().mouseMoveEvent(event)
        box = self.getViewBox()
        place = box.mapSceneToView(QPointF(event.position()))
        inside = box.sceneBoundingRect().contains(event.position())
        text = self.tip(place.x(), place.y()) if inside and not event.buttons() else ""
        QToolTip.showText(event.globalPosition().toPoint(), text, self)


def ticks(values: Sequence[float], *, digits: int) -> list[tuple[float, str]]:
    """Ticks with fixed digits, in the form pyqtgraph wants."""
    return [(value, f"{value:.{digits}f}") for value in values]
