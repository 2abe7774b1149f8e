"""Finding images again whose files were moved, renamed or sorted into other folders."""

import collections
import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from core.project.changes import Changes
from core.project.files.fingerprints import Lost, check_folder, hash_files, never, nothing
from core.project.files.scan import scan_folder
from core.project.store import Store


@dataclass(frozen=True)
class Found:
    """Where lost images are now.

    Attributes:
        roots: for each root folder that was moved as a whole, where it is now.
        in_place: ids of images that are found with their root folder.
        moves: the new absolute path of single images, by id.
        by_content: ids of those of `moves` whose content is the same.
        by_name: ids of those of `moves` that have the same name and size; nobody knew their content.
        missing: images that were not found.
        copies: number of files that hold the content of a found image once more; they were left alone.
        hashes: SHA-256 by image id, for images whose content nobody knew.
    """

    roots: dict[Path, Path] = field(default_factory=dict)
    in_place: tuple[int, ...] = ()
    moves: dict[int, str] = field(default_factory=dict)
    by_content: tuple[int, ...] = ()
    by_name: tuple[int, ...] = ()
    missing: tuple[Lost, ...] = ()
    copies: int = 0
    hashes: dict[int, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.in_place or self.moves)


def find_moved(
    lost: Sequence[Lost],
    folder: Path,
    *,
    taken: Collection[str] = (),
    cancelled: Callable[[], bool] = never,
    progress: Callable[[int, int], None] = nothing,
) -> Found:
    """Look for lost images in a folder and the folders in it; changes nothing, and may be called from any thread.

    A root folder of which at least half of the lost images lie in `folder` by the same paths, with the same sizes, is
    taken to be moved as a whole. The others are matched by size first, and by content among the files of a size: so
    only few files are read. Of several files with the content the one is taken whose path is most like the old one,
    and of several lost images with the same content each gets another file. An image whose content nobody knew is
    known again only where one file alone has its name and its size.

    Args:
        lost: the images.
        folder: where to look.
        taken: absolute paths of files that are images of the project already.
        cancelled: asked now and then; when it says yes, nothing is found.
        progress: told how many files were read, and how many are to be.

    Raises:
        ProjectError: the folder cannot be listed.
    """
    folder = folder.resolve()
    check_folder(folder)
    files = scan_folder(folder, cancelled=cancelled)
    by_path = {file.relative_path: file.size for file in files}
    roots = _moved_roots(lost, folder, by_path)
    placed = {one.image_id for one in lost if one.root in roots and by_path.get(one.relative_path) == one.size}
    rest = [one for one in lost if one.image_id not in placed]
    used = set(taken) | {_whole(folder, one.relative_path) for one in lost if one.image_id in placed}
    sizes = {_whole(folder, file.relative_path): file.size for file in files}
    found = match(
        rest, {path: size for path, size in sizes.items() if path not in used}, cancelled=cancelled, progress=progress
    )
    if cancelled():
        return Found(missing=tuple(lost))
    return replace(found, roots=roots, in_place=tuple(sorted(placed)))


def match(
    lost: Sequence[Lost],
    sizes: Mapping[str, int],
    *,
    cancelled: Callable[[], bool] = never,
    progress: Callable[[int, int], None] = nothing,
) -> Found:
    """Look for lost images among files, as `find_moved` does for those that were not moved with their root folder.

    Args:
        lost: the images.
        sizes: of the files, by absolute path.
        cancelled: asked now and then; when it says yes, nothing is found.
        progress: told how many files were read, and how many are to be.
    """
    wanted = {one.size for one in lost if one.content_hash is not None}
    paths = [path for path, size in sizes.items() if size in wanted]
    hashes = hash_files(paths, cancelled=cancelled, progress=progress)
    if cancelled():
        return Found(missing=tuple(lost))
    moves, copies = _by_content(lost, paths, hashes)
    by_content = tuple(moves)
    used = set(moves.values())
    left = [one for one in lost if one.image_id not in moves and one.content_hash is None]
    named = _by_name(left, {path: size for path, size in sizes.items() if path not in used})
    moves |= named
    return Found(
        moves=moves,
        by_content=by_content,
        by_name=tuple(named),
        missing=tuple(one for one in lost if one.image_id not in moves),
        copies=copies,
        hashes={image_id: hashes[path] for image_id, path in named.items() if path in hashes},
    )


def relink(store: Store, found: Found) -> Changes:
    """Tell the project where its images are now. Not undoable.

    Raises:
        ProjectError: a folder or a file is in the project already.
    """
    for old, new in found.roots.items():
        store.relink_root(old, new)
    store.move_images(found.moves)
    store.set_content_hashes(found.hashes)
    count = len(found.in_place) + len(found.moves)
    return Changes(text="1 image found again" if count == 1 else f"{count:,} images found again", images=True)


def _moved_roots(lost: Sequence[Lost], folder: Path, sizes: dict[str, int]) -> dict[Path, Path]:
    """The root folders that are now `folder`; of several the one with most images there."""
    gone = collections.Counter(one.root for one in lost)
    there = collections.Counter(one.root for one in lost if sizes.get(one.relative_path) == one.size)
    best = max(there, key=lambda root: there[root], default=None)
    if best is None or best.is_dir() or 2 * there[best] < gone[best]:
        return {}
    return {best: folder}


def _by_content(lost: Iterable[Lost], paths: Sequence[str], hashes: Mapping[str, str]) -> tuple[dict[int, str], int]:
    """Where images are by their content, and how many files with that content are left."""
    holders: dict[str, list[str]] = collections.defaultdict(list)
    for path in paths:
        if path in hashes:
            holders[hashes[path]].append(path)
    wanting: dict[str, list[Lost]] = collections.defaultdict(list)
    for one in lost:
        if one.content_hash in holders:
            wanting[one.content_hash].append(one)
    moves: dict[int, str] = {}
    copies = 0
    for content, images in wanting.items():
        held = holders[content]
        # the most alike pair first, so that of two copies each gets its own back
        pairs = sorted(
            ((-_alike(one.path, path), one.image_id, path) for one in images for path in held)
            if len(images) * len(held) <= 10_000
            else ((0, one.image_id, path) for one, path in zip(images, held, strict=False))
        )
        used: set[str] = set()
        for _, image_id, path in pairs:
            if image_id not in moves and path not in used:
                moves[image_id] = path
                used.add(path)
        copies += len(held) - len(used)
    return moves, copies


def _by_name(lost: Iterable[Lost], sizes: Mapping[str, int]) -> dict[int, str]:
    """Where images are by name and size, where one file alone has them and one image alone asks for it."""
    holders: dict[tuple[str, int], list[str]] = collections.defaultdict(list)
    for path, size in sizes.items():
        holders[Path(path).name, size].append(path)
    wanting = collections.defaultdict(list)
    for one in lost:
        wanting[Path(one.path).name, one.size].append(one.image_id)
    return {
        images[0]: holders[key][0]
        for key, images in wanting.items()
        if len(images) == 1 and len(holders.get(key, ())) == 1
    }


def _alike(one: str, other: str) -> int:
    """How many of the last parts of two paths are the same."""
    count = 0
    for mine, theirs in zip(reversed(Path(one).parts), reversed(Path(other).parts), strict=False):
        if mine != theirs:
            break
        count += 1
    return count


def _whole(folder: Path, relative_path: str) -> str:
    return os.path.join(folder, relative_path.replace("/", os.sep))  # noqa: PTH118 - quicker than a Path for each
