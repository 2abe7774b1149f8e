"""A thin bar of progress.

Qt's own progress bar paints at once whenever its value changes, and with it everything else in the window that waits
to be painted; this one waits for its turn.
"""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.widgets import theme

_HEIGHT = 6


class ProgressLine(QWidget):
    """Shows a share that is done, or hatching while that is not known."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fraction: float | None = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def fraction(self) -> float | None:
        """The share that is done, in [0, 1]; None while that is not known."""
        return self._fraction

    def show_fraction(self, fraction: float | None) -> None:
        """Show a share that is done, in [0, 1]; None while that is not known."""
        if fraction != self._fraction:
            self._fraction = fraction
            self.setAccessibleName("" if fraction is None else self.tr("{:.0f} % done").format(100 * fraction))
            self.update()

    def sizeHint(self) -> QSize:
        """Thin."""
        return QSize(96, _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the groove and the share."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        whole = QRectF(self.rect())
        painter.setBrush(self.palette().mid())
        painter.drawRoundedRect(whole, 3, 3)
        accent = theme.accent(self.palette())
        if self._fraction is None:
            painter.setBrush(QBrush(accent, Qt.BrushStyle.BDiagPattern))
            painter.drawRoundedRect(whole, 3, 3)
        elif self._fraction > 0:
            painter.setBrush(accent)
            whole.setWidth(max(_HEIGHT, whole.width() * self._fraction))
            painter.drawRoundedRect(whole, 3, 3)
