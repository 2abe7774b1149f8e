"""Choosing the threshold of each label from scored images, exactly: every distinct score is considered."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.evaluation.checks import Probabilities, check_scores
from core.evaluation.objectives import Objective
from core.evaluation.sorting import Keys, cuts_at_positives, ranked_keys, scores_of, sorted_keys

#: The threshold of a label about which the images say nothing.
DEFAULT_THRESHOLD: Final = 0.5

# the roundings in an F or a cost can part two equal ones by this much, while different ones lie further apart
_ROUNDING: Final = 4 * np.finfo(np.float64).eps
_WITHOUT_POSITIVES: Final = ("cost", "capacity", "fixed")


@dataclass(frozen=True, eq=False)
class TunedThresholds:
    """Thresholds that suit some images best.

    Attributes:
        values: float64 (C,) in [0, 1].
        reached: float64 (C,), what the objective measures, on those images: the F-beta, precision or recall in [0, 1],
            the cost, the number of alarms, or the fixed threshold.
        met: bool (C,), False where no threshold has the wanted precision or recall, or so few alarms.
    """

    values: NDArray[np.float64]
    reached: NDArray[np.float64]
    met: NDArray[np.bool_]


def best_thresholds(
    probabilities: ArrayLike,
    targets: ArrayLike,
    objective: Objective,
    *,
    known: ArrayLike | None = None,
    weights: ArrayLike | None = None,
) -> TunedThresholds:
    """Find the threshold per label that suits an objective best on the given images.

    A label is predicted where probability >= threshold. Of the thresholds with at least a precision that with the
    highest recall is best; where none has it, that with the highest precision. Of those with at least a recall that
    with the highest precision is best. Of those with few enough alarms the lowest is best; where none has, that with
    the fewest alarms. Predicting nothing is possible for a precision, a cost and a number of alarms.

    The threshold is 0.5 where that does as well as the best. Else it lies midway between the lowest score that it takes
    and the next lower one, or 0 where there is none, or between the highest score and 1 where it takes none; so it
    equals no score, and rounded to the precision of the probabilities it still parts them (between two neighbouring
    float32 it may have to leave the middle by the last digit). Of several equally good ones that closest to 0.5 is
    taken, and of two equally close ones the lower.

    Args:
        probabilities: float32 or float64 (N, C) in [0, 1].
        targets: bool or 0/1 (N, C); anything where not known.
        objective: what to achieve; a "fixed" threshold is given as it is.
        known: bool (N, C), where the target counts; None means everywhere.
        weights: (N,), 0 or more, how often each image counts; its score is one to part from others even where it counts
            0 times. None means once.

    Returns:
        The thresholds. A label without a known positive keeps 0.5 for an F or a recall, and one of which nothing is
        known keeps it for any objective.

    Raises:
        ValueError: shapes differ, or a value is NaN or out of range.
    """
    scores, present, mask = check_scores(probabilities, targets, known)
    if weights is None:
        rows = sorted_keys(scores, present, mask)
        found = [_best_of(Ladder.of(row, objective), objective) for row in rows]
    else:
        given = np.asarray(weights)
        if given.shape != scores.shape[:1] or not np.all(given >= 0):
            raise ValueError(f"weights are 0 or more, one for each of {len(scores)} images")
        found = []
        for label in range(scores.shape[1]):
            row, order = ranked_keys(scores[:, label], present[:, label], None if mask is None else mask[:, label])
            found.append(_best_of(Ladder.of(row, objective), objective, given[order, np.newaxis]))
    values, reached, met = np.array(found, dtype=np.float64).reshape(-1, 3).T.copy()
    return TunedThresholds(values=values, reached=reached, met=met.astype(np.bool_))


def best_f_beta(
    probabilities: ArrayLike, targets: ArrayLike, beta: float = 1.0, known: ArrayLike | None = None
) -> TunedThresholds:
    """Find the threshold per label with the highest F-beta on the given images; see `best_thresholds`.

    F = (1 + β²) TP / ((1 + β²) TP + β² FN + FP).

    Args:
        probabilities: float32 or float64 (N, C) in [0, 1].
        targets: bool or 0/1 (N, C); anything where not known.
        beta: weight of recall beside precision, above 0; 1 gives F1.
        known: bool (N, C), where the target counts; None means everywhere.

    Raises:
        ValueError: shapes differ, or a value is NaN or out of range.
        MultihotError: beta is out of range.
    """
    return best_thresholds(probabilities, targets, Objective("f_beta", beta), known=known)


@dataclass(frozen=True, eq=False)
class Ladder:
    """The thresholds of one label that can be best, K of them in ascending order.

    Attributes:
        row: the label's sorted keys (N,).
        starts: int64 (K,), place of the first element taken; N where none is.
        thresholds: float64 (K,) in [0, 1].
    """

    row: Keys
    starts: NDArray[np.int64]
    thresholds: NDArray[np.float64]

    @classmethod
    def of(cls, row: Keys, objective: Objective) -> "Ladder":
        """The thresholds that an objective needs to look at.

        Only cuts at a positive's score can have the best F, cost, or recall at a precision or the other way round: any
        other takes more negatives than the cut above it and no more positives.
        """
        if objective.kind == "capacity":
            starts = np.flatnonzero(np.diff(row >> 1, prepend=0))
        else:
            starts = cuts_at_positives(row).starts
        if objective.kind in ("precision", "cost", "capacity"):
            starts = np.union1d(starts, _highest_start(row))
        return cls(row, starts, _between(row, starts))

    def counts(
        self, weights: NDArray[Any] | None = None
    ) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
        """What each threshold takes.

        Args:
            weights: (N, D) of the elements in the order of the keys, D times; None for 1 each, once.

        Returns:
            The positives taken (K, D), all elements taken (K, D), all positives (D,) and all known elements (D,).
        """
        images, present, first = len(self.row), (self.row & 1).astype(np.bool_), int(np.searchsorted(self.row, 1))
        if weights is None:
            places = np.flatnonzero(present)
            tp = (len(places) - np.searchsorted(places, self.starts))[:, np.newaxis]
            return tp, (images - self.starts)[:, np.newaxis], np.array([len(places)]), np.array([images - first])
        positives, known = (one.sum(axis=0, dtype=_wide(weights)) for one in (weights[present], weights[first:]))
        found = weights * present[:, np.newaxis]
        return _suffix_sums(found, self.starts), _suffix_sums(weights, self.starts), positives, known


def choose(
    ladder: Ladder, objective: Objective, weights: NDArray[Any] | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """The best threshold of one label, once or for many weights of the images.

    Args:
        ladder: of the label and the objective, with a threshold at least.
        objective: what to achieve, not "fixed".
        weights: (N, D) of the elements in the order of the keys, D times; None for 1 each, once.

    Returns:
        The thresholds, what they reach, and whether that is what was wanted, (D,) each.
    """
    tp, predicted, positives, known = ladder.counts(weights)
    best, measured, met = _best(objective, tp, predicted, positives, known)
    # the first of the best in the order of how close they are to 0.5
    order = np.lexsort((ladder.thresholds, np.abs(ladder.thresholds - DEFAULT_THRESHOLD)))
    places = order[np.argmax(best[order], axis=0)]
    times = np.arange(best.shape[1])
    return ladder.thresholds[places], measured[places, times].astype(np.float64), met[places, times]


def says_something(objective: Objective, positives: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether images with so many positives can tell a threshold for an objective; cost and alarms need none."""
    return (positives > 0) | (objective.kind in _WITHOUT_POSITIVES)


def _best_of(ladder: Ladder, objective: Objective, weights: NDArray[Any] | None = None) -> tuple[float, float, float]:
    """The best threshold, what it reaches, and whether that is what was wanted (1 or 0)."""
    if objective.kind == "fixed":
        return objective.value, objective.value, 1.0
    if not len(ladder.starts):
        return DEFAULT_THRESHOLD, 0.0, float(objective.kind not in ("precision", "recall"))
    values, reached, met = choose(ladder, objective, weights)
    return float(values[0]), float(reached[0]), float(met[0])


def _best(
    objective: Objective, tp: NDArray[Any], predicted: NDArray[Any], positives: NDArray[Any], known: NDArray[Any]
) -> tuple[NDArray[np.bool_], NDArray[Any], NDArray[np.bool_]]:
    """Which thresholds are best, what the objective measures at each, and whether that is enough; (K, D) each."""
    everywhere = np.ones(tp.shape, np.bool_)
    if objective.kind == "f_beta":
        weight = objective.value**2
        f_beta = _ratio((1 + weight) * tp, weight * positives + predicted)
        return f_beta >= f_beta.max(axis=0) * (1 - _ROUNDING), f_beta, everywhere
    if objective.kind == "cost":
        cost = objective.value * (predicted - tp) + objective.other * (positives - tp)
        return cost <= cost.min(axis=0) * (1 + _ROUNDING), cost, everywhere
    if objective.kind == "capacity":
        # multiplied, so that whole numbers stay exact
        few = (
            predicted * objective.other <= objective.value * known if objective.other else predicted <= objective.value
        )
        return _highest(np.where(few, predicted, -predicted - 1.0)), predicted, few
    precision = _ratio(tp, predicted)
    if objective.kind == "precision":
        enough = precision >= objective.value
        # where none is precise enough the most precise is, and then that with more found
        best = _highest(np.where(enough, 1.0, precision - 1.0))
        best = _first(best, tp, -predicted)
        return best, precision, enough
    recall = _ratio(tp, np.broadcast_to(positives, tp.shape))
    enough = recall >= objective.value
    best = _first(enough == enough.any(axis=0), np.where(enough, precision, recall), tp, -predicted)
    return best, recall, enough


def _first(best: NDArray[np.bool_], *values: NDArray[Any]) -> NDArray[np.bool_]:
    """Those of the best with the highest values, the first values counting most; (K, D)."""
    for one in values:
        best = best & _highest(np.where(best, one, -np.inf))
    return best


def _highest(values: NDArray[Any]) -> NDArray[np.bool_]:
    return np.asarray(values == values.max(axis=0))


def _ratio(part: NDArray[Any], whole: NDArray[Any]) -> NDArray[np.float64]:
    """The part of the whole; 0 where the whole is 0."""
    result = np.zeros(part.shape)
    np.divide(part, whole, out=result, where=whole > 0)
    return result


def _wide(weights: NDArray[Any]) -> type[np.float64] | type[np.int32]:
    """A type that holds sums of weights exactly where they are whole numbers."""
    return np.int32 if weights.dtype == np.uint8 else np.float64


def _suffix_sums(weights: NDArray[Any], starts: NDArray[np.int64]) -> NDArray[Any]:
    """The sums of weights (N, D) from each start on, (K, D); 0 where that is N."""
    sums = np.zeros((len(starts), weights.shape[1]), _wide(weights))
    # at the end there is no element to begin a sum with
    some = starts[starts < len(weights)]
    pieces = np.add.reduceat(weights, some, axis=0, dtype=_wide(weights))
    sums[: len(some)] = np.cumsum(pieces[::-1], axis=0)[::-1]
    return sums


def _highest_start(row: Keys) -> NDArray[np.int64]:
    """The start of the cut that takes least: nothing, or the highest score where that is 1; empty if none is known."""
    if not len(row) or not row[-1]:
        return np.zeros(0, np.int64)
    if scores_of(row[-1:])[0] < 1:
        return np.array([len(row)])
    return np.atleast_1d(np.searchsorted(row, row[-1] & ~np.ones((), row.dtype))).astype(np.int64)


def _between(row: Keys, starts: NDArray[np.int64]) -> NDArray[np.float64]:
    """The thresholds at cuts: 0.5 where it takes the same, else midway between two scores."""
    # an unknown element below has key 0; its score does not count, so the threshold lies midway to 0
    below = row[np.maximum(starts - 1, 0)] if len(row) else row
    lower = np.where((starts > 0) & (below > 0), scores_of(np.maximum(below, 2)), 0)
    taken = starts < len(row)
    upper = np.ones(len(starts), lower.dtype)
    upper[taken] = scores_of(row[starts[taken]])
    return parting(lower, upper)


def parting(lower: Probabilities, upper: Probabilities) -> NDArray[np.float64]:
    """Thresholds that exclude one score and take another, also in the scores' own precision.

    Args:
        lower: (K,), the scores to exclude, or 0 where there is none.
        upper: (K,), the scores to take, each above the lower or both 0.

    Returns:
        float64 (K,): 0.5 where that does it, else the middle.
    """
    low, high = lower.astype(np.float64), upper.astype(np.float64)
    middle = low + (high - low) / 2
    # halfway between two neighbouring float32 rounds to the even one, which may be the lower
    merged = (middle.astype(upper.dtype) <= lower) & (low < high)
    middle = np.where(merged, np.nextafter(middle, 1.0), middle)
    return np.where((lower < DEFAULT_THRESHOLD) & (upper >= DEFAULT_THRESHOLD), DEFAULT_THRESHOLD, middle)
