"""The two projects of a merge, each as it was when it was looked at."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import ProjectError
from core.labels import Label, Rule, Task
from core.project.disk.database import FILE_NAME
from core.project.disk.read_only import reading
from core.project.layers.content import Content


@dataclass(frozen=True, eq=False)
class Side:
    """What a merge needs to know of a project; nothing in it changes, so that a thread may read it.

    Attributes:
        folder: of the project.
        name: the folder's name.
        task: whether an image has any number of labels or one.
        labels: in the order of the columns.
        image_ids: int64 (N,), ascending.
        paths: N paths, each relative to its root folder, with "/".
        files: N absolute paths.
        sizes: int64 (N,), bytes.
        hashes: SHA-256 by image id, hexadecimal, as far as they were known.
        states: int8 (N, C) in {1, 0, -1}.
        review: int8 (N,), see `Review`.
        flagged: bool (N,).
        notes: texts by image id.
        rules: those whose labels all exist.
    """

    folder: Path
    name: str
    task: Task
    labels: tuple[Label, ...]
    image_ids: NDArray[np.int64]
    paths: tuple[str, ...]
    files: tuple[str, ...]
    sizes: NDArray[np.int64]
    hashes: Mapping[int, str]
    states: NDArray[np.int8]
    review: NDArray[np.int8]
    flagged: NDArray[np.bool_]
    notes: Mapping[int, str]
    rules: tuple[Rule, ...] = ()


def read_other(folder: Path, *, mine: Path | None = None) -> Side:
    """Read a project without changing it, also while it is open elsewhere; may be called from any thread.

    Args:
        folder: of the project; a project of an older version is read as well.
        mine: folder of the project that it is to be merged into.

    Raises:
        ProjectError: there is no project, it is damaged, was made by a newer version, or is `mine` itself.
    """
    folder = folder.resolve()
    if mine is not None and _is_same(folder, mine):
        raise ProjectError(
            f"{folder} is the project that is open.",
            next_step="Choose the other person's copy of it.",
        )
    return read_project(folder)


def read_project(folder: Path) -> Side:
    """Read a project as it is on disk, without changing it; as `read_other`."""
    with reading(folder) as connection:
        try:
            return _side(connection, folder)
        # what a damaged file holds may be of any type and length
        except (ValueError, TypeError, KeyError, IndexError) as error:
            raise ProjectError(
                f"{folder / FILE_NAME} cannot be read: the file is damaged.",
                next_step="Open that project by itself to mend it, or choose another folder.",
            ) from error


def _side(connection: sqlite3.Connection, folder: Path) -> Side:
    content = Content(connection, folder)
    (task,) = connection.execute("SELECT task FROM project").fetchone()
    return Side(
        folder=folder,
        name=folder.name,
        task=task,
        labels=content.labels,
        image_ids=content.image_ids,
        paths=tuple(content.paths),
        files=tuple(content.image_paths(np.arange(len(content.image_ids)))),
        sizes=content.sizes,
        hashes=dict(connection.execute("SELECT id, content_hash FROM image WHERE content_hash IS NOT NULL")),
        states=content.states,
        review=content.review,
        flagged=content.flagged,
        notes=content.notes,
        rules=content.rules,
    )


def _is_same(folder: Path, other: Path) -> bool:
    try:
        return (folder / FILE_NAME).samefile(other / FILE_NAME)
    except OSError:
        return folder == other
