"""Keeping a recipe of a person's own while it is edited."""

import threading
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from core.errors import MultihotError, RecipeError
from core.files import write_atomically
from gui import background


class FileChangedError(RecipeError):
    """The file is not as it was left: another program changed or deleted it."""


class RecipeSaver(QObject):
    """Writes the latest text of a file off the GUI thread, in one step each time; no text is lost or overtaken.

    A file that somebody else changed meanwhile is left as it is, and that is said.

    Signals:
        saved: the latest text is on the disk.
        failed: MultihotError, it could not be written; a `FileChangedError` where `overwrite` would.
    """

    saved = Signal()
    failed = Signal(object)

    def __init__(self, path: Path, text: str, parent: QObject | None = None) -> None:
        """Take up a file.

        Args:
            path: the file.
            text: that it holds.
            parent: owner in Qt's sense.
        """
        super().__init__(parent)
        self.path = path
        self._lock = threading.Lock()
        self._written = text
        self._wanted = text
        self._is_at_work = False
        self._overwrites = False
        # counted on the GUI thread alone
        self._answers_due = 0

    @property
    def is_saved(self) -> bool:
        """Whether the file holds the latest text, as far as is known here."""
        with self._lock:
            return self._written == self._wanted

    @property
    def is_at_work(self) -> bool:
        """Whether a text is being written, or it was not told yet whether it could be."""
        return self._answers_due > 0

    @property
    def written(self) -> str:
        """What the file was last known to hold."""
        with self._lock:
            return self._written

    def save(self, text: str) -> None:
        """Have the file hold this text soon."""
        with self._lock:
            self._wanted = text
            if self._is_at_work:
                return
            self._is_at_work = True
        self._answers_due += 1
        background.run(self, self._write_all, self._on_written, self._on_failed, is_short=True)

    def overwrite(self) -> None:
        """Write the latest text over what another program wrote."""
        with self._lock:
            self._overwrites = True
            text = self._wanted
        self.save(text)

    def _write_all(self) -> None:
        while True:
            with self._lock:
                text = self._wanted
                if text == self._written and not self._overwrites:
                    self._is_at_work = False
                    return
                overwrites, self._overwrites = self._overwrites, False
            try:
                self._write(text, overwrites=overwrites)
            except BaseException:
                with self._lock:
                    self._is_at_work = False
                raise
            with self._lock:
                self._written = text

    def _write(self, text: str, *, overwrites: bool) -> None:
        try:
            if not overwrites:
                self._check_unchanged()
            write_atomically(self.path, text)
        except OSError as error:
            raise RecipeError(
                f"{self.path} cannot be written: {error.strerror}.", next_step="Make room, or allow writing there."
            ) from error

    def _check_unchanged(self) -> None:
        try:
            is_changed = self.path.read_text(encoding="utf-8") != self._written
        except FileNotFoundError as error:
            raise FileChangedError(f"{self.path.name} was deleted by another program.") from error
        except UnicodeDecodeError:
            is_changed = True
        if is_changed:
            raise FileChangedError(f"{self.path.name} was changed by another program.")

    def _on_written(self, _: None) -> None:
        self._answers_due -= 1
        self.saved.emit()

    def _on_failed(self, error: MultihotError) -> None:
        self._answers_due -= 1
        self.failed.emit(error)
