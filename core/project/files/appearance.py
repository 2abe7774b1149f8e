"""What the images of a project look like, in numbers: where they lie, how large, how bright and how sharp they are.

The numbers are found out once and kept in the project's folder `cache`, until the image file changes.
"""

import contextlib
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.errors import ImageError
from core.images.decode import image_size
from core.images.quality import MEASURED_PX, brightness, sharpness
from core.images.thumbnails import ThumbnailStore
from core.project.store import Store

_FILE: Final = "appearance.sqlite"
_THUMBNAILS: Final = "thumbnails.sqlite"
# as many as the window's own thumbnails take; decoding frees Python's lock
_THREADS: Final = 4
_AT_ONCE: Final = 64
# a second program may be writing; a number is not worth a longer wait
_WAIT_SECONDS: Final = 2.0

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS appearance (
    path TEXT PRIMARY KEY, mtime_ns INTEGER NOT NULL, bytes INTEGER NOT NULL,
    width INTEGER, height INTEGER, brightness REAL, sharpness REAL
) WITHOUT ROWID
"""

_Row = tuple[str, int, int, int | None, int | None, float | None, float | None]


@dataclass(frozen=True)
class ImageFiles:
    """Images to look at, told by the open project on the thread that owns it.

    Attributes:
        project: the project's folder.
        paths: n absolute paths.
        names: n paths relative to the folder that was added, with "/".
    """

    project: Path
    paths: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Appearance:
    """What n images look like; NaN where a file is missing or cannot be read.

    Attributes:
        folders: n folders relative to the one that was added, with "/"; "." for that one itself.
        widths, heights: float64 (n,), pixels, upright.
        brightness: float64 (n,) in [0, 1].
        sharpness: float64 (n,), at least 0; low for a blurred photo.
        left_out: how many could not be read.
    """

    folders: tuple[str, ...]
    widths: NDArray[np.float64]
    heights: NDArray[np.float64]
    brightness: NDArray[np.float64]
    sharpness: NDArray[np.float64]
    left_out: int


def image_files(store: Store, image_ids: ArrayLike) -> ImageFiles:
    """The files of some images, in their order.

    Args:
        store: the open project.
        image_ids: (n,), all of the project; such as those of a run's scores.

    Raises:
        KeyError: an image is not in the project.
    """
    # some tens of milliseconds for 100,000 images, all else is left to `look_at`
    names = store.paths
    return ImageFiles(
        store.folder,
        tuple(store.image_paths(image_ids)),
        tuple([names[row] for row in store.rows_of(image_ids).tolist()]),
    )


def look_at(
    files: ImageFiles,
    *,
    progress: Callable[[int], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Appearance:
    """Find out what images look like, from their thumbnails; to be called off the window's thread.

    A thumbnail that is missing is made and kept, which takes some ten milliseconds for a photo. What was found out
    until it is cancelled is kept, too.

    Args:
        files: the images.
        progress: told now and then, and at the end, how many are known.
        cancelled: asked now and then; when it says yes, the images that nobody has looked at yet are left out.
    """
    cache = files.project / "cache"
    with contextlib.suppress(OSError):
        cache.mkdir(exist_ok=True)
    kept, found = _open(cache / _FILE)
    with contextlib.closing(kept):
        stamps = {path: _stamp(path) for path in files.paths}
        new = [path for path, stamp in stamps.items() if stamp and found.get(path, (path, 0, 0))[1:3] != stamp]
        known = len(stamps) - len(new)
        progress(known)
        with ThumbnailStore(cache / _THUMBNAILS) as thumbnails, ThreadPoolExecutor(_THREADS) as pool:
            for first in range(0, len(new), _AT_ONCE):
                if cancelled():
                    break
                looks = list(pool.map(lambda path: _look(path, thumbnails), new[first : first + _AT_ONCE]))
                rows = [
                    (path, *stamp, *look)
                    for path, look in zip(new[first : first + _AT_ONCE], looks, strict=True)
                    if (stamp := stamps[path])
                ]
                found.update((row[0], row) for row in rows)
                # a cache: what cannot be kept is found out again
                with contextlib.suppress(sqlite3.DatabaseError), kept:
                    kept.executemany("REPLACE INTO appearance VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
                progress(known + first + len(rows))
    nothing = (None,) * 4
    looks_of = [
        found[path][3:] if stamps[path] and path in found and found[path][1:3] == stamps[path] else nothing
        for path in files.paths
    ]
    widths, heights, bright, sharp = np.array(looks_of, dtype=np.float64).reshape(-1, 4).T.copy()
    return Appearance(
        folders=tuple([name.rpartition("/")[0] or "." for name in files.names]),
        widths=widths,
        heights=heights,
        brightness=bright,
        sharpness=sharp,
        left_out=int(np.isnan(widths).sum()),
    )


def _look(path: str, thumbnails: ThumbnailStore) -> tuple[int, int, float, float] | tuple[None, None, None, None]:
    """Width, height, brightness and sharpness of an image; None where it cannot be read."""
    try:
        width, height = image_size(Path(path))
        thumbnail = thumbnails.get_any(Path(path), MEASURED_PX)
        if thumbnail is None:
            thumbnail = thumbnails.make(Path(path), MEASURED_PX)
    except ImageError:
        return (None,) * 4
    return width, height, brightness(thumbnail), sharpness(thumbnail)


def _stamp(path: str) -> tuple[int, int] | None:
    """Time of change in nanoseconds and size in bytes of a file; None where it is missing."""
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _open(path: Path) -> tuple[sqlite3.Connection, dict[str, _Row]]:
    """The file of what is known, and its rows by path; one that is damaged is begun anew.

    Where it is not to be written, or another program holds it, one in memory takes its place.
    """
    try:
        return _read(path)
    except sqlite3.OperationalError:
        return _read(":memory:")
    except sqlite3.DatabaseError:
        try:
            path.unlink()
            return _read(path)
        except (OSError, sqlite3.OperationalError):
            return _read(":memory:")


def _read(path: Path | str) -> tuple[sqlite3.Connection, dict[str, _Row]]:
    connection = sqlite3.connect(path, timeout=_WAIT_SECONDS)
    try:
        connection.execute(_SCHEMA)
        return connection, {row[0]: row for row in connection.execute("SELECT * FROM appearance")}
    except sqlite3.DatabaseError:
        connection.close()
        raise
