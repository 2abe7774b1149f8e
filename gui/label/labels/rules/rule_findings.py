"""What annotations say of rules: on how many images each is broken, and which others would nearly always hold.

Plain numpy without the window; called in threads.

Shapes: `N` images, `C` labels in the order of the columns.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.errors import ProjectError
from core.evaluation.cooccurrence import images_with_both, packed
from core.labels import PRESENT, UNKNOWN, Label, Rule, RuleKind
from core.project.labels.hints import MIN_PROBABILITY, MIN_SUPPORT
from core.project.labels.rules import chains_of, check_rule, excluding, violating, with_parents

LIMIT = 40
_GROUP = 3
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Proposal:
    """A rule that the annotations follow, or nearly.

    Attributes:
        kind: of the rule.
        label_ids: of the rule.
        name: of an exclusive group.
        images: that follow it.
        of: images that it says something of and on which its labels are known.
    """

    kind: RuleKind
    label_ids: tuple[int, ...]
    name: str
    images: int
    of: int


@dataclass(frozen=True, eq=False)
class Findings:
    """What was found.

    Attributes:
        rules: the rules, those of parents last.
        broken: by rule, the rows of the images that break it.
        proposals: rules to add, those that most images follow first.
    """

    rules: tuple[Rule, ...]
    broken: tuple[NDArray[np.int64], ...]
    proposals: tuple[Proposal, ...]


def find(states: NDArray[np.int8], labels: Sequence[Label], rules: Sequence[Rule]) -> Findings:
    """Count where rules are broken and look for others.

    Args:
        states: int8 (N, C) in {1, 0, -1}; fast where its columns are contiguous.
        labels: of the project.
        rules: of the project.
    """
    every = with_parents(labels, rules)
    plain = [replace(label, parent=None) for label in labels]
    broken = tuple(np.flatnonzero(violating(states, plain, [rule])) for rule in every)
    return Findings(every, broken, tuple(proposals(states, labels, rules)))


def proposals(
    states: NDArray[np.int8], labels: Sequence[Label], rules: Sequence[Rule], *, limit: int = LIMIT
) -> list[Proposal]:
    """Rules that annotations follow in at least 95 of 100 images, and that no rule says yet.

    A label is proposed to imply another where that is present on nearly all images with the one; labels are proposed to
    exclude each other where no image has both although by their frequencies some ten would.

    Args:
        states: int8 (N, C) in {1, 0, -1}.
        labels: the C labels.
        rules: of the project.
        limit: how many at most.
    """
    if not labels:
        return []
    present, known = packed(states == PRESENT), packed(states != UNKNOWN)
    both, support = images_with_both(present, present), images_with_both(present, known)
    both_known = images_with_both(known, known)
    settled = chains_of(labels, rules) | excluding(labels, rules)
    ids = [label.id for label in labels]

    found = []
    share = both / np.maximum(support, 1)
    for one, two in np.argwhere((share >= MIN_PROBABILITY) & (support >= MIN_SUPPORT) & ~settled).tolist():
        found.append(Proposal("implies", (ids[one], ids[two]), "", int(both[one, two]), int(support[one, two])))
    expected = support * support.T.astype(np.float64) / np.maximum(both_known, 1)
    apart: NDArray[np.bool_] = (both == 0) & (expected >= MIN_SUPPORT) & ~(settled | settled.T)
    np.fill_diagonal(apart, False)
    for group in _groups(apart, support.diagonal()):
        either = int(sum(support[one, one] for one in group))
        label_ids = tuple(ids[one] for one in group)
        if len(group) < _GROUP:
            found.append(Proposal("never", label_ids, "", either, either))
        else:
            found.append(Proposal("exclusive", label_ids, _name(group, labels, rules), either, either))
    found.sort(key=lambda one: (-one.images / max(one.of, 1), -one.images))
    return _sensible(found, labels, rules, limit=limit)


def possible_parents(label_id: int, labels: Sequence[Label], rules: Sequence[Rule]) -> list[Label]:
    """The labels that can be the parent of one, without those that imply it or exclude what it implies.

    Args:
        label_id: of the label.
        labels: of the project.
        rules: of the project.
    """
    plain = [replace(label, parent=None) if label.id == label_id else label for label in labels]
    chains = chains_of(plain, rules).astype(np.float32)
    column = [label.id for label in labels].index(label_id)
    # whoever implies the label implies its parent, too
    below = np.asarray(chains[:, column] > 0)
    both = chains @ excluding(plain, rules).astype(np.float32) @ chains.T
    clash = np.asarray(both[below].any(axis=0))
    return [label for place, label in enumerate(labels) if not below[place] and not clash[place]]


def _groups(apart: NDArray[np.bool_], frequency: NDArray[np.int64]) -> list[list[int]]:
    """Labels of which no two come together, as few groups as are found at once, with the frequent labels first."""
    left = apart.copy()
    groups = []
    for start in np.argsort(-frequency, kind="stable").tolist():
        while left[start].any():
            group = [start]
            for other in np.argsort(-frequency, kind="stable").tolist():
                if left[start, other] and all(apart[one, other] for one in group):
                    group.append(other)
            for one in group:
                left[one, group] = False
            groups.append(sorted(group))
    return groups


def _name(group: Sequence[int], labels: Sequence[Label], rules: Sequence[Rule]) -> str:
    names = [labels[one].name for one in group]
    name = "/".join(names[:_NAMED]) + ("/…" if len(names) > _NAMED else "")
    taken = {rule.name.casefold() for rule in rules}
    free = (name if number == 1 else f"{name} {number}" for number in range(1, len(taken) + 2))
    return next(one for one in free if one.casefold() not in taken)


def _sensible(
    found: Sequence[Proposal], labels: Sequence[Label], rules: Sequence[Rule], *, limit: int
) -> list[Proposal]:
    kept: list[Proposal] = []
    for one in found:
        if len(kept) == limit:
            break
        try:
            check_rule(Rule(0, one.kind, one.label_ids, one.name), labels, rules)
        except ProjectError:
            continue
        kept.append(one)
    return kept
