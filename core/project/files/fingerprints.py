"""The content of image files as a number, by which a file is known again wherever it lies and whatever it is called."""

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import ProjectError
from core.project.disk.read_only import reading

_BLOCK = 1 << 20
# Between two of them somebody who cancelled waits no longer than a person notices.
_ASKED_EVERY = 16


def never() -> bool:
    """Nobody cancels."""
    return False


def nothing(_done: int, _total: int) -> None:
    """Nobody wants to know how far it is."""


def file_hash(path: str | Path, cancelled: Callable[[], bool] = never) -> str | None:
    """SHA-256 of a file, hexadecimal; None when it was cancelled.

    Raises:
        OSError: the file cannot be read.
    """
    digest = hashlib.sha256()
    with Path(path).open("rb", buffering=0) as file:
        blocks = 0
        while block := file.read(_BLOCK):
            digest.update(block)
            blocks += 1
            if blocks % _ASKED_EVERY == 0 and cancelled():
                return None
    return digest.hexdigest()


def hash_files(
    paths: Sequence[str],
    *,
    cancelled: Callable[[], bool] = never,
    progress: Callable[[int, int], None] = nothing,
) -> dict[str, str]:
    """SHA-256 of files, by path; those that cannot be read are left out.

    Args:
        paths: absolute; a path that comes twice is read once.
        cancelled: asked between files and within large ones; when it says yes, what was read until then is returned.
        progress: told the number of files that are done, and of all.
    """
    wanted = list(dict.fromkeys(paths))
    found: dict[str, str] = {}
    for done, path in enumerate(wanted):
        progress(done, len(wanted))
        if cancelled():
            return found
        try:
            digest = file_hash(path, cancelled)
        except OSError:
            continue
        if digest is not None:
            found[path] = digest
    progress(len(wanted), len(wanted))
    return found


@dataclass(frozen=True)
class Pending:
    """What nobody found out yet of the images of a project.

    Attributes:
        sizes: ids of images whose width and height are not known and against which nothing is said.
        hashes: ids of images without a hash.
    """

    sizes: tuple[int, ...]
    hashes: tuple[int, ...]


def pending(folder: Path) -> Pending:
    """Look up what is not known of a project's images; may be called from any thread while the project is open.

    Raises:
        ProjectError: the project cannot be read.
    """
    with reading(folder) as connection:
        return Pending(
            sizes=_ids(connection, "width IS NULL AND problem IS NULL"),
            hashes=_ids(connection, "content_hash IS NULL"),
        )


def _ids(connection: sqlite3.Connection, which: str) -> tuple[int, ...]:
    return tuple(row[0] for row in connection.execute(f"SELECT id FROM image WHERE {which} ORDER BY id"))


@dataclass(frozen=True, slots=True)
class Lost:
    """An image whose file is not where it was.

    Attributes:
        image_id: its number.
        path: where it was, absolute.
        relative_path: the end of it, from the root folder on, with "/".
        root: the root folder.
        size: bytes.
        content_hash: SHA-256, or None when nobody computed it while the file was there.
    """

    image_id: int
    path: str
    relative_path: str
    root: Path
    size: int
    content_hash: str | None


def lost_images(folder: Path, files: Iterable[tuple[int, str, str, Path]]) -> list[Lost]:
    """The images of a project whose files are gone; looks at each of them, in any thread.

    Args:
        folder: of the project.
        files: of each image its id, absolute path, path relative to its root folder, and root folder.

    Raises:
        ProjectError: the project cannot be read.
    """
    with reading(folder) as connection:
        facts = {row[0]: (row[1], row[2]) for row in connection.execute("SELECT id, size, content_hash FROM image")}
    lost = []
    for image_id, path, relative_path, root in files:
        if image_id in facts and not Path(path).is_file():
            lost.append(Lost(image_id, path, relative_path, root, *facts[image_id]))
    return lost


def check_folder(folder: Path) -> None:
    """Refuse what cannot be searched.

    Raises:
        ProjectError: it is no folder.
    """
    if not folder.is_dir():
        raise ProjectError(f"{folder} is not a folder.", next_step="Choose the folder that holds the images now.")
