"""Finding the image files of a folder."""

import logging
import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from core.errors import ProjectError
from core.images import SUFFIXES
from core.project.disk.database import FILE_NAME, PROJECT_FOLDERS

_log = logging.getLogger(__name__)
_split_digits = re.compile(r"(\d+)").split

_PROGRESS_EVERY = 500


@dataclass(frozen=True, slots=True)
class ScannedImage:
    """An image file that was found.

    Attributes:
        relative_path: from the scanned folder, with "/".
        size: bytes.
        mtime_ns: time of the last change, nanoseconds since 1970.
    """

    relative_path: str
    size: int
    mtime_ns: int


def natural_key(name: str) -> list[str | int]:
    """Sorting by it puts "img2" before "img10" and does not mind case."""
    parts: list[str | int] = list(_split_digits(name.casefold()))
    parts[1::2] = map(int, parts[1::2])
    return parts


def scan_folder(
    root: Path, *, cancelled: Callable[[], bool] = lambda: False, progress: Callable[[int], None] = lambda _: None
) -> list[ScannedImage]:
    """List the images in a folder and the folders in it; nothing is opened or copied.

    Hidden files and folders, folders that hold a project, and what cannot be listed are left out; the log names the
    latter. A folder that links lead to twice is listed once.

    Args:
        root: the folder.
        cancelled: asked now and then; when it says yes, what was found until then is returned.
        progress: told now and then, and at the end, how many images were found.

    Returns:
        In natural order, the files of a folder before those of the folders in it.

    Raises:
        ProjectError: `root` is not a folder or cannot be listed.
    """
    try:
        with os.scandir(root):
            pass
    except OSError as error:
        raise ProjectError(
            f"The folder {root} cannot be listed: {error.strerror}.", next_step="Choose a folder that you may read."
        ) from error
    found: list[ScannedImage] = []
    for image in _walk(root, cancelled):
        if len(found) % _PROGRESS_EVERY == 0:
            progress(len(found))
            if cancelled():
                break
        found.append(image)
    progress(len(found))
    return found


def _walk(root: Path, cancelled: Callable[[], bool]) -> Iterator[ScannedImage]:
    seen: set[tuple[int, int]] = set()
    waiting = [(str(root), "")]
    while waiting and not cancelled():
        folder, prefix = waiting.pop()
        try:
            facts = Path(folder).stat()
            if (facts.st_dev, facts.st_ino) in seen:
                continue
            seen.add((facts.st_dev, facts.st_ino))
            with os.scandir(folder) as listing:
                entries = [entry for entry in listing if not entry.name.startswith(".")]
        except OSError as error:
            _log.warning("left out of the scan: %s", error)
            continue
        is_project = any(entry.name == FILE_NAME for entry in entries)
        if is_project and prefix:
            continue
        # a project may lie in its own folder of images
        hidden = PROJECT_FOLDERS if is_project else ()
        folders = []
        for entry in sorted(entries, key=lambda entry: natural_key(entry.name)):
            path = prefix + entry.name
            try:
                if entry.is_dir():
                    if entry.name not in hidden:
                        folders.append((entry.path, f"{path}/"))
                elif os.path.splitext(entry.name)[1].lower() in SUFFIXES:  # noqa: PTH122 - a Path is slow
                    path.encode()  # the database keeps no name that is not Unicode
                    facts = entry.stat()
                    if not stat.S_ISREG(facts.st_mode):
                        _log.warning("left out of the scan: %r is not a file", path)
                        continue
                    yield ScannedImage(path, facts.st_size, facts.st_mtime_ns)
            except (OSError, UnicodeEncodeError) as error:
                _log.warning("left out of the scan: %r: %s", path, error)
        waiting.extend(reversed(folders))
