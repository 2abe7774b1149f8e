"""The interpolated average precision of the Pascal VOC challenges, to compare with figures that were published so."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.evaluation.checks import check_scores
from core.evaluation.sorting import Cuts, cuts_at_positives, sorted_keys


def interpolated_average_precision(
    probabilities: ArrayLike, targets: ArrayLike, known: ArrayLike | None = None, *, levels: int | None = None
) -> NDArray[np.float64]:
    """Average precision per label where precision at a recall is the highest at that recall or more.

    Interpolation never lowers precision, so this is at least `average_precision`. Elements of the same score are taken
    together, unlike in the challenges' own code, where their order decides.

    Args:
        probabilities: float32 or float64 (N, C) in [0, 1].
        targets: bool or 0/1 (N, C); anything where not known.
        known: bool (N, C), where the target counts; None means everywhere.
        levels: how many evenly spaced recalls from 0 to 1 are averaged: 11 for VOC 2007. None means the whole area, as
            since VOC 2010.

    Returns:
        float64 (C,) in (0, 1]; NaN for a label without a known positive.

    Raises:
        ValueError: shapes differ, a value is NaN or out of range, or there are fewer than 2 levels.
    """
    if levels is not None and levels < 2:
        raise ValueError(f"precision is averaged over 2 levels of recall or more, not {levels}")
    rows = sorted_keys(*check_scores(probabilities, targets, known))
    return np.array([_interpolated(cuts_at_positives(row), levels) for row in rows], dtype=np.float64)


def _interpolated(cuts: Cuts, levels: int | None) -> float:
    """The interpolated average precision of one label; NaN where there is no positive."""
    if not len(cuts.starts):
        return float("nan")
    tp = cuts.true_positives
    # cuts ascend in score, so those before one have its recall or more
    highest = np.maximum.accumulate(tp / cuts.predicted)
    if levels is None:
        return float(np.sum(-np.diff(tp, append=0) * highest) / tp[0])
    # in integers, for as floats a recall of 3/10 can miss the level 0.1 + 0.1 + 0.1
    reached = np.searchsorted(-tp * (levels - 1), -np.arange(levels) * tp[0], side="right") - 1
    return float(highest[reached].mean())
