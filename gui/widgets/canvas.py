"""One picture on a neutral ground, with zoom at the cursor and pan."""

from pathlib import Path

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QImage,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from core.images.decode import decode
from gui.widgets import theme
from gui.widgets.thumbnails import to_qimage

STEP = 1.25
MAX_ZOOM = 16.0
MAX_FIT = 8.0
_SMALLEST_LEVEL = 1024


def levels_of(image: QImage) -> list[QImage]:
    """The picture and smaller copies of it, each half as large; made off the GUI thread.

    Painting a large picture smoothly at a small size takes as long as there are pixels; a copy near the size is quick.
    """
    levels = [image]
    while max(levels[-1].width(), levels[-1].height()) > 2 * _SMALLEST_LEVEL:
        half = levels[-1].size() / 2
        levels.append(
            levels[-1].scaled(half, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)
        )
    return levels


def load_levels(path: Path) -> list[QImage]:
    """An image file's picture and smaller copies of it, decoded off the GUI thread.

    Raises:
        ImageError: it cannot be read.
    """
    return levels_of(to_qimage(decode(path)))


class Canvas(QWidget):
    """Paints a picture so that it fits, or at a zoom of its own, and what is laid over it.

    Zoom is in screen pixels per image pixel; a small picture is enlarged to fit, up to eight times.

    Signals:
        zoom_changed: the zoom is another one.
    """

    zoom_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._levels: list[QImage] = []
        self._overlay: QImage | None = None
        self._overlay_opacity = 1.0
        self._size = QSize()
        self._zoom: float | None = None
        self._center = QPointF(0.5, 0.5)
        self._dragged_from: QPointF | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(120, 90)

    def set_picture(self, levels: list[QImage], size: QSize, *, keep_view: bool) -> None:
        """Show a picture.

        Args:
            levels: the picture and smaller copies, largest first; empty for none.
            size: of the whole picture in image pixels; larger than the largest level while only a thumbnail is there.
            keep_view: whether zoom and place stay, because it is the same image in more detail.
        """
        self._levels = levels
        self._size = size
        if not keep_view:
            self._zoom = None
            self._center = QPointF(0.5, 0.5)
        self.update()
        self.zoom_changed.emit()

    def set_overlay(self, overlay: QImage | None, *, opacity: float = 1.0) -> None:
        """Lay something over the whole picture, stretched to its size.

        Args:
            overlay: of any size; None for nothing.
            opacity: from 0 to 1.
        """
        self._overlay, self._overlay_opacity = overlay, opacity
        self.update()

    def zoom(self) -> float:
        """Screen pixels per image pixel."""
        return self._fit_zoom() if self._zoom is None else self._zoom

    def is_fitted(self) -> bool:
        """Whether the whole picture is shown."""
        return self._zoom is None

    def toggle_zoom(self) -> None:
        """Switch between the whole picture and 100 %, around the cursor when it is over the picture."""
        if self._zoom is None:
            self._zoom_to(1.0, self._cursor_or_center())
        else:
            self.fit()

    def fit(self) -> None:
        """Show the whole picture."""
        self._zoom = None
        self._center = QPointF(0.5, 0.5)
        self.update()
        self.zoom_changed.emit()

    def zoom_actual(self) -> None:
        """Show image pixels as screen pixels."""
        self._zoom_to(1.0, self._cursor_or_center())

    def zoom_by(self, factor: float) -> None:
        """Zoom around the cursor, or the middle."""
        self._zoom_to(self.zoom() * factor, self._cursor_or_center())

    def _cursor_or_center(self) -> QPointF:
        place = QPointF(self.mapFromGlobal(self.cursor().pos()))
        return place if self.underMouse() else QPointF(self.rect().center())

    def _fit_zoom(self) -> float:
        if self._size.isEmpty():
            return 1.0
        ratio = self.devicePixelRatioF()
        room = QSize(max(1, self.width() - 16), max(1, self.height() - 16))
        return min(room.width() * ratio / self._size.width(), room.height() * ratio / self._size.height(), MAX_FIT)

    def _target(self) -> QRectF:
        """Where the whole picture lies, in logical pixels of the widget."""
        scale = self.zoom() / self.devicePixelRatioF()
        width, height = self._size.width() * scale, self._size.height() * scale
        left = self.width() / 2 - self._center.x() * width
        top = self.height() / 2 - self._center.y() * height
        return QRectF(left, top, width, height)

    def _zoom_to(self, zoom: float, around: QPointF) -> None:
        if self._size.isEmpty():
            return
        fit = self._fit_zoom()
        zoom = min(MAX_ZOOM, max(zoom, min(fit, 1.0)))
        before = self._target()
        held = QPointF((around.x() - before.left()) / before.width(), (around.y() - before.top()) / before.height())
        self._zoom = None if zoom == fit or (zoom < fit and fit <= 1.0) else zoom
        if self._zoom is None:
            self._center = QPointF(0.5, 0.5)
        else:
            after = self._target()
            middle = QPointF(self.width() / 2, self.height() / 2)
            self._center = QPointF(
                held.x() + (middle.x() - around.x()) / after.width(),
                held.y() + (middle.y() - around.y()) / after.height(),
            )
            self._keep_in_view()
        self.update()
        self.zoom_changed.emit()

    def _keep_in_view(self) -> None:
        target = self._target()

        def held(center: float, room: float, length: float) -> float:
            half = min(0.5, room / 2 / length) if length else 0.5
            return min(1 - half, max(half, center))

        self._center = QPointF(
            held(self._center.x(), self.width(), target.width()), held(self._center.y(), self.height(), target.height())
        )

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the part of the picture that is in view, from the copy nearest in size."""
        painter = QPainter(self)
        # the ground is neither brighter nor darker than most pictures
        ground = QPalette.ColorRole.Base if theme.is_dark(self.palette()) else QPalette.ColorRole.Mid
        painter.fillRect(self.rect(), self.palette().color(ground))
        if not self._levels:
            return
        target = self._target()
        visible = target.intersected(QRectF(self.rect()))
        wanted = target.width() * self.devicePixelRatioF()
        level = next((one for one in reversed(self._levels) if one.width() >= wanted), self._levels[0])
        scale = level.width() / target.width()
        source = QRectF(
            (visible.left() - target.left()) * scale,
            (visible.top() - target.top()) * level.height() / target.height(),
            visible.width() * scale,
            visible.height() * level.height() / target.height(),
        )
        smooth = self._zoom is None or self._zoom < 3
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawImage(visible, level, source)
        if self._overlay is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.setOpacity(self._overlay_opacity)
            painter.drawImage(target, self._overlay)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A fitted picture fits again."""
        super().resizeEvent(event)
        if self._zoom is not None:
            self._keep_in_view()
        self.zoom_changed.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the cursor."""
        self._zoom_to(self.zoom() * STEP ** (event.angleDelta().y() / 120), event.position())
        event.accept()

    def event(self, event: QEvent) -> bool:
        """Zoom by pinching on a touch pad."""
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            self._zoom_to(self.zoom() * (1 + event.value()), event.position())
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the picture."""
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton) and self._zoom is not None:
            self._dragged_from = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the picture under the window."""
        if self._dragged_from is not None:
            moved = event.position() - self._dragged_from
            self._dragged_from = event.position()
            target = self._target()
            self._center -= QPointF(moved.x() / target.width(), moved.y() / target.height())
            self._keep_in_view()
            self.update()

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Let go."""
        self._dragged_from = None
        self.unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Switch between the whole picture and 100 %."""
        if self._zoom is None:
            self._zoom_to(1.0, event.position())
        else:
            self.fit()
