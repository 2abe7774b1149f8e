"""Asking the tree of a filter, a column at a time."""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from core.labels import Review
from core.project.labels.rules import violating
from core.project.query.data import QueryData
from core.project.query.measures import Measure, disagreeing, known_counts, measure, probabilities
from core.project.query.patterns import compiled
from core.project.query.tree import (
    And,
    Compares,
    Disagrees,
    HasFlag,
    HasId,
    HasNote,
    HasProbability,
    HasState,
    InFolder,
    InSplit,
    IsKnown,
    IsNamed,
    LabelName,
    Leaf,
    Node,
    Not,
    Or,
)
from core.project.query.words import Comparison

# plain numbers, as numpy compares bytes with those ten times faster than with members of an enumeration
_REVIEWS = {"reviewed": int(Review.REVIEWED), "unreviewed": int(Review.TO_DO), "unsure": int(Review.UNSURE)}


def passing(node: Node, data: QueryData) -> NDArray[np.bool_]:
    """Which images a node lets through (N,); the array is new or must not be written to."""
    if isinstance(node, Not):
        return ~passing(node.node, data)
    if isinstance(node, And | Or):
        first, *rest = node.nodes
        answer = passing(first, data).copy()
        for one in rest:
            if isinstance(node, And):
                answer &= passing(one, data)
            else:
                answer |= passing(one, data)
        return answer
    return _ask(node, data)


def _ask(leaf: Leaf, data: QueryData) -> NDArray[np.bool_]:
    answer: NDArray[np.bool_]
    if isinstance(leaf, HasState | IsKnown):
        states = _states(leaf.label, data)
        if states is None:
            return np.zeros(len(data.image_ids), np.bool_)
        answer = states >= 0 if isinstance(leaf, IsKnown) else states == int(leaf.state)
    elif isinstance(leaf, HasFlag):
        answer = _flag(leaf.word, data)
    elif isinstance(leaf, InSplit):
        answer = np.zeros(len(data.image_ids), np.bool_)
        for split in leaf.splits:
            answer |= data.splits == int(split)
    elif isinstance(leaf, InFolder):
        answer = data.paths.in_folder(leaf.pattern)
    elif isinstance(leaf, IsNamed):
        answer = data.paths.named(leaf.pattern)
    elif isinstance(leaf, HasNote):
        answer = _noted(leaf.pattern, data)
    elif isinstance(leaf, HasId):
        answer = _have_ids(leaf.ids, data)
    elif isinstance(leaf, Compares):
        answer = _compared(measure(leaf.field, data), leaf.comparison, leaf.number)
    elif isinstance(leaf, HasProbability):
        answer = _compared(probabilities(leaf.label, data), leaf.comparison, leaf.number)
    else:
        assert isinstance(leaf, Disagrees)
        answer = disagreeing(leaf.label, data)
    return answer


def _states(label: LabelName, data: QueryData) -> NDArray[np.int8] | None:
    column = data.columns.get(label.id)
    return None if column is None else data.states[:, column]


def _flag(word: str, data: QueryData) -> NDArray[np.bool_]:
    if word in _REVIEWS:
        answer: NDArray[np.bool_] = data.review == _REVIEWS[word]
        return answer
    if word == "flagged":
        return data.flagged
    if word == "unlabeled":
        return np.asarray(known_counts(data) == 0)
    if word == "conflict":
        return violating(data.states, data.labels, data.rules)
    if word == "disputed":
        return _have_ids({image_id for image_id, _ in data.disputes}, data)
    assert word == "unreadable"
    return _have_ids(data.problems.keys(), data)


def _noted(pattern: str, data: QueryData) -> NDArray[np.bool_]:
    notes = ((image_id, text.casefold()) for image_id, text in data.notes.items() if text)
    if "*" in pattern:
        match = compiled(pattern, wildcards="*").match
        return _have_ids([image_id for image_id, text in notes if match(text)], data)
    return _have_ids([image_id for image_id, text in notes if pattern in text], data)


def _have_ids(ids: Collection[int], data: QueryData) -> NDArray[np.bool_]:
    answer = np.zeros(len(data.image_ids), np.bool_)
    if ids and len(answer):
        wanted = np.fromiter(ids, np.int64, len(ids))
        rows = np.searchsorted(data.image_ids, wanted)
        found = data.image_ids.take(rows, mode="clip") == wanted
        answer[rows[found]] = True
    return answer


def _compared(values: Measure, comparison: Comparison, number: float) -> NDArray[np.bool_]:
    """Where values compare so; those that are unknown do not."""
    answer: NDArray[np.bool_]
    if comparison == "<":
        answer = values < number
    elif comparison == "<=":
        answer = values <= number
    elif comparison == ">":
        answer = values > number
    elif comparison == ">=":
        answer = values >= number
    elif comparison == "=":
        answer = values == number
    else:
        answer = (values != number) & ~np.isnan(values)
    return answer
