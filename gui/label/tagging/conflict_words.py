"""What rules mean for edits: what is said where one is broken, what Enter completes, what a key mends."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication

from core.labels import Label, LabelState
from core.project.changes import Changes
from core.project.labels.rules import Violation, fix, implied_present, violations_of, with_parents
from core.project.words import images as count_images

if TYPE_CHECKING:
    from core.project.store import Store

_MOST = 3
"""Labels that are named; how many more there are is counted."""
_GIVEN = {LabelState.PRESENT: "set", LabelState.ABSENT: "ruled out", LabelState.UNKNOWN: "left unknown"}


def words_of(violation: Violation, labels: Mapping[int, Label]) -> str:
    """Which rule is broken, in words.

    Args:
        violation: of an image.
        labels: by id.
    """
    names = [f"“{labels[one].name}”" for one in violation.label_ids]
    rule = violation.rule
    if rule.kind == "implies":
        return _tr("{} needs {}").format(*names)
    listed = ", ".join(names[:-1]) + _tr(" and ") + names[-1]
    if rule.kind == "exclusive":
        return _tr("Only one of “{group}”: {labels}").format(group=rule.name, labels=listed)
    return _tr("{} never together").format(listed)


def told_of_rules(store: "Store", image_id: int, changes: Changes, *, before: Sequence[Violation], key: str) -> Changes:
    """Add to what is said of an edit which rule it broke, and how to mend that.

    Args:
        store: after the edit.
        image_id: of the one image that was edited.
        changes: that were made.
        before: rules that the image broke before.
        key: that mends rules, as this system writes it; empty for none.
    """
    broken = [one for one in broken_by(store, image_id) if one not in before]
    if not broken:
        return changes
    labels = {label.id: label for label in store.labels}
    more = _tr(" and {} more").format(len(broken) - 1) if len(broken) > 1 else ""
    mends = _tr(" {key} mends it.").format(key=key) if key else ""
    return replace(changes, text=f"{changes.text}. {words_of(broken[0], labels)}{more}.{mends}")


def broken_by(store: "Store", image_id: int) -> list[Violation]:
    """The rules that an image breaks."""
    return violations_of(store.states[store.row_of(image_id)], store.labels, store.rules)


def complete(store: "Store", images: NDArray[np.int64]) -> Changes:
    """Review images; what is unknown becomes what present labels imply, else absent.

    Args:
        store: of the project.
        images: ids (n,).
    """
    if not with_parents(store.labels, store.rules):
        return store.set_states(images, {}, reviewed=True, fill_unknown=LabelState.ABSENT)
    states = implied_present(store.states_of(images), store.labels, store.rules)
    states[states == LabelState.UNKNOWN] = LabelState.ABSENT
    ids = np.array([label.id for label in store.labels], np.int64)
    return store.set_matrix(images, ids, states, reviewed=True, text=f"{count_images(len(images))} reviewed")


def mend(store: "Store", images: NDArray[np.int64], keep: Sequence[int]) -> Changes:
    """Change labels of images until no rule is broken, and say what became of them.

    Args:
        store: of the project.
        images: ids (n,).
        keep: ids of labels that keep their state if they can, the newest last.
    """
    labels = store.labels
    before = store.states_of(images)
    # many images have the same labels
    kinds, kind_of = np.unique(before, axis=0, return_inverse=True)
    columns = {label.id: column for column, label in enumerate(labels)}
    for kind in kinds:
        for label_id, state in fix(kind.copy(), labels, store.rules, keep=keep).items():
            kind[columns[label_id]] = state
    after = kinds[kind_of.ravel()]
    ids = np.array([label.id for label in labels], np.int64)
    # what undo says is short
    text = f"Rule conflicts of {count_images(len(images))} fixed"
    changes = store.set_matrix(images, ids, after, reviewed=None, text=text)
    return replace(changes, text=f"{text}: {_became(labels, before, after)}") if changes else changes


def _became(labels: Sequence[Label], before: NDArray[np.int8], after: NDArray[np.int8]) -> str:
    """In words: "“ace” set on 12, “king” ruled out on 3".

    Args:
        labels: of the project.
        before: int8 (n, C), states of the images.
        after: int8 (n, C).
    """
    counts = []
    for column, label in enumerate(labels):
        changed = before[:, column] != after[:, column]
        for state, word in _GIVEN.items():
            count = int(np.count_nonzero(changed & (after[:, column] == state)))
            if count:
                counts.append((count, f"“{label.name}” {word}" + (f" on {count:,}" if len(before) > 1 else "")))
    counts.sort(key=lambda one: -one[0])
    said = ", ".join(text for _, text in counts[:_MOST])
    more = sum(count for count, _ in counts[_MOST:])
    return said + (_tr(", and {} changes more").format(f"{more:,}") if more else "")


def _tr(text: str) -> str:
    return QCoreApplication.translate("Conflicts", text)


KeySource = Callable[[], str]
"""Says the key that mends rules, as this system writes it; empty for none."""
