"""Arguments that several commands share: the project, and the run within it."""

import argparse
import shlex
from pathlib import Path

from core.errors import ProjectError
from core.jobs.folder import JobFolder, RunState
from core.project.runs.run_list import Run
from core.project.store import Store


def add_project(parser: argparse.ArgumentParser) -> None:
    """Add the argument PROJECT."""
    parser.add_argument("project", metavar="PROJECT", type=Path, help="the project's folder")


def add_run(parser: argparse.ArgumentParser) -> None:
    """Add the option --run."""
    parser.add_argument(
        "--run", metavar="ID", type=run_id, help="number of the run; the newest finished one if left out"
    )


def run_id(text: str) -> int:
    """The number of a run that was typed, for the type of an argument."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"“{text}” is not the number of a run")
    return int(text)


def resuming(project: Path, run: Run) -> str:
    """The command that goes on with a run that has not ended."""
    return f"multihot train {shlex.quote(str(project))} --resume {run.id}"


def finished_run(project: Path, run_id: int | None) -> Run:
    """The run asked for, or the newest that has a model; the project is closed again.

    Raises:
        ProjectError: there is no such run, or it has no model.
    """
    with Store.open(project) as store:
        runs = store.runs() if run_id is None else [store.run(run_id)]
    for run in runs:
        reason = JobFolder(run.folder).why_no_model()
        if not reason:
            return run
        if run_id is not None:
            go_on = f" Or go on with it: {resuming(project, run)}" if _waits(run) else ""
            raise ProjectError(f"Run {run_id} has no model: {reason}", next_step=f"Choose a finished run.{go_on}")
    waiting = next(filter(_waits, runs), None)
    if waiting is not None:
        next_step = f"Go on with run {waiting.id}: {resuming(project, waiting)}"
    else:
        next_step = f"Train one: multihot train {shlex.quote(str(project))}"
    raise ProjectError(f"{project} has no finished run yet.", next_step=next_step)


def _waits(run: Run) -> bool:
    """Whether a run is neither at work nor at its end."""
    return JobFolder(run.folder).state() in (RunState.PREPARED, RunState.PAUSED, RunState.INTERRUPTED)
