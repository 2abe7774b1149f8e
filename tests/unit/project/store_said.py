"""What people said of the images of a project, in plain Python."""

import copy
from dataclasses import dataclass, field, replace
from itertools import combinations

from core.labels import Label, Rule

PRESENT, ABSENT, UNKNOWN = 1, 0, -1


class RefusedError(Exception):
    """What a project of this kind does not let anybody do."""


@dataclass(frozen=True)
class LabelIs:
    name: str
    color: str
    shortcut: str
    position: int
    deleted: bool = False
    description: str = ""
    parent: int | None = None
    examples: tuple[int, ...] = ()


@dataclass(frozen=True)
class RuleIs:
    kind: str
    label_ids: tuple[int, ...]
    name: str
    deleted: bool = False


@dataclass
class Said:
    """Everything that undo brings back; what nobody said is in none of the dicts."""

    labels: dict[int, LabelIs] = field(default_factory=dict)
    rules: dict[int, RuleIs] = field(default_factory=dict)
    states: dict[tuple[int, int], int] = field(default_factory=dict)
    review: dict[int, int] = field(default_factory=dict)
    flagged: set[int] = field(default_factory=set)
    notes: dict[int, str] = field(default_factory=dict)
    disputes: dict[tuple[int, int], int] = field(default_factory=dict)

    def order(self) -> list[int]:
        """Ids of the labels that are there, as they are shown."""
        there = [one for one, label in self.labels.items() if not label.deleted]
        return sorted(there, key=lambda one: self.labels[one].position)

    def shown_rules(self) -> list[Rule]:
        there, found = set(self.order()), []
        for rule_id, rule in sorted(self.rules.items()):
            left = tuple(one for one in rule.label_ids if one in there)
            is_whole = len(left) == len(rule.label_ids)
            if not rule.deleted and (is_whole or (rule.kind == "exclusive" and len(left) > 1)):
                found.append(Rule(rule_id, rule.kind, left, rule.name))
        return found

    def parent_of(self, label_id: int) -> int | None:
        parent = self.labels[label_id].parent
        return parent if parent is not None and not self.labels[parent].deleted else None

    def shown(self, images: list[int]) -> dict[str, object]:
        """What people see, as lists in the order of the images and labels."""
        order = self.order()
        labels = tuple(
            Label(one, row.name, row.color, row.shortcut, row.description, self.parent_of(one), row.examples)
            for one, row in ((one, self.labels[one]) for one in order)
        )
        return {
            "labels": labels,
            "states": [[self.states.get((image, label), UNKNOWN) for label in order] for image in images],
            "review": [self.review.get(image, 0) for image in images],
            "flagged": [image in self.flagged for image in images],
            "notes": dict(self.notes),
            "rules": tuple(self.shown_rules()),
            "disputes": {pair: state for pair, state in self.disputes.items() if pair[1] in order},
        }

    def copied(self) -> "Said":
        return Said(*(copy.copy(getattr(self, name)) for name in self.__dataclass_fields__))

    def check_row(self, label_id: int, row: LabelIs) -> None:
        others = [self.labels[one] for one in self.order() if one != label_id]
        if row.name.lower() in {other.name.lower() for other in others} or not row.name:
            raise RefusedError
        if row.shortcut and row.shortcut.lower() in {other.shortcut.lower() for other in others}:
            raise RefusedError

    def rules_and_parents(self) -> list[Rule]:
        rules = self.shown_rules()
        pairs = [(one, self.parent_of(one)) for one in self.order()]
        return rules + [Rule(0, "implies", pair) for pair in pairs if pair[1] is not None]

    def check_rule(self, rule: Rule) -> None:
        ids = rule.label_ids
        # of a group there may be deleted labels; the others make it
        there = [one for one in ids if one in self.order()]
        if len(there) < (2 if rule.kind == "exclusive" else len(ids)) or len(set(ids)) < 2:
            raise RefusedError
        if rule.kind != "exclusive" and len(ids) != 2:
            raise RefusedError
        others = [one for one in self.rules_and_parents() if one.id != rule.id]
        groups = [one for one in others if one.kind == "exclusive"]
        if rule.kind == "exclusive" and rule.name.lower() in {"", *(one.name.lower() for one in groups)}:
            raise RefusedError
        for one in others:
            is_same = one.label_ids == ids if rule.kind == "implies" else set(one.label_ids) == set(there)
            if one.kind == rule.kind and is_same:
                raise RefusedError
        self.check_sense(replace(rule, label_ids=tuple(there)), others)

    def check_sense(self, rule: Rule, others: list[Rule]) -> None:
        if any(one not in self.order() for one in rule.label_ids) or len(set(rule.label_ids)) < 2:
            raise RefusedError
        if rule.kind == "implies" and rule.label_ids[0] in reach(rule.label_ids[1], others):
            raise RefusedError
        if self._impossible([*others, rule]) - self._impossible(others):
            raise RefusedError

    def _impossible(self, rules: list[Rule]) -> set[tuple[int, int, int]]:
        """Labels that mean two others which exclude each other."""
        return {
            (label_id, *pair)
            for label_id in self.order()
            for rule in rules
            if rule.kind != "implies"
            for pair in combinations(sorted(set(rule.label_ids) & reach(label_id, rules)), 2)
        }


def images_text(count: int) -> str:
    return "1 image" if count == 1 else f"{count:,} images"


def reach(start: int, rules: list[Rule]) -> set[int]:
    found = {start}
    while True:
        more = {rule.label_ids[1] for rule in rules if rule.kind == "implies" and rule.label_ids[0] in found} - found
        if not more:
            return found
        found |= more
