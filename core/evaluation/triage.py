"""Two thresholds per label: what the model may decide by itself, and what it leaves to a person.

Shapes: `V` images, `C` labels. A label is surely present where score >= high, surely absent where score < low, and
left to a person between them.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from core.errors import MultihotError
from core.evaluation.before_after import judging_split
from core.evaluation.checks import Probabilities, check_scores
from core.evaluation.multi_class import highest
from core.evaluation.predictions import Predictions
from core.evaluation.sorting import Keys, scores_of, sorted_keys
from core.evaluation.thresholds import parting
from core.files import what_is_wrong, write_atomically
from core.labels import LabelState, Split

#: Name of the file in a run's folder.
TRIAGE_FILE: Final = "triage.json"


@dataclass(frozen=True, eq=False)
class Triage:
    """What the model may decide by itself.

    Attributes:
        label_names: C names.
        low: float64 (C,), at most `high`; 0 where nothing may be called absent, infinite where everything may.
        high: float64 (C,); infinite where nothing may be called present.
        precision: the wanted share of right ones among those called present, in [0, 1].
        npv: the wanted share of right ones among those called absent (negative predictive value), in [0, 1].
        chosen_on: name of the split on which they were chosen.
    """

    label_names: tuple[str, ...]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    precision: float
    npv: float
    chosen_on: str

    def __post_init__(self) -> None:
        if not self.low.shape == self.high.shape == (len(self.label_names),):
            raise ValueError(f"{len(self.label_names)} labels do not fit {self.low.shape} and {self.high.shape}")
        if not np.all((self.low >= 0) & (self.low <= self.high)):
            raise ValueError(f"a low threshold is at least 0 and at most the high one, not {self.low} and {self.high}")

    def save(self, path: Path) -> None:
        """Write a JSON file, replacing one that is there in one step; what is infinite becomes null."""
        content = {**vars(self), "low": _finite(self.low), "high": _finite(self.high)}
        write_atomically(path, json.dumps(content, ensure_ascii=False, indent=2) + "\n")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            MultihotError: the file is missing or is not a file of these thresholds.
        """
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            return cls(
                label_names=tuple(str(name) for name in content["label_names"]),
                low=_infinite(content["low"]),
                high=_infinite(content["high"]),
                precision=float(content["precision"]),
                npv=float(content["npv"]),
                chosen_on=str(content["chosen_on"]),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise MultihotError(
                f"“{path}” cannot be read as thresholds for triage ({what_is_wrong(error)}).",
                next_step="Delete it and choose them again.",
            ) from error


@dataclass(frozen=True, eq=False)
class TriageOutcome:
    """What became of the images of a split.

    Attributes:
        split: its name.
        images: how many it has.
        decided: float64 (C,), share of the images on which each label is decided without a person.
        precision: float64 (C,), share of right ones among those called present; NaN where none is.
        npv: float64 (C,), share of right ones among those called absent; NaN where none is.
        missed: float64 (C,), share of the images with the label on which it is called absent; NaN without such images.
        overall_precision, overall_npv, overall_missed: the same of all labels together.
        overall_decided: share of the decisions on an image and a label that are made without a person.
        images_decided: share of the images on which all labels are.
    """

    split: str
    images: int
    decided: NDArray[np.float64]
    precision: NDArray[np.float64]
    npv: NDArray[np.float64]
    missed: NDArray[np.float64]
    overall_precision: float
    overall_npv: float
    overall_missed: float
    overall_decided: float
    images_decided: float


def choose_triage(
    predictions: Predictions, split: Split, *, precision: float, npv: float, labels: Sequence[int] | None = None
) -> Triage:
    """Choose the two thresholds of each label so that a person is asked as seldom as possible.

    Of all pairs low <= high where the precision of what is called present and the NPV of what is called absent are as
    wanted on the known images, the one that decides most of them; of several the one with the fewest wrong decisions.
    A threshold lies midway between two scores, as in `thresholds`. Of a rare label all images may be called absent
    with a high NPV, so look at `TriageOutcome.missed`, too.

    In multi-class only the label of the highest probability can be called present, and no label by itself absent: the
    others are absent because one is present.

    Args:
        predictions: of a run.
        split: the images to choose on.
        precision: wanted share of right ones among those called present, in [0, 1].
        npv: wanted share of right ones among those called absent, in [0, 1]; of no effect in multi-class.
        labels: columns of the labels to choose for; None for all.

    Raises:
        MultihotError: no image of the split was scored.
        ValueError: a wanted share is not in [0, 1].
    """
    if not (0 <= precision <= 1 and 0 <= npv <= 1):
        raise ValueError(f"precision and NPV lie in [0, 1], not {precision} and {npv}")
    chosen = predictions.of(split)
    name = split.name.lower()
    if not len(chosen.image_ids):
        raise MultihotError(f"This run scored no image of {name}.", next_step="Choose another split.")
    columns = np.arange(len(chosen.label_names)) if labels is None else np.asarray(labels, np.int64)
    asked = chosen.known & highest(chosen.probabilities) if chosen.is_multi_class else chosen.known
    keys = sorted_keys(*check_scores(chosen.probabilities[:, columns], chosen.targets[:, columns], asked[:, columns]))
    cuts = [_best_cuts(row, precision=precision, npv=None if chosen.is_multi_class else npv) for row in keys]
    low, high = np.array(cuts, np.float64).reshape(-1, 2).T.copy()
    return Triage(tuple(chosen.label_names[column] for column in columns.tolist()), low, high, precision, npv, name)


def judge_triage(triage: Triage, predictions: Predictions, split: Split | None = None) -> TriageOutcome:
    """Decide the images of a split and count what is right.

    Args:
        triage: the thresholds.
        predictions: of a run that has those labels.
        split: the images; None for those of a split on which nothing was chosen, where there is one, see
            `before_after.judging_split`.

    Raises:
        ValueError: a label of the thresholds is not among those of the predictions.
    """
    if split is None:
        split = judging_split(predictions, [Split[triage.chosen_on.upper()]])
    measured = predictions.of(split)
    present, absent = decide(triage, measured)
    columns = [measured.label_names.index(name) for name in triage.label_names]
    is_present = measured.states[:, columns] == LabelState.PRESENT
    is_absent = measured.states[:, columns] == LabelState.ABSENT
    counts = [
        np.count_nonzero(one, axis=0)
        for one in (
            present | absent,
            present & is_present,
            present & (is_present | is_absent),
            absent & is_absent,
            absent & (is_present | is_absent),
            absent & is_present,
            is_present,
        )
    ]
    overall = [counted.sum() for counted in counts]
    every = (present | absent).all(axis=1)
    images = len(measured.image_ids)
    return TriageOutcome(
        split=split.name.lower(),
        images=images,
        decided=_share(counts[0], images),
        precision=_share(counts[1], counts[2]),
        npv=_share(counts[3], counts[4]),
        missed=_share(counts[5], counts[6]),
        overall_precision=float(_share(overall[1], overall[2])),
        overall_npv=float(_share(overall[3], overall[4])),
        overall_missed=float(_share(overall[5], overall[6])),
        overall_decided=float(_share(overall[0], images * len(columns))),
        images_decided=float(_share(np.count_nonzero(every), images)),
    )


def decide(triage: Triage, predictions: Predictions) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """What the model decides by itself.

    Args:
        triage: the thresholds of C labels.
        predictions: of V images, of a run that has those labels.

    Returns:
        Where a label is surely present and where it is surely absent, bool (V, C) each; a person decides the rest.

    Raises:
        ValueError: a label of the thresholds is not among those of the predictions.
    """
    columns = [predictions.label_names.index(name) for name in triage.label_names]
    scores = predictions.probabilities[:, columns]
    present = scores >= triage.high.astype(scores.dtype)
    if predictions.is_multi_class:
        present &= highest(predictions.probabilities)[:, columns]
        return present, present.any(axis=1, keepdims=True) & ~present
    return present, scores < triage.low.astype(scores.dtype)


def _best_cuts(row: Keys, *, precision: float, npv: float | None) -> tuple[float, float]:
    """The low and the high threshold of one label.

    Args:
        row: the label's sorted keys.
        precision: wanted of what is called present.
        npv: wanted of what is called absent; None where nothing may be.
    """
    row = row[np.searchsorted(row, 1) :]
    scores, positive = scores_of(row), np.concatenate(([0], np.cumsum(row & 1, dtype=np.int64)))
    images = len(row)
    # places where a cut parts no equal scores; a cut at a place leaves so many images below it
    places = np.concatenate((np.flatnonzero(np.diff(scores, prepend=-1)), [images])).astype(np.int64)
    missed, found = positive[places], positive[images] - positive[places]
    above = images - places
    # as quotients: 20 * 0.55 is more than 11, and 11 / 20 is not less than 0.55
    may_be_high = (above == 0) | (found / np.maximum(above, 1) >= precision)
    may_be_low = (places > 0) & ((places - missed) / np.maximum(places, 1) >= (math.inf if npv is None else npv))
    # the low cut that decides most is the highest allowed one that is not above the high cut
    low = np.maximum.accumulate(np.where(may_be_low, np.arange(len(places)), 0))
    decided = places[low] + above
    wrong = missed[low] + above - found
    high = int(np.argmax(np.where(may_be_high, decided * (images + 1) - wrong, -1)))
    cuts = [_cut(scores, int(places[one])) for one in (low[high], high)]
    return (0.0 if low[high] == 0 else cuts[0]), (math.inf if places[high] == images else cuts[1])


def _cut(scores: Probabilities, place: int) -> float:
    """A threshold that parts ascending scores before a place, also when it is rounded to their precision."""
    below = float(scores[place - 1]) if place else 0.0
    above = float(scores[place]) if place < len(scores) else 1.0
    if place == len(scores) and below == 1:
        return math.inf
    ends = (np.array([end], scores.dtype) for end in (below, above))
    return float(parting(*ends)[0])


def _share(part: Any, whole: Any) -> NDArray[np.float64]:  # noqa: ANN401  numbers or arrays of them
    """The part of the whole, NaN of nothing."""
    whole = np.asarray(whole)
    return np.where(whole > 0, np.asarray(part) / np.maximum(whole, 1), np.nan)


def _finite(values: NDArray[np.float64]) -> list[float | None]:
    return [value if math.isfinite(value) else None for value in values.tolist()]


def _infinite(values: list[float | None]) -> NDArray[np.float64]:
    return np.array([math.inf if value is None else value for value in values], np.float64)
