"""Dividing images into train, validation and test so that every label is in each."""

import numpy as np
from numpy.typing import NDArray

from core.labels import LabelState, Split

# Of train, validation and test.
FRACTIONS = (0.7, 0.15, 0.15)


def stratified_split(
    states: NDArray[np.int8],
    *,
    fractions: tuple[float, float, float] = FRACTIONS,
    seed: int,
    existing: NDArray[np.int8] | None = None,
) -> NDArray[np.int8]:
    """Iterative stratification: the rarest label is dealt out first, each image to the split that lacks it most.

    After Sechidis, Tsoumakas and Vlahavas, "On the stratification of multi-label data" (2011). Unknown states count
    as if the label were absent.

    Args:
        states: int8 (N, C) in {1, 0, -1}.
        fractions: of train, validation and test, summing to 1; a split with 0 gets no new image.
        seed: shuffles the images before they are dealt out.
        existing: int8 (N,); images that have a split keep it, and the others make up for what it lacks.

    Returns:
        int8 (N,), values of `Split`, none of them `UNASSIGNED`.
    """
    count, labels = states.shape
    splits = np.full(count, Split.UNASSIGNED, np.int8) if existing is None else existing.astype(np.int8, copy=True)
    present = states == LabelState.PRESENT
    open_splits = [split for split in range(len(fractions)) if fractions[split] > 0]
    rng = np.random.default_rng(seed)

    # What each split lacks, of every label and, in the last column, of images altogether. Plain lists: the loop
    # below reads and writes single numbers, which numpy does ten times slower.
    counted = np.column_stack([present, np.ones(count, np.bool_)])
    lacking = [
        (fractions[split] * counted.sum(axis=0) - counted[splits == split].sum(axis=0)).tolist()
        for split in range(len(fractions))
    ]

    def deal(image: int, label: int) -> None:
        split = max(open_splits, key=lambda split: (lacking[split][label], lacking[split][labels]))
        splits[image] = split
        for column in (*np.flatnonzero(present[image]).tolist(), labels):
            lacking[split][column] -= 1

    waiting = splits == Split.UNASSIGNED
    while waiting.any():
        left = present[waiting].sum(axis=0)
        if not left.any():
            break
        label = int(np.where(left > 0, left, count + 1).argmin())
        for image in rng.permutation(np.flatnonzero(waiting & present[:, label])).tolist():
            deal(image, label)
        waiting &= ~present[:, label]
    for image in rng.permutation(np.flatnonzero(waiting)).tolist():
        deal(image, labels)
    return splits
