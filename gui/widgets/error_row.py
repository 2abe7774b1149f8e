"""An error where it belongs: one sentence with a next step, and its details on demand."""

from PySide6.QtCore import QSize
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from core.errors import MultihotError
from gui.widgets import icons, theme
from gui.widgets.buttons import flat


class ErrorRow(QWidget):
    """Hidden until there is an error to show."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = QLabel()
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._show = flat(QPushButton(self.tr("Show details")))
        self._copy = flat(QPushButton(self.tr("Copy")))
        self._details = QPlainTextEdit()
        self._details.setReadOnly(True)
        self._details.setMinimumSize(QSize(0, 120))

        row = QHBoxLayout()
        row.setSpacing(theme.SPACE)
        row.addWidget(self._icon)
        row.addWidget(self._text, 1)
        row.addWidget(self._show)
        row.addWidget(self._copy)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE)
        layout.addLayout(row)
        layout.addWidget(self._details)

        self._show.clicked.connect(self._on_show_clicked)
        self._copy.clicked.connect(self._on_copy_clicked)
        self.clear()

    def show_error(self, error: MultihotError, *, details: str = "") -> None:
        """Show an error's sentence and next step."""
        self.show_text(error.sentence, next_step=error.next_step, details=details)

    def show_text(self, sentence: str, *, next_step: str = "", details: str = "") -> None:
        """Show a sentence and a next step.

        Args:
            sentence: what is wrong.
            next_step: what to do about it.
            details: a traceback or a log, behind "Show details".
        """
        color = QGuiApplication.palette().brightText().color()
        self._icon.setPixmap(icons.pixmap("warning-circle", 16, color, ratio=self.devicePixelRatioF()))
        self._text.setText(f"{sentence} {next_step}".strip())
        self._details.setPlainText(details)
        self._details.hide()
        self._show.setVisible(bool(details))
        self._copy.setVisible(bool(details))
        self.show()

    def text(self) -> str:
        """The sentences that are shown; empty for none."""
        return "" if self.isHidden() else self._text.text()

    def clear(self) -> None:
        """There is no error any more."""
        self.hide()

    def _on_show_clicked(self) -> None:
        self._details.setVisible(not self._details.isVisible())

    def _on_copy_clicked(self) -> None:
        QGuiApplication.clipboard().setText(f"{self._text.text()}\n\n{self._details.toPlainText()}")
