"""The scores and thresholds in a run's folder, as commands need them."""

from core.errors import MultihotError
from core.evaluation.predictions import PREDICTIONS_FILE, Predictions
from core.evaluation.threshold_file import THRESHOLDS_FILE, ThresholdSet
from core.labels import Split
from core.project.runs import Run

SPLITS = {"train": Split.TRAIN, "validation": Split.VALIDATION, "test": Split.TEST}
"""The words for the splits in commands."""


def predictions_of(run: Run, split: str) -> Predictions:
    """What a run's model said of the images of a split.

    Raises:
        MultihotError: it said nothing, or the file is missing or damaged.
    """
    predictions = Predictions.load(run.folder / PREDICTIONS_FILE).of(SPLITS[split])
    if not len(predictions.image_ids):
        raise MultihotError(f"Run {run.id} scored no image of {split}.", next_step="Choose another split.")
    return predictions


def thresholds_of(run: Run, label_names: tuple[str, ...]) -> ThresholdSet:
    """The thresholds chosen for a run; 0.5 for every label when nobody chose any.

    Raises:
        MultihotError: their file is damaged.
    """
    path = run.folder / THRESHOLDS_FILE
    if not path.exists():
        return ThresholdSet.default(label_names)
    thresholds = ThresholdSet.load(path)
    if thresholds.label_names != label_names:
        raise MultihotError(f"{path} is of other labels than run {run.id}.", next_step="Tune the thresholds again.")
    return thresholds
