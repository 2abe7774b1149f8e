"""What must hold of the labels of an image: parents, implications, exclusive groups, labels never together.

Only a present label can break a rule, and a label that is unknown is not present. Every function takes the rules as the
store has them; what the parents of the labels mean is added here.

Shapes: `N` images, `C` labels in the order of the columns.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from core.errors import ProjectError
from core.labels import ABSENT, PRESENT, UNKNOWN, Label, LabelState, Rule

_SEVERAL = 2


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that the labels of an image break.

    Attributes:
        rule: which one.
        label_ids: the labels that break it: those of a group that are present, else both labels of the rule.
    """

    rule: Rule
    label_ids: tuple[int, ...]


def with_parents(labels: Sequence[Label], rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """The rules, and behind them what the parents of the labels mean, unless a rule says the same.

    Args:
        labels: of the project.
        rules: of the project.
    """
    ids = {label.id for label in labels}
    said = {rule.label_ids for rule in rules if rule.kind == "implies"}
    meant = []
    for label in labels:
        if label.parent is not None and label.parent in ids and (label.id, label.parent) not in said:
            meant.append(Rule(0, "implies", (label.id, label.parent)))
    return (*rules, *meant)


def check_rule(rule: Rule, labels: Sequence[Label], rules: Sequence[Rule]) -> None:
    """Refuse a rule that says nothing, or that no image could follow.

    Args:
        rule: the one to be added, with the id 0, or one of `rules` as it is to be.
        labels: of the project.
        rules: of the project.

    Raises:
        ProjectError: too few labels, a group without a name of its own, a rule that exists already, labels that would
            imply themselves, or a label that would imply two labels of which one excludes the other.
    """
    names = {label.id: label.name for label in labels}
    others = tuple(one for one in rules if one.id != rule.id)
    _check_labels(rule, names)
    if rule.kind == "exclusive":
        _check_name(rule, others)
    _check_new(rule, names, with_parents(labels, others))
    _check_sense(rule, names, with_parents(labels, others))


def check_parent(label_id: int, parent: int, labels: Sequence[Label], rules: Sequence[Rule]) -> None:
    """Refuse a parent that no image could follow.

    Args:
        label_id: of the label.
        parent: id of the label that is to be its parent in place of the one it has.
        labels: of the project.
        rules: of the project.

    Raises:
        ProjectError: the label is its own parent, also through others, or it would imply labels that exclude each
            other.
    """
    names = {label.id: label.name for label in labels}
    if label_id == parent:
        raise ProjectError(f"“{names[label_id]}” cannot be its own parent.", next_step="Choose another label.")
    others = [replace(label, parent=None) if label.id == label_id else label for label in labels]
    rule = Rule(0, "implies", (label_id, parent))
    _check_labels(rule, names)
    _check_sense(rule, names, with_parents(others, rules))


def violations_of(row: NDArray[np.int8], labels: Sequence[Label], rules: Sequence[Rule]) -> list[Violation]:
    """The rules that an image breaks.

    Args:
        row: int8 (C,) in {1, 0, -1}.
        labels: of the project.
        rules: of the project.

    Returns:
        In the order of `with_parents`.
    """
    present = {label.id for label, state in zip(labels, row.tolist(), strict=True) if state == LabelState.PRESENT}
    known = {label.id for label in labels}
    broken = []
    for rule in with_parents(labels, rules):
        if not known.issuperset(rule.label_ids):
            continue
        if rule.kind == "implies":
            if rule.label_ids[0] in present and rule.label_ids[1] not in present:
                broken.append(Violation(rule, rule.label_ids))
            continue
        several = tuple(label_id for label_id in rule.label_ids if label_id in present)
        if len(several) >= _SEVERAL:
            broken.append(Violation(rule, several))
    return broken


def violating(states: NDArray[np.int8], labels: Sequence[Label], rules: Sequence[Rule]) -> NDArray[np.bool_]:
    """Which images break a rule.

    Args:
        states: int8 (N, C) in {1, 0, -1}; fast where its columns are contiguous.
        labels: of the project.
        rules: of the project.

    Returns:
        bool (N,).
    """
    broken = np.zeros(len(states), np.bool_)
    present: dict[int, NDArray[np.bool_]] = {}
    columns = {label.id: column for column, label in enumerate(labels)}
    for rule in with_parents(labels, rules):
        if any(label_id not in columns for label_id in rule.label_ids):
            continue
        for label_id in rule.label_ids:
            if label_id not in present:
                present[label_id] = states[:, columns[label_id]] == PRESENT
        if rule.kind == "implies":
            broken |= present[rule.label_ids[0]] & ~present[rule.label_ids[1]]
            continue
        one = np.zeros(len(states), np.bool_)
        for label_id in rule.label_ids:
            broken |= one & present[label_id]
            one |= present[label_id]
    return broken


def fix(
    row: NDArray[np.int8], labels: Sequence[Label], rules: Sequence[Rule], *, keep: Sequence[int]
) -> dict[int, LabelState]:
    """What to set so that an image breaks no rule.

    What is implied becomes present, what is excluded becomes absent, and what implies a label that must stay unknown
    becomes unknown. Nothing is set where no rule is broken.

    Args:
        row: int8 (C,) in {1, 0, -1}.
        labels: of the project.
        rules: of the project.
        keep: ids of labels that keep their state if they can, the newest last; where not all can, newer ones win.

    Returns:
        The new states of the labels that change, by id.
    """
    states = {label.id: LabelState(int(state)) for label, state in zip(labels, row.tolist(), strict=True)}
    chains, groups = _chains(labels, with_parents(labels, rules)), _groups(states, rules)
    newest_first = list(dict.fromkeys(label_id for label_id in reversed(keep) if label_id in states))
    kept_out: dict[int, LabelState] = {}
    chosen: set[int] = set()

    def is_excluded(label_id: int) -> bool:
        return any(len(group & (chosen | chains[label_id])) >= _SEVERAL for group in groups)

    for label_id in [*newest_first, *(label_id for label_id in states if label_id not in newest_first)]:
        if states[label_id] == LabelState.PRESENT:
            if kept_out.keys().isdisjoint(chains[label_id]) and not is_excluded(label_id):
                chosen |= chains[label_id]
        elif label_id in newest_first and label_id not in chosen:
            kept_out[label_id] = states[label_id]

    def left_out(label_id: int) -> LabelState:
        is_absent = any(kept_out.get(one) == LabelState.ABSENT for one in chains[label_id])
        return LabelState.ABSENT if is_absent or is_excluded(label_id) else LabelState.UNKNOWN

    changed: dict[int, LabelState] = {}
    for label_id, state in states.items():
        if label_id in chosen and state != LabelState.PRESENT:
            changed[label_id] = LabelState.PRESENT
        elif label_id not in chosen and state == LabelState.PRESENT:
            changed[label_id] = left_out(label_id)
    return changed


def implied_present(states: NDArray[np.int8], labels: Sequence[Label], rules: Sequence[Rule]) -> NDArray[np.int8]:
    """Say of unknown labels what the present ones mean for them.

    Args:
        states: int8 (n, C) in {1, 0, -1}.
        labels: of the project.
        rules: of the project.

    Returns:
        int8 (n, C): unknown labels that are implied are present, also through others, and then unknown labels that a
        present one excludes are absent. Known labels stay as they are.
    """
    filled = np.array(states, np.int8, order="F")
    columns = {label.id: column for column, label in enumerate(labels)}
    rules = [rule for rule in with_parents(labels, rules) if columns.keys() >= set(rule.label_ids)]
    implied = [tuple(columns[one] for one in rule.label_ids) for rule in rules if rule.kind == "implies"]
    while True:
        changed = False
        for one, two in implied:
            rows = (filled[:, one] == PRESENT) & (filled[:, two] == UNKNOWN)
            if rows.any():
                filled[rows, two] = PRESENT
                changed = True
        if not changed:
            break
    for rule in rules:
        if rule.kind != "implies":
            group = [columns[one] for one in dict.fromkeys(rule.label_ids)]
            taken = (filled[:, group] == PRESENT).any(axis=1)
            for column in group:
                filled[taken & (filled[:, column] == UNKNOWN), column] = ABSENT
    return filled


def chains_of(labels: Sequence[Label], rules: Sequence[Rule]) -> NDArray[np.bool_]:
    """Which labels are present wherever one is.

    Args:
        labels: of the project.
        rules: of the project.

    Returns:
        bool (C, C), labels in rows and what they imply, also through others, in columns; each implies itself.
    """
    chains = _chains(labels, with_parents(labels, rules))
    together = np.array([[label.id in chains[one.id] for label in labels] for one in labels], np.bool_)
    return together.reshape(len(labels), len(labels))


def excluding(labels: Sequence[Label], rules: Sequence[Rule]) -> NDArray[np.bool_]:
    """Which labels are never present together, by a rule that names both.

    Args:
        labels: of the project.
        rules: of the project.

    Returns:
        bool (C, C), symmetric.
    """
    columns = {label.id: column for column, label in enumerate(labels)}
    apart = np.zeros((len(labels), len(labels)), np.bool_)
    for group in _groups(columns, rules):
        places = [columns[label_id] for label_id in group]
        apart[np.ix_(places, places)] = True
    np.fill_diagonal(apart, False)
    return apart


def _check_labels(rule: Rule, names: Mapping[int, str]) -> None:
    if any(label_id not in names for label_id in rule.label_ids):
        raise ProjectError("A label of the rule was deleted.", next_step="Choose other labels.")
    count = len(set(rule.label_ids))
    if rule.kind == "exclusive" and count < _SEVERAL:
        raise ProjectError("An exclusive group needs two labels or more.", next_step="Choose the labels of the group.")
    if rule.kind == "exclusive":
        return
    if count < _SEVERAL and len(rule.label_ids) >= _SEVERAL:
        said = "imply itself" if rule.kind == "implies" else "exclude itself"
        raise ProjectError(f"“{names[rule.label_ids[0]]}” cannot {said}.", next_step="Choose two different labels.")
    if len(rule.label_ids) != _SEVERAL:
        raise ProjectError("This rule is about two labels.", next_step="Choose one label for each side.")


def _check_name(rule: Rule, others: Sequence[Rule]) -> None:
    name = rule.name.strip()
    if not name:
        raise ProjectError("An exclusive group needs a name.", next_step="Write what its labels are, such as “colour”.")
    if any(one.kind == "exclusive" and one.name.strip().casefold() == name.casefold() for one in others):
        raise ProjectError(f"There is a group “{name}” already.", next_step="Choose another name.")


def _check_new(rule: Rule, names: Mapping[int, str], others: Sequence[Rule]) -> None:
    is_ordered = rule.kind == "implies"
    for one in others:
        if one.kind != rule.kind:
            continue
        same = one.label_ids == rule.label_ids if is_ordered else set(one.label_ids) == set(rule.label_ids)
        if same and is_ordered and one.id == 0:
            first, second = (names[label_id] for label_id in rule.label_ids)
            raise ProjectError(f"“{second}” is the parent of “{first}”.", next_step="That means the same; add no rule.")
        if same:
            raise ProjectError(f"There is this rule already: {_in_words(one, names)}.", next_step="Change that one.")


def _check_sense(rule: Rule, names: Mapping[int, str], others: Sequence[Rule]) -> None:
    """Refuse a rule with which a label implies itself, or labels that exclude each other."""
    if rule.kind == "implies":
        back = _way(rule.label_ids[1], rule.label_ids[0], others)
        if back is not None:
            chain = " → ".join(names[label_id] for label_id in (rule.label_ids[0], *back))
            raise ProjectError(
                f"“{names[rule.label_ids[0]]}” would imply itself: {chain}.",
                next_step="Turn the rule around, or delete one of the chain.",
            )
    rules = (*others, rule)
    # what was impossible before, such as after labels were merged, is no fault of this rule
    before = set(_impossible(names, others))
    for label_id, one, two in _impossible(names, rules):
        if (label_id, one, two) not in before:
            raise ProjectError(
                f"“{names[label_id]}” could never be present: {_why(label_id, one, two, names=names, rules=rules)}.",
                next_step="Delete the rule that says otherwise first, or choose other labels.",
            )


def _impossible(names: Mapping[int, str], rules: Sequence[Rule]) -> Iterator[tuple[int, int, int]]:
    """Each label that implies, or is, both labels of a pair that is never together."""
    groups = _groups(names, rules)
    for label_id, chain in _chains([Label(label_id, name, "") for label_id, name in names.items()], rules).items():
        for group in groups:
            for one, two in combinations(sorted(group & chain), 2):
                yield label_id, one, two


def _why(label_id: int, one: int, two: int, *, names: Mapping[int, str], rules: Sequence[Rule]) -> str:
    group = next((rule.name for rule in rules if rule.kind == "exclusive" and {one, two} <= set(rule.label_ids)), "")
    said = " and ".join(_reached(label_id, end, names, rules) for end in (one, two) if end != label_id)
    if label_id in (one, two):
        return f"it implies {said}, " + (f"and both are in the group “{group}”" if group else "which excludes it")
    return f"it implies {said}, " + (f"both in the group “{group}”" if group else "which are never together")


def _reached(start: int, end: int, names: Mapping[int, str], rules: Sequence[Rule]) -> str:
    way = _way(start, end, rules) or ()
    # the way is only told where it leads over others
    told = " → ".join(names[step] for step in way)
    return f"“{names[end]}”" if len(way) <= _SEVERAL else f"“{names[end]}” ({told})"


def _way(start: int, end: int, rules: Sequence[Rule]) -> tuple[int, ...] | None:
    """The shortest chain of implications from one label to another, with both; None where there is none."""
    ways: dict[int, tuple[int, ...]] = {start: (start,)}
    waiting = [start]
    while waiting:
        label_id = waiting.pop(0)
        if label_id == end:
            return ways[label_id]
        for rule in rules:
            if rule.kind == "implies" and rule.label_ids[0] == label_id and rule.label_ids[1] not in ways:
                ways[rule.label_ids[1]] = (*ways[label_id], rule.label_ids[1])
                waiting.append(rule.label_ids[1])
    return None


def _chains(labels: Sequence[Label], rules: Sequence[Rule]) -> dict[int, frozenset[int]]:
    """What each label implies, with itself, by ids."""
    next_ones: dict[int, list[int]] = {label.id: [] for label in labels}
    for rule in rules:
        if rule.kind == "implies" and all(label_id in next_ones for label_id in rule.label_ids):
            next_ones[rule.label_ids[0]].append(rule.label_ids[1])
    chains = {}
    for label_id in next_ones:
        reached, waiting = {label_id}, [label_id]
        while waiting:
            fresh = [one for one in next_ones[waiting.pop()] if one not in reached]
            reached.update(fresh)
            waiting.extend(fresh)
        chains[label_id] = frozenset(reached)
    return chains


def _groups(known: Collection[int], rules: Sequence[Rule]) -> list[frozenset[int]]:
    """The labels, by ids, of which at most one is present."""
    groups = [rule.label_ids for rule in rules if rule.kind != "implies"]
    return [frozenset(group) for group in groups if all(label_id in known for label_id in group)]


def _in_words(rule: Rule, names: Mapping[int, str]) -> str:
    if rule.kind == "exclusive":
        return f"the group “{rule.name}”"
    first, second = (names[label_id] for label_id in rule.label_ids)
    return f"“{first}” implies “{second}”" if rule.kind == "implies" else f"“{first}” and “{second}” never together"
