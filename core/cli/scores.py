"""The scores and thresholds in a run's folder, as commands need them."""

from core.cli.output import number
from core.errors import MultihotError
from core.evaluation.before_after import BeforeAfter
from core.evaluation.metrics import ClassificationScores
from core.evaluation.predictions import PREDICTIONS_FILE, Predictions
from core.labels import Split
from core.project.runs.run_list import Run

SPLITS = {"train": Split.TRAIN, "validation": Split.VALIDATION, "test": Split.TEST}
"""The words for the splits in commands."""

_FIGURES = {
    "overall_precision": "OP  overall precision",
    "overall_recall": "OR  overall recall",
    "overall_f1": "OF1 overall F1",
    "class_precision": "CP  mean precision of labels",
    "class_recall": "CR  mean recall of labels",
    "class_f1": "CF1 F1 of CP and CR",
    "macro_f1": "mean F1 of labels",
    "sample_precision": "mean precision of images",
    "sample_recall": "mean recall of images",
    "sample_f1": "mean F1 of images",
    "sample_iou": "mean IoU of images",
    "label_accuracy": "right decisions on labels",
}


def predictions_of(run: Run, split: str) -> Predictions:
    """What a run's model said of the images of a split.

    Raises:
        MultihotError: it said nothing, or the file is missing or damaged.
    """
    predictions = Predictions.load(run.folder / PREDICTIONS_FILE).of(SPLITS[split])
    if not len(predictions.image_ids):
        raise MultihotError(f"Run {run.id} scored no image of {split}.", next_step="Choose another split.")
    return predictions


def figure_rows(scores: ClassificationScores) -> list[tuple[str, str]]:
    """Rows of a table: each figure's name and value."""
    return [(title, number(getattr(scores, name))) for name, title in _FIGURES.items()]


def before_after_rows(compared: BeforeAfter) -> list[tuple[str, str, str, str]]:
    """Rows of a table: each figure's name, its value at 0.5 and at the thresholds, and the change."""
    rows = []
    for name, title in _FIGURES.items():
        before, after = getattr(compared.before, name), getattr(compared.after, name)
        rows.append((title, number(before), number(after), _change(before, after)))
    return rows


def _change(before: float, after: float) -> str:
    """The difference with its sign, three digits."""
    # a rounded minus zero plus zero is zero
    return f"{round(after - before, 3) + 0.0:+.3f}"
