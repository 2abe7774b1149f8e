"""What a project knows by now: states per label, which labels come together, splits, reviews, and how it grew.

Shapes: `N` images, `C` labels in the order of the columns.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.evaluation.cooccurrence import images_with_both, packed
from core.labels import PRESENT, UNKNOWN, Review, Split

Step = Literal["minute", "hour", "day"]
SECONDS: dict[Step, int] = {"minute": 60, "hour": 3600, "day": 86400}
# in 2106
_LATEST = 2.0**32
# the longest time that is told in a step, in seconds
_LONGEST: dict[Step, float] = {"minute": 3 * 3600, "hour": 4 * 86400, "day": np.inf}


@dataclass(frozen=True, eq=False)
class Progress:
    """How many images were reviewed by when.

    Attributes:
        step: what is counted together.
        starts: float64 (k,), when each minute, hour or day began, in seconds since 1970; without gaps, and empty where
            no time is known.
        counts: int64 (k,), images reviewed by the end of it, with the earlier ones.
        earlier: images that were reviewed nobody knows when; counted as before all others.
    """

    step: Step
    starts: NDArray[np.float64]
    counts: NDArray[np.int64]
    earlier: int

    @property
    def total(self) -> int:
        """Images reviewed until now."""
        return int(self.counts[-1]) if len(self.counts) else self.earlier


@dataclass(frozen=True, eq=False)
class Statistics:
    """Counts of a project.

    Attributes:
        images: N.
        states: int64 (C, 3), images on which a label is present, absent and unknown.
        together: int64 (C, C), symmetric: images on which both labels are present; in the diagonal those with one.
        splits: int64 (4,), images of train, validation, test and none.
        reviews: int64 (3,), images by `Review`.
        flagged: images with a flag.
        progress: how the reviewed ones grew.
    """

    images: int
    states: NDArray[np.int64]
    together: NDArray[np.int64]
    splits: NDArray[np.int64]
    reviews: NDArray[np.int64]
    flagged: int
    progress: Progress


SPLIT_ORDER = (Split.TRAIN, Split.VALIDATION, Split.TEST, Split.UNASSIGNED)
"""Of the counts in `Statistics.splits`."""


def count_statistics(
    states: NDArray[np.int8],
    splits: NDArray[np.int8],
    review: NDArray[np.int8],
    *,
    flagged: NDArray[np.bool_],
    reviewed_at: NDArray[np.float64],
    utc_offset: float = 0.0,
) -> Statistics:
    """Count everything; some 20 ms for 100,000 x 80.

    Args:
        states: int8 (N, C) in {1, 0, -1}; fast where its columns are contiguous.
        splits: int8 (N,), `Split`.
        review: int8 (N,), `Review`.
        flagged: bool (N,).
        reviewed_at: float64 (N,), seconds since 1970; NaN where not known.
        utc_offset: of the clock by which days and hours begin, in seconds.
    """
    present = packed(states == PRESENT)
    unknown = np.bitwise_count(packed(states == UNKNOWN)).sum(axis=1, dtype=np.int64)
    together = images_with_both(present, present)
    found = together.diagonal()
    return Statistics(
        images=len(states),
        states=np.column_stack([found, len(states) - found - unknown, unknown]),
        together=together,
        splits=np.array([np.count_nonzero(splits == one) for one in SPLIT_ORDER], np.int64),
        reviews=np.array([np.count_nonzero(review == one) for one in Review], np.int64),
        flagged=int(np.count_nonzero(flagged)),
        progress=count_progress(reviewed_at[review == Review.REVIEWED], utc_offset=utc_offset),
    )


def count_progress(reviewed_at: NDArray[np.float64], *, utc_offset: float = 0.0) -> Progress:
    """Count the reviewed images by day, or by hour or minute where they were reviewed within days or hours.

    Args:
        reviewed_at: float64 (n,), of the reviewed images: seconds since 1970; NaN where not known.
        utc_offset: of the clock by which days and hours begin, in seconds.
    """
    # also a clock that was far off is no known time: every day from 1970 on would be counted
    times = np.sort(reviewed_at[(reviewed_at > 0) & (reviewed_at < _LATEST)])
    earlier = len(reviewed_at) - len(times)
    span = times[-1] - times[0] if len(times) else 0.0
    step = next(step for step, longest in _LONGEST.items() if span <= longest)
    if not len(times):
        return Progress(step, np.zeros(0), np.zeros(0, np.int64), earlier)
    numbers = np.floor((times + utc_offset) / SECONDS[step]).astype(np.int64)
    every = np.arange(numbers[0], numbers[-1] + 1)
    counts = earlier + np.searchsorted(numbers, every, side="right")
    return Progress(step, every * float(SECONDS[step]) - utc_offset, counts, earlier)
