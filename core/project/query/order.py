"""The order of images."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.project.query.data import QueryData
from core.project.query.measures import Measure, disagreement, measure, probabilities, shuffled
from core.project.query.tree import Sort


def ordered(sorts: Sequence[Sort], data: QueryData, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows (n,) by some terms, of which later ones break the ties of earlier ones; NaN comes last."""
    for sort in reversed(sorts):
        values = _values(sort, data)[rows]
        # a stable sort of negatives keeps equal ones as they are, and NaN behind; no value is the lowest of its type
        rows = rows[np.argsort(-values if sort.descending else values, kind="stable")]
    return rows


def _values(sort: Sort, data: QueryData) -> Measure:
    if sort.label is not None:
        return probabilities(sort.label, data)
    if sort.key == "name":
        return data.paths.natural_rank
    if sort.key == "reviewed":
        return data.reviewed_at
    if sort.key == "disagree":
        return disagreement(data)
    if sort.key == "random":
        return shuffled(data.image_ids)
    return data.image_ids if sort.key == "id" else measure(sort.key, data)
