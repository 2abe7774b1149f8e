"""The open project: everything a person can do to it, each edit on disk before the call returns."""

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.errors import ProjectError
from core.labels import MULTI_CLASS, MULTI_LABEL, Label, LabelState, Split, Task
from core.project.changes import Changes
from core.project.content import Content
from core.project.database import FILE_NAME, Database
from core.project.edits import KEEP, AnnotationEdit, Edit, LabelEdit, LabelRow, changes_of
from core.project.facts import FactBook, ImageFacts
from core.project.journal import Journal
from core.project.label_rows import check_label_row, new_label_row, new_label_rows
from core.project.one_class import annotated_images, one_class
from core.project.runs import Run, RunList
from core.project.scan import ScannedImage
from core.project.splits import FRACTIONS, stratified_split

_STATE_WORDS = {LabelState.PRESENT: "set", LabelState.ABSENT: "ruled out", LabelState.UNKNOWN: "cleared"}


class Store:
    """One open project; SQLite holds the truth, arrays in memory mirror it.

    Used by one thread at a time. Every method that returns `Changes` has committed when it returns. Arrays that are
    handed out are read-only views that show later edits; after a change of labels or images ask again.

    Attributes:
        folder: absolute path of the project.
        name: the folder's name.
        task: whether an image has any number of labels or one; in a multi-class project at most one is present.
    """

    def __init__(self, folder: Path, database: Database) -> None:
        """Use `create` or `open`."""
        self.folder = folder
        self.name = folder.name
        self._database = database
        self._content = Content(database.connection, folder)
        self._journal = Journal(database.connection)
        self._step: list[Edit] | None = None
        self._facts = FactBook(database)
        self._runs = RunList(database, folder)
        (task,) = database.connection.execute("SELECT task FROM project").fetchone()
        self.task: Task = task

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
        if not (folder / FILE_NAME).is_file():
            raise ProjectError(
                f"There is no project in {folder}.", next_step="Make one there, or choose another folder."
            )
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
                (folder / name).mkdir(exist_ok=True)
            with database.reading():
                return cls(folder, database)
        except BaseException:
            database.close()
            raise

    def close(self) -> None:
        """Write what waits and let other programs have the project."""
        try:
            self._facts.write()
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

    def image_paths(self, image_ids: ArrayLike) -> list[str]:
        """Absolute paths of images (n,)."""
        return self._content.image_paths(self.rows_of(image_ids))

    def image_path(self, image_id: int) -> Path:
        """Absolute path of an image; the file may be missing."""
        return Path(self.image_paths([image_id])[0])

    def roots(self) -> list[Path]:
        """The folders that images were added from; some may be missing."""
        return list(self._content.roots.values())

    def image_facts(self, image_id: int) -> ImageFacts:
        """What is known about an image file."""
        return self._facts.of(image_id)

    def content_hash(self, image_id: int) -> str:
        """SHA-256 of an image file, hexadecimal, computed when first asked for.

        Raises:
            ProjectError: the file cannot be read.
        """
        return self._facts.content_hash(image_id, self.image_path(image_id))

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

    def missing_roots(self) -> list[Path]:
        """The folders that images were added from of which none is there any more; looks at the disk."""
        return [root for root in self.roots() if not (root.is_dir() and self._content.is_in(root, root=root))]

    def relink_root(self, old: Path, new: Path) -> Changes:
        """Say where the images of a folder that was moved are now.

        Raises:
            ProjectError: none of them is there, or the images there are in the project already.
        """
        new = new.resolve()
        if new in self.roots():
            raise ProjectError(
                f"The images of {new} are in the project already.",
                next_step=f"Choose the folder that holds those of {old} now.",
            )
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
        self._facts.note(image_id, width=width or None, height=height or None, problem=problem)
        if problem is None:
            self.problems.pop(image_id, None)
        else:
            self.problems[image_id] = problem

    # labels

    def add_label(self, name: str, *, color: str | None = None, shortcut: str | None = None) -> Changes:
        """Add a label at the end; in a multi-class project it is absent on the images that have another.

        Args:
            name: unique regardless of case.
            color: "#rrggbb"; None takes the next of the palette.
            shortcut: one character or empty; None takes the next free digit, 1 to 9, then 0.

        Raises:
            ProjectError: the name is empty or taken, the colour is none, the shortcut is taken.
        """
        row = new_label_row(
            name, color=color, shortcut=shortcut, labels=self.labels, ever=self._content.label_rows.values()
        )
        return self._add((row,), f"Label “{row.name}” added")

    def add_labels(self, names: Sequence[str]) -> Changes:
        """Add labels at the end, as one step of undo, with the next colours and keys.

        Raises:
            ProjectError: as `add_label`.
        """
        rows = new_label_rows(names, labels=self.labels, ever=self._content.label_rows.values())
        return self._add(rows, f"{len(rows):,} labels added") if rows else Changes()

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
        check_label_row(after, self.labels)
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
        """Delete a label; undo brings it back with its annotations.

        In a multi-class project the images that have it are to be labelled anew.
        """
        row = self._content.label_rows[label_id]
        text = f"Label “{row.name}” deleted"
        with self.step(text) as edits:
            made = len(edits)
            if self.task == MULTI_CLASS:
                column = [label.id for label in self.labels].index(label_id)
                others = [label.id for label in self.labels if label.id != label_id]
                self._fill(self.states[:, column] == LabelState.PRESENT, others, LabelState.UNKNOWN, reviewed=False)
            self._do(LabelEdit((row,), (replace(row, deleted=True),)), text)
        return changes_of(edits[made:], text)

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

        In a multi-class project a label that becomes present makes all others absent.

        Args:
            image_ids: the images.
            states: the state of each label to set, by label id.
            reviewed: the reviewed flag to set; None leaves it.
            fill_unknown: the state for every label that is unknown afterwards; None leaves them unknown.
            text: what happened; None makes it from the states.

        Raises:
            ProjectError: the project is multi-class and several labels were to be present.
        """
        label_ids = [label.id for label in self.labels]
        ids = np.unique(np.asarray(image_ids, np.int64))
        wanted = np.full((1, len(label_ids)), KEEP, np.int8)
        for label_id, state in states.items():
            wanted[0, label_ids.index(label_id)] = state
        if self.task == MULTI_CLASS:
            wanted = one_class(wanted, columns=np.arange(len(label_ids)), labels=len(label_ids))
        values = np.where(wanted == KEEP, self.states[self.rows_of(ids)], wanted)
        if fill_unknown is not None:
            values[values == LabelState.UNKNOWN] = fill_unknown
        text = text or self._text_of(states, reviewed=reviewed, images=len(ids))
        return self._set(ids, np.array(label_ids, np.int64), values, reviewed=reviewed, text=text)

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

        In a multi-class project a label that becomes present makes all others of the image absent.

        Args:
            image_ids: n images, each once.
            label_ids: k labels, each once.
            states: int8 (n, k) in {1, 0, -1, KEEP}.
            reviewed: the reviewed flag to set, one for all or bool (n,); None leaves it.
            text: what happened.

        Raises:
            ProjectError: the project is multi-class and several labels of an image were to be present.
        """
        ids, labels = np.asarray(image_ids, np.int64), np.asarray(label_ids, np.int64)
        if len(np.unique(ids)) < len(ids):
            raise ValueError("an image comes twice")
        if self.task == MULTI_CLASS:
            every = [label.id for label in self.labels]
            columns = np.array([every.index(label_id) for label_id in labels.tolist()], np.int64)
            labels, states = np.array(every, np.int64), one_class(states, columns=columns, labels=len(every))
        before = self._content.states_of(self.rows_of(ids), labels)
        return self._set(ids, labels, np.where(states == KEEP, before, states), reviewed=reviewed, text=text)

    def set_splits(self, assignments: Mapping[int, Split]) -> Changes:
        """Put images that have no split in one; the others keep theirs.

        Not undoable: a model may have been trained on it a moment later, and an image that it saw must never serve to
        test another.
        """
        ids = np.fromiter(assignments, np.int64, len(assignments))
        return self._put_in_splits(ids, np.array([*assignments.values()], np.int8))

    def assign_splits(self, *, seed: int = 0, fractions: tuple[float, float, float] = FRACTIONS) -> Changes:
        """Give a split to every annotated image that has none, so that each label is spread by the fractions.

        Images that have a split keep it, and the new ones make up for what they lack. Not undoable, as `set_splits`.
        """
        annotated = np.flatnonzero(annotated_images(self.states, self.task))
        splits = stratified_split(
            self.states[annotated], fractions=fractions, seed=seed, existing=self.splits[annotated]
        )
        return self._put_in_splits(self.image_ids[annotated], splits)

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

    @contextlib.contextmanager
    def _changing(self) -> Iterator[None]:
        """A transaction after whose failure the arrays show again what is on disk."""
        self._facts.write()
        try:
            with self._database.transaction():
                yield
        except BaseException:
            with self._database.reading():
                self._content.load()
                self._journal.refresh()
            raise

    def _add(self, rows: tuple[LabelRow, ...], text: str) -> Changes:
        with self.step(text) as edits:
            made = len(edits)
            self._do(LabelEdit(tuple(replace(row, deleted=True) for row in rows), rows), text)
            if self.task == MULTI_CLASS:
                has_class = (self.states == LabelState.PRESENT).any(axis=1)
                self._fill(has_class, [row.id for row in rows], LabelState.ABSENT, reviewed=None)
        return changes_of(edits[made:], text)

    def _fill(
        self, images: NDArray[np.bool_], label_ids: Sequence[int], state: LabelState, *, reviewed: bool | None
    ) -> None:
        """Give some images (N,) the same state of some labels."""
        ids = self.image_ids[images]
        states = np.full((len(ids), len(label_ids)), state, np.int8)
        self._set(ids, np.array(label_ids, np.int64), states, reviewed=reviewed, text="")

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

    def _put_in_splits(self, ids: NDArray[np.int64], splits: NDArray[np.int8]) -> Changes:
        new = (self.splits[self.rows_of(ids)] == Split.UNASSIGNED) & (splits != Split.UNASSIGNED)
        if not new.any():
            return Changes()
        with self._changing():
            self._content.set_splits(ids[new], splits[new])
        return Changes(text=f"{_images(new.sum())} put in a split", splits=True)

    def _text_of(self, states: Mapping[int, LabelState], *, reviewed: bool | None, images: int) -> str:
        if not states:
            return f"{_images(images)} to be reviewed again" if reviewed is False else f"{_images(images)} reviewed"
        if len(states) > 1:
            return f"{len(states)} labels set on {_images(images)}"
        ((label_id, state),) = states.items()
        return f"“{self._content.label_rows[label_id].name}” {_STATE_WORDS[state]} on {_images(images)}"


def _images(count: int) -> str:
    return "1 image" if count == 1 else f"{count:,} images"
