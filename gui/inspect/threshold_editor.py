"""The thresholds of the run that is looked at: moved, taken back, and kept in its folder."""

import functools
import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from core.errors import MultihotError
from core.evaluation.threshold_file import THRESHOLDS_FILE, ThresholdSet
from gui import background

# a drag is written when it rests
SAVE_AFTER_MS = 400
UNDO_LIMIT = 200


class ThresholdEditor(QObject):
    """Owns the thresholds of one run at a time.

    A drag of one label's threshold is one step of undo; it ends with `settle`, or with a change of anything else.

    Signals:
        moved: index of the label whose threshold moved, or None when any may have.
        undo_changed: whether there is something to take back or do again may have changed.
        failed: MultihotError, the thresholds could not be written.
    """

    moved = Signal(object)
    undo_changed = Signal()
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._current = ThresholdSet.default(())
        self._writer: _Writer | None = None
        self._undo: list[ThresholdSet] = []
        self._redo: list[ThresholdSet] = []
        self._dragged: int | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SAVE_AFTER_MS)
        self._timer.timeout.connect(self._save)

    @property
    def thresholds(self) -> ThresholdSet:
        """The thresholds of the moment."""
        return self._current

    @property
    def values(self) -> NDArray[np.float64]:
        """The thresholds of the moment, float64 (C,)."""
        return self._current.values

    @property
    def can_undo(self) -> bool:
        """Whether there is something to take back."""
        return bool(self._undo)

    @property
    def can_redo(self) -> bool:
        """Whether there is something to do again."""
        return bool(self._redo)

    def show(self, thresholds: ThresholdSet, run_folder: Path) -> None:
        """Take over the thresholds of a run; those of the run before are written first."""
        path = run_folder / THRESHOLDS_FILE
        if self._writer is not None and self._writer.path == path and self._timer.isActive():
            # the same run again, with a change that is not written yet
            self.moved.emit(None)
            return
        self.flush()
        if self._writer is None or self._writer.path != path:
            self._undo.clear()
            self._redo.clear()
            self._writer = _Writer(path)
        self._current, self._dragged = thresholds, None
        self.moved.emit(None)
        self.undo_changed.emit()

    def set(self, label: int, value: float) -> None:
        """Move the threshold of one label.

        Args:
            label: its index.
            value: in [0, 1].
        """
        if value == self.values[label]:
            return
        if self._dragged != label:
            self._remember()
            self._dragged = label
        self._take(self._current.moved(label, value), label)

    def set_all(self, thresholds: ThresholdSet) -> None:
        """Take other thresholds for all labels."""
        self._remember()
        self._dragged = None
        self._take(thresholds, None)

    def settle(self) -> None:
        """A drag ended: the next move is another step of undo."""
        self._dragged = None

    def undo(self) -> None:
        """Take back the last step."""
        self._travel(self._undo, self._redo)

    def redo(self) -> None:
        """Do the last step that was taken back again."""
        self._travel(self._redo, self._undo)

    def flush(self) -> None:
        """Write now what is not written yet; the last step before the run is left."""
        if self._timer.isActive() and self._writer is not None:
            self._timer.stop()
            try:
                self._writer.write(self._writer.number(), self._current)
            except MultihotError as error:
                self.failed.emit(error)

    def _remember(self) -> None:
        self._undo.append(self._current)
        del self._undo[:-UNDO_LIMIT]
        self._redo.clear()
        self.undo_changed.emit()

    def _travel(self, source: list[ThresholdSet], target: list[ThresholdSet]) -> None:
        if source:
            target.append(self._current)
            self._dragged = None
            self._take(source.pop(), None)
            self.undo_changed.emit()

    def _take(self, thresholds: ThresholdSet, label: int | None) -> None:
        self._current = thresholds
        self._timer.start()
        self.moved.emit(label)

    def _save(self) -> None:
        if self._writer is not None:
            write = functools.partial(self._writer.write, self._writer.number(), self._current)
            background.run(self, write, _done, self.failed.emit)


@dataclass(eq=False)
class _Writer:
    """Writes one file from any thread; an older request never replaces a newer one."""

    path: Path

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._given = 0
        self._written = 0

    def number(self) -> int:
        """A number for the next request; called on the GUI thread."""
        self._given += 1
        return self._given

    def write(self, number: int, thresholds: ThresholdSet) -> None:
        """Write, unless a newer request was written already.

        Raises:
            MultihotError: the file cannot be written.
        """
        with self._lock:
            if number < self._written:
                return
            try:
                thresholds.save(self.path)
            except OSError as error:
                raise MultihotError(
                    f"The thresholds cannot be written to {self.path} ({error.strerror}).",
                    next_step="They are kept until the window is closed.",
                ) from error
            self._written = number


def _done(_: None) -> None:
    """Nothing to do when they are written."""
