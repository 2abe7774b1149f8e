"""Labels that nearly always come along with another one: shown as a hint, never applied by themselves.

Shapes: `N` images, `C` labels in the order of the columns.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.evaluation.cooccurrence import images_with_both, packed
from core.labels import PRESENT, UNKNOWN, Label, Rule
from core.project.labels.rules import chains_of, excluding

MIN_PROBABILITY = 0.95
MIN_SUPPORT = 10


@dataclass(frozen=True, eq=False)
class Companions:
    """How often labels come along with others, as far as the annotations say.

    Attributes:
        probability: float64 (C, C), of the images on which the row's label is present and the column's known, the
            share on which the column's is present, too; 0 where it is too small or of too few images.
        settled: bool (C, C), where a rule already says of the column's label what the row's means for it.
    """

    probability: NDArray[np.float64]
    settled: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        states: NDArray[np.int8],
        min_probability: float = MIN_PROBABILITY,
        min_support: int = MIN_SUPPORT,
        *,
        labels: Sequence[Label] = (),
        rules: Sequence[Rule] = (),
    ) -> "Companions":
        """Count which labels come along with which; some 30 ms for 100,000 x 80, so it may be done anew in a thread.

        Args:
            states: int8 (N, C) in {1, 0, -1}; fast where its columns are contiguous.
            min_probability: the least share that makes a hint.
            min_support: the fewest images on which the one label is present and the other known.
            labels: the C labels, for their parents; without them rules are not looked at.
            rules: of the project; labels that they imply or exclude make no hint.
        """
        present = packed(states == PRESENT)
        support = images_with_both(present, packed(states != UNKNOWN))
        share = images_with_both(present, present) / np.maximum(support, 1)
        share[(support < min_support) | (share < min_probability)] = 0
        np.fill_diagonal(share, 0)
        settled = chains_of(labels, rules) | excluding(labels, rules) if labels else np.zeros(share.shape, np.bool_)
        return cls(share, settled)

    def hints(self, row: NDArray[np.int8]) -> list[tuple[int, int, float]]:
        """The unknown labels of an image that nearly always come along with a present one.

        Args:
            row: int8 (C,) in {1, 0, -1}.

        Returns:
            Column of the unknown label, column of the present one that says so most surely, and the share of the images
            with that one that have the other, too; the surest first.
        """
        present = np.flatnonzero(row == PRESENT)
        if not len(present):
            return []
        wanted = (row == UNKNOWN) & ~self.settled[present].any(axis=0)
        because = present[self.probability[present].argmax(axis=0)]
        found = [
            (column, int(because[column]), float(self.probability[because[column], column]))
            for column in np.flatnonzero(wanted).tolist()
        ]
        return sorted((one for one in found if one[2] > 0), key=lambda one: -one[2])
