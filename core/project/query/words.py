"""The words of the filter's language, and how a label's name is written in it."""

import re
from typing import Literal, get_args

from core.labels import LabelState, Split

Comparison = Literal["<", "<=", ">", ">=", "=", "!="]

SPLITS = {"train": Split.TRAIN, "validation": Split.VALIDATION, "test": Split.TEST, "none": Split.UNASSIGNED}
# what data and tools call them, too
SPLIT_SPELLINGS = {**SPLITS, "val": Split.VALIDATION, "valid": Split.VALIDATION}
FLAGS = {
    "reviewed": "images that were reviewed",
    "unreviewed": "images still to be reviewed",
    "unsure": "images somebody was unsure of",
    "flagged": "images with a flag",
    "unlabeled": "images without any known label",
    "unreadable": "images whose file cannot be read",
    "conflict": "images whose labels break a rule",
    "disputed": "images that two people labelled differently",
}
LINKS = {
    "and": "both; a space says the same",
    "or": "one of both",
    "not": "everything but what follows",
}
DISAGREE = "disagree"
FUNCTIONS = {
    "known": "a label that is present or absent, not unknown",
    "prob": "what a model says of a label, from 0 to 1",
    DISAGREE: "a model decides otherwise than a person",
}
KEYS = {
    "split": "train, validation, test or none",
    "folder": "images in a folder and below it; * stands for anything",
    "name": "a part of the path; with * or ? all of the file name",
    "note": "a word of the note; * for any note",
    "id": "the number of an image",
    "sort": "the order of the images",
}
FIELDS = {
    "labels": "how many labels are present",
    "known": "how many labels are known",
    "width": "pixels across",
    "height": "pixels down",
    "size": "of the file, as in 500kb or 2mb",
    "aspect": "width by height, as in 1.5 or 16:9",
}
SORTS = {
    "name": "by path, 2 before 10",
    "size": "small files first",
    "width": "narrow ones first",
    "height": "low ones first",
    "aspect": "upright ones first",
    "reviewed": "reviewed long ago first",
    "labels": "fewest labels first",
    "known": "least known first",
    "disagree": "those the model agrees with first",
    "random": "shuffled, always alike",
    "id": "as they were added",
}
"""Without `sort:prob(label)`, which needs a name; a minus in front of any of these turns the order round."""

COMPARISONS: tuple[Comparison, ...] = get_args(Comparison)
# what else people type for them
COMPARISON_SPELLINGS: dict[str, Comparison] = {
    **{one: one for one in COMPARISONS},
    "==": "=",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
}
UNITS = {"gb": 1e9, "mb": 1e6, "kb": 1e3, "b": 1.0}

RESERVED = frozenset([*FLAGS, *LINKS, DISAGREE])
"""Words that stand alone; a label of that name is written in quotes."""

SIGNS = {"": LabelState.PRESENT, "-": LabelState.ABSENT, "?": LabelState.UNKNOWN}
_PLAIN = re.compile(r"""[^\s"()|<>=!?:&≤≥≠-][^\s"()|<>=!?:&≤≥≠]*""")
_PLAIN_VALUE = re.compile(r"""[^\s"()|]+""")


def term(name: str, state: LabelState) -> str:
    """The term that asks for a state of a label."""
    sign = next(sign for sign, one in SIGNS.items() if one == state)
    return sign + written(name)


def written(name: str) -> str:
    """A label's name as a filter has it: in quotes where it needs them."""
    is_plain = _PLAIN.fullmatch(name) and name.casefold() not in RESERVED
    return name if is_plain else in_quotes(name)


def written_value(text: str) -> str:
    """A folder, a name or words of a note, as they are written behind a colon."""
    return text if _PLAIN_VALUE.fullmatch(text) else in_quotes(text)


def in_quotes(text: str) -> str:
    """A text in quotes, those in it doubled."""
    return '"' + text.replace('"', '""') + '"'


def number_text(value: float) -> str:
    """A number, as short as it can be read back from."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def size_text(value: float) -> str:
    """A number of bytes with the largest unit that leaves it whole."""
    for unit, factor in UNITS.items():
        if value >= factor and value % factor == 0 and value / factor * factor == value:
            return number_text(value / factor) + unit
    return number_text(value)
