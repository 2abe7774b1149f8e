"""Two runs of a project side by side: their scores on the same images, their recipes and what they were trained on."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import ArrayLike

from core.evaluation.comparison import Comparison, at_other_thresholds, compare_runs
from core.evaluation.predictions import PREDICTIONS_FILE, Predictions
from core.evaluation.threshold_file import ThresholdSet
from core.jobs.job import TrainJob
from core.labels import Split
from core.project.runs.run_list import Run
from core.project.runs.snapshot import Snapshot
from core.project.runs.snapshot_difference import SnapshotDifference, snapshot_difference
from core.recipes.difference import KeyDifference, recipe_difference
from core.recipes.keys import to_text
from core.recipes.recipe import from_toml

# what a training is told besides its recipe
_TOLD: Final = ("seed", "weights", "initial_run")
# scores that are drawn in all, some tens of seconds; the more images there are the narrower intervals are anyway
_MOST_DRAWN: Final = 10**9
_FEWEST_DRAWS: Final = 200


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
    thresholds: ArrayLike | None = None,
    known: TwoRuns | None = None,
    draws: int = 1000,
    progress: Callable[[float], None] = lambda _: None,
) -> TwoRuns:
    """Read two finished runs of a project and compare them with their thresholds; some seconds, off the GUI thread.

    A label that was renamed between them is the same label, under its name in the second run.

    Args:
        first: the run that is the measure.
        second: the run that is compared with it.
        split: the images to compare on; None for test where both scored annotated images of it, else validation.
        thresholds: of the second run; None for those that are chosen for it.
        known: an earlier answer for the same runs and split, of which only the decisions are to be counted anew.
        draws: samples of the images at most, see `compare_runs`; fewer where there are very many images and labels.
        progress: told now and then the share that is done, up to 1.

    Raises:
        MultihotError: a file of a run is missing or damaged, or the runs have nothing in common.
    """
    runs = first, second
    scores = [Predictions.load(run.folder / PREDICTIONS_FILE) for run in runs]
    cuts = [ThresholdSet.of_run(run.folder, one.label_names).values for run, one in zip(runs, scores, strict=True)]
    if thresholds is not None:
        cuts[1] = np.asarray(thresholds)
    snapshots = [Snapshot.load(run.folder / "snapshot.npz") for run in runs]
    scores[0] = replace(scores[0], label_names=_later_names(*snapshots))
    newer: Literal["first", "second"] = "second" if second.id >= first.id else "first"
    if known is not None:
        comparison = at_other_thresholds(known.comparison, scores[0], scores[1], cuts[0], cuts[1], newer=newer)
        return replace(known, comparison=comparison)
    recipes = [from_toml(run.folder / "recipe.toml") for run in runs]
    jobs = [TrainJob.load(run.folder) for run in runs]
    told = [
        KeyDifference(name, *(to_text(getattr(job, name)) for job in jobs))
        for name in _TOLD
        if getattr(jobs[0], name) != getattr(jobs[1], name)
    ]
    comparison = compare_runs(
        scores[0],
        scores[1],
        cuts[0],
        cuts[1],
        split=_common_split(scores) if split is None else split,
        newer=newer,
        draws=min(draws, max(_FEWEST_DRAWS, _MOST_DRAWN // max(scores[1].states.size, 1))),
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
