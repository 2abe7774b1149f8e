"""The rules that names, colours and shortcuts of labels obey."""

import re
from collections.abc import Collection, Sequence

from core.errors import ProjectError
from core.labels import Label
from core.project.edits import LabelRow
from core.project.palette import next_color

_LONGEST_NAME = 200


def new_label_row(
    name: str, *, color: str | None, shortcut: str | None, labels: Collection[Label], ever: Collection[LabelRow]
) -> LabelRow:
    """The row of a label to be added behind the others, checked.

    Args:
        name: what it is to be called.
        color: "#rrggbb"; None takes the next of the palette.
        shortcut: one character or empty; None takes the next free digit, 1 to 9, then 0.
        labels: the labels there are.
        ever: the rows of all labels there ever were, whose ids are not used again.

    Raises:
        ProjectError: as `check_label_row`.
    """
    if color is None:
        color = next_color([label.color for label in labels])
    if shortcut is None:
        taken = {label.shortcut for label in labels}
        shortcut = next((digit for digit in "1234567890" if digit not in taken), "")
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
    if len(row.shortcut) > 1:
        raise ProjectError(f"“{row.shortcut}” cannot be a shortcut.", next_step="Choose one character.")
    for other in labels:
        if other.id == row.id:
            continue
        if other.name.casefold() == row.name.casefold():
            raise ProjectError(f"There is a label “{other.name}” already.", next_step="Choose another name.")
        if row.shortcut and other.shortcut.casefold() == row.shortcut.casefold():
            raise ProjectError(
                f"The key “{row.shortcut}” belongs to “{other.name}”.", next_step="Choose another character."
            )
