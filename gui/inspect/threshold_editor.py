"""The thresholds of the run that is looked at: moved, taken back, and kept in its folder in named sets."""

import functools
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from core.errors import MultihotError
from core.evaluation.threshold_file import FIRST_SET, ThresholdBook, ThresholdSet, checked_name
from core.evaluation.threshold_merge import merge, same_book
from gui import background
from gui.inspect.steps import next_step
from gui.inspect.threshold_keeper import Kept, ThresholdKeeper

Place = tuple[Path, str]
"""The folder of a run, and the name of one of its sets."""

# a drag is written when it rests
SAVE_AFTER_MS = 400
UNDO_LIMIT = 200


@dataclass(frozen=True, eq=False)
class _Step:
    """What there was before something was done, or after it was taken back.

    Attributes:
        book: the sets.
        shown: name of the one that was shown.
        what: was done, in a few words.
        number: by which steps of all kinds come in order.
    """

    book: ThresholdBook
    shown: str
    what: str
    number: int = field(default_factory=next_step)


@dataclass(eq=False)
class _Edited:
    """The sets of one run in the window.

    Attributes:
        folder: of the run.
        keeper: of their file.
        book: the sets of the moment.
        shown: name of the one that is shown and moved.
        before: of each label, the threshold before it was moved last; float64 (C,).
        is_dirty: whether `book` is not written yet.
        has_failed: whether it was told that the file cannot be read or written.
        waits: whether a request to write is under way.
        adopted: number of the last answer of `keeper` that was taken over.
    """

    folder: Path
    keeper: ThresholdKeeper
    book: ThresholdBook
    shown: str
    before: NDArray[np.float64]
    undo: list[_Step] = field(default_factory=list)
    redo: list[_Step] = field(default_factory=list)
    is_dirty: bool = False
    has_failed: bool = False
    waits: bool = False
    adopted: int = 0


class ThresholdEditor(QObject):
    """Owns the sets of thresholds of the runs that were looked at; an edit is of the set that is shown.

    A drag of one label's threshold is one step of undo; it ends with `settle`, or with a change of anything else.
    What another program writes meanwhile is taken over as a step of its own.

    Signals:
        moved: index of the label whose threshold moved, or None when any may have.
        sets_changed: another set is shown or chosen, or there are others.
        stepped: something was done, so that what was taken back before is not to be done again.
        undo_changed: whether there is something to take back or do again may have changed.
        failed: MultihotError, the thresholds could not be written.
        mended: what could not be read or written is written now.
        told: str, a sentence about what another program changed.
    """

    moved = Signal(object)
    sets_changed = Signal()
    stepped = Signal()
    undo_changed = Signal()
    failed = Signal(object)
    mended = Signal()
    told = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runs: dict[Path, _Edited] = {}
        self._run: _Edited | None = None
        self._current = ThresholdSet.default(())
        self._dragged: int | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SAVE_AFTER_MS)
        self._timer.timeout.connect(self.sync)

    @property
    def thresholds(self) -> ThresholdSet:
        """The set that is shown, with the thresholds of the moment."""
        return self._current

    @property
    def values(self) -> NDArray[np.float64]:
        """The thresholds of the moment, float64 (C,)."""
        return self._current.values

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the run's sets."""
        return () if self._run is None else self._run.book.names

    @property
    def shown(self) -> str:
        """Name of the set that is shown."""
        return self._current.name

    @property
    def chosen(self) -> str:
        """Name of the set that export and suggestions use."""
        return FIRST_SET if self._run is None else self._run.book.chosen

    @property
    def undo_number(self) -> int:
        """Number of the step that would be taken back; 0 for none."""
        return self._run.undo[-1].number if self._run is not None and self._run.undo else 0

    @property
    def redo_number(self) -> int:
        """Number of the step that would be done again; 0 for none."""
        return self._run.redo[-1].number if self._run is not None and self._run.redo else 0

    @property
    def undo_text(self) -> str:
        """What would be taken back, in a few words; empty for nothing."""
        return self._run.undo[-1].what if self._run is not None and self._run.undo else ""

    @property
    def redo_text(self) -> str:
        """What would be done again; empty for nothing."""
        return self._run.redo[-1].what if self._run is not None and self._run.redo else ""

    def before(self, label: int) -> float:
        """A label's threshold before its present or last move began; that of the moment where it was not moved."""
        return float(self.values[label] if self._run is None else self._run.before[label])

    def show(self, book: ThresholdBook, run_folder: Path) -> None:
        """Take over the sets of a run; those of the run before are written first.

        Args:
            book: as they were read from the run's folder.
            run_folder: where they are kept.
        """
        self.flush()
        run = self._runs.get(run_folder)
        if run is None or run.book.label_names != book.label_names:
            keeper = ThresholdKeeper(run_folder, book)
            run = _Edited(run_folder, keeper, book, book.chosen, book.current.values)
            self._runs[run_folder] = run
        self._run, self._dragged = run, None
        self._current = run.book.named(run.shown)
        run.before = self._current.values
        self.moved.emit(None)
        self.sets_changed.emit()
        self.undo_changed.emit()
        # the book may be older than what is known here, so that the file is asked again
        self.sync()

    def clear(self) -> None:
        """Edit no run; what is not written yet is."""
        self.flush()
        self._run, self._current, self._dragged = None, ThresholdSet.default(()), None
        self.undo_changed.emit()

    def forget(self) -> None:
        """Forget all runs; only what cannot be written is kept."""
        self.clear()
        self._runs = {folder: run for folder, run in self._runs.items() if run.is_dirty}
        for run in self._runs.values():
            run.undo.clear()
            run.redo.clear()
        self.undo_changed.emit()

    # thresholds of the set that is shown

    def set(self, label: int, value: float) -> None:
        """Move the threshold of one label by hand.

        Args:
            label: its index.
            value: in [0, 1].
        """
        run = self._run
        if run is None or value == self.values[label]:
            return
        if self._dragged != label:
            name = self._current.label_names[label]
            self._remember(run, self.tr("“{}” moved from {:.3f}").format(name, self.values[label]))
            self._dragged = label
            run.before = run.before.copy()
            run.before[label] = self.values[label]
        self._take(run.book, self._current.moved(label, value), label)

    @property
    def place(self) -> Place | None:
        """Where the set that is shown is kept; None without a run."""
        return None if self._run is None else (self._run.folder, self.shown)

    def at(self, place: Place) -> ThresholdSet | None:
        """The set at a place, shown or not; None where it is there no more."""
        folder, name = place
        run = self._runs.get(folder)
        return None if run is None or name not in run.book.names else run.book.named(name)

    def take(self, thresholds: ThresholdSet, what: str, *, place: Place | None = None) -> None:
        """Take other thresholds into a set.

        Args:
            thresholds: of the same labels; their name does not count.
            what: is done, in a few words.
            place: of the set, as `at` knows it; that of the one that is shown if left out.
        """
        place = place or self.place
        now = None if place is None else self.at(place)
        if place is None or now is None:
            return
        run, taken = self._runs[place[0]], replace(thresholds, name=now.name)
        if taken.origins == now.origins and np.array_equal(taken.values, now.values):
            return
        self._remember(run, what)
        if place == self.place:
            # a label that keeps its threshold keeps what it was moved from
            run.before = np.where(taken.values != self.values, self.values, run.before)
            self._take(run.book, taken, None)
        else:
            run.book = _put(run.book, taken)
            run.is_dirty = True
            self._timer.start()

    def reset(self, labels: tuple[int, ...], what: str) -> None:
        """Put labels back to 0.5, as if nobody had chosen."""
        default = ThresholdSet.default(self._current.label_names)
        thresholds = self._current
        for label in labels:
            thresholds = thresholds.moved(label, float(default.values[label]), default.origins[label])
        self.take(thresholds, what)

    def settle(self) -> None:
        """A drag ended: the next move is another step of undo."""
        self._dragged = None

    # sets

    def show_set(self, name: str) -> None:
        """Show another set, which later moves are of."""
        if self._run is not None and name != self.shown:
            self._dragged = None
            self._show_book(self._run.book, name)

    def add_set(self, name: str) -> None:
        """Show a new set with the thresholds of the moment.

        Raises:
            MultihotError: the name is empty or taken.
        """
        assert self._run is not None
        wanted = checked_name(name)
        if wanted in self.names:
            raise MultihotError(
                f"The run has a set of thresholds named “{wanted}” already.", next_step="Choose another name."
            )
        self._remember(self._run, self.tr("set “{}” made").format(wanted))
        self._change(_put(self._run.book, replace(self._current, name=wanted)), wanted)

    def rename_set(self, name: str) -> None:
        """Give the set that is shown another name.

        Raises:
            MultihotError: the name is empty or taken.
        """
        assert self._run is not None
        book, wanted = self._run.book.renamed(self.shown, name), checked_name(name)
        if wanted != self.shown:
            self._remember(self._run, self.tr("set “{}” renamed").format(self.shown))
            self._change(book, wanted)

    def remove_set(self) -> None:
        """Remove the set that is shown, and show the chosen one.

        Raises:
            MultihotError: there is no other.
        """
        assert self._run is not None
        book = self._run.book.without(self.shown)
        self._remember(self._run, self.tr("set “{}” deleted").format(self.shown))
        self._change(book, book.chosen)

    def choose_set(self) -> None:
        """Make the set that is shown the one that export and suggestions use."""
        if self._run is not None and self.chosen != self.shown:
            self._remember(self._run, self.tr("set “{}” chosen for export").format(self.shown))
            self._change(self._run.book.choosing(self.shown), self.shown)

    # undo

    def undo(self) -> None:
        """Take back the last step."""
        if self._run is not None:
            self._travel(self._run.undo, self._run.redo)

    def redo(self) -> None:
        """Do the last step that was taken back again."""
        if self._run is not None:
            self._travel(self._run.redo, self._run.undo)

    def forget_undone(self) -> None:
        """Something else was done: what was taken back is not to be done again."""
        for run in self._runs.values():
            run.redo.clear()
        self.undo_changed.emit()

    def _remember(self, run: _Edited, what: str) -> None:
        self._dragged = None
        run.undo.append(_Step(run.book, run.shown, what))
        del run.undo[:-UNDO_LIMIT]
        run.redo.clear()
        self.undo_changed.emit()
        self.stepped.emit()

    def _travel(self, source: list[_Step], target: list[_Step]) -> None:
        run = self._run
        if source and run is not None:
            step = source.pop()
            target.append(_Step(run.book, self.shown, step.what, step.number))
            self._change(step.book, step.shown)
            self.undo_changed.emit()

    # keeping

    def flush(self) -> None:
        """Write now what is not written yet, of all runs that were looked at."""
        self._timer.stop()
        self._forget_gone()
        for run in self._runs.values():
            if run.is_dirty or run.waits:
                try:
                    self._adopt(run, run.keeper.last_answer())
                    self._adopt(run, run.keeper.sync(run.keeper.number(), run.book))
                except MultihotError as error:
                    self._on_failed(run, error)
                run.waits = False

    @property
    def unwritten(self) -> list[Path]:
        """Folders of the runs whose thresholds are not in their files."""
        return [folder for folder, run in self._runs.items() if run.is_dirty]

    def sync(self) -> None:
        """Write what is not written yet and take over what another program wrote, off the GUI thread."""
        self._forget_gone()
        for run in self._runs.values():
            if run is self._run or run.is_dirty:
                self._sync(run)

    def _forget_gone(self) -> None:
        """Forget runs whose folder was deleted; one whose project is out of reach may come back."""
        self._runs = {
            folder: run for folder, run in self._runs.items() if folder.is_dir() or not folder.parent.is_dir()
        }

    def _sync(self, run: _Edited) -> None:
        if run.waits:
            # its answer may change what is to be written
            self._timer.start()
            return
        run.waits = True
        work = functools.partial(run.keeper.sync, run.keeper.number(), run.book)
        done, failed = functools.partial(self._on_synced, run), functools.partial(self._on_failed, run)
        background.run(self, work, done, failed, is_short=True)

    def _on_synced(self, run: _Edited, kept: Kept | None) -> None:
        if kept is not None:
            run.waits = False
        self._adopt(run, kept)

    def _on_failed(self, run: _Edited, error: MultihotError) -> None:
        run.waits, run.has_failed = False, True
        self.failed.emit(error)

    def _adopt(self, run: _Edited, kept: Kept | None) -> None:
        """Take over what was written, and what another program had written before."""
        if kept is None or kept.number <= run.adopted:
            return
        run.adopted = kept.number
        run.is_dirty = run.book is not kept.asked
        if run.has_failed:
            run.has_failed = False
            self.mended.emit()
        if same_book(kept.merged.book, kept.asked):
            return
        merged = merge(kept.asked, run.book, kept.merged.book)
        shown = run.shown if run.shown in merged.book.names else merged.book.chosen
        self._remember(run, self.tr("changes of another program"))
        if run is not self._run:
            run.book, run.shown = merged.book, shown
            return
        self._show_book(merged.book, shown)
        self.told.emit(_told(kept, self.shown))

    def _take(self, book: ThresholdBook, thresholds: ThresholdSet, label: int | None) -> None:
        assert self._run is not None
        self._run.book, self._current = _put(book, thresholds), thresholds
        self._run.is_dirty = True
        self._timer.start()
        self.moved.emit(label)

    def _change(self, book: ThresholdBook, shown: str) -> None:
        assert self._run is not None
        self._dragged = None
        self._show_book(book, shown)
        self._run.is_dirty = True
        self._timer.start()

    def _show_book(self, book: ThresholdBook, shown: str) -> None:
        run = self._run
        assert run is not None
        others = (book.names, book.chosen, shown) != (run.book.names, run.book.chosen, run.shown)
        before = self.values
        run.book, run.shown, self._current = book, shown, book.named(shown)
        run.before = np.where(self.values != before, before, run.before)
        self.moved.emit(None)
        if others:
            self.sets_changed.emit()


def _put(book: ThresholdBook, thresholds: ThresholdSet) -> ThresholdBook:
    """The book with a set in place of that of its name, or beside the others; the chosen one stays."""
    return book.with_set(thresholds).choosing(book.chosen)


def _told(kept: Kept, shown: str) -> str:
    """What another program changed."""
    merged = kept.merged
    if merged.kept:
        names = ", ".join(f"“{name}”" for name in merged.kept)
        return (
            "Another program changed thresholds that were moved here as well: "
            f"what is newer, yours, keeps its name, and the other is kept as {names}."
        )
    names = ", ".join(f"“{name}”" for name in merged.taken)
    if merged.taken:
        return f"Another program changed the thresholds {names}, which were taken over. Undo brings back what was here."
    return f"Another program changed the run's sets of thresholds; “{shown}” is shown."
