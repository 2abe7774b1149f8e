"""Bringing together two changes of a run's sets of thresholds, such as those of the window and of the terminal."""

from dataclasses import dataclass, replace

import numpy as np

from core.evaluation.threshold_file import ThresholdBook, ThresholdSet


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
        name = _free_name(conflict.name, sets)
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


def _free_name(name: str, taken: dict[str, ThresholdSet]) -> str:
    number = 2
    while f"{name} {number}" in taken:
        number += 1
    return f"{name} {number}"
