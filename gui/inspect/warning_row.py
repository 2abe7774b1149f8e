"""A caution about the thresholds, with the way back."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from gui.widgets import icons, theme
from gui.widgets.buttons import flat


class WarningRow(QWidget):
    """Hidden until there is something to say.

    Signals:
        reset_asked: 0.5 is wanted for all labels.
    """

    reset_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sign = QLabel()
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._reset = flat(QPushButton(self.tr("Reset all to 0.5")))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(theme.PANEL, 0, theme.PANEL, theme.SPACE)
        layout.setSpacing(theme.SPACE)
        layout.addWidget(self._sign)
        layout.addWidget(self._text, 1)
        layout.addWidget(self._reset)
        self.hide()
        self._paint_sign()

        theme.on_change(self, self._paint_sign)
        self._reset.clicked.connect(self.reset_asked)

    def show_warning(self, sentence: str, *, may_reset: bool = False) -> None:
        """Show a sentence, or nothing where it is empty.

        Args:
            sentence: what to be careful about.
            may_reset: whether the way back is offered.
        """
        self._reset.setVisible(may_reset)
        self._text.setText(sentence)
        self.setVisible(bool(sentence))

    def _paint_sign(self) -> None:
        color = theme.warning(self.palette())
        self._sign.setPixmap(icons.pixmap("warning-circle", 16, color, ratio=self.devicePixelRatioF()))
