"""What is said of images that are compared: their labels, and which of them not all have."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.labels import PRESENT
from gui.label.images.loupe.chips import ChipInfo

if TYPE_CHECKING:
    from core.project.store import Store


def compared(store: "Store", image_ids: Sequence[int]) -> tuple[list[list[ChipInfo]], list[str]]:
    """The chips of each image, outlined where not all have the label, and the names of those labels.

    Args:
        store: the open project.
        image_ids: of the images.
    """
    present = store.states[store.rows_of(image_ids)] == PRESENT
    differ = present.any(axis=0) & ~present.all(axis=0)
    infos = [
        [ChipInfo(store.labels[one], "present", outlined=bool(differ[one])) for one in np.flatnonzero(row)]
        for row in present
    ]
    return infos, [store.labels[one].name for one in np.flatnonzero(differ)]
