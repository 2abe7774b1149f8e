"""`multihot train PROJECT`, anew or on with a run that was paused or interrupted."""

import argparse
from collections.abc import Set
from pathlib import Path

from core.cli.choosing import add_project, resuming
from core.cli.following import work
from core.cli.output import Output, duration, number
from core.errors import JobError, ProjectError, WeightsError
from core.jobs.events import RunFinished
from core.jobs.folder import JobFolder, RunState
from core.jobs.train import prepare_training
from core.project.disk.database import FILE_NAME
from core.project.runs.checks import training_warnings
from core.project.runs.run_list import Run, run_folder
from core.project.store import Store
from core.recipes.catalogue import DEFAULT
from core.recipes.catalogue import recipe as recipe_of_name
from core.recipes.recipe import Recipe, set_keys

_OF_A_NEW_RUN = ("recipe", "variant", "set", "device", "epochs", "seed")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Tell the parser the command's arguments."""
    add_project(parser)
    parser.add_argument(
        "--recipe", metavar="NAME", help="one of those that `multihot recipes` lists; the usual one if left out"
    )
    parser.add_argument("--variant", metavar="NAME", help="settings of the recipe for a data set, such as voc")
    parser.add_argument(
        "--set", metavar="KEY=VALUE", action="append", default=[], help="set a value of the recipe; can be repeated"
    )
    start = parser.add_mutually_exclusive_group()
    start.add_argument("--weights", metavar="FILE", type=Path, help="pretrained weights: safetensors, timm's keys")
    start.add_argument(
        "--from-run",
        metavar="[PROJECT:]RUN",
        type=_run_of,
        help="go on from what a run has learnt; labels of the same name keep it",
    )
    start.add_argument(
        "--resume", metavar="RUN", type=_number, help="go on with a run that was paused or interrupted, as it is"
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"))
    parser.add_argument("--epochs", metavar="N", type=_number, help="passes over the training images")
    parser.add_argument("--seed", metavar="N", type=_number)


def _number(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"“{text}” is not a whole number from 0")
    return int(text)


def _run_of(text: str) -> tuple[Path | None, int]:
    project, _, number = text.rpartition(":")
    if not number.isdecimal():
        raise argparse.ArgumentTypeError(f"“{text}” is neither the number of a run nor PROJECT:RUN")
    return Path(project) if project else None, int(number)


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Train and wait for the end."""
    if arguments.resume is not None:
        return _resume(arguments, output)
    settings = [*arguments.set, *([] if arguments.epochs is None else [f"training.epochs={arguments.epochs}"])]
    varied: tuple[str, ...] = ()
    with Store.open(arguments.project) as store:
        task = store.task
    recipe = recipe_of_name(arguments.recipe or DEFAULT[task], task=task, project=arguments.project)
    if arguments.variant is not None:
        recipe = recipe.with_variant(arguments.variant)
        varied = recipe.variants[arguments.variant]
    initial_run = None
    if arguments.from_run is not None:
        project, run_id = arguments.from_run
        initial_run = _folder_of(project or arguments.project, run_id)
    training, outcome = train(
        arguments.project,
        recipe.with_overrides(settings),
        output,
        device=arguments.device or "auto",
        weights=arguments.weights,
        initial_run=initial_run,
        keep=set_keys([*varied, *settings]),
        seed=arguments.seed or 0,
    )
    output.result(result_of(training, outcome))
    return 0


def _folder_of(project: Path, run_id: int) -> Path:
    """The folder of a run of any project, which need not be closed."""
    if not (project / FILE_NAME).is_file():
        raise ProjectError(f"There is no project in {project}.", next_step="Name one: --from-run PROJECT:RUN.")
    folder = run_folder(project, run_id)
    if not folder.is_dir():
        raise ProjectError(f"There is no run {run_id} in {project}.", next_step="Name another: --from-run PROJECT:RUN.")
    return folder


def _resume(arguments: argparse.Namespace, output: Output) -> int:
    """Go on with a run and wait for the end."""
    given = [name for name in _OF_A_NEW_RUN if getattr(arguments, name) not in (None, [])]
    if given:
        raise JobError(
            f"A run goes on as it was begun: --{given[0]} is for a new one.",
            next_step=f"Leave it out, or train anew from what the run has learnt: --from-run {arguments.resume}.",
        )
    with Store.open(arguments.project) as store:
        chosen = store.run(arguments.resume)
    match JobFolder(chosen.folder).state():
        case RunState.RUNNING:
            raise JobError(
                f"Run {chosen.id} is still running.", next_step="Wait for its end, or stop it in the window."
            )
        case RunState.FINISHED | RunState.STOPPED:
            raise JobError(f"Run {chosen.id} has ended.", next_step=f"Train anew from it: --from-run {chosen.id}.")
    output.result(result_of(chosen, _follow(arguments.project, chosen, output)))
    return 0


def train(
    project: Path,
    recipe: Recipe,
    output: Output,
    *,
    device: str = "auto",
    weights: Path | None = None,
    initial_run: Path | None = None,
    keep: Set[str] = frozenset(),
    seed: int = 0,
) -> tuple[Run, RunFinished]:
    """Train a recipe on a project, telling how it goes; the project is open to others meanwhile.

    The arguments are those of `core.jobs.train.prepare_training`.

    Raises:
        MultihotError: it cannot be started, failed or was ended.
    """
    with Store.open(project) as store:
        prepared = prepare_training(
            store, recipe, device=device, weights=weights, initial_run=initial_run, keep=keep, seed=seed
        )
        for sentence in training_warnings(store.states, store.splits, store.labels, task=store.task):
            output.warn(f"Note: {sentence}")
    try:
        return prepared, _follow(project, prepared, output)
    except WeightsError as error:
        options = "Pass --weights FILE, or train from scratch with --set pretrained=false."
        raise WeightsError(error.sentence, next_step=error.next_step if weights else options) from error


def _follow(project: Path, run: Run, output: Output) -> RunFinished:
    """Work a run to its end and say how good it is."""
    go_on = resuming(project, run)
    outcome = work(run.folder, output, go_on=go_on)
    if not isinstance(outcome, RunFinished):
        raise JobError(f"Run {run.id} was paused by another program.", next_step=f"To go on with it: {go_on}")
    end = "stopped" if outcome.stopped else "finished"
    metric, value = ("mAP", outcome.validation_map) if outcome.top1 is None else ("top-1", outcome.top1)
    output.say(
        f"Run {run.id} {end} after {duration(outcome.seconds)}: validation {metric} "
        f"{number(value, decimals=4)} at epoch {outcome.best_epoch} of {outcome.epochs}."
    )
    return outcome


def result_of(training: Run, outcome: RunFinished) -> dict[str, object]:
    """What `train --json` ends with."""
    return {
        "run": training.id,
        "recipe": training.recipe,
        "map": outcome.validation_map,
        "top1": outcome.top1,
        "best_epoch": outcome.best_epoch,
        "epochs": outcome.epochs,
        "stopped": outcome.stopped,
        "skipped_images": outcome.skipped_images,
        "seconds": outcome.seconds,
        "folder": str(training.folder),
    }
