"""Choosing the threshold of each label from scored images."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.evaluation.checks import check_scores
from core.evaluation.sorting import Keys, cuts_at_positives, scores_of, sorted_keys

#: The threshold of a label about which the images say nothing.
DEFAULT_THRESHOLD: Final = 0.5

# the four roundings in an F can part two equal fractions by this much, while different ones lie further apart
_SAME_F: Final = 1 - 4 * np.finfo(np.float64).eps


@dataclass(frozen=True, eq=False)
class TunedThresholds:
    """Thresholds that suit some images best.

    Attributes:
        values: float64 (C,) in [0, 1].
        f_beta: float64 (C,) in [0, 1], the F-beta reached on those images.
    """

    values: NDArray[np.float64]
    f_beta: NDArray[np.float64]


def best_f_beta(
    probabilities: ArrayLike, targets: ArrayLike, beta: float = 1.0, known: ArrayLike | None = None
) -> TunedThresholds:
    """Find the threshold per label with the highest F-beta on the given images.

    F = (1 + β²) TP / ((1 + β²) TP + β² FN + FP), a label being predicted where probability >= threshold. Every
    distinct score is tried. The threshold is 0.5 where that does as well as the best. Else it lies midway between the
    lowest score that it takes and the next lower one, or 0 where there is none; so it equals neither, and rounded to
    the precision of the probabilities it still parts them (between two neighbouring float32 it may have to leave the
    middle by the last digit). Of several equally good ones that closest to 0.5 is taken, and of two equally close ones
    the lower.

    Args:
        probabilities: float32 or float64 (N, C) in [0, 1].
        targets: bool or 0/1 (N, C); anything where not known.
        beta: weight of recall beside precision, above 0; 1 gives F1.
        known: bool (N, C), where the target counts; None means everywhere.

    Returns:
        The thresholds. A label without a known positive keeps 0.5 and has an F-beta of 0.

    Raises:
        ValueError: shapes differ, a value is NaN or out of range, or beta is not above 0.
    """
    if not 0 < beta < np.inf:
        raise ValueError(f"beta is a number above 0, not {beta}")
    scores, present, mask = check_scores(probabilities, targets, known)
    tuned = [_best_cut(row, beta) for row in sorted_keys(scores, present, mask)]
    values, f_beta = np.array(tuned, dtype=np.float64).reshape(-1, 2).T.copy()
    return TunedThresholds(values=values, f_beta=f_beta)


def _best_cut(row: Keys, beta: float) -> tuple[float, float]:
    """The best threshold of one label and its F-beta.

    Only cuts at a positive's score can be best: any other takes more negatives than the cut above it and no more
    positives.
    """
    cuts = cuts_at_positives(row)
    if not len(cuts.starts):
        return DEFAULT_THRESHOLD, 0.0
    weight = beta * beta
    f_beta = (1 + weight) * cuts.true_positives / (weight * cuts.true_positives[0] + cuts.predicted)
    highest = f_beta.max()
    starts = cuts.starts[f_beta >= highest * _SAME_F]
    # an unknown element below has key 0; its score does not count, so the threshold lies midway to 0
    below = row[np.maximum(starts - 1, 0)]
    lower = np.where((starts > 0) & (below > 0), scores_of(np.maximum(below, 2)), 0)
    upper = scores_of(row[starts])
    takes_default = (lower < DEFAULT_THRESHOLD) & (upper >= DEFAULT_THRESHOLD)
    thresholds = np.where(takes_default, DEFAULT_THRESHOLD, _midway(lower, upper))
    return float(thresholds[np.argmin(np.abs(thresholds - DEFAULT_THRESHOLD))]), float(highest)


def _midway(lower: NDArray[np.floating[Any]], upper: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """The numbers between scores that exclude the lower and take the upper, also in the scores' own precision."""
    low, high = lower.astype(np.float64), upper.astype(np.float64)
    middle = low + (high - low) / 2
    # halfway between two neighbouring float32 rounds to the even one, which may be the lower
    merged = (middle.astype(upper.dtype) <= lower) & (low < high)
    return np.where(merged, np.nextafter(middle, 1.0), middle)
