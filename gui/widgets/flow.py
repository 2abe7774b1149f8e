"""Widgets in rows, as many in each as there is room for."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRect, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QStyle, QWidget


class Flow(QWidget):
    """Puts widgets beside each other, and those that find no room into a further row."""

    def __init__(self, widgets: Sequence[QWidget], *, gap: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._widgets = tuple(widgets)
        self._gap = gap
        for widget in self._widgets:
            widget.setParent(self)

    def minimumSizeHint(self) -> QSize:
        """As wide as the widest one."""
        hints = [widget.sizeHint() for widget in self._shown()]
        return QSize(
            max((hint.width() for hint in hints), default=0), max((hint.height() for hint in hints), default=0)
        )

    def sizeHint(self) -> QSize:
        """All in one row."""
        widths = [widget.sizeHint().width() + self._gap for widget in self._shown()]
        return QSize(max(sum(widths) - self._gap, 0), self.minimumSizeHint().height())

    def hasHeightForWidth(self) -> bool:
        """The narrower, the more rows."""
        return True

    def heightForWidth(self, width: int) -> int:
        """The height of the rows."""
        places = self._places(width)
        return max((place.bottom() + 1 for place in places), default=0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place the widgets."""
        super().resizeEvent(event)
        self._place()

    def event(self, event: QEvent) -> bool:
        """Place the widgets anew when one needs other room."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._place()
            self.updateGeometry()
            return True
        return super().event(event)

    def _shown(self) -> list[QWidget]:
        return [widget for widget in self._widgets if not widget.isHidden()]

    def _places(self, width: int) -> list[QRect]:
        places, x, y, height = [], 0, 0, self.minimumSizeHint().height()
        for widget in self._shown():
            wanted = widget.sizeHint().width()
            if x and x + wanted > width:
                x, y = 0, y + height + 2
            places.append(QRect(x, y, wanted, height))
            x += wanted + self._gap
        return places

    def _place(self) -> None:
        for widget, place in zip(self._shown(), self._places(self.width()), strict=True):
            widget.setGeometry(QStyle.visualRect(self.layoutDirection(), self.rect(), place))
