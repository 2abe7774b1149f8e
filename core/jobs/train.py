"""Preparing the folders of jobs, for the window and the terminal alike."""

from collections.abc import Iterable, Set
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.errors import JobError, ModelError, RecipeError, WeightsError
from core.evaluation.calibration import Calibration
from core.jobs.folder import JobFolder
from core.jobs.job import ExportJob, TrainJob
from core.labels import Split
from core.project.runs.checks import check_trainable
from core.project.runs.run_list import Run
from core.project.runs.snapshot import Snapshot, take_snapshot
from core.project.store import Store
from core.recipes.adapt import adapt
from core.recipes.catalogue import DEFAULT
from core.recipes.checks import idle_settings
from core.recipes.recipe import CO_OCCURRENCE, Recipe, from_toml


def prepare_training(
    store: Store,
    recipe: Recipe,
    *,
    device: str = "auto",
    weights: Path | None = None,
    initial_run: Path | None = None,
    keep: Set[str] = frozenset(),
    seed: int = 0,
) -> Run:
    """Make a run that `core.jobs.start.start` can start: split, snapshot, recipe and job in its folder.

    A recipe that asks for it is adapted to the number of training images. The job's notes say what was chosen, and what
    was set although nothing reads it.

    Args:
        store: the project; annotated images without a split get one.
        recipe: what to train.
        device: "auto", "cpu" or "cuda".
        weights: file of pretrained weights; None to let timm find them.
        initial_run: folder of a run, of this or another project, to start from instead.
        keep: keys such as "training.epochs" that a person set, so that nothing chooses them anew.
        seed: of the split and of the training.

    Raises:
        ProjectError: the project cannot be trained on yet.
        RecipeError: the recipe is for another task, or the file of its label vectors is missing.
        WeightsError: there is no such file of weights, or no run that can be started from.
    """
    if weights is not None and not weights.is_file():
        raise WeightsError(f"There is no file {weights}.", next_step="Choose a safetensors file with timm's keys.")
    if recipe.task != store.task:
        raise RecipeError(
            f"The recipe {recipe.name} is {recipe.task}, and the project is {store.task}.",
            next_step=f"Choose one such as {DEFAULT[store.task]}.",
        )
    recipe = _with_label_vectors(recipe)
    if initial_run is not None:
        _check_initial_run(initial_run, recipe)
    store.assign_splits(seed=seed)
    check_trainable(store.states, store.splits, store.labels, task=store.task)
    snapshot = take_snapshot(store)
    notes = [*idle_settings(recipe, keep), *_gone_labels(initial_run, snapshot)]
    recipe, adapted = adapt(recipe, int(np.count_nonzero(snapshot.splits == Split.TRAIN)), keep=keep)
    # the last, so that what cannot start leaves no run
    run = store.new_run(recipe.name)
    snapshot.save(run.folder / "snapshot.npz")
    (run.folder / "recipe.toml").write_text(recipe.to_toml(), encoding="utf-8")
    TrainJob(
        run_id=run.id,
        device=device,
        weights=str(weights.absolute()) if weights else None,
        initial_run=str(initial_run.absolute()) if initial_run else None,
        notes=(*notes, *adapted),
        keep=tuple(sorted(keep)),
        seed=seed,
        cache_folder=str(store.folder.absolute() / "cache"),
    ).save(run.folder)
    return run


def _with_label_vectors(recipe: Recipe) -> Recipe:
    """The recipe with an absolute path where its graph of labels reads vectors from a file: the worker is elsewhere."""
    model = recipe.model
    if model.label_vectors == CO_OCCURRENCE or not model.uses_graph:
        return recipe
    path = Path(model.label_vectors).expanduser().absolute()
    if not path.is_file():
        raise RecipeError(
            f"There is no file {path} of label vectors.",
            next_step=f"Set model.label_vectors to {CO_OCCURRENCE}, or to the path of a GloVe text file.",
        )
    return replace(recipe, model=replace(model, label_vectors=str(path)))


def _check_initial_run(folder: Path, recipe: Recipe) -> None:
    reason = JobFolder(folder).why_no_model()
    if reason:
        raise WeightsError(f"{_called(folder)} has no model: {reason}", next_step="Start from a finished run.")
    # timm writes the weights behind a dot
    wanted, found = (one.model.backbone.partition(".")[0] for one in (recipe, from_toml(folder / "recipe.toml")))
    if wanted != found:
        raise WeightsError(
            f"{_called(folder)} has the backbone {found}, and the recipe {recipe.name} has {wanted}.",
            next_step="Choose a recipe with that backbone, or another run to start from.",
        )


def _gone_labels(initial_run: Path | None, snapshot: Snapshot) -> list[str]:
    """A sentence about the labels that another run knew and nobody asks for any more; none where there are none."""
    if initial_run is None:
        return []
    names = {name.casefold() for name in snapshot.label_names}
    known = Snapshot.load(initial_run / "snapshot.npz").label_names
    gone = [name for name in known if name.casefold() not in names]
    return [f"{_called(initial_run)} knew labels that are not here: {', '.join(gone)}."] if gone else []


def _called(run: Path) -> str:
    """A run's folder in words, to begin a sentence."""
    return f"Run {int(run.name)} of {run.parent.parent.name}" if run.name.isdecimal() else f"The run in {run}"


def prepare_export(run: Run, out: Path, thresholds: Iterable[float], *, calibration: Calibration | None = None) -> Path:
    """Make a folder for the job that exports a run's model.

    Args:
        run: finished, or stopped with a model.
        out: the file to write; replaced when it is there.
        thresholds: per label in the order of the run's labels, in [0, 1], of probabilities that are not calibrated.
        calibration: of the run's labels, which moves the thresholds along; None leaves the probabilities as they are.

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
    if calibration is not None:
        calibration.save(folder)
    ExportJob(
        run_id=run.id,
        run_folder=str(run.folder.absolute()),
        out=str(out.absolute()),
        thresholds=tuple(float(one) for one in thresholds),
    ).save(folder)
    return folder
