"""Panels: a heading, a hairline, and what belongs together."""

from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gui.widgets import theme


class Panel(QWidget):
    """A titled part of a workspace; told apart by space and a hairline, not by a box.

    Attributes:
        body: layout for the content, with the margins of a panel.
        header: layout of the heading's line, for buttons at its right end.
    """

    def __init__(self, title: str, *, parent: QWidget | None = None, margins: bool = True) -> None:
        super().__init__(parent)
        self._title = heading(title)
        top = QWidget()
        top.setFixedHeight(theme.ROW + 4)
        self.header = QHBoxLayout(top)
        self.header.setContentsMargins(theme.PANEL, 0, theme.SPACE, 0)
        self.header.setSpacing(theme.SPACE // 2)
        self.header.addWidget(self._title)
        self.header.addStretch(1)
        self.body = QVBoxLayout()
        side = theme.PANEL if margins else 0
        self.body.setContentsMargins(side, theme.SPACE if margins else 0, side, side)
        self.body.setSpacing(theme.SPACE)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(top)
        layout.addWidget(line())
        layout.addLayout(self.body, 1)

    def add(self, widget: QWidget, stretch: int = 0) -> None:
        """Put a widget below what is in the body."""
        self.body.addWidget(widget, stretch)

    def set_title(self, title: str, *, tip: str = "") -> None:
        """Change the heading, and what is said of it under the mouse."""
        self._title.setText(title.upper())
        self._title.setToolTip(tip)


def heading(text: str) -> QLabel:
    """A small heading in spaced capitals."""
    label = QLabel(text.upper())
    label.setProperty("tone", "heading")
    font = theme.smaller(label.font())
    font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 0.6)
    font.setWeight(QFont.Weight.DemiBold)
    label.setFont(font)
    return label


def line(*, vertical: bool = False) -> QFrame:
    """A hairline."""
    frame = QFrame()
    frame.setProperty("line", True)
    if vertical:
        frame.setFixedWidth(1)
    else:
        frame.setFixedHeight(1)
    return frame
