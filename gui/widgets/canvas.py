"""One picture on a neutral ground, with zoom at the cursor and pan."""

from pathlib import Path

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QImage,
    QKeyEvent,
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
from gui.widgets.look import Look, View, shown
from gui.widgets.thumbnails import to_qimage

STEP = 1.25
MAX_ZOOM = 16.0
MAX_FIT = 8.0
PIXELS_FROM = 3.0
"""Zoom above which the pixels of the picture are seen as squares."""
PAN_STEP = 1 / 8
"""How far a key moves the picture, as a share of the widget."""
_SMALLEST_LEVEL = 1024
_STRIP = 128
_PAN = {
    Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1),
}  # fmt: skip


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


def load_levels(path: Path, *, max_size: int | None = None) -> list[QImage]:
    """An image file's picture and smaller copies of it, decoded off the GUI thread.

    Args:
        path: of the file.
        max_size: longest side in pixels of the largest one; without it the picture has its full size.

    Raises:
        ImageError: it cannot be read.
    """
    return levels_of(to_qimage(decode(path, max_size=max_size)))


class Canvas(QWidget):
    """Paints a picture so that it fits, or at a zoom of its own, and what is laid over it.

    Zoom is in screen pixels per image pixel; a small picture is enlarged to fit, up to eight times. The wheel zooms,
    the mouse or Ctrl with an arrow key moves the picture.

    Signals:
        zoom_changed: the zoom is another one.
        view_moved: a person zoomed or moved the picture.
    """

    zoom_changed = Signal()
    view_moved = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._levels: list[QImage] = []
        self._overlay: QImage | None = None
        self._overlay_opacity = 1.0
        self._look = Look()
        self._shown: tuple[object, QImage] | None = None
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
        self._shown = None
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

    def set_look(self, look: Look) -> None:
        """Look at this picture and all that follow in another way; the place in the middle stays there."""
        x, y = self._center.x(), self._center.y()
        for _ in range((look.turns - self._look.turns) % 4):
            x, y = 1 - y, x
        self._center = QPointF(x, y)
        self._look = look
        self._shown = None
        self._keep_in_view()
        self.update()
        self.zoom_changed.emit()

    def view(self) -> View:
        """Which part of the picture is seen."""
        scale = None if self._zoom is None else self._zoom / self._fit_zoom()
        return View(scale, (self._center.x(), self._center.y()))

    def set_view(self, view: View) -> None:
        """Show the part of the picture that is seen in another canvas, as near as this one's size allows it."""
        self._zoom = None
        self._center = QPointF(*view.center)
        if view.scale is not None:
            fit = self._fit_zoom()
            self._zoom = min(MAX_ZOOM, max(view.scale * fit, min(fit, 1.0)))
        self._keep_in_view()
        self.update()
        self.zoom_changed.emit()

    def has_detail(self) -> bool:
        """Whether the picture that is there is as large as it is seen, or there is no larger one."""
        if not self._levels:
            return False
        have = self._levels[0].width()
        return have >= self._size.width() or have >= self._size.width() * self.zoom()

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
        self._on_moved()

    def zoom_actual(self) -> None:
        """Show image pixels as screen pixels."""
        self._zoom_to(1.0, self._cursor_or_center())

    def zoom_by(self, factor: float) -> None:
        """Zoom around the middle; a mouse that rests somewhere has no part in it."""
        self._zoom_to(self.zoom() * factor, QPointF(self.rect().center()))

    def pan(self, across: float, down: float) -> None:
        """Move the window over the picture.

        Args:
            across: to the right, as a share of the widget's width.
            down: as a share of its height.
        """
        if self._zoom is not None and not self._size.isEmpty():
            self._move(QPointF(across * self.width(), down * self.height()))

    def _move(self, way: QPointF) -> None:
        target = self._target()
        self._center += QPointF(way.x() / target.width(), way.y() / target.height())
        self._keep_in_view()
        self._on_moved(zoomed=False)

    def _on_moved(self, *, zoomed: bool = True) -> None:
        self.update()
        if zoomed:
            self.zoom_changed.emit()
        self.view_moved.emit()

    def _cursor_or_center(self) -> QPointF:
        place = QPointF(self.mapFromGlobal(self.cursor().pos()))
        return place if self.underMouse() else QPointF(self.rect().center())

    def _fit_zoom(self) -> float:
        if self._size.isEmpty():
            return 1.0
        ratio = self.devicePixelRatioF()
        room = QSize(max(1, self.width() - 16), max(1, self.height() - 16))
        size = self._seen_size()
        return min(room.width() * ratio / size.width(), room.height() * ratio / size.height(), MAX_FIT)

    def _seen_size(self) -> QSize:
        """Of the picture as it lies, in image pixels."""
        return self._size.transposed() if self._look.turns % 2 else self._size

    def _target(self) -> QRectF:
        """Where the whole picture lies, in logical pixels of the widget."""
        scale = self.zoom() / self.devicePixelRatioF()
        size = self._seen_size()
        width, height = size.width() * scale, size.height() * scale
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
        self._on_moved()

    def _keep_in_view(self) -> None:
        if self._zoom is None:
            self._center = QPointF(0.5, 0.5)
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
        self._paint_picture(painter, target, visible)
        if self._overlay is not None:
            self._paint_overlay(painter, target, self._overlay)

    def _paint_picture(self, painter: QPainter, target: QRectF, visible: QRectF) -> None:
        """Paint what is in view of the picture; one that is looked at in another way is kept until it changes."""
        if self._look.is_plain:
            self._draw(painter, visible, self._source(target, visible))
            return
        ratio = self.devicePixelRatioF()
        # whole screen pixels, so that the copy need not be scaled once more
        place = QRectF(visible.topLeft() * ratio, visible.size() * ratio).toRect()
        place.setSize(place.size().expandedTo(QSize(1, 1)))
        key = (place, target, self._zoom)
        if self._shown is None or self._shown[0] != key:
            self._shown = key, self._look_at(place, QRectF(target.topLeft() * ratio, target.size() * ratio))
        picture = self._shown[1]
        painter.drawImage(QRectF(QPointF(place.topLeft()) / ratio, place.size().toSizeF() / ratio), picture)

    def _look_at(self, place: QRect, target: QRectF) -> QImage:
        """The part of the picture at `place`, as it is looked at; both in screen pixels."""
        whole = QImage(place.size(), QImage.Format.Format_RGB32)
        painter = QPainter(whole)
        # in strips that stay in the processor's cache, which is quicker on a large screen
        for top in range(0, place.height(), _STRIP):
            strip = QRect(place.left(), place.top() + top, place.width(), min(_STRIP, place.height() - top))
            painter.drawImage(0, top, self._strip(strip, target))
        painter.end()
        return whole

    def _strip(self, place: QRect, target: QRectF) -> QImage:
        size = place.size().transposed() if self._look.turns % 2 else place.size()
        picture = QImage(size, QImage.Format.Format_RGB32)
        picture.fill(0)
        painter = QPainter(picture)
        self._draw(painter, QRectF(picture.rect()), self._source(target, QRectF(place)))
        painter.end()
        return shown(picture, self._look)

    def _draw(self, painter: QPainter, target: QRectF, part: QRectF) -> None:
        """Draw a part of the picture as it is in the file, told in shares of it, from the copy nearest in size."""
        if part.isEmpty():
            return
        device = painter.device()
        ratio = device.devicePixelRatioF() if device is not None else 1.0
        wanted = target.width() / part.width() * ratio
        level = next((one for one in reversed(self._levels) if one.width() >= wanted), self._levels[0])
        width, height = level.width(), level.height()
        source = QRectF(part.left() * width, part.top() * height, part.width() * width, part.height() * height)
        smooth = self._zoom is None or self._zoom < PIXELS_FROM
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawImage(target, level, source)

    def _source(self, target: QRectF, visible: QRectF) -> QRectF:
        """Which part of the picture as it is in the file lies in `visible`, in shares of it."""
        left, right = ((x - target.left()) / target.width() for x in (visible.left(), visible.right()))
        top, bottom = ((y - target.top()) / target.height() for y in (visible.top(), visible.bottom()))
        for _ in range(self._look.turns):
            # what was the left side lies on top after a quarter turn clockwise
            left, right, top, bottom = top, bottom, 1 - right, 1 - left
        part = QRectF(left, top, right - left, bottom - top)
        return part.intersected(QRectF(0, 0, 1, 1))

    def _paint_overlay(self, painter: QPainter, target: QRectF, overlay: QImage) -> None:
        lying = QRectF(QPointF(), target.size().transposed() if self._look.turns % 2 else target.size())
        lying.moveCenter(QPointF())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setOpacity(self._overlay_opacity)
        painter.translate(target.center())
        painter.rotate(90 * self._look.turns)
        painter.drawImage(lying, overlay)

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

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl and an arrow key move a picture that is larger than the window."""
        is_ctrl = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier == Qt.KeyboardModifier.ControlModifier
        if is_ctrl and event.key() in _PAN:
            across, down = _PAN[Qt.Key(event.key())]
            self.pan(across * PAN_STEP, down * PAN_STEP)
            return
        super().keyPressEvent(event)

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
            self._move(-moved)

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
