"""Which version of a project's schema a database has by its tables, whatever its header says of itself."""

import contextlib
import functools
import sqlite3
from collections.abc import Iterable

from core.project.disk.migrations import MIGRATIONS

# Numbers of versions of which no program of ours will ever be; a header that says so is damaged.
_NEVER = 1000

# (table, column) of all tables but SQLite's own
Schema = frozenset[tuple[str, str]]


def schema_of(connection: sqlite3.Connection) -> Schema:
    """The tables of a database with their columns."""
    return frozenset(
        (str(table), str(column))
        for table, column in connection.execute(
            """SELECT tables.name, columns.name FROM sqlite_master AS tables, pragma_table_info(tables.name) AS columns
                WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite~_%' ESCAPE '~'"""
        )
    )


def schema_of_statements(statements: Iterable[str]) -> Schema:
    """The same of the statements that made the tables, without those that make no sense."""
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        for statement in statements:
            # what a damaged page says is only run when it makes a table
            if statement.upper().startswith("CREATE TABLE "):
                with contextlib.suppress(sqlite3.Error, ValueError):
                    connection.execute(statement)
        return schema_of(connection)


@functools.cache
def schemas() -> tuple[Schema, ...]:
    """The schemas of our versions, that of version 1 first."""
    found = []
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        for step in MIGRATIONS:
            step(connection)
            found.append(schema_of(connection))
    return tuple(found)


def version_of(schema: Schema) -> int | None:
    """The version that has exactly these tables and columns; None when none has."""
    return next((version for version, one in enumerate(schemas(), 1) if one == schema), None)


def is_ours(schema: Schema) -> bool:
    """Whether the tables are those of a project, of this or another version, some of them perhaps damaged."""
    return any(2 * len(schema & one) > len(one) for one in schemas())


def is_foreign(schema: Schema) -> bool:
    """Whether most of the tables are not of a project, however many of a project's are missing."""
    known = frozenset().union(*schemas())
    return 2 * len(schema & known) < len(schema)


def is_newer(version: int, schema: Schema, *, has_backups: bool = True) -> bool:
    """Whether a database says truly that it is of a newer version than ours.

    One has other tables than ours; one with our tables is believed where there is no backup to offer instead.
    """
    return len(MIGRATIONS) < version < _NEVER and (version_of(schema) is None or not has_backups)


def is_misfit(version: int, schema: Schema) -> bool:
    """Whether a database cannot be of the version of ours that its header says: tables or columns are missing."""
    return not 0 < version <= len(MIGRATIONS) or not schemas()[version - 1] <= schema
