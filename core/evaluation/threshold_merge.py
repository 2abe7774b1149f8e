"""Bringing together two changes of a run's sets of thresholds, such as those of the window and of the terminal."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from filelock import FileLock

from core.evaluation.threshold_file import THRESHOLDS_FILE, ThresholdBook, ThresholdSet

# a file is written within milliseconds
_WAIT_SECONDS: Final = 5.0


@dataclass(frozen=True, eq=False)
class Merged:
    """What two changes give together.

    Attributes:
        book: with both.
        taken: names of the sets in it that are others than ours; with the choice of another set, what is new to us.
        kept: names under which their sets were kept beside ours, where both had changed the same one.
    """

    book: ThresholdBook
    taken: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()


def merge(base: ThresholdBook, ours: ThresholdBook, theirs: ThresholdBook) -> Merged:
    """Bring together our changes and theirs, set by set.

    A set that one side alone changed, added or removed is as that side has it; one that was changed is kept where the
    other side removed it. Of a set that both changed ours keeps the name, and theirs is kept beside it. The chosen set
    is ours if we chose another one, and theirs otherwise.

    Args:
        base: what both started from.
        ours: what we made of it.
        theirs: what they made of it, of the same labels.
    """
    before, mine, other = ({one.name: one for one in book.sets} for book in (base, ours, theirs))
    sets: dict[str, ThresholdSet] = {}
    conflicts: list[ThresholdSet] = []
    for name in {**mine, **other}:
        b, o, t = before.get(name), mine.get(name), other.get(name)
        result = o if _same(o, t) or _same(b, t) else t
        if not (_same(o, t) or _same(b, t) or _same(b, o)):
            # both changed it: what was changed outlives what was removed, and ours keeps the name
            result = o or t
            conflicts += [t] if o is not None and t is not None else []
        if result is not None:
            sets[name] = result
    kept: list[str] = []
    for conflict in conflicts:
        name = free_name(conflict.name, sets)
        sets[name] = replace(conflict, name=name)
        kept.append(name)
    if not sets:
        # each side removed what the other one kept
        sets = mine
    chosen = ours.chosen if ours.chosen != base.chosen else theirs.chosen
    if chosen not in sets:
        chosen = next((one for one in (ours.chosen, theirs.chosen) if one in sets), min(sets))
    taken = tuple(name for name, one in sets.items() if not _same(mine.get(name), one) and name not in kept)
    return Merged(ThresholdBook(tuple(sets.values()), chosen), taken, tuple(kept))


def write_merged(folder: Path, base: ThresholdBook, ours: ThresholdBook) -> Merged:
    """Write the sets of a run together with what others wrote since; one program writes at a time.

    Args:
        folder: of the run.
        base: what its file said, or stood for, when we last looked.
        ours: what we made of it.

    Returns:
        What is in the file now.

    Raises:
        MultihotError: the file is damaged or of other labels.
        OSError: the folder cannot be written, or another program writes for too long.
    """
    path = folder / THRESHOLDS_FILE
    with FileLock(folder / f".{THRESHOLDS_FILE}.lock", timeout=_WAIT_SECONDS):
        # a file that was deleted says nothing new
        theirs = ThresholdBook.of_run(folder, ours.label_names) if path.exists() else base
        merged = merge(base, ours, theirs)
        if not (path.exists() and same_book(merged.book, theirs)):
            merged.book.save(path)
    return merged


def same_book(one: ThresholdBook, other: ThresholdBook) -> bool:
    """Whether two books say the same."""
    return (
        one.chosen == other.chosen
        and one.names == other.names
        and all(_same(a, b) for a, b in zip(one.sets, other.sets, strict=True))
    )


def _same(one: ThresholdSet | None, other: ThresholdSet | None) -> bool:
    if one is None or other is None:
        return one is other
    return one is other or (one.origins == other.origins and np.array_equal(one.values, other.values))


def free_name(name: str, taken: Collection[str]) -> str:
    """A name for a set beside one that has it: "main 2"."""
    number = 2
    while f"{name} {number}" in taken:
        number += 1
    return f"{name} {number}"
