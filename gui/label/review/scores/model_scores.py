"""What a trained run says of the images of the open project: read, kept in line with it, and added to."""

import functools
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Signal

from core.errors import MultihotError
from core.jobs.events import ImagesScored, RunFailed, ScoreFinished
from core.jobs.score import prepare_scoring, scoring_folder
from core.jobs.start import warm_up
from core.labels import Label
from core.project.changes import Changes
from core.project.runs.run_list import Run
from gui import background
from gui.label.review.scores.score_loading import LoadedScores, load_scores
from gui.label.review.scores.scoring import Scoring
from gui.session import Session

if TYPE_CHECKING:
    from core.project.runs.model_scores import AlignedScores

JOB_KEY = "score"
# several files of a run are written one after the other
REST_MS = 250


class ModelScores(QObject):
    """Owns the probabilities of one run, aligned to the images and labels of the open project as they are now.

    It is the newest finished run. They are read in a thread, and again when the run's
    files change: thresholds that are moved in Inspect, or images that were scored. Arrays are never written to; after
    `changed` ask again.

    Signals:
        changed: other probabilities or thresholds, or none any more; also when images or labels changed.
    """

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._loaded: LoadedScores | None = None
        self._scores: AlignedScores | None = None
        # the labels to which the scores are aligned, the very tuple
        self._labels: tuple[Label, ...] = ()
        self._scoring: Scoring | None = None
        self._scoring_run: Run | None = None
        self._is_preparing = False
        # of the images that are being scored, those whose scores were written when it was told last
        self._kept = 0
        # whether to look for a worker that scores images since the project was open last
        self._takes_up = False
        self._watcher = QFileSystemWatcher(self)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)

        self._watcher.directoryChanged.connect(self._look_soon)
        self._rest.timeout.connect(self.refresh)
        session.project_opened.connect(self._on_project_opened)
        session.project_closed.connect(self._on_project_closed)
        session.changed.connect(self._on_session_changed)
        if session.has_project:
            self._on_project_opened()

    # what the run says

    @property
    def run_id(self) -> int | None:
        """The run whose scores these are; None while there are none."""
        return None if self._scores is None else self._scores.run_id

    @property
    def scores(self) -> "AlignedScores | None":
        """All of it, aligned to the store; None without a run. Cheap unless images or labels have just changed."""
        if self._scores is None or not self._session.has_project:
            return None
        store = self._session.store
        # the very objects, which are new ones after a change
        if store.image_ids is not self._scores.image_ids or store.labels is not self._labels:
            self._scores = self._scores.aligned(store.image_ids, store.labels)
            self._labels = store.labels
        return self._scores

    @property
    def probabilities(self) -> NDArray[np.float32] | None:
        """float32 (N, C) in the store's rows and labels, NaN where the run says nothing, calibrated as was chosen."""
        scores = self.scores
        return None if scores is None else scores.probabilities

    @property
    def thresholds(self) -> NDArray[np.float64] | None:
        """float64 (C,) of those probabilities, NaN for a label that the run does not know; 0.5 in multi-class."""
        scores = self.scores
        return None if scores is None else scores.thresholds

    @property
    def sentence(self) -> str:
        """Why there are no scores, and what to do about it; empty where there are some."""
        if self._scores is not None or not self._session.has_project:
            return ""
        if self._loaded is None:
            return self.tr("Scores are being read…")
        if self._loaded.error is not None:
            return str(self._loaded.error)
        return self.tr("No run has finished yet. Train one in Train: its model then suggests labels here.")

    def suggestions(self, image_id: int) -> list[tuple[int, float]]:
        """What the run would make present of an image's unknown labels: label ids and probabilities, highest first."""
        return [(label.id, probability) for label, probability in self.suggestions_of(image_id)]

    def suggestions_of(self, image_id: int) -> list[tuple[Label, float]]:
        """The same with the labels themselves, for a delegate that paints many: some ten microseconds."""
        scores = self.scores
        if scores is None:
            return []
        row = int(np.searchsorted(scores.image_ids, image_id))
        if row == len(scores.image_ids) or scores.image_ids[row] != image_id:
            return []
        return self.suggestions_of_row(row)

    def suggestions_of_row(self, row: int) -> list[tuple[Label, float]]:
        """The same of a row of the store."""
        scores = self.scores
        if scores is None:
            return []
        states = self._session.store.states[row]
        return [(self._labels[column], probability) for column, probability in scores.suggestions_at(row, states)]

    # scoring images

    @property
    def is_scoring(self) -> bool:
        """Whether images are being scored, or looked through for that."""
        return self._is_preparing or self._scoring is not None

    def score_all(self) -> None:
        """Have a worker score the images that the run has no probabilities for, and those whose files changed."""
        scores = self.scores
        if self.is_scoring:
            self._session.message.emit(self.tr("Images are being scored already; the status bar shows how far it is."))
            return
        if scores is None or self._loaded is None or self._loaded.run is None:
            self._session.message.emit(self.sentence)
            return
        store, run = self._session.store, self._loaded.run
        ids = store.image_ids[~np.isin(store.image_ids, scores.seen)]
        prepare = functools.partial(prepare_scoring, run, ids.tolist(), store.image_paths(ids))
        self._is_preparing = True
        self._session.jobs.set(JOB_KEY, name=self.tr("Looking for images without scores"))
        done, failed = functools.partial(self._on_prepared, run), functools.partial(self._on_not_prepared, run)
        background.run(self, prepare, done, failed, key="prepare")

    def cancel_scoring(self) -> None:
        """End the scoring; what is done is kept."""
        if self._scoring is not None and not self._scoring.is_cancelled:
            self._scoring.cancel()
            self._session.jobs.set(JOB_KEY, name=self.tr("Scoring images ends after those it is at"))

    def _on_prepared(self, run: Run, folder: Path | None) -> None:
        if not self._is_open(run):
            return
        self._is_preparing = False
        if folder is None:
            self._session.jobs.remove(JOB_KEY)
            self._session.message.emit(self.tr("Run {} has scored all images.").format(run.id))
        else:
            self._follow(run, folder, start_worker=True)

    def _on_not_prepared(self, run: Run, error: MultihotError) -> None:
        if self._is_open(run):
            self._is_preparing = False
            self._session.jobs.remove(JOB_KEY)
            self._session.message.emit(str(error))

    def _follow(self, run: Run, folder: Path, *, start_worker: bool) -> None:
        self._scoring_run, self._kept = run, 0
        self._scoring = Scoring(folder, start_worker=start_worker, parent=self)
        self._scoring.progressed.connect(self._on_progressed)
        self._scoring.ended.connect(self._on_scoring_ended)
        self._session.jobs.set(JOB_KEY, name=self.tr("Scoring images: starting"), cancel=self.cancel_scoring)

    def _on_progressed(self, event: ImagesScored) -> None:
        if self._scoring is None or self._scoring.is_cancelled:
            return
        name = self.tr("Scoring images with run {} · {} a second").format(
            self._scoring_run.id if self._scoring_run else "", f"{event.images_per_second:,.1f}"
        )
        self._session.jobs.set(
            JOB_KEY,
            name=name,
            fraction=event.done / event.total if event.total else None,
            eta_seconds=event.eta_seconds,
            cancel=self.cancel_scoring,
        )
        if event.kept != self._kept:
            # the watcher tells of most of it; a folder on a network tells of nothing
            self._look_soon()
        self._kept = event.kept

    def _on_scoring_ended(self, outcome: ScoreFinished | RunFailed | None) -> None:
        self._drop_scoring()
        match outcome:
            case ScoreFinished():
                text = self.tr("1 image scored")
                if outcome.images != 1:
                    text = self.tr("{} images scored").format(f"{outcome.images:,}")
                if outcome.skipped_images:
                    text += self.tr("; {} cannot be read").format(f"{outcome.skipped_images:,}")
                if outcome.stopped:
                    text += self.tr("; score again to go on")
                self._session.message.emit(text)
            case RunFailed():
                self._session.message.emit(f"{outcome.sentence} {outcome.next_step}".rstrip())
            case None:
                self._session.message.emit(self.tr("Scoring was cancelled; what was done is kept"))
        self.refresh()
        if self._session.settings.warm_worker:
            # the one that was kept ready is gone
            background.run(self, warm_up, background.nothing, background.nothing)

    def _drop_scoring(self) -> None:
        if self._scoring is not None:
            self._scoring.deleteLater()
        self._scoring = self._scoring_run = None
        self._session.jobs.remove(JOB_KEY)

    # reading

    def refresh(self) -> None:
        """Look whether the run's files changed, or whether there is a newer run; in a thread."""
        if not self._session.has_project:
            return
        store = self._session.store
        known = None
        if self._loaded is not None and self._loaded.run is not None and self._scores is not None:
            known = (self._loaded.run, self._loaded.stamp)
        load = functools.partial(
            load_scores, store.runs(), known, store.image_ids, store.labels, takes_up=self._takes_up
        )
        done = functools.partial(self._on_loaded, store.folder)
        background.run(self, load, done, background.nothing, key="load", is_short=True)

    def _look_soon(self) -> None:
        # not again from the start: what changes all the time is to be seen, too
        if not self._rest.isActive():
            self._rest.start()

    def _on_loaded(self, project: Path, loaded: LoadedScores) -> None:
        if not self._session.has_project or self._session.store.folder != project:
            return
        if loaded.scoring is not None and not self.is_scoring:
            self._follow(loaded.scoring, scoring_folder(loaded.scoring.folder), start_worker=False)
        self._takes_up = False
        had_scores, was = self._scores is not None, self._loaded
        # the scores have one owner: they are moved when images or labels change
        self._loaded = replace(loaded, scores=None)
        if loaded.is_as_before:
            return
        self._scores, self._labels = loaded.scores, loaded.labels
        self._watch(loaded.run.folder if loaded.run is not None else None)
        for problem in loaded.scores.problems if loaded.scores is not None else ():
            self._session.message.emit(problem)
        if had_scores or loaded.scores is not None or was is None or str(was.error) != str(loaded.error):
            self.changed.emit()

    def _watch(self, folder: Path | None) -> None:
        wanted = [] if folder is None else [str(folder)]
        watched = self._watcher.directories()
        if watched == wanted:
            return
        if watched:
            self._watcher.removePaths(watched)
        if wanted:
            self._watcher.addPaths(wanted)

    def _is_open(self, run: Run) -> bool:
        return self._session.has_project and run.folder.parent.parent == self._session.store.folder

    def _on_session_changed(self, changes: Changes) -> None:
        if changes.runs:
            self.refresh()
        if (changes.labels or changes.images) and self._scores is not None:
            self.changed.emit()

    def _on_project_opened(self) -> None:
        self._takes_up = True
        self.refresh()

    def _on_project_closed(self) -> None:
        self._rest.stop()
        self._watch(None)
        if self._scoring is not None:
            # it goes on, and is taken up when the project is opened again
            self._scoring.let_go()
        self._drop_scoring()
        self._is_preparing = False
        self._loaded, self._scores, self._labels = None, None, ()
        self.changed.emit()
