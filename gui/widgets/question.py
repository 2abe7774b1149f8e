"""A question that is asked in its place."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton

from gui.widgets import theme
from gui.widgets.buttons import flat


class Question(QFrame):
    """A question in its place, with two answers; hidden until it is asked.

    Signals:
        accepted: the first answer.
    """

    accepted = Signal()

    def __init__(self, text: str, yes: str, no: str) -> None:
        super().__init__()
        self._text = QLabel(text)
        self._text.setWordWrap(True)
        self.yes = QPushButton(yes)
        self.no = flat(QPushButton(no))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE)
        layout.addStretch(1)
        layout.addWidget(self._text)
        layout.addWidget(self.yes)
        layout.addWidget(self.no)
        self.hide()

        self.yes.clicked.connect(self._on_yes_clicked)
        self.no.clicked.connect(self.hide)

    def set_texts(self, text: str, yes: str) -> None:
        """Ask something else."""
        self._text.setText(text)
        self.yes.setText(yes)

    def _on_yes_clicked(self) -> None:
        self.hide()
        self.accepted.emit()
