"""What tuning thresholds changed: the scores at 0.5 and at the tuned thresholds on the same images."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.evaluation.metrics import ClassificationScores, classification_scores
from core.evaluation.predictions import Predictions
from core.evaluation.threshold_file import ThresholdSet
from core.evaluation.thresholds import DEFAULT_THRESHOLD
from core.labels import Split

# half of the last digit that is shown: less is no difference
_NOTICEABLE: Final = 0.0005
# with fewer other decisions no standard error can be trusted
_HANDFUL: Final = 10
_TEST: Final = Split.TEST.name.lower()


@dataclass(frozen=True)
class BeforeAfter:
    """The scores of one split at 0.5 and at other thresholds, as the paper's table of thresholds has them.

    Attributes:
        split: name of the split that was measured.
        images: how many it has.
        tuned_on: name of the split on which the thresholds were tuned; None where they were not.
        before: at 0.5 for every label.
        after: at the thresholds.
        overall_uncertainty: standard error of the change of OF1, for images drawn anew.
        class_uncertainty: the same of CF1.
        different: decisions that are others at the thresholds than at 0.5.
        seeks_f: whether the thresholds were chosen for an F; those for a precision or a cost may well lose F1.
    """

    split: str
    images: int
    tuned_on: str | None
    before: ClassificationScores
    after: ClassificationScores
    overall_uncertainty: float
    class_uncertainty: float
    different: int
    seeks_f: bool

    @property
    def changes(self) -> dict[str, tuple[float, float]]:
        """By how much OF1 and CF1 grew, each with its standard error."""
        after, before = self.after, self.before
        return {
            "OF1": (after.overall_f1 - before.overall_f1, self.overall_uncertainty),
            "CF1": (after.class_f1 - before.class_f1, self.class_uncertainty),
        }

    def surely(self, *, lower: bool) -> list[str]:
        """Which of OF1 and CF1 are lower, or higher, by more than other images of the same kind might well undo."""
        if self.different <= _HANDFUL:
            return []
        sign = -1 if lower else 1
        return [name for name, (change, error) in self.changes.items() if sign * change >= max(2 * error, _NOTICEABLE)]

    @property
    def may_be_chance(self) -> bool:
        """Whether other images of the same kind might well say the opposite of both figures."""
        return not (self.surely(lower=True) or self.surely(lower=False))

    @property
    def may_choose(self) -> bool:
        """Whether thresholds may be chosen by these images; those of test are only to tell how good they are."""
        return self.split != _TEST

    @property
    def warning(self) -> str:
        """A sentence or two where the thresholds lower OF1 or CF1 below what 0.5 gives; empty otherwise.

        It is empty, too, where they were chosen for something else than an F, and where one figure gains as much as
        the other loses and both may be chance.
        """
        change = sum(change for change, _ in self.changes.values())
        lost, gained = self.surely(lower=True), self.surely(lower=False)
        if not self.seeks_f or not (lost or change <= -2 * _NOTICEABLE):
            return ""
        subject = f"Tuned on {self.tuned_on}, the thresholds" if self.tuned_on else "The thresholds"
        figures = (
            f"OF1 {self.before.overall_f1:.3f} → {self.after.overall_f1:.3f}, "
            f"CF1 {self.before.class_f1:.3f} → {self.after.class_f1:.3f}"
        )
        where = f"on {self.images:,} images of {self.split}: {figures}."
        if not lost:
            both = max(change for change, _ in self.changes.values()) <= 0
            worse = "worse than 0.5" if both else "worse than 0.5 in the mean of OF1 and CF1"
            chance = "" if gained else " The difference is small enough to be chance."
            return f"{subject} are {worse} {where}{chance}"
        sentence = f"{subject} give a lower {' and '.join(lost)} than 0.5 {where}"
        if gained:
            few, frequent = "labels with few images", "frequent labels"
            winners, losers = (few, frequent) if gained == ["CF1"] else (frequent, few)
            return f"{sentence} In {gained[0]} {winners} gain what {losers} lose."
        if not self.may_choose:
            return f"{sentence} More annotated images of {self.tuned_on or 'validation'} make thresholds surer."
        others = ", or tune them on validation and look again" if self.tuned_on == "train" else ""
        return f"{sentence} Set them back to 0.5{others}."

    def to_dict(self) -> dict[str, Any]:
        """Numbers, strings and dictionaries for JSON."""
        return {**asdict(self), "may_be_chance": self.may_be_chance, "warning": self.warning}


def compare(predictions: Predictions, split: Split, thresholds: ThresholdSet) -> BeforeAfter:
    """Score the images of a split at 0.5 and at thresholds.

    Args:
        predictions: of a run, of any splits.
        split: the one to measure.
        thresholds: of the same labels.
    """
    measured = predictions.of(split)
    arguments = measured.probabilities, measured.targets
    at_half = measured.probabilities >= _in_type_of(measured.probabilities, DEFAULT_THRESHOLD)
    at_thresholds = measured.probabilities >= _in_type_of(measured.probabilities, thresholds.values)
    pulls = _pulls(at_thresholds, measured.targets, measured.known) - _pulls(at_half, measured.targets, measured.known)
    errors = np.sqrt((pulls**2).sum(axis=0)).tolist()
    return BeforeAfter(
        split=split.name.lower(),
        images=len(measured.image_ids),
        tuned_on=thresholds.tuned_on,
        before=classification_scores(*arguments, DEFAULT_THRESHOLD, measured.known),
        after=classification_scores(*arguments, thresholds.values, measured.known),
        overall_uncertainty=errors[0],
        class_uncertainty=errors[1],
        different=int(((at_half != at_thresholds) & measured.known).sum()),
        seeks_f=thresholds.seeks_f,
    )


def judging_split(predictions: Predictions, tuned_on: Collection[Split]) -> Split:
    """The split on which tuned thresholds are to be judged.

    Validation where they were tuned on train, as the paper judges them, and so that nothing is chosen by test; else
    test. Where the first choice has no annotated image the other one, and where neither has one that was tuned on,
    which flatters them. Never train in place of validation: the network knows those images by heart, so they say
    nothing of new ones.
    """
    annotated = set(map(Split, predictions.splits[predictions.known.any(axis=1)].tolist()))
    unused = (one for one in (Split.VALIDATION, Split.TEST) if one not in tuned_on and one in annotated)
    return next(unused, max(annotated.intersection(tuned_on), default=max(tuned_on)))


def _pulls(predicted: NDArray[np.bool_], targets: NDArray[np.bool_], known: NDArray[np.bool_]) -> NDArray[np.float64]:
    """What each image adds to OF1 and to CF1, to first order; float64 (N, 2) with the sums 0.

    The figures are ratios of sums over images. The variance of such a ratio for images drawn anew is, to first order,
    the sum of the squares of these terms (Särndal, Swensson & Wretman, Model Assisted Survey Sampling, 1992, 5.6).
    """
    positive = targets & known
    alarms = predicted & known
    found = (positive & alarms).astype(np.float64)
    precision, to_precision = _ratio(found, alarms)
    recall, to_recall = _ratio(found, positive)
    both = precision + recall
    class_f1 = 2 * (recall**2 * to_precision + precision**2 * to_recall) / both**2 if both else np.zeros(len(found))
    _, overall_f1 = _ratio(2 * found.sum(axis=1, keepdims=True), (alarms.sum(axis=1) + positive.sum(axis=1))[:, None])
    return np.stack((overall_f1, class_f1), axis=1)


def _ratio(part: NDArray[np.float64], whole: NDArray[Any]) -> tuple[float, NDArray[np.float64]]:
    """The mean over columns (N, C) of Σ part / Σ whole, and what each image adds to it, float64 (N,)."""
    sums = np.maximum(whole.sum(axis=0), 1)
    ratios = part.sum(axis=0) / sums
    return float(ratios.mean()), ((part - ratios * whole) / sums).mean(axis=1)


def _in_type_of(probabilities: NDArray[Any], thresholds: float | NDArray[np.float64]) -> NDArray[Any]:
    return np.asarray(thresholds, probabilities.dtype)
