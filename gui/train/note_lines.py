"""Sentences worth knowing about a run, of which the first is seen at once."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from gui.widgets import icons, theme
from gui.widgets.buttons import flat


class NoteLines(QWidget):
    """A sign and the first sentence; a button shows the others. Hidden without any."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentences: tuple[str, ...] = ()
        self._sign = QLabel()
        self._text = QLabel()
        self._text.setProperty("tone", "secondary")
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._more = flat(QPushButton())
        self._more.setCheckable(True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE)
        layout.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self._text, 1)
        layout.addWidget(self._more, 0, Qt.AlignmentFlag.AlignTop)
        self.hide()
        self._paint_sign()

        theme.on_change(self, self._paint_sign)
        self._more.toggled.connect(self._show_texts)

    def show_notes(self, sentences: Sequence[str]) -> None:
        """Show these sentences in place of others."""
        if tuple(sentences) != self._sentences:
            self._sentences = tuple(sentences)
            self._more.setChecked(False)
            self._show_texts()

    def _show_texts(self) -> None:
        is_open = self._more.isChecked()
        self._text.setText("\n".join(self._sentences if is_open else self._sentences[:1]))
        count = len(self._sentences) - 1
        self._more.setText(self.tr("Less") if is_open else self.tr("{} more").format(count))
        self._more.setVisible(count > 0)
        self.setVisible(bool(self._sentences))

    def _paint_sign(self) -> None:
        color = theme.secondary(self.palette())
        self._sign.setPixmap(icons.pixmap("info", 16, color, ratio=self.devicePixelRatioF()))
