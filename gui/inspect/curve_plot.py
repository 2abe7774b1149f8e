"""The precision-recall curve of one label, with a point that can be dragged along it."""

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPalette, QPen

from core.evaluation.metrics import PrecisionRecallCurve
from gui.widgets import theme
from gui.widgets.plot import Plot, ticks

F_LINES = (0.2, 0.4, 0.6, 0.8)


class CurvePlot(Plot):
    """Precision over recall, lines of equal F1 faint behind, the operating point of the threshold on it.

    Signals:
        score_chosen: float, the score of the curve's point that was clicked or dragged to.
        drag_ended: the mouse button was let go.
    """

    score_chosen = Signal(float)
    drag_ended = Signal()

    def __init__(self) -> None:
        super().__init__(x="recall", y="precision")
        self._curve: PrecisionRecallCurve | None = None
        self._is_movable = True
        self._lines = [self.plot(*_f_line(value), antialias=True) for value in F_LINES]
        self._line = self.plot(antialias=True)
        self._point = self.plot(symbol="o", symbolSize=13, pen=None)
        self._names = []
        for value in F_LINES:
            name = pg.TextItem(f"F1 {value:.1f}", anchor=(1, 0.5))
            name.setFont(theme.smaller(self.font(), points=2))
            name.setPos(1.0, value / (2 - value))
            self.addItem(name, ignoreBounds=True)
            self._names.append(name)
        steps = ticks([0, 0.25, 0.5, 0.75, 1], digits=2)
        self.getAxis("left").setTicks([steps])
        self.getAxis("bottom").setTicks([steps])
        self.setXRange(0, 1, padding=0.05)
        self.setYRange(0, 1, padding=0.07)
        self.set_movable(True)
        self.restyle(self.palette())

    def set_movable(self, movable: bool) -> None:
        """Whether a click or drag chooses a point."""
        self._is_movable = movable
        self.setCursor(Qt.CursorShape.CrossCursor if movable else Qt.CursorShape.ArrowCursor)

    def show_curve(self, curve: PrecisionRecallCurve | None) -> None:
        """Draw another label's curve; None for a label without positives."""
        self._curve = curve
        if curve is None:
            self._line.setData([], [])
        else:
            self._line.setData(curve.recall, curve.precision)

    def show_point(self, recall: float, precision: float, *, visible: bool) -> None:
        """Put the operating point."""
        self._point.setData([recall] if visible else [], [precision] if visible else [])

    def restyle(self, palette: QPalette) -> None:
        """Colour the curve."""
        faint = QColor(theme.secondary(palette))
        for name in self._names:
            name.setColor(faint)
        faint.setAlpha(70)
        for line in self._lines:
            line.setPen(QPen(faint, 0, Qt.PenStyle.DotLine))
        pen = QPen(theme.accent(palette), 2)
        pen.setCosmetic(True)
        self._line.setPen(pen)
        self._point.setSymbolBrush(palette.color(QPalette.ColorRole.Base))
        ring = QPen(theme.accent(palette), 3)
        ring.setCosmetic(True)
        self._point.setSymbolPen(ring)

    def tip(self, x: float, y: float) -> str:
        """The point of the curve next to the mouse."""
        nearest = self._nearest(x, y)
        if self._curve is None or nearest is None:
            return ""
        text: str = self.tr("threshold {:.3f}: precision {:.3f}, recall {:.3f}").format(
            self._curve.thresholds[nearest], self._curve.precision[nearest], self._curve.recall[nearest]
        )
        return text

    def _nearest(self, x: float, y: float) -> int | None:
        """Index of the curve's threshold whose point is next to a place; None without a curve."""
        if self._curve is None or not len(self._curve.thresholds):
            return None
        count = len(self._curve.thresholds)
        width, height = max(self.width(), 1), max(self.height(), 1)
        across = (self._curve.recall[:count] - x) * width
        down = (self._curve.precision[:count] - y) * height
        return int(np.argmin(across * across + down * down))

    def _choose(self, event: QMouseEvent) -> None:
        place = self.getViewBox().mapSceneToView(QPointF(event.position()))
        nearest = self._nearest(place.x(), place.y())
        if self._is_movable and self._curve is not None and nearest is not None:
            self.score_chosen.emit(float(self._curve.thresholds[nearest]))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the point of the curve next to the mouse."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._choose(event)
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the point along the curve, or tell its values."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._choose(event)
            event.accept()
        else:
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The drag ends."""
        self.drag_ended.emit()
        event.accept()


def _f_line(f1: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Recall and precision of equal F1."""
    recall = np.linspace(f1 / (2 - f1), 1, 60)
    return recall, f1 * recall / (2 * recall - f1)
