"""Numbers of images that filters compare and sort by, (N,) each; NaN where one is unknown."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from core.labels import ABSENT, PRESENT
from core.project.query.data import QueryData
from core.project.query.tree import LabelName

Measure = NDArray[np.float64] | NDArray[np.float32] | NDArray[np.int16] | NDArray[np.int32] | NDArray[np.int64]

_DEFAULT_THRESHOLD = 0.5
_MOST_IN_A_BYTE = 255


def measure(field: str, data: QueryData) -> Measure:
    """A measure of the images, by a word of `FIELDS`."""
    if field == "labels":
        return present_counts(data)
    if field == "known":
        return known_counts(data)
    if field == "size":
        return data.sizes
    widths, heights = (np.where(one > 0, one, np.nan) for one in (data.widths, data.heights))
    return {"width": widths, "height": heights}[field] if field != "aspect" else widths / heights


def present_counts(data: QueryData) -> NDArray[np.int16]:
    """How many labels are present on each image."""
    return _counted(data, lambda states: states == PRESENT)


def known_counts(data: QueryData) -> NDArray[np.int16]:
    """How many labels are present or absent on each image."""
    return _counted(data, lambda states: states >= 0)


def _counted(data: QueryData, has: Callable[[NDArray[np.int8]], NDArray[np.bool_]]) -> NDArray[np.int16]:
    counts = np.zeros(len(data.image_ids), np.int16)
    # bytes are added several times faster than longer numbers, and hold as much
    for start in range(0, len(data.labels), _MOST_IN_A_BYTE):
        part = np.zeros(len(counts), np.uint8)
        for states in data.states.T[start : start + _MOST_IN_A_BYTE]:
            part += has(states).view(np.uint8)
        counts += part
    return counts


def probabilities(label: LabelName, data: QueryData) -> NDArray[np.float32]:
    """What the model says of a label."""
    column = data.columns.get(label.id)
    if data.scores is None or column is None:
        return np.full(len(data.image_ids), np.nan, np.float32)
    return data.scores[:, column]


def disagreeing(label: LabelName | None, data: QueryData) -> NDArray[np.bool_]:
    """Where the model decides otherwise than a person, on a label or on any."""
    disagree = np.zeros(len(data.image_ids), np.bool_)
    if data.scores is None:
        return disagree
    if data.is_multi_class:
        return _disagreeing_on_one(label, data)
    columns = range(len(data.labels)) if label is None else [data.columns[label.id]] if label.id in data.columns else []
    for column in columns:
        states, scores = data.states[:, column], data.scores[:, column]
        threshold = _DEFAULT_THRESHOLD if data.thresholds is None else float(data.thresholds[column])
        cut = _single(threshold)
        disagree |= (states == ABSENT) & (scores >= cut)
        disagree |= (states == PRESENT) & (scores < cut)
    return disagree


def disagreement(data: QueryData) -> NDArray[np.float32]:
    """How far the model is from the person, from 0 to 1, on the label on which it is furthest.

    In multi-class it is what the model's label is ahead of the person's.
    """
    furthest = np.full(len(data.image_ids), np.nan, np.float32)
    if data.scores is None:
        return furthest
    if data.is_multi_class:
        right, wrong = _best_of_each_side(data, data.scores)
        np.maximum(wrong - right, 0, out=furthest, where=(right >= 0) & (wrong >= 0))
        return furthest
    for states, scores in zip(data.states.T, data.scores.T, strict=True):
        distance = np.abs(scores - states)
        # far below 0 where the label is unknown: five times faster than setting those to NaN
        distance -= (states < 0).view(np.int8) * np.int8(4)
        np.fmax(furthest, distance, out=furthest)
    furthest[furthest < 0] = np.nan
    return furthest


def _disagreeing_on_one(label: LabelName | None, data: QueryData) -> NDArray[np.bool_]:
    """Where the most probable label is not the person's; of a label, where it is one of the two."""
    assert data.scores is not None
    right, wrong = _best_of_each_side(data, data.scores)
    disagree: NDArray[np.bool_] = (right >= 0) & (wrong > right)
    if label is None:
        return disagree
    column = data.columns.get(label.id)
    if column is None:
        return np.zeros(len(disagree), np.bool_)
    # no label of the right side is as probable as the best of the wrong one
    disagree &= (data.states[:, column] == PRESENT) | (data.scores[:, column] == wrong)
    return disagree


def _best_of_each_side(data: QueryData, scores: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The highest probability of the labels that an image may have, and of those it may not; -1 where there is none.

    It may have the label that is present, or else all that are not ruled out.
    """
    has_one = present_counts(data) > 0
    right, wrong = np.full((2, len(has_one)), -1, np.float32)
    for states, column in zip(data.states.T, scores.T, strict=True):
        may_be = (states == PRESENT) | (~has_one & (states < 0))
        # NaN is passed over
        np.fmax(right, column, out=right, where=may_be)
        np.fmax(wrong, column, out=wrong, where=~may_be)
    return right, wrong


def shuffled(image_ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """A number for each image that looks drawn by chance, and is the same for ever: SplitMix64 of its id."""
    drawn = image_ids.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        drawn = (drawn ^ (drawn >> np.uint64(shift))) * np.uint64(factor)
    # one bit less, so that its negative is a number too
    return ((drawn ^ (drawn >> np.uint64(31))) >> np.uint64(1)).astype(np.int64)


def _single(threshold: float) -> np.float32:
    """The smallest single that is not below a threshold: comparing with it decides as comparing with the double."""
    single = np.float32(threshold)
    return np.nextafter(single, np.float32(np.inf)) if single < threshold else single
