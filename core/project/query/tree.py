"""What a filter asks, as a tree; `str` of a node is a filter that is read as the same node.

Leaves name labels by id, and keep the name for `str`: a label that was renamed since is still the same.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from core.labels import LabelState, Split
from core.project.query.words import (
    DISAGREE,
    SPLITS,
    Comparison,
    number_text,
    size_text,
    term,
    written,
    written_value,
)


@dataclass(frozen=True, slots=True)
class LabelName:
    """A label: its id, and what it was called when the filter was read."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class HasState:
    """Images on which a label has a state: `cat`, `-cat`, `?cat`."""

    label: LabelName
    state: LabelState

    def __str__(self) -> str:
        return term(self.label.name, self.state)


@dataclass(frozen=True, slots=True)
class IsKnown:
    """Images on which a label is present or absent: `known(cat)`."""

    label: LabelName

    def __str__(self) -> str:
        return f"known({written(self.label.name)})"


@dataclass(frozen=True, slots=True)
class HasFlag:
    """Images of which a word of `FLAGS` holds."""

    word: str

    def __str__(self) -> str:
        return self.word


@dataclass(frozen=True, slots=True)
class InSplit:
    """Images in any of some splits: `split:train,test`."""

    splits: frozenset[Split]

    def __str__(self) -> str:
        return "split:" + ",".join(word for word, split in SPLITS.items() if split in self.splits)


@dataclass(frozen=True, slots=True)
class InFolder:
    """Images in a folder and below: `folder:b`, `folder:"b/*"`; `folder:.` those in no folder. Casefolded."""

    pattern: str

    def __str__(self) -> str:
        return f"folder:{written_value(self.pattern)}"


@dataclass(frozen=True, slots=True)
class IsNamed:
    """Images whose path contains a text, or ends in a name that a pattern describes: `name:x`. Casefolded."""

    pattern: str

    def __str__(self) -> str:
        return f"name:{written_value(self.pattern)}"


@dataclass(frozen=True, slots=True)
class HasNote:
    """Images whose note contains a text or is described by a pattern: `note:x`, `note:*`. Casefolded."""

    pattern: str

    def __str__(self) -> str:
        return f"note:{written_value(self.pattern)}"


@dataclass(frozen=True, slots=True)
class HasId:
    """Images of these ids, ascending: `id:12,15`."""

    ids: tuple[int, ...]

    def __str__(self) -> str:
        return "id:" + ",".join(map(str, self.ids))


@dataclass(frozen=True, slots=True)
class Compares:
    """Images of which a measure compares so with a number: `labels>=3`. What is unknown compares with nothing."""

    field: str
    comparison: Comparison
    number: float

    def __str__(self) -> str:
        value = size_text(self.number) if self.field == "size" else number_text(self.number)
        return f"{self.field}{self.comparison}{value}"


@dataclass(frozen=True, slots=True)
class HasProbability:
    """Images on which a model's probability compares so with a number: `prob(cat)>0.8`."""

    label: LabelName
    comparison: Comparison
    number: float

    def __str__(self) -> str:
        return f"prob({written(self.label.name)}){self.comparison}{number_text(self.number)}"


@dataclass(frozen=True, slots=True)
class Disagrees:
    """Images on which the model decides otherwise than a person, on a label or on any: `disagree(cat)`."""

    label: LabelName | None

    def __str__(self) -> str:
        return DISAGREE if self.label is None else f"{DISAGREE}({written(self.label.name)})"


Leaf: TypeAlias = (
    HasState
    | IsKnown
    | HasFlag
    | InSplit
    | InFolder
    | IsNamed
    | HasNote
    | HasId
    | Compares
    | HasProbability
    | Disagrees
)


@dataclass(frozen=True, slots=True)
class Not:
    """Images that the node does not let through; never the negation of a `Not`."""

    node: "Node"

    def __str__(self) -> str:
        return f"NOT ({self.node})" if isinstance(self.node, And | Or) else f"NOT {self.node}"


@dataclass(frozen=True, slots=True)
class And:
    """Images that all nodes let through; made by `all_of`."""

    nodes: "tuple[Node, ...]"

    def __str__(self) -> str:
        return " ".join(f"({node})" if isinstance(node, Or) else str(node) for node in self.nodes)


@dataclass(frozen=True, slots=True)
class Or:
    """Images that one of the nodes lets through; made by `any_of`."""

    nodes: "tuple[Node, ...]"

    def __str__(self) -> str:
        return " OR ".join(map(str, self.nodes))


Node: TypeAlias = Leaf | Not | And | Or


@dataclass(frozen=True, slots=True)
class Sort:
    """One term of the order of images: `sort:name`, `sort:-prob(cat)`.

    Attributes:
        key: a word of `SORTS`, or "prob".
        label: for "prob".
        descending: largest first.
    """

    key: str
    label: LabelName | None = None
    descending: bool = False

    def __str__(self) -> str:
        sign = "-" if self.descending else ""
        return f"sort:{sign}{self.key}" + ("" if self.label is None else f"({written(self.label.name)})")


def all_of(nodes: Iterable[Node]) -> Node:
    """The node that lets through what all of some do."""
    flat: list[Node] = []
    for node in nodes:
        flat.extend(node.nodes if isinstance(node, And) else (node,))
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def any_of(nodes: Iterable[Node]) -> Node:
    """The node that lets through what one of some does."""
    flat: list[Node] = []
    for node in nodes:
        flat.extend(node.nodes if isinstance(node, Or) else (node,))
    return flat[0] if len(flat) == 1 else Or(tuple(flat))


def negated(node: Node) -> Node:
    """The node that lets through what another does not."""
    return node.node if isinstance(node, Not) else Not(node)


def leaves(node: Node) -> Iterator[Leaf]:
    """The questions of a tree, from left to right."""
    if isinstance(node, And | Or):
        for one in node.nodes:
            yield from leaves(one)
    elif isinstance(node, Not):
        yield from leaves(node.node)
    else:
        yield node
