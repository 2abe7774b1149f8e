"""The wrong decisions of a run, and those that it was least likely to get right, ready for a gallery."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.evaluation.decided import decided
from core.evaluation.predictions import Predictions
from core.labels import LabelState

MistakeList = Literal["false positives", "false negatives", "most confident", "highest loss"]
"""The lists that `find_mistakes` makes."""

# a float32 probability may be 0, whose loss would be infinite
_LEAST: Final = 1e-12


class MistakeKind(IntEnum):
    """What is wrong with a decision; the values are those of `Mistakes.kinds`."""

    RIGHT = 0
    FALSE_POSITIVE = 1
    FALSE_NEGATIVE = 2


@dataclass(frozen=True, eq=False)
class Mistakes:
    """Decisions on n pairs of an image and a label, the first to be looked at first.

    Attributes:
        rows: int64 (n,), rows of the images in the predictions.
        labels: int64 (n,), columns of the labels.
        scores: float32 (n,), probabilities in [0, 1].
        kinds: int8 (n,), `MistakeKind`; RIGHT only in the list of the highest loss.
        measures: float64 (n,), falling: the loss in the list of the highest loss, in [0, 27.7]; in all others the
            margin in [0, 1].
        total: how many there are without the limit; in the list of the highest loss, how many have one.
    """

    rows: NDArray[np.int64]
    labels: NDArray[np.int64]
    scores: NDArray[np.float32]
    kinds: NDArray[np.int8]
    measures: NDArray[np.float64]
    total: int


def find_mistakes(
    predictions: Predictions, thresholds: ArrayLike, which: MistakeList, *, label: int | None = None, limit: int
) -> Mistakes:
    """List decisions of one label or of all; unknown states are left out.

    False positives are predicted but absent, false negatives present but not predicted, and "most confident" are both
    together. They come by their margin, which says how far the score p is on the wrong side of the threshold t as a
    share of the way that there is: (p - t) / (1 - t) of a false positive and (t - p) / t of a false negative, so that
    labels of different thresholds compare. In multi-class it is the probability of the prediction less that of the
    label present.

    "highest loss" lists all known decisions, whether right or wrong, by -log of the probability that the network gave
    to what is true: p of a label that is present and 1 - p of one that is absent (binary cross-entropy). In
    multi-class only the label present has a loss, -log p (cross-entropy). A probability below 1e-12 counts as 1e-12.

    Args:
        predictions: of V images and C labels, of one split as a rule.
        thresholds: a number or (C,); of no effect in multi-class.
        which: the list to make.
        label: the column of a label; None for all labels together.
        limit: how many to give at most.

    Returns:
        The decisions; of equal ones that of the lower row, then of the lower column first.

    Raises:
        ValueError: the thresholds do not fit the labels.
    """
    chosen = slice(None) if label is None else slice(label, label + 1)
    predicted = decided(predictions, thresholds)[:, chosen]
    states = predictions.states[:, chosen]
    scores = np.ascontiguousarray(predictions.probabilities[:, chosen])
    false_positive = predicted & (states == LabelState.ABSENT)
    false_negative = ~predicted & (states == LabelState.PRESENT)
    if which == "highest loss":
        listed = states == LabelState.PRESENT if predictions.is_multi_class else states != LabelState.UNKNOWN
        given_to_truth = np.where(states == LabelState.PRESENT, scores, 1 - scores)
        # what has no loss comes after all that has one
        given_to_truth[~listed] = 2
        total = int(np.count_nonzero(listed))
        places = _first(given_to_truth.reshape(-1), min(limit, total))
        measures = -np.log(np.maximum(given_to_truth.reshape(-1)[places].astype(np.float64), _LEAST))
    else:
        lists = {"false positives": false_positive, "false negatives": false_negative}
        wrong = np.flatnonzero(lists[which] if which in lists else false_positive | false_negative)
        total = len(wrong)
        margins = _margins(predictions, thresholds, wrong, first_label=label or 0, scores=scores)
        order = _first(-margins, limit)
        places, measures = wrong[order], margins[order]
    kinds = np.zeros(len(places), np.int8)
    kinds[false_positive.reshape(-1)[places]] = MistakeKind.FALSE_POSITIVE
    kinds[false_negative.reshape(-1)[places]] = MistakeKind.FALSE_NEGATIVE
    rows, columns = np.divmod(places, max(scores.shape[1], 1))
    return Mistakes(
        rows=rows,
        labels=columns + (label or 0),
        scores=scores.reshape(-1)[places],
        kinds=kinds,
        # -log 1 is -0.0
        measures=measures + 0.0,
        total=total,
    )


def _margins(
    predictions: Predictions,
    thresholds: ArrayLike,
    places: NDArray[np.int64],
    *,
    first_label: int,
    scores: NDArray[np.float32],
) -> NDArray[np.float64]:
    """How far wrong decisions are on the wrong side, float64 (n,) in [0, 1].

    Args:
        predictions: of V images and C labels.
        thresholds: a number or (C,).
        places: int64 (n,), places in `scores` read row by row.
        first_label: column of the first label in `scores`.
        scores: float32 (V, 1) or (V, C), probabilities of the labels that are looked at.
    """
    rows, columns = np.divmod(places, max(scores.shape[1], 1))
    if predictions.is_multi_class:
        of_present = np.where(predictions.targets, predictions.probabilities, 0).max(axis=1, initial=0)
        lead = predictions.probabilities.max(axis=1, initial=0) - of_present
        return np.asarray(lead[rows], np.float64)
    labels = len(predictions.label_names)
    cuts = np.broadcast_to(np.asarray(thresholds, np.float64), (labels,))[columns + first_label]
    way = scores.reshape(-1)[places] - cuts
    room = np.where(way >= 0, 1 - cuts, cuts)
    # a threshold is rounded to the scores' precision where it decides, so a way may be a rounding below 0
    return np.asarray(np.minimum(np.abs(way) / np.maximum(room, _LEAST), 1))


def _first(values: NDArray[np.floating[Any]], limit: int) -> NDArray[np.int64]:
    """The places of the lowest values in ascending order, of equal ones the lower place first.

    As a stable argsort, but of the few that are wanted.
    """
    if len(values) <= limit or limit < 1:
        return np.argsort(values, kind="stable")[: max(limit, 0)]
    last = np.partition(values, limit - 1)[limit - 1]
    below = np.flatnonzero(values < last)
    kept = np.concatenate((below, np.flatnonzero(values == last)[: limit - len(below)]))
    return kept[np.argsort(values[kept], kind="stable")]
