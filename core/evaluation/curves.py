"""What is drawn of one label's scores: ROC, precision and recall over the threshold, and a histogram.

All are read from `RankedScores`, which sorted the scores once, and have few enough points to be drawn at once. Unknown
images count in the histogram alone. The precision-recall curve is `RankedScores.curve`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.evaluation.outline import outline
from core.evaluation.ranking import RankedScores, SortedScores


@dataclass(frozen=True, eq=False)
class RocCurve:
    """True over false positive rate of one label, from the highest threshold to the lowest.

    Attributes:
        false_positive_rate: float64 (K,), rising from 0 to 1: FP / (FP + TN). All 0 where there is no negative.
        true_positive_rate: float64 (K,), rising from 0 to 1: TP / (TP + FN). All 0 where there is no positive.
        thresholds: float64 (K,), falling; the first is infinite, for it takes nothing.
        area: under the whole curve, in [0, 1]; NaN without a positive or without a negative.
    """

    false_positive_rate: NDArray[np.float64]
    true_positive_rate: NDArray[np.float64]
    thresholds: NDArray[np.float64]
    area: float


def roc_curve(ranked: RankedScores, label: int, max_points: int = 512) -> RocCurve:
    """The ROC curve of one label, thinned for drawing.

    Args:
        ranked: the scores.
        label: column of the label.
        max_points: how many points to keep at most, at least 6.
    """
    scores = ranked.scores(label)
    cuts = _distinct(scores)[::-1]
    false, true = _rate(scores.negatives, cuts), _rate(scores.positives, cuts)
    # the sum of both rates never falls, and a step in it bounds the step in either
    chosen = outline(false + true, true, max_points=max_points)
    return RocCurve(
        false_positive_rate=false[chosen],
        true_positive_rate=true[chosen],
        thresholds=np.concatenate(([np.inf], cuts))[chosen],
        area=roc_area(ranked, label),
    )


def roc_area(ranked: RankedScores, label: int) -> float:
    """Area under the whole ROC curve of one label.

    It is the share of pairs of a positive and a negative of which the positive has the higher score, those of the same
    score counted half (Hanley and McNeil 1982).

    Args:
        ranked: the scores.
        label: column of the label.

    Returns:
        In [0, 1]; NaN without a positive or without a negative.
    """
    scores = ranked.scores(label)
    pairs = len(scores.positives) * len(scores.negatives)
    if not pairs:
        return float("nan")
    below = int(scores.negatives.searchsorted(scores.positives, "left").sum())
    not_above = int(scores.negatives.searchsorted(scores.positives, "right").sum())
    return (below + not_above) / 2 / pairs


@dataclass(frozen=True, eq=False)
class ThresholdSweep:
    """Precision, recall and F1 of one label at every threshold.

    The values at a threshold hold for all thresholds above the one before it, so the curves are steps.

    Attributes:
        thresholds: float64 (K,), rising: the distinct scores, then 1 where no score is.
        precision, recall, f1: float64 (K,) in [0, 1]; what would be 0/0 is 0.
    """

    thresholds: NDArray[np.float64]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f1: NDArray[np.float64]


def threshold_sweep(ranked: RankedScores, label: int, max_points: int = 512) -> ThresholdSweep:
    """Precision, recall and F1 of one label over its threshold, thinned for drawing.

    Args:
        ranked: the scores.
        label: column of the label.
        max_points: how many points to keep at most, at least 12; peaks and valleys of precision and F1 stay.
    """
    scores = ranked.scores(label)
    cuts = _distinct(scores)
    if not len(cuts) or cuts[-1] < 1:
        cuts = np.append(cuts, np.float32(1))
    taken = len(scores.positives) - scores.positives.searchsorted(cuts)
    predicted = taken + len(scores.negatives) - scores.negatives.searchsorted(cuts)
    precision = taken / np.maximum(predicted, 1)
    recall = taken / max(len(scores.positives), 1)
    f1 = 2 * taken / np.maximum(predicted + len(scores.positives), 1)
    thresholds = cuts.astype(np.float64)
    chosen = outline(thresholds, precision, f1, max_points=max_points)
    return ThresholdSweep(thresholds[chosen], precision[chosen], recall[chosen], f1[chosen])


@dataclass(frozen=True, eq=False)
class ScoreHistogram:
    """How many images of one label have which score.

    Attributes:
        edges: float64 (B + 1,), from 0 to 1; a bin has its lower edge, the last one also its upper.
        positives, negatives, unknown: int64 (B,).
    """

    edges: NDArray[np.float64]
    positives: NDArray[np.int64]
    negatives: NDArray[np.int64]
    unknown: NDArray[np.int64]


def score_histogram(ranked: RankedScores, label: int, bins: int = 50) -> ScoreHistogram:
    """Count the images of one label by their score, in O(bins log N).

    Args:
        ranked: the scores.
        label: column of the label.
        bins: how many of the same width.
    """
    edges = np.linspace(0.0, 1.0, bins + 1)
    scores = ranked.scores(label)
    # in the type of the scores, for another would make numpy convert them all
    inner = edges[1:-1].astype(np.float32)
    return ScoreHistogram(
        edges, *(_histogram(one, inner) for one in (scores.positives, scores.negatives, scores.unknown))
    )


def _histogram(scores: NDArray[np.float32], inner: NDArray[np.float32]) -> NDArray[np.int64]:
    return np.diff(scores.searchsorted(inner), prepend=0, append=len(scores)).astype(np.int64)


def _distinct(scores: SortedScores) -> NDArray[np.float32]:
    """The distinct scores of the known images, rising."""
    both = np.concatenate((scores.negatives, scores.positives))
    # two sorted halves, which a stable sort merges
    both.sort(kind="stable")
    return both[np.flatnonzero(np.diff(both, prepend=np.float32(-1)))]


def _rate(scores: NDArray[Any], cuts: NDArray[np.float32]) -> NDArray[np.float64]:
    """The share of scores that reach each cut, after that of none: float64 (K + 1,)."""
    taken = len(scores) - scores.searchsorted(cuts)
    return np.concatenate(([0.0], taken / max(len(scores), 1)))
