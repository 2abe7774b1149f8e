"""What tuning thresholds changed: the scores at 0.5 and at the tuned thresholds on the same images."""

from dataclasses import asdict, dataclass
from typing import Any, Final

from core.evaluation.metrics import ClassificationScores, classification_scores
from core.evaluation.predictions import Predictions
from core.evaluation.threshold_file import ThresholdSet
from core.evaluation.thresholds import DEFAULT_THRESHOLD
from core.labels import Split

# half of the last digit that is shown: less is no difference
_NOTICEABLE: Final = 0.0005


@dataclass(frozen=True)
class BeforeAfter:
    """The scores of one split at 0.5 and at other thresholds, as the paper's table of thresholds has them.

    Attributes:
        split: name of the split that was measured.
        images: how many it has.
        tuned_on: name of the split on which the thresholds were tuned; None where they were not.
        before: at 0.5 for every label.
        after: at the thresholds.
    """

    split: str
    images: int
    tuned_on: str | None
    before: ClassificationScores
    after: ClassificationScores

    @property
    def warning(self) -> str:
        """A sentence where the thresholds are worse than 0.5 in OF1 or CF1; empty otherwise."""
        pairs = {
            "OF1": (self.before.overall_f1, self.after.overall_f1),
            "CF1": (self.before.class_f1, self.after.class_f1),
        }
        worse = [
            f"{name} {before:.3f} → {after:.3f}"
            for name, (before, after) in pairs.items()
            if after <= before - _NOTICEABLE
        ]
        if not worse:
            return ""
        subject = f"Tuned on {self.tuned_on}, the thresholds" if self.tuned_on else "The thresholds"
        instead = "Tune them on validation, or set them" if self.tuned_on == "train" else "Set them"
        return (
            f"{subject} are worse than 0.5 on {self.images:,} images of {self.split}: {', '.join(worse)}. "
            f"{instead} back to 0.5."
        )

    def to_dict(self) -> dict[str, Any]:
        """Numbers, strings and dictionaries for JSON."""
        return {**asdict(self), "warning": self.warning}


def compare(predictions: Predictions, split: Split, thresholds: ThresholdSet) -> BeforeAfter:
    """Score the images of a split at 0.5 and at thresholds.

    Args:
        predictions: of a run, of any splits.
        split: the one to measure.
        thresholds: of the same labels.
    """
    measured = predictions.of(split)
    arguments = measured.probabilities, measured.targets
    return BeforeAfter(
        split=split.name.lower(),
        images=len(measured.image_ids),
        tuned_on=thresholds.tuned_on,
        before=classification_scores(*arguments, DEFAULT_THRESHOLD, measured.known),
        after=classification_scores(*arguments, thresholds.values, measured.known),
    )


def judging_split(predictions: Predictions, tuned_on: Split) -> Split:
    """The split on which tuned thresholds are to be judged.

    Test or validation, whichever was not tuned on and has an annotated image; else the one that was tuned on, which is
    rosy. Never train in place of validation: the network knows those images by heart, so they say nothing of new ones.
    """
    annotated = set(predictions.splits[predictions.known.any(axis=1)].tolist())
    return next((one for one in (Split.TEST, Split.VALIDATION) if one != tuned_on and one in annotated), tuned_on)
