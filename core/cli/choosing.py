"""Arguments that several commands share: the project, and the run within it."""

import argparse
from pathlib import Path

from core.errors import ProjectError
from core.jobs.folder import JobFolder
from core.project.runs import Run
from core.project.store import Store


def add_project(parser: argparse.ArgumentParser) -> None:
    """Add the argument PROJECT."""
    parser.add_argument("project", metavar="PROJECT", type=Path, help="the project's folder")


def add_run(parser: argparse.ArgumentParser) -> None:
    """Add the option --run."""
    parser.add_argument("--run", metavar="ID", type=int, help="number of the run; the newest finished one if left out")


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
            raise ProjectError(f"Run {run_id} has no model: {reason}", next_step="Choose a finished run.")
    raise ProjectError(f"{project} has no finished run yet.", next_step="Train one: multihot train.")
