"""A plot as a picture that can be read on white paper, whatever the colours of the window."""

from collections.abc import Iterator
from contextlib import contextmanager

import pyqtgraph as pg
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QImage, QPainter, QPalette
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QGraphicsItem

from gui.widgets import theme
from gui.widgets.line_key import LineKey

# a picture is this many times finer than an ordinary screen
_FINER = 2
_MARGIN = 12
_GAP = 6
_METRES_PER_INCH = 0.0254
_WRAPPED = Qt.TextFlag.TextWordWrap


class PlotPicture:
    """A plot with its title and the names of its lines above it, dark on white."""

    def __init__(self, plot: pg.GraphicsView, title: str, key: LineKey | None) -> None:
        """Say what is in the picture.

        Args:
            plot: it is painted as it is shown now.
            title: stands above it; empty for none.
            key: the names of its lines, which stand below the title.
        """
        self._plot = plot
        self._title = title
        self._key = key if key is not None and key.seen else None
        self._bold = QFont(plot.font())
        self._bold.setWeight(QFont.Weight.DemiBold)

    @property
    def size(self) -> QSize:
        """Its size in the units of the screen."""
        width, height = self._plot.width(), self._plot.height()
        return QSize(width + 2 * _MARGIN, height + 2 * _MARGIN + self._heading_height)

    def image(self) -> QImage:
        """As pixels, some for each pixel of an ordinary screen."""
        image = QImage(self.size * _FINER, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(_FINER)
        image.fill(Qt.GlobalColor.white)
        painter = QPainter(image)
        self._paint(painter)
        painter.end()
        # not before it is painted: letters would grow with it
        dots = round(self._plot.logicalDpiX() * _FINER / _METRES_PER_INCH)
        image.setDotsPerMeterX(dots)
        image.setDotsPerMeterY(dots)
        return image

    def png(self) -> bytes:
        """As a PNG file."""
        content = QByteArray()
        buffer = QBuffer(content)
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        # Qt types the format as bytes, and takes text
        self.image().save(buffer, "PNG")  # type: ignore[call-overload]
        return bytes(content.data())

    def svg(self) -> bytes:
        """As an SVG file."""
        content = QByteArray()
        buffer = QBuffer(content)
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        # the older version knows no clipping, so that curves would leave the axes
        generator = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)
        generator.setOutputDevice(buffer)
        generator.setResolution(self._plot.logicalDpiX())
        generator.setSize(self.size)
        generator.setViewBox(QRect(QPoint(0, 0), self.size))
        generator.setTitle(self._title)
        painter = QPainter(generator)
        painter.fillRect(QRect(QPoint(0, 0), self.size), Qt.GlobalColor.white)
        self._paint(painter)
        painter.end()
        return bytes(content.data())

    @property
    def _heading_height(self) -> int:
        title = self._title_height + _GAP if self._title else 0
        return title + (self._key.sizeHint().height() + _GAP if self._key is not None else 0)

    @property
    def _title_height(self) -> int:
        room = QRect(0, 0, self._plot.width(), self._plot.height())
        return QFontMetrics(self._bold).boundingRect(room, _WRAPPED, self._title).height()

    def _paint(self, painter: QPainter) -> None:
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        width, top = self._plot.width(), _MARGIN
        palette = theme.light()
        with _painted_with(self._plot, palette):
            if self._title:
                painter.setFont(self._bold)
                painter.setPen(palette.color(QPalette.ColorRole.Text))
                painter.drawText(QRect(_MARGIN, top, width, self._title_height), _WRAPPED, self._title)
                top += self._title_height + _GAP
            if self._key is not None:
                painter.save()
                painter.translate(_MARGIN, top)
                painter.setFont(self._key.font())
                self._key.paint(painter, palette, width=width)
                painter.restore()
                top += self._key.sizeHint().height() + _GAP
            target = QRectF(_MARGIN, top, width, self._plot.height())
            self._plot.render(painter, target, self._plot.viewport().rect())


@contextmanager
def _painted_with(plot: pg.GraphicsView, palette: QPalette) -> Iterator[None]:
    """Give a plot other colours, lines in place of pixels, and nothing that was painted before."""
    items = plot.scene().items()
    kept = [item.cacheMode() for item in items]
    drawn = [item for item in items if isinstance(item, pg.GraphicsItem)]
    has_own = plot.testAttribute(Qt.WidgetAttribute.WA_SetPalette)
    before = plot.palette()
    plot.setPalette(palette)
    for item in items:
        item.setCacheMode(QGraphicsItem.CacheMode.NoCache)
    for item in drawn:
        item.setExportMode(True, {"antialias": True})
    try:
        yield
    finally:
        for item in drawn:
            item.setExportMode(False)
        for item, mode in zip(items, kept, strict=True):
            item.setCacheMode(mode)
        # one without colours of its own follows its window again
        plot.setPalette(before if has_own else QPalette())
