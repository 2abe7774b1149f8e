"""How far some work of a page is, with a way to end it."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from gui.widgets import theme
from gui.widgets.buttons import flat
from gui.widgets.progress_line import ProgressLine


class ProgressRow(QWidget):
    """Hidden until there is work.

    Signals:
        cancelled: a person no longer wants the answer.
    """

    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = QLabel()
        self._text.hide()
        self._line = ProgressLine()
        cancel = flat(QPushButton(self.tr("Cancel")))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE)
        layout.addWidget(self._text)
        layout.addWidget(self._line)
        layout.addWidget(cancel)
        self.hide()
        cancel.clicked.connect(self.cancelled)

    def show_text(self, text: str) -> None:
        """Say what the work is; nothing where it is empty."""
        self._text.setText(text)
        self._text.setVisible(bool(text))

    def show_fraction(self, fraction: float | None) -> None:
        """Show a share that is done, in [0, 1]; None when nothing is at work."""
        self.setVisible(fraction is not None)
        if fraction is not None:
            self._line.show_fraction(fraction)
