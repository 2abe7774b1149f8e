"""Pulling the thresholds of labels with few positives towards the one that suits all labels together.

A threshold tuned on a handful of positives follows their chance. As in Stein's estimator, that chance grows less when
each is pulled towards what all say, the more so the less it knows itself: a label with n positives keeps n / (n + k) of
its own threshold.
"""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.evaluation.objectives import Objective
from core.evaluation.thresholds import best_thresholds

#: Positives that the pooled threshold counts as; tests/benchmarks/threshold_table.py shows why so many.
POOLED_POSITIVES: Final = 10


def pooled_threshold(
    probabilities: ArrayLike, targets: ArrayLike, objective: Objective, *, known: ArrayLike | None = None
) -> float:
    """The one threshold for all labels that suits an objective best, all their scores taken as of one label.

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
