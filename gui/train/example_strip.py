"""What the model will see: images beside versions of them that are varied as in training."""

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFont, QImage, QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.widgets import theme

_LEAST, _MOST = 56, 104
_GAP = 4
_CAPTION = 18


class ExampleStrip(QWidget):
    """One row: an image made square and its varied versions, then the next image; as many as there is room for."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._groups: list[list[QPixmap]] = []
        self._text = ""
        self._is_mixed = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Augmented examples"))

    def show_images(self, groups: list[list[QImage]], *, is_mixed: bool = False) -> None:
        """Show images, the first of each group made square and the others varied.

        Args:
            groups: as many pictures each.
            is_mixed: whether varied ones are blended with another image.
        """
        self._is_mixed = is_mixed
        self._groups = [[QPixmap.fromImage(image) for image in group] for group in groups]
        self._text = ""
        self.updateGeometry()
        self.update()

    def show_text(self, text: str) -> None:
        """Show a sentence; over the images, if there are any, they stay and become faint."""
        self._text = text
        self.update()

    def forget(self) -> None:
        """Show no images any more."""
        self._groups = []
        self.updateGeometry()
        self.update()

    def text(self) -> str:
        """The sentence that is shown."""
        return self._text

    def caption(self) -> str:
        """What is said of the varied versions."""
        if self._is_mixed:
            return self.tr("as the model sees it while it learns, blended with another")
        return self.tr("as the model sees it while it learns")

    def count(self) -> int:
        """How many groups are seen."""
        return self._layout()[0]

    def sizeHint(self) -> QSize:
        """As high as the pictures and their captions, or as a line of text."""
        return QSize(5 * _MOST, self._layout()[1] + _CAPTION if self._groups else theme.ROW)

    def minimumSizeHint(self) -> QSize:
        """Room for one image and its versions."""
        return QSize(5 * (_LEAST + _GAP), self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The pictures take the width there is."""
        super().resizeEvent(event)
        self.updateGeometry()

    def _layout(self) -> tuple[int, int]:
        """How many groups there is room for, and the side of a picture."""
        if not self._groups:
            return 0, 0
        each = len(self._groups[0])
        for count in range(len(self._groups), 0, -1):
            side = (self.width() - (count - 1) * theme.GROUP - count * (each - 1) * _GAP) // (count * each)
            if side >= 80 or count == 1:
                return count, max(_LEAST, min(side, _MOST))
        return 0, 0

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the pictures with their captions, or the sentence."""
        palette, painter = self.palette(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        small = QFont(theme.smaller(self.font()))
        count, side = self._layout()
        painter.setOpacity(0.35 if self._text else 1.0)
        left = 0
        for group in self._groups[:count]:
            start = left
            for picture in group:
                painter.drawPixmap(QRect(left, 0, side, side), picture)
                left += side + _GAP
            painter.setFont(small)
            painter.setPen(theme.secondary(palette))
            line = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom
            painter.drawText(QRect(start, side, side, _CAPTION), line, self.tr("made square"))
            rest = QRect(start + side + _GAP, side, left - start - side, _CAPTION)
            painter.drawText(rest, line, self.caption())
            left += theme.GROUP - _GAP
        painter.setOpacity(1.0)
        if self._text:
            painter.setFont(self.font())
            painter.setPen(palette.text().color() if self._groups else theme.secondary(palette))
            where = Qt.AlignmentFlag.AlignVCenter | (
                Qt.AlignmentFlag.AlignHCenter if self._groups else Qt.AlignmentFlag.AlignLeft
            )
            painter.drawText(self.rect(), where | Qt.TextFlag.TextWordWrap, self._text)
