"""What is different where an image has one label: the others are absent, and nothing else is worth knowing."""

import numpy as np
from numpy.typing import NDArray

from core.errors import ProjectError
from core.labels import ABSENT, MULTI_CLASS, PRESENT, UNKNOWN, Task
from core.project.edits import KEEP


def annotated_images(states: NDArray[np.int8], task: Task) -> NDArray[np.bool_]:
    """The images (N,) that can teach something: with a known label, or with the one label that an image has.

    Args:
        states: int8 (N, C) in {1, 0, -1}.
        task: of the project.
    """
    teaches = states == PRESENT if task == MULTI_CLASS else states != UNKNOWN
    found: NDArray[np.bool_] = teaches.any(axis=1)
    return found


def with_several(states: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Which images (n,) have several present labels.

    Args:
        states: int8 (n, k) in {1, 0, -1, KEEP}.
    """
    several: NDArray[np.bool_] = np.count_nonzero(states == PRESENT, axis=1) > 1
    return several


def one_class(states: NDArray[np.int8], *, columns: NDArray[np.int64], labels: int) -> NDArray[np.int8]:
    """Make every other label absent where one is to be present.

    Args:
        states: int8 (n, k) in {1, 0, -1, KEEP}: what is to be set.
        columns: int64 (k,): which of all labels they are of.
        labels: number of all labels, C.

    Returns:
        int8 (n, C): what is to be set of all labels; KEEP elsewhere.

    Raises:
        ProjectError: several labels of one image were to be present.
    """
    if with_several(states).any():
        raise ProjectError(
            "An image of this project has one label, and several were to be present at once.",
            next_step="Choose one of them.",
        )
    whole = np.full((len(states), labels), KEEP, np.int8)
    whole[:, columns] = states
    present = whole == PRESENT
    whole[present.any(axis=1, keepdims=True) & ~present] = ABSENT
    return whole
