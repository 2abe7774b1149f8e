"""Sentences worth knowing about a run, of which the first is seen at once."""

import html
from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from gui.widgets import icons, theme


class NoteLines(QWidget):
    """A sign and the first sentence; a link shows the others. Hidden without any."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentences: tuple[str, ...] = ()
        self._is_open = False
        self._sign = QLabel()
        self._text = QLabel()
        self._text.setProperty("tone", "secondary")
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.RichText)
        self._text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.LinksAccessibleByMouse
            | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE)
        layout.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self._text, 1)
        self.hide()
        self._paint_sign()

        theme.on_change(self, self._on_palette_changed)
        self._text.linkActivated.connect(self._on_link_activated)

    def show_notes(self, sentences: Sequence[str]) -> None:
        """Show these sentences in place of others."""
        if tuple(sentences) != self._sentences:
            self._sentences = tuple(sentences)
            self._is_open = False
            self._show_texts()

    def _show_texts(self) -> None:
        lines = [html.escape(one) for one in (self._sentences if self._is_open else self._sentences[:1])]
        hidden = len(self._sentences) - 1
        more = self.tr("less") if self._is_open else self.tr("{} more").format(hidden)
        link = f' <a href="#">{more}</a>' if hidden > 0 else ""
        self._text.setText("<br>".join(lines) + link)
        self.setVisible(bool(self._sentences))

    def _on_link_activated(self) -> None:
        self._is_open = not self._is_open
        self._show_texts()

    def _on_palette_changed(self) -> None:
        self._paint_sign()
        # a link keeps the colour it was set in, also when the same text is set again
        self._text.clear()
        self._show_texts()

    def _paint_sign(self) -> None:
        color = theme.secondary(self.palette())
        self._sign.setPixmap(icons.pixmap("info", 16, color, ratio=self.devicePixelRatioF()))
