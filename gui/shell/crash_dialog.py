"""What a bug looks like to the person who met it."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from gui.widgets import theme
from gui.widgets.buttons import primary


class CrashDialog(QDialog):
    """Says that nothing is lost, shows the details, and lets them be copied."""

    def __init__(self, details: str, log_file: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Multihot met a bug"))
        self._details = details
        title = QLabel(self.tr("Something went wrong inside Multihot"))
        title.setProperty("tone", "title")
        sentence = self.tr(
            "Every edit you saw is saved. You can go on; if things look odd, start again. The log is {}."
        )
        text = QLabel(sentence.format(log_file))
        text.setWordWrap(True)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        shown = QPlainTextEdit(details)
        shown.setReadOnly(True)
        shown.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        shown.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        copy = QPushButton(self.tr("Copy details"))
        close = primary(QPushButton(self.tr("Go on")))
        close.setDefault(True)
        buttons = QHBoxLayout()
        buttons.addWidget(copy)
        buttons.addStretch(1)
        buttons.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GROUP, theme.GROUP, theme.GROUP, theme.GROUP)
        layout.setSpacing(theme.PANEL)
        layout.addWidget(title)
        layout.addWidget(text)
        layout.addWidget(shown, 1)
        layout.addLayout(buttons)
        self.resize(680, 420)
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._details))
        close.clicked.connect(self.accept)
