"""Whether a probability of 0.8 means 80 %, and making it so without changing a decision.

Calibration moves the logits z of each label to a z + b with a > 0, so that the order of the images stays; a threshold
moved along decides the same. Where an image has one label, its log probabilities are divided by one temperature, which
keeps the highest the highest.
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal, Self, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.errors import MultihotError
from core.evaluation.before_after import judging_split
from core.evaluation.checks import check_scores
from core.evaluation.logistic import (
    fit_line,
    fit_slope,
    fit_slope_of_choice,
    logits_of,
    logs_of,
    sigmoid,
    softmax,
)
from core.evaluation.metrics import mean_over_labels
from core.evaluation.predictions import Predictions
from core.files import what_is_wrong, write_atomically
from core.labels import MULTI_CLASS, MULTI_LABEL, Split, Task

CALIBRATION_FILE: Final = "calibration.json"
"""Its name in a run's folder, and in that of an export."""

Method = Literal["none", "temperature", "platt"]
METHODS: Final[tuple[Method, ...]] = get_args(Method)

#: With fewer positives or fewer negatives a label takes the temperature of all labels.
FEWEST: Final = 10
BINS: Final = 15

# nearer to a threshold than this share of it rounding may decide
_TOUCHING: Final = 1e-4


@dataclass(frozen=True, eq=False)
class Reliability:
    """How often what was given a probability is so, in bins of that probability; only bins that hold something.

    Attributes:
        mean_score: float64 (B,), mean probability in each bin.
        share: float64 (B,) in [0, 1], share of positives in each bin.
        count: int64 (B,), how many each bin holds.
        ece: expected calibration error in [0, 1], the mean of |share - mean_score| by count; NaN of nothing.
    """

    mean_score: NDArray[np.float64]
    share: NDArray[np.float64]
    count: NDArray[np.int64]
    ece: float


def reliability(
    probabilities: ArrayLike, targets: ArrayLike, *, known: ArrayLike | None = None, bins: int = BINS
) -> Reliability:
    """Compare probabilities with shares, all elements together; for one label give its columns.

    Args:
        probabilities: float32 or float64 (N,) or (N, C) in [0, 1].
        targets: bool or 0/1 of the same shape; anything where not known.
        known: bool of the same shape, where the target counts; None means everywhere.
        bins: how many of the same width, each with its upper edge, the first one also with 0.

    Raises:
        ValueError: shapes differ, or a value is NaN or out of range.
    """
    mask = None if known is None else _matrix(known)
    scores, present, mask = check_scores(_matrix(probabilities), _matrix(targets), mask)
    if mask is not None:
        scores, present = scores[mask], present[mask]
    scores, present = scores.ravel().astype(np.float64), present.ravel()
    places = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], scores)
    counts, sums, positives = (
        np.bincount(places, weights=weights, minlength=bins) for weights in (None, scores, present)
    )
    held = counts > 0
    mean_score, share = sums[held] / counts[held], positives[held] / counts[held]
    count = counts[held].astype(np.int64)
    ece = float(count @ np.abs(share - mean_score) / count.sum()) if len(count) else float("nan")
    return Reliability(mean_score, share, count, ece)


def reliability_of_choice(predictions: Predictions, *, bins: int = BINS) -> Reliability:
    """Compare the highest probability of each image with the share of right choices (Guo et al. 2017).

    Args:
        predictions: of a run whose images have one label; those without a known one are left out.
        bins: as in `reliability`.
    """
    judged = np.flatnonzero(np.count_nonzero(predictions.targets, axis=1) == 1)
    scores, targets = predictions.probabilities[judged], predictions.targets[judged]
    rows, highest = np.arange(len(judged)), scores.argmax(axis=1)
    return reliability(scores[rows, highest], targets[rows, highest], bins=bins)


def calibration_errors(predictions: Predictions, *, bins: int = BINS) -> NDArray[np.float64]:
    """The expected calibration error of each label, float64 (C,) in [0, 1]; NaN where nothing is known of a label."""
    columns = zip(predictions.probabilities.T, predictions.targets.T, predictions.known.T, strict=True)
    return np.array([reliability(scores, present, known=known, bins=bins).ece for scores, present, known in columns])


def expected_calibration_error(predictions: Predictions) -> float:
    """How far probabilities are from shares, in [0, 1]; NaN where nothing is known.

    In multi-label the mean of the labels' errors, so that the many absent labels of an image do not hide the rare; in
    multi-class that of the choice.
    """
    if predictions.is_multi_class:
        return reliability_of_choice(predictions).ece
    return mean_over_labels(calibration_errors(predictions))


@dataclass(frozen=True, eq=False)
class Calibration:
    """What makes probabilities of a run's labels mean shares.

    Attributes:
        label_names: C names.
        method: "none"; "temperature", one for all labels; or "platt", a slope and an offset for each.
        a: float64 (C,), slopes of the logits, above 0.
        b: float64 (C,), offsets of the logits.
        fitted_on: name of the split on which it was fitted; None where it was not.
        borrowed: names of the labels with too few images for their own, which have the temperature of all.
        task: in multi-class `a` is the same for all and `b` is 0.
    """

    label_names: tuple[str, ...]
    method: Method
    a: NDArray[np.float64]
    b: NDArray[np.float64]
    fitted_on: str | None = None
    borrowed: tuple[str, ...] = ()
    task: Task = MULTI_LABEL

    def __post_init__(self) -> None:
        labels = (len(self.label_names),)
        if self.a.shape != labels or self.b.shape != labels:
            raise ValueError(f"{labels[0]} labels do not fit shapes {self.a.shape} and {self.b.shape}")
        if not (np.all(self.a > 0) and np.isfinite(self.a).all() and np.isfinite(self.b).all()):
            raise ValueError("slopes are above 0, and slopes and offsets are finite")
        if self.method not in METHODS:
            raise ValueError(f"there is no method {self.method}")

    @classmethod
    def none(cls, label_names: tuple[str, ...], task: Task = MULTI_LABEL) -> Self:
        """Probabilities as the network gives them."""
        labels = len(label_names)
        return cls(label_names, "none", np.ones(labels), np.zeros(labels), task=task)

    @property
    def is_none(self) -> bool:
        """Whether probabilities stay as the network gives them."""
        return self.method == "none"

    @property
    def title(self) -> str:
        """What it is, in some words: "Platt scaling of each label, fitted on validation"."""
        if self.is_none:
            return "none"
        what = "one temperature for all labels" if self.method == "temperature" else "Platt scaling of each label"
        return f"{what}, fitted on {self.fitted_on}"

    def apply(self, probabilities: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Calibrate probabilities.

        Args:
            probabilities: float32 (N, C) in [0, 1], as the network gives them.

        Returns:
            float64 (N, C); of each label in the same order as before, and decisions at `apply_to_thresholds` equal,
            but for what a steep slope moves so close to 1 that a number cannot tell it from 1.
        """
        if self.is_none:
            return probabilities.astype(np.float64)
        if self.task == MULTI_CLASS:
            return softmax(self.a * logs_of(probabilities))
        return sigmoid(self.a * logits_of(probabilities) + self.b)

    def apply_to_logits(self, logits: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Calibrated probabilities from logits (N, C), which are more exact than probabilities near 0 and 1."""
        moved = self.a * logits.astype(np.float64) + self.b
        return softmax(moved) if self.task == MULTI_CLASS else sigmoid(moved)

    def apply_to_thresholds(self, thresholds: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Thresholds of calibrated probabilities that decide as those of the network's probabilities.

        Args:
            thresholds: (C,) in [0, 1], of a multi-label run.

        Returns:
            float64 (C,) in [0, 1]; 0, which all images reach, stays 0.
        """
        if self.is_none:
            return thresholds.astype(np.float64)
        # at the precision at which they decide
        compared = thresholds.astype(np.float32)
        return np.where(compared > 0, self.apply(compared[np.newaxis])[0], 0.0)

    def changed(self, predictions: Predictions, thresholds: NDArray[np.floating[Any]]) -> tuple[str, ...]:
        """Names of the labels on which a file of float32 numbers would decide otherwise on some image.

        Args:
            predictions: of a multi-label run, with the network's probabilities; those that touch a threshold aside.
            thresholds: (C,) in [0, 1], of the same.
        """
        scores, cuts = predictions.probabilities, thresholds.astype(np.float32)
        after = self.apply(scores).astype(np.float32) >= self.apply_to_thresholds(thresholds).astype(np.float32)
        differs = ((scores >= cuts) != after) & ~np.isclose(scores, cuts, rtol=_TOUCHING, atol=0)
        return tuple(self.label_names[label] for label in np.flatnonzero(differs.any(axis=0)))

    def to_dict(self) -> dict[str, Any]:
        """Numbers, strings and lists for JSON."""
        return {
            "method": self.method,
            "label_names": list(self.label_names),
            "a": self.a.tolist(),
            "b": self.b.tolist(),
            "fitted_on": self.fitted_on,
            "borrowed": list(self.borrowed),
            "task": self.task,
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """What `to_dict` gave.

        Raises:
            KeyError, TypeError, ValueError: a value is missing or wrong.
        """
        return cls(
            label_names=tuple(str(name) for name in values["label_names"]),
            method=values["method"],
            a=np.array(values["a"], dtype=np.float64),
            b=np.array(values["b"], dtype=np.float64),
            fitted_on=values["fitted_on"],
            borrowed=tuple(str(name) for name in values["borrowed"]),
            task=values["task"],
        )

    def save(self, folder: Path) -> None:
        """Keep it as the choice of a run, or remove the file where it is none."""
        if self.is_none:
            (folder / CALIBRATION_FILE).unlink(missing_ok=True)
        else:
            text = json.dumps(self.to_dict(), ensure_ascii=False, indent=2)
            write_atomically(folder / CALIBRATION_FILE, text + "\n")

    @classmethod
    def of_run(cls, folder: Path, label_names: tuple[str, ...], task: Task = MULTI_LABEL) -> Self:
        """The choice kept in a folder; none where nobody chose any.

        Raises:
            MultihotError: the file is damaged, or of other labels.
        """
        path = folder / CALIBRATION_FILE
        if not path.exists():
            return cls.none(label_names, task)
        try:
            calibration = cls.from_dict(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise MultihotError(
                f"“{path}” cannot be read as a calibration ({what_is_wrong(error)}).",
                next_step="Delete it and calibrate again.",
            ) from error
        if (calibration.label_names, calibration.task) != (label_names, task):
            raise MultihotError(
                f"“{path}” is of other labels than the run.", next_step="Delete it and calibrate again."
            )
        return calibration


def fit(predictions: Predictions, method: Method, split: Split = Split.VALIDATION) -> Calibration:
    """Fit a calibration on the images of one split.

    Args:
        predictions: of a run, of all its splits.
        method: how; "platt" only where an image may have several labels.
        split: whose images to use; the network knows those of train by heart, and is too sure of them.

    Raises:
        MultihotError: the split says too little, or the method does not fit the run.
    """
    names, task = predictions.label_names, predictions.task
    if method == "none":
        return Calibration.none(names, task)
    chosen, name = predictions.of(split), split.name.lower()
    labels = len(names)
    if predictions.is_multi_class:
        if method == "platt":
            raise MultihotError(
                "Where an image has one label, its probabilities have one temperature together.",
                next_step="Choose temperature.",
            )
        judged = np.flatnonzero(np.count_nonzero(chosen.targets, axis=1) == 1)
        if len(judged) < FEWEST:
            raise _too_few(name)
        slope = fit_slope_of_choice(logs_of(chosen.probabilities[judged]), chosen.targets[judged].argmax(axis=1))
        return Calibration(names, method, np.full(labels, slope), np.zeros(labels), fitted_on=name, task=task)
    targets, known = chosen.targets, chosen.known
    logits = logits_of(chosen.probabilities)
    if min(np.count_nonzero(targets), np.count_nonzero(known & ~targets)) < FEWEST:
        raise _too_few(name)
    a, b, borrowed = np.full(labels, fit_slope(logits[known], targets[known])), np.zeros(labels), []
    if method == "platt":
        for label in range(labels):
            rows = known[:, label]
            present = targets[rows, label]
            if min(np.count_nonzero(present), np.count_nonzero(~present)) < FEWEST:
                borrowed.append(names[label])
            else:
                a[label], b[label] = fit_line(logits[rows, label], present)
    return Calibration(names, method, a, b, fitted_on=name, borrowed=tuple(borrowed))


@dataclass(frozen=True)
class CalibrationChange:
    """The expected calibration error as the network's probabilities are, and calibrated.

    Attributes:
        split: name of the split that was measured.
        images: how many it has.
        before, after: over all labels, in [0, 1]; NaN where nothing is known.
    """

    split: str
    images: int
    before: float
    after: float


def judge(predictions: Predictions, calibration: Calibration) -> CalibrationChange:
    """Measure what a calibration changes, on images on which it was not fitted where there are some.

    Args:
        predictions: of a run, of all its splits.
        calibration: of the same labels.
    """
    fitted_on = Split[(calibration.fitted_on or Split.VALIDATION.name).upper()]
    split = judging_split(predictions, [fitted_on])
    before = predictions.of(split)
    after = calibrated(before, calibration)
    return CalibrationChange(
        split=split.name.lower(),
        images=len(before.image_ids),
        before=expected_calibration_error(before),
        after=expected_calibration_error(after),
    )


def calibrated(predictions: Predictions, calibration: Calibration) -> Predictions:
    """The same predictions with calibrated probabilities."""
    return replace(predictions, probabilities=calibration.apply(predictions.probabilities).astype(np.float32))


def _too_few(split: str) -> MultihotError:
    return MultihotError(
        f"The images of {split} with a known label are too few to calibrate on.",
        next_step=f"Annotate more images of {split} and train again.",
    )


def _matrix(values: ArrayLike) -> NDArray[Any]:
    """Values of one label as a matrix of one column; a matrix as it is."""
    array = np.asarray(values)
    return array[:, np.newaxis] if array.ndim == 1 else array
