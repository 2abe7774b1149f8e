"""Preparing the folders of jobs, for the window and the terminal alike."""

from collections.abc import Iterable
from pathlib import Path

from core.errors import JobError, ModelError, WeightsError
from core.jobs.folder import JobFolder
from core.jobs.job import ExportJob, TrainJob
from core.project.checks import check_trainable
from core.project.runs import Run
from core.project.snapshot import take_snapshot
from core.project.store import Store
from core.recipes.recipe import Recipe


def prepare_training(
    store: Store, recipe: Recipe, *, device: str = "auto", weights: Path | None = None, seed: int = 0
) -> Run:
    """Make a run that `core.jobs.start.start` can start: split, snapshot, recipe and job in its folder.

    Args:
        store: the project; annotated images without a split get one.
        recipe: what to train.
        device: "auto", "cpu" or "cuda".
        weights: file of pretrained weights; None to let timm find them.
        seed: of the split and of the training.

    Raises:
        ProjectError: the project cannot be trained on yet.
        WeightsError: there is no such file of weights.
    """
    if weights is not None and not weights.is_file():
        raise WeightsError(f"There is no file {weights}.", next_step="Choose a safetensors file with timm's keys.")
    store.assign_splits(seed=seed)
    check_trainable(store.states, store.splits, store.labels, task=store.task)
    snapshot = take_snapshot(store)
    # the last, so that what cannot start leaves no run
    run = store.new_run(recipe.name)
    snapshot.save(run.folder / "snapshot.npz")
    (run.folder / "recipe.toml").write_text(recipe.to_toml(), encoding="utf-8")
    TrainJob(
        run_id=run.id,
        device=device,
        weights=str(weights.absolute()) if weights else None,
        seed=seed,
        cache_folder=str(store.folder.absolute() / "cache"),
    ).save(run.folder)
    return run


def prepare_export(run: Run, out: Path, thresholds: Iterable[float]) -> Path:
    """Make a folder for the job that exports a run's model.

    Args:
        run: finished, or stopped with a model.
        out: the file to write; replaced when it is there.
        thresholds: per label in the order of the run's labels, in [0, 1].

    Returns:
        The job's folder, within the run's, to be given to `core.jobs.start.start`.

    Raises:
        JobError: the run has no model yet.
        ModelError: the file cannot be written there.
    """
    reason = JobFolder(run.folder).why_no_model()
    if reason:
        raise JobError(f"Run {run.id} has no model: {reason}", next_step="Export a finished run.")
    if out.is_dir() or not out.absolute().parent.is_dir():
        raise ModelError(f"{out} cannot be written: {'it is a folder' if out.is_dir() else 'its folder is missing'}.")
    exports = run.folder / "exports"
    exports.mkdir(exist_ok=True)
    number = 1 + max((int(one.name) for one in exports.iterdir() if one.name.isdecimal()), default=0)
    folder = exports / f"{number:04d}"
    folder.mkdir()
    ExportJob(
        run_id=run.id,
        run_folder=str(run.folder.absolute()),
        out=str(out.absolute()),
        thresholds=tuple(float(one) for one in thresholds),
    ).save(folder)
    return folder
