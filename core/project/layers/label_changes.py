"""Changing the labels of an open project, and the rules that hold of them."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.errors import ProjectError
from core.labels import EXAMPLES_LIMIT, MULTI_CLASS, PRESENT, LabelState, Rule, RuleKind
from core.project.changes import Changes
from core.project.edits import LabelEdit, LabelRow, RuleEdit, RuleRow, changes_of
from core.project.labels.label_rows import check_label_row, new_label_row, new_label_rows
from core.project.labels.rules import check_parent, check_rule
from core.project.layers.annotation_changes import AnnotationChanges
from core.project.layers.steps import serial


@dataclass(frozen=True, slots=True)
class MergeCount:
    """What merging a label into another changes.

    Attributes:
        images: on which the state of the label that stays changes.
        conflicts: images on which one of them is present and the other absent; it becomes present.
    """

    images: int
    conflicts: int


class LabelChanges(AnnotationChanges):
    """The open project, with its labels and rules."""

    @serial
    def add_label(self, name: str, *, color: str | None = None, shortcut: str | None = None) -> Changes:
        """Add a label at the end; in a multi-class project it is absent on the images that have another.

        Args:
            name: unique regardless of case.
            color: "#rrggbb"; None takes the next of the palette.
            shortcut: one character or empty; None takes the next free digit, 1 to 9, then 0.

        Raises:
            ProjectError: the name is empty or taken, the colour is none, the shortcut is taken.
        """
        row = new_label_row(
            name, color=color, shortcut=shortcut, labels=self.labels, ever=self._content.label_rows.values()
        )
        return self._add((row,), f"Label “{row.name}” added")

    @serial
    def add_labels(self, names: Sequence[str]) -> Changes:
        """Add labels at the end, as one step of undo, with the next colours and keys.

        Raises:
            ProjectError: as `add_label`.
        """
        rows = new_label_rows(names, labels=self.labels, ever=self._content.label_rows.values())
        return self._add(rows, f"{len(rows):,} labels added") if rows else Changes()

    @serial
    def change_label(
        self,
        label_id: int,
        *,
        name: str | None = None,
        color: str | None = None,
        shortcut: str | None = None,
        description: str | None = None,
        parent: int | None = None,
        examples: Sequence[int] | None = None,
    ) -> Changes:
        """Rename or recolour a label, or change what else is known of it; None leaves a thing as it is.

        Args:
            label_id: the label.
            name: see `add_label`.
            color: see `add_label`.
            shortcut: see `add_label`.
            description: what it means.
            parent: id of the label that is present wherever this one is; 0 for none.
            examples: ids of up to `EXAMPLES_LIMIT` images that show what it means.

        Raises:
            ProjectError: as `add_label`; the parent contradicts another rule; there are too many examples.
        """
        before = self._content.label_rows[label_id]
        after = replace(
            before,
            name=before.name if name is None else name.strip(),
            color=before.color if color is None else color,
            shortcut=before.shortcut if shortcut is None else shortcut,
            description=before.description if description is None else description.strip(),
            parent=before.parent if parent is None else parent or None,
            examples=before.examples if examples is None else tuple(dict.fromkeys(examples)),
        )
        if after == before:
            return Changes()
        check_label_row(after, self.labels)
        if len(after.examples) > EXAMPLES_LIMIT:
            raise ProjectError(
                f"A label has at most {EXAMPLES_LIMIT} example images.", next_step="Unpin one of them first."
            )
        if after.parent is not None and after.parent != before.parent:
            check_parent(label_id, after.parent, self.labels, self.rules)
        renamed = f"Label “{before.name}” renamed to “{after.name}”"
        return self._do(
            LabelEdit((before,), (after,)), renamed if after.name != before.name else f"Label “{after.name}” changed"
        )

    @serial
    def reorder_labels(self, label_ids: Sequence[int]) -> Changes:
        """Put the labels in an order; `label_ids` names each of them once."""
        if sorted(label_ids) != sorted(label.id for label in self.labels):
            raise ValueError(f"not an order of the labels: {label_ids}")
        before = tuple(self._content.label_rows[label_id] for label_id in label_ids)
        after = tuple(replace(row, position=position) for position, row in enumerate(before, start=1))
        if [label.id for label in self.labels] == list(label_ids):
            return Changes()
        return self._do(LabelEdit(before, after), "Labels reordered")

    @serial
    def delete_label(self, label_id: int) -> Changes:
        """Delete a label; undo brings it back with its annotations.

        In a multi-class project the images that have it are to be labelled anew.
        """
        row = self._content.label_rows[label_id]
        if row.deleted:
            return Changes()
        text = f"Label “{row.name}” deleted"
        with self.step(text) as edits:
            made = len(edits)
            if self.task == MULTI_CLASS:
                column = [label.id for label in self.labels].index(label_id)
                others = [label.id for label in self.labels if label.id != label_id]
                self._fill(self.states[:, column] == PRESENT, others, LabelState.UNKNOWN, reviewed=False)
            self._do(LabelEdit((row,), (replace(row, deleted=True),)), text)
        return changes_of(edits[made:], text)

    def merge_count(self, source_id: int, into_id: int) -> MergeCount:
        """What merging one label into another would change."""
        source, into = (self._column_of(one) for one in (source_id, into_id))
        changed = np.count_nonzero(_merged(source, into) != into)
        return MergeCount(int(changed), int(np.count_nonzero((source + into == 1) & (source >= 0) & (into >= 0))))

    @serial
    def merge_labels(self, source_id: int, into_id: int) -> Changes:
        """Make one label of two, as one step of undo: an image has it where it had either.

        Where neither is present it is absent if either was; rules, children and examples of the source go over.

        Args:
            source_id: the label that goes.
            into_id: the label that stays.

        Raises:
            ProjectError: both are the same label.
        """
        if source_id == into_id:
            raise ProjectError("A label cannot be merged with itself.", next_step="Choose two labels.")
        rows = self._content.label_rows
        source, into = rows[source_id], rows[into_id]
        text = f"Label “{source.name}” merged into “{into.name}”"
        merged = _merged(self._column_of(source_id), self._column_of(into_id))
        with self.step(text) as edits:
            made = len(edits)
            before = [source, into]
            examples = tuple(dict.fromkeys((*into.examples, *source.examples)))[:EXAMPLES_LIMIT]
            parent = None if source_id in self._ancestors(into_id) else into.parent
            after = [replace(source, deleted=True), replace(into, examples=examples, parent=parent)]
            for row in rows.values():
                if row.parent == source_id and row.id != into_id:
                    before.append(row)
                    after.append(replace(row, parent=into_id))
            # away first, so that one label is present where there may be only one
            self._do(LabelEdit(tuple(before), tuple(after)), text)
            self._merge_rules(source_id, into_id)
            self._check_children(into_id)
            self.set_matrix(self.image_ids, [into_id], merged[:, None], reviewed=None, text=text)
            self._move_disputes(source_id, into_id)
        return changes_of(edits[made:], text)

    # rules

    @serial
    def add_rule(self, kind: RuleKind, label_ids: Sequence[int], name: str = "") -> Changes:
        """Add a rule.

        Args:
            kind: see `RuleKind`.
            label_ids: see `Rule`.
            name: of an exclusive group.

        Raises:
            ProjectError: it contradicts the others, or itself.
        """
        rule_id = max(self._content.rule_rows, default=0) + 1
        row = RuleRow(rule_id, kind, name.strip(), tuple(label_ids), deleted=False)
        self._check_rule(row)
        return self._do(RuleEdit((replace(row, deleted=True),), (row,)), "Rule added")

    @serial
    def change_rule(self, rule_id: int, label_ids: Sequence[int], name: str = "") -> Changes:
        """Change the labels or the name of a rule.

        Raises:
            ProjectError: it contradicts the others, or itself.
        """
        before = self._content.rule_rows[rule_id]
        after = replace(before, label_ids=tuple(label_ids), name=name.strip())
        if after == before or before.deleted:
            return Changes()
        self._check_rule(after)
        return self._do(RuleEdit((before,), (after,)), "Rule changed")

    @serial
    def delete_rule(self, rule_id: int) -> Changes:
        """Delete a rule."""
        before = self._content.rule_rows[rule_id]
        if before.deleted:
            return Changes()
        return self._do(RuleEdit((before,), (replace(before, deleted=True),)), "Rule deleted")

    # how it is done

    def _check_rule(self, row: RuleRow) -> None:
        others = [rule for rule in self.rules if rule.id != row.id]
        check_rule(Rule(row.id, row.kind, row.label_ids, row.name), self.labels, others)

    def _merge_rules(self, source_id: int, into_id: int) -> None:
        before = [row for row in self._content.rule_rows.values() if not row.deleted and source_id in row.label_ids]
        if not before:
            return
        self._do(RuleEdit(tuple(before), tuple(replace(row, deleted=True) for row in before)), "")
        for row in before:
            label_ids = tuple(dict.fromkeys(into_id if one == source_id else one for one in row.label_ids))
            kept = replace(row, label_ids=label_ids)
            # a rule that makes no sense any more goes with the label
            shown = {label.id for label in self.labels}
            there = tuple(one for one in label_ids if one in shown)
            with contextlib.suppress(ProjectError):
                self._check_rule(replace(kept, label_ids=there))
                self._do(RuleEdit((replace(row, deleted=True),), (kept,)), "")

    def _check_children(self, label_id: int) -> None:
        """Take the parent from children that would contradict a rule by it."""
        for child in [label for label in self.labels if label.parent == label_id]:
            try:
                check_parent(child.id, label_id, self.labels, self.rules)
            except ProjectError:
                row = self._content.label_rows[child.id]
                self._do(LabelEdit((row,), (replace(row, parent=None),)), "")

    def _move_disputes(self, source_id: int, into_id: int) -> None:
        """What another project says of a label that goes, it says of the one that stays, where that is otherwise."""
        theirs = {pair: state for pair, state in self._content.every_dispute().items() if pair[1] == source_id}
        unknown = dict.fromkeys(theirs, LabelState.UNKNOWN)
        moved = {(image_id, into_id): state for (image_id, _), state in theirs.items()}
        now = self._column_of(into_id)
        kept = {
            pair: state
            for pair, state in moved.items()
            if pair not in self.disputes and now[self.row_of(pair[0])] != state
        }
        self._dispute({pair: int(state) for pair, state in (unknown | kept).items()}, "")

    def _ancestors(self, label_id: int) -> list[int]:
        """Ids of the parent of a label, its parent, and so on."""
        rows = self._content.label_rows
        found: list[int] = []
        parent = rows[label_id].parent
        while parent is not None and parent not in found:
            found.append(parent)
            parent = rows[parent].parent
        return found

    def _column_of(self, label_id: int) -> NDArray[np.int8]:
        column: NDArray[np.int8] = self.states[:, [label.id for label in self.labels].index(label_id)]
        return column

    def _add(self, rows: tuple[LabelRow, ...], text: str) -> Changes:
        with self.step(text) as edits:
            made = len(edits)
            self._do(LabelEdit(tuple(replace(row, deleted=True) for row in rows), rows), text)
            if self.task == MULTI_CLASS:
                has_class = (self.states == PRESENT).any(axis=1)
                self._fill(has_class, [row.id for row in rows], LabelState.ABSENT, reviewed=None)
        return changes_of(edits[made:], text)


def _merged(source: NDArray[np.int8], into: NDArray[np.int8]) -> NDArray[np.int8]:
    """States (N,) of two labels as one: present where either is, else absent where either is."""
    # 1, 0 and -1: the larger of two says more
    merged: NDArray[np.int8] = np.maximum(source, into)
    return merged
