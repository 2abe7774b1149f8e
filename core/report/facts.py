"""What a report tells about a run, gathered from the run's folder."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import MultihotError
from core.evaluation.before_after import BeforeAfter, compare, judging_split
from core.evaluation.calibration import Calibration
from core.evaluation.decided import decided
from core.evaluation.metrics import Counts, counts_at
from core.evaluation.predictions import PREDICTIONS_FILE, Predictions
from core.evaluation.report import Report, decisions, evaluate
from core.evaluation.threshold_file import ThresholdSet
from core.jobs.job import TrainJob
from core.labels import LabelState, Split
from core.project.runs.run_list import Run
from core.project.runs.snapshot import Snapshot
from core.recipes.recipe import Recipe, from_toml
from core.report.history import History, read_history


@dataclass(frozen=True, eq=False)
class ReportFacts:
    """All that a report of a run tells, but for the pictures of its examples.

    Attributes:
        project: the project's name.
        run: that is told of.
        split: the images that the scores are of.
        snapshot: what the run was trained on.
        predictions: of the images of the split.
        decided: bool (N, C), what the run decides on them.
        counts: right and wrong decisions per label.
        thresholds: of the run; of no effect in multi-class.
        calibration: that the run's exported model gives its probabilities; thresholds and scores here are without it.
        report: the scores.
        compared: the split at 0.5 and at the thresholds; None in multi-class.
        judged: the same where the thresholds are to be judged; None where they were not tuned, or in multi-class.
        recipe: as it was trained.
        job: what the training was told.
        history: how it went.
    """

    project: str
    run: Run
    split: Split
    snapshot: Snapshot
    predictions: Predictions
    decided: NDArray[np.bool_]
    counts: Counts
    thresholds: ThresholdSet
    calibration: Calibration
    report: Report
    compared: BeforeAfter | None
    judged: BeforeAfter | None
    recipe: Recipe
    job: TrainJob
    history: History

    @property
    def is_multi_class(self) -> bool:
        """Whether an image gets the one label of the highest probability."""
        return self.predictions.is_multi_class

    @property
    def split_name(self) -> str:
        """The split in words."""
        return self.split.name.lower()

    def state_counts(self) -> NDArray[np.int64]:
        """Annotations of the snapshot, int64 (3, C, 3): by split, label, and present, absent, unknown."""
        states = (LabelState.PRESENT, LabelState.ABSENT, LabelState.UNKNOWN)
        parts = [self.snapshot.states[self.snapshot.splits == split] for split in measured_splits()]
        return np.array([[(part == state).sum(axis=0) for state in states] for part in parts]).transpose(0, 2, 1)


def measured_splits() -> tuple[Split, ...]:
    """The splits that images of a run can be in."""
    return Split.TRAIN, Split.VALIDATION, Split.TEST


def gather(
    project: str, run: Run, *, split: Split | None = None, thresholds: ThresholdSet | None = None
) -> ReportFacts:
    """Read a finished run's folder and score it.

    Args:
        project: the project's name.
        run: a run that has a model.
        split: the images to measure on; None for test where it has annotated images, else validation, else train.
        thresholds: of the run's labels; None for the chosen ones of its file.

    Raises:
        MultihotError: a file of the run is missing or damaged, or it scored no annotated image of the split.
    """
    everything = Predictions.load(run.folder / PREDICTIONS_FILE)
    chosen = _best_split(everything) if split is None else split
    predictions = everything.of(chosen)
    if not predictions.known.any():
        raise MultihotError(
            f"Run {run.id} scored no annotated image of {chosen.name.lower()}.", next_step="Choose another split."
        )
    if thresholds is None:
        thresholds = ThresholdSet.of_run(run.folder, predictions.label_names)
    compared = judged = None
    if not predictions.is_multi_class:
        compared = compare(everything, chosen, thresholds)
        if thresholds.tuned_splits:
            judged = compare(everything, judging_split(everything, thresholds.tuned_splits), thresholds)
    return ReportFacts(
        project=project,
        run=run,
        split=chosen,
        snapshot=Snapshot.load(run.folder / "snapshot.npz"),
        predictions=predictions,
        decided=decided(predictions, thresholds.values),
        counts=_counts(predictions, thresholds),
        thresholds=thresholds,
        calibration=Calibration.of_run(run.folder, predictions.label_names, predictions.task),
        report=evaluate(predictions, thresholds.values),
        compared=compared,
        judged=judged,
        recipe=from_toml(run.folder / "recipe.toml"),
        job=TrainJob.load(run.folder),
        history=read_history(run.folder),
    )


def _best_split(predictions: Predictions) -> Split:
    annotated = set(predictions.splits[predictions.known.any(axis=1)].tolist())
    return next((one for one in (Split.TEST, Split.VALIDATION) if one in annotated), Split.TRAIN)


def _counts(predictions: Predictions, thresholds: ThresholdSet) -> Counts:
    scores, cuts = decisions(predictions, thresholds.values)
    return counts_at(scores, predictions.targets, cuts, known=predictions.known)
