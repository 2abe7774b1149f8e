"""What the program has to say of an image's labels: broken rules, what a run suggests, what usually comes along."""

import functools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from core.labels import MULTI_CLASS, LabelState
from core.project.changes import Changes
from core.project.labels.hints import Companions
from core.project.labels.rules import Violation, violating, violations_of
from gui import background
from gui.label.images.loupe.chips import ChipInfo
from gui.label.review.scores.model_scores import ModelScores
from gui.label.tagging.conflict_words import words_of
from gui.session import Session

REST_MS = 1_000
"""How long no image is edited before it is counted again which labels come along with which."""

OPENED_MS = 250
"""How long that waits after a project is opened, so that it is seen first."""

MANY = 5_000
"""Changed images from which on it is quicker to look at all."""


class Advice(QObject):
    """Owns what is derived from annotations and rules for each image; nothing of it is ever applied by itself.

    Signals:
        changed: of some images there is something else to say.
    """

    changed = Signal()

    def __init__(self, session: Session, scores: ModelScores, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._scores = scores
        self._broken: NDArray[np.bool_] | None = None
        self._companions: Companions | None = None
        self._rest = QTimer(self, singleShot=True)
        self._rest.timeout.connect(self._count)
        session.project_opened.connect(self._on_project_opened)
        session.project_closed.connect(self._on_project_closed)
        session.changed.connect(self._on_session_changed)
        scores.changed.connect(self.changed)
        if session.has_project:
            self._on_project_opened()

    def is_broken(self, row: int) -> bool:
        """Whether the image in a row of the store breaks a rule; cheap enough for each thumbnail."""
        if self._broken is None:
            store = self._session.store
            self._broken = violating(store.states, store.labels, store.rules)
        return bool(self._broken[row])

    def violations(self, image_id: int) -> list[Violation]:
        """The rules that an image breaks."""
        store = self._session.store
        return violations_of(store.states[store.row_of(image_id)], store.labels, store.rules)

    def chips(self, image_id: int) -> Sequence[ChipInfo]:
        """What is and might be said of an image: present labels, broken rules, suggestions, hints."""
        store = self._session.store
        row = store.row_of(image_id)
        states = store.states[row]
        by_id = {label.id: label for label in store.labels}
        present = [ChipInfo(store.labels[one], "present") for one in np.flatnonzero(states == LabelState.PRESENT)]
        conflicts = [
            ChipInfo(by_id[one.label_ids[-1]], "conflict", words_of(one, by_id))
            for one in violations_of(states, store.labels, store.rules)
        ]
        suggested = self._scores.suggestions_of_row(row)
        suggestions = [ChipInfo(label, "suggestion", probability=share) for label, share in suggested]
        said = {label.id for label, _ in suggested}
        hints = [
            ChipInfo(store.labels[column], "hint", probability=share)
            for column, _, share in (self._companions.hints(states) if self._fits() and self._companions else ())
            if store.labels[column].id not in said
        ]
        return [*conflicts, *present, *suggestions, *hints]

    def _fits(self) -> bool:
        """Whether what was counted is of the labels that there are now."""
        return self._companions is not None and len(self._companions.probability) == len(self._session.store.labels)

    def _on_project_opened(self) -> None:
        self._broken = self._companions = None
        self._rest.start(OPENED_MS)

    def _on_project_closed(self) -> None:
        self._rest.stop()
        # what is being counted is of this project, not of the next
        background.cancel_of(self)
        self._broken = self._companions = None

    def _on_session_changed(self, changes: Changes) -> None:
        store = self._session.store
        both = changes.images and changes.annotations
        if changes.labels or changes.rules or both or len(changes.annotations) > MANY:
            self._broken = None
        elif self._broken is not None and changes.images:
            # those that were added come last, in many batches
            added = store.states[len(self._broken) :]
            self._broken = np.append(self._broken, violating(added, store.labels, store.rules))
        elif self._broken is not None and changes.annotations:
            ids = np.fromiter(changes.annotations, np.int64, len(changes.annotations))
            self._broken[store.rows_of(ids)] = violating(store.states_of(ids), store.labels, store.rules)
        if changes.labels or changes.rules:
            self._companions = None
            self._count()
        elif changes.annotations:
            self._rest.start(REST_MS)
        # of images that are added only a model has something to say
        has_more = changes.images and self._scores.run_id is not None
        if changes.labels or changes.rules or changes.annotations or has_more:
            self.changed.emit()

    def _count(self) -> None:
        """Count in a thread which labels come along with which."""
        store = self._session.store
        if store.task == MULTI_CLASS:
            return
        # the states themselves: whoever changes one meanwhile has them counted again
        count = functools.partial(Companions.of, store.states, labels=store.labels, rules=store.rules)
        background.run(self, count, self._on_counted, lambda error: self._session.message.emit(str(error)), key="count")

    def _on_counted(self, companions: Companions) -> None:
        if self._session.has_project:
            self._companions = companions
            if self._fits():
                self.changed.emit()
