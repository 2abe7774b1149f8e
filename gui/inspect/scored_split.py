"""A run's scores on one split, ready for thresholds to be moved; no Qt."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.errors import MultihotError, ProjectError
from core.evaluation.metrics import Counts, PrecisionRecallCurve, average_precision, counts_at, mean_over_labels
from core.evaluation.multi_class import confusion_matrix, highest
from core.evaluation.predictions import PREDICTIONS_FILE, Predictions
from core.evaluation.ranking import Flips, RankedScores
from core.evaluation.threshold_file import FIRST_SET, ThresholdBook, ThresholdSet
from core.evaluation.thresholds import DEFAULT_THRESHOLD
from core.labels import Split
from core.project.runs.run_list import Run
from core.project.runs.snapshot import Snapshot


@dataclass(frozen=True, eq=False)
class ScoredSplit:
    """What a run's model said of the images of one split, sorted once.

    Attributes:
        run: the run.
        split: the split.
        sizes: images that were scored of each split.
        everything: what the model said of the images of all splits.
        predictions: of the images of this split, V of them.
        ranked: the same, sorted.
        ap: average precision per label, float64 (C,), NaN without a positive.
        support: images on which each label is present, int64 (C,).
        book: the sets of thresholds that are kept with the run.
        label_ids: of the labels in the project, int64 (C,); -1 where they are not known.
    """

    run: Run
    split: Split
    sizes: dict[Split, int]
    everything: Predictions
    predictions: Predictions
    ranked: RankedScores
    ap: NDArray[np.float64]
    support: NDArray[np.int64]
    book: ThresholdBook
    label_ids: NDArray[np.int64]

    @property
    def label_names(self) -> tuple[str, ...]:
        """The C labels, in the order of the columns."""
        return self.predictions.label_names

    @property
    def mean_ap(self) -> float:
        """mAP; NaN when no label has a positive."""
        return mean_over_labels(self.ap)

    @property
    def is_multi_class(self) -> bool:
        """Whether the label of the highest probability is the decision, and thresholds play no part."""
        return self.predictions.is_multi_class

    @cached_property
    def confusion(self) -> NDArray[np.int64]:
        """In multi-class, images by the label present, rows, and the label predicted, columns; (C, C)."""
        return confusion_matrix(self.predictions.probabilities, self.predictions.targets, self.predictions.known)

    @cached_property
    def chosen(self) -> NDArray[np.bool_]:
        """In multi-class, where a label is predicted: it has the highest probability of its image; bool (V, C)."""
        return highest(self.predictions.probabilities)

    @cached_property
    def _counts_chosen(self) -> Counts:
        return counts_at(self.chosen, self.predictions.targets, DEFAULT_THRESHOLD, known=self.predictions.known)

    def prepare(self) -> None:
        """Look at all images of a multi-class run now, some tenths of a second, rather than when they are shown."""
        if self.is_multi_class:
            _ = self.confusion, self._counts_chosen

    def counts(self, thresholds: NDArray[np.float64]) -> Counts:
        """Right and wrong decisions of all labels, in arrays of the caller's own.

        Args:
            thresholds: float64 (C,); of no effect in multi-class.
        """
        if self.is_multi_class:
            kept = self._counts_chosen
            return Counts(kept.tp.copy(), kept.fp.copy(), kept.fn.copy(), kept.tn.copy())
        return self.ranked.counts(thresholds)

    def predicted(
        self, rows: NDArray[np.int64], labels: NDArray[np.int64], thresholds: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """Whether labels are predicted on images.

        Args:
            rows: int64 (n,), of the images.
            labels: int64 (n,), columns of the labels.
            thresholds: float64 (C,); of no effect in multi-class.

        Returns:
            bool (n,).
        """
        if self.is_multi_class:
            return self.chosen[rows, labels]
        found: NDArray[np.bool_] = self.predictions.probabilities[rows, labels] >= thresholds.astype(np.float32)[labels]
        return found

    def missed(self, label: int, threshold: float, *, limit: int) -> NDArray[np.int64]:
        """Rows of the images on which a label is present but not predicted, the lowest probability first."""
        if not self.is_multi_class:
            return self.ranked.false_negatives(label, threshold, limit=limit)
        rows = np.flatnonzero(self.predictions.targets[:, label] & ~self.chosen[:, label])
        return rows[np.argsort(self.predictions.probabilities[rows, label], kind="stable")][:limit]

    def false_alarms(self, label: int, threshold: float, *, limit: int) -> NDArray[np.int64]:
        """Rows of the images on which a label is predicted but absent, the highest probability first."""
        if not self.is_multi_class:
            return self.ranked.false_positives(label, threshold, limit=limit)
        absent = self.predictions.known[:, label] & ~self.predictions.targets[:, label]
        rows = np.flatnonzero(absent & self.chosen[:, label])
        return rows[np.argsort(-self.predictions.probabilities[rows, label], kind="stable")][:limit]

    def instead(self, label: int, rows: NDArray[np.int64]) -> list[str]:
        """In multi-class, what wrong images are taken for, or what they are where they are taken for the label.

        Args:
            label: that is missed or a false alarm.
            rows: of the images.

        Returns:
            A name per image; empty where nothing is known to be present, and in multi-label.
        """
        if not self.is_multi_class:
            return [""] * len(rows)
        predicted, present = self.chosen[rows], self.predictions.targets[rows]
        others = np.where(predicted[:, [label]], present, predicted)
        return [self.label_names[int(other.argmax())] if other.any() else "" for other in others]

    def rows_taken_for(self, label: int, other: int) -> NDArray[np.int64]:
        """In multi-class, rows of the images of a label that are taken for another, the most certain mistakes first."""
        rows = np.flatnonzero(self.predictions.targets[:, label] & self.chosen[:, other])
        return rows[np.argsort(-self.predictions.probabilities[rows, other], kind="stable")]

    def curve(self, label: int) -> PrecisionRecallCurve:
        """The precision-recall curve of a label, thinned for drawing."""
        return self.ranked.curve(label)

    def between_scores(self, label: int, score: float) -> float:
        """A threshold that takes images of this score or more and lies on no score."""
        return self.ranked.between_scores(label, score)

    def flips(self, label: int, before: float, after: float, *, limit: int) -> Flips:
        """Rows of the images that change sides as a label's threshold moves; those that were last first."""
        return self.ranked.flips(label, before, after, limit=limit)


def load_scored_split(run: Run, split: Split) -> ScoredSplit:
    """Read and sort a run's scores; some tenths of a second for millions of them: off the GUI thread.

    Args:
        run: finished, or stopped with a model.
        split: the images to look at; where none was scored, the first of validation, train and test that has some.

    Raises:
        MultihotError: the run has no scores, or their file is damaged.
    """
    everything = load_predictions(run)
    sizes = {one: int((everything.splits == one).sum()) for one in (Split.VALIDATION, Split.TRAIN, Split.TEST)}
    if not sizes[split]:
        split = next((one for one, size in sizes.items() if size), split)
    predictions = everything.of(split)
    probabilities, targets, known = predictions.probabilities, predictions.targets, predictions.known
    scored = ScoredSplit(
        run=run,
        split=split,
        sizes=sizes,
        everything=everything,
        predictions=predictions,
        ranked=RankedScores(probabilities, targets, known),
        ap=average_precision(probabilities, targets, known),
        support=targets.sum(axis=0),
        book=_book(run, everything.label_names),
        label_ids=_label_ids(run, everything.label_names),
    )
    scored.prepare()
    return scored


def _book(run: Run, label_names: tuple[str, ...]) -> ThresholdBook:
    """The sets of thresholds kept with a run."""
    try:
        return ThresholdBook.of_run(run.folder, label_names)
    except MultihotError:
        # the scores can be looked at without; who keeps thresholds tells of it
        return ThresholdBook((ThresholdSet.default(label_names),), FIRST_SET)


def _label_ids(run: Run, label_names: tuple[str, ...]) -> NDArray[np.int64]:
    """The project's numbers of a run's labels, which stay when a label is renamed."""
    try:
        snapshot = Snapshot.load(run.folder / "snapshot.npz")
    except ProjectError:
        # the scores are there and can be looked at; only annotations cannot be put right
        return np.full(len(label_names), -1, np.int64)
    ids = dict(zip(snapshot.label_names, snapshot.label_ids.tolist(), strict=True))
    return np.array([ids.get(name, -1) for name in label_names], np.int64)


def load_predictions(run: Run) -> Predictions:
    """Read all scores of a run.

    Raises:
        MultihotError: there are none, or the file is damaged.
    """
    return Predictions.load(run.folder / PREDICTIONS_FILE)


class Decisions:
    """Right and wrong decisions of all labels at thresholds that move one at a time.

    Attributes:
        counts: of all labels, at the thresholds of the moment.
    """

    def __init__(self, scored: ScoredSplit, thresholds: NDArray[np.float64]) -> None:
        """Count.

        Args:
            scored: the scores.
            thresholds: float64 (C,) in [0, 1].
        """
        self._scored = scored
        self.counts = scored.counts(thresholds)

    def move(self, label: int, threshold: float) -> None:
        """One label's threshold moved; its counts follow in O(log n)."""
        moved = self._scored.ranked.counts_of(label, threshold)
        self.counts.tp[label], self.counts.fp[label] = moved.tp[0], moved.fp[0]
        self.counts.fn[label], self.counts.tn[label] = moved.fn[0], moved.tn[0]

    def move_all(self, thresholds: NDArray[np.float64]) -> None:
        """All thresholds moved.

        Args:
            thresholds: float64 (C,) in [0, 1].
        """
        self.counts = self._scored.counts(thresholds)

    def of(self, label: int) -> Counts:
        """Right and wrong decisions of one label, of the shape (1,)."""
        one = slice(label, label + 1)
        return Counts(self.counts.tp[one], self.counts.fp[one], self.counts.fn[one], self.counts.tn[one])
