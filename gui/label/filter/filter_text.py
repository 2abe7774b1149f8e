"""Changing the text of a filter by its terms, as chips and menus do."""

from collections.abc import Sequence
from dataclasses import replace

from core.labels import Label, LabelState
from core.project.query import Part, Query, QueryError, parse, parts, term, without
from core.project.query.tokens import tokens
from core.project.query.tree import HasFlag, HasState, InSplit, LabelName, Node, Not, Or, Sort
from core.project.query.words import written

_NEXT = {
    LabelState.PRESENT: LabelState.ABSENT,
    LabelState.ABSENT: LabelState.UNKNOWN,
    LabelState.UNKNOWN: LabelState.PRESENT,
}
_REVIEWS = ("reviewed", "unreviewed", "unsure")


def with_term(text: str, new: str, labels: Sequence[Label]) -> str:
    """A filter that asks for one thing more.

    What asks for another state of the same label, or another state of the review, gives way: both together never hold.
    A split joins the splits that are asked for.

    Args:
        text: the filter; one that cannot be read only gets longer.
        new: the term.
        labels: of the project.
    """
    try:
        query, added = parse(text, labels), parse(new, labels)
        found = parts(text, labels)
    except QueryError:
        return f"{text.rstrip()} {new}".strip()
    if isinstance(query.tree, Or):
        return " ".join([f"({query.tree})", new, *map(str, query.sorts)])
    subject = _subject(added)
    if isinstance(added.tree, InSplit):
        # no image is in two of them: any of these
        for part in found:
            other = parse(part.text, labels).tree
            if isinstance(other, InSplit):
                new = str(InSplit(other.splits | added.tree.splits))
                return text[: part.start] + new + text[part.end :]
    for part in found:
        if subject is not None and _subject(parse(part.text, labels)) == subject:
            return text[: part.start] + new + text[part.end :]
    # orders stand at the end
    at = next((part.start for part in found if is_order(part, labels)), len(text))
    return " ".join(one for one in (text[:at].rstrip(), new, text[at:].strip()) if one)


def with_order(text: str, order: str, labels: Sequence[Label]) -> str:
    """A filter whose images come in another order.

    Args:
        text: the filter; one that cannot be read only gets longer.
        order: as in "sort:name"; empty for that in which images were added.
        labels: of the project.
    """
    try:
        query = parse(text, labels)
        if isinstance(query.tree, Or):
            return f"{query.tree} {order}".strip()
        for part in reversed(parts(text, labels)):
            if is_order(part, labels):
                text = without(text, part)
    except QueryError:
        pass
    return f"{text.rstrip()} {order}".strip()


def cycled(text: str, part: Part, labels: Sequence[Label]) -> str | None:
    """A filter with the next state of a label, or with an order turned round; None for parts without a next one."""
    query = parse(part.text, labels)
    new: str | None = None
    if isinstance(query.tree, HasState):
        new = term(query.tree.label.name, _NEXT[query.tree.state])
    elif query.tree is None and query.sorts:
        new = str(turned(query.sorts[0]))
    return None if new is None else text[: part.start] + new + text[part.end :]


def turned(sort: Sort) -> Sort:
    """The other way round."""
    return replace(sort, descending=not sort.descending)


def is_order(part: Part, labels: Sequence[Label]) -> bool:
    """Whether a part says in which order images come."""
    return parse(part.text, labels).tree is None


def renamed(text: str, before: Sequence[Label], after: Sequence[Label]) -> str:
    """A filter that asks for the same labels under the names they have now.

    Args:
        text: the filter.
        before: the labels when it was written.
        after: the labels now.
    """
    names = {label.id: label.name for label in after}
    old = {label.id: label.name for label in before}
    try:
        found = list(tokens(text, before))
    except QueryError:
        return text
    for token in reversed(found):
        label = token.what if isinstance(token.what, LabelName) else getattr(token.what, "label", None)
        if not isinstance(label, LabelName) or names.get(label.id, old[label.id]) == old[label.id]:
            continue
        now = LabelName(label.id, names[label.id])
        # only questions and orders have a label in them
        new = written(now.name) if label is token.what else str(replace(token.what, label=now))  # type: ignore[type-var]
        text = text[: token.start] + new + text[token.end :]
    return text


def state_of(part: Part, labels: Sequence[Label]) -> tuple[Label, LabelState] | None:
    """The label and the state that a part asks for; None where it asks for something else."""
    node = parse(part.text, labels).tree
    if not isinstance(node, HasState):
        return None
    return next((label, node.state) for label in labels if label.id == node.label.id)


def _subject(query: Query) -> object:
    """Of what a term says one of several things that exclude each other; None for others."""
    node: Node | None = query.tree
    if isinstance(node, HasState):
        return node.label.id
    bare = node.node if isinstance(node, Not) else node
    return "review" if isinstance(bare, HasFlag) and bare.word in _REVIEWS and bare is node else None
