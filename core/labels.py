"""Labels, and the state of one label on one image."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

Task = Literal["multi-label", "multi-class"]
"""What a project asks of an image: any number of labels, or one of them; fixed when the project is made."""
MULTI_LABEL: Task = "multi-label"
MULTI_CLASS: Task = "multi-class"


class LabelState(IntEnum):
    """What a person said of one label on one image; the values are those of the state matrix."""

    ABSENT = 0
    PRESENT = 1
    UNKNOWN = -1


class Split(IntEnum):
    """The part of the data an image belongs to, for ever; `UNASSIGNED` until the first training."""

    UNASSIGNED = -1
    TRAIN = 0
    VALIDATION = 1
    TEST = 2


@dataclass(frozen=True, slots=True)
class Label:
    """One class name of a project.

    Attributes:
        id: number within the project, never used again after the label is deleted.
        name: what people call it; unique in the project regardless of case.
        color: "#rrggbb".
        shortcut: the key that cycles its state in Label, one character or empty.
    """

    id: int
    name: str
    color: str
    shortcut: str = ""
