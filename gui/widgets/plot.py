"""A plot in the colours of the palette, with named axes, that tells the values under the mouse and can be saved."""

import functools
from collections.abc import Sequence
from typing import Any

import pyqtgraph as pg
from numpy.typing import ArrayLike
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import (
    QAction,
    QContextMenuEvent,
    QFocusEvent,
    QGuiApplication,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import QFrame, QGraphicsGridLayout, QGraphicsItem, QMenu, QSizePolicy, QToolTip, QWidget

from gui.widgets import theme
from gui.widgets.line_key import LineKey
from gui.widgets.plot_data import DataSeries, as_table
from gui.widgets.plot_picture import PlotPicture
from gui.widgets.plot_saving import ask_and_save

# of the lines, 0 to 255, in light and in dark colours
_GRID = (128, 64)


class Plot(pg.GraphicsView):  # type: ignore[misc]  # pyqtgraph has no types
    """A plot that does not pan or zoom; subclasses add their curves, colour them in `restyle` and read them in `tip`.

    It is put together from pyqtgraph's parts: `PlotWidget` makes controls for what no plot of this program has, which
    takes ten times as long as all else. Ranges are set by hand: pyqtgraph's own ranging looks at all the data at every
    change. A right click, the menu key and Shift+F10 offer to copy the plot and to save it, with its accessible name as
    the title.

    Attributes:
        key: what the lines are called, where that stands outside of the plot.
    """

    def __init__(self, *, x: str, y: str, parent: QWidget | None = None) -> None:
        """Make an empty plot.

        Args:
            x: name of the horizontal axis, with its unit; empty for none.
            y: name of the vertical axis, with its unit; empty for none.
            parent: owner in Qt's sense.
        """
        super().__init__(parent)
        self.key: LineKey | None = None
        self._menu: QMenu | None = None
        self._axis_names = {"bottom": x, "left": y}
        self._grid = {"bottom": False, "left": True}
        self._ticks: dict[str, Sequence[tuple[float, str]]] = {}
        self._box = pg.ViewBox(enableMenu=False, enableMouse=False)
        self._box.disableAutoRange()
        self._axes = {side: pg.AxisItem(side) for side in self._axis_names}
        self._frame = pg.GraphicsWidget()
        parts = QGraphicsGridLayout()
        parts.setContentsMargins(0, 4, 6, 0)
        parts.setSpacing(0)
        parts.addItem(self._axes["left"], 0, 0)
        parts.addItem(self._box, 0, 1)
        parts.addItem(self._axes["bottom"], 1, 1)
        parts.setRowStretchFactor(0, 1)
        parts.setColumnStretchFactor(1, 1)
        self._frame.setLayout(parts)
        self.setCentralItem(self._frame)
        self.enableMouse(False)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMinimumSize(120, 90)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMouseTracking(True)
        for axis in self._axes.values():
            axis.linkToView(self._box)
            axis.setStyle(tickLength=-3, hideOverlappingLabels=False, maxTickLevel=0)
            # with their grid the axes cover the whole plot, and would be painted anew with each move of a curve
            axis.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
            # the grid is drawn by the axes; it belongs below the curves
            axis.setZValue(-1)
            axis.setFlag(QGraphicsItem.GraphicsItemFlag.ItemNegativeZStacksBehindParent)
            axis.enableAutoSIPrefix(False)
        self._axes["left"].setWidth(60 if y else 40)
        self._axes["bottom"].setHeight(36 if x else 20)
        self._color_frame()
        theme.on_change(self, self._on_palette_changed)

    def getViewBox(self) -> pg.ViewBox:
        """The part in which curves are drawn; under the name that pyqtgraph's items ask for."""
        return self._box

    def axis(self, side: str) -> pg.AxisItem:
        """The "left" or "bottom" axis."""
        return self._axes[side]

    def add(self, item: QGraphicsItem) -> None:
        """Draw an item."""
        self._box.addItem(item, ignoreBounds=True)

    def curve(self, *data: ArrayLike, **look: Any) -> pg.PlotDataItem:  # noqa: ANN401 - as pyqtgraph names them
        """Draw a curve.

        Args:
            data: its x and y, or nothing as yet.
            look: of pyqtgraph's `PlotDataItem`.
        """
        item = pg.PlotDataItem(*data, **look)
        self.add(item)
        return item

    def set_x_range(self, low: float, high: float, *, padding: float) -> None:
        """Show this range, and so large a part of it more at both ends."""
        self._box.setXRange(low, high, padding=padding)

    def set_y_range(self, low: float, high: float, *, padding: float) -> None:
        """Show this range, and so large a part of it more at both ends."""
        self._box.setYRange(low, high, padding=padding)

    def set_grid(self, *sides: str) -> None:
        """Draw lines at the ticks of these axes, and of no other."""
        self._grid = {side: side in sides for side in self._axes}
        self._color_frame()

    def set_ticks(self, side: str, marks: Sequence[tuple[float, str]]) -> None:
        """Put these numbers on the "left" or "bottom" axis, which is painted anew only for others."""
        if self._ticks.get(side) != marks:
            self._ticks[side] = marks
            self._axes[side].setTicks([marks])

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

    def series(self) -> Sequence[DataSeries]:
        """The numbers that are drawn, for other programs; none by default."""
        return ()

    @property
    def picture(self) -> PlotPicture:
        """The plot as it is shown now, dark on white."""
        return PlotPicture(self, self.accessibleName(), self.key)

    def copy_picture(self) -> None:
        """Put the picture on the clipboard."""
        QGuiApplication.clipboard().setImage(self.picture.image())

    def copy_data(self) -> None:
        """Put the numbers on the clipboard, so that they can be pasted into a spreadsheet."""
        QGuiApplication.clipboard().setText(as_table(self.series(), delimiter="\t"))

    def save_png(self) -> None:
        """Ask for a file, and write the picture."""
        ask_and_save(self, "png", self.picture.png)

    def save_svg(self) -> None:
        """Ask for a file, and write the picture in lines and letters."""
        ask_and_save(self, "svg", self.picture.svg)

    def save_csv(self) -> None:
        """Ask for a file, and write the numbers."""
        ask_and_save(self, "csv", lambda: as_table(self.series()).encode())

    def menu(self) -> QMenu:
        """What can be done with the plot."""
        if self._menu is None:
            self._menu = QMenu(self)
            self._menu.addAction(self.tr("Copy picture"), self.copy_picture)
            copy_data = self._menu.addAction(self.tr("Copy data"), self.copy_data)
            self._menu.addSeparator()
            self._menu.addAction(self.tr("Save as PNG…"), self.save_png)
            self._menu.addAction(self.tr("Save as SVG…"), self.save_svg)
            save_csv = self._menu.addAction(self.tr("Save as CSV…"), self.save_csv)
            for action in (copy_data, save_csv):
                self._menu.aboutToShow.connect(functools.partial(self._enable_data, action))
        return self._menu

    def _enable_data(self, action: QAction) -> None:
        action.setEnabled(bool(self.series()))

    def _color_frame(self) -> None:
        palette = self.palette()
        small = theme.tabular(theme.smaller(self.font()))
        self.setBackground(None)
        for side, name in self._axis_names.items():
            axis = self._axes[side]
            axis.setPen(QPen(theme.hairline(palette)))
            axis.setTextPen(QPen(theme.secondary(palette)))
            axis.setTickFont(small)
            if name:
                axis.setLabel(
                    name, **{"color": theme.secondary(palette).name(), "font-size": f"{small.pointSizeF()}pt"}
                )
            axis.setGrid(_GRID[theme.is_dark(palette)] if self._grid[side] else False)

    def _on_palette_changed(self) -> None:
        self._color_frame()
        self.restyle(self.palette())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell the values under the mouse."""
        super().mouseMoveEvent(event)
        box = self._box
        place = box.mapSceneToView(QPointF(event.position()))
        inside = box.sceneBoundingRect().contains(event.position())
        text = self.tip(place.x(), place.y()) if inside and not event.buttons() else ""
        QToolTip.showText(event.globalPosition().toPoint(), text, self)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Leave a right click to the menu; pyqtgraph's items would answer it."""
        if event.button() == Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer to copy and to save."""
        self.menu().popup(event.globalPos())
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Offer to copy and to save, by key."""
        is_shift_f10 = event.key() == Qt.Key.Key_F10 and event.modifiers() == Qt.KeyboardModifier.ShiftModifier
        if event.key() == Qt.Key.Key_Menu or is_shift_f10:
            self.menu().popup(self.mapToGlobal(QPoint(self.width() // 2, self.height() // 2)))
            event.accept()
        else:
            # the plot itself answers no key
            event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show that keys come here."""
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that they no longer do."""
        super().focusOutEvent(event)
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Frame the plot that has the focus."""
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self.viewport())
            painter.setPen(QPen(theme.accent(self.palette()), 1))
            painter.drawRect(self.viewport().rect().adjusted(0, 0, -1, -1))


def ticks(values: Sequence[float], *, digits: int) -> list[tuple[float, str]]:
    """Ticks with fixed digits, in the form pyqtgraph wants."""
    return [(value, f"{value:.{digits}f}") for value in values]
