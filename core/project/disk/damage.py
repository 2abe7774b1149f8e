"""Damage to a project's file: how it shows, and how it is looked for while the project is open."""

import contextlib
import sqlite3
import zlib
from collections.abc import Iterator
from pathlib import Path

from core.errors import DamagedProjectError, ProjectError
from core.project.disk.database import FILE_NAME

# enough to see what kind of damage it is
_NAMED_FAULTS = 20

_DAMAGE_CODES = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

# beginnings of what SQLite says without a code of its own; the last when a file says to be older than it is
_DAMAGE_WORDS = ("no such table", "no such column", "unsupported file format", "malformed", "duplicate column name")

# what reading a damaged file raises: SQLite's messages quote its bytes, which Python then cannot decode
UNREADABLE = (sqlite3.Error, UnicodeDecodeError)


def is_damage(error: Exception) -> bool:
    """Whether SQLite says of a file that it is damaged, or misses a table or a column that must be there."""
    text = str(error)
    return (
        isinstance(error, UnicodeDecodeError)
        or code_of(error) in _DAMAGE_CODES
        or text.startswith(_DAMAGE_WORDS)
        or text.endswith("already exists")
        or "Could not decode to UTF-8" in text
    )


def code_of(error: Exception) -> int:
    """SQLite's primary code of an error; 0 for one of Python's own."""
    # the low byte is the kind of error
    return int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF


def damaged(folder: Path, what: str = "is damaged") -> DamagedProjectError:
    """What to raise of a project that is damaged.

    Args:
        folder: of the project.
        what: is the matter with its file, such as "is missing".
    """
    return DamagedProjectError(
        f"{folder / FILE_NAME} {what}.",
        folder=folder,
        next_step="Open it in the window to save what can be read, or put a copy of it in its place.",
    )


@contextlib.contextmanager
def damage_told(folder: Path) -> Iterator[None]:
    """Within it a file that cannot be read or makes no sense is a `DamagedProjectError`; for reading only.

    Args:
        folder: of the project.
    """
    try:
        yield
    except sqlite3.Error as error:
        if not is_damage(error):
            raise
        raise damaged(folder) from error
    except (LookupError, ValueError, TypeError, AttributeError, OverflowError, zlib.error) as error:
        # a row that no program of ours wrote: an image that is not there, a text where a number is to be
        raise damaged(folder) from error


@contextlib.contextmanager
def second_connection(file: Path, *, alone: bool = False) -> Iterator[sqlite3.Connection]:
    """A read-only connection to a database, also while it is open; closed at the end of the block.

    Args:
        file: the database.
        alone: whether nobody writes to it meanwhile, so that no file is made beside it.
    """
    uri = f"{file.resolve().as_uri()}?mode=ro" + ("&immutable=1" if alone else "")
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA query_only = ON")
        yield connection
    finally:
        connection.close()


def faults_in(connection: sqlite3.Connection) -> list[str]:
    """What SQLite finds wrong with a database, at most so many lines; none when it is sound."""
    try:
        lines = [row[0] for row in connection.execute(f"PRAGMA quick_check({_NAMED_FAULTS})")]
    except UNREADABLE as error:
        if not is_damage(error):
            raise
        return [str(error)]
    return [] if lines == ["ok"] else lines


def quick_check(folder: Path) -> list[str]:
    """What is wrong with the file of a project, which may be open; for a thread, as it reads the whole file.

    Opening reads images, labels and annotations; damage in the undo journal, say, shows only here.

    Args:
        folder: of the project.

    Returns:
        SQLite's words, a fault each; empty when the file is sound.

    Raises:
        ProjectError: the file cannot be read at all.
    """
    file = folder / FILE_NAME
    try:
        with second_connection(file) as connection:
            return faults_in(connection)
    except UNREADABLE as error:
        if is_damage(error):
            return [str(error)]
        raise ProjectError(f"{file} cannot be checked: {error}.", next_step="Try again later.") from error
