"""Scores sorted once, so that a threshold can be dragged: counts and images that change sides, without another look."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.evaluation.checks import check_scores, check_thresholds
from core.evaluation.metrics import Counts, PrecisionRecallCurve, precision_recall_curve
from core.evaluation.outline import outline
from core.labels import LabelState

# a key of the sort: the kind in the two highest bits, below them the bit pattern of the score, then the row
_POSITIVE: Final = np.uint64(1 << 62)
_UNKNOWN: Final = np.uint64(1 << 63)
_SCORE_SHIFT: Final = np.uint64(32)
_ROW: Final = np.uint64(2**32 - 1)


@dataclass(frozen=True, slots=True, eq=False)
class Flips:
    """Images that change sides of one label's threshold between two of its values.

    Attributes:
        rows: int64 (n,), those nearest to the second threshold first, so the last to change sides.
        kinds: int8 (n,), `LabelState` of the label on each.
        gained: whether the label is predicted on them at the second threshold; else it no longer is.
        present, absent, unknown: how many there are of each kind, also of those left out of `rows`.
    """

    rows: NDArray[np.int64]
    kinds: NDArray[np.int8]
    gained: bool
    present: int
    absent: int
    unknown: int

    @property
    def total(self) -> int:
        """How many images change sides."""
        return self.present + self.absent + self.unknown

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """Bool (n,): which are wrong at the second threshold; never those that are unknown."""
        wrong: NDArray[np.bool_] = self.kinds == (LabelState.ABSENT if self.gained else LabelState.PRESENT)
        return wrong


@dataclass(frozen=True, slots=True)
class SortedScores:
    """The scores of one label in ascending order, parted by what is known of the label.

    Attributes:
        negatives, positives, unknown: float32 (K,) each.
    """

    negatives: NDArray[np.float32]
    positives: NDArray[np.float32]
    unknown: NDArray[np.float32]


class RankedScores:
    """Probabilities of `N` images and `C` labels, those of negatives, positives and unknown images each in order.

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

    def flips(self, label: int, before: float, after: float, *, limit: int) -> Flips:
        """Images that change sides as a label's threshold moves, in O(log N + limit log limit).

        Args:
            label: column of the label.
            before: threshold at first.
            after: threshold then.
            limit: how many rows to give at most.
        """
        gained = after < before
        low, high = np.float32(min(before, after)), np.float32(max(before, after))
        ranked = self._labels[label]
        totals, rows, kinds, scores = [], [], [], []
        for side, kind in (
            (ranked.positives, LabelState.PRESENT),
            (ranked.negatives, LabelState.ABSENT),
            (ranked.unknown, LabelState.UNKNOWN),
        ):
            first, end = side.below(low), side.below(high)
            totals.append(end - first)
            nearest = slice(first, min(end, first + limit)) if gained else slice(max(first, end - limit), end)
            rows.append(side.rows[nearest])
            scores.append(side.scores[nearest])
            kinds.append(np.full(len(rows[-1]), kind, np.int8))
        all_rows, all_scores = np.concatenate(rows), np.concatenate(scores)
        ascending = np.lexsort((all_rows, all_scores))
        chosen = (ascending if gained else ascending[::-1])[:limit]
        present, absent, unknown = totals
        return Flips(
            rows=all_rows[chosen].astype(np.int64),
            kinds=np.concatenate(kinds)[chosen],
            gained=gained,
            present=present,
            absent=absent,
            unknown=unknown,
        )

    def between_scores(self, label: int, score: float) -> float:
        """A threshold that takes known images of this score or more and lies on no known image's score, in O(log N).

        It lies midway between the lowest score that it takes, or 1 where it takes none, and the next lower score, or
        0 where there is none. Rounding to the precision of an exported model flips no image.

        Args:
            label: column of the label.
            score: in [0, 1].
        """
        cut = np.float32(score)
        lower, upper = np.float32(0), np.float32(1)
        for side in (self._labels[label].negatives, self._labels[label].positives):
            place = side.below(cut)
            if place:
                lower = max(lower, side.scores[place - 1])
            if place < len(side.scores):
                upper = min(upper, side.scores[place])
        middle = (float(lower) + float(upper)) / 2
        # halfway between two neighbouring float32 rounds to the even one, which may be the lower
        return float(np.nextafter(middle, 1.0)) if np.float32(middle) <= lower < upper else middle

    def scores(self, label: int) -> SortedScores:
        """The sorted scores of one label; views, not to be written to."""
        ranked = self._labels[label]
        return SortedScores(ranked.negatives.scores, ranked.positives.scores, ranked.unknown.scores)

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
        # the recall falls from point to point
        chosen = outline(-curve.recall, curve.precision, max_points=max_points)
        return PrecisionRecallCurve(curve.precision[chosen], curve.recall[chosen], curve.thresholds[chosen[:-1]])


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """The negatives, the positives or the unknown images of one label, in ascending order of the score.

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
    """One label's images, parted by what is known of the label."""

    negatives: _Side
    positives: _Side
    unknown: _Side


def _ranked(
    scores: NDArray[np.floating[Any]], present: NDArray[np.bool_], known: NDArray[np.bool_] | None
) -> _RankedLabel:
    """Sort the scores of one label; one sort of packed integers is several times faster than an argsort."""
    keys = np.ascontiguousarray(scores).view(np.uint32).astype(np.uint64) << _SCORE_SHIFT
    keys |= np.arange(len(keys), dtype=np.uint64)
    keys |= present * _POSITIVE
    if known is not None:
        keys |= ~known * _UNKNOWN
    keys.sort()
    positive, unknown = keys.searchsorted(np.array([_POSITIVE, _UNKNOWN]))
    return _RankedLabel(
        negatives=_side(keys[:positive]),
        positives=_side(keys[positive:unknown] ^ _POSITIVE),
        unknown=_side(keys[unknown:] ^ _UNKNOWN),
    )


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
