"""How sure a threshold or a curve is: what other images of the same kind might have given.

The Poisson bootstrap counts every image as often as a Poisson number of mean 1 says, which is drawing as many images
anew in the limit of many (Hanley & MacGibbon, Creating non-parametric bootstrap samples using Poisson frequencies,
2006). A band holds the middle 90 % of what the draws give.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.evaluation.checks import check_scores
from core.evaluation.objectives import BEST_F1, Objective
from core.evaluation.sorting import Keys, ranked_keys
from core.evaluation.thresholds import Ladder, choose, says_something

_LEVELS: Final = (0.05, 0.95)
# weights drawn at a time; a few MB
_WEIGHTS_AT_ONCE: Final = 4_000_000
# Poisson numbers of mean 1 for each of 65,536 equally probable draws, off by less than 1/65,536 in each probability
_CUMULATED: Final = np.cumsum([math.exp(-1) / math.factorial(number) for number in range(9)])
_POISSON: Final = np.searchsorted(_CUMULATED, (np.arange(2**16) + 0.5) / 2**16).astype(np.uint8)


def threshold_band(
    probabilities: ArrayLike,
    targets: ArrayLike,
    objective: Objective,
    *,
    known: ArrayLike | None = None,
    draws: int = 200,
    seed: int = 0,
) -> tuple[float, float]:
    """The 90 % band of the best threshold of one label.

    Args:
        probabilities: float32 or float64 (N,) in [0, 1].
        targets: bool or 0/1 (N,); anything where not known.
        objective: what the threshold is chosen for.
        known: bool (N,), where the target counts; None means everywhere.
        draws: how often the images are drawn, at least once.
        seed: of the draws.

    Returns:
        Its lower and upper end in [0, 1]. Draws that say nothing of the label are left out, and where all do the band
        is 0 to 1.

    Raises:
        ValueError: shapes differ, or a value is NaN or out of range.
    """
    row, order = _ranked(probabilities, targets, known)
    if objective.kind == "fixed":
        return objective.value, objective.value
    ladder = Ladder.of(row, objective)
    found: list[NDArray[np.float64]] = []
    if len(ladder.starts):
        for weights in _draws(len(row), draws, seed):
            drawn = weights[order]
            positives = drawn[(row & 1).astype(np.bool_)].sum(axis=0, dtype=np.int64)
            values, _, _ = choose(ladder, objective, drawn)
            found.append(values[says_something(objective, positives)])
    values = np.concatenate(found) if found else np.zeros(0)
    if not len(values):
        return 0.0, 1.0
    low, high = np.quantile(values, _LEVELS)
    return float(low), float(high)


@dataclass(frozen=True, eq=False)
class CurveBand:
    """The 90 % band of a precision-recall curve.

    Attributes:
        recall: float64 (P,), evenly spaced from 0 to 1.
        low, high: float64 (P,) in [0, 1], the band of the precision at the highest threshold with at least that recall
            and one positive found; NaN where there is no positive.
    """

    recall: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def curve_band(
    probabilities: ArrayLike,
    targets: ArrayLike,
    *,
    known: ArrayLike | None = None,
    draws: int = 200,
    points: int = 101,
    seed: int = 0,
) -> CurveBand:
    """The 90 % band of the precision of one label at each recall.

    Args:
        probabilities: float32 or float64 (N,) in [0, 1].
        targets: bool or 0/1 (N,); anything where not known.
        known: bool (N,), where the target counts; None means everywhere.
        draws: how often the images are drawn, at least once.
        points: how many recalls, at least 2.
        seed: of the draws.

    Raises:
        ValueError: shapes differ, or a value is NaN or out of range.
    """
    row, order = _ranked(probabilities, targets, known)
    ladder, levels = Ladder.of(row, BEST_F1), np.arange(points)
    found: list[NDArray[np.float64]] = []
    if len(ladder.starts):
        for weights in _draws(len(row), draws, seed):
            tp, predicted, positives, _ = ladder.counts(weights[order])
            for one in np.flatnonzero(positives):
                # in whole numbers, so that a recall of 3/10 does not miss the level 0.3
                wanted = np.maximum(levels * positives[one], points - 1)
                last = np.searchsorted(-tp[:, one].astype(np.int64) * (points - 1), -wanted, side="right") - 1
                found.append(tp[last, one] / predicted[last, one])
    recall = levels / (points - 1)
    if not found:
        return CurveBand(recall, np.full(points, np.nan), np.full(points, np.nan))
    low, high = np.quantile(found, _LEVELS, axis=0)
    return CurveBand(recall, low, high)


def _ranked(probabilities: ArrayLike, targets: ArrayLike, known: ArrayLike | None) -> tuple[Keys, NDArray[np.int64]]:
    """The sorted keys of one label and the rows of the images in that order."""
    given = np.asarray(probabilities)
    if given.ndim != 1:
        raise ValueError(f"the band of one label takes vectors (images,), not the shape {given.shape}")
    mask = None if known is None else np.asarray(known)[:, np.newaxis]
    scores, present, mask = check_scores(given[:, np.newaxis], np.asarray(targets)[:, np.newaxis], mask)
    return ranked_keys(scores[:, 0], present[:, 0], None if mask is None else mask[:, 0])


def _draws(images: int, draws: int, seed: int) -> Iterator[NDArray[np.uint8]]:
    """How often each image counts, uint8 (N, D), in pieces that together have all draws."""
    rng = np.random.default_rng(seed)
    step = max(1, _WEIGHTS_AT_ONCE // max(images, 1))
    for first in range(0, draws, step):
        yield _POISSON[rng.integers(0, 2**16, (images, min(step, draws - first)), np.uint16)]
