"""Reading a project's database without taking it from the program, or the thread, that has it open."""

import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

from core.errors import ProjectError
from core.project.disk.damage import UNREADABLE, is_damage
from core.project.disk.database import APPLICATION_ID, FILE_NAME, has_backups
from core.project.disk.migrations import MIGRATIONS
from core.project.disk.schemas import is_misfit, is_newer, schema_of


@contextlib.contextmanager
def reading(folder: Path) -> Iterator[sqlite3.Connection]:
    """Open a project for reading, in the newest schema; nothing in its folder changes.

    A project of an older version is copied into memory and migrated there. It shows what was committed when the block
    began, whatever another program commits meanwhile.

    Args:
        folder: of the project.

    Yields:
        A connection of this thread, in a transaction.

    Raises:
        ProjectError: there is no project, it is damaged, or was made by a newer version.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        raise ProjectError(f"There is no project in {folder}.", next_step="Choose the folder of a project.")
    try:
        with contextlib.ExitStack() as stack:
            connection = _newest(stack, _connected(stack, path), folder)
            connection.execute("BEGIN")
            yield connection
    except UNREADABLE as error:
        if is_damage(error):
            raise _damaged(path) from error
        raise ProjectError(
            f"{path} cannot be read: {error}.", next_step="Check the disk, or try again when nobody uses the project."
        ) from error


def _connected(stack: contextlib.ExitStack, path: Path) -> sqlite3.Connection:
    """A read-only connection; also where nothing may be written beside the file, such as on a medium of a camera."""
    # without a journal nobody has it open, and without "immutable" SQLite would make one and leave it behind
    is_closed = not path.with_name(f"{path.name}-wal").exists()
    try:
        return _open(stack, path, "immutable=1" if is_closed else "mode=ro")
    except sqlite3.OperationalError:
        copy = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="multihot-")))
        for ending in ("", "-wal"):
            with contextlib.suppress(FileNotFoundError):
                shutil.copyfile(f"{path}{ending}", copy / f"{FILE_NAME}{ending}")
        return _open(stack, copy / FILE_NAME, "mode=rw")


def _open(stack: contextlib.ExitStack, path: Path, mode: str) -> sqlite3.Connection:
    connection = stack.enter_context(
        contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True, isolation_level=None))
    )
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return connection


def _newest(stack: contextlib.ExitStack, connection: sqlite3.Connection, folder: Path) -> sqlite3.Connection:
    """The connection, or one to a copy in memory that was brought to the newest schema."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if application != APPLICATION_ID:
        raise ProjectError(f"{folder / FILE_NAME} is not a Multihot project.", next_step="Choose another folder.")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    schema = schema_of(connection)
    if is_newer(version, schema, has_backups=has_backups(folder)):
        raise ProjectError(
            f"{folder} was made by a newer version of Multihot.",
            next_step="Update Multihot to read it; the project was left as it is.",
        )
    if is_misfit(version, schema):
        raise _damaged(folder / FILE_NAME)
    if version == len(MIGRATIONS):
        return connection
    copy = stack.enter_context(contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)))
    connection.backup(copy)
    for migration in MIGRATIONS[version:]:
        migration(copy)
    return copy


def _damaged(path: Path) -> ProjectError:
    return ProjectError(
        f"{path} cannot be read: the file is damaged or not a Multihot project.",
        next_step="Open that project by itself to mend it, or choose another folder.",
    )
