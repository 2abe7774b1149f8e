"""Tuning the thresholds of a run on one split or two, and what that changes on another."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import MultihotError
from core.evaluation.before_after import BeforeAfter, compare, judging_split
from core.evaluation.metrics import ClassificationScores, counts_at
from core.evaluation.objectives import BEST_F1, Objective
from core.evaluation.predictions import Predictions
from core.evaluation.threshold_file import Origin, ThresholdSet, split_names
from core.evaluation.thresholds import best_f_beta
from core.labels import Split

On = Literal["train", "validation", "cross"]
"""What is tuned on: a split, or folds across train and validation."""
Shrink = Literal["auto", "on", "off"]
"""Whether thresholds are pulled towards that of all labels together."""


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
    names = chosen.label_names
    best = best_f_beta(chosen.probabilities, chosen.targets, known=chosen.known)
    thresholds = ThresholdSet(names, best.values, (Origin(str(objective), split_names(splits)),) * len(names))
    compared = compare(predictions, judging_split(predictions, splits), thresholds)
    judged = predictions.of(Split[compared.split.upper()])
    counts = counts_at(judged.probabilities, judged.targets, thresholds.values, known=judged.known)
    return Tuned(
        thresholds=thresholds,
        low=best.values,
        high=best.values,
        support=chosen.targets.sum(axis=0),
        met=np.ones(len(names), np.bool_),
        precision=counts.precision,
        recall=counts.recall,
        f1=counts.f1,
        positives=counts.tp + counts.fn,
        compared=compared,
    )
