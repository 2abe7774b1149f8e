"""The open project: everything a person can do to it, each edit on disk before the call returns."""

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from core.errors import ProjectError
from core.labels import MULTI_LABEL, Split, Task
from core.project.changes import Changes
from core.project.disk.damage import damage_told, damaged
from core.project.disk.database import FILE_NAME, Database, has_backups, made_folder
from core.project.labels.one_class import annotated_images
from core.project.layers.label_changes import LabelChanges
from core.project.layers.steps import serial
from core.project.runs.run_list import Run, RunList
from core.project.runs.splits import FRACTIONS, stratified_split
from core.project.words import images as _images


class Store(LabelChanges):
    """One open project; used by one thread at a time.

    Every method that returns `Changes` has committed when it returns. What it holds is in `ProjectView`, how it is
    changed in `Steps`, `ImageChanges`, `AnnotationChanges` and `LabelChanges`, each of which adds to the one before.
    """

    def __init__(self, folder: Path, database: Database) -> None:
        """Use `create` or `open`."""
        super().__init__(folder, database)
        self._runs = RunList(database, folder)

    @classmethod
    def create(cls, folder: Path, *, task: Task = MULTI_LABEL) -> Self:
        """Make a project in a folder, which is created if needed.

        Args:
            folder: of the project.
            task: "multi-label", or "multi-class" for one label per image; it stays so.

        Raises:
            ProjectError: there is a project already, or the folder cannot be written.
        """
        folder = folder.resolve()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ProjectError(
                f"The folder {folder} cannot be made: {error.strerror}.", next_step="Choose another folder."
            ) from error
        return cls._started(folder, new=task)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open a project and take it for this process.

        Raises:
            ProjectError: missing, damaged, made by a newer version, or open in another program.
        """
        folder = folder.resolve()
        file = folder / FILE_NAME
        if not file.is_file():
            if has_backups(folder) and not file.exists():
                raise damaged(folder, "is missing")
            raise ProjectError(
                f"There is no project in {folder}.", next_step="Make one there, or choose another folder."
            )
        # SQLite throws the log of an empty file away, with all that is still in it
        log = folder / f"{FILE_NAME}-wal"
        if not file.stat().st_size and (has_backups(folder) or (log.is_file() and log.stat().st_size)):
            raise damaged(folder, "is empty")
        return cls._started(folder, new=None)

    @classmethod
    def _started(cls, folder: Path, *, new: Task | None) -> Self:
        """Open the database; `new` is the task of a project that is to be made."""
        database = Database(folder, create=new is not None)
        try:
            if new is not None:
                with database.transaction() as connection:
                    connection.execute("UPDATE project SET task = ?", (new,))
            for name in ("runs", "cache"):
                made_folder(folder / name)
            with damage_told(folder), database.reading():
                return cls(folder, database)
        except BaseException:
            database.close()
            raise

    def close(self) -> None:
        """Write what waits and let other programs have the project."""
        try:
            self._facts.write()
        finally:
            self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # splits

    @serial
    def set_splits(self, assignments: Mapping[int, Split]) -> Changes:
        """Put images that have no split in one; the others keep theirs.

        Not undoable: a model may have been trained on it a moment later, and an image that it saw must never serve to
        test another.
        """
        ids = np.fromiter(assignments, np.int64, len(assignments))
        return self._put_in_splits(ids, np.array([*assignments.values()], np.int8))

    @serial
    def assign_splits(self, *, seed: int = 0, fractions: tuple[float, float, float] = FRACTIONS) -> Changes:
        """Give a split to every annotated image that has none, so that each label is spread by the fractions.

        Images that have a split keep it, and the new ones make up for what they lack. Not undoable, as `set_splits`.
        """
        annotated = np.flatnonzero(annotated_images(self.states, self.task))
        splits = stratified_split(
            self.states[annotated], fractions=fractions, seed=seed, existing=self.splits[annotated]
        )
        return self._put_in_splits(self.image_ids[annotated], splits)

    # filters

    @property
    def saved_filters(self) -> dict[str, str]:
        """Filters that a person keeps, by name, in the order of the names."""
        return dict(
            self.database.connection.execute("SELECT name, text FROM saved_filter ORDER BY name COLLATE NOCASE")
        )

    def save_filter(self, name: str, text: str, *, before: str = "") -> Changes:
        """Keep a filter under a name, in place of one of that name. Not undoable.

        Args:
            name: for it.
            text: of it.
            before: the name it had, which is forgotten.

        Raises:
            ProjectError: the name or the filter is empty.
        """
        name, text = name.strip(), text.strip()
        if not name or not text:
            raise ProjectError("A filter is kept with a name.", next_step="Write the filter first, then its name.")
        with self.database.transaction() as connection:
            if before:
                connection.execute("DELETE FROM saved_filter WHERE name = ?", (before,))
            connection.execute("INSERT OR REPLACE INTO saved_filter (name, text) VALUES (?, ?)", (name, text))
        return Changes(text=f"Filter “{name}” saved", filters=True)

    def delete_filter(self, name: str) -> Changes:
        """Forget a filter. Not undoable."""
        with self.database.transaction() as connection:
            connection.execute("DELETE FROM saved_filter WHERE name = ?", (name,))
        return Changes(text=f"Filter “{name}” deleted", filters=True)

    # runs

    def new_run(self, recipe_name: str) -> Run:
        """Number a new run and make its folder."""
        return self._runs.new(recipe_name)

    def runs(self) -> list[Run]:
        """The runs, newest first."""
        return self._runs.all()

    def run(self, run_id: int) -> Run:
        """One run.

        Raises:
            ProjectError: there is none of that number, or its folder was deleted.
        """
        return self._runs.get(run_id)

    def discard_run(self, run_id: int) -> Changes:
        """Delete a run and its folder. Not undoable.

        Raises:
            ProjectError: there is none of that number, or a file in its folder is in use.
        """
        self._runs.discard(run_id)
        return Changes(text=f"Run {run_id} discarded", runs=True)

    # how it is done

    def _put_in_splits(self, ids: NDArray[np.int64], splits: NDArray[np.int8]) -> Changes:
        new = (self.splits[self.rows_of(ids)] == Split.UNASSIGNED) & (splits != Split.UNASSIGNED)
        if not new.any():
            return Changes()
        with self._changing():
            self._content.set_splits(ids[new], splits[new])
        return Changes(text=f"{_images(new.sum())} put in a split", splits=True)
