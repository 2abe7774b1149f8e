"""The journal of edits: the memory of undo and redo, kept in the project."""

import sqlite3
from collections.abc import Sequence

from core.project.edits import Edit, pack, unpack

# Some 100 bytes each; beyond this many steps nobody goes back one by one.
_KEPT_STEPS = 10_000


class Journal:
    """Steps that can be undone, newest last, followed by undone steps that can be redone.

    The caller holds the transaction, so that a step and what it changed reach the disk together.

    Attributes:
        undo_text: what the next undo takes back, or None.
        redo_text: what the next redo brings back, or None.
        undo_bytes: how much is kept of the step that the next undo takes back.
        redo_bytes: how much is kept of the step that the next redo brings back.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.refresh()

    def refresh(self) -> None:
        """Read the texts of the next undo and redo from the database."""
        self._undo_id, self.undo_text, self.undo_bytes = self._top("undone = 0 ORDER BY id DESC")
        self._redo_id, self.redo_text, self.redo_bytes = self._top("undone = 1 ORDER BY id")

    def push(self, edits: Sequence[Edit], *, text: str, time: float) -> None:
        """Add a step that was just done; what was undone before it can no longer be redone."""
        self._connection.execute("DELETE FROM edit WHERE undone = 1")
        cursor = self._connection.execute(
            "INSERT INTO edit (time, text, edits) VALUES (?, ?, ?)", (time, text, pack(edits))
        )
        newest = cursor.lastrowid or 0
        self._connection.execute("DELETE FROM edit WHERE id <= ?", (newest - _KEPT_STEPS,))
        self.refresh()

    def undo(self) -> list[Edit]:
        """Mark the newest step undone and give the edits that take it back, in the order to apply them."""
        edits = [edit.reversed() for edit in reversed(self._edits(self._undo_id))]
        self._mark(self._undo_id, undone=True)
        return edits

    def redo(self) -> list[Edit]:
        """Mark the oldest undone step done and give its edits."""
        edits = self._edits(self._redo_id)
        self._mark(self._redo_id, undone=False)
        return edits

    def _top(self, which: str) -> tuple[int | None, str | None, int]:
        row = self._connection.execute(f"SELECT id, text, length(edits) FROM edit WHERE {which} LIMIT 1").fetchone()
        return row or (None, None, 0)

    def _edits(self, step: int | None) -> list[Edit]:
        (data,) = self._connection.execute("SELECT edits FROM edit WHERE id = ?", (step,)).fetchone()
        return unpack(data)

    def _mark(self, step: int | None, *, undone: bool) -> None:
        self._connection.execute("UPDATE edit SET undone = ? WHERE id = ?", (undone, step))
        self.refresh()
