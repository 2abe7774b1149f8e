"""How an open project is changed: steps that are on disk before anybody sees them, and that can be undone."""

import contextlib
import functools
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from core.project.changes import Changes
from core.project.disk.database import Database
from core.project.edits import Edit, changes_of
from core.project.layers.content import Content
from core.project.layers.journal import Journal
from core.project.layers.view import ProjectView

_P = ParamSpec("_P")
_R = TypeVar("_R")
_S = TypeVar("_S", bound="Steps")


def serial(edit: Callable[Concatenate[_S, _P], _R]) -> Callable[Concatenate[_S, _P], _R]:
    """Let an edit wait, from the first thing that it reads, until that of another thread is done and seen."""

    def waiting(self: _S, /, *args: _P.args, **values: _P.kwargs) -> _R:
        with self._alone():
            return edit(self, *args, **values)

    functools.update_wrapper(waiting, edit)
    return waiting


class Steps(ProjectView):
    """The open project with its journal.

    It is shown by one thread, which also makes most edits. One of many images may be made in another thread, by
    `apart`: on a copy of what is shown, so that nothing is seen half done, or before it is on disk.
    """

    def __init__(self, folder: Path, database: Database) -> None:
        self._apart_thread: int | None = None
        self._apart_content: Content | None = None
        # images of which something was found out while an edit is made apart
        self._noted: set[int] = set()
        # a step of many images may be made in a thread; another thread's step waits for it
        self._guard = threading.RLock()
        super().__init__(folder, database)
        self._journal = Journal(database.connection)
        self._step: list[Edit] | None = None

    @property
    def _content(self) -> Content:
        """What this thread sees."""
        if self._apart_content is not None and threading.get_ident() == self._apart_thread:
            return self._apart_content
        return self._shown

    def apart(self, edit: Callable[[], _R]) -> _R:
        """Make an edit in a thread; it is seen when `catch_up` is called, or before the next edit.

        What fails in it, also where it goes on after that, is read again from the disk, so that what is caught up with
        is always what is there.

        Args:
            edit: calls methods of this store.
        """
        with self._alone():
            self._noted.clear()
            self._apart_thread, self._apart_content = threading.get_ident(), self._shown.copy()
            try:
                return edit()
            finally:
                self._apart_thread = None

    def catch_up(self) -> None:
        """Show what was edited apart; for the thread that shows the project."""
        with self._guard:
            if self._apart_content is not None and self._apart_thread is None:
                self._apart_content.take_facts(self._shown, self._noted)
                self._shown, self._apart_content = self._apart_content, None

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        with self._guard:
            if self._apart_thread is None:
                self.catch_up()
            yield

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

    @serial
    def undo(self) -> Changes:
        """Take back the newest edit, also one of an earlier sitting; nothing happens when there is none."""
        text = self.undo_text
        return Changes() if text is None else self._travel(self._journal.undo, f"Undone: {text}")

    @serial
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
        with self._alone():
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
        with self._alone():
            is_outermost = not self.database.connection.in_transaction
            # facts are no part of a step that may fail
            if is_outermost:
                self._facts.write()
            try:
                with self.database.transaction():
                    yield
            except BaseException:
                if is_outermost:
                    self._read_again()
                raise

    def _read_again(self) -> None:
        """Show what is on disk, after a step that failed."""
        with self.database.reading():
            self._journal.refresh()
            self._content.load()

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
