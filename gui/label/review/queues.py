"""Queues of images that wait for somebody, and how many wait in each."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal

from core.labels import MULTI_CLASS
from core.project.changes import Changes
from core.project.query import PathIndex, QueryData, parse
from core.project.store import Store
from gui import background
from gui.label.review.folders import Folders, folders_of
from gui.label.review.scores.model_scores import ModelScores
from gui.session import Session

REST_MS = 120
"""Edits come in quick succession; counts follow so long after the first of them."""
FOLDERS_MS = 400
"""As that, for folders, while images are added in many batches."""
CALM_MS = 800
"""So long after the last of them the search of names is made ready."""

_NO_PATHS = PathIndex.of([])


@dataclass(frozen=True, slots=True)
class Queue:
    """Images that wait for a person.

    Attributes:
        id: of the queue.
        text: its name.
        tip: what is in it.
        filter: what its images have in common, and in which order they come.
        icon: of its row.
        command: id of the command that shows it; empty for none.
        reason: why there is nothing in it.
    """

    id: str
    text: str
    tip: str
    filter: str
    icon: str
    command: str
    reason: str


# in the order of their keys
QUEUES = (
    Queue("unreviewed", "Unreviewed", "Images that are still to be reviewed", "unreviewed", "circle-dashed",
          "view.queue_unreviewed", "Every image was reviewed, or somebody is unsure of it."),
    Queue("unsure", "Unsure", "Images that somebody was unsure of", "unsure", "question", "view.queue_unsure",
          "Nobody is unsure of any image."),
    Queue("conflicts", "Rule conflicts", "Images whose labels break a rule", "conflict", "warning",
          "view.queue_conflicts", "No image breaks a rule."),
    Queue("disagree", "Model disagrees", "Images that the model sees otherwise, the clearest first",
          "disagree sort:-disagree", "git-diff", "view.queue_disagree", "The model sees every image as you do."),
    Queue("flagged", "Flagged", "Images with a flag", "flagged", "flag", "view.queue_flagged", "No image has a flag."),
    Queue("disputed", "Disputed", "Images that another copy labelled otherwise, found when it was merged", "disputed",
          "scales", "view.queue_disputed", "No merge left anything to decide."),
    Queue("notes", "With notes", "Images with a note", "note:*", "note-pencil", "view.queue_notes",
          "No image has a note."),
    Queue("unreadable", "Unreadable", "Images whose file cannot be read", "unreadable", "prohibit",
          "view.queue_unreadable", "Every image that was looked at can be read."),
)  # fmt: skip


@dataclass(frozen=True)
class Overview:
    """How many images there are, and wait.

    Attributes:
        images: all of them.
        reviewed: those that were reviewed.
        queues: by id of the queue.
    """

    images: int = 0
    reviewed: int = 0
    queues: Mapping[str, int] = field(default_factory=dict)


class QueueCounter(QObject):
    """Counts in a thread what waits, and how many images each folder has.

    Signals:
        changed: `overview` is new.
        folders_changed: `folders` is new.
    """

    changed = Signal()
    folders_changed = Signal()

    def __init__(self, session: Session, scores: ModelScores, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._scores = scores
        self.overview = Overview()
        self.folders = Folders()
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._count)
        self._look = QTimer(self, singleShot=True)
        self._look.timeout.connect(self._count_folders)
        self._calm = QTimer(self, singleShot=True, interval=CALM_MS)
        self._calm.timeout.connect(self._prepare_search)
        session.project_opened.connect(self._on_project_opened)
        session.project_closed.connect(self._on_project_closed)
        session.changed.connect(self._on_session_changed)
        session.facts_read.connect(self._count_soon)
        scores.changed.connect(self._count_soon)
        if session.has_project:
            self._on_project_opened()

    def count_now(self, queue: Queue) -> int:
        """How many images are in a queue at this moment; some 20 ms for 100,000 images of 80 labels."""
        store = self._session.store
        return int(np.count_nonzero(parse(queue.filter, store.labels).matches(self._data())))

    def reason(self, queue: Queue) -> str:
        """Why a queue is empty, and what would fill it."""
        if queue.id == "disagree" and self._scores.probabilities is None:
            return self._scores.sentence
        if queue.id == "conflicts" and self._session.has_project and not self._has_rules():
            return QCoreApplication.translate("Queues", "There are no rules yet: add some with Labels, Rules.")
        return QCoreApplication.translate("Queues", queue.reason)

    def _has_rules(self) -> bool:
        store = self._session.store
        return bool(store.rules) or any(label.parent is not None for label in store.labels)

    def _data(self, *, copies: bool = False) -> QueryData:
        """What filters see, without the paths, which no queue asks for.

        Args:
            copies: whether what a thread cannot go through while it grows is copied. The arrays are not: an edit that
                is made meanwhile changes numbers in them, and has all counted again.
        """
        store = self._session.store
        probabilities, thresholds = self._scores.probabilities, self._scores.thresholds
        fits = probabilities is not None and probabilities.shape == store.states.shape
        return QueryData(
            labels=store.labels,
            states=store.states,
            review=store.review,
            reviewed_at=store.reviewed_at,
            flagged=store.flagged,
            splits=store.splits,
            image_ids=store.image_ids,
            paths=_NO_PATHS,
            problems=dict(store.problems) if copies else store.problems,
            notes=dict(store.notes) if copies else store.notes,
            widths=store.widths,
            heights=store.heights,
            sizes=store.sizes,
            rules=store.rules,
            disputes=dict(store.disputes) if copies else store.disputes,
            scores=probabilities if fits else None,
            thresholds=thresholds if fits else None,
            is_multi_class=store.task == MULTI_CLASS,
        )

    def _count_soon(self, _what: object = None) -> None:
        # not again from the start: what changes all the time is to be seen, too
        if self._session.has_project and not self._rest.isActive():
            self._rest.start()

    def _count(self) -> None:
        if not self._session.has_project:
            return
        data = self._data(copies=True)
        background.run(self, lambda: _overview(data), self._on_counted, self._on_failed, key="count", is_short=True)

    def _count_folders(self) -> None:
        if self._session.has_project:
            paths = list(self._session.store.paths)
            background.run(
                self, lambda: folders_of(paths), self._on_folders_counted, self._on_failed, key="folders", is_short=True
            )

    def _prepare_search(self) -> None:
        """Have the index of the paths made that the first filter needs, which is no work for the window's thread."""
        if not self._session.has_project:
            return
        store = self._session.store
        paths, before = list(store.paths), QueryData.index_of(store)

        def make() -> PathIndex:
            index = PathIndex.of(paths, before)
            index.prepare()
            return index

        done = functools.partial(self._on_search_prepared, store)
        background.run(self, make, done, self._on_failed, key="paths", is_short=True)

    def _on_counted(self, overview: Overview) -> None:
        if self._session.has_project and overview != self.overview:
            self.overview = overview
            self.changed.emit()

    def _on_folders_counted(self, folders: Folders) -> None:
        if self._session.has_project and folders != self.folders:
            self.folders = folders
            self.folders_changed.emit()

    def _on_search_prepared(self, store: Store, index: PathIndex) -> None:
        if self._session.has_project and self._session.store is store:
            QueryData.keep_index(store, index)

    def _on_failed(self, error: Exception) -> None:
        self._session.message.emit(str(error))

    def _on_session_changed(self, changes: Changes) -> None:
        if changes.images:
            self._calm.start()
            if not self._look.isActive():
                self._look.start(FOLDERS_MS)
        if changes.images or changes.annotations or changes.labels or changes.rules:
            self._count_soon()

    def _on_project_opened(self) -> None:
        # in a moment: the images are seen first
        self._rest.start()
        self._look.start(REST_MS)
        self._calm.start()

    def _on_project_closed(self) -> None:
        for timer in (self._rest, self._look, self._calm):
            timer.stop()
        background.cancel_of(self)
        self.overview, self.folders = Overview(), Folders()
        self.changed.emit()
        self.folders_changed.emit()


def _overview(data: QueryData) -> Overview:
    queues = {queue.id: int(np.count_nonzero(parse(queue.filter, data.labels).matches(data))) for queue in QUEUES}
    reviewed = int(np.count_nonzero(parse("reviewed", data.labels).matches(data)))
    return Overview(len(data.image_ids), reviewed, queues)
