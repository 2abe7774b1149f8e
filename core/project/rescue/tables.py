"""The tables of a project for its rescue: their columns, and what makes sense in them."""

import json
import sqlite3
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.labels import MULTI_CLASS, MULTI_LABEL, LabelState, Review, Split
from core.project.rescue.pages import Column, Row, Value

# SQLite's own table of the highest numbers ever given
SEQUENCE = "sqlite_sequence"


def _is_anything(_: Value) -> bool:
    return True


def _is_json(value: Value) -> bool:
    try:
        json.loads(value)  # type: ignore[arg-type]
    except (ValueError, TypeError):
        return False
    return True


def _is_packed(value: Value) -> bool:
    try:
        zlib.decompress(value)  # type: ignore[arg-type]
    except (zlib.error, TypeError):
        return False
    return True


def _is_state_row(value: Value) -> bool:
    return isinstance(value, bytes) and not value.strip(b"\x00\x01\xff")


def _is_side(value: Value) -> bool:
    return value is None or (isinstance(value, int) and 0 <= value < 2**31)


# what opening a project relies on, by table and column
MAKES_SENSE: Mapping[tuple[str, str], Callable[[Value], bool]] = {
    ("project", "task"): frozenset({MULTI_LABEL, MULTI_CLASS}).__contains__,
    ("image", "split"): frozenset(Split).__contains__,
    ("image", "width"): _is_side,
    ("image", "height"): _is_side,
    ("annotation", "states"): _is_state_row,
    ("annotation", "review"): frozenset(Review).__contains__,
    ("annotation", "reviewed"): frozenset({0, 1}).__contains__,
    ("label", "examples"): _is_json,
    ("rule", "labels"): _is_json,
    ("edit", "edits"): _is_packed,
    ("version", "state"): _is_packed,
    ("version", "facts"): _is_json,
    ("dispute", "theirs"): frozenset(LabelState).__contains__,
}


@dataclass(frozen=True, slots=True)
class Table:
    """A table as the schema says.

    Attributes:
        name: of the table.
        root: the page where it begins, in a file that was made at once.
        columns: in the order of the schema.
        has_row_ids: whether its rows are numbered; else its records begin with the primary key.
        key: places of the columns of the primary key.
    """

    name: str
    root: int
    columns: tuple[Column, ...]
    has_row_ids: bool
    key: tuple[int, ...]

    def place(self, column: str) -> int | None:
        """The place of a column; None when this version of the schema has none of that name."""
        return next((place for place, one in enumerate(self.columns) if one.name == column), None)

    def row(self, **values: Value) -> Row:
        """A row with some values and for the rest what the schema says, or nothing."""
        empty: dict[str, Value] = {"INTEGER": 0, "REAL": 0.0, "TEXT": "", "BLOB": b""}
        return tuple(
            values[one.name]
            if one.name in values
            else (one.default if one.default is not None or one.may_be_missing else empty[one.kind])
            for one in self.columns
        )


def tables_of(connection: sqlite3.Connection) -> dict[str, Table]:
    """The tables of a database, in the order in which they were made."""
    tables = {}
    for name, root, sql in connection.execute(
        "SELECT name, rootpage, sql FROM sqlite_master WHERE type = 'table' ORDER BY rowid"
    ).fetchall():
        if name == SEQUENCE:
            continue
        info = connection.execute(
            'SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(?)', (name,)
        ).fetchall()
        key = tuple(sorted((place for place, one in enumerate(info) if one[4]), key=lambda place: info[place][4]))
        has_row_ids = "WITHOUT ROWID" not in sql.upper()
        columns = tuple(
            Column(
                column,
                kind,
                not required and not (number and not has_row_ids),
                has_row_ids and kind == "INTEGER" and number == 1 and len(key) == 1,
                None if default is None else connection.execute(f"SELECT {default}").fetchone()[0],
            )
            for column, kind, required, default, number in info
        )
        tables[name] = Table(name, root, columns, has_row_ids, key)
    return tables


def row_id_of(table: Table, row: Row) -> int:
    """The number of a row; 1 in a table of one row."""
    value = next((row[place] for place, one in enumerate(table.columns) if one.is_row_id), 1)
    return int(value or 0)


def key_of(table: Table, row: Row) -> Row:
    """The primary key of a row."""
    return tuple(row[place] for place in table.key)


def is_allowed(table: Table, row: Row) -> bool:
    """Whether all values of a row may be there and make sense."""
    return all(
        column.allows(value) and MAKES_SENSE.get((table.name, column.name), _is_anything)(value)
        for column, value in zip(table.columns, row, strict=True)
    )
