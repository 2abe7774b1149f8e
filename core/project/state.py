"""All that people said of a project's images at one time."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.project.edits import LabelRow, RuleRow


@dataclass(frozen=True, eq=False)
class ProjectState:
    """Labels, rules and annotations; such as a version keeps, and as it can be brought back.

    Attributes:
        label_rows: every label there ever was, also deleted ones.
        rule_rows: every rule there ever was, also deleted ones.
        image_ids: int64 (N,), ascending.
        matrix: int8 (N, W) in {1, 0, -1}; the column of a label is its id - 1.
        review: int8 (N,), values of `Review`.
        flagged: bool (N,).
        notes: texts by image id, none of them empty.
        reviewed_at: float64 (N,), seconds since 1970; NaN where nobody knows.
    """

    label_rows: tuple[LabelRow, ...]
    rule_rows: tuple[RuleRow, ...]
    image_ids: NDArray[np.int64]
    matrix: NDArray[np.int8]
    review: NDArray[np.int8]
    flagged: NDArray[np.bool_]
    notes: Mapping[int, str]
    reviewed_at: NDArray[np.float64]
