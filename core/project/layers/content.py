"""What a project holds, as arrays in memory: the mirror of its database."""

import copy
import json
import os
import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.labels import Label, LabelState, Review, Rule, Split
from core.project.edits import (
    AnnotationEdit,
    DisputeEdit,
    Edit,
    LabelEdit,
    LabelRow,
    NoteEdit,
    RuleEdit,
    RuleRow,
)
from core.project.files.missing import missing_folder
from core.project.layers.columns import annotation_columns, image_columns
from core.project.layers.row_numbers import row_numbers
from core.project.state import ProjectState

_T = TypeVar("_T", bound=np.generic)


class Content:
    """The images, labels and annotations of an open project; rows in the order of the image ids.

    Edits are written by `apply`, to the database first and then to the arrays. When that fails half way, the caller
    rolls back and calls `load`.

    Attributes:
        labels: in their order, which is that of the columns.
        label_rows: every label there ever was, by id.
        rules: those whose labels all exist.
        rule_rows: every rule there ever was, by id.
        image_ids: int64 (N,), ascending.
        paths: N paths relative to the image's root, with "/".
        roots: the folders the paths are relative to, by id.
        states: int8 (N, C), read-only, in {1, 0, -1}; a label's states lie together in memory, since filters and counts
            go through labels.
        splits: int8 (N,), read-only, values of `Split`.
        review: int8 (N,), read-only, values of `Review`.
        flagged: bool (N,), read-only.
        reviewed_at: float64 (N,), read-only, seconds since 1970; NaN for images that are not reviewed, or were before
            this was kept.
        sizes: int64 (N,), read-only, bytes.
        widths: int32 (N,), read-only, pixels; 0 where nobody knows.
        heights: int32 (N,), read-only, pixels; 0 where nobody knows.
        notes: texts by image id, none empty.
        disputes: what somebody else says, by image id and label id.
        problems: sentences about images that cannot be shown, by image id.
    """

    def __init__(self, connection: sqlite3.Connection, folder: Path) -> None:
        self._connection = connection
        self._folder = folder
        self.problems: dict[int, str]
        self._states: NDArray[np.int8]
        self._matrix: NDArray[np.int8]
        self._columns: NDArray[np.int64]
        self._review: NDArray[np.int8]
        self._flagged: NDArray[np.bool_]
        self._reviewed_at: NDArray[np.float64]
        self.load()

    def load(self) -> None:
        """Read everything from the database."""
        images = image_columns(self._connection)
        self.image_ids = _read_only(images.ids)
        self._root_ids = images.root_ids
        self.paths = images.paths
        self._splits, self._sizes = images.splits, images.sizes
        self._widths, self._heights = images.widths, images.heights
        self._load_roots()
        self.label_rows = {
            row[0]: LabelRow(
                row[0], row[1], row[2], row[3], row[4], bool(row[5]), row[6], row[7], tuple(json.loads(row[8]))
            )
            for row in self._connection.execute(
                "SELECT id, name, color, shortcut, position, deleted, description, parent, examples FROM label"
            )
        }
        self.rule_rows = {
            row[0]: RuleRow(row[0], row[1], row[2], tuple(json.loads(row[3])), bool(row[4]))
            for row in self._connection.execute("SELECT id, kind, name, labels, deleted FROM rule ORDER BY id")
        }
        self.notes: dict[int, str] = dict(self._connection.execute("SELECT image_id, text FROM note"))
        self._disputes = {
            (image_id, label_id): LabelState(theirs)
            for image_id, label_id, theirs in self._connection.execute("SELECT image_id, label_id, theirs FROM dispute")
        }
        self._read_annotations()
        self._publish(gather=True)

    def copy(self) -> "Content":
        """The same for another thread to change, while this one is shown; the database is the same."""
        other = copy.copy(self)
        for name in (
            "_root_ids", "_splits", "_sizes", "_widths", "_heights", "_matrix", "_states", "_review", "_flagged",
            "_reviewed_at", "paths", "roots", "label_rows", "rule_rows", "notes", "_disputes", "problems",
        ):  # fmt: skip
            setattr(other, name, getattr(self, name).copy())
        other._publish_arrays()
        return other

    def take_facts(self, other: "Content", image_ids: Iterable[int]) -> None:
        """Take over what was found out of some image files meanwhile from the one that was shown."""
        for image_id in image_ids:
            row, there = (int(one.rows_of([image_id])[0]) for one in (self, other))
            self.set_size(row, int(other.widths[there]), int(other.heights[there]))
            self.problems.pop(image_id, None)
            if image_id in other.problems:
                self.problems[image_id] = other.problems[image_id]

    def _load_roots(self) -> None:
        """Read the folders of images, and what is known to be wrong with the images in them."""
        # a root inside the project folder is stored relative to it; joining leaves an absolute one as it is
        self.roots: dict[int, Path] = {
            root_id: Path(os.path.normpath(self._folder / path))
            for root_id, path in self._connection.execute("SELECT id, path FROM root ORDER BY id")
        }
        self.problems = dict(self._connection.execute("SELECT id, problem FROM image WHERE problem IS NOT NULL"))
        for root_id, root in self.roots.items():
            if not root.is_dir():
                ids = self.image_ids[self._root_ids == root_id].tolist()
                self.problems.update(dict.fromkeys(ids, missing_folder(root)))

    def rows_of(self, image_ids: ArrayLike) -> NDArray[np.int64]:
        """Row numbers (n,) of image ids (n,); KeyError for an id that is not in the project."""
        wanted = np.asarray(image_ids, np.int64)
        rows = row_numbers(self.image_ids, wanted)
        if len(rows) and rows.min() < 0:
            raise KeyError(f"no such image among {wanted.tolist()[:10]}")
        return rows

    def image_paths(self, rows: NDArray[np.int64]) -> list[str]:
        """Absolute paths of the images at some rows."""
        folders = {root_id: _prefix(root) for root_id, root in self.roots.items()}
        return [
            folders[root_id] + self.paths[row].replace("/", os.sep)
            for row, root_id in zip(rows.tolist(), self._root_ids[rows].tolist(), strict=True)
        ]

    def states_of(self, rows: NDArray[np.int64], label_ids: NDArray[np.int64]) -> NDArray[np.int8]:
        """A copy int8 (n, k) of the states of k labels on n images."""
        return self._matrix[np.ix_(rows, label_ids - 1)]

    def block_of(self, rows: NDArray[np.int64]) -> NDArray[np.int8]:
        """A copy int8 (n, C) of the states of all labels on n images; quicker than taking them from `states`."""
        block = self._matrix.take(rows, axis=0)
        is_whole = np.array_equal(self._columns, np.arange(block.shape[1]))
        return block if is_whole else block[:, self._columns]

    def times_of(self, rows: NDArray[np.int64], review: NDArray[np.int8]) -> NDArray[np.float64]:
        """When images (n,) were reviewed, in seconds since 1970, if they are given a review (n,) now.

        Those that are reviewed already keep their time, others have none.
        """
        is_reviewed = review == int(Review.REVIEWED)
        kept = is_reviewed & (self._review[rows] == int(Review.REVIEWED))
        return np.where(kept, self._reviewed_at[rows], np.where(is_reviewed, time.time(), np.nan))

    def state(self) -> ProjectState:
        """A copy of all that people said of the images."""
        return ProjectState(
            tuple(self.label_rows.values()), tuple(self.rule_rows.values()), self.image_ids, self._matrix.copy(),
            self._review.copy(), self._flagged.copy(), dict(self.notes), self._reviewed_at.copy(),
        )  # fmt: skip

    def known_images(self, root: Path, paths: Sequence[str]) -> list[int | None]:
        """Ids of image files below a folder, None for new ones; they may have been added from another folder."""
        related = [
            (root_id, _prefix(other))
            for root_id, other in self.roots.items()
            if root.is_relative_to(other) or other.is_relative_to(root)
        ]
        found: list[int | None] = [None] * len(paths)
        above = _prefix(root)
        whole = [above + path.replace("/", os.sep) for path in paths]
        for root_id, prefix in related:
            relative = [path[len(prefix) :].replace(os.sep, "/") if path.startswith(prefix) else "" for path in whole]
            # one question for all: 500 paths in 2 ms, not 15
            known: dict[str, int] = dict(
                self._connection.execute(
                    "SELECT path, id FROM image WHERE root_id = ? AND path IN (SELECT value FROM json_each(?))",
                    (root_id, json.dumps([path for path in relative if path])),
                )
            )
            if known:
                found = [known.get(path, before) for path, before in zip(relative, found, strict=True)]
        return found

    def add_images(self, root: Path, files: Sequence[tuple[str, int, int]]) -> None:
        """Add image files, each a path relative to `root`, a size in bytes and a time of change in nanoseconds."""
        root_id = self._root_of(root)
        self._connection.executemany(
            "INSERT INTO image (root_id, path, size, mtime_ns) VALUES (?, ?, ?, ?)",
            [(root_id, *file) for file in files],
        )
        last = self.image_ids[-1] if len(self.image_ids) else 0
        ids = [
            row[0] for row in self._connection.execute("SELECT id FROM image WHERE id > ? ORDER BY id", (int(last),))
        ]
        self.paths.extend(path for path, _, _ in files)
        self.image_ids = _read_only(np.append(self.image_ids, np.array(ids, np.int64)))
        self._root_ids = np.append(self._root_ids, np.full(len(ids), root_id))
        self._splits = np.append(self._splits, np.full(len(ids), Split.UNASSIGNED, np.int8))
        self._sizes = np.append(self._sizes, np.array([size for _, size, _ in files], np.int64))
        self._widths, self._heights = (
            np.append(one, np.zeros(len(ids), np.int32)) for one in (self._widths, self._heights)
        )
        self._review = np.append(self._review, np.zeros(len(ids), np.int8))
        self._flagged = np.append(self._flagged, np.zeros(len(ids), np.bool_))
        self._reviewed_at = np.append(self._reviewed_at, np.full(len(ids), np.nan))
        # the states are padded, not gathered anew: a folder of 100,000 images comes in many batches
        more = ((0, len(ids)), (0, 0))
        self._matrix = np.pad(self._matrix, more, constant_values=LabelState.UNKNOWN)
        self._states = np.asfortranarray(np.pad(self._states, more, constant_values=LabelState.UNKNOWN))
        self._publish_arrays()

    def update_files(self, files: Sequence[tuple[int, int, int]]) -> int:
        """Note size and time of change of known files, by image id; facts about a file that changed are forgotten.

        Returns:
            How many changed.
        """
        cursor = self._connection.executemany(
            """UPDATE image SET size = ?2, mtime_ns = ?3, width = NULL, height = NULL, problem = NULL,
                content_hash = NULL WHERE id = ?1 AND ((size, mtime_ns) != (?2, ?3) OR problem IS NOT NULL)""",
            files,
        )
        if files and cursor.rowcount:
            self._sizes[self.rows_of([one for one, _, _ in files])] = [size for _, size, _ in files]
            unknown = self._connection.execute("SELECT id FROM image WHERE width IS NULL").fetchall()
            rows = self.rows_of([row[0] for row in unknown])
            self._widths[rows] = self._heights[rows] = 0
            self._load_roots()
        return max(cursor.rowcount, 0)

    def set_size(self, row: int, width: int, height: int) -> None:
        """Show the width and height of an image, in pixels; the database has them from elsewhere."""
        self._widths[row], self._heights[row] = width, height

    def set_hashes(self, hashes: Mapping[int, str]) -> None:
        """Keep the SHA-256 of image files, hexadecimal, by image id."""
        self._connection.executemany(
            "UPDATE image SET content_hash = ? WHERE id = ?", [(value, image_id) for image_id, value in hashes.items()]
        )

    def set_problems(self, problems: Mapping[int, str | None]) -> None:
        """Say what is wrong with images, or that nothing is, by image id."""
        self._connection.executemany(
            "UPDATE image SET problem = ? WHERE id = ?", [(text, image_id) for image_id, text in problems.items()]
        )
        for image_id, text in problems.items():
            if text is None:
                self.problems.pop(image_id, None)
            else:
                self.problems[image_id] = text

    def move_images(self, root: Path, paths: Mapping[int, str]) -> None:
        """Say where single images are now: paths relative to a folder, with "/", by image id."""
        root_id = self._root_of(root)
        # first out of the way: two images may change places
        self._connection.executemany("UPDATE image SET path = ? WHERE id = ?", [(f"\0{one}", one) for one in paths])
        self._connection.executemany(
            "UPDATE image SET root_id = ?, path = ?, problem = NULL WHERE id = ?",
            [(root_id, path, image_id) for image_id, path in paths.items()],
        )
        for row, path in zip(self.rows_of(list(paths)).tolist(), paths.values(), strict=True):
            self.paths[row] = path
            self._root_ids[row] = root_id
        self._load_roots()

    def is_in(self, folder: Path, *, root: Path) -> bool:
        """Whether any image of a root is in another folder too."""
        own = np.flatnonzero(self._root_ids == self._root_id(root))
        return any((folder / self.paths[row]).is_file() for row in own)

    def move_root(self, old: Path, new: Path) -> None:
        """Say where the images of a root are now."""
        root_id = self._root_id(old)
        self._connection.execute("UPDATE root SET path = ? WHERE id = ?", (self._stored(new), root_id))
        # what was wrong may have been that they were not there
        self._connection.execute("UPDATE image SET problem = NULL WHERE root_id = ?", (root_id,))
        self._load_roots()

    def apply(self, edit: Edit) -> None:
        """Write what is after an edit, to the database and then to the arrays."""
        if isinstance(edit, LabelEdit):
            self._apply_labels(edit.after)
        elif isinstance(edit, RuleEdit):
            self._apply_rules(edit.after)
        elif isinstance(edit, NoteEdit):
            self._apply_notes(edit.after)
        elif isinstance(edit, DisputeEdit):
            self._apply_disputes(edit.after)
        else:
            self._apply_annotations(edit)

    def set_splits(self, image_ids: NDArray[np.int64], splits: NDArray[np.int8]) -> None:
        """Put images (n,) in splits (n,)."""
        updates = zip(splits.tolist(), image_ids.tolist(), strict=True)
        self._connection.executemany("UPDATE image SET split = ? WHERE id = ?", updates)
        self._splits[self.rows_of(image_ids)] = splits

    def _apply_labels(self, rows: Sequence[LabelRow]) -> None:
        self._connection.executemany(
            """INSERT OR REPLACE INTO label
                (id, name, color, shortcut, position, deleted, description, parent, examples)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            [
                (row.id, row.name, row.color, row.shortcut, row.position, row.deleted, row.description, row.parent,
                 json.dumps(row.examples))
                for row in rows
            ],
        )  # fmt: skip
        self.label_rows.update((row.id, row) for row in rows)
        self._publish(gather=False)

    def _apply_rules(self, rows: Sequence[RuleRow]) -> None:
        self._connection.executemany(
            "INSERT OR REPLACE INTO rule (id, kind, name, labels, deleted) VALUES (?, ?, ?, ?, ?)",
            [(row.id, row.kind, row.name, json.dumps(row.label_ids), row.deleted) for row in rows],
        )
        self.rule_rows.update((row.id, row) for row in rows)
        self._publish_rules()

    def _apply_notes(self, notes: Sequence[tuple[int, str]]) -> None:
        self._connection.executemany("INSERT OR REPLACE INTO note (image_id, text) VALUES (?, ?)", notes)
        self._connection.execute("DELETE FROM note WHERE text = ''")
        for image_id, text in notes:
            if text:
                self.notes[image_id] = text
            else:
                self.notes.pop(image_id, None)

    def _apply_disputes(self, disputes: Sequence[tuple[int, int, int]]) -> None:
        self._connection.executemany(
            "INSERT OR REPLACE INTO dispute (image_id, label_id, theirs) VALUES (?, ?, ?)", disputes
        )
        self._connection.execute("DELETE FROM dispute WHERE theirs = ?", (int(LabelState.UNKNOWN),))
        for image_id, label_id, theirs in disputes:
            if theirs == LabelState.UNKNOWN:
                self._disputes.pop((image_id, label_id), None)
            else:
                self._disputes[image_id, label_id] = LabelState(theirs)
        self._publish_disputes()

    def _apply_annotations(self, edit: AnnotationEdit) -> None:
        rows = self.rows_of(edit.image_ids)
        block = self._matrix[rows]
        block[:, edit.label_ids - 1] = edit.after
        reviewed_at = edit.reviewed_at_after
        if reviewed_at is None:
            reviewed_at = self.times_of(rows, edit.review_after)
        # NaN is NULL to SQLite
        self._connection.executemany(
            """INSERT OR REPLACE INTO annotation (image_id, states, review, flagged, reviewed_at)
                VALUES (?, ?, ?, ?, ?)""",
            zip(
                edit.image_ids.tolist(), _as_blobs(block), edit.review_after.tolist(), edit.flagged_after.tolist(),
                reviewed_at.tolist(), strict=True,
            ),
        )  # fmt: skip
        self._matrix[rows] = block
        places = {label_id: column for column, label_id in enumerate((self._columns + 1).tolist())}
        for column, label_id in enumerate(edit.label_ids.tolist()):
            if label_id in places:
                self._states[rows, places[label_id]] = edit.after[:, column]
        self._review[rows] = edit.review_after
        self._flagged[rows] = edit.flagged_after
        self._reviewed_at[rows] = reviewed_at

    def _root_of(self, root: Path) -> int:
        """The id of a root, which is made where there is none."""
        stored = self._stored(root)
        self._connection.execute("INSERT INTO root (path) VALUES (?) ON CONFLICT DO NOTHING", (stored,))
        (root_id,) = self._connection.execute("SELECT id FROM root WHERE path = ?", (stored,)).fetchone()
        self.roots[root_id] = root
        return int(root_id)

    def _root_id(self, root: Path) -> int:
        return next(root_id for root_id, path in self.roots.items() if path == root)

    def _stored(self, root: Path) -> str:
        """A root inside the project is stored relative to it, so that both can be moved together."""
        return root.relative_to(self._folder).as_posix() if root.is_relative_to(self._folder) else os.fspath(root)

    def _read_annotations(self) -> None:
        """Read the states, int8 (N, highest label id) with a column for each label ever, and what goes with them."""
        width, count = max(self.label_rows, default=0), len(self.image_ids)
        known = annotation_columns(self._connection, width)
        if np.array_equal(known.image_ids, self.image_ids):
            # of a buffer that cannot be written
            self._matrix = known.states.copy()
            self._review, self._flagged, self._reviewed_at = known.review, known.flagged, known.reviewed_at
            return
        self._matrix = np.full((count, width), LabelState.UNKNOWN, np.int8)
        self._review = np.zeros(count, np.int8)
        self._flagged = np.zeros(count, np.bool_)
        self._reviewed_at = np.full(count, np.nan)
        rows = self.rows_of(known.image_ids)
        self._matrix[rows] = known.states
        self._review[rows], self._flagged[rows] = known.review, known.flagged
        self._reviewed_at[rows] = known.reviewed_at

    def _publish(self, *, gather: bool) -> None:
        """Make the public labels and arrays from the label rows and the columns of every label ever.

        Args:
            gather: whether the states are others; else they are gathered only for other labels, or another order.
        """
        rows = sorted((row for row in self.label_rows.values() if not row.deleted), key=lambda row: row.position)
        shown = {row.id for row in rows}
        self.labels = tuple(
            Label(row.id, row.name, row.color, row.shortcut, row.description,
                  row.parent if row.parent in shown else None, row.examples)
            for row in rows
        )  # fmt: skip
        missing = max(self.label_rows, default=0) - self._matrix.shape[1]
        if missing:
            self._matrix = np.pad(self._matrix, ((0, 0), (0, missing)), constant_values=LabelState.UNKNOWN)
        columns = np.array([row.id - 1 for row in rows], np.int64)
        if gather or not np.array_equal(columns, self._columns):
            self._columns = columns
            is_whole = np.array_equal(columns, np.arange(self._matrix.shape[1]))
            self._states = np.array(self._matrix if is_whole else self._matrix[:, columns], order="F")
            self._publish_arrays()
        self._publish_rules()
        self._publish_disputes()

    def _publish_arrays(self) -> None:
        self.states = _read_only(self._states.view())
        self.splits = _read_only(self._splits.view())
        self.review = _read_only(self._review.view())
        self.flagged = _read_only(self._flagged.view())
        self.reviewed_at = _read_only(self._reviewed_at.view())
        self.sizes = _read_only(self._sizes.view())
        self.widths = _read_only(self._widths.view())
        self.heights = _read_only(self._heights.view())

    def every_dispute(self) -> Mapping[tuple[int, int], LabelState]:
        """As `disputes`, also of labels that are deleted."""
        return self._disputes

    def _publish_disputes(self) -> None:
        # nobody can decide about a label that is deleted
        shown = {label.id for label in self.labels}
        self.disputes = {pair: state for pair, state in self._disputes.items() if pair[1] in shown}

    def _publish_rules(self) -> None:
        shown = {label.id for label in self.labels}
        self.rules = tuple(
            Rule(row.id, row.kind, there, row.name)
            for row in self.rule_rows.values()
            for there in [tuple(label_id for label_id in row.label_ids if label_id in shown)]
            # a group is one as long as two of it are left
            if not row.deleted and (len(there) == len(row.label_ids) or (row.kind == "exclusive" and len(there) > 1))
        )


def _prefix(folder: Path) -> str:
    """The path of a folder with one separator at its end, where the root of a drive has it already."""
    return str(folder).rstrip(os.sep) + os.sep


def _read_only(array: NDArray[_T]) -> NDArray[_T]:
    array.flags.writeable = False
    return array


def _as_blobs(block: NDArray[np.int8]) -> list[bytes]:
    """The rows of an int8 matrix (n, k) as n byte strings."""
    whole, width = block.tobytes(), block.shape[1]
    return [whole[row * width : (row + 1) * width] for row in range(len(block))]
