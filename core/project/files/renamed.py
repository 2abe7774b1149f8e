"""Files that are no image of a project yet, but hold one whose own file is gone: it was renamed or moved."""

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from core.errors import ProjectError
from core.project.changes import Changes
from core.project.disk.read_only import reading
from core.project.files.fingerprints import Lost, hash_files, never
from core.project.files.moved import match
from core.project.files.scan import ScannedImage
from core.project.store import Store
from core.project.words import images as _images

Renamed = Mapping[int, tuple[Path, ScannedImage, str | None]]
"""By image id: the root folder in which the file is now, the file, and its SHA-256 where it could be read."""


def find_renamed(
    folder: Path, new: Mapping[Path, Sequence[ScannedImage]], *, cancelled: Callable[[], bool] = never
) -> Renamed:
    """Look for images that are gone among files that were found; changes nothing, and may be called from any thread.

    Only files are read that are as large as an image that is gone. An image whose content nobody knew is known again
    only where one file alone has its name and its size.

    Args:
        folder: of the project, which may be open.
        new: files by root folder; those that are images of the project already are left alone.
        cancelled: asked now and then; when it says yes, nothing is found.

    Raises:
        ProjectError: the project cannot be read.
    """
    files = {_whole(root, file.relative_path): (root, file) for root, found in new.items() for file in found}
    if not files:
        return {}
    lost, taken = _lost(folder, {file.size for _, file in files.values()})
    if not lost:
        return {}
    sizes = {path: file.size for path, (_, file) in files.items() if path not in taken}
    found = match(lost, sizes, cancelled=cancelled)
    known = {one.image_id: one.content_hash for one in lost}
    hashes = hash_files([found.moves[one] for one in found.by_name], cancelled=cancelled)
    if cancelled():
        return {}
    return {one: (*files[path], known[one] or hashes.get(path)) for one, path in found.moves.items()}


def take_renamed(store: Store, renamed: Renamed) -> Changes:
    """Tell the project where these images are now; all that was said of them stays. Not undoable."""
    if not renamed:
        return Changes()
    try:
        store.move_images({one: _whole(root, file.relative_path) for one, (root, file, _) in renamed.items()})
    except ProjectError:
        # one of the files was added meanwhile: the next look tells what is gone
        return Changes()
    by_root: dict[Path, list[ScannedImage]] = {}
    for root, file, _ in renamed.values():
        by_root.setdefault(root, []).append(file)
    for root, files in by_root.items():
        # a file that was copied and deleted may have another time
        store.add_images(root, files)
    store.set_content_hashes({one: content for one, (_, _, content) in renamed.items() if content is not None})
    were = "was" if len(renamed) == 1 else "were"
    return Changes(text=f"{_images(len(renamed))} {were} renamed or moved: found again", images=True)


def _lost(folder: Path, sizes: Collection[int]) -> tuple[list[Lost], set[str]]:
    """The images of these sizes whose files are gone, and the paths of all images."""
    lost: list[Lost] = []
    taken: set[str] = set()
    with reading(folder) as connection:
        # stored relative to the project where it lies in it
        roots = {row[0]: Path(os.path.normpath(folder / row[1])) for row in connection.execute("SELECT * FROM root")}
        rows = connection.execute("SELECT id, root_id, path, size, content_hash FROM image").fetchall()
    for image_id, root_id, relative_path, size, content_hash in rows:
        root = roots[root_id]
        path = _whole(root, relative_path)
        taken.add(path)
        if size in sizes and _is_gone(path):
            lost.append(Lost(image_id, path, relative_path, root, size, content_hash))
    return lost, taken


def _is_gone(path: str) -> bool:
    try:
        os.stat(path)  # noqa: PTH116 - quicker than a Path for each
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        # it may be there
        return False
    return False


def _whole(root: Path, relative_path: str) -> str:
    return os.path.join(root, relative_path.replace("/", os.sep))  # noqa: PTH118 - quicker than a Path for each
