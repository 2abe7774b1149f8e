"""Thumbnails kept in one SQLite file, so that a grid need not decode its photos at each start."""

import contextlib
import io
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.images.decode import decode

# a second program may be writing; a thumbnail is not worth a longer wait
_WAIT_SECONDS: Final = 2.0

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS thumbnail (
    path TEXT NOT NULL, size_px INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, bytes INTEGER NOT NULL,
    jpeg BLOB NOT NULL, PRIMARY KEY (path, size_px)
) WITHOUT ROWID
"""


class ThumbnailStore:
    """Makes thumbnails and remembers them until the image file changes; several threads may use it at once.

    It is a cache: what cannot be kept or read (a full disk, a folder that is not to be written, a file that another
    program holds) is made again next time, and a damaged file is begun anew.
    """

    def __init__(self, path: Path) -> None:
        """Open the store.

        Args:
            path: its SQLite file, created with its folder where missing. Never among a person's images.
        """
        self._path = path
        self._lock = threading.Lock()
        # as many as threads were at work at a time; threads come and go, so none owns one
        self._connections: list[sqlite3.Connection] = []
        self._free: list[sqlite3.Connection] = []
        with contextlib.suppress(OSError, sqlite3.OperationalError):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._free.append(self._open())
            except sqlite3.OperationalError:
                # it is whole, but held by another program or not to be written
                raise
            except sqlite3.DatabaseError:
                for ending in ("", "-wal", "-shm"):
                    path.with_name(path.name + ending).unlink(missing_ok=True)
                self._free.append(self._open())

    def get(self, path: Path, size_px: int) -> NDArray[np.uint8] | None:
        """The kept thumbnail of an image; None where there is none or the image file has changed since.

        Args:
            path: the image file.
            size_px: longest side of the thumbnail in pixels.

        Returns:
            uint8 (H, W, 3), RGB, upright; its longest side is `size_px`, or less where the image is smaller.
        """
        return self._kept(path, "size_px = ?", size_px)

    def get_any(self, path: Path, least_px: int) -> NDArray[np.uint8] | None:
        """The smallest kept thumbnail of an image that is large enough; None as `get`.

        Args:
            path: the image file.
            least_px: longest side in pixels that it has at least, unless the image is smaller.

        Returns:
            As `get`.
        """
        return self._kept(path, "size_px >= ? ORDER BY size_px LIMIT 1", least_px)

    def get_fitted(self, path: Path, size_px: int, box: tuple[int, int]) -> NDArray[np.uint8] | None:
        """The kept thumbnail of an image, scaled down into a box; None as `get`.

        Almost all of it happens outside Python's lock, so that a thread that calls it holds no window up.

        Args:
            path: the image file.
            size_px: longest side of the kept thumbnail in pixels.
            box: greatest width and height of the result in pixels.

        Returns:
            uint8 (H, W, 3), RGB, upright.
        """
        jpeg = self._jpeg(path, "size_px = ?", size_px)
        return None if jpeg is None else _decoded(jpeg, box)

    def make(self, path: Path, size_px: int) -> NDArray[np.uint8]:
        """Decode an image into a thumbnail and keep it.

        Args:
            path: the image file.
            size_px: longest side of the thumbnail in pixels.

        Returns:
            As `get`.

        Raises:
            ImageError: the image cannot be decoded.
        """
        facts = _facts(path)
        pixels = decode(path, max_size=size_px)
        if facts:
            jpeg = io.BytesIO()
            Image.fromarray(pixels).save(jpeg, "JPEG", quality=90)
            with contextlib.suppress(sqlite3.DatabaseError), self._connection() as connection:
                connection.execute(
                    "REPLACE INTO thumbnail (path, size_px, mtime_ns, bytes, jpeg) VALUES (?, ?, ?, ?, ?)",
                    (str(path), size_px, *facts, jpeg.getvalue()),
                )
        return pixels

    def close(self) -> None:
        """Close the file in all threads; none of them may be using the store."""
        with self._lock:
            for connection in self._connections:
                connection.close()
            self._connections.clear()
            self._free.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _kept(self, path: Path, which: str, size_px: int) -> NDArray[np.uint8] | None:
        """The thumbnail of an unchanged file for which a condition on its size holds."""
        jpeg = self._jpeg(path, which, size_px)
        return None if jpeg is None else _decoded(jpeg, None)

    def _jpeg(self, path: Path, which: str, size_px: int) -> bytes | None:
        """The thumbnail's file."""
        facts = _facts(path)
        if facts is None:
            return None
        query = f"SELECT jpeg FROM thumbnail WHERE path = ? AND mtime_ns = ? AND bytes = ? AND {which}"
        try:
            with self._connection() as connection:
                row = connection.execute(query, (str(path), *facts, size_px)).fetchone()
        except sqlite3.DatabaseError:
            return None
        return None if row is None else bytes(row[0])

    @contextlib.contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """A connection that no other thread has; readers and a writer do not wait for each other."""
        with self._lock:
            connection = self._free.pop() if self._free else None
        if connection is None:
            connection = self._open()
        try:
            yield connection
        finally:
            with self._lock:
                self._free.append(connection)

    def _open(self) -> sqlite3.Connection:
        """Open one connection more."""
        # checked by us: one thread at a time has it, and `close` closes them all from one
        connection = sqlite3.connect(self._path, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            # a crash may lose thumbnails, not photos
            connection.execute("PRAGMA synchronous = OFF")
            # in kB; nothing is read twice, for pictures that were read are kept elsewhere
            connection.execute("PRAGMA cache_size = -512")
            connection.execute(_SCHEMA)
        except sqlite3.DatabaseError:
            connection.close()
            raise
        with self._lock:
            self._connections.append(connection)
        return connection


def fitted(pixels: NDArray[np.uint8], box: tuple[int, int]) -> NDArray[np.uint8]:
    """A picture scaled down into a box; one that fits is given back as it is.

    Args:
        pixels: uint8 (H, W, 3).
        box: greatest width and height in pixels.

    Returns:
        uint8 (H, W, 3) of the same shape in the small.
    """
    height, width, _ = pixels.shape
    size = _fitting(width, height, box)
    if size == (width, height):
        return pixels
    return np.array(Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR))


def _decoded(jpeg: bytes, box: tuple[int, int] | None) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as image:
        size = image.size if box is None else _fitting(*image.size, box)
        return np.array(image if size == image.size else image.resize(size, Image.Resampling.BILINEAR))


def _fitting(width: int, height: int, box: tuple[int, int]) -> tuple[int, int]:
    scale = min(1.0, box[0] / width, box[1] / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _facts(path: Path) -> tuple[int, int] | None:
    """Time of change in ns and size in bytes of a file; None where it is not to be found."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
