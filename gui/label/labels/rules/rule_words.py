"""Rules of labels in words."""

from collections.abc import Iterable, Mapping, Sequence

from PySide6.QtCore import QCoreApplication

from core.labels import Label, Rule, RuleKind
from core.project.labels.rules import with_parents


def words_of(rule: Rule, names: Mapping[int, str]) -> str:
    """A rule as a sentence without a full stop.

    Args:
        rule: of `core.project.labels.rules.with_parents`.
        names: of the labels, by id.
    """
    said = [f"“{names[one]}”" for one in rule.label_ids]
    if rule.kind == "implies":
        if rule.id == 0:
            return _tr("{0} implies {1}, its parent").format(*said)
        return _tr("{0} implies {1}").format(*said)
    if rule.kind == "never":
        return _tr("{0} and {1} never together").format(*said)
    return _tr("{group}: only one of {labels}").format(group=rule.name, labels=", ".join(said))


def rules_about(label_id: int, labels: Sequence[Label], rules: Iterable[Rule]) -> list[str]:
    """The rules that a label is in, with what parents mean, in words."""
    names = names_of(labels)
    return [words_of(rule, names) for rule in with_parents(labels, tuple(rules)) if label_id in rule.label_ids]


def names_of(labels: Iterable[Label]) -> dict[int, str]:
    """Names by label id."""
    return {label.id: label.name for label in labels}


def kind_words(kind: RuleKind) -> str:
    """A kind of rule, to choose it."""
    return {
        "implies": _tr("One implies another"),
        "never": _tr("Two never together"),
        "exclusive": _tr("Only one of a group"),
    }[kind]


def counted(number: int, one: str, several: str) -> str:
    """A number with its word: "1 rule", "1,200 rules"."""
    return f"1 {one}" if number == 1 else f"{number:,} {several}"


def _tr(text: str) -> str:
    return QCoreApplication.translate("RuleWords", text)
