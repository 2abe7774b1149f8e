"""Annotations that are put right in Inspect, and how those of the run differ from those of now."""

from collections.abc import Callable
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from core.errors import MultihotError
from core.labels import LabelState
from core.project.changes import Changes
from core.project.edits import KEEP
from gui.inspect.scored_split import ScoredSplit
from gui.inspect.steps import next_step
from gui.session import Session


class Now(IntEnum):
    """What the project says today of a label on an image: a `LabelState`, or why it says nothing.

    Attributes:
        GONE: the project has the image no more.
        NO_LABEL: it has the label no more.
    """

    UNKNOWN = LabelState.UNKNOWN
    ABSENT = LabelState.ABSENT
    PRESENT = LabelState.PRESENT
    GONE = 2
    NO_LABEL = 3

    @property
    def state(self) -> LabelState | None:
        """The state; None where the image or the label is no longer there."""
        return None if self >= Now.GONE else LabelState(self)


class Fixes(QObject):
    """Changes states of labels on images, one step of undo each.

    The scores of a run stay measured against the annotations of its snapshot; what changed since is only marked. Only
    steps that no other edit followed can be taken back here, because the project's memory of edits is one.

    Signals:
        undo_changed: what can be taken back or done again may have changed.
        stepped: something was done, so that what was taken back before is not to be done again.
        changed: annotations, labels or images of the project changed, here or elsewhere.
        failed: MultihotError, an edit could not be made.
    """

    undo_changed = Signal()
    stepped = Signal()
    changed = Signal()
    failed = Signal(object)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._done: list[int] = []
        self._undone: list[int] = []
        self._is_mine = False
        session.changed.connect(self._on_changed)
        session.project_closed.connect(self._forget)

    @property
    def undo_number(self) -> int:
        """Number of the step that would be taken back; 0 unless the last edit of the project was made here."""
        return self._done[-1] if self._done else 0

    @property
    def redo_number(self) -> int:
        """Number of the step that would be done again; 0 unless the edit that was taken back last was made here."""
        return self._undone[-1] if self._undone else 0

    @property
    def undo_text(self) -> str:
        """What would be taken back; empty for nothing."""
        return (self._session.store.undo_text or "") if self._done else ""

    @property
    def redo_text(self) -> str:
        """What would be done again; empty for nothing."""
        return (self._session.store.redo_text or "") if self._undone else ""

    def set(
        self,
        scored: ScoredSplit,
        image_ids: NDArray[np.int64],
        labels: NDArray[np.int64],
        states: NDArray[np.int8],
    ) -> None:
        """Give labels a state on images; those that the project has no more are left out.

        Args:
            scored: of the run whose labels they are.
            image_ids: int64 (n,).
            labels: int64 (n,), columns of the run's labels.
            states: int8 (n,), `LabelState`.
        """
        store, there = self._session.store, self.now(scored, image_ids, labels) < Now.GONE
        if not there.any():
            self._session.message.emit(self.tr("The project has this image or this label no more."))
            return
        image_ids, labels, states = image_ids[there], labels[there], states[there]
        images, at_row = np.unique(image_ids, return_inverse=True)
        columns, at_column = np.unique(labels, return_inverse=True)
        matrix = np.full((len(images), len(columns)), KEEP, np.int8)
        matrix[at_row, at_column] = states
        # nothing is left to be said of an image that has its one label
        reviewed = True if scored.is_multi_class else None
        text = self._text(scored, columns, states, images=len(images))
        try:
            changes = store.set_matrix(images, scored.label_ids[columns], matrix, reviewed=reviewed, text=text)
        except MultihotError as error:
            self.failed.emit(error)
            return
        if not changes:
            self._session.message.emit(self.tr("Nothing to change: the annotations say so already."))
            return
        self._done.append(next_step())
        self._undone.clear()
        self.stepped.emit()
        self._apply(changes)

    def as_predicted(
        self,
        scored: ScoredSplit,
        thresholds: NDArray[np.float64],
        image_ids: NDArray[np.int64],
        labels: NDArray[np.int64],
    ) -> None:
        """Let annotations say what the model says: in multi-class the label that it takes an image for.

        Args:
            scored: the scores.
            thresholds: float64 (C,).
            image_ids: int64 (n,), of images that were scored on this split.
            labels: int64 (n,), columns of the labels.
        """
        predictions = scored.predictions
        order = np.argsort(predictions.image_ids, kind="stable")
        rows = order[np.searchsorted(predictions.image_ids, image_ids, sorter=order)]
        if scored.is_multi_class:
            labels = predictions.probabilities[rows].argmax(axis=1).astype(np.int64)
            states = np.full(len(rows), LabelState.PRESENT, np.int8)
        else:
            states = scored.predicted(rows, labels, thresholds).astype(np.int8)
        self.set(scored, image_ids, labels, states)

    def undo(self) -> None:
        """Take back the last step."""
        if self._done:
            self._travel(self._session.store.undo, self._done, self._undone)

    def redo(self) -> None:
        """Do the last step that was taken back again."""
        if self._undone:
            self._travel(self._session.store.redo, self._undone, self._done)

    def forget_undone(self) -> None:
        """Something else was done: what was taken back is not to be done again here."""
        self._undone.clear()
        self.undo_changed.emit()

    def _travel(self, work: Callable[[], Changes], source: list[int], target: list[int]) -> None:
        try:
            changes = work()
        except MultihotError as error:
            self.failed.emit(error)
            return
        target.append(source.pop())
        self._apply(changes)

    def now(self, scored: ScoredSplit, image_ids: NDArray[np.int64], labels: NDArray[np.int64]) -> NDArray[np.int8]:
        """What the project says today.

        Args:
            scored: of the run whose labels they are.
            image_ids: int64 (n,).
            labels: int64 (n,), columns of the run's labels.

        Returns:
            int8 (n,), `Now`.
        """
        if not self._session.has_project:
            return np.full(len(image_ids), Now.GONE, np.int8)
        store = self._session.store
        columns = self._columns(scored)[labels]
        rows, there = self._rows(image_ids)
        states = np.where(there, Now.NO_LABEL, Now.GONE).astype(np.int8)
        there &= columns >= 0
        states[there] = store.states[rows[there], columns[there]]
        return states

    def count(self, scored: ScoredSplit) -> int:
        """How many annotations of the run's images say something else today; tens of milliseconds for millions."""
        if not self._session.has_project:
            return 0
        store, then = self._session.store, scored.everything
        columns = self._columns(scored)
        rows, there = self._rows(then.image_ids)
        kept = columns >= 0
        # row by row and then by column: several times faster than both at once
        today = store.states[rows[there]].take(columns[kept], axis=1)
        measured = then.states if there.all() else then.states[there]
        return int(np.count_nonzero(today != (measured if kept.all() else measured[:, kept])))

    def _rows(self, image_ids: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """The row in the project of each image, int64 (n,), and whether it is there, bool (n,)."""
        every = self._session.store.image_ids
        rows = np.searchsorted(every, image_ids)
        there = rows < len(every)
        there[there] = every[rows[there]] == image_ids[there]
        return rows, there

    def _columns(self, scored: ScoredSplit) -> NDArray[np.int64]:
        """The column in the project of each label of a run, int64 (C,); -1 where it was deleted."""
        places = {label.id: column for column, label in enumerate(self._session.store.labels)}
        return np.array([places.get(label_id, -1) for label_id in scored.label_ids.tolist()], np.int64)

    def _text(self, scored: ScoredSplit, columns: NDArray[np.int64], states: NDArray[np.int8], *, images: int) -> str:
        where = self.tr("1 image") if images == 1 else self.tr("{:,} images").format(images)
        if len(columns) > 1:
            return self.tr("{:,} annotations fixed on {}").format(len(states), where)
        name = scored.label_names[int(columns[0])]
        if (states != states[0]).any():
            return self.tr("“{}” fixed on {}").format(name, where)
        words = {
            LabelState.PRESENT: self.tr("“{}” set on {}"),
            LabelState.ABSENT: self.tr("“{}” ruled out on {}"),
            LabelState.UNKNOWN: self.tr("“{}” cleared on {}"),
        }
        return words[LabelState(int(states[0]))].format(name, where)

    def _apply(self, changes: Changes) -> None:
        self._is_mine = True
        try:
            self._session.apply(changes)
        finally:
            self._is_mine = False
        self.undo_changed.emit()

    def _on_changed(self, changes: Changes) -> None:
        if not self._is_mine and (changes.annotations or changes.labels):
            self._forget()
        if changes.annotations or changes.labels or changes.images:
            self.changed.emit()

    def _forget(self) -> None:
        self._done.clear()
        self._undone.clear()
        self.undo_changed.emit()
