"""Scores sorted once, so that a threshold can be dragged: counts and wrong images without another look at them all."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.evaluation.checks import check_scores, check_thresholds
from core.evaluation.metrics import Counts, PrecisionRecallCurve, precision_recall_curve

# a key of the sort: the target in bit 62, below it the bit pattern of the score, then the row; the unknown come last
_POSITIVE: Final = np.uint64(1 << 62)
_UNKNOWN: Final = np.uint64(2**64 - 1)
_SCORE_SHIFT: Final = np.uint64(32)
_ROW: Final = np.uint64(2**32 - 1)


class RankedScores:
    """Probabilities of `N` images and `C` labels, those of negatives and positives each in order.

    Scores are kept as float32, which is what a network gives and an exported model compares.
    """

    def __init__(self, probabilities: ArrayLike, targets: ArrayLike, known: ArrayLike | None = None) -> None:
        """Sort, which takes some tens of milliseconds for a million scores.

        Args:
            probabilities: float32 (N, C) in [0, 1]; other types are rounded to float32.
            targets: bool or 0/1 (N, C); anything where not known.
            known: bool (N, C), where the target counts; None means everywhere.

        Raises:
            ValueError: shapes differ, or a value is NaN or out of range.
        """
        given, present, mask = check_scores(probabilities, targets, known)
        scores = given.astype(np.float32, copy=False)
        self._labels = [
            _ranked(scores[:, label], present[:, label], None if mask is None else mask[:, label])
            for label in range(scores.shape[1])
        ]

    def counts(self, thresholds: ArrayLike) -> Counts:
        """Right and wrong decisions of all labels, in O(C log N).

        Args:
            thresholds: a number or (C,), in the order of the labels.

        Raises:
            ValueError: as many thresholds as labels are not given, or one is NaN.
        """
        return _counts(self._labels, check_thresholds(thresholds, labels=len(self._labels), dtype=np.float32))

    def counts_of(self, label: int, threshold: float) -> Counts:
        """Right and wrong decisions of one label, in O(log N).

        Args:
            label: column of the label.
            threshold: its threshold.

        Returns:
            Counts of the shape (1,).
        """
        return _counts([self._labels[label]], np.array([threshold], np.float32))

    def false_positives(self, label: int, threshold: float, *, limit: int) -> NDArray[np.int64]:
        """Images on which a label is predicted but absent, those with the highest probability first.

        Args:
            label: column of the label.
            threshold: its threshold.
            limit: how many to give at most.

        Returns:
            int64 (K,), rows of the images.
        """
        negatives = self._labels[label].negatives
        first = max(negatives.below(np.float32(threshold)), len(negatives.rows) - limit)
        return negatives.rows[first:][::-1].astype(np.int64)

    def false_negatives(self, label: int, threshold: float, *, limit: int) -> NDArray[np.int64]:
        """Images on which a label is present but not predicted, those with the lowest probability first.

        Args:
            label: column of the label.
            threshold: its threshold.
            limit: how many to give at most.

        Returns:
            int64 (K,), rows of the images.
        """
        positives = self._labels[label].positives
        return positives.rows[: min(positives.below(np.float32(threshold)), limit)].astype(np.int64)

    def curve(self, label: int, max_points: int = 512) -> PrecisionRecallCurve:
        """The precision-recall curve of one label, thinned for drawing.

        In each narrow band of recall the points of the highest and the lowest precision stay, so that a plot of the
        rest has the same outline.

        Args:
            label: column of the label.
            max_points: how many points to keep at most, at least 6.

        Returns:
            The curve; its first and last points are always those of the whole one.
        """
        ranked = self._labels[label]
        curve = precision_recall_curve(
            np.concatenate((ranked.negatives.scores, ranked.positives.scores)),
            np.arange(len(ranked.negatives.rows) + len(ranked.positives.rows)) >= len(ranked.negatives.rows),
        )
        points = len(curve.precision)
        if points <= max_points:
            return curve
        # recall falls from point to point, so the points of a band lie side by side
        bands = np.ceil(curve.recall * (max_points // 2 - 2)).astype(np.int64)
        starts = np.flatnonzero(np.diff(bands, prepend=-1))
        band = np.repeat(np.arange(len(starts)), np.diff(starts, append=points))
        kept = [np.array([0, points - 1])]
        for extreme in (np.minimum, np.maximum):
            places = np.flatnonzero(curve.precision == extreme.reduceat(curve.precision, starts)[band])
            kept.append(places[np.flatnonzero(np.diff(band[places], prepend=-1))])
        chosen = np.unique(np.concatenate(kept))
        return PrecisionRecallCurve(curve.precision[chosen], curve.recall[chosen], curve.thresholds[chosen[:-1]])


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """The negatives or the positives of one label, in ascending order of the score.

    Attributes:
        scores: float32 (K,).
        rows: int32 (K,), rows of the images.
    """

    scores: NDArray[np.float32]
    rows: NDArray[np.int32]

    def below(self, threshold: np.float32) -> int:
        """How many have a lower score; a threshold of another type would make numpy copy all scores."""
        return int(self.scores.searchsorted(threshold))


@dataclass(frozen=True, slots=True, eq=False)
class _RankedLabel:
    """One label's known images, parted by the target."""

    negatives: _Side
    positives: _Side


def _ranked(
    scores: NDArray[np.floating[Any]], present: NDArray[np.bool_], known: NDArray[np.bool_] | None
) -> _RankedLabel:
    """Sort the scores of one label; one sort of packed integers is several times faster than an argsort."""
    keys = np.ascontiguousarray(scores).view(np.uint32).astype(np.uint64) << _SCORE_SHIFT
    keys |= np.arange(len(keys), dtype=np.uint64)
    keys |= present * _POSITIVE
    if known is not None:
        keys[~known] = _UNKNOWN
    keys.sort()
    first_positive, end = keys.searchsorted(np.array([_POSITIVE, _UNKNOWN]))
    return _RankedLabel(_side(keys[:first_positive]), _side(keys[first_positive:end] ^ _POSITIVE))


def _side(keys: NDArray[np.uint64]) -> _Side:
    return _Side(scores=(keys >> _SCORE_SHIFT).astype(np.uint32).view(np.float32), rows=(keys & _ROW).astype(np.int32))


def _counts(labels: list[_RankedLabel], thresholds: NDArray[Any]) -> Counts:
    """Counts of labels, each at its threshold."""
    sides = [
        (label.positives.below(cut), len(label.positives.rows), label.negatives.below(cut), len(label.negatives.rows))
        for label, cut in zip(labels, thresholds, strict=True)
    ]
    fn, positives, tn, negatives = np.array(sides, dtype=np.int64).reshape(-1, 4).T
    return Counts(tp=positives - fn, fp=negatives - tn, fn=fn, tn=tn)
