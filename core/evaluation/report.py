"""The numbers of one run on one split, as `multihot evaluate` and Inspect show them."""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.evaluation.metrics import (
    ClassificationScores,
    average_precision,
    classification_scores,
    counts_at,
    mean_over_labels,
)
from core.evaluation.predictions import Predictions


@dataclass(frozen=True)
class LabelReport:
    """How well one label is predicted.

    Attributes:
        name: the label's name.
        support: images on which it is present.
        known: images on which a person said whether it is present.
        ap: average precision in (0, 1]; NaN where the support is 0.
        precision, recall, f1: at the threshold, in [0, 1]; 0 for 0/0.
        threshold: the label is predicted where probability >= threshold.
    """

    name: str
    support: int
    known: int
    ap: float
    precision: float
    recall: float
    f1: float
    threshold: float


@dataclass(frozen=True)
class Report(ClassificationScores):
    """How well all labels are predicted; beside `map` the scores are those of `ClassificationScores`.

    Attributes:
        images: number of images.
        map: mean average precision over the labels that have a positive; NaN where none has.
        map_all_labels: the same with 0 for a label without a positive, as some published code counts.
        labels: one report per label, in the project's order.
    """

    images: int
    map: float
    map_all_labels: float
    labels: tuple[LabelReport, ...]

    def to_dict(self) -> dict[str, Any]:
        """The report as numbers, strings, lists and dictionaries for JSON; NaN becomes None."""
        report = asdict(self)
        labels = report.pop("labels")
        return {**_without_nan(report), "labels": [_without_nan(label) for label in labels]}


def evaluate(predictions: Predictions, thresholds: NDArray[np.float64]) -> Report:
    """Score the predictions of some images, of one split as a rule.

    Args:
        predictions: probabilities beside what people said.
        thresholds: (C,), in the order of the labels.

    Raises:
        ValueError: the thresholds do not fit the labels.
    """
    probabilities, targets, known = predictions.probabilities, predictions.targets, predictions.known
    ap = average_precision(probabilities, targets, known)
    scores = classification_scores(probabilities, targets, thresholds, known)
    counts = counts_at(probabilities, targets, thresholds, known=known)
    labels = zip(
        predictions.label_names,
        (counts.tp + counts.fn).tolist(),
        known.sum(axis=0).tolist(),
        ap.tolist(),
        counts.precision.tolist(),
        counts.recall.tolist(),
        counts.f1.tolist(),
        np.asarray(thresholds, dtype=np.float64).tolist(),
        strict=True,
    )
    return Report(
        **vars(scores),
        images=len(probabilities),
        map=mean_over_labels(ap),
        map_all_labels=float(np.nan_to_num(ap).mean()) if len(ap) else math.nan,
        labels=tuple(LabelReport(*values) for values in labels),
    )


def _without_nan(values: dict[str, Any]) -> dict[str, Any]:
    return {key: None if isinstance(value, float) and math.isnan(value) else value for key, value in values.items()}
