"""The runs of a project; what happened in each is in its folder."""

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from core.errors import ProjectError
from core.images.heat_maps import heat_map_folder
from core.project.disk.database import Database


@dataclass(frozen=True, slots=True)
class Run:
    """One training.

    Attributes:
        id: its number, never used again after the run is discarded.
        recipe: name of the recipe it was started with.
        created: seconds since 1970.
        folder: `<project>/runs/0007`.
    """

    id: int
    recipe: str
    created: float
    folder: Path


def run_folder(project: Path, run_id: int) -> Path:
    """The folder of a run of a project, open or not; it may be missing."""
    return project / "runs" / f"{run_id:04d}"


class RunList:
    """The numbered runs of an open project and their folders."""

    def __init__(self, database: Database, project: Path) -> None:
        self._database = database
        self._project = project

    def new(self, recipe_name: str) -> Run:
        """Number a run and make its folder."""
        with self._database.transaction() as connection:
            (last,) = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'run'").fetchone() or (0,)
            run = self._run(last + 1, recipe_name, time.time())
            # a project restored from a backup has forgotten its later runs, but their folders are still there
            while run.folder.exists():
                run = self._run(run.id + 1, recipe_name, run.created)
            connection.execute(
                "INSERT INTO run (id, recipe, created) VALUES (?, ?, ?)", (run.id, run.recipe, run.created)
            )
            run.folder.mkdir(parents=True)
        return run

    def all(self) -> list[Run]:
        """The runs, newest first."""
        rows = self._database.connection.execute("SELECT id, recipe, created FROM run ORDER BY id DESC")
        return [self._run(*row) for row in rows]

    def get(self, run_id: int) -> Run:
        """One run.

        Raises:
            ProjectError: there is none of that number, or its folder was deleted.
        """
        run = self._numbered(run_id)
        if not run.folder.is_dir():
            raise ProjectError(f"The folder of run {run_id} was deleted.", next_step="Discard the run.")
        return run

    def discard(self, run_id: int) -> None:
        """Delete a run, its folder, and what the cache keeps of it.

        Raises:
            ProjectError: there is none of that number, or a file in its folder is in use.
        """
        run = self._numbered(run_id)
        try:
            shutil.rmtree(run.folder)
        except FileNotFoundError:
            pass
        except OSError as error:
            raise ProjectError(
                f"Run {run_id} cannot be deleted: {error.strerror}.", next_step="Stop it first, then discard it again."
            ) from error
        shutil.rmtree(heat_map_folder(self._project, run_id), ignore_errors=True)
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM run WHERE id = ?", (run_id,))

    def _numbered(self, run_id: int) -> Run:
        # not asked of the database, which takes no number above 2**63
        run = next((run for run in self.all() if run.id == run_id), None)
        if run is None:
            raise ProjectError(f"There is no run {run_id} in this project.", next_step="Choose another run.")
        return run

    def _run(self, run_id: int, recipe: str, created: float) -> Run:
        return Run(run_id, recipe, created, run_folder(self._project, run_id))
