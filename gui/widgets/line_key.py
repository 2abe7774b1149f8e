"""What the lines of a plot are called."""

from collections.abc import Collection, Mapping, Sequence

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.widgets import theme

_STROKE = 18
_GAP = 5


class LineKey(QWidget):
    """A stroke as each line is drawn, and its name beside it; only of the lines that there are.

    Names at the lines themselves would lie over other lines, or over each other.
    """

    def __init__(self, names: Sequence[str] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pens = dict.fromkeys(names, QPen())
        self._seen: tuple[str, ...] = ()
        self.setFont(theme.smaller(self.font()))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    @property
    def seen(self) -> tuple[str, ...]:
        """The names that are shown."""
        return self._seen

    def set_pen(self, name: str, pen: QPen) -> None:
        """Say how a line is drawn."""
        self._pens[name] = pen
        self.update()

    def show_pens(self, pens: Mapping[str, QPen]) -> None:
        """Show other names, in this order, each with its pen; as many as there is room for."""
        if pens.keys() != self._pens.keys():
            self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._pens = dict(pens)
        self._seen = ()
        self.show_names(pens)
        self.update()

    def show_names(self, names: Collection[str]) -> None:
        """Show these names, in the order in which they were given first."""
        seen = tuple(name for name in self._pens if name in names)
        if seen != self._seen:
            self._seen = seen
            self.setAccessibleName(", ".join(seen))
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        """Room for all that are seen."""
        metrics = QFontMetrics(self.font())
        width = sum(_STROKE + _GAP + metrics.horizontalAdvance(name) for name in self._seen)
        return QSize(width + theme.SPACE * len(self._seen), metrics.height() + 2)

    def paint(self, painter: QPainter, palette: QPalette, *, width: int) -> None:
        """Paint strokes and names from the left, with the painter's font; what there is no room for is counted."""
        metrics, left = QFontMetrics(painter.font()), 0
        height = self.sizeHint().height()
        rest = metrics.horizontalAdvance("+99")
        for index, name in enumerate(self._seen):
            is_last = index == len(self._seen) - 1
            needed = _STROKE + _GAP + metrics.horizontalAdvance(name) + (0 if is_last else theme.SPACE + rest)
            if left and left + needed > width:
                painter.setPen(theme.secondary(palette))
                text = f"+{len(self._seen) - index}"
                painter.drawText(QRect(left, 0, rest, height), Qt.AlignmentFlag.AlignVCenter, text)
                break
            painter.setPen(self._pens[name])
            painter.drawLine(left, height // 2, left + _STROKE, height // 2)
            left += _STROKE + _GAP
            wide = metrics.horizontalAdvance(name)
            painter.setPen(theme.secondary(palette))
            painter.drawText(QRect(left, 0, wide + 2, height), Qt.AlignmentFlag.AlignVCenter, name)
            left += wide + theme.SPACE

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint strokes and names."""
        self.paint(QPainter(self), self.palette(), width=self.width())
