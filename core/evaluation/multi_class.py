"""Decisions where an image has exactly one of the labels: the label of the highest probability is predicted."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.evaluation.checks import check_scores


def highest(probabilities: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Where a label is the prediction: True once per image, at the first of its highest probabilities.

    Args:
        probabilities: (N, C), C at least 1.

    Returns:
        bool (N, C).
    """
    predicted = np.zeros(probabilities.shape, np.bool_)
    predicted[np.arange(len(probabilities)), probabilities.argmax(axis=1)] = True
    return predicted


def confusion_matrix(probabilities: ArrayLike, targets: ArrayLike, known: ArrayLike | None = None) -> NDArray[np.int64]:
    """How often each label is taken for each.

    Args:
        probabilities: float32 or float64 (N, C) in [0, 1].
        targets: bool or 0/1 (N, C), one present label per image; anything where not known.
        known: bool (N, C), where the target counts; None means everywhere.

    Returns:
        int64 (C, C): images by the label present, in rows, and the label predicted, in columns. An image on which no
        label or more than one is known to be present is left out.

    Raises:
        ValueError: shapes differ, or a value is NaN or out of range.
    """
    scores, present, _ = check_scores(probabilities, targets, known)
    labels = scores.shape[1]
    judged = np.count_nonzero(present, axis=1) == 1
    pairs = present[judged].argmax(axis=1) * labels + scores[judged].argmax(axis=1) if judged.any() else []
    return np.bincount(np.asarray(pairs, np.int64), minlength=labels * labels).reshape(labels, labels)


def top1_of(confusion: NDArray[np.int64]) -> float:
    """The share of images whose label is the prediction, in [0, 1]; NaN without images.

    Args:
        confusion: int64 (C, C), from `confusion_matrix`.
    """
    images = confusion.sum()
    return float(np.trace(confusion) / images) if images else float("nan")


def confusions(confusion: NDArray[np.int64], *, limit: int) -> list[tuple[int, int, int]]:
    """The labels most often taken for others.

    Args:
        confusion: int64 (C, C), from `confusion_matrix`.
        limit: how many to give at most.

    Returns:
        The label, what it is taken for, and on how many images; the most images first, never 0.
    """
    wrong = confusion.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:limit]
    pairs = zip(*np.unravel_index(order, wrong.shape), strict=True)
    return [(int(label), int(taken), int(wrong[label, taken])) for label, taken in pairs if wrong[label, taken]]
