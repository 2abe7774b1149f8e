"""Reading what a run says of a project's images: which run it is, and whether anything is new; no Qt."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.errors import MultihotError
from core.jobs.folder import JobFolder, RunState
from core.jobs.score import scoring_folder
from core.labels import Label
from core.project.runs.run_list import Run

if TYPE_CHECKING:
    # it comes with the first scores, in their thread, so that the window is shown before
    from core.project.runs.model_scores import AlignedScores


@dataclass(frozen=True, eq=False)
class LoadedScores:
    """What was found of the runs of a project.

    Attributes:
        run: whose scores they are; None where no run is finished.
        stamp: of its files, from before they were read.
        scores: aligned to `labels`; None where there are none, or where they are as before.
        labels: of the project.
        error: why the scores of the run cannot be read.
        is_as_before: whether nothing changed.
        scoring: a run with which a worker scores images.
    """

    run: Run | None
    stamp: tuple[int, ...]
    scores: "AlignedScores | None"
    labels: tuple[Label, ...]
    error: MultihotError | None = None
    is_as_before: bool = False
    scoring: Run | None = None


def load_scores(
    runs: Sequence[Run],
    known: tuple[Run, tuple[int, ...]] | None,
    image_ids: NDArray[np.int64],
    labels: tuple[Label, ...],
    *,
    takes_up: bool,
) -> LoadedScores:
    """Find the run and read its scores, unless they are those that are known; off the GUI thread."""
    from core.project.runs.model_scores import load_model_scores, stamp_of

    scoring = next(filter(_scores_images, runs), None) if takes_up else None
    finished = (run for run in runs if not JobFolder(run.folder).why_no_model())
    run = next(finished, None)
    if run is None:
        return LoadedScores(None, (), None, labels, scoring=scoring)
    stamp = stamp_of(run.folder)
    if known == (run, stamp):
        return LoadedScores(run, stamp, None, labels, is_as_before=True, scoring=scoring)
    try:
        scores = load_model_scores(run, image_ids, labels)
    except MultihotError as error:
        return LoadedScores(run, stamp, None, labels, error=error, scoring=scoring)
    return LoadedScores(run, stamp, scores, labels, scoring=scoring)


def _scores_images(run: Run) -> bool:
    folder = scoring_folder(run.folder)
    return folder.is_dir() and JobFolder(folder).state() is RunState.RUNNING
