"""Pulling the thresholds of labels with few positives towards the one that suits all labels together.

A threshold tuned on a handful of positives follows their chance. As in Stein's estimator, that chance grows less when
each is pulled towards what all say, the more so the less it knows itself: a label with n positives keeps n / (n + k) of
its own threshold.
"""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.evaluation.checks import check_scores
from core.evaluation.objectives import Objective
from core.evaluation.sorting import scores_of, sorted_keys
from core.evaluation.thresholds import DEFAULT_THRESHOLD, best_thresholds, parting

#: Positives that the pooled threshold counts as; tests/benchmarks/threshold_table.py shows why so many.
POOLED_POSITIVES: Final = 10

# the roundings in a sum of many F can part two equal ones by this much
_ROUNDING: Final = 1e-10


def pooled_threshold(
    probabilities: ArrayLike, targets: ArrayLike, objective: Objective, *, known: ArrayLike | None = None
) -> float:
    """The one threshold for all labels that suits an objective best.

    For the best F it is that with the highest mean of the labels' F, so that a rare label says as much as a frequent
    one; of equally good ones that closest to 0.5. For other objectives all scores are taken as of one label.

    Args:
        probabilities: float32 or float64 (N, C) in [0, 1].
        targets: bool or 0/1 (N, C); anything where not known.
        objective: what to achieve; with a number of alarms, among how many images is said.
        known: bool (N, C), where the target counts; None means everywhere.

    Returns:
        In [0, 1]; 0.5 where the images say nothing.

    Raises:
        ValueError: shapes differ, or a value is NaN or out of range.
    """
    if objective.kind == "f_beta":
        return _best_mean_f(probabilities, targets, objective.value, known=known)
    column = (-1, 1)
    mask = None if known is None else np.reshape(known, column)
    return float(
        best_thresholds(np.reshape(probabilities, column), np.reshape(targets, column), objective, known=mask).values[0]
    )


def shrunk(
    values: NDArray[np.float64], pooled: float, support: NDArray[np.int64] | np.int64, *, k: float = POOLED_POSITIVES
) -> NDArray[np.float64]:
    """Thresholds pulled towards the pooled one; a label without positives takes it.

    Args:
        values: (C,) in [0, 1], tuned for each label.
        pooled: in [0, 1].
        support: (C,), positives that each was tuned on.
        k: positives that the pooled one counts as, above 0.

    Returns:
        float64 (C,) in [0, 1].
    """
    return np.asarray(pooled + (values - pooled) * own_share(support, k=k))


def own_share(support: NDArray[np.int64] | np.int64, *, k: float = POOLED_POSITIVES) -> NDArray[np.float64]:
    """What share of its own threshold a label keeps: n / (n + k), float64 (C,) in [0, 1)."""
    return np.asarray(support / (support + k))


def _best_mean_f(probabilities: ArrayLike, targets: ArrayLike, beta: float, *, known: ArrayLike | None) -> float:
    """The threshold with the highest sum of the labels' F-beta, of all between two distinct scores of any label."""
    given, present, mask = check_scores(probabilities, targets, known)
    weight, at_lowest = beta**2, 0.0
    scores, gains = [np.zeros(0, given.dtype)], [np.zeros(0)]
    for row in sorted_keys(given, present, mask):
        ranked = row[np.searchsorted(row, 1) :]
        places = np.flatnonzero(ranked & 1)
        if len(places):
            starts = np.flatnonzero(np.diff(ranked >> 1, prepend=0))
            tp = len(places) - np.searchsorted(places, starts)
            f_beta = (1 + weight) * tp / (weight * len(places) + len(ranked) - starts)
            at_lowest += f_beta[0]
            scores.append(scores_of(ranked[starts]))
            # what the sum gains when a threshold rises above a score
            gains.append(np.diff(f_beta, append=0))
    passed = np.concatenate(scores)
    if not len(passed):
        return DEFAULT_THRESHOLD
    order = np.argsort(passed, kind="stable")
    passed = passed[order]
    sums = at_lowest + np.concatenate(([0.0], np.cumsum(np.concatenate(gains)[order])))
    lower, upper = np.concatenate(([0], passed)).astype(given.dtype), np.concatenate((passed, [1])).astype(given.dtype)
    # between equal scores, or above a score of 1, there is no threshold
    exist = (lower < upper) | (np.arange(len(lower)) == 0)
    best = np.flatnonzero(exist & (sums >= sums[exist].max() - _ROUNDING))
    thresholds = parting(lower[best], upper[best])
    return float(thresholds[np.argmin(np.abs(thresholds - DEFAULT_THRESHOLD))])
