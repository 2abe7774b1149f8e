"""A slider from 0 to 1 that shows behind its groove in which band the best place may lie."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSlider, QWidget

from gui.widgets import theme

STEPS = 1000
# half of the handle's width, which the groove leaves free at both ends
_HANDLE = 7.0
_BAND_HEIGHT = 14.0
_GROOVE = 4.0


class BandSlider(QSlider):
    """Moves in thousandths by the left and right arrows, in hundredths by the others or with Shift; Page: 0.05.

    A press anywhere goes there, and a drag goes on from it.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._band: tuple[float, float] | None = None
        self.setRange(0, STEPS)
        self.setSingleStep(1)
        self.setPageStep(STEPS // 20)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumWidth(96)
        theme.on_change(self, self.update)

    @property
    def band(self) -> tuple[float, float] | None:
        """The lower and the upper end of the band, in [0, 1]; None for none."""
        return self._band

    def show_band(self, band: tuple[float, float] | None) -> None:
        """Draw another band, or none."""
        if band != self._band:
            self._band = band
            self.update()

    def place_of(self, value: float) -> float:
        """Where a value in [0, 1] is drawn, in pixels from the left."""
        return _HANDLE + value * (self.width() - 2 * _HANDLE)

    def sizeHint(self) -> QSize:
        """High enough for the band."""
        return QSize(240, theme.ROW - 4)

    def minimumSizeHint(self) -> QSize:
        """The same height."""
        return QSize(96, theme.ROW - 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint band, groove and handle."""
        palette = self.palette()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle, accent = self.height() / 2, theme.accent(palette)
        enabled = self.isEnabled()
        if self._band is not None and enabled:
            left, right = (self.place_of(end) for end in self._band)
            # a band of no width is still seen
            left, right = min(left, (left + right) / 2 - 1.5), max(right, (left + right) / 2 + 1.5)
            band = QRectF(left, middle - _BAND_HEIGHT / 2, right - left, _BAND_HEIGHT)
            tint = theme.accent(palette)
            tint.setAlpha(70)
            painter.setBrush(tint)
            tint.setAlpha(170)
            painter.setPen(QPen(tint, 1))
            painter.drawRoundedRect(band, 3, 3)
        groove = QRectF(_HANDLE, middle - _GROOVE / 2, self.width() - 2 * _HANDLE, _GROOVE)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.color(QPalette.ColorRole.Dark if self._band is not None else QPalette.ColorRole.Mid))
        painter.drawRoundedRect(groove, 2, 2)
        here = QPointF(self.place_of(self.value() / STEPS), middle)
        done = QRectF(groove.left(), groove.top(), here.x() - groove.left(), groove.height())
        painter.setBrush(accent if enabled else palette.color(QPalette.ColorRole.Dark))
        painter.drawRoundedRect(done, 2, 2)
        hot = enabled and (self.hasFocus() or self.underMouse())
        role = QPalette.ColorRole.Link if hot else QPalette.ColorRole.ButtonText
        painter.setBrush(palette.color(role))
        painter.setPen(QPen(palette.color(QPalette.ColorRole.Window), 1.5))
        painter.drawEllipse(here, _HANDLE, _HANDLE)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the place that is pressed."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self._go_to(event)
            event.accept()
        else:
            event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the mouse."""
        if self.isSliderDown():
            self._go_to(event)
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The drag ends."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(False)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move by thousandths or hundredths; the other keys are those of any slider."""
        wide = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        steps = {
            Qt.Key.Key_Left: -10 if wide else -1,
            Qt.Key.Key_Right: 10 if wide else 1,
            Qt.Key.Key_Down: -10,
            Qt.Key.Key_Up: 10,
        }.get(Qt.Key(event.key()))
        others = event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
        if steps is None or others:
            super().keyPressEvent(event)
        else:
            self.setValue(self.value() + steps)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """What was moved by keys is finished."""
        super().focusOutEvent(event)
        self.sliderReleased.emit()

    def _go_to(self, event: QMouseEvent) -> None:
        share = (event.position().x() - _HANDLE) / max(self.width() - 2 * _HANDLE, 1)
        self.setValue(round(min(max(share, 0.0), 1.0) * STEPS))
