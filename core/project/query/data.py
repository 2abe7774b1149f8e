"""What a filter looks at."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Self
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from core.labels import MULTI_CLASS, Label, LabelState, Rule
from core.project.query.path_index import PathIndex
from core.project.store import Store

_indexes: "WeakKeyDictionary[Store, PathIndex]" = WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class QueryData:
    """A project as filters see it; N images, C labels. Columns are fastest when they are contiguous.

    Attributes:
        labels: in the order of the columns.
        states: int8 (N, C) in {1, 0, -1}.
        review: int8 (N,), values of `Review`.
        reviewed_at: float64 (N,), seconds since 1970, NaN when not reviewed or unknown.
        flagged: bool (N,).
        splits: int8 (N,), values of `Split`.
        image_ids: int64 (N,), ascending.
        paths: of the N images.
        problems: why an image cannot be shown, by its id.
        notes: texts by image id.
        widths: int32 (N,) pixels, 0 when unknown.
        heights: int32 (N,) pixels, 0 when unknown.
        sizes: int64 (N,) bytes.
        rules: what must hold of the labels of an image.
        disputes: what another person says, by image and label id.
        scores: float32 (N, C), a model's probabilities, NaN when unknown; None without a model.
        thresholds: float64 (C,), from which probability on the model says present; None for 0.5.
        is_multi_class: whether an image has one label, so that the model's is that of the highest probability.
    """

    labels: tuple[Label, ...]
    states: NDArray[np.int8]
    review: NDArray[np.int8]
    reviewed_at: NDArray[np.float64]
    flagged: NDArray[np.bool_]
    splits: NDArray[np.int8]
    image_ids: NDArray[np.int64]
    paths: PathIndex
    problems: Mapping[int, str]
    notes: Mapping[int, str]
    widths: NDArray[np.int32]
    heights: NDArray[np.int32]
    sizes: NDArray[np.int64]
    rules: tuple[Rule, ...]
    disputes: Mapping[tuple[int, int], LabelState]
    scores: NDArray[np.float32] | None = None
    thresholds: NDArray[np.float64] | None = None
    is_multi_class: bool = False

    @classmethod
    def of(
        cls,
        store: Store,
        scores: NDArray[np.float32] | None = None,
        thresholds: NDArray[np.float64] | None = None,
    ) -> Self:
        """What filters see of an open project: the arrays themselves, so it takes 1 ms for 100,000 images.

        Ask again after a change of images or labels.
        """
        paths = _indexes[store] = PathIndex.of(store.paths, _indexes.get(store))
        return cls(
            labels=store.labels,
            states=store.states,
            review=store.review,
            reviewed_at=store.reviewed_at,
            flagged=store.flagged,
            splits=store.splits,
            image_ids=store.image_ids,
            paths=paths,
            problems=store.problems,
            notes=store.notes,
            widths=store.widths,
            heights=store.heights,
            sizes=store.sizes,
            rules=store.rules,
            disputes=store.disputes,
            scores=scores,
            thresholds=thresholds,
            is_multi_class=store.task == MULTI_CLASS,
        )

    @staticmethod
    def index_of(store: Store) -> PathIndex | None:
        """The index of paths that was made last, from which a thread can make one of paths as they are now."""
        return _indexes.get(store)

    @staticmethod
    def keep_index(store: Store, paths: PathIndex) -> None:
        """Take over an index that a thread made, so that the next `of` has nothing to do."""
        _indexes[store] = paths

    @cached_property
    def columns(self) -> dict[int, int]:
        """The column of each label, by id."""
        return {label.id: column for column, label in enumerate(self.labels)}


def counts(data: QueryData, passing: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How many images have each state of each label.

    Args:
        data: of the project.
        passing: bool (N,), the images that count.

    Returns:
        int64 (3, C); `counts[state]` are those of a `LabelState`: absent, present, unknown.
    """
    states = data.states.T
    numbers = np.empty((3, len(states)), np.int64)
    images = np.count_nonzero(passing)
    counted = np.empty(len(passing), np.bool_)
    for column, values in enumerate(states):
        for state in (LabelState.PRESENT, LabelState.UNKNOWN):
            np.equal(values, int(state), out=counted)
            np.logical_and(counted, passing, out=counted)
            numbers[state, column] = np.count_nonzero(counted)
    numbers[LabelState.ABSENT] = images - numbers[LabelState.PRESENT] - numbers[LabelState.UNKNOWN]
    return numbers
