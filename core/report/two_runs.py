"""Two runs of a project side by side: their scores on the same images, their recipes and what they were trained on."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from core.evaluation.comparison import Comparison, compare_runs
from core.evaluation.predictions import PREDICTIONS_FILE, Predictions
from core.evaluation.threshold_file import ThresholdSet
from core.jobs.job import TrainJob
from core.labels import Split
from core.project.runs import Run
from core.project.snapshot import Snapshot
from core.project.snapshot_difference import SnapshotDifference, snapshot_difference
from core.recipes.difference import KeyDifference, recipe_difference
from core.recipes.keys import to_text
from core.recipes.recipe import from_toml

# what a training is told besides its recipe
_TOLD: Final = ("seed", "weights", "initial_run")


@dataclass(frozen=True, eq=False)
class TwoRuns:
    """A run and one that is compared with it.

    Attributes:
        first: the run that is the measure.
        second: the run that is compared with it.
        comparison: their scores on the images that both scored.
        recipe: the keys in which their recipes, and the seed and weights that they began with, differ.
        snapshots: what people changed from the first run's snapshot to the second's.
    """

    first: Run
    second: Run
    comparison: Comparison
    recipe: tuple[KeyDifference, ...]
    snapshots: SnapshotDifference

    def to_dict(self) -> dict[str, Any]:
        """Numbers, strings, lists and dictionaries for JSON."""
        return {
            "runs": [self.first.id, self.second.id],
            **self.comparison.to_dict(),
            "recipe": [asdict(one) for one in self.recipe],
            "snapshots": self.snapshots.to_dict(),
        }


def compare_two_runs(
    first: Run,
    second: Run,
    *,
    split: Split | None = None,
    draws: int = 1000,
    progress: Callable[[float], None] = lambda _: None,
) -> TwoRuns:
    """Read two finished runs of a project and compare them with their thresholds; some seconds, off the GUI thread.

    A label that was renamed between them is the same label, under its name in the second run.

    Args:
        first: the run that is the measure.
        second: the run that is compared with it.
        split: the images to compare on; None for test where both scored annotated images of it, else validation.
        draws: samples of the images, see `compare_runs`.
        progress: told now and then the share that is done, up to 1.

    Raises:
        MultihotError: a file of a run is missing or damaged, or the runs have nothing in common.
    """
    runs = first, second
    scores = [Predictions.load(run.folder / PREDICTIONS_FILE) for run in runs]
    thresholds = [ThresholdSet.of_run(run.folder, one.label_names) for run, one in zip(runs, scores, strict=True)]
    snapshots = [Snapshot.load(run.folder / "snapshot.npz") for run in runs]
    recipes = [from_toml(run.folder / "recipe.toml") for run in runs]
    jobs = [TrainJob.load(run.folder) for run in runs]
    told = [
        KeyDifference(name, *(to_text(getattr(job, name)) for job in jobs))
        for name in _TOLD
        if getattr(jobs[0], name) != getattr(jobs[1], name)
    ]
    comparison = compare_runs(
        replace(scores[0], label_names=_later_names(*snapshots)),
        scores[1],
        thresholds[0].values,
        thresholds[1].values,
        split=_common_split(scores) if split is None else split,
        newer="second" if second.id >= first.id else "first",
        draws=draws,
        progress=progress,
    )
    return TwoRuns(
        first=first,
        second=second,
        comparison=comparison,
        recipe=(*recipe_difference(*recipes), *told),
        snapshots=snapshot_difference(*snapshots),
    )


def _later_names(before: Snapshot, after: Snapshot) -> tuple[str, ...]:
    """The labels of one snapshot under their names in another; one that is not there keeps its own if it is free."""
    names = dict(zip(after.label_ids.tolist(), after.label_names, strict=True))
    kept = {names[label_id] for label_id in before.label_ids.tolist() if label_id in names}
    return tuple(
        names.get(label_id, f"{name} (deleted)" if name in kept else name)
        for label_id, name in zip(before.label_ids.tolist(), before.label_names, strict=True)
    )


def _common_split(predictions: list[Predictions]) -> Split:
    """Test where all have annotated images of it, for nothing was chosen by them; else validation."""
    has_test = all((one.known & (one.splits == Split.TEST)[:, None]).any() for one in predictions)
    return Split.TEST if has_test else Split.VALIDATION
