"""The open project: everything a person can do to it, each edit on disk before the call returns."""

import contextlib
import hashlib
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.errors import ProjectError
from core.labels import Label, LabelState, Split
from core.project.changes import Changes
from core.project.content import Content
from core.project.database import FILE_NAME, Database
from core.project.edits import AnnotationEdit, Edit, LabelEdit, LabelRow, SplitEdit, changes_of
from core.project.journal import Journal
from core.project.palette import next_color
from core.project.runs import Run
from core.project.scan import ScannedImage
from core.project.splits import stratified_split

# A value in a matrix of states for `set_matrix`: leave the state as it is.
KEEP = -2

# Facts about image files can be found again, so they wait for each other or for the next edit.
_FACTS_AT_ONCE = 256

_STATE_WORDS = {LabelState.PRESENT: "set", LabelState.ABSENT: "ruled out", LabelState.UNKNOWN: "cleared"}


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What is known about an image file.

    Attributes:
        size: bytes.
        width: pixels, upright; None until somebody decoded it.
        height: pixels, upright; None until somebody decoded it.
    """

    size: int
    width: int | None
    height: int | None


class Store:
    """One open project; SQLite holds the truth, arrays in memory mirror it.

    Used by one thread at a time. Every method that returns `Changes` has committed when it returns. Arrays that are
    handed out are read-only views that show later edits; after a change of labels or images ask again.

    Attributes:
        folder: absolute path of the project.
        name: the folder's name.
    """

    def __init__(self, folder: Path, database: Database) -> None:
        """Use `create` or `open`."""
        self.folder = folder
        self.name = folder.name
        self._database = database
        self._connection = database.connection
        self._content = Content(self._connection, folder)
        self._journal = Journal(self._connection)
        self._step: list[Edit] | None = None
        self._facts: dict[int, tuple[int, int, str | None]] = {}

    @classmethod
    def create(cls, folder: Path) -> Self:
        """Make a project in a folder, which is created if needed.

        Raises:
            ProjectError: there is a project already, or the folder cannot be written.
        """
        folder = folder.resolve()
        if (folder / FILE_NAME).exists():
            raise ProjectError(
                f"There is a project in {folder} already.", next_step="Open it, or choose another folder."
            )
        try:
            for sub in (folder, folder / "runs", folder / "cache"):
                sub.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ProjectError(f"The folder {folder} cannot be made: {error.strerror}.") from error
        return cls._started(folder, create=True)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open a project and take it for this process.

        Raises:
            ProjectError: missing, damaged, made by a newer version, or open in another program.
        """
        folder = folder.resolve()
        if not (folder / FILE_NAME).is_file():
            raise ProjectError(
                f"There is no project in {folder}.", next_step="Make one there, or choose another folder."
            )
        return cls._started(folder, create=False)

    @classmethod
    def _started(cls, folder: Path, *, create: bool) -> Self:
        database = Database(folder, create=create)
        try:
            with database.reading():
                return cls(folder, database)
        except BaseException:
            database.close()
            raise

    def close(self) -> None:
        """Write what waits and let other programs have the project."""
        try:
            self._write_facts()
        finally:
            self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # what is there

    @property
    def labels(self) -> tuple[Label, ...]:
        """The labels in their order, which is that of the columns of `states`."""
        return self._content.labels

    @property
    def image_ids(self) -> NDArray[np.int64]:
        """Ids of the images (N,), ascending: rows are in the order in which images were added."""
        return self._content.image_ids

    @property
    def paths(self) -> list[str]:
        """N paths, each relative to its root folder, with "/"."""
        return self._content.paths

    @property
    def states(self) -> NDArray[np.int8]:
        """States (N, C) in {1, 0, -1}, see `LabelState`."""
        return self._content.states

    @property
    def splits(self) -> NDArray[np.int8]:
        """Splits (N,), see `Split`."""
        return self._content.splits

    @property
    def reviewed(self) -> NDArray[np.bool_]:
        """Whether a person went over the image (N,)."""
        return self._content.reviewed

    @property
    def problems(self) -> dict[int, str]:
        """Why an image cannot be shown, by image id."""
        return self._content.problems

    def row_of(self, image_id: int) -> int:
        """The row of an image; KeyError when there is none."""
        return int(self.rows_of([image_id])[0])

    def rows_of(self, image_ids: ArrayLike) -> NDArray[np.int64]:
        """The rows (n,) of images (n,); KeyError when one is not there."""
        return self._content.rows_of(image_ids)

    def image_path(self, image_id: int) -> Path:
        """Absolute path of an image; the file may be missing."""
        return self._content.image_path(self.row_of(image_id))

    def roots(self) -> list[Path]:
        """The folders that images were added from; some may be missing."""
        return list(self._content.roots.values())

    def image_facts(self, image_id: int) -> ImageFacts:
        """What is known about an image file."""
        self._write_facts()
        row = self._connection.execute("SELECT size, width, height FROM image WHERE id = ?", (image_id,)).fetchone()
        return ImageFacts(*row)

    def content_hash(self, image_id: int) -> str:
        """SHA-256 of an image file's bytes, hexadecimal, computed when first asked for.

        Raises:
            ProjectError: the file cannot be read.
        """
        (known,) = self._connection.execute("SELECT content_hash FROM image WHERE id = ?", (image_id,)).fetchone()
        if known is not None:
            return str(known)
        path = self.image_path(image_id)
        try:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise ProjectError(f"{path} cannot be read: {error.strerror}.") from error
        with self._database.transaction():
            self._connection.execute("UPDATE image SET content_hash = ? WHERE id = ?", (digest, image_id))
        return digest

    # images

    def add_images(self, root: Path, files: Sequence[ScannedImage]) -> Changes:
        """Add image files of a folder; those that are there already are skipped. Not undoable.

        A known file whose size or time changed is looked at again: its facts and its problem are forgotten.
        """
        root = root.resolve()
        known = self._content.known_images(root, [file.relative_path for file in files])
        new = [file for file, image_id in zip(files, known, strict=True) if image_id is None]
        with self._changing():
            changed = self._content.update_files(
                [(i, file.size, file.mtime_ns) for file, i in zip(files, known, strict=True) if i is not None]
            )
            if new:
                self._content.add_images(root, [(file.relative_path, file.size, file.mtime_ns) for file in new])
        if not new and not changed:
            return Changes()
        return Changes(text=f"{_images(len(new))} added" if new else f"{_images(changed)} changed", images=True)

    def relink_root(self, old: Path, new: Path) -> Changes:
        """Say where the images of a folder that was moved are now.

        Raises:
            ProjectError: none of them is there.
        """
        new = new.resolve()
        if not self._content.is_in(new, root=old):
            raise ProjectError(
                f"None of the images of {old} is in {new}.", next_step="Choose the folder that holds them now."
            )
        with self._changing():
            self._content.move_root(old, new)
        return Changes(text=f"Images found in {new}", images=True)

    def set_image_facts(self, image_id: int, *, width: int, height: int, problem: str | None) -> None:
        """Note what decoding an image showed; saved with the next edit or when enough has come together.

        Args:
            image_id: the image.
            width: pixels, upright; 0 when it could not be decoded.
            height: pixels, upright; 0 when it could not be decoded.
            problem: the sentence of its `ImageError`, or None.
        """
        self._facts[image_id] = (width, height, problem)
        if problem is not None:
            self.problems[image_id] = problem
        else:
            self.problems.pop(image_id, None)
        if len(self._facts) >= _FACTS_AT_ONCE:
            self._write_facts()

    # labels

    def add_label(self, name: str, *, color: str | None = None, shortcut: str | None = None) -> Changes:
        """Add a label at the end.

        Args:
            name: unique regardless of case.
            color: "#rrggbb"; None takes the next of the palette.
            shortcut: one character or empty; None takes the next free digit, 1 to 9, then 0.

        Raises:
            ProjectError: the name is empty or taken, the colour is none, the shortcut is taken.
        """
        rows = self._content.label_rows
        if shortcut is None:
            used = {label.shortcut for label in self.labels}
            shortcut = next((digit for digit in "1234567890" if digit not in used), "")
        label_id = max(rows, default=0) + 1
        row = LabelRow(
            label_id, name.strip(), color or next_color([label.color for label in self.labels]), shortcut,
            position=max((row.position for row in rows.values()), default=0) + 1, deleted=False,
        )  # fmt: skip
        self._check_label(row)
        edit = LabelEdit((replace(row, deleted=True),), (row,))
        return self._do(edit, f"Label “{row.name}” added")

    def change_label(
        self, label_id: int, *, name: str | None = None, color: str | None = None, shortcut: str | None = None
    ) -> Changes:
        """Rename or recolour a label or give it another shortcut; None leaves a thing as it is.

        Raises:
            ProjectError: as `add_label`.
        """
        before = self._content.label_rows[label_id]
        after = replace(
            before,
            name=before.name if name is None else name.strip(),
            color=before.color if color is None else color,
            shortcut=before.shortcut if shortcut is None else shortcut,
        )
        if after == before:
            return Changes()
        self._check_label(after)
        renamed = f"Label “{before.name}” renamed to “{after.name}”"
        return self._do(
            LabelEdit((before,), (after,)), renamed if after.name != before.name else f"Label “{after.name}” changed"
        )

    def reorder_labels(self, label_ids: Sequence[int]) -> Changes:
        """Put the labels in an order; `label_ids` names each of them once."""
        if sorted(label_ids) != sorted(label.id for label in self.labels):
            raise ValueError(f"not an order of the labels: {label_ids}")
        before = tuple(self._content.label_rows[label_id] for label_id in label_ids)
        after = tuple(replace(row, position=position) for position, row in enumerate(before, start=1))
        if [label.id for label in self.labels] == list(label_ids):
            return Changes()
        return self._do(LabelEdit(before, after), "Labels reordered")

    def delete_label(self, label_id: int) -> Changes:
        """Delete a label; undo brings it back with its annotations."""
        row = self._content.label_rows[label_id]
        return self._do(LabelEdit((row,), (replace(row, deleted=True),)), f"Label “{row.name}” deleted")

    # annotations

    def set_states(
        self,
        image_ids: Sequence[int],
        states: Mapping[int, LabelState],
        *,
        reviewed: bool | None = None,
        fill_unknown: LabelState | None = None,
        text: str | None = None,
    ) -> Changes:
        """Give the same states to some images, as one step of undo.

        Args:
            image_ids: the images.
            states: the state of each label to set, by label id.
            reviewed: the reviewed flag to set; None leaves it.
            fill_unknown: the state for every label that is unknown afterwards; None leaves them unknown.
            text: what happened; None makes it from the states.
        """
        label_ids = np.array([label.id for label in self.labels], np.int64)
        ids = np.unique(np.asarray(image_ids, np.int64))
        values = self.states[self.rows_of(ids)]
        for label_id, state in states.items():
            values[:, label_ids == label_id] = state
        if fill_unknown is not None:
            values[values == LabelState.UNKNOWN] = fill_unknown
        return self._set(ids, label_ids, values, reviewed=reviewed, text=text or self._text_of(states, len(ids)))

    def set_many(
        self, rows: Sequence[tuple[int, Mapping[int, LabelState]]], *, reviewed: bool | None, text: str
    ) -> Changes:
        """Give different states to different images, as one step of undo.

        Args:
            rows: image id and the states to set on it, by label id; an image comes once.
            reviewed: the reviewed flag to set on all of them; None leaves it.
            text: what happened.
        """
        column = {label.id: index for index, label in enumerate(self.labels)}
        values = np.full((len(rows), len(column)), KEEP, np.int8)
        for line, (_, states) in zip(values, rows, strict=True):
            for label_id, state in states.items():
                line[column[label_id]] = state
        image_ids = [image_id for image_id, _ in rows]
        return self.set_matrix(image_ids, list(column), values, reviewed=reviewed, text=text)

    def set_matrix(
        self,
        image_ids: ArrayLike,
        label_ids: ArrayLike,
        states: NDArray[np.int8],
        *,
        reviewed: bool | NDArray[np.bool_] | None,
        text: str,
    ) -> Changes:
        """Set a matrix of states, as one step of undo; fast for 100,000 images.

        Args:
            image_ids: n images, each once.
            label_ids: k labels, each once.
            states: int8 (n, k) in {1, 0, -1, KEEP}.
            reviewed: the reviewed flag to set, one for all or bool (n,); None leaves it.
            text: what happened.
        """
        ids, labels = np.asarray(image_ids, np.int64), np.asarray(label_ids, np.int64)
        before = self._content.states_of(self.rows_of(ids), labels)
        return self._set(ids, labels, np.where(states == KEEP, before, states), reviewed=reviewed, text=text)

    def set_splits(self, assignments: Mapping[int, Split]) -> Changes:
        """Put images in splits."""
        ids = np.fromiter(assignments, np.int64, len(assignments))
        return self._set_splits(ids, np.array([*assignments.values()], np.int8))

    def planned_splits(
        self, *, seed: int = 0, fractions: tuple[float, float, float] = (0.7, 0.15, 0.15)
    ) -> NDArray[np.int8]:
        """The splits (N,) as `assign_splits` would make them; images without annotations stay unassigned."""
        annotated = np.flatnonzero((self.states != LabelState.UNKNOWN).any(axis=1))
        splits = self.splits.copy()
        splits[annotated] = stratified_split(
            self.states[annotated], fractions=fractions, seed=seed, existing=splits[annotated]
        )
        return splits

    def assign_splits(self, *, seed: int = 0, fractions: tuple[float, float, float] = (0.7, 0.15, 0.15)) -> Changes:
        """Give a split to every annotated image that has none, so that each label is spread by the fractions.

        Images that have a split keep it for ever, and the new ones make up for what they lack.
        """
        return self._set_splits(self.image_ids, self.planned_splits(seed=seed, fractions=fractions))

    # undo

    @property
    def undo_text(self) -> str | None:
        """What `undo` would take back, or None."""
        return self._journal.undo_text

    @property
    def redo_text(self) -> str | None:
        """What `redo` would bring back, or None."""
        return self._journal.redo_text

    def undo(self) -> Changes:
        """Take back the newest edit, also one of an earlier sitting; nothing happens when there is none."""
        text = self.undo_text
        return Changes() if text is None else self._travel(self._journal.undo, f"Undone: {text}")

    def redo(self) -> Changes:
        """Do again what was last undone; nothing happens when there is nothing."""
        text = self.redo_text
        return Changes() if text is None else self._travel(self._journal.redo, f"Redone: {text}")

    @contextlib.contextmanager
    def step(self, text: str) -> Iterator[list[Edit]]:
        """Make all edits in the block one step of undo, done together or not at all; joins a step that is open.

        Args:
            text: what the step does.

        Yields:
            The edits made so far.
        """
        if self._step is not None:
            yield self._step
            return
        self._step = []
        try:
            with self._changing():
                yield self._step
                if self._step:
                    self._journal.push(self._step, text=text, time=time.time())
        finally:
            self._step = None

    # runs

    def new_run(self, recipe_name: str) -> Run:
        """Number a new run and make its folder."""
        with self._database.transaction():
            (last,) = self._connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'run'").fetchone() or (0,)
            run_id = last + 1
            # a project restored from a backup forgot its later runs, their folders are still there
            while self._run_folder(run_id).exists():
                run_id += 1
            created = time.time()
            self._connection.execute(
                "INSERT INTO run (id, recipe, created) VALUES (?, ?, ?)", (run_id, recipe_name, created)
            )
            self._run_folder(run_id).mkdir(parents=True)
        return Run(run_id, recipe_name, created, self._run_folder(run_id))

    def runs(self) -> list[Run]:
        """The runs, newest first."""
        rows = self._connection.execute("SELECT id, recipe, created FROM run ORDER BY id DESC")
        return [Run(run_id, recipe, created, self._run_folder(run_id)) for run_id, recipe, created in rows]

    def run(self, run_id: int) -> Run:
        """One run.

        Raises:
            ProjectError: there is none of that number.
        """
        for run in self.runs():
            if run.id == run_id:
                return run
        raise ProjectError(f"There is no run {run_id} in {self.name}.")

    def discard_run(self, run_id: int) -> Changes:
        """Delete a run and its folder. Not undoable.

        Raises:
            ProjectError: there is none of that number, or a file in its folder is in use.
        """
        run = self.run(run_id)
        try:
            if run.folder.exists():
                shutil.rmtree(run.folder)
        except OSError as error:
            raise ProjectError(
                f"Run {run_id} cannot be deleted: {error.strerror}.", next_step="Stop it first, then discard it again."
            ) from error
        with self._database.transaction():
            self._connection.execute("DELETE FROM run WHERE id = ?", (run_id,))
        return Changes(text=f"Run {run_id} discarded", runs=True)

    def _run_folder(self, run_id: int) -> Path:
        return self.folder / "runs" / f"{run_id:04d}"

    # how it is done

    @contextlib.contextmanager
    def _changing(self) -> Iterator[None]:
        """A transaction after whose failure the arrays show again what is on disk."""
        try:
            with self._database.transaction():
                yield
        except BaseException:
            self._content.load()
            self._journal.refresh()
            raise

    def _do(self, edit: Edit, text: str) -> Changes:
        with self.step(text) as edits:
            self._content.apply(edit)
            edits.append(edit)
        return changes_of([edit], text)

    def _travel(self, take: Callable[[], list[Edit]], text: str) -> Changes:
        with self._changing():
            edits = take()
            for edit in edits:
                self._content.apply(edit)
        return changes_of(edits, text)

    def _set(
        self,
        ids: NDArray[np.int64],
        label_ids: NDArray[np.int64],
        after: NDArray[np.int8],
        *,
        reviewed: bool | NDArray[np.bool_] | None,
        text: str,
    ) -> Changes:
        """Set states (n, k); the journal keeps the images and labels that really change."""
        rows = self.rows_of(ids)
        before = self._content.states_of(rows, label_ids)
        was_reviewed = self.reviewed[rows]
        now_reviewed = was_reviewed if reviewed is None else np.broadcast_to(np.asarray(reviewed), len(ids))
        differs = before != after
        images = differs.any(axis=1) | (was_reviewed != now_reviewed)
        labels = differs.any(axis=0)
        if not images.any():
            return Changes()
        part = np.ix_(images, labels)
        edit = AnnotationEdit(
            ids[images], label_ids[labels], before[part], after[part], was_reviewed[images], now_reviewed[images]
        )
        return self._do(edit, text)

    def _set_splits(self, ids: NDArray[np.int64], after: NDArray[np.int8]) -> Changes:
        before = self.splits[self.rows_of(ids)]
        changed = before != after
        if not changed.any():
            return Changes()
        return self._do(
            SplitEdit(ids[changed], before[changed], after[changed]), f"{_images(changed.sum())} put in a split"
        )

    def _text_of(self, states: Mapping[int, LabelState], images: int) -> str:
        if not states:
            return f"{_images(images)} reviewed"
        if len(states) > 1:
            return f"{len(states)} labels set on {_images(images)}"
        ((label_id, state),) = states.items()
        return f"“{self._content.label_rows[label_id].name}” {_STATE_WORDS[state]} on {_images(images)}"

    def _check_label(self, row: LabelRow) -> None:
        others = [label for label in self.labels if label.id != row.id]
        if not row.name or not row.name.isprintable():
            raise ProjectError("A label needs a name of printable characters.")
        if any(label.name.casefold() == row.name.casefold() for label in others):
            raise ProjectError(f"There is a label “{row.name}” already.", next_step="Choose another name.")
        if not re.fullmatch(r"#[0-9a-fA-F]{6}", row.color):
            raise ProjectError(f"“{row.color}” is not a colour.", next_step="Write it as #rrggbb.")
        if len(row.shortcut) > 1:
            raise ProjectError(f"“{row.shortcut}” cannot be a shortcut.", next_step="Choose one character.")
        for label in others:
            if row.shortcut and label.shortcut == row.shortcut:
                raise ProjectError(
                    f"The key “{row.shortcut}” belongs to “{label.name}”.", next_step="Choose another character."
                )

    def _write_facts(self) -> None:
        waiting, self._facts = self._facts, {}
        with self._database.transaction():
            self._connection.executemany(
                "UPDATE image SET width = ?, height = ?, problem = ? WHERE id = ?",
                [(*facts, image_id) for image_id, facts in waiting.items()],
            )


def _images(count: int) -> str:
    return "1 image" if count == 1 else f"{count:,} images"
