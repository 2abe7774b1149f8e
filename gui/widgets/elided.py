"""One line of text that gives way where there is little room."""

import html

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QLabel, QWidget

from gui.widgets import theme

_LONG = 80
"""Letters from which on a tooltip is broken into lines."""


class Elided(QLabel):
    """Plain text that ends in dots where it does not fit, and has no say in how wide the window is.

    `text` has all of it, also for those who have it read out; the tooltip has it where it is cut.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tip = ""
        self.setTextFormat(Qt.TextFormat.PlainText)

    def say(self, text: str, *, tip: str = "") -> None:
        """Show a text.

        Args:
            text: on one line.
            tip: for the tooltip; empty for the text itself where it is cut.
        """
        self._tip = tip
        self.setText(text)
        self._show_tip()

    def is_cut(self) -> bool:
        """Whether there is no room for the whole text."""
        return self.fontMetrics().horizontalAdvance(self.text()) > self.contentsRect().width()

    def minimumSizeHint(self) -> QSize:
        """The dots at least."""
        return QSize(self.fontMetrics().horizontalAdvance("…"), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """More or less of the text is seen."""
        super().resizeEvent(event)
        self._show_tip()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint as much as there is room for."""
        painter = QPainter(self)
        is_quiet = self.property("tone") == "secondary"
        painter.setPen(theme.secondary() if is_quiet else self.palette().color(QPalette.ColorRole.WindowText))
        room = self.contentsRect()
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading), text)

    def _show_tip(self) -> None:
        tip = wrapped(self._tip or (self.text() if self.is_cut() else ""))
        if tip != self.toolTip():
            self.setToolTip(tip)


def wrapped(tip: str) -> str:
    """A text as a tooltip: in lines where it is long, and with its signs as they are."""
    is_plain = len(tip) < _LONG and "<" not in tip
    return tip if is_plain else f"<p>{html.escape(tip)}</p>"
