"""The scores and thresholds in a run's folder, as commands need them."""

from core.errors import MultihotError
from core.evaluation.predictions import PREDICTIONS_FILE, Predictions
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
