"""What renaming, merging or deleting a label changes, in sentences with numbers."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QCoreApplication

from core.labels import Label, LabelState, Rule
from core.project.labels.rules import violating
from core.project.query import QueryError, parse
from core.project.words import images
from gui.label.labels.rules.rule_words import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.project.store import Store


def renaming(store: "Store", label: Label, name: str) -> str:
    """What another name changes; empty where nothing but the name of a label that is not used."""
    present, absent = _known(store, label)
    renamed = [replace(one, name=name) if one.id == label.id else one for one in store.labels]
    parts = [_tr("present on {}").format(images(present))] if present else []
    if absent:
        parts.append(_tr("absent on {}").format(images(absent)))
    rules = _rules(store, label)
    if rules:
        parts.append(_tr("in {}").format(counted(rules, _tr("rule"), _tr("rules"))))
    said = ""
    if parts:
        said = _tr("“{old}” becomes “{new}” everywhere: {where}.").format(
            old=label.name, new=name, where=", ".join(parts)
        )
    return f"{said} {_filters(store, renamed)}".strip()


def deleting(store: "Store", label: Label) -> str:
    """What goes with a label; empty where nothing does."""
    present, absent = _known(store, label)
    left = [one for one in store.labels if one.id != label.id]
    parts = [counted(present + absent, _tr("annotation"), _tr("annotations"))] if present + absent else []
    rules = _rules(store, label)
    if rules:
        parts.append(counted(rules, _tr("rule"), _tr("rules")))
    if label.examples:
        parts.append(counted(len(label.examples), _tr("pinned example"), _tr("pinned examples")))
    said = ""
    if parts:
        said = _tr("{what} of “{name}” will go with it.").format(what=_listed(parts), name=label.name)
    children = [one.name for one in store.labels if one.parent == label.id]
    if children:
        named = ", ".join(f"“{one}”" for one in children[:3]) + (" …" if len(children) > 3 else "")
        said += " " + _tr("Without a parent then: {}.").format(named)
    return f"{said} {_filters(store, left)}".strip()


def merging(store: "Store", source: Label, into: Label) -> str:
    """What making one label of two changes."""
    count = store.merge_count(source.id, into.id)
    present, absent = _known(store, source)
    said = [
        _tr("“{source}” goes, with {annotations}; “{into}” changes on {images}.").format(
            source=source.name,
            into=into.name,
            annotations=counted(present + absent, _tr("annotation"), _tr("annotations")),
            images=images(count.images),
        )
    ]
    if count.conflicts:
        said.append(
            _tr("On {} one is present and the other absent: “{}” becomes present there.").format(
                images(count.conflicts), into.name
            )
        )
    rules, children = _rules(store, source), sum(one.parent == source.id for one in store.labels)
    over = [counted(rules, _tr("rule"), _tr("rules"))] if rules else []
    if children:
        over.append(counted(children, _tr("child label"), _tr("child labels")))
    if source.examples:
        over.append(counted(len(source.examples), _tr("pinned example"), _tr("pinned examples")))
    if over:
        said.append(_tr("{what} of “{source}” go over to “{into}”.").format(
            what=_listed(over), source=source.name, into=into.name
        ))  # fmt: skip
    left = [one for one in store.labels if one.id != source.id]
    return " ".join([*said, _filters(store, left)]).strip()


def breaking(store: "Store", rule: Rule) -> int:
    """How many images break a rule, whether the project has it or not."""
    plain = [replace(label, parent=None) for label in store.labels]
    return int(np.count_nonzero(violating(store.states, plain, [rule])))


def of_parent(store: "Store", label: Label, parent: Label) -> str:
    """What another parent means for images; empty where all have it already."""
    count = breaking(store, Rule(0, "implies", (label.id, parent.id)))
    if not count:
        return ""
    return _tr("{images} with “{label}” without “{parent}” will break this rule.").format(
        images=images(count), label=label.name, parent=parent.name
    )


def broken_now(count: int, key: str) -> str:
    """That images break a rule just made, and how they are found; empty where none does.

    Args:
        count: how many.
        key: that shows rule conflicts; empty without one.
    """
    if not count:
        return ""
    if key:
        said = (
            _tr("1 image breaks it: {key} shows it") if count == 1 else _tr("{count} images break it: {key} shows them")
        )
    else:
        said = _tr("1 image breaks it") if count == 1 else _tr("{count} images break it")
    return said.format(count=f"{count:,}", key=key)


def _known(store: "Store", label: Label) -> tuple[int, int]:
    """On how many images a label is present, and absent."""
    column = store.states[:, [one.id for one in store.labels].index(label.id)]
    # as plain numbers: an enum is compared as a wider type
    present, absent = (np.count_nonzero(column == int(one)) for one in (LabelState.PRESENT, LabelState.ABSENT))
    return int(present), int(absent)


def _rules(store: "Store", label: Label) -> int:
    return sum(label.id in rule.label_ids for rule in store.rules)


def _filters(store: "Store", labels: "Sequence[Label]") -> str:
    """The saved filters that would not be understood with other labels."""
    lost = [
        name for name, text in store.saved_filters.items()
        if _is_understood(text, store.labels) and not _is_understood(text, labels)
    ]  # fmt: skip
    if not lost:
        return ""
    named = ", ".join(f"“{name}”" for name in lost[:3]) + (" …" if len(lost) > 3 else "")
    return _tr("No longer understood: {count}, {names}.").format(
        count=counted(len(lost), _tr("saved filter"), _tr("saved filters")), names=named
    )


def _is_understood(text: str, labels: "Sequence[Label]") -> bool:
    try:
        parse(text, labels)
    except QueryError:
        return False
    return True


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + _tr(" and ") + parts[-1]


def _tr(text: str) -> str:
    return QCoreApplication.translate("LabelConsequences", text)
