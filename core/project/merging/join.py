"""Which image of one project is which of another: by the content of the files, whatever they are called."""

import collections
import contextlib
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from core.project.files.fingerprints import hash_files, never, nothing
from core.project.merging.sides import Side

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, eq=False)
class Join:
    """The images of two projects put together; rows are those of the sides.

    Attributes:
        mine: int64 (P,): rows here, each once.
        theirs: int64 (P,): the row there of each.
        by_path: bool (P,): whether path and size had to do, as one of the files could not be read.
        further: int64 (k, 2): a pair (number in `mine`, row there) for each further copy there of an image that is put
            together already.
        copies_mine: number of images here whose content another image here has as well.
        copies_theirs: the same there.
        only_mine: int64: rows that are only here.
        only_theirs: int64: rows that are only there.
        unread_mine: number of files here that could not be read, and whose content nobody knew.
        unread_theirs: the same there.
        new_hashes: SHA-256 of my images that were computed on the way, by image id.
        their_hashes: all that is known there, by image id.
    """

    mine: NDArray[np.int64]
    theirs: NDArray[np.int64]
    by_path: NDArray[np.bool_]
    further: NDArray[np.int64]
    copies_mine: int
    copies_theirs: int
    only_mine: NDArray[np.int64]
    only_theirs: NDArray[np.int64]
    unread_mine: int
    unread_theirs: int
    new_hashes: dict[int, str]
    their_hashes: dict[int, str]


def join_images(
    mine: Side,
    theirs: Side,
    *,
    cancelled: Callable[[], bool] = never,
    progress: Callable[[int, int], None] = nothing,
) -> Join | None:
    """Put together the images of two projects; may be called from any thread.

    Files whose content nobody knows are read, but only those with a size that comes on the other side, too. Where one
    cannot be read, the same path below the folder of images and the same size have to do. Of several images with one
    content those with the same path belong together, then the others in turn; an image here that is left belongs to
    the first of them there.

    Args:
        mine: the open project.
        theirs: the other one.
        cancelled: asked between files.
        progress: told how many files were read, and how many are to be.

    Returns:
        None when it was cancelled.
    """
    sizes = [_sizes(side) for side in (mine, theirs)]
    wanted = [_unknown(mine, sizes[0], sizes[1]), _unknown(theirs, sizes[1], sizes[0])]
    read = hash_files(
        [side.files[row] for side, rows in ((mine, wanted[0]), (theirs, wanted[1])) for row in rows],
        cancelled=cancelled,
        progress=progress,
    )
    if cancelled():
        return None
    my_hashes, their_hashes = (
        [side.hashes.get(image_id) or read.get(file) for image_id, file in zip(_ids(side), side.files, strict=True)]
        for side in (mine, theirs)
    )
    my_rows, their_rows, further = _by_hash(mine, theirs, my_hashes, their_hashes)
    unread = [
        {row for row in rows if hashes[row] is None}
        for rows, hashes in zip(wanted, (my_hashes, their_hashes), strict=True)
    ]
    by_path = _by_path(mine, theirs, unread, (set(my_rows), set(their_rows)))
    pairs = np.array([*zip(my_rows, their_rows, strict=True), *by_path], np.int64).reshape(-1, 2)
    was_by_path = np.arange(len(pairs)) >= len(my_rows)
    joined_there = np.union1d(pairs[:, 1], further[:, 1])
    return Join(
        mine=pairs[:, 0],
        theirs=pairs[:, 1],
        by_path=was_by_path,
        further=further,
        copies_mine=_copies(my_hashes),
        copies_theirs=_copies(their_hashes),
        only_mine=np.setdiff1d(np.arange(len(mine.files)), pairs[:, 0]),
        only_theirs=np.setdiff1d(np.arange(len(theirs.files)), joined_there),
        unread_mine=len(unread[0]),
        unread_theirs=len(unread[1]),
        new_hashes={int(mine.image_ids[row]): found for row in wanted[0] if (found := my_hashes[row]) is not None},
        their_hashes={
            image_id: found for image_id, found in zip(_ids(theirs), their_hashes, strict=True) if found is not None
        },
    )


def _ids(side: Side) -> list[int]:
    return [int(one) for one in side.image_ids.tolist()]


def _sizes(side: Side) -> list[int]:
    """The sizes of files: as noted with a known hash, else as they are now, or as noted where the file is gone."""
    sizes = []
    for image_id, file, size in zip(_ids(side), side.files, side.sizes.tolist(), strict=True):
        if image_id not in side.hashes:
            with contextlib.suppress(OSError):
                size = Path(file).stat().st_size
        sizes.append(int(size))
    return sizes


def _unknown(side: Side, sizes: Sequence[int], others: Sequence[int]) -> list[int]:
    """The rows whose content is not known and may be on the other side."""
    possible = set(others)
    return [
        row
        for row, (image_id, size) in enumerate(zip(_ids(side), sizes, strict=True))
        if image_id not in side.hashes and size in possible
    ]


def _by_hash(
    mine: Side, theirs: Side, my_hashes: Sequence[str | None], their_hashes: Sequence[str | None]
) -> tuple[list[int], list[int], NDArray[np.int64]]:
    """Rows here, the row there of each, and the further copies there."""
    here, here_again = _groups(my_hashes)
    there, there_again = _groups(their_hashes)
    my_rows: list[int] = []
    their_rows: list[int] = []
    further: list[tuple[int, int]] = []
    for content, row in here.items():
        other = there.get(content)
        if other is None:
            continue
        first = len(my_rows)
        if content not in here_again and content not in there_again:
            my_rows.append(row)
            their_rows.append(other)
            continue
        rows, others = here_again.get(content, [row]), there_again.get(content, [other])
        partners, left = _paired(rows, others, mine.paths, theirs.paths)
        my_rows.extend(rows)
        their_rows.extend(partners)
        further.extend((first, copy) for copy in left)
    return my_rows, their_rows, np.array(further, np.int64).reshape(-1, 2)


def _paired(
    rows: Sequence[int], others: Sequence[int], paths: Sequence[str], other_paths: Sequence[str]
) -> tuple[list[int], list[int]]:
    """The partner of each row among copies of one content, and the copies that are nobody's partner."""
    by_path: dict[str, collections.deque[int]] = collections.defaultdict(collections.deque)
    for row in others:
        by_path[other_paths[row]].append(row)
    partner = {row: by_path[paths[row]].popleft() for row in rows if by_path.get(paths[row])}
    used = set(partner.values())
    left = collections.deque(row for row in others if row not in used)
    for row in rows:
        if row not in partner:
            partner[row] = left.popleft() if left else others[0]
    return [partner[row] for row in rows], list(left)


def _by_path(mine: Side, theirs: Side, unread: Sequence[set[int]], done: Sequence[set[int]]) -> list[tuple[int, int]]:
    """Pairs with the same path and size, of which at least one could not be read; only where there is one of each."""
    if not unread[0] and not unread[1]:
        return []
    (here, here_again), (there, there_again) = (
        _groups(zip(side.paths, side.sizes.tolist(), strict=True)) for side in (mine, theirs)
    )
    pairs = []
    for key, row in here.items():
        other = there.get(key)
        if other is None or key in here_again or key in there_again or row in done[0] or other in done[1]:
            continue
        if row in unread[0] or other in unread[1]:
            pairs.append((row, other))
    return pairs


def _groups(keys: Iterable[K | None]) -> tuple[dict[K, int], dict[K, list[int]]]:
    """The first row of each key, and all rows of those that come more than once; None is no key."""
    first: dict[K, int] = {}
    again: dict[K, list[int]] = {}
    for row, key in enumerate(keys):
        if key is None:
            continue
        if key in first:
            again.setdefault(key, [first[key]]).append(row)
        else:
            first[key] = row
    return first, again


def _copies(hashes: Sequence[str | None]) -> int:
    known = [one for one in hashes if one is not None]
    return len(known) - len(set(known))
