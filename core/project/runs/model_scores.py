"""What a run says of the images of a project, in rows and columns that fit the project as it is now."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from core.errors import MultihotError, ProjectError
from core.evaluation.calibration import CALIBRATION_FILE, Calibration
from core.evaluation.predictions import PREDICTIONS_FILE, Predictions
from core.evaluation.suggestions import SUGGESTIONS_FILE, Suggestions
from core.evaluation.threshold_file import THRESHOLDS_FILE, ThresholdSet
from core.evaluation.thresholds import DEFAULT_THRESHOLD
from core.labels import MULTI_CLASS, PRESENT, UNKNOWN, Label, Task
from core.project.runs.run_list import Run
from core.project.runs.snapshot import Snapshot

# a column of the project's that the run knows nothing of
_NONE: Final = -1
# calibrating takes eight bytes a number, for so many images at a time
_CHUNK: Final = 8192


@dataclass(frozen=True, eq=False)
class AlignedScores:
    """Probabilities of N images, aligned to a project's rows and labels. Kept once; `aligned` moves it.

    Attributes:
        run_id: whose they are.
        task: of the run; in multi-class the label of the highest probability is the decision.
        image_ids: int64 (N,), ascending.
        label_ids: of the run's R labels, -1 where they are not known.
        label_names: of the run's R labels.
        run_thresholds: float64 (R,), to be compared with these probabilities; 0.5 in multi-class.
        seen: int64 (V,), ids of the images that were in the run's training, ascending.
        problems: what could not be read of the run beside its probabilities, in sentences.
    """

    run_id: int
    task: Task
    image_ids: NDArray[np.int64]
    label_ids: tuple[int, ...]
    label_names: tuple[str, ...]
    run_thresholds: NDArray[np.float64]
    seen: NDArray[np.int64]
    problems: tuple[str, ...]
    # float32 (N, W), columns contiguous: those of the project's C labels, then those of the run's that have no label
    # now, but may have one again after an undo
    _matrix: NDArray[np.float32]
    # the run's column of each, or _NONE
    _sources: tuple[int, ...]
    _labels: int

    @property
    def is_multi_class(self) -> bool:
        """Whether the label of the highest probability is the decision, and thresholds play no part."""
        return self.task == MULTI_CLASS

    @cached_property
    def probabilities(self) -> NDArray[np.float32]:
        """float32 (N, C), read-only, columns contiguous; NaN where the run says nothing."""
        return self._matrix[:, : self._labels]

    @cached_property
    def thresholds(self) -> NDArray[np.float64]:
        """float64 (C,); NaN for a label that the run does not know. In multi-class 0.5, which only one can reach."""
        sources = np.array(self._sources[: self._labels], np.int64)
        found = np.full(len(sources), np.nan)
        found[sources != _NONE] = self.run_thresholds[sources[sources != _NONE]]
        return found

    @cached_property
    def cuts(self) -> NDArray[np.float32]:
        """The thresholds at the precision at which they decide, float32 (C,)."""
        return self.thresholds.astype(np.float32)

    @property
    def scored(self) -> NDArray[np.bool_]:
        """The images (N,) of which the run says something."""
        # a run knows all of its labels of an image, or none
        known = np.flatnonzero(np.array(self._sources, np.int64) != _NONE)
        return ~np.isnan(self._matrix[:, known[0]]) if len(known) else np.zeros(len(self.image_ids), np.bool_)

    def fits(self, image_ids: NDArray[np.int64], labels: Sequence[Label]) -> bool:
        """Whether rows and columns are these; some microseconds."""
        same = image_ids is self.image_ids or np.array_equal(image_ids, self.image_ids)
        return same and self._labels == len(labels) and self._sources == self._sources_of(labels)

    def aligned(self, image_ids: NDArray[np.int64], labels: Sequence[Label]) -> Self:
        """The same for other images and labels of the project: some ten milliseconds for 100,000 images of 80 labels.

        A label is found by its number, so that it can be renamed; one that was deleted and made again by its name.

        Args:
            image_ids: int64 (N,), ascending.
            labels: the C labels of the project.
        """
        sources = self._sources_of(labels)
        matrix = self._matrix
        if image_ids is not self.image_ids and not np.array_equal(image_ids, self.image_ids):
            matrix = self._with_rows(image_ids)
        if sources != self._sources:
            places = {source: place for place, source in enumerate(self._sources) if source != _NONE}
            moved = np.full((len(image_ids), len(sources)), np.nan, np.float32, order="F")
            for column, source in enumerate(sources):
                if source != _NONE:
                    moved[:, column] = matrix[:, places[source]]
            matrix = moved
        matrix.setflags(write=False)
        return replace(self, image_ids=image_ids, _matrix=matrix, _sources=sources, _labels=len(labels))

    def _with_rows(self, image_ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """The matrix for other images."""
        moved = np.full((len(image_ids), self._matrix.shape[1]), np.nan, np.float32, order="F")
        count = len(self.image_ids)
        if np.array_equal(image_ids[:count], self.image_ids):
            # as a rule, images were added; ten times as fast as to look for each
            moved[:count] = self._matrix
            return moved
        before = np.searchsorted(self.image_ids, image_ids)
        there = np.flatnonzero(self.image_ids.take(before, mode="clip") == image_ids) if count else before[:0]
        for column in range(moved.shape[1]):
            moved[there, column] = self._matrix[before[there], column]
        return moved

    def suggestions_at(self, row: int, states: NDArray[np.int8]) -> list[tuple[int, float]]:
        """What the run would add to what a person said of an image; some microseconds.

        Args:
            row: of the image.
            states: int8 (C,) of its labels.

        Returns:
            Columns of labels and their probabilities, the highest first: unknown labels that reach their thresholds. In
            multi-class the most probable one of those that are not ruled out, unless one is present.
        """
        scores = self.probabilities[row]
        open_ = (states == UNKNOWN) & ~np.isnan(scores)
        if self.is_multi_class:
            if (states == PRESENT).any() or not open_.any():
                return []
            best = int(np.where(open_, scores, -1).argmax())
            return [(best, float(scores[best]))]
        found = np.flatnonzero(open_ & (scores >= self.cuts))
        order = found[np.argsort(-scores[found], kind="stable")]
        return [(int(column), float(scores[column])) for column in order]

    def _sources_of(self, labels: Sequence[Label]) -> tuple[int, ...]:
        """The run's column of each label of the project, then those of which there is no label now."""
        by_id = {label_id: column for column, label_id in enumerate(self.label_ids) if label_id >= 0}
        there = {label.id for label in labels}
        # by name only what no label has by its number
        by_name = {
            name.casefold(): column
            for column, (name, label_id) in enumerate(zip(self.label_names, self.label_ids, strict=True))
            if label_id not in there
        }
        found = tuple(by_id.get(label.id, by_name.get(label.name.casefold(), _NONE)) for label in labels)
        return found + tuple(column for column in range(len(self.label_names)) if column not in found)


def load_model_scores(run: Run, image_ids: NDArray[np.int64], labels: Sequence[Label]) -> AlignedScores:
    """Read what a run says of a project's images; some tenths of a second for millions of numbers: off the GUI thread.

    Probabilities are calibrated where a calibration was chosen for the run, and its thresholds with them. A file of
    thresholds or a calibration that cannot be read is told of, and done without.

    Args:
        run: finished, or stopped with a model.
        image_ids: int64 (N,), of the project, ascending.
        labels: of the project.

    Raises:
        MultihotError: the run has no scores, or their file is damaged.
    """
    predictions = Predictions.load(run.folder / PREDICTIONS_FILE)
    names, task = predictions.label_names, predictions.task
    since = Suggestions.of_run(run.folder, names)
    problems: list[str] = []
    try:
        thresholds = ThresholdSet.of_run(run.folder, names)
    except MultihotError as error:
        thresholds = ThresholdSet.default(names)
        problems.append(error.sentence)
    try:
        calibration = Calibration.of_run(run.folder, names, task)
    except MultihotError as error:
        calibration = Calibration.none(names, task)
        problems.append(error.sentence)
    cuts = np.full(len(names), DEFAULT_THRESHOLD)
    if task != MULTI_CLASS:
        cuts = calibration.apply_to_thresholds(thresholds.values)
    matrix = np.full((len(image_ids), len(names)), np.nan, np.float32, order="F")
    for ids, probabilities in (
        (predictions.image_ids, predictions.probabilities),
        (since.image_ids, since.probabilities),
    ):
        _fill(matrix, image_ids, ids, probabilities, calibration)
    scores = AlignedScores(
        run_id=run.id,
        task=task,
        image_ids=image_ids,
        label_ids=_label_ids(run, names),
        label_names=names,
        run_thresholds=cuts,
        seen=np.sort(predictions.image_ids),
        problems=tuple(problems),
        _matrix=matrix,
        _sources=tuple(range(len(names))),
        _labels=len(names),
    )
    return scores.aligned(image_ids, labels)


def stamp_of(run: Path) -> tuple[int, ...]:
    """What changes whenever one of the files changes of which `load_model_scores` reads; looks at the disk."""
    stamp: list[int] = []
    for name in (PREDICTIONS_FILE, SUGGESTIONS_FILE, THRESHOLDS_FILE, CALIBRATION_FILE):
        try:
            facts = (run / name).stat()
        except OSError:
            stamp += (0, 0)
        else:
            stamp += (facts.st_mtime_ns, facts.st_size)
    return tuple(stamp)


def _fill(
    matrix: NDArray[np.float32],
    image_ids: NDArray[np.int64],
    ids: NDArray[np.int64],
    probabilities: NDArray[np.float32],
    calibration: Calibration,
) -> None:
    """Put probabilities (n, R) of some images into the rows of a matrix (N, R), calibrated."""
    rows = np.searchsorted(image_ids, ids)
    there = image_ids.take(rows, mode="clip") == ids if len(image_ids) else np.zeros(len(ids), np.bool_)
    # images that are not in the project any more are left out
    wanted = np.flatnonzero(there)
    for start in range(0, len(wanted), _CHUNK):
        part = wanted[start : start + _CHUNK]
        block = probabilities[part]
        if not calibration.is_none:
            block = calibration.apply(block).astype(np.float32)
        matrix[rows[part]] = block


def _label_ids(run: Run, label_names: tuple[str, ...]) -> tuple[int, ...]:
    """The project's numbers of a run's labels, which stay when a label is renamed."""
    try:
        snapshot = Snapshot.load(run.folder / "snapshot.npz")
    except ProjectError:
        # its labels are found by their names then
        return (_NONE,) * len(label_names)
    ids = dict(zip(snapshot.label_names, snapshot.label_ids.tolist(), strict=True))
    return tuple(ids.get(name, _NONE) for name in label_names)
