"""How an open project is changed: steps that are on disk before anybody sees them, and that can be undone."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from core.project.changes import Changes
from core.project.database import Database
from core.project.edits import Edit, changes_of
from core.project.journal import Journal
from core.project.view import ProjectView


class Steps(ProjectView):
    """The open project with its journal."""

    def __init__(self, folder: Path, database: Database) -> None:
        super().__init__(folder, database)
        self._journal = Journal(database.connection)
        self._step: list[Edit] | None = None
        # a step of many images may be made in a thread; another thread's step waits for it
        self._guard = threading.RLock()

    @property
    def undo_text(self) -> str | None:
        """What `undo` would take back, or None."""
        return self._journal.undo_text

    @property
    def redo_text(self) -> str | None:
        """What `redo` would bring back, or None."""
        return self._journal.redo_text

    @property
    def undo_bytes(self) -> int:
        """How much `undo` has to read, about 2 bytes per image; 0 when there is nothing to undo."""
        return self._journal.undo_bytes

    @property
    def redo_bytes(self) -> int:
        """How much `redo` has to read, as `undo_bytes`."""
        return self._journal.redo_bytes

    def undo(self) -> Changes:
        """Take back the newest edit, also one of an earlier sitting; nothing happens when there is none."""
        text = self.undo_text
        return Changes() if text is None else self._travel(self._journal.undo, f"Undone: {text}")

    def redo(self) -> Changes:
        """Do again what was last undone; nothing happens when there is nothing."""
        text = self.redo_text
        return Changes() if text is None else self._travel(self._journal.redo, f"Redone: {text}")

    @contextlib.contextmanager
    def step(self, text: str) -> Iterator[list[Edit]]:
        """Make all edits in the block one step of undo, done together or not at all; joins a step that is open.

        Args:
            text: what the step does.

        Yields:
            The edits made so far.
        """
        with self._guard:
            if self._step is not None:
                yield self._step
                return
            self._step = []
            try:
                with self._changing():
                    yield self._step
                    if self._step:
                        self._journal.push(self._step, text=text, time=time.time())
            finally:
                self._step = None

    @contextlib.contextmanager
    def _changing(self) -> Iterator[None]:
        """A transaction after whose failure the arrays show again what is on disk."""
        self._facts.write()
        try:
            with self._guard, self.database.transaction():
                yield
        except BaseException:
            with self.database.reading():
                self._content.load()
                self._journal.refresh()
            raise

    def _do(self, edit: Edit, text: str) -> Changes:
        with self.step(text) as edits:
            self._content.apply(edit)
            edits.append(edit)
        return changes_of([edit], text)

    def _travel(self, take: Callable[[], list[Edit]], text: str) -> Changes:
        with self._changing():
            edits = take()
            for edit in edits:
                self._content.apply(edit)
        return changes_of(edits, text)
