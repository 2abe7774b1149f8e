"""Which labels are predicted in place of which, and which come together in truth and in prediction.

Shapes: `N` images, `C` labels. In multi-class the confusions are those of the confusion matrix, transposed.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.labels import LabelState


@dataclass(frozen=True, eq=False)
class Confusions:
    """How often one label is a false alarm where another is missed.

    Attributes:
        counts: int64 (C, C), images by the label a that is predicted but absent, in rows, and the label b that is
            present but not predicted, in columns. The diagonal is 0.
        false_alarms: int64 (C,), images on which a label is predicted but absent.
        missed: int64 (C,), images on which a label is present but not predicted.
    """

    counts: NDArray[np.int64]
    false_alarms: NDArray[np.int64]
    missed: NDArray[np.int64]

    @property
    def share_of_false_alarms(self) -> NDArray[np.float64]:
        """Of the false alarms of a (rows) the share where b (columns) is missed, float64 (C, C); 0 without any."""
        return self.counts / np.maximum(self.false_alarms, 1)[:, None]

    @property
    def share_of_missed(self) -> NDArray[np.float64]:
        """Of the images where b (columns) is missed the share with a false alarm of a (rows); 0 without any."""
        return self.counts / np.maximum(self.missed, 1)[None, :]

    def most_frequent(self, *, limit: int) -> list[tuple[int, int, int]]:
        """The pairs that are confused most often.

        Args:
            limit: how many to give at most.

        Returns:
            The label predicted, the label missed, and on how many images; the most images first, never 0.
        """
        order = np.argsort(-self.counts, axis=None, kind="stable")[:limit]
        pairs = zip(*np.unravel_index(order, self.counts.shape), strict=True)
        return [(int(a), int(b), int(self.counts[a, b])) for a, b in pairs if self.counts[a, b]]


@dataclass(frozen=True, eq=False)
class Together:
    """How often two labels come together, in truth and in prediction, on the images where both are known.

    Attributes:
        truth: int64 (C, C), symmetric: images where both are present; in the diagonal those where one is.
        predicted: int64 (C, C), the same of what is predicted.
        known: int64 (C, C), images on which both are known.
    """

    truth: NDArray[np.int64]
    predicted: NDArray[np.int64]
    known: NDArray[np.int64]

    def most_different(self, *, limit: int) -> list[tuple[int, int, int, int]]:
        """The pairs of different labels that are predicted together much more or less often than they come.

        Args:
            limit: how many to give at most.

        Returns:
            The labels, the lower column first, how many images have both, and on how many both are predicted; the
            largest difference first, never 0.
        """
        first, second = np.triu_indices(len(self.truth), k=1)
        truth, predicted = self.truth[first, second], self.predicted[first, second]
        difference = np.abs(predicted - truth)
        order = np.argsort(-difference, kind="stable")[:limit]
        order = order[difference[order] > 0]
        columns = (first[order], second[order], truth[order], predicted[order])
        return [(a, b, c, d) for a, b, c, d in zip(*(column.tolist() for column in columns), strict=True)]


def confused(predicted: NDArray[np.bool_], targets: NDArray[np.bool_], known: NDArray[np.bool_]) -> Confusions:
    """Count the images on which one label is predicted wrongly and another one missed.

    Args:
        predicted: bool (N, C), such as from `decided`.
        targets: bool (N, C), False where not known.
        known: bool (N, C), where the target counts.
    """
    wrong, missed = predicted & known & ~targets, targets & known & ~predicted
    return Confusions(
        counts=images_with_both(packed(wrong), packed(missed)),
        false_alarms=np.count_nonzero(wrong, axis=0),
        missed=np.count_nonzero(missed, axis=0),
    )


def rows_confused(
    predicted: NDArray[np.bool_], states: NDArray[np.int8], label: int, *, missed: int
) -> NDArray[np.int64]:
    """The images behind one count of `Confusions`.

    Args:
        predicted: bool (N, C).
        states: int8 (N, C), `LabelState`.
        label: column of the label that is a false alarm.
        missed: column of the label that is missed.

    Returns:
        int64 (n,), rows in ascending order.
    """
    wrong = predicted[:, label] & (states[:, label] == LabelState.ABSENT)
    return np.flatnonzero(wrong & (states[:, missed] == LabelState.PRESENT) & ~predicted[:, missed])


def together(predicted: NDArray[np.bool_], states: NDArray[np.int8]) -> Together:
    """Count the images on which labels come together, and on which they are predicted together.

    Args:
        predicted: bool (N, C), such as from `decided`.
        states: int8 (N, C), `LabelState`.
    """
    is_known = states != LabelState.UNKNOWN
    rows = (packed(one) for one in (states == LabelState.PRESENT, predicted & is_known, is_known))
    truth, guessed, known = (images_with_both(one, one) for one in rows)
    return Together(truth=truth, predicted=guessed, known=known)


def packed(values: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Values by image as bits, so that 64 images are compared at once.

    Args:
        values: bool (N, C).

    Returns:
        uint64 (C, K), 64 images in a number.
    """
    rows = np.packbits(np.ascontiguousarray(values.T), axis=1)
    packed = np.zeros((len(rows), -(-rows.shape[1] // 8)), np.uint64)
    packed.view(np.uint8)[:, : rows.shape[1]] = rows
    return packed


def images_with_both(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> NDArray[np.int64]:
    """On how many images both hold, for each pair of labels; exact, as a product of floating-point matrices is not.

    Args:
        one: uint64 (C, K), as `packed` gives it.
        other: uint64 (D, K).

    Returns:
        int64 (C, D).
    """
    counts = np.zeros((len(one), len(other)), np.int64)
    for label, row in enumerate(one):
        counts[label] = np.bitwise_count(row & other).sum(axis=1, dtype=np.int64)
    return counts
