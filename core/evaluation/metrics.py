"""How good probabilities are, by rank and at thresholds; ties are exact and unknown elements do not count.

Shapes: `N` images, `C` labels. A label is predicted where probability >= threshold. An element whose `known` is False
is left out of every sum. What would be 0/0 in a precision, a recall or an F score is 0.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.evaluation.checks import check_scores, check_thresholds
from core.evaluation.sorting import Cuts, cuts_at_positives, scores_of, sorted_keys


def average_precision(
    probabilities: ArrayLike, targets: ArrayLike, known: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Average precision per label: the area under precision over recall as a sum of steps, not interpolated.

    AP = Σ (recall_k − recall_k−1) · precision_k over the distinct scores in descending order, which is
    scikit-learn's definition; elements of the same score are taken together.

    Args:
        probabilities: float32 or float64 (N, C) in [0, 1].
        targets: bool or 0/1 (N, C); anything where not known.
        known: bool (N, C), where the target counts; None means everywhere.

    Returns:
        float64 (C,) in (0, 1]; NaN for a label without a known positive.

    Raises:
        ValueError: shapes differ, or a value is NaN or out of range.
    """
    rows = sorted_keys(*check_scores(probabilities, targets, known))
    return np.array([_area(cuts_at_positives(row)) for row in rows], dtype=np.float64)


def mean_average_precision(probabilities: ArrayLike, targets: ArrayLike, known: ArrayLike | None = None) -> float:
    """mAP: the mean of `average_precision` over the labels that have a positive; NaN where none has."""
    return mean_over_labels(average_precision(probabilities, targets, known))


def mean_over_labels(values: NDArray[np.float64]) -> float:
    """The mean of values per label (C,) without those that are NaN; NaN where all are."""
    present = values[~np.isnan(values)]
    return float(present.mean()) if len(present) else float("nan")


class PrecisionRecallCurve(NamedTuple):
    """Precision and recall of one label at each distinct score, in ascending order of the threshold.

    Attributes:
        precision: float64 (K + 1,); the last is 1, for a threshold above all scores.
        recall: float64 (K + 1,), falling; the last is 0. All 0 where there is no positive.
        thresholds: (K,), the distinct scores, of the probabilities' type.
    """

    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    thresholds: NDArray[np.floating[Any]]


def precision_recall_curve(
    probabilities: ArrayLike, targets: ArrayLike, known: ArrayLike | None = None
) -> PrecisionRecallCurve:
    """The whole precision-recall curve of one label.

    Args:
        probabilities: float32 or float64 (N,) in [0, 1].
        targets: bool or 0/1 (N,); anything where not known.
        known: bool (N,), where the target counts; None means everywhere.

    Raises:
        ValueError: shapes differ, or a value is NaN or out of range.
    """
    mask = None if known is None else _column(known)
    scores, present, mask = check_scores(_column(probabilities), _column(targets), mask)
    (row,) = sorted_keys(scores, present, mask)
    row = row[np.searchsorted(row, 1) :]
    starts = np.flatnonzero(np.diff(row >> 1, prepend=0))
    positives = int(np.count_nonzero(present))
    true_positives = positives - np.concatenate(([0], np.cumsum(row & 1, dtype=np.int64)))[starts]
    return PrecisionRecallCurve(
        precision=np.append(true_positives / (len(row) - starts), 1.0),
        recall=np.append(true_positives / max(positives, 1), 0.0),
        thresholds=scores_of(row[starts]),
    )


@dataclass(frozen=True)
class Totals:
    """Precision, recall and F1 over all labels, each in [0, 1].

    Attributes:
        overall_precision, overall_recall, overall_f1: OP, OR, OF1, from the counts summed over all labels (micro).
        class_precision, class_recall: CP, CR, the means of the labels' values; all C labels count, one that is never
            predicted or has no positive with 0.
        class_f1: CF1 = 2 · CP · CR / (CP + CR), as ML-GCN and Query2Label define it.
        macro_f1: the mean of the labels' F1, which others call CF1; as a rule lower.
        label_accuracy: the share of right decisions among all on an image and a label, which OTX calls accuracy; with
            rare labels it is high even where nothing is found.
    """

    overall_precision: float
    overall_recall: float
    overall_f1: float
    class_precision: float
    class_recall: float
    class_f1: float
    macro_f1: float
    label_accuracy: float


@dataclass(frozen=True)
class ClassificationScores(Totals):
    """`Totals`, and the means over images.

    P are the labels predicted on an image and T those present. In all four an image with nothing present and nothing
    predicted counts 1, for it is right, and an image of which nothing is known is left out.

    Attributes:
        sample_precision: the mean over images of |P∩T| / |P|; 0 where nothing is predicted but something present.
        sample_recall: the mean over images of |P∩T| / |T|; 0 where nothing is present but something predicted.
        sample_f1: the mean over images of 2 |P∩T| / (|P| + |T|).
        sample_iou: the mean over images of |P∩T| / |P∪T|.
    """

    sample_precision: float
    sample_recall: float
    sample_f1: float
    sample_iou: float


@dataclass(frozen=True, eq=False)
class Counts:
    """Right and wrong decisions per label at some thresholds, over the known elements.

    Attributes:
        tp, fp, fn, tn: int64 (C,): present and predicted; absent but predicted; present but not predicted; neither.
    """

    tp: NDArray[np.int64]
    fp: NDArray[np.int64]
    fn: NDArray[np.int64]
    tn: NDArray[np.int64]

    @property
    def precision(self) -> NDArray[np.float64]:
        """TP / (TP + FP) per label, float64 (C,) in [0, 1]."""
        return _ratio(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> NDArray[np.float64]:
        """TP / (TP + FN) per label, float64 (C,) in [0, 1]."""
        return _ratio(self.tp, self.tp + self.fn)

    @property
    def f1(self) -> NDArray[np.float64]:
        """2 TP / (2 TP + FP + FN) per label, float64 (C,) in [0, 1]."""
        return _ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn)

    @property
    def accuracy(self) -> NDArray[np.float64]:
        """(TP + TN) / (TP + FP + FN + TN) per label, float64 (C,) in [0, 1]."""
        return _ratio(self.tp + self.tn, self.tp + self.fp + self.fn + self.tn)

    def totals(self) -> Totals:
        """The scores over all labels."""
        overall = Counts(*(counts.sum(keepdims=True) for counts in (self.tp, self.fp, self.fn, self.tn)))
        class_precision, class_recall = _mean(self.precision), _mean(self.recall)
        total = class_precision + class_recall
        return Totals(
            overall_precision=overall.precision.item(),
            overall_recall=overall.recall.item(),
            overall_f1=overall.f1.item(),
            class_precision=class_precision,
            class_recall=class_recall,
            class_f1=2 * class_precision * class_recall / total if total else 0.0,
            macro_f1=_mean(self.f1),
            label_accuracy=overall.accuracy.item(),
        )


def counts_at(
    probabilities: ArrayLike, targets: ArrayLike, thresholds: ArrayLike, *, known: ArrayLike | None = None
) -> Counts:
    """Count right and wrong decisions per label in one pass; for many thresholds see `ranking.RankedScores`.

    Args:
        probabilities: float32 or float64 (N, C) in [0, 1].
        targets: bool or 0/1 (N, C); anything where not known.
        thresholds: a number or (C,).
        known: bool (N, C), where the target counts; None means everywhere.

    Raises:
        ValueError: shapes differ, or a value is NaN or out of range.
    """
    return _Decisions(probabilities, targets, thresholds, known=known).counts()


def classification_scores(
    probabilities: ArrayLike,
    targets: ArrayLike,
    thresholds: ArrayLike = 0.5,
    known: ArrayLike | None = None,
) -> ClassificationScores:
    """Overall, per-class and per-image precision, recall and F1 at thresholds.

    Args:
        probabilities: float32 or float64 (N, C) in [0, 1].
        targets: bool or 0/1 (N, C); anything where not known.
        thresholds: a number or (C,); compared at the precision of the probabilities, as an exported model does.
        known: bool (N, C), where the target counts; None means everywhere.

    Raises:
        ValueError: shapes differ, or a value is NaN or out of range.
    """
    decisions = _Decisions(probabilities, targets, thresholds, known=known)
    both, predicted, present = (
        np.count_nonzero(one, axis=1) for one in (decisions.right, decisions.predicted, decisions.targets)
    )
    if decisions.known is not None:
        judged = decisions.known.any(axis=1)
        both, predicted, present = both[judged], predicted[judged], present[judged]
    return ClassificationScores(
        **vars(decisions.counts().totals()),
        sample_precision=_mean(_ratio(both, predicted, empty=present == 0)),
        sample_recall=_mean(_ratio(both, present, empty=predicted == 0)),
        sample_f1=_mean(_ratio(2 * both, predicted + present, empty=1)),
        sample_iou=_mean(_ratio(both, predicted + present - both, empty=1)),
    )


class _Decisions:
    """What is predicted at thresholds among the known elements; bool (N, C) each."""

    def __init__(
        self, probabilities: ArrayLike, targets: ArrayLike, thresholds: ArrayLike, *, known: ArrayLike | None
    ) -> None:
        scores, self.targets, self.known = check_scores(probabilities, targets, known)
        cuts = check_thresholds(thresholds, labels=scores.shape[1], dtype=scores.dtype)
        self.predicted: NDArray[np.bool_] = scores >= cuts
        if self.known is not None:
            self.predicted &= self.known
        self.right = self.predicted & self.targets

    def counts(self) -> Counts:
        known = len(self.targets) if self.known is None else np.count_nonzero(self.known, axis=0)
        tp = np.count_nonzero(self.right, axis=0)
        fp = np.count_nonzero(self.predicted, axis=0) - tp
        fn = np.count_nonzero(self.targets, axis=0) - tp
        return Counts(tp=tp, fp=fp, fn=fn, tn=known - tp - fp - fn)


def _area(cuts: Cuts) -> float:
    """Average precision of one label; NaN where there is no cut, hence no positive."""
    if not len(cuts.starts):
        return float("nan")
    tp = cuts.true_positives
    gained = -np.diff(tp, append=0)
    return float(np.sum(gained * tp / cuts.predicted) / tp[0])


def _column(values: ArrayLike) -> NDArray[Any]:
    """Values of one label as a matrix of one column."""
    vector = np.asarray(values)
    if vector.ndim != 1:
        raise ValueError(f"the curve of one label takes vectors (images,), not the shape {vector.shape}")
    return vector[:, np.newaxis]


def _ratio(part: NDArray[np.int64], whole: NDArray[np.int64], *, empty: ArrayLike = 0) -> NDArray[np.float64]:
    """The part of the whole; `empty` where the whole is 0."""
    ratio = np.broadcast_to(empty, whole.shape).astype(np.float64)
    np.divide(part, whole, out=ratio, where=whole > 0)
    return ratio


def _mean(values: NDArray[np.float64]) -> float:
    """The mean; 0 of nothing."""
    return float(values.mean()) if len(values) else 0.0
