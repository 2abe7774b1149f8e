"""Two runs on the same images: what one ranks better than the other, beyond chance, and which decisions changed.

The average precision of both is computed again for many samples of the images, drawn with replacement and the same for
both (paired bootstrap: Efron & Tibshirani, An Introduction to the Bootstrap, 1993). Scores are sorted once; a sample is
a weight per image, how often it was drawn, which is Poisson(1) for each by itself.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.errors import MultihotError
from core.evaluation.decided import decided
from core.evaluation.metrics import average_precision, mean_over_labels
from core.evaluation.predictions import Predictions
from core.labels import LabelState, Split

Verdict = Literal["better", "worse", "within noise", "too few"]
"""Whether the 95 % interval of a difference excludes 0; "too few" where there are too few images to draw from."""

#: Images with a label, and without it, below which the samples say too little of it.
FEWEST_IMAGES: Final = 5

# weights of one piece of the samples; it stays in the cache while every label looks at it
_PIECE: Final = 2**18


@dataclass(frozen=True)
class Difference:
    """A figure of both runs and what the second has more.

    Attributes:
        before: the first run's, NaN where there is nothing to measure.
        after: the second run's.
        difference: `after` less `before`.
        low, high: ends of the 95 % interval of the difference, the quantiles of the samples; NaN as `before`.
        verdict: what may be said of the second run.
    """

    before: float
    after: float
    difference: float
    low: float
    high: float
    verdict: Verdict


@dataclass(frozen=True)
class LabelDifference(Difference):
    """The average precision of one label.

    Attributes:
        name: the label's.
        positives: images on which it is present.
        fixed: images on which the first run decides wrongly and the second rightly; in multi-class only of those on
            which it is present.
        broken: the other way round.
    """

    name: str
    positives: int
    fixed: int
    broken: int


@dataclass(frozen=True, eq=False)
class ChangedDecisions:
    """Decisions of n pairs of an image and a label that one run makes rightly and the other wrongly.

    Attributes:
        image_ids: int64 (n,), the project's numbers of the images.
        labels: int64 (n,), places in `Comparison.label_names`.
        before: float32 (n,), probability of the first run.
        after: float32 (n,), probability of the second run.
        predicted: bool (n,), whether the second run predicts the label.
    """

    image_ids: NDArray[np.int64]
    labels: NDArray[np.int64]
    before: NDArray[np.float32]
    after: NDArray[np.float32]
    predicted: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two runs on the images of a split and the labels that both have.

    Attributes:
        split: its name.
        images: how many images both scored.
        left_out_images: how many only the first and only the second run scored.
        label_names: the C labels that both have, in the order of the second run.
        left_out_labels: names of those that only the first and only the second run has.
        changed_states: pairs of an image and a label that were annotated differently when the runs began.
        labels: average precision of each label.
        map: mean average precision over the labels with a positive.
        top1: in multi-class the share of images whose label is the prediction; None in multi-label.
        fixed: decisions that only the second run makes rightly, those whose probability changed most first.
        broken: those that only the first run makes rightly.
    """

    split: str
    images: int
    left_out_images: tuple[int, int]
    label_names: tuple[str, ...]
    left_out_labels: tuple[tuple[str, ...], tuple[str, ...]]
    changed_states: int
    labels: tuple[LabelDifference, ...]
    map: Difference
    top1: Difference | None
    fixed: ChangedDecisions
    broken: ChangedDecisions

    def to_dict(self) -> dict[str, Any]:
        """Numbers, strings, lists and dictionaries for JSON; of the changed decisions only their number."""
        return {
            "split": self.split,
            "images": self.images,
            "left_out_images": list(self.left_out_images),
            "left_out_labels": [list(names) for names in self.left_out_labels],
            "changed_states": self.changed_states,
            "map": asdict(self.map),
            "top1": None if self.top1 is None else asdict(self.top1),
            "labels": [asdict(one) for one in self.labels],
            "fixed": len(self.fixed.image_ids),
            "broken": len(self.broken.image_ids),
        }


def compare_runs(
    first: Predictions,
    second: Predictions,
    first_thresholds: ArrayLike,
    second_thresholds: ArrayLike,
    *,
    split: Split,
    newer: Literal["first", "second"] = "second",
    draws: int = 1000,
    seed: int = 0,
    progress: Callable[[float], None] = lambda _: None,
) -> Comparison:
    """Compare two runs on the images of a split that both scored and the labels, by name, that both have.

    What is true is what people had said when the newer run began: they may have corrected labels since the older one.

    Args:
        first: of the run that is the measure.
        second: of the run that is compared with it.
        first_thresholds: a number or one per label of the first run; of no effect in multi-class.
        second_thresholds: the same of the second run.
        split: the images to compare on.
        newer: which run's states are the truth.
        draws: samples of the images; 1,000 tell the ends of an interval to about a twentieth of its width.
        seed: of the samples.
        progress: told now and then the share that is done, up to 1.

    Raises:
        MultihotError: the runs are of different tasks, or have no image or no label in common.
        ValueError: thresholds do not fit the labels.
    """
    pair = _Pair((first, second), (first_thresholds, second_thresholds), split, newer)
    present = pair.present
    drawn = _Samples(pair.scores, pair.truth, pair.correct, draws=draws, seed=seed)
    drawn.run(progress)
    known = pair.truth != LabelState.UNKNOWN
    ap = [average_precision(one, present, known) for one in pair.scores]
    have = np.count_nonzero(present, axis=0), np.count_nonzero(pair.truth == LabelState.ABSENT, axis=0)
    enough = np.minimum(*have) >= FEWEST_IMAGES
    per_label = [
        LabelDifference(
            **vars(_difference(ap[0][label], ap[1][label], drawn.ap[:, label], is_enough=bool(enough[label]))),
            name=name,
            positives=int(have[0][label]),
            fixed=0,
            broken=0,
        )
        for label, name in enumerate(pair.names)
    ]
    images = int(np.count_nonzero(present.any(axis=1)))
    top1 = None
    if pair.correct is not None:
        before, after = (float(np.count_nonzero(one)) / images if images else float("nan") for one in pair.correct)
        top1 = _difference(before, after, drawn.top1, is_enough=images >= FEWEST_IMAGES)
    comparison = Comparison(
        split=split.name.lower(),
        images=len(pair.ids),
        left_out_images=pair.left_out,
        label_names=pair.names,
        left_out_labels=(_without(first.label_names, pair.names), _without(second.label_names, pair.names)),
        changed_states=pair.changed_states,
        labels=tuple(per_label),
        map=_difference(mean_over_labels(ap[0]), mean_over_labels(ap[1]), drawn.map, is_enough=images >= FEWEST_IMAGES),
        top1=top1,
        fixed=pair.fixed,
        broken=pair.broken,
    )
    return _counted(comparison)


def at_other_thresholds(
    comparison: Comparison,
    first: Predictions,
    second: Predictions,
    first_thresholds: ArrayLike,
    second_thresholds: ArrayLike,
    *,
    newer: Literal["first", "second"] = "second",
) -> Comparison:
    """The same comparison where thresholds are others: only what is fixed and broken changes, nothing is drawn again.

    Args:
        comparison: of these runs.
        first: as for `compare_runs`.
        second: as for `compare_runs`.
        first_thresholds: as for `compare_runs`.
        second_thresholds: as for `compare_runs`.
        newer: as for `compare_runs`.
    """
    split = Split[comparison.split.upper()]
    pair = _Pair((first, second), (first_thresholds, second_thresholds), split, newer)
    return _counted(replace(comparison, fixed=pair.fixed, broken=pair.broken))


def _counted(comparison: Comparison) -> Comparison:
    """The comparison with the number of changed decisions at each label."""
    labels = len(comparison.labels)
    fixed, broken = (np.bincount(one.labels, minlength=labels) for one in (comparison.fixed, comparison.broken))
    return replace(
        comparison,
        labels=tuple(
            replace(one, fixed=int(fixed[place]), broken=int(broken[place]))
            for place, one in enumerate(comparison.labels)
        ),
    )


class _Pair:
    """Two runs on the N images and C labels that they have in common.

    Attributes:
        ids: int64 (N,), the project's numbers of the images.
        names: of the labels.
        scores: float32 (N, C) of each run.
        truth: int8 (N, C), what people had said when the newer run began.
        present: bool (N, C), where that is present.
        left_out: how many images only the first and only the second run scored.
        changed_states: pairs of an image and a label that were annotated differently when the runs began.
        fixed: decisions that only the second run makes rightly.
        broken: those that only the first run makes rightly.
        correct: in multi-class the images that each run decides rightly, bool (N,); None in multi-label.
    """

    def __init__(
        self,
        predictions: tuple[Predictions, Predictions],
        thresholds: tuple[ArrayLike, ArrayLike],
        split: Split,
        newer: Literal["first", "second"],
    ) -> None:
        first, second = predictions
        if first.task != second.task:
            raise MultihotError(
                "One run is multi-label and the other multi-class.", next_step="Choose two of one task."
            )
        runs = first.of(split), second.of(split)
        self.ids, *rows = np.intersect1d(runs[0].image_ids, runs[1].image_ids, assume_unique=True, return_indices=True)
        self.names = tuple(name for name in second.label_names if name in first.label_names)
        if not len(self.ids):
            raise MultihotError(
                f"The runs have no image of {split.name.lower()} in common.", next_step="Choose another split."
            )
        if not self.names:
            raise MultihotError("The runs have no label in common.", next_step="Choose other runs.")
        parts = [
            np.ix_(which, np.array([run.label_names.index(name) for name in self.names], np.int64))
            for run, which in zip(runs, rows, strict=True)
        ]
        self.scores = [run.probabilities[part] for run, part in zip(runs, parts, strict=True)]
        states = [run.states[part] for run, part in zip(runs, parts, strict=True)]
        self.truth = states[newer == "second"]
        self.present: NDArray[np.bool_] = self.truth == LabelState.PRESENT
        self.left_out = len(runs[0].image_ids) - len(self.ids), len(runs[1].image_ids) - len(self.ids)
        self.changed_states = int(np.count_nonzero(states[0] != states[1]))
        predicted = [decided(run, cut)[part] for run, cut, part in zip(runs, thresholds, parts, strict=True)]
        counted = self.present if first.is_multi_class else self.truth != LabelState.UNKNOWN
        right = [counted & (one == self.present) for one in predicted]
        self.fixed = self._changed(right[1] & ~right[0], predicted[1])
        self.broken = self._changed(right[0] & ~right[1], predicted[1])
        self.correct: list[NDArray[np.bool_]] | None = None
        if first.is_multi_class:
            # without its label an image of a multi-class run is judged by nothing
            self.correct = [np.any(one & self.present, axis=1) for one in predicted]

    def _changed(self, where: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> ChangedDecisions:
        """Decisions, those whose probability changed most first."""
        rows, labels = np.nonzero(where)
        before, after = (one[rows, labels] for one in self.scores)
        order = np.argsort(-np.abs(after - before), kind="stable")
        rows, labels = rows[order], labels[order]
        return ChangedDecisions(self.ids[rows], labels, before[order], after[order], predicted[rows, labels])


class _Samples:
    """What samples of the images say of the second run less the first.

    Attributes:
        ap: float64 (D, C), differences of average precision; NaN where a sample has no positive.
        map: float64 (D,), differences of the mean over the labels that have a positive in the sample.
        top1: float64 (D,), differences of top-1; empty in multi-label.
    """

    def __init__(
        self,
        scores: list[NDArray[np.float32]],
        states: NDArray[np.int8],
        correct: list[NDArray[np.bool_]] | None,
        *,
        draws: int,
        seed: int,
    ) -> None:
        self._images, labels = states.shape
        self._draws, self._seed = draws, seed
        self._rankings = [[_Ranking(one[:, label], states[:, label]) for one in scores] for label in range(labels)]
        self._judged = (states == LabelState.PRESENT).any(axis=1).astype(np.float32)
        self._gained = None if correct is None else correct[1].astype(np.float32) - correct[0].astype(np.float32)
        self.ap = np.full((draws, labels), np.nan)
        self.map = np.full(draws, np.nan)
        self.top1 = np.full(draws if correct else 0, np.nan)

    def run(self, progress: Callable[[float], None]) -> None:
        """Draw all samples."""
        for piece, weights in _weights(self._images, draws=self._draws, seed=self._seed):
            sums = np.zeros(weights.shape[1])
            present = np.zeros(weights.shape[1], np.int64)
            for label, (first, second) in enumerate(self._rankings):
                difference = second.average_precision(weights) - first.average_precision(weights)
                self.ap[piece, label] = difference
                sums += np.nan_to_num(difference)
                present += ~np.isnan(difference)
                progress((piece.start + (piece.stop - piece.start) * (label + 1) / len(self._rankings)) / self._draws)
            self.map[piece] = np.where(present > 0, sums / np.maximum(present, 1), np.nan)
            if self._gained is not None:
                judged = self._judged @ weights
                self.top1[piece] = np.where(judged > 0, self._gained @ weights / np.maximum(judged, 1), np.nan)


class _Ranking:
    """One label's known images in descending order of the score, cut after each score that a positive has."""

    def __init__(self, scores: NDArray[np.float32], states: NDArray[np.int8]) -> None:
        rows = np.flatnonzero(states != LabelState.UNKNOWN)
        rows = rows[np.argsort(-scores[rows], kind="stable")]
        positive = states[rows] == LabelState.PRESENT
        # the place of the last image of each score
        ends = np.append(np.flatnonzero(np.diff(scores[rows])), len(rows) - 1)[: len(rows)]
        found = np.cumsum(positive)[ends]
        ends = ends[np.diff(found, prepend=0) > 0]
        # below the last positive nothing counts
        self._rows = (rows[: ends[-1] + 1] if len(ends) else rows[:0]).astype(np.int32)
        self._starts = np.concatenate(([0], ends[:-1] + 1)).astype(np.int64)
        self._positive_rows = rows[positive].astype(np.int32)
        self._positive_starts = np.searchsorted(np.flatnonzero(positive), self._starts)

    def average_precision(self, weights: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Average precision for weighted images, as `metrics.average_precision` where an image comes several times.

        Args:
            weights: uint8 (N, D), how often each image comes in each of D samples.

        Returns:
            float64 (D,), NaN where no positive comes.
        """
        if not len(self._rows):
            return np.full(weights.shape[1], np.nan)
        found = _sums(weights, self._positive_rows, self._positive_starts)
        taken = np.cumsum(_sums(weights, self._rows, self._starts), axis=0)
        precision = np.cumsum(found, axis=0)
        positives = precision[-1].astype(np.float64)
        precision /= np.maximum(taken, 1)
        area = np.einsum("kd,kd->d", found, precision, dtype=np.float64)
        return np.where(positives > 0, area / np.maximum(positives, 1), np.nan)


def _sums(weights: NDArray[np.uint8], rows: NDArray[np.int32], starts: NDArray[np.int64]) -> NDArray[np.float32]:
    """The sums of the weights of some rows from each start to the next; as whole numbers below 2^24 they are exact."""
    return np.add.reduceat(weights.take(rows, axis=0), starts, axis=0, dtype=np.float32)


def _weights(images: int, *, draws: int, seed: int) -> Iterator[tuple[slice, NDArray[np.uint8]]]:
    """Which samples, and how often each image comes in them, uint8 (N, d), in pieces."""
    rng = np.random.default_rng(seed)
    step = max(16, _PIECE // max(images, 1))
    for first in range(0, draws, step):
        piece = slice(first, min(first + step, draws))
        yield piece, rng.poisson(1.0, (images, piece.stop - piece.start)).astype(np.uint8)


def _difference(before: float, after: float, drawn: NDArray[np.float64], *, is_enough: bool) -> Difference:
    drawn = drawn[~np.isnan(drawn)]
    low, high = np.quantile(drawn, (0.025, 0.975)).tolist() if len(drawn) else (float("nan"),) * 2
    verdict: Verdict = "too few"
    if is_enough:
        verdict = "better" if low > 0 else "worse" if high < 0 else "within noise"
    return Difference(float(before), float(after), float(after - before), low, high, verdict)


def _without(names: tuple[str, ...], common: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if name not in common)
