"""Tuning the thresholds of a run: the best F1 of every label on one split, and what that changes on another."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import MultihotError
from core.evaluation.before_after import BeforeAfter, compare, judging_split
from core.evaluation.predictions import Predictions
from core.evaluation.threshold_file import ThresholdSet
from core.evaluation.thresholds import best_f_beta
from core.labels import Split


@dataclass(frozen=True, eq=False)
class Tuned:
    """Thresholds that were tuned.

    Attributes:
        thresholds: of the labels.
        f1: float64 (C,) in [0, 1], reached on the images on which they were tuned.
        compared: what they change, on images that nothing was tuned on where there are some.
    """

    thresholds: ThresholdSet
    f1: NDArray[np.float64]
    compared: BeforeAfter


def tune(predictions: Predictions, split: Split) -> Tuned:
    """Find the thresholds with the best F1 per label on a split.

    Args:
        predictions: of a run, of all its splits.
        split: the one to tune on; the paper tunes on train.

    Raises:
        MultihotError: no image of the split was scored, or the run decides without thresholds.
    """
    if predictions.is_multi_class:
        raise MultihotError(
            "This run gives an image the label of its highest probability, so it has no thresholds to tune.",
            next_step="Inspect and multihot evaluate show its scores.",
        )
    chosen = predictions.of(split)
    name = split.name.lower()
    if not len(chosen.image_ids):
        raise MultihotError(f"This run scored no image of {name}.", next_step="Choose another split.")
    best = best_f_beta(chosen.probabilities, chosen.targets, known=chosen.known)
    thresholds = ThresholdSet(chosen.label_names, best.values, objective="f1", tuned_on=name)
    return Tuned(thresholds, best.f_beta, compare(predictions, judging_split(predictions, split), thresholds))
