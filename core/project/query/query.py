"""A filter that was read: which images pass, and in which order."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.project.query.data import QueryData
from core.project.query.evaluation import passing
from core.project.query.order import ordered
from core.project.query.tree import (
    Compares,
    Disagrees,
    HasFlag,
    HasId,
    HasNote,
    HasProbability,
    InFolder,
    InSplit,
    IsNamed,
    Leaf,
    Node,
    Sort,
    leaves,
)
from core.project.query.words import DISAGREE

_FLAG_NEEDS = {
    "reviewed": "review",
    "unreviewed": "review",
    "unsure": "review",
    "flagged": "flagged",
    "unlabeled": "states",
    "unreadable": "unreadable",
    "conflict": "rules",
    "disputed": "disputes",
}
_MEASURE_NEEDS = {
    "labels": "states",
    "known": "states",
    "width": "facts",
    "height": "facts",
    "aspect": "facts",
    "size": "facts",
    "name": "paths",
    "reviewed": "review",
    "disagree": "prob",
    "prob": "prob",
}


@dataclass(frozen=True, slots=True)
class Query:
    """A filter, ready to be asked; `str` of it is a filter that is read as the same.

    Attributes:
        tree: what is asked; None lets everything through.
        sorts: in which order images come; later terms order those that earlier ones leave equal.
    """

    tree: Node | None = None
    sorts: tuple[Sort, ...] = ()

    def __bool__(self) -> bool:
        return self.tree is not None or bool(self.sorts)

    def __str__(self) -> str:
        tree = [] if self.tree is None else [str(self.tree)]
        return " ".join([*tree, *map(str, self.sorts)])

    @property
    def is_sorted(self) -> bool:
        """Whether images come in another order than they were added in."""
        return bool(self.sorts)

    @property
    def needs(self) -> frozenset[str]:
        """What an answer hangs on.

        Of "states", "rules", "review", "flagged", "splits", "paths", "unreadable", "notes", "facts" (width, height,
        size), "disputes" and "prob" (a model's scores and thresholds).
        """
        tree = [] if self.tree is None else [_needs(leaf) for leaf in leaves(self.tree)]
        sorts = [_MEASURE_NEEDS.get(sort.key, "") for sort in self.sorts]
        needs = frozenset([*tree, *sorts]) - {""}
        hangs_on_states = "rules" in needs or any(sort.key == DISAGREE for sort in self.sorts)
        if self.tree is not None:
            hangs_on_states |= any(isinstance(leaf, Disagrees) for leaf in leaves(self.tree))
        return needs | {"states"} if hangs_on_states else needs

    def matches(self, data: QueryData) -> NDArray[np.bool_]:
        """Which images the filter lets through.

        Args:
            data: of the project.

        Returns:
            bool (N,). A label that was deleted since has no state on any image.
        """
        return np.ones(len(data.image_ids), np.bool_) if self.tree is None else passing(self.tree, data)

    def order(self, data: QueryData, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The rows of some images in the order that the filter asks for.

        Args:
            data: of the project.
            rows: (n,); equal images stay in the order of these.

        Returns:
            int64 (n,). Images of which the measure is unknown come last.
        """
        return ordered(self.sorts, data, rows)


def _needs(leaf: Leaf) -> str:
    if isinstance(leaf, HasFlag):
        return _FLAG_NEEDS[leaf.word]
    if isinstance(leaf, Compares):
        return _MEASURE_NEEDS[leaf.field]
    if isinstance(leaf, HasProbability | Disagrees):
        return "prob"
    if isinstance(leaf, InFolder | IsNamed):
        return "paths"
    if isinstance(leaf, InSplit):
        return "splits"
    if isinstance(leaf, HasNote):
        return "notes"
    return "" if isinstance(leaf, HasId) else "states"
