"""Preparing the job that scores images with a run's model, for the window and the terminal alike."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.errors import JobError
from core.evaluation.predictions import PREDICTIONS_FILE, Predictions
from core.evaluation.suggestions import Suggestions
from core.jobs.folder import JobFolder, RunState
from core.jobs.job import ScoreJob
from core.project.runs.run_list import Run


def scoring_folder(run: Path) -> Path:
    """The folder of the job that scores images with a run's model, within the run's; it may be missing."""
    return run / "scoring"


def prepare_scoring(
    run: Run, image_ids: Sequence[int], paths: Sequence[str], *, device: str = "auto", threads: int = 0
) -> Path | None:
    """Make a folder for the job that scores those images of a project that a run has no probability for.

    What the run saw in its training has one, and so has what was scored since and is the same file still. Every other
    file is looked at: for many images call it off the window's thread.

    Args:
        run: finished, or stopped with a model.
        image_ids: the project's numbers of images, in the order in which they are wanted.
        paths: absolute paths of their files, in the same order.
        device: "auto", "cpu" or "cuda".
        threads: CPU threads; 0 for as many as the machine has.

    Returns:
        The job's folder, to be given to `core.jobs.start.start`; None when every image has its scores.

    Raises:
        MultihotError: the run has no model yet or no scores, a worker scores its images already, or the folder cannot
            be written.
    """
    reason = JobFolder(run.folder).why_no_model()
    if reason:
        raise JobError(f"Run {run.id} has no model: {reason}", next_step="Choose a finished run.")
    folder = scoring_folder(run.folder)
    if folder.is_dir() and JobFolder(folder).state() is RunState.RUNNING:
        raise JobError(
            f"Images are being scored with run {run.id} already.", next_step="Wait until that is done, or cancel it."
        )
    predictions = Predictions.load(run.folder / PREDICTIONS_FILE)
    new = np.flatnonzero(~np.isin(np.asarray(image_ids, np.int64), predictions.image_ids)).tolist()
    new_ids, new_paths = [int(image_ids[place]) for place in new], [paths[place] for place in new]
    missing = Suggestions.of_run(run.folder, predictions.label_names).missing(new_ids, new_paths)
    if not missing:
        return None
    try:
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir()
        ScoreJob(
            run_folder=str(run.folder.absolute()),
            image_ids=tuple(new_ids[place] for place in missing),
            paths=tuple(new_paths[place] for place in missing),
            device=device,
            threads=threads,
        ).save(folder)
    except OSError as error:
        raise JobError(
            f"No image can be scored: {folder} cannot be written ({error.strerror}).",
            next_step="Free some space, or give yourself the right to write there.",
        ) from error
    return folder
