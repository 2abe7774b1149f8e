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


# numpy compares bytes with a plain number ten times faster than with a member of an enumeration
PRESENT, ABSENT, UNKNOWN = int(LabelState.PRESENT), int(LabelState.ABSENT), int(LabelState.UNKNOWN)
"""The states as they are in the state matrix, to compare columns of it with."""


class Split(IntEnum):
    """The part of the data an image belongs to, for ever; `UNASSIGNED` until the first training."""

    UNASSIGNED = -1
    TRAIN = 0
    VALIDATION = 1
    TEST = 2


class Review(IntEnum):
    """How far a person came with an image; `UNSURE` asks for another look."""

    TO_DO = 0
    REVIEWED = 1
    UNSURE = 2


@dataclass(frozen=True, slots=True)
class Label:
    """One class name of a project.

    Attributes:
        id: number within the project, never used again after the label is deleted.
        name: what people call it; unique in the project regardless of case.
        color: "#rrggbb".
        shortcut: the key that cycles its state in Label: one character, "Shift+1", "Alt+Shift+1" and such, or empty.
        description: what it means and what it does not, for those who label.
        parent: id of the label that is present wherever this one is, or None.
        examples: ids of images that show what it means, at most `EXAMPLES_LIMIT`.
    """

    id: int
    name: str
    color: str
    shortcut: str = ""
    description: str = ""
    parent: int | None = None
    examples: tuple[int, ...] = ()


EXAMPLES_LIMIT = 6

RuleKind = Literal["exclusive", "implies", "never"]
"""Of some labels at most one is present; one is present wherever another is; two are never present together."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What must hold of the labels of an image.

    Attributes:
        id: number within the project; 0 for what a label's parent means.
        kind: see `RuleKind`.
        label_ids: two or more of an exclusive group; else two, of which the first implies the second.
        name: of an exclusive group; else empty.
    """

    id: int
    kind: RuleKind
    label_ids: tuple[int, ...]
    name: str = ""
