"""What a project holds, as arrays in memory: the mirror of its database."""

import os
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.labels import Label, LabelState, Split
from core.project.edits import AnnotationEdit, Edit, LabelEdit, LabelRow

_T = TypeVar("_T", bound=np.generic)

_UNKNOWN_BYTE = b"\xff"


class Content:
    """The images, labels and annotations of an open project; rows in the order of the image ids.

    Edits are written by `apply`, to the database first and then to the arrays. When that fails half way, the caller
    rolls back and calls `load`.

    Attributes:
        labels: in their order, which is that of the columns.
        label_rows: every label there ever was, by id.
        image_ids: int64 (N,), ascending.
        paths: N paths relative to the image's root, with "/".
        roots: the folders the paths are relative to, by id.
        states: int8 (N, C), read-only, in {1, 0, -1}.
        splits: int8 (N,), read-only, values of `Split`.
        reviewed: bool (N,), read-only.
        problems: sentences about images that cannot be shown, by image id.
    """

    def __init__(self, connection: sqlite3.Connection, folder: Path) -> None:
        self._connection = connection
        self._folder = folder
        self.load()

    def load(self) -> None:
        """Read everything from the database."""
        images = self._connection.execute("SELECT id, root_id, path, split FROM image ORDER BY id").fetchall()
        ids, root_ids, paths, splits = zip(*images, strict=True) if images else ((), (), (), ())
        self.image_ids = _read_only(np.array(ids, np.int64))
        self._root_ids = np.array(root_ids, np.int64)
        self.paths: list[str] = list(paths)
        self._splits = np.array(splits, np.int8)
        self._load_roots()
        rows = self._connection.execute("SELECT id, name, color, shortcut, position, deleted FROM label").fetchall()
        self.label_rows = {row[0]: LabelRow(*row) for row in rows}
        self._matrix, self._reviewed = self._read_annotations()
        self._publish()

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
                sentence = f"The folder {root} is missing. Choose File › Find moved images."
                self.problems.update(dict.fromkeys(self.image_ids[self._root_ids == root_id].tolist(), sentence))

    def rows_of(self, image_ids: ArrayLike) -> NDArray[np.int64]:
        """Row numbers (n,) of image ids (n,); KeyError for an id that is not in the project."""
        wanted = np.asarray(image_ids, np.int64)
        rows = np.searchsorted(self.image_ids, wanted)
        if len(wanted) and (not len(self.image_ids) or (self.image_ids.take(rows, mode="clip") != wanted).any()):
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

    def known_images(self, root: Path, paths: Sequence[str]) -> list[int | None]:
        """Ids of image files below a folder, None for new ones; they may have been added from another folder."""
        related = [
            (root_id, _prefix(other))
            for root_id, other in self.roots.items()
            if root.is_relative_to(other) or other.is_relative_to(root)
        ]
        found: list[int | None] = []
        for path in paths:
            whole = _prefix(root) + path.replace("/", os.sep)
            image_id = None
            for root_id, prefix in related:
                if whole.startswith(prefix):
                    relative = Path(whole[len(prefix) :]).as_posix()
                    row = self._connection.execute(
                        "SELECT id FROM image WHERE root_id = ? AND path = ?", (root_id, relative)
                    ).fetchone()
                    image_id = row[0] if row else image_id
            found.append(image_id)
        return found

    def add_images(self, root: Path, files: Sequence[tuple[str, int, int]]) -> None:
        """Add image files, each a path relative to `root`, a size in bytes and a time of change in nanoseconds."""
        stored = self._stored(root)
        self._connection.execute("INSERT INTO root (path) VALUES (?) ON CONFLICT DO NOTHING", (stored,))
        (root_id,) = self._connection.execute("SELECT id FROM root WHERE path = ?", (stored,)).fetchone()
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
        self._reviewed = np.append(self._reviewed, np.zeros(len(ids), np.bool_))
        self._matrix = np.pad(self._matrix, ((0, len(ids)), (0, 0)), constant_values=LabelState.UNKNOWN)
        self.roots[root_id] = root
        self._publish()

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
            self._load_roots()
        return max(cursor.rowcount, 0)

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
        else:
            self._apply_annotations(edit)

    def set_splits(self, image_ids: NDArray[np.int64], splits: NDArray[np.int8]) -> None:
        """Put images (n,) in splits (n,)."""
        updates = zip(splits.tolist(), image_ids.tolist(), strict=True)
        self._connection.executemany("UPDATE image SET split = ? WHERE id = ?", updates)
        self._splits[self.rows_of(image_ids)] = splits

    def _apply_labels(self, rows: Sequence[LabelRow]) -> None:
        self._connection.executemany(
            """INSERT INTO label (id, name, color, shortcut, position, deleted)
                VALUES (:id, :name, :color, :shortcut, :position, :deleted)
                ON CONFLICT (id) DO UPDATE SET name = excluded.name, color = excluded.color,
                shortcut = excluded.shortcut, position = excluded.position, deleted = excluded.deleted""",
            map(asdict, rows),
        )
        self.label_rows.update((row.id, row) for row in rows)
        self._publish()

    def _apply_annotations(self, edit: AnnotationEdit) -> None:
        rows = self.rows_of(edit.image_ids)
        block = self._matrix[rows]
        block[:, edit.label_ids - 1] = edit.after
        self._connection.executemany(
            """INSERT INTO annotation (image_id, states, reviewed) VALUES (?, ?, ?)
                ON CONFLICT (image_id) DO UPDATE SET states = excluded.states, reviewed = excluded.reviewed""",
            zip(edit.image_ids.tolist(), _as_blobs(block), edit.reviewed_after.tolist(), strict=True),
        )
        self._matrix[rows] = block
        self._states[rows] = block[:, self._columns]
        self._reviewed[rows] = edit.reviewed_after

    def _root_id(self, root: Path) -> int:
        return next(root_id for root_id, path in self.roots.items() if path == root)

    def _stored(self, root: Path) -> str:
        """A root inside the project is stored relative to it, so that both can be moved together."""
        return root.relative_to(self._folder).as_posix() if root.is_relative_to(self._folder) else os.fspath(root)

    def _read_annotations(self) -> tuple[NDArray[np.int8], NDArray[np.bool_]]:
        """The states, int8 (N, highest label id) with a column for each label ever, and the reviewed flags (N,)."""
        width = max(self.label_rows, default=0)
        matrix = np.full((len(self.image_ids), width), LabelState.UNKNOWN, np.int8)
        reviewed = np.zeros(len(self.image_ids), np.bool_)
        annotations = self._connection.execute("SELECT image_id, states, reviewed FROM annotation").fetchall()
        if annotations:
            ids, blobs, flags = zip(*annotations, strict=True)
            rows = self.rows_of(ids)
            whole = b"".join([blob.ljust(width, _UNKNOWN_BYTE) for blob in blobs])
            matrix[rows] = np.frombuffer(whole, np.int8).reshape(len(rows), width)
            reviewed[rows] = flags
        return matrix, reviewed

    def _publish(self) -> None:
        """Make the public labels and arrays from the label rows and the columns of every label ever."""
        rows = sorted((row for row in self.label_rows.values() if not row.deleted), key=lambda row: row.position)
        self.labels = tuple(Label(row.id, row.name, row.color, row.shortcut) for row in rows)
        missing = max(self.label_rows, default=0) - self._matrix.shape[1]
        self._matrix = np.pad(self._matrix, ((0, 0), (0, missing)), constant_values=LabelState.UNKNOWN)
        self._columns = np.array([row.id - 1 for row in rows], np.int64)
        self._states = self._matrix[:, self._columns]
        self.states = _read_only(self._states.view())
        self.splits = _read_only(self._splits.view())
        self.reviewed = _read_only(self._reviewed.view())


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
