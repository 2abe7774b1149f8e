"""A project in plain Python, to compare a real one with: dicts and lists, and whole states as the memory of undo."""

from collections.abc import Iterable
from dataclasses import replace

from core.labels import MULTI_CLASS, Rule
from core.project.labels.palette import PALETTE
from tests.unit.project.store_said import ABSENT, PRESENT, UNKNOWN, LabelIs, RefusedError, RuleIs, Said, images_text

REVIEWS = {0: "to be reviewed again", 1: "reviewed", 2: "unsure"}


class Model:
    """What a store of the same edits holds. An edit gives its text, or "" where it changed nothing."""

    def __init__(self, task: str) -> None:
        self.task = task
        self.images: list[int] = []
        self.said = Said()
        self.done: list[tuple[str, Said]] = []
        self.undone: list[tuple[str, Said]] = []
        self.versions: list[tuple[list[int], Said]] = []
        self.is_stepping = False
        self.edits = 0

    # what is compared

    def shown(self) -> dict[str, object]:
        texts = {"undo": self.done[-1][0] if self.done else None, "redo": self.undone[-1][0] if self.undone else None}
        return self.said.shown(self.images) | texts

    def state(self, image: int, label: int) -> int:
        return self.said.states.get((image, label), UNKNOWN)

    def has_class(self, image: int) -> bool:
        return any(self.state(image, label) == PRESENT for label in self.said.order())

    # going back and forth

    def undo(self) -> str:
        if not self.done:
            return ""
        text, before = self.done.pop()
        self.undone.append((text, self.said))
        self.said = self._with_rows(before)
        return f"Undone: {text}"

    def redo(self) -> str:
        if not self.undone:
            return ""
        text, after = self.undone.pop()
        self.done.append((text, self.said))
        self.said = self._with_rows(after)
        return f"Redone: {text}"

    def _with_rows(self, said: Said) -> Said:
        """A state of another time: numbers that were given once are never given again."""
        said = said.copied()
        for one, label in self.said.labels.items():
            said.labels.setdefault(one, replace(label, deleted=True))
        for one, rule in self.said.rules.items():
            said.rules.setdefault(one, replace(rule, deleted=True))
        return said

    def _step(self, before: Said, text: str, *, is_edit: bool = True) -> str:
        if before == self.said and is_edit:
            return ""
        self.edits += 1
        if not self.is_stepping:
            self.done.append((text, before))
            self.undone.clear()
        return text

    def together(self, edits: Iterable[tuple[str, tuple[object, ...]]], text: str) -> str:
        """Several edits as one step; what one of them refuses refuses all."""
        before, count = self.said.copied(), self.edits
        self.is_stepping = True
        try:
            for name, arguments in edits:
                getattr(self, name)(*arguments)
        except RefusedError:
            self.said = before
            raise
        finally:
            self.is_stepping = False
        return self._step(before, text, is_edit=False) if self.edits > count else ""

    # images and versions: never undone

    def add_images(self, count: int) -> str:
        self.images.extend(range(len(self.images) + 1, len(self.images) + count + 1))
        return images_text(count) + " added"

    def save_version(self) -> str:
        self.versions.append((list(self.images), self.said.copied()))
        return ""

    def restore_version(self, number: int) -> str:
        images, then = self.versions[number]
        before, later = self.said.copied(), set(self.images) - set(images)
        now = self.said
        said = self._with_rows(then)
        said.states |= {pair: state for pair, state in now.states.items() if pair[0] in later}
        said.review |= {image: review for image, review in now.review.items() if image in later}
        said.flagged |= now.flagged & later
        said.notes |= {image: text for image, text in now.notes.items() if image in later}
        said.disputes = dict(now.disputes)
        # of a label that comes back nothing is known on images that it never met
        back = [one for one in said.order() if now.labels[one].deleted]
        said.states = {pair: state for pair, state in said.states.items() if not (pair[0] in later and pair[1] in back)}
        self.said = said
        return self._step(before, f"Version “{number}” restored")

    # labels

    def add_label(self, name: str, color: str | None, shortcut: str | None) -> str:
        before = self.said.copied()
        self._new_label(name, color, shortcut)
        return self._step(before, f"Label “{name}” added")

    def add_labels(self, names: list[str]) -> str:
        before = self.said.copied()
        try:
            for name in names:
                self._new_label(name, None, None)
        except RefusedError:
            self.said = before
            raise
        return self._step(before, f"{len(names):,} labels added")

    def _new_label(self, name: str, color: str | None, shortcut: str | None) -> None:
        rows = self.said.labels
        there = [rows[one] for one in self.said.order()]
        if color is None:
            color = next(one for one in PALETTE if one not in {row.color for row in there})
        if shortcut is None:
            shortcut = next((one for one in "1234567890" if one not in {row.shortcut for row in there}), "")
        position = max((row.position for row in rows.values()), default=0) + 1
        label_id = max(rows, default=0) + 1
        self.said.check_row(label_id, row := LabelIs(name, color, shortcut, position))
        if self.task == MULTI_CLASS:
            self.said.states |= {(image, label_id): ABSENT for image in self.images if self.has_class(image)}
        rows[label_id] = row

    def change_label(self, label_id: int, changed: dict[str, object]) -> str:
        before, row = self.said.copied(), self.said.labels[label_id]
        after = replace(row, **{key: value for key, value in changed.items() if key != "parent"})
        if "parent" in changed:
            after = replace(after, parent=changed["parent"] or None)
        self.said.check_row(label_id, after)
        if len(after.examples) > 6:
            raise RefusedError
        if after.parent is not None and after.parent != row.parent:
            self._check_parent(label_id, after.parent)
        self.said.labels[label_id] = after
        is_renamed = after.name != row.name
        return self._step(
            before, f"Label “{row.name}” renamed to “{after.name}”" if is_renamed else f"Label “{after.name}” changed"
        )

    def reorder_labels(self, order: list[int]) -> str:
        before = self.said.copied()
        if order == self.said.order():
            return ""
        for position, label_id in enumerate(order, 1):
            self.said.labels[label_id] = replace(self.said.labels[label_id], position=position)
        return self._step(before, "Labels reordered")

    def delete_label(self, label_id: int) -> str:
        before, row = self.said.copied(), self.said.labels[label_id]
        if self.task == MULTI_CLASS:
            for image in self.images:
                if self.state(image, label_id) == PRESENT:
                    self._set(image, {other: UNKNOWN for other in self.said.order() if other != label_id})
                    self.said.review.pop(image, None)
        self.said.labels[label_id] = replace(row, deleted=True)
        return self._step(before, f"Label “{row.name}” deleted")

    def merge_labels(self, source: int, into: int) -> str:
        if source == into:
            raise RefusedError
        before, rows = self.said.copied(), self.said.labels
        merged = {image: max(self.state(image, source), self.state(image, into)) for image in self.images}
        above, ancestors = rows[into].parent, []
        while above is not None and above not in ancestors:
            ancestors.append(above)
            above = rows[above].parent
        examples = list(rows[into].examples)
        examples += [one for one in rows[source].examples if one not in examples]
        parent = None if source in ancestors else rows[into].parent
        for one, row in rows.items():
            if row.parent == source:
                rows[one] = replace(row, parent=into)
        rows[into] = replace(rows[into], examples=tuple(examples[:6]), parent=parent)
        rows[source] = replace(rows[source], deleted=True)
        self._merge_rules(source, into)
        self._check_children(into)
        for image, state in merged.items():
            self._set(image, {into: state})
        self._settle_changed(before)
        for (image, label), theirs in list(self.said.disputes.items()):
            if label == source:
                del self.said.disputes[image, label]
                if self.said.states.get((image, into), UNKNOWN) != theirs:
                    self.said.disputes.setdefault((image, into), theirs)
        return self._step(before, f"Label “{rows[source].name}” merged into “{rows[into].name}”")

    def _check_children(self, label_id: int) -> None:
        for child in self.said.order():
            if self.said.parent_of(child) == label_id:
                try:
                    self._check_parent(child, label_id)
                except RefusedError:
                    self.said.labels[child] = replace(self.said.labels[child], parent=None)

    def _check_parent(self, label_id: int, parent: int) -> None:
        rules = self.said.rules_and_parents()
        others = [rule for rule in rules if not (rule.id == 0 and rule.label_ids[0] == label_id)]
        self.said.check_sense(Rule(0, "implies", (label_id, parent)), others)

    def _merge_rules(self, source: int, into: int) -> None:
        touched = [
            one for one, rule in sorted(self.said.rules.items()) if source in rule.label_ids and not rule.deleted
        ]
        old = {one: self.said.rules[one] for one in touched}
        for one, rule in old.items():
            self.said.rules[one] = replace(rule, deleted=True)
        for one, rule in old.items():
            label_ids = tuple(dict.fromkeys(into if label_id == source else label_id for label_id in rule.label_ids))
            try:
                self.said.check_rule(Rule(one, rule.kind, label_ids, rule.name))
            except RefusedError:
                continue
            self.said.rules[one] = replace(rule, label_ids=label_ids)

    # rules

    def add_rule(self, kind: str, label_ids: tuple[int, ...], name: str) -> str:
        before = self.said.copied()
        rule_id = max(self.said.rules, default=0) + 1
        self.said.check_rule(Rule(rule_id, kind, label_ids, name))
        self.said.rules[rule_id] = RuleIs(kind, label_ids, name)
        return self._step(before, "Rule added")

    def change_rule(self, rule_id: int, label_ids: tuple[int, ...], name: str) -> str:
        before, rule = self.said.copied(), self.said.rules[rule_id]
        after = replace(rule, label_ids=label_ids, name=name)
        if after != rule:
            self.said.check_rule(Rule(rule_id, rule.kind, label_ids, name))
        self.said.rules[rule_id] = after
        return self._step(before, "Rule changed")

    def delete_rule(self, rule_id: int) -> str:
        before = self.said.copied()
        self.said.rules[rule_id] = replace(self.said.rules[rule_id], deleted=True)
        return self._step(before, "Rule deleted")

    # images

    def _set(self, image: int, states: dict[int, int]) -> None:
        """Set states of one image; the one label of it makes the others absent."""
        if self.task == MULTI_CLASS:
            present = [label for label, state in states.items() if state == PRESENT]
            if len(present) > 1:
                raise RefusedError
            if present:
                states = dict.fromkeys(self.said.order(), ABSENT) | {present[0]: PRESENT}
        for label, state in states.items():
            if state == UNKNOWN:
                self.said.states.pop((image, label), None)
            else:
                self.said.states[image, label] = state

    def _settle(self, pairs: Iterable[tuple[int, int]]) -> int:
        """Forget disputes; nobody settles one about a label that is deleted."""
        shown = [pair for pair in pairs if pair in self.said.disputes and pair[1] in self.said.order()]
        for pair in shown:
            del self.said.disputes[pair]
        return len(shown)

    def _set_review(self, image: int, review: int) -> None:
        if review:
            self.said.review[image] = review
        else:
            self.said.review.pop(image, None)

    def set_states(
        self, images: list[int], states: dict[int, int], reviewed: bool | None, fill: int | None, text: str
    ) -> str:
        before = self.said.copied()
        if self.task == MULTI_CLASS and sum(state == PRESENT for state in states.values()) > 1:
            raise RefusedError
        for image in images:
            self._set(image, states)
            if reviewed is not None:
                self._set_review(image, int(reviewed))
            if fill is not None:
                self._set(image, {one: fill for one in self.said.order() if self.state(image, one) == UNKNOWN})
            is_choice = self.task == MULTI_CLASS and PRESENT in states.values()
            self._settle((image, label) for label in (self.said.order() if is_choice else states))
        return self._step(before, text)

    def set_matrix(
        self, images: list[int], labels: list[int], rows: list[list[int]], reviewed: list[bool] | None, text: str
    ) -> str:
        before = self.said.copied()
        if self.task == MULTI_CLASS and any(row.count(PRESENT) > 1 for row in rows):
            raise RefusedError
        for place, (image, row) in enumerate(zip(images, rows, strict=True)):
            self._set(image, {label: state for label, state in zip(labels, row, strict=True) if state != -2})
            if reviewed is not None:
                self._set_review(image, int(reviewed[place]))
        self._settle_changed(before)
        return self._step(before, text)

    def _settle_changed(self, before: Said) -> None:
        """What was set in another way than it was has been decided."""
        was, now = before.states, self.said.states
        self._settle([pair for pair in self.said.disputes if was.get(pair, UNKNOWN) != now.get(pair, UNKNOWN)])

    def set_review(self, images: list[int], review: int) -> str:
        before = self.said.copied()
        for image in images:
            self._set_review(image, review)
        return self._step(before, f"{images_text(len(images))} {REVIEWS[review]}")

    def set_flag(self, images: list[int], flagged: bool) -> str:
        before = self.said.copied()
        self.said.flagged = self.said.flagged | set(images) if flagged else self.said.flagged - set(images)
        count = images_text(len(images))
        return self._step(before, f"{count} flagged" if flagged else f"Flag taken off {count}")

    def set_notes(self, notes: dict[int, str]) -> str:
        before, changed = self.said.copied(), []
        for image, text in notes.items():
            text = text.strip()
            if self.said.notes.get(image, "") != text:
                changed.append(text)
            self.said.notes[image] = text
            if not text:
                del self.said.notes[image]
        word = "written" if any(changed) else "deleted"
        return self._step(before, f"Note {word} on {images_text(len(changed))}")

    def add_disputes(self, disputes: dict[tuple[int, int], int], text: str) -> str:
        before = self.said.copied()
        self.said.disputes |= disputes
        return self._step(before, text)

    def settle_disputes(self, pairs: list[tuple[int, int]]) -> str:
        before = self.said.copied()
        count = self._settle(pairs)
        return self._step(before, f"{count:,} conflict{'s' * (count != 1)} settled")

    # another person's copy

    def merge(self, other: "Model", name: str, *, wins: str) -> str:
        """Take over what a copy says of the same images, where an image has any number of labels."""
        before, mine, theirs = self.said.copied(), self.said, other.said
        text = f"“{name}” merged: {images_text(len(other.images))}"
        targets = {}
        for one in theirs.order():
            row = theirs.labels[one]
            same = [here for here in mine.order() if mine.labels[here].name.lower() == row.name.lower()]
            if same:
                targets[one] = same[0]
        for one in theirs.order():
            if one not in targets:
                row = theirs.labels[one]
                is_taken = row.color.lower() in {mine.labels[here].color.lower() for here in mine.order()}
                self._new_label(row.name, None if is_taken else row.color, None)
                targets[one] = max(mine.labels)
                mine.labels[targets[one]] = replace(mine.labels[targets[one]], description=row.description)
        asked = set()
        for image in other.images:
            for there, here in targets.items():
                says, said = other.state(image, there), self.state(image, here)
                if says in (UNKNOWN, said):
                    continue
                if said == UNKNOWN or wins == "theirs":
                    self._set(image, {here: says})
                    self._settle([(image, here)])
                elif wins == "queue":
                    mine.disputes[image, here] = says
                    asked.add(image)
            if not mine.review.get(image, 0):
                self._set_review(image, theirs.review.get(image, 0))
            if image in theirs.flagged:
                mine.flagged.add(image)
            if image in theirs.notes:
                note, new = mine.notes.get(image, ""), theirs.notes[image]
                mine.notes[image] = note if new in note else new if note in new else f"{note}\n{new}"
        for image in asked:
            self._set_review(image, 2)
        return self._step(before, text)

    def without_history(self) -> "Model":
        other = Model(self.task)
        other.images, other.said = list(self.images), self.said.copied()
        return other
