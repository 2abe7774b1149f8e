"""What a place shows while it has nothing to show: what it is for, and what to do next."""

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from gui.widgets import icons, theme
from gui.widgets.buttons import primary

ICON_SIZE = 48
TEXT_WIDTH = 420


class EmptyState(QWidget):
    """An icon, a title, a sentence or two, and perhaps one button, in the middle of the place.

    Signals:
        clicked: the button was pressed.
    """

    clicked = Signal()

    def __init__(
        self, icon: str, title: str, text: str, button_text: str | None = None, *, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._icon_name = icon
        self._icon = QLabel()
        self._icon.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._title = QLabel(title)
        self._title.setProperty("tone", "title")
        self._title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._title.setWordWrap(True)
        self._text = QLabel(text)
        self._text.setProperty("tone", "secondary")
        self._text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._text.setWordWrap(True)
        self._text.setMaximumWidth(TEXT_WIDTH)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.LinksAccessibleByMouse)
        self.button: QPushButton | None = None

        layout = QVBoxLayout(self)
        layout.setSpacing(theme.SPACE)
        layout.addStretch(2)
        layout.addWidget(self._icon)
        layout.addWidget(self._title)
        # between stretches: with an alignment Qt asks for the height of the text at the full width, and cuts it off
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self._text, 100)
        row.addStretch(1)
        layout.addLayout(row)
        if button_text is not None:
            self.button = primary(QPushButton(button_text))
            layout.addSpacing(theme.SPACE)
            layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
            self.button.clicked.connect(self.clicked)
        layout.addStretch(3)
        self._paint_icon()

    def set_texts(self, title: str, text: str, *, icon: str | None = None) -> None:
        """Say something else in the same place."""
        self._title.setText(title)
        self._text.setText(text)
        self.setAccessibleName(title)
        if icon is not None:
            self._icon_name = icon
            self._paint_icon()

    def _paint_icon(self) -> None:
        color = theme.secondary(QGuiApplication.palette())
        self._icon.setPixmap(icons.pixmap(self._icon_name, ICON_SIZE, color, ratio=self.devicePixelRatioF()))

    def changeEvent(self, event: QEvent) -> None:
        """Repaint the icon in the new palette."""
        if event.type() == QEvent.Type.PaletteChange:
            self._paint_icon()
        super().changeEvent(event)
