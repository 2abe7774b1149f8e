"""The SQLite file of a project: locked against other programs, migrated, and durable at every commit."""

import contextlib
import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from filelock import FileLock, Timeout

from core.errors import ProjectError
from core.files import write_atomically
from core.project.disk.migrations import MIGRATIONS, Migration
from core.project.disk.schemas import Schema, is_misfit, is_newer, is_ours, schema_of, version_of

FILE_NAME = "project.sqlite"

# The folders beside it that the program fills.
PROJECT_FOLDERS = ("runs", "cache", "backups")

# Beside the lock, not in it: some systems and versions of filelock neither let it be read nor keep its text.
_LOCK, _LOCK_OWNER = ".lock", ".lock-owner"

# bytes: what SQLite needs for the files beside a database
_LITTLE = 1 << 17

# Written into the file's header, so that another program's SQLite file is not taken for a project.
APPLICATION_ID = 0x4D756C74  # "Mult"

# What the disk and other programs can do to us, and what helps; every other error of SQLite is a bug of ours.
_TROUBLES = {
    sqlite3.SQLITE_FULL: ("the disk is full", "Free some space and do it again."),
    sqlite3.SQLITE_IOERR: ("the disk reports an error", "Check the disk and do it again."),
    sqlite3.SQLITE_READONLY: ("the file is read-only", "Move the project to where you may write."),
    sqlite3.SQLITE_CANTOPEN: ("the file cannot be opened", "Check that you may read and write its folder."),
    sqlite3.SQLITE_BUSY: ("another program is using the file", "Close that program and do it again."),
}


class Database:
    """An open project file; exactly one program has it at a time.

    Attributes:
        connection: in autocommit mode; changes go through `transaction`.
    """

    def __init__(self, folder: Path, *, create: bool, migrations: Sequence[Migration] = MIGRATIONS) -> None:
        self._path = folder / FILE_NAME
        # a change of many images is made in a thread; one transaction is never that of two threads
        self._guard = threading.RLock()
        # of the file on the disk, when it is open
        self._number: int | None = None
        locks = [folder / name for name in (_LOCK, _LOCK_OWNER)]
        made = [lock for lock in locks if not lock.exists()]
        self._lock = locked(folder)
        try:
            with _told(self._path), _decoded(self._path):
                # the window opens a project in a thread and keeps it in another; it never uses it in two at once
                self.connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
                try:
                    self._prepare(migrations, create=create)
                    self._number = self._path.stat().st_ino
                except BaseException:
                    self.connection.close()
                    raise
        except BaseException:
            self._lock.release()
            # what could not be opened, such as another program's file, is left as it was
            for lock in made:
                lock.unlink(missing_ok=True)
            raise

    def close(self) -> None:
        """Close the file and let other programs have it."""
        self.connection.close()
        self._lock.release()

    def reading(self) -> contextlib.AbstractContextManager[None]:
        """Within it, a file that the disk cannot give is a `ProjectError`."""
        return _told(self._path)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing: on disk when the block ends, undone when it raises; joins one of this thread that is open.

        Another thread waits until the block ends.

        Yields:
            The connection.

        Raises:
            ProjectError: the disk is full, broken or read-only.
        """
        with self._guard:
            if self.connection.in_transaction:
                yield self.connection
                return
            with self._outermost():
                yield self.connection

    @contextlib.contextmanager
    def _outermost(self) -> Iterator[None]:
        self._check_place()
        with _told(self._path):
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.connection.execute("COMMIT")
            except BaseException:
                # a full disk makes SQLite roll back by itself
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise

    def _check_place(self) -> None:
        """Refuse to write to a file that is no longer where it was: nobody would find it again."""
        try:
            is_same = self._path.stat().st_ino == self._number
        except OSError:
            is_same = False
        if not is_same and self._number is not None:
            raise ProjectError(
                f"{self._path} was moved, deleted or replaced while the project is open; nothing was saved.",
                next_step="Put the file back where it was, or close the project and open it where it is now.",
            )

    def is_free(self) -> bool:
        """Whether a transaction could begin without waiting for another thread."""
        if not self._guard.acquire(blocking=False):
            return False
        self._guard.release()
        return True

    def _prepare(self, migrations: Sequence[Migration], *, create: bool) -> None:
        """Check whose file it is, set it up for durability, and bring its schema to the newest version."""
        version = self._pragma("user_version")
        schema = schema_of(self.connection)
        if schema or not create:
            self._check(version, schema, newest=len(migrations))
        if schema and create:
            raise ProjectError(
                f"There is a project in {self._path.parent} already.", next_step="Open it or choose another folder."
            )
        self.connection.execute("PRAGMA journal_mode = WAL")
        # FULL: a commit survives a power cut, for 0.2 ms more than NORMAL
        self.connection.execute("PRAGMA synchronous = FULL")
        self.connection.execute("PRAGMA foreign_keys = ON")
        for done in range(version, len(migrations)):
            # nothing is in a new one
            if version and done == version:
                self._back_up(done)
            with self.transaction():
                migrations[done](self.connection)
                self.connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                self.connection.execute(f"PRAGMA user_version = {done + 1}")

    def _check(self, version: int, schema: Schema, *, newest: int) -> None:
        """Refuse what is not ours or too new, and what its header or its tables show to be damaged."""
        # it names the file that this module is about
        from core.project.disk.damage import damaged

        folder = self._path.parent
        if self._pragma("application_id") != APPLICATION_ID:
            if is_ours(schema) or has_backups(folder):
                raise damaged(folder)
            raise ProjectError(f"{self._path} is not a Multihot project.", next_step="Choose another folder.")
        if version > newest and is_newer(version, schema, has_backups=has_backups(folder)):
            raise ProjectError(
                f"{folder} was made by a newer version of Multihot.",
                next_step="Update Multihot to open it; the project was left as it is.",
            )
        # other formats than those of today are read-only, which is not the folder's fault
        with self._path.open("rb") as file:
            formats = file.read(20)[18:]
        if formats not in (b"\1\1", b"\2\2"):
            raise damaged(folder)
        if version <= 0 or version > newest or (version <= len(MIGRATIONS) and is_misfit(version, schema)):
            raise damaged(folder)
        # a file that says to be older than it is would be migrated once more
        if version < newest and (version_of(schema) or version) > version:
            raise damaged(folder)

    def _pragma(self, name: str) -> int:
        (value,) = self.connection.execute(f"PRAGMA {name}").fetchone()
        return int(value)

    def _back_up(self, version: int) -> None:
        """Copy the file, as it is before a migration, to `backups/` beside it."""
        folder = made_folder(self._path.parent / "backups")
        stamp = time.strftime("%Y%m%d-%H%M%S")
        with contextlib.closing(sqlite3.connect(folder / f"project-v{version}-{stamp}.sqlite")) as copy:
            self.connection.backup(copy)


def is_full(folder: Path) -> bool:
    """Whether the disk has no room left to speak of."""
    try:
        return shutil.disk_usage(folder).free < _LITTLE
    except OSError:
        return False


def has_backups(folder: Path) -> bool:
    """Whether there are copies of a project's file, which were not looked into."""
    with contextlib.suppress(OSError):
        return any((folder / "backups").glob("project-*.sqlite"))
    return False


def made_folder(folder: Path) -> Path:
    """Make a folder of a project where it is missing.

    Raises:
        ProjectError: the disk does not let us.
    """
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise ProjectError(
            f"The folder {folder} cannot be made: {error.strerror}.",
            next_step="Free some space, or move the project to where you may write.",
        ) from error
    return folder


def locked(folder: Path) -> FileLock:
    """Take the project for this process; the system gives it back even if the process is killed."""
    lock = FileLock(folder / _LOCK, timeout=0, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        raise ProjectError(
            f"{folder} is already open in another Multihot window or command ({_owner(folder)}).",
            next_step="Close it there first.",
        ) from None
    except OSError as error:
        raise ProjectError(
            f"The project folder {folder} cannot be written: {error.strerror}.",
            next_step="Choose a folder that you may write to.",
        ) from error
    with contextlib.suppress(OSError):
        write_atomically(folder / _LOCK_OWNER, str(os.getpid()))
    return lock


def _owner(folder: Path) -> str:
    """The process that has the project, in words."""
    with contextlib.suppress(OSError, ValueError):
        return f"process {int((folder / _LOCK_OWNER).read_text(encoding='utf-8'))}"
    return "an unknown process"


@contextlib.contextmanager
def _decoded(path: Path) -> Iterator[None]:
    """Within it, as a project is opened, words of SQLite that quote what is no text mean that the file is damaged."""
    from core.project.disk.damage import damaged

    try:
        yield
    except UnicodeDecodeError as error:
        raise damaged(path.parent) from error


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn what a disk can do to a database into a sentence."""
    # it names the file that this module is about
    from core.project.disk.damage import damaged, is_damage

    try:
        yield
    except sqlite3.DatabaseError as error:
        if is_damage(error):
            raise damaged(path.parent) from error
        # the low byte of SQLite's code is the kind of error
        trouble = _TROUBLES.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
        if trouble is None:
            raise
        # beside a full disk SQLite has room for no file of its own, and says only that something went wrong
        if trouble is _TROUBLES[sqlite3.SQLITE_IOERR] and is_full(path.parent):
            trouble = _TROUBLES[sqlite3.SQLITE_FULL]
        reason, next_step = trouble
        raise ProjectError(f"{path} cannot be read or written: {reason}.", next_step=next_step) from error
