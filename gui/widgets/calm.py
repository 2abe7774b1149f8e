"""A frame that keeps changes of its content to itself while the content needs the same room."""

from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget


class Calm(QWidget):
    """Holds one widget whose texts change with each move of a mouse.

    In Qt a text that changes lays out all that is around it, up to the window, and paints it a second time.
    """

    def __init__(self, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._content = content
        content.setParent(self)
        self.setSizePolicy(content.sizePolicy())
        self._needs = self._needed()

    def sizeHint(self) -> QSize:
        """That of the content."""
        return self._content.sizeHint()

    def minimumSizeHint(self) -> QSize:
        """That of the content."""
        return self._content.minimumSizeHint()

    def hasHeightForWidth(self) -> bool:
        """Whether the content's has to do with its width."""
        return self._content.hasHeightForWidth()

    def heightForWidth(self, width: int) -> int:
        """That of the content."""
        return self._content.heightForWidth(width)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the content all the room."""
        super().resizeEvent(event)
        self._content.setGeometry(self.rect())
        self._needs = self._needed()

    def event(self, event: QEvent) -> bool:
        """Ask for other room only where it is needed."""
        if event.type() == QEvent.Type.LayoutRequest:
            needs = self._needed()
            if needs != self._needs:
                self._needs = needs
                self.updateGeometry()
            return True
        return super().event(event)

    def _needed(self) -> tuple[QSize, int]:
        return self._content.minimumSizeHint(), self._content.heightForWidth(self.width())
