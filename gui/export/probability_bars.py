"""Probabilities of labels as bars, each with the decision, and its threshold where there is one."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.export.try_image import LabelAnswer
from gui.widgets import icons, theme

_ROW = 26
_BAR = 8
_NUMBER = 48
_SIGN = 20
_SHARE_OF_NAME = 0.34


class ProbabilityBars(QWidget):
    """A row for each label: sign of the decision, name, bar with a tick at the threshold, probability."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._answers: tuple[LabelAnswer, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFont(theme.tabular(self.font()))

    def show_answers(self, answers: Sequence[LabelAnswer]) -> None:
        """Show what a model says of an image, in this order."""
        self._answers = tuple(answers)
        present = [one.name for one in answers if one.present]
        self.setAccessibleName(", ".join(present) if present else self.tr("no label"))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """A row for each label."""
        return QSize(240, _ROW * len(self._answers))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the rows."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette, metrics = self.palette(), self.fontMetrics()
        name_width = _SHARE_OF_NAME * self.width()
        left = _SIGN + name_width + theme.SPACE
        length = max(20.0, self.width() - left - _NUMBER)
        for row, one in enumerate(self._answers):
            top = row * _ROW
            ink = palette.text().color() if one.present else theme.secondary(palette)
            if one.present:
                icons.paint(painter, "check-bold", QRectF(0, top + 5, 16, 16), theme.true_positive_pen(palette).color())
            painter.setPen(ink)
            name = metrics.elidedText(one.name, Qt.TextElideMode.ElideRight, int(name_width))
            painter.drawText(QRectF(_SIGN, top, name_width, _ROW), Qt.AlignmentFlag.AlignVCenter, name)
            bar = QRectF(left, top + (_ROW - _BAR) / 2, length, _BAR)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(palette.mid())
            painter.drawRoundedRect(bar, 3, 3)
            color = QColor(theme.accent(palette)) if one.present else theme.secondary(palette)
            painter.setBrush(color)
            painter.drawRoundedRect(QRectF(bar.x(), bar.y(), length * one.probability, _BAR), 3, 3)
            if one.threshold is not None:
                painter.setPen(QPen(palette.text().color(), 2))
                tick = bar.x() + length * one.threshold
                painter.drawLine(int(tick), int(bar.top() - 4), int(tick), int(bar.bottom() + 4))
            painter.setPen(ink)
            number = QRectF(self.width() - _NUMBER, top, _NUMBER, _ROW)
            painter.drawText(
                number, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, f"{one.probability:.3f}"
            )
