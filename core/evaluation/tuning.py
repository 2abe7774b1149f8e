"""Tuning the thresholds of a run on one split or two, and what that changes on another."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.errors import MultihotError
from core.evaluation.before_after import BeforeAfter, compare, judging_split
from core.evaluation.bootstrap import threshold_band
from core.evaluation.metrics import Counts, counts_at
from core.evaluation.objectives import BEST_F1, Objective
from core.evaluation.predictions import Predictions
from core.evaluation.shrinkage import own_share, pooled_threshold, shrunk
from core.evaluation.threshold_file import Origin, ThresholdSet, split_names
from core.evaluation.thresholds import DEFAULT_THRESHOLD, best_thresholds, parting, says_something
from core.labels import Split

On = Literal["train", "validation", "cross"]
"""What is tuned on: a split, or folds across train and validation."""
Shrink = Literal["auto", "on", "off"]
"""Whether thresholds are pulled towards that of all labels together: "auto" does so for the best F where that raises
the mean F of the labels tuned over five folds of the images tuned on. It leaves alone what is to reach anything else,
and labels that all have so many positives that pulling would move a threshold by no more than a fiftieth of the way."""

RELIABLE_SUPPORT: Final = 20
"""Positives that a threshold needs to be more than chance."""

_FOLDS: Final = 5

# the same network computes a score as differently as this on another machine or in another program
_ON_A_SCORE: Final = 1e-5
# a label that keeps so much of its own threshold is not worth a look at all others
_KEEPS_ENOUGH: Final = 0.98


@dataclass(frozen=True, eq=False)
class Found:
    """Thresholds that were tuned.

    Attributes:
        thresholds: of all labels; those that were not to be tuned are as they were.
        low, high: float64 (C,) in [0, 1], the 90 % band in which a threshold tuned on other images of the same kind
            would lie; NaN for labels that were not tuned, and for all without draws.
        support: int64 (C,), images tuned on where the label is present.
        met: bool (C,), False where the images tuned on do not reach the precision, recall or number of alarms wanted;
            True for labels that were not tuned.
    """

    thresholds: ThresholdSet
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    support: NDArray[np.int64]
    met: NDArray[np.bool_]

    @property
    def is_unreliable(self) -> NDArray[np.bool_]:
        """Whether each label has so few positives to tune on that its threshold is mostly chance; bool (C,)."""
        return np.asarray(self.support < RELIABLE_SUPPORT)


@dataclass(frozen=True, eq=False)
class Tuned(Found):
    """Thresholds that were tuned, and what they are worth.

    Attributes:
        precision, recall, f1: float64 (C,) in [0, 1], at the thresholds on `evaluated_on`.
        positives: int64 (C,), images of `evaluated_on` where the label is present.
        compared: the scores there at 0.5 and at the thresholds.
    """

    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f1: NDArray[np.float64]
    positives: NDArray[np.int64]
    compared: BeforeAfter

    @property
    def evaluated_on(self) -> str:
        """Name of the split that was judged on; one that was not used for tuning where there is one."""
        return self.compared.split


def tune(
    predictions: Predictions,
    objective: Objective = BEST_F1,
    *,
    on: On = "validation",
    shrink: Shrink = "auto",
    labels: Sequence[int] | None = None,
    start: ThresholdSet | None = None,
    draws: int = 200,
    seed: int = 0,
    progress: Callable[[float], None] = lambda _: None,
) -> Tuned:
    """Find the thresholds that suit an objective, and judge them on images that were not used for it.

    See `find_thresholds`, of which all arguments are.
    """
    found = find_thresholds(
        predictions, objective, on=on, shrink=shrink, labels=labels, start=start, draws=draws, seed=seed,
        progress=progress,
    )  # fmt: skip
    thresholds = found.thresholds
    compared = compare(predictions, judging_split(predictions, {*_splits(on), *thresholds.tuned_splits}), thresholds)
    judged = predictions.of(Split[compared.split.upper()])
    counts = counts_at(judged.probabilities, judged.targets, thresholds.values, known=judged.known)
    return Tuned(
        **vars(found),
        precision=counts.precision,
        recall=counts.recall,
        f1=counts.f1,
        positives=counts.tp + counts.fn,
        compared=compared,
    )


def find_thresholds(
    predictions: Predictions,
    objective: Objective = BEST_F1,
    *,
    on: On = "validation",
    shrink: Shrink = "auto",
    labels: Sequence[int] | None = None,
    start: ThresholdSet | None = None,
    draws: int = 200,
    seed: int = 0,
    progress: Callable[[float], None] = lambda _: None,
) -> Found:
    """Find the thresholds that suit an objective; one label takes little of the time of all where nothing is pulled.

    Args:
        predictions: of a run, of all its splits.
        objective: what each label's threshold is to achieve.
        on: the images to tune on; the paper tunes on train.
        shrink: whether to pull thresholds towards that of all labels together.
        labels: columns of those to tune; None for all.
        start: the thresholds that the other labels keep, whose name the result has; 0.5 if left out.
        draws: of the bootstrap for `low` and `high`; 0 for none.
        seed: of the folds and the draws.
        progress: told now and then the share that is done, up to 1; what it raises ends the work.

    Raises:
        MultihotError: a split to tune on has no annotated image that was scored, or the run decides without thresholds.
    """
    if predictions.is_multi_class:
        raise MultihotError(
            "This run gives an image the label of its highest probability, so it has no thresholds to tune.",
            next_step="Inspect and multihot evaluate show its scores.",
        )
    splits = _splits(on)
    for split in splits:
        # of two, the one would pass for both
        if not predictions.of(split).known.any():
            raise MultihotError(
                f"This run scored no annotated image of {split_names((split,))}.", next_step="Choose another split."
            )
    chosen = predictions.of(*splits)
    aim = objective.among(len(chosen.image_ids))
    everywhere = chosen.probabilities, chosen.targets, chosen.known
    support = everywhere[1].sum(axis=0)
    asked = list(range(len(support))) if labels is None else list(labels)
    columns = slice(None) if labels is None else asked
    scores, present, known = everywhere[0][:, columns], everywhere[1][:, columns], everywhere[2][:, columns]
    may_help = shrink == "auto" and aim.kind == "f_beta" and bool((own_share(support[asked]) < _KEEPS_ENOUGH).any())
    tell = _Parts(2 + _FOLDS * may_help + len(asked) * bool(draws), progress)
    if on == "cross":
        own = mean_of_folds(scores, present, aim, known=known, seed=seed)
    else:
        own = best_thresholds(scores, present, aim, known=known).values
    tell.done()
    is_shrunk = shrink == "on" and aim.kind != "fixed"
    if may_help:
        is_shrunk = shrinking_helps(
            *everywhere[:2], aim, known=everywhere[2], labels=asked, seed=seed, progress=tell.done
        )
    pooled = pooled_threshold(*everywhere[:2], aim, known=everywhere[2]) if is_shrunk else None
    tell.done()
    thresholds = ThresholdSet.default(chosen.label_names) if start is None else start
    values, origins = thresholds.values.copy(), list(thresholds.origins)
    values[asked] = _pulled(own, pooled, support[asked])
    if pooled is not None or on == "cross":
        values[asked] = _off_scores(values[asked], scores, known)
    low, high = np.full((2, len(support)), np.nan)
    for place, label in enumerate(asked):
        # a fixed threshold comes from no images
        origins[label] = Origin(str(objective), None if aim.kind == "fixed" else split_names(splits), is_shrunk)
        if draws:
            band = threshold_band(
                scores[:, place], present[:, place], aim, known=known[:, place], draws=draws, seed=seed
            )
            ends = _pulled(np.array(band), pooled, support[label])
            # what was chosen is possible, too
            low[label], high[label] = min(ends[0], values[label]), max(ends[1], values[label])
            tell.done()
    met = np.ones(len(support), np.bool_)
    met[asked] = _meets(aim, counts_at(scores, present, values[asked], known=known))
    return Found(replace(thresholds, values=values, origins=tuple(origins)), low, high, support, met)


class _Parts:
    """Tells the share of so many parts that are done."""

    def __init__(self, parts: int, progress: Callable[[float], None]) -> None:
        self._parts, self._progress, self._done = parts, progress, 0

    def done(self) -> None:
        """Another part is done."""
        self._done += 1
        self._progress(self._done / self._parts)


def _splits(on: On) -> tuple[Split, ...]:
    """The splits that are tuned on."""
    return (Split.TRAIN, Split.VALIDATION) if on == "cross" else (Split[on.upper()],)


def mean_of_folds(
    probabilities: ArrayLike, targets: ArrayLike, objective: Objective, *, known: ArrayLike, seed: int = 0
) -> NDArray[np.float64]:
    """The mean of the thresholds that are best without each fifth of the images.

    Args:
        probabilities: float32 or float64 (N, C) in [0, 1].
        targets: bool (N, C).
        objective: what to achieve.
        known: bool (N, C).
        seed: of the deal of the images into fifths.

    Returns:
        float64 (C,) in [0, 1]; folds that say nothing of a label are left out, and where all do it is 0.5.
    """
    scores, present, mask = np.asarray(probabilities), np.asarray(targets), np.asarray(known)
    total, times = np.zeros(scores.shape[1]), np.zeros(scores.shape[1], np.int64)
    for rows in _folds(len(scores), seed):
        values = best_thresholds(scores[rows], present[rows], objective, known=mask[rows]).values
        tells = mask[rows].any(axis=0) & says_something(objective, (present & mask)[rows].sum(axis=0))
        total[tells] += values[tells]
        times += tells
    return np.where(times > 0, total / np.maximum(times, 1), DEFAULT_THRESHOLD)


def shrinking_helps(
    probabilities: ArrayLike,
    targets: ArrayLike,
    objective: Objective,
    *,
    known: ArrayLike,
    labels: Sequence[int] | None = None,
    seed: int = 0,
    progress: Callable[[], None] = lambda: None,
) -> bool:
    """Whether thresholds pulled towards that of all labels together have a higher mean F on images of the same kind.

    Each fifth of the images is judged with thresholds tuned on the others; only for the best F.

    Args:
        probabilities: float32 or float64 (N, C) in [0, 1].
        targets: bool (N, C).
        objective: what to achieve.
        known: bool (N, C).
        labels: columns of those that are to be pulled, whose F counts; None for all.
        seed: of the deal of the images into fifths.
        progress: called after each fifth.
    """
    if objective.kind != "f_beta":
        return False
    everywhere = np.asarray(probabilities), np.asarray(targets), np.asarray(known)
    scores, present, mask = everywhere if labels is None else (one[:, list(labels)] for one in everywhere)
    # true positives, predicted and positives of each label, with its own threshold and with the pulled one
    sums = np.zeros((2, 3, scores.shape[1]))
    for rows in _folds(len(scores), seed):
        own = best_thresholds(scores[rows], present[rows], objective, known=mask[rows]).values
        pooled = pooled_threshold(everywhere[0][rows], everywhere[1][rows], objective, known=everywhere[2][rows])
        pulled = shrunk(own, pooled, (present & mask)[rows].sum(axis=0))
        for way, values in enumerate((own, pulled)):
            counts = counts_at(scores[~rows], present[~rows], values, known=mask[~rows])
            sums[way] += counts.tp, counts.tp + counts.fp, counts.tp + counts.fn
        progress()
    weight = objective.value**2
    f_beta = (1 + weight) * sums[:, 0] / np.maximum(weight * sums[:, 2] + sums[:, 1], 1)
    alone, pulled_too = f_beta.sum(axis=1)
    return bool(pulled_too > alone)


def _folds(images: int, seed: int) -> Iterator[NDArray[np.bool_]]:
    """The images without each fifth in turn; bool (N,)."""
    fold = np.random.default_rng(seed).permutation(images) % _FOLDS
    for left_out in range(_FOLDS):
        yield fold != left_out


def _pulled(
    values: NDArray[np.float64], pooled: float | None, support: NDArray[np.int64] | np.int64
) -> NDArray[np.float64]:
    """Thresholds pulled towards the pooled one, where there is one."""
    return values if pooled is None else shrunk(values, pooled, support)


def _off_scores(
    values: NDArray[np.float64], scores: NDArray[np.float32], known: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Thresholds that decide the same, but lie midway between two scores where they were all but on one; (C,)."""
    moved = values.copy()
    for label, value in enumerate(values):
        column = scores[known[:, label], label]
        if len(column) and np.abs(column - value).min() < _ON_A_SCORE:
            takes = column >= column.dtype.type(value)
            lower = column[~takes].max(initial=0)
            upper = column[takes].min(initial=1)
            moved[label] = parting(np.array([lower]), np.array([upper]))[0]
    return moved


def _meets(objective: Objective, counts: Counts) -> NDArray[np.bool_]:
    """Whether each label has the wanted precision or recall, or few enough alarms; bool (C,)."""
    if objective.kind == "precision":
        return np.asarray(counts.precision >= objective.value)
    if objective.kind == "recall":
        return np.asarray(counts.recall >= objective.value)
    alarms = counts.tp + counts.fp
    if objective.kind == "capacity":
        return np.asarray(alarms * objective.other <= objective.value * (alarms + counts.fn + counts.tn))
    return np.ones(alarms.shape, np.bool_)
