"""Scores and targets of a label packed into one integer each, so that one plain sort orders both.

The bit pattern of a float in [0, 1], read as an unsigned integer, orders as the number does, and its highest two bits
are free. A key is that pattern plus one, shifted to make room for the target in the lowest bit. Key 0 stands for an
element that is not known: it sorts below all others and drops out of every count from the top. Sorting such keys is as
fast as sorting the scores alone; an argsort and two gathers take five times as long.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.evaluation.checks import Probabilities

Keys = NDArray[np.unsignedinteger[Any]]


def sorted_keys(
    probabilities: Probabilities, targets: NDArray[np.bool_], known: NDArray[np.bool_] | None
) -> Iterator[Keys]:
    """The keys of each label in ascending order.

    Args:
        probabilities: float32 or float64 (N, C) in [0, 1], as `check_scores` gives them.
        targets: bool (N, C), False where not known.
        known: bool (N, C), or None where all is known.

    Yields:
        For each label uint32 or uint64 (N,): the unknown first, then by score, and negatives before positives of the
        same score.
    """
    images, labels = probabilities.shape
    bits = probabilities.view(f"u{probabilities.itemsize}")
    keys = np.empty((labels, images), bits.dtype)
    # numpy transposes a large array with a cache miss per element; in pieces that fit the cache it is six times faster
    step = max(64, 2**16 // max(labels, 1))
    for first in range(0, images, step):
        rows = slice(first, first + step)
        piece = bits[rows] << 1
        piece += targets[rows]
        piece += 2
        if known is not None:
            piece *= known[rows]
        keys[:, rows] = piece.T
    # label by label, so that a label is still in the cache when its keys are counted
    for row in keys:
        row.sort()
        yield row


def ranked_keys(
    scores: Probabilities, present: NDArray[np.bool_], known: NDArray[np.bool_] | None
) -> tuple[Keys, NDArray[np.int64]]:
    """The keys of one label in ascending order, and the rows of the images in that order; both (N,).

    Args:
        scores: float32 or float64 (N,) in [0, 1], as `check_scores` gives them.
        present: bool (N,), False where not known.
        known: bool (N,), or None where all is known.
    """
    keys: Keys = scores.copy().view(f"u{scores.itemsize}")
    keys <<= 1
    keys += present
    keys += 2
    if known is not None:
        keys *= known
    order = np.argsort(keys, kind="stable")
    return keys[order], order


def scores_of(keys: Keys) -> Probabilities:
    """The scores in keys of known elements, in the precision that they had."""
    return ((keys >> 1) - 1).view(f"f{keys.itemsize}")


@dataclass(frozen=True, eq=False)
class Cuts:
    """The cuts of one label's ranking at each distinct score that a positive has, in ascending order of the score.

    A cut takes an element when its score is at least the cut's. Cuts between them lose precision and win no recall.

    Attributes:
        starts: int64 (K,), place of the first element taken in the label's sorted keys.
        true_positives: int64 (K,), positives taken; falls from the number of positives.
        predicted: int64 (K,), elements taken.
    """

    starts: NDArray[np.int64]
    true_positives: NDArray[np.int64]
    predicted: NDArray[np.int64]


def cuts_at_positives(row: Keys) -> Cuts:
    """The cuts of one label.

    Args:
        row: the label's sorted keys (N,).
    """
    places = np.flatnonzero((row & 1).astype(np.bool_))
    positives = len(places)
    scores = row[places]
    heads = np.flatnonzero(np.concatenate((np.ones(min(positives, 1), np.bool_), scores[1:] != scores[:-1])))
    starts, scores = places[heads], scores[heads]
    # negatives of the same score stand before the first positive and are taken with it
    tied = np.flatnonzero((row[starts - 1] == scores - 1) & (starts > 0))
    starts[tied] = np.searchsorted(row, scores[tied] - 1)
    return Cuts(starts=starts, true_positives=positives - heads, predicted=len(row) - starts)
