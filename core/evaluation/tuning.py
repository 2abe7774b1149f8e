"""Tuning the thresholds of a run on one split or two, and what that changes on another."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.errors import MultihotError
from core.evaluation.before_after import BeforeAfter, compare, judging_split
from core.evaluation.bootstrap import threshold_band
from core.evaluation.metrics import ClassificationScores, Counts, counts_at
from core.evaluation.objectives import BEST_F1, Objective
from core.evaluation.predictions import Predictions
from core.evaluation.shrinkage import pooled_threshold, shrunk
from core.evaluation.threshold_file import Origin, ThresholdSet, split_names
from core.evaluation.thresholds import DEFAULT_THRESHOLD, best_thresholds, says_something
from core.labels import Split

On = Literal["train", "validation", "cross"]
"""What is tuned on: a split, or folds across train and validation."""
Shrink = Literal["auto", "on", "off"]
"""Whether thresholds are pulled towards that of all labels together: "auto" does so for the best F where that raises
the mean F over five folds of the images tuned on, and leaves alone what is to reach anything else."""

RELIABLE_SUPPORT: Final = 20
"""Positives that a threshold needs to be more than chance."""

_FOLDS: Final = 5


@dataclass(frozen=True, eq=False)
class Tuned:
    """Thresholds that were tuned, and what they are worth.

    Attributes:
        thresholds: of all labels; those that were not to be tuned are as they were.
        low, high: float64 (C,) in [0, 1], the 90 % band in which a threshold tuned on other images of the same kind
            would lie; NaN for labels that were not tuned, and for all without draws.
        support: int64 (C,), images tuned on where the label is present.
        met: bool (C,), False where the images tuned on do not reach the precision, recall or number of alarms wanted.
        precision, recall, f1: float64 (C,) in [0, 1], at the thresholds on `evaluated_on`.
        positives: int64 (C,), images of `evaluated_on` where the label is present.
        compared: the scores there at 0.5 and at the thresholds.
    """

    thresholds: ThresholdSet
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    support: NDArray[np.int64]
    met: NDArray[np.bool_]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f1: NDArray[np.float64]
    positives: NDArray[np.int64]
    compared: BeforeAfter

    @property
    def is_unreliable(self) -> NDArray[np.bool_]:
        """Whether each label has so few positives to tune on that its threshold is mostly chance; bool (C,)."""
        return np.asarray(self.support < RELIABLE_SUPPORT)

    @property
    def evaluated_on(self) -> str:
        """Name of the split that was judged on; one that was not used for tuning where there is one."""
        return self.compared.split

    @property
    def at_half(self) -> ClassificationScores:
        """The scores on `evaluated_on` at 0.5 for every label."""
        return self.compared.before

    @property
    def tuned(self) -> ClassificationScores:
        """The scores on `evaluated_on` at the thresholds."""
        return self.compared.after


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
    progress: Callable[[int, int], None] | None = None,
) -> Tuned:
    """Find the thresholds that suit an objective, and judge them on images that were not used for it.

    Args:
        predictions: of a run, of all its splits.
        objective: what each label's threshold is to achieve.
        on: the images to tune on; the paper tunes on train.
        shrink: whether to pull thresholds towards that of all labels together.
        labels: columns of those to tune; None for all.
        start: the thresholds that the other labels keep, whose name the result has; 0.5 if left out.
        draws: of the bootstrap for `low` and `high`; 0 for none.
        seed: of the folds and the draws.
        progress: called with how many labels have a band, and of how many.

    Raises:
        MultihotError: no image was scored to tune on, or the run decides without thresholds.
    """
    if predictions.is_multi_class:
        raise MultihotError(
            "This run gives an image the label of its highest probability, so it has no thresholds to tune.",
            next_step="Inspect and multihot evaluate show its scores.",
        )
    splits = (Split.TRAIN, Split.VALIDATION) if on == "cross" else (Split[on.upper()],)
    chosen = predictions.of(*splits)
    if not len(chosen.image_ids):
        raise MultihotError(f"This run scored no image of {split_names(splits)}.", next_step="Choose another split.")
    aim = objective.among(len(chosen.image_ids))
    arguments = chosen.probabilities, chosen.targets
    if on == "cross":
        own = mean_of_folds(*arguments, aim, known=chosen.known, seed=seed)
    else:
        own = best_thresholds(*arguments, aim, known=chosen.known).values
    support = chosen.targets.sum(axis=0)
    if shrink == "auto":
        is_shrunk = shrinking_helps(*arguments, aim, known=chosen.known, seed=seed)
    else:
        is_shrunk = shrink == "on" and aim.kind != "fixed"
    pooled = pooled_threshold(*arguments, aim, known=chosen.known) if is_shrunk else None
    asked = list(range(len(own))) if labels is None else list(labels)
    thresholds = ThresholdSet.default(chosen.label_names) if start is None else start
    values, origins = thresholds.values.copy(), list(thresholds.origins)
    values[asked] = _pulled(own, pooled, support)[asked]
    low, high = np.full((2, len(own)), np.nan)
    for done, label in enumerate(asked, start=1):
        origins[label] = Origin(str(objective), split_names(splits), is_shrunk)
        if draws:
            scores, present, known = (one[:, label] for one in (*arguments, chosen.known))
            band = threshold_band(scores, present, aim, known=known, draws=draws, seed=seed)
            ends = _pulled(np.array(band), pooled, support[label])
            # what was chosen is possible, too
            low[label], high[label] = min(ends[0], values[label]), max(ends[1], values[label])
            if progress is not None:
                progress(done, len(asked))
    thresholds = replace(thresholds, values=values, origins=tuple(origins))
    met = np.ones(len(own), np.bool_)
    met[asked] = _meets(aim, counts_at(*arguments, values, known=chosen.known))[asked]
    compared = compare(predictions, judging_split(predictions, {*splits, *thresholds.tuned_splits}), thresholds)
    judged = predictions.of(Split[compared.split.upper()])
    counts = counts_at(judged.probabilities, judged.targets, values, known=judged.known)
    return Tuned(
        thresholds=thresholds,
        low=low,
        high=high,
        support=support,
        met=met,
        precision=counts.precision,
        recall=counts.recall,
        f1=counts.f1,
        positives=counts.tp + counts.fn,
        compared=compared,
    )


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
    probabilities: ArrayLike, targets: ArrayLike, objective: Objective, *, known: ArrayLike, seed: int = 0
) -> bool:
    """Whether thresholds pulled towards that of all labels together have a higher mean F on images of the same kind.

    Each fifth of the images is judged with thresholds tuned on the others; only for the best F.

    Args:
        probabilities: float32 or float64 (N, C) in [0, 1].
        targets: bool (N, C).
        objective: what to achieve.
        known: bool (N, C).
        seed: of the deal of the images into fifths.
    """
    if objective.kind != "f_beta":
        return False
    scores, present, mask = np.asarray(probabilities), np.asarray(targets), np.asarray(known)
    # true positives, predicted and positives of each label, with its own threshold and with the pulled one
    sums = np.zeros((2, 3, scores.shape[1]))
    for rows in _folds(len(scores), seed):
        tuned_on = scores[rows], present[rows], objective
        own = best_thresholds(*tuned_on, known=mask[rows]).values
        pulled = shrunk(own, pooled_threshold(*tuned_on, known=mask[rows]), (present & mask)[rows].sum(axis=0))
        for way, values in enumerate((own, pulled)):
            counts = counts_at(scores[~rows], present[~rows], values, known=mask[~rows])
            sums[way] += counts.tp, counts.tp + counts.fp, counts.tp + counts.fn
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
