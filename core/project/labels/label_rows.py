"""The rules that names, colours and shortcuts of labels obey."""

import re
from collections.abc import Collection, Sequence

from core.errors import ProjectError
from core.labels import Label
from core.project.edits import LabelRow
from core.project.labels.palette import next_color

_LONGEST_NAME = 200
_DIGITS = "1234567890"
DEFAULT_KEYS = tuple(before + digit for before in ("", "Shift+", "Alt+Shift+") for digit in _DIGITS)
"""The keys that labels get one after the other; those behind them are given by typing their names."""
_KEY = re.compile(r"(Alt\+)?Shift\+[0-9]")


def is_key(text: str) -> bool:
    """Whether a text can be the key of a label: one visible character, or Shift or Alt and Shift with a digit."""
    if len(text) == 1:
        return text.isprintable() and not text.isspace()
    return _KEY.fullmatch(text) is not None


def next_key(taken: Collection[str]) -> str:
    """The first of the usual keys that is free; empty when all thirty are taken.

    Args:
        taken: keys that labels have, in any case.
    """
    used = {key.casefold() for key in taken}
    return next((key for key in DEFAULT_KEYS if key.casefold() not in used), "")


def new_label_row(
    name: str, *, color: str | None, shortcut: str | None, labels: Collection[Label], ever: Collection[LabelRow]
) -> LabelRow:
    """The row of a label to be added behind the others, checked.

    Args:
        name: what it is to be called.
        color: "#rrggbb"; None takes the next of the palette.
        shortcut: see `is_key`, or empty; None takes the next of `DEFAULT_KEYS` that is free.
        labels: the labels there are.
        ever: the rows of all labels there ever were, whose ids are not used again.

    Raises:
        ProjectError: as `check_label_row`.
    """
    if color is None:
        color = next_color([label.color for label in labels])
    if shortcut is None:
        shortcut = next_key({label.shortcut for label in labels})
    row = LabelRow(
        id=max((row.id for row in ever), default=0) + 1,
        name=name.strip(),
        color=color,
        shortcut=shortcut,
        position=max((row.position for row in ever), default=0) + 1,
        deleted=False,
    )
    check_label_row(row, labels)
    return row


def new_label_rows(
    names: Sequence[str], *, labels: Collection[Label], ever: Collection[LabelRow]
) -> tuple[LabelRow, ...]:
    """The rows of several labels to be added, with the next colours and keys; else as `new_label_row`."""
    rows: list[LabelRow] = []
    shown = list(labels)
    for name in names:
        row = new_label_row(name, color=None, shortcut=None, labels=shown, ever=[*ever, *rows])
        rows.append(row)
        shown.append(Label(row.id, row.name, row.color, row.shortcut))
    return tuple(rows)


def check_label_name(name: str) -> None:
    """Refuse a name that no label may have.

    Raises:
        ProjectError: it is empty, too long, or has a line break or another character that cannot be seen.
    """
    if not name or not name.isprintable():
        raise ProjectError(
            "A label needs a name of printable characters, without line breaks.", next_step="Choose another name."
        )
    if len(name) > _LONGEST_NAME:
        raise ProjectError(
            f"The name of a label has at most {_LONGEST_NAME} characters, and this one {len(name):,}.",
            next_step="Choose a shorter name.",
        )


def check_label_row(row: LabelRow, labels: Collection[Label]) -> None:
    """Refuse a row that breaks a rule or is in the way of another label.

    Raises:
        ProjectError: the name is none or taken, the colour is none, the shortcut is taken or too long.
    """
    check_label_name(row.name)
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", row.color):
        raise ProjectError(f"“{row.color}” is not a colour.", next_step="Write it as #rrggbb.")
    if row.shortcut and not is_key(row.shortcut):
        raise ProjectError(
            f"“{row.shortcut}” cannot be the key of a label.",
            next_step="Choose one character, or Shift or Alt+Shift with a digit.",
        )
    for other in labels:
        if other.id == row.id:
            continue
        if other.name.casefold() == row.name.casefold():
            raise ProjectError(f"There is a label “{other.name}” already.", next_step="Choose another name.")
        if row.shortcut and other.shortcut.casefold() == row.shortcut.casefold():
            raise ProjectError(f"The key “{row.shortcut}” belongs to “{other.name}”.", next_step="Choose another key.")
