"""A plot in the colours of the palette, with named axes, that tells the values under the mouse and can be saved."""

import functools
from collections.abc import Sequence

import pyqtgraph as pg
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
from PySide6.QtWidgets import QGraphicsItem, QMenu, QToolTip, QWidget

from gui.widgets import theme
from gui.widgets.line_key import LineKey
from gui.widgets.plot_data import DataSeries, as_table
from gui.widgets.plot_picture import PlotPicture
from gui.widgets.plot_saving import ask_and_save


class Plot(pg.PlotWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """A plot that does not pan or zoom; subclasses add their curves, colour them in `restyle` and read them in `tip`.

    Ranges are set by hand: pyqtgraph's own ranging looks at all the data at every change. A right click, the menu key
    and Shift+F10 offer to copy the plot and to save it, with its accessible name as the title.

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
        # pyqtgraph's own menus take longer to make than all else in the plot
        super().__init__(parent, enableMenu=False)
        self.key: LineKey | None = None
        self._menu: QMenu | None = None
        self._axis_names = {"bottom": x, "left": y}
        plot = self.getPlotItem()
        plot.hideButtons()
        plot.disableAutoRange()
        self.setMouseEnabled(x=False, y=False)
        self.setFrameShape(pg.PlotWidget.Shape.NoFrame)
        self.setMinimumSize(120, 90)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
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
