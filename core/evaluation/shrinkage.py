"""Pulling the thresholds of labels with few positives towards the one that suits all labels together.

A threshold tuned on a handful of positives follows their chance. As in Stein's estimator, that chance grows less when
each is pulled towards what all say, the more so the less it knows itself: a label with n positives keeps n / (n + k) of
its own threshold.
"""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.evaluation.checks import Probabilities, check_scores
from core.evaluation.objectives import Objective
from core.evaluation.sorting import scores_of, sorted_keys
from core.evaluation.thresholds import DEFAULT_THRESHOLD, best_thresholds, parting

#: Positives that the pooled threshold counts as; tests/benchmarks/threshold_table.py shows why so many.
POOLED_POSITIVES: Final = 10

# parts of [0, 1] that are counted before any score is sorted
_BUCKETS: Final = 512
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
    labels = np.flatnonzero(present.any(axis=0))
    if not len(labels):
        return DEFAULT_THRESHOLD
    weight = beta**2
    positives, taken = _from_each_edge(given, present, mask)
    first, last = _range_of_best(positives[labels], taken[labels], weight)
    at_lowest = 0.0
    scores, gains = [np.zeros(0, given.dtype)], [np.zeros(0)]
    for label in labels:
        inside = (given[:, label] >= first / _BUCKETS) & (given[:, label] < last / _BUCKETS)
        if mask is not None:
            inside &= mask[:, label]
        (row,) = sorted_keys(given[inside, label][:, np.newaxis], present[inside, label][:, np.newaxis], None)
        places, starts = np.flatnonzero(row & 1), np.flatnonzero(np.diff(row >> 1, prepend=0))
        tp = np.append(len(places) - np.searchsorted(places, starts), 0) + positives[label, last]
        predicted = np.append(len(row) - starts, 0) + taken[label, last]
        f_beta = (1 + weight) * tp / (weight * positives[label, 0] + predicted)
        at_lowest += f_beta[0]
        scores.append(scores_of(row[starts]))
        # what the sum gains when a threshold rises above a score
        gains.append(np.diff(f_beta))
    passed = np.concatenate(scores)
    order = np.argsort(passed, kind="stable")
    passed = passed[order]
    sums = at_lowest + np.concatenate(([0.0], np.cumsum(np.concatenate(gains)[order])))
    lower, upper = np.concatenate(([0], passed)).astype(given.dtype), np.concatenate((passed, [1])).astype(given.dtype)
    # between equal scores, or above a score of 1, there is no threshold
    exist = (lower < upper) | (np.arange(len(lower)) == 0)
    best = np.flatnonzero(exist & (sums >= sums[exist].max() - _ROUNDING))
    thresholds = parting(lower[best], upper[best])
    return float(thresholds[np.argmin(np.abs(thresholds - DEFAULT_THRESHOLD))])


def _from_each_edge(
    given: Probabilities, present: NDArray[np.bool_], mask: NDArray[np.bool_] | None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The positives and all known elements of each label whose score is at least each edge, int64 (C, buckets + 2).

    The edges are multiples of 1 / buckets, the last one above 1.
    """
    images, labels = given.shape
    counts = np.zeros((2, labels * (_BUCKETS + 1)), np.int64)
    # in pieces that stay in the cache
    step = max(64, 2**17 // max(labels, 1))
    for start in range(0, images, step):
        rows = slice(start, start + step)
        # exact, because the number of buckets is a power of two
        place = (given[rows] * _BUCKETS).astype(np.int64) + np.arange(labels) * (_BUCKETS + 1)
        for count, some in zip(counts, (present[rows], None if mask is None else mask[rows]), strict=True):
            count += np.bincount((place if some is None else place[some]).ravel(), minlength=len(count))
    sums = counts.reshape(2, labels, _BUCKETS + 1)[:, :, ::-1].cumsum(axis=2)[:, :, ::-1]
    positives, taken = np.append(sums, np.zeros((2, labels, 1), np.int64), axis=2)
    return positives, taken


def _range_of_best(positives: NDArray[np.int64], taken: NDArray[np.int64], weight: float) -> tuple[int, int]:
    """The edges between which all thresholds with the highest sum of F lie, with the scores beside them.

    A threshold between two edges finds no more positives than that at the lower one, and takes no less than that at the
    upper one; where even both together would not do, there is no need to look.
    """
    whole = weight * positives[:, :1]
    at_edges = ((1 + weight) * positives / (whole + taken)).sum(axis=0)
    at_most = ((1 + weight) * positives[:, :-1] / (whole + taken[:, 1:])).sum(axis=0)
    (there,) = np.nonzero(at_most >= at_edges.max() - 10 * _ROUNDING)
    return int(there[0]), int(there[-1]) + 1
