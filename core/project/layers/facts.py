"""What is known about the image files of a project beyond their names; all of it can be found out again."""

import hashlib
import threading
from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import ProjectError
from core.project.disk.database import Database

# Nobody waits for these commits, so they come together.
_WRITTEN_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What is known about an image file.

    Attributes:
        size: bytes.
        width: pixels, upright; None as long as nobody decoded it.
        height: pixels, upright; None as long as nobody decoded it.
        problem: why it cannot be decoded, or None.
    """

    size: int
    width: int | None
    height: int | None
    problem: str | None


class FactBook:
    """Facts about image files, by image id; new ones wait in memory until `write` or until there are enough."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: dict[int, tuple[int | None, int | None, str | None]] = {}
        # the window notes what it decodes while a thread that makes an edit writes what waits
        self._lock = threading.Lock()

    def note(self, image_id: int, *, width: int | None, height: int | None, problem: str | None) -> None:
        """Note what decoding an image showed."""
        with self._lock:
            self._waiting[image_id] = (width, height, problem)
        if len(self._waiting) >= _WRITTEN_AT_ONCE and self._database.is_free():
            self.write()

    def write(self) -> None:
        """Put what waits in the database."""
        if not self._waiting:
            return
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        try:
            with self._database.transaction() as connection:
                connection.executemany(
                    "UPDATE image SET width = ?, height = ?, problem = ? WHERE id = ?",
                    [(*facts, image_id) for image_id, facts in waiting.items()],
                )
        except BaseException:
            # they wait on, unless they are known better by now
            with self._lock:
                self._waiting = waiting | self._waiting
            raise

    def of(self, image_id: int) -> ImageFacts:
        """What is known about an image."""
        row = self._database.connection.execute(
            "SELECT size, width, height, problem FROM image WHERE id = ?", (image_id,)
        ).fetchone()
        facts = ImageFacts(*row)
        with self._lock:
            waiting = self._waiting.get(image_id)
        if waiting is not None:
            width, height, problem = waiting
            facts = replace(facts, width=width, height=height, problem=problem)
        return facts

    def content_hash(self, image_id: int, path: Path) -> str:
        """SHA-256 of an image file, hexadecimal, computed when first asked for.

        Raises:
            ProjectError: the file cannot be read.
        """
        connection = self._database.connection
        (known,) = connection.execute("SELECT content_hash FROM image WHERE id = ?", (image_id,)).fetchone()
        if known is not None:
            return str(known)
        try:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise ProjectError(f"{path} cannot be read: {error.strerror}.") from error
        with self._database.transaction():
            connection.execute("UPDATE image SET content_hash = ? WHERE id = ?", (digest, image_id))
        return digest
