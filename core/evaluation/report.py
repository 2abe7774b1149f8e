"""The numbers of one run on one split, as `multihot evaluate` and Inspect show them."""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.evaluation.metrics import (
    ClassificationScores,
    average_precision,
    classification_scores,
    counts_at,
    mean_over_labels,
)
from core.evaluation.multi_class import confusion_matrix, highest, top1_of
from core.evaluation.predictions import Predictions
from core.evaluation.thresholds import DEFAULT_THRESHOLD
from core.evaluation.voc import interpolated_average_precision
from core.labels import Task


@dataclass(frozen=True)
class LabelReport:
    """How well one label is predicted.

    Attributes:
        name: the label's name.
        support: images on which it is present.
        known: images on which a person said whether it is present.
        ap: average precision in (0, 1]; NaN where the support is 0.
        precision, recall, f1: of the decisions, in [0, 1]; 0 for 0/0.
        threshold: the label is predicted where probability >= threshold; None in multi-class.
    """

    name: str
    support: int
    known: int
    ap: float
    precision: float
    recall: float
    f1: float
    threshold: float | None


@dataclass(frozen=True)
class Report(ClassificationScores):
    """How well all labels are predicted; beside `map` the scores are those of `ClassificationScores`.

    Attributes:
        task: in multi-label thresholds decide, in multi-class the highest probability does.
        images: number of images.
        map: mean average precision over the labels that have a positive; NaN where none has.
        map_all_labels: the same with 0 for a label without a positive, as some published code counts.
        map_voc: the mean of the interpolated average precision over all recalls, as in VOC since 2010; None where not
            asked for.
        map_voc_2007: the same over 11 recalls.
        top1: in multi-class the share of images whose label is the prediction, NaN without one; None in multi-label.
        confusion_matrix: in multi-class images by label, rows, and prediction, columns, in the order of the labels;
            None in multi-label.
        labels: one report per label, in the project's order.
    """

    task: Task
    images: int
    map: float
    map_all_labels: float
    map_voc: float | None
    map_voc_2007: float | None
    top1: float | None
    confusion_matrix: tuple[tuple[int, ...], ...] | None
    labels: tuple[LabelReport, ...]

    def to_dict(self) -> dict[str, Any]:
        """The report as numbers, strings, lists and dictionaries for JSON; NaN becomes None."""
        report = asdict(self)
        labels = report.pop("labels")
        return {**_without_nan(report), "labels": [_without_nan(label) for label in labels]}


def evaluate(predictions: Predictions, thresholds: NDArray[np.float64], *, interpolated: bool = False) -> Report:
    """Score the predictions of some images, of one split as a rule.

    Args:
        predictions: probabilities beside what people said.
        thresholds: (C,), in the order of the labels; of no effect in multi-class.
        interpolated: whether to add the interpolated average precision of VOC.

    Raises:
        ValueError: the thresholds do not fit the labels.
    """
    probabilities, targets, known = predictions.probabilities, predictions.targets, predictions.known
    ap = average_precision(probabilities, targets, known)
    decided, cuts = decisions(predictions, thresholds)
    counts = counts_at(decided, targets, cuts, known=known)
    confusion = confusion_matrix(probabilities, targets, known) if predictions.is_multi_class else None
    labels = zip(
        predictions.label_names,
        (counts.tp + counts.fn).tolist(),
        known.sum(axis=0).tolist(),
        ap.tolist(),
        counts.precision.tolist(),
        counts.recall.tolist(),
        counts.f1.tolist(),
        [None] * len(ap) if predictions.is_multi_class else np.asarray(thresholds, dtype=np.float64).tolist(),
        strict=True,
    )

    def voc(levels: int | None) -> float | None:
        if not interpolated:
            return None
        return mean_over_labels(interpolated_average_precision(probabilities, targets, known, levels=levels))

    return Report(
        **vars(classification_scores(decided, targets, cuts, known)),
        task=predictions.task,
        images=len(probabilities),
        map=mean_over_labels(ap),
        map_all_labels=float(np.nan_to_num(ap).mean()) if len(ap) else math.nan,
        map_voc=voc(None),
        map_voc_2007=voc(11),
        top1=None if confusion is None else top1_of(confusion),
        confusion_matrix=None if confusion is None else tuple(map(tuple, confusion.tolist())),
        labels=tuple(LabelReport(*values) for values in labels),
    )


def decisions(predictions: Predictions, thresholds: ArrayLike) -> tuple[NDArray[Any], ArrayLike]:
    """Probabilities and thresholds whose comparison is what the task decides.

    Returns:
        In multi-label what is given. In multi-class 1 for the label of the highest probability and 0 for the others,
        with 0.5.
    """
    if predictions.is_multi_class:
        return highest(predictions.probabilities).astype(np.float32), DEFAULT_THRESHOLD
    return predictions.probabilities, thresholds


def _without_nan(values: dict[str, Any]) -> dict[str, Any]:
    return {key: None if isinstance(value, float) and math.isnan(value) else value for key, value in values.items()}
