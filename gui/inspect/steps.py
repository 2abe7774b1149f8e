"""The order of what was done in Inspect, so that undo takes back the last of it, whatever it was."""

import functools
import itertools
from typing import Protocol

from PySide6.QtCore import QObject, Signal, SignalInstance

_numbers = itertools.count(1)


def next_step() -> int:
    """A number for a step that is done now, greater than those of all steps before."""
    return next(_numbers)


class Memory(Protocol):
    """Something that remembers steps of its own, each with its number."""

    undo_changed: SignalInstance
    stepped: SignalInstance

    @property
    def undo_number(self) -> int:
        """Number of the step that would be taken back; 0 for none."""

    @property
    def redo_number(self) -> int:
        """Number of the step that would be done again; 0 for none."""

    @property
    def undo_text(self) -> str:
        """What would be taken back, in a few words; empty for nothing."""

    @property
    def redo_text(self) -> str:
        """What would be done again, in a few words; empty for nothing."""

    def undo(self) -> None:
        """Take back the last step."""

    def redo(self) -> None:
        """Do the last step that was taken back again."""

    def forget_undone(self) -> None:
        """Something else was done: what was taken back is not to be done again."""


class Steps(QObject):
    """One undo over several memories; done again is only what nothing else was done after.

    Signals:
        changed: what can be taken back or done again may have changed.
    """

    changed = Signal()

    def __init__(self, *memories: Memory, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._memories = memories
        for memory in memories:
            memory.undo_changed.connect(self.changed)
            memory.stepped.connect(functools.partial(self._on_stepped, memory))

    @property
    def undo_text(self) -> str:
        """What would be taken back, in a few words; empty for nothing."""
        memory = self._last_done()
        return "" if memory is None else memory.undo_text

    @property
    def redo_text(self) -> str:
        """What would be done again, in a few words; empty for nothing."""
        memory = self._first_undone()
        return "" if memory is None else memory.redo_text

    def undo(self) -> None:
        """Take back the last step."""
        memory = self._last_done()
        if memory is not None:
            memory.undo()

    def redo(self) -> None:
        """Do the last step that was taken back again."""
        memory = self._first_undone()
        if memory is not None:
            memory.redo()

    def _on_stepped(self, stepped: Memory) -> None:
        for memory in self._memories:
            if memory is not stepped:
                memory.forget_undone()

    def _last_done(self) -> Memory | None:
        done = [memory for memory in self._memories if memory.undo_number]
        return max(done, key=lambda memory: memory.undo_number, default=None)

    def _first_undone(self) -> Memory | None:
        undone = [memory for memory in self._memories if memory.redo_number]
        return min(undone, key=lambda memory: memory.redo_number, default=None)
