"""The note on the chosen images, to be read and written."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QHideEvent, QKeyEvent
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy, QWidget

from core.project.changes import Changes
from gui.session import Session

TYPING_MS = 800
"""A pause in typing after which a note is written: a power cut takes no more than these words."""

_FEWEST, _MOST = 2, 6
_NONE = np.empty(0, np.int64)


class NoteEditor(QPlainTextEdit):
    """Writes what was typed in a pause, when it is left, when other images are chosen and when the project is closed.

    Signals:
        left: Escape or Ctrl+Return was pressed; the images should have the focus again.
    """

    left = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._ids: NDArray[np.int64] = _NONE
        self._shown = ""
        self._waiting: dict[int, str] = {}
        self._typing = QTimer(self, singleShot=True, interval=TYPING_MS)
        self.setAccessibleName(self.tr("Note"))
        self.setTabChangesFocus(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(self.tr("Saved when you go on; Ctrl+Return goes back to the images"))
        self.document().contentsChanged.connect(self.updateGeometry)
        self.textChanged.connect(self._on_text_changed)
        self._typing.timeout.connect(self.keep)
        session.changed.connect(self._on_session_changed)
        session.busy_changed.connect(self._on_busy_changed)
        # told before a project is closed, too
        session.current_image_changed.connect(self.keep)
        session.project_closed.connect(self._on_project_closed)
        self.show_images(_NONE)

    def show_images(self, image_ids: NDArray[np.int64]) -> None:
        """Show the note of other images, and write that of those before."""
        if not np.array_equal(image_ids, self._ids):
            self.keep()
            self._ids = image_ids
        elif self.toPlainText() != self._shown:
            # it is being written
            return
        self._show()

    def keep(self) -> None:
        """Write what was typed."""
        self._typing.stop()
        text = self.toPlainText()
        if text == self._shown or not len(self._ids) or not self._session.has_project:
            return
        self._shown = text
        self._waiting.update(dict.fromkeys(self._ids.tolist(), text))
        self._write()

    def _on_text_changed(self) -> None:
        if self.toPlainText() != self._shown:
            self._typing.start()
        else:
            self._typing.stop()

    def is_unsaved(self) -> bool:
        """Whether something was typed that is not on disk."""
        return bool(self._waiting) or self.toPlainText() != self._shown

    def _write(self) -> None:
        # an edit of many images comes first; this one follows it
        if self._waiting and not self._session.is_busy:
            notes, self._waiting = self._waiting, {}
            self._session.edit(lambda store: store.set_notes(notes), images=len(notes))

    def _show(self) -> None:
        if not self._session.has_project or not len(self._ids):
            self._show_text("", hint="")
            self.setEnabled(False)
            return
        self.setEnabled(True)
        notes = {**self._session.store.notes, **self._waiting}
        if len(self._ids) == 1:
            self._show_text(notes.get(int(self._ids[0]), ""), hint=self.tr("Note"))
            return
        noted = self._ids[np.isin(self._ids, np.fromiter(notes, np.int64, len(notes)))] if notes else _NONE
        texts = {notes[one] for one in noted.tolist()} - {""}
        if not texts:
            self._show_text("", hint=self.tr("Note for all {}").format(f"{len(self._ids):,}"))
        elif len(texts) == 1 and len(noted) == len(self._ids):
            self._show_text(texts.pop(), hint="")
        else:
            hint = self.tr("{some} of {all} have a note. What is written here replaces them.")
            self._show_text("", hint=hint.format(some=f"{len(noted):,}", all=f"{len(self._ids):,}"))

    def _show_text(self, text: str, *, hint: str) -> None:
        self.setPlaceholderText(hint)
        self._shown = text
        # the cursor stays where it is when nothing changed, but for the space at the ends, which is not kept
        if self.toPlainText().strip() != text or not text:
            self.setPlainText(text)
        else:
            self._shown = self.toPlainText()

    def _on_session_changed(self, changes: Changes) -> None:
        is_typing = self.toPlainText() != self._shown
        if changes.annotations and len(self._ids) and not is_typing:
            self._show()

    def _on_busy_changed(self, is_busy: bool) -> None:
        if not is_busy:
            self._write()

    def _on_project_closed(self) -> None:
        self._waiting.clear()
        self._ids = _NONE
        self._show()

    def sizeHint(self) -> QSize:
        """As many lines as are written, within bounds."""
        lines = min(max(_FEWEST, int(self.document().size().height())), _MOST)
        around = self.height() - self.viewport().height() if self.isVisible() else 10
        height = lines * self.fontMetrics().lineSpacing() + max(around, 10) + 2 * int(self.document().documentMargin())
        return QSize(super().sizeHint().width(), height)

    def minimumSizeHint(self) -> QSize:
        """A narrow panel is no reason to be wide."""
        return QSize(80, self.sizeHint().height())

    def event(self, event: QEvent) -> bool:
        """Letters and Return are typed, and are no commands for images."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _is_leaving(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape and Ctrl+Return go back to the images; what was typed is kept."""
        if _is_leaving(event):
            self.keep()
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Write what was typed."""
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.keep()

    def hideEvent(self, event: QHideEvent) -> None:
        """Write what was typed."""
        self.keep()
        super().hideEvent(event)


def _is_leaving(event: QKeyEvent) -> bool:
    is_return = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
    is_control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
    return event.key() == Qt.Key.Key_Escape or (is_return and is_control)
