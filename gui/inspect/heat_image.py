"""Heat maps as pictures to be laid over photos."""

from functools import cache

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from gui.widgets import theme

# a map of 7 x 7 places is made smooth to about so many pixels; Qt stretches it to the image's size
_SIDE = 256


def heat_image(heat: NDArray[np.float32]) -> QImage:
    """A heat map as a smooth picture, dark where nothing speaks for the label and bright where most does.

    The colours are matplotlib's inferno: its lightness rises evenly, so that people of any colour vision, and printers
    without colours, see the same order.

    Args:
        heat: float32 (h, w) in [0, 1].
    """
    scale = max(1, _SIDE // max(heat.shape))
    size = (heat.shape[1] * scale, heat.shape[0] * scale)
    smooth = np.asarray(Image.fromarray(heat).resize(size, Image.Resampling.BICUBIC))
    pixels = _table()[np.rint(smooth.clip(0, 1) * 255).astype(np.uint8)]
    return QImage(pixels.tobytes(), size[0], size[1], 3 * size[0], QImage.Format.Format_RGB888).convertToFormat(
        QImage.Format.Format_RGB32
    )


@cache
def _table() -> NDArray[np.uint8]:
    table: NDArray[np.uint8] = pg.colormap.get("inferno").getLookupTable(nPts=256, alpha=False, mode="byte")
    return table


class HeatScale(QWidget):
    """What the colours mean."""

    def __init__(self, least: str, most: str) -> None:
        super().__init__()
        self._texts = (least, most)
        self.setFont(theme.smaller(self.font()))
        metrics = self.fontMetrics()
        self._widths = [metrics.horizontalAdvance(text) + 6 for text in self._texts]
        self.setFixedSize(sum(self._widths) + 72, theme.ROW)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the colours between the words for their ends."""
        painter = QPainter(self)
        painter.setPen(theme.secondary(self.palette()))
        least, most = self._widths
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(0, 0, least, self.height(), middle, self._texts[0])
        painter.drawText(
            self.width() - most, 0, most, self.height(), middle | Qt.AlignmentFlag.AlignRight, self._texts[1]
        )
        gradient = QLinearGradient(least, 0, self.width() - most, 0)
        for step in range(9):
            gradient.setColorAt(step / 8, QColor(*_table()[round(255 * step / 8)].tolist()))
        painter.fillRect(least, self.height() // 2 - 4, self.width() - least - most, 8, gradient)
