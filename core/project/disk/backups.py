"""Dated copies of a project's database in its folder `backups`: checked, and thinned out with age."""

import contextlib
import errno
import functools
import itertools
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from core.errors import ProjectError
from core.files import replacing
from core.project.disk.damage import UNREADABLE, code_of, damaged, faults_in, is_damage, second_connection
from core.project.disk.database import APPLICATION_ID, FILE_NAME
from core.project.disk.schemas import is_misfit, is_newer, schema_of, version_of

FOLDER = "backups"

# seconds
HOUR, DAY = 3600.0, 86400.0

# While a project is open: what may be lost when the disk breaks.
_BETWEEN = 4 * HOUR

# Kept: all of the last day, the last of each day for so many days, the last of each week for a quarter of a year.
_DAYS, _QUARTER = 14, 91

_PREFIX, _STAMP = "project-", "%Y%m%d-%H%M%S"

# Pages of 4 KiB between two looks at whether the copy is still wanted: some milliseconds.
_STEP = 1024

# each tidies up what the one before it may have left
_one_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True)
class Backup:
    """One sound copy of a project's database.

    Attributes:
        path: of the file.
        created: seconds since 1970.
        images: how many there are in it.
        annotated: images of which the state of some label is known.
        version: of its schema.
    """

    path: Path
    created: float
    images: int
    annotated: int
    version: int


def back_up(
    folder: Path,
    *,
    reason: str = "",
    now: float | None = None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Path | None:
    """Copy the database of a project, open or not, and thin out the older copies; for a thread.

    Edits go on meanwhile, and the copy is of one moment. It is checked before it gets its name.

    Args:
        folder: of the project.
        reason: for the name of the file, such as "before-merge"; letters, digits and hyphens.
        now: seconds since 1970; None for the clock's.
        is_cancelled: asked every few milliseconds; the copy is given up when it is true.

    Returns:
        The file; None when it was given up.

    Raises:
        DamagedProjectError: the database is damaged, so that a copy would be, too; older copies stay.
        ProjectError: the disk is full or cannot be written.
    """
    now = time.time() if now is None else now
    source, target = folder / FILE_NAME, folder / FOLDER
    with _one_at_a_time, _told(folder):
        target.mkdir(exist_ok=True)
        _tidy(target)
        _check_room(source, target)
        path = _free_name(target, reason, now)
        with contextlib.suppress(_CancelledError), replacing(path) as unfinished:
            _copy(source, unfinished, is_cancelled)
        if not path.exists():
            return None
        for old in superseded([(one, created_of(one)) for one in backup_files(folder)], now=now):
            old.unlink(missing_ok=True)
    return path


def is_due(folder: Path, *, now: float | None = None, between: float = DAY) -> bool:
    """Whether something changed since the newest copy, and that is old.

    Args:
        folder: of the project.
        now: seconds since 1970; None for the clock's.
        between: seconds after which a copy is old: `DAY` at opening.
    """
    now = time.time() if now is None else now
    files = backup_files(folder)
    if not files:
        return (folder / FILE_NAME).is_file()
    newest = created_of(files[0])
    # a clock that was set back must not stop the copies
    return not 0 <= now - newest < between and _changed(folder) > newest


def back_up_if_due(
    folder: Path,
    *,
    now: float | None = None,
    between: float = DAY,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Path | None:
    """`back_up` if `is_due`; None when it is not."""
    return back_up(folder, now=now, is_cancelled=is_cancelled) if is_due(folder, now=now, between=between) else None


def while_open(folder: Path, *, is_cancelled: Callable[[], bool] = lambda: False) -> Path | None:
    """What is to be asked now and then while a project is open: a copy every few hours of use."""
    return back_up_if_due(folder, between=_BETWEEN, is_cancelled=is_cancelled)


def backup_files(folder: Path) -> list[Path]:
    """The files of the copies, newest first; not looked into."""
    try:
        files = [one for one in (folder / FOLDER).iterdir() if one.name.startswith(_PREFIX) and one.suffix == ".sqlite"]
    except OSError:
        return []
    return sorted(files, key=lambda one: (created_of(one), one.name), reverse=True)


def sound_backups(folder: Path) -> Iterator[Backup]:
    """The sound copies, newest first, each checked when it is asked for; for a thread."""
    for path in backup_files(folder):
        with contextlib.suppress(OSError):
            stat = path.stat()
            backup = _read(path, stat.st_mtime_ns, stat.st_size)
            if backup is not None:
                yield backup


def backups(folder: Path) -> list[Backup]:
    """The sound copies of a project's database, newest first; for a thread, as it reads every one of them once."""
    return list(sound_backups(folder))


def newest_backup(folder: Path) -> Backup | None:
    """The newest sound copy, if there is one; for a thread."""
    return next(sound_backups(folder), None)


def created_of(path: Path) -> float:
    """When a copy was made, in seconds since 1970: by its name, or by its file where a person named it."""
    parts = path.stem.split("-")
    for day, moment in itertools.pairwise(parts):
        with contextlib.suppress(ValueError, OverflowError, OSError):
            return time.mktime(time.strptime(f"{day}-{moment}", _STAMP))
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def superseded(files: Sequence[tuple[Path, float]], *, now: float) -> list[Path]:
    """Which copies may go: the newest one never.

    Args:
        files: copies and when they were made.
        now: seconds since 1970.

    Returns:
        Older ones of the same day or, when they are older than a fortnight, of the same week, and those of long ago.
    """
    newest_first = sorted(files, key=lambda one: one[1], reverse=True)
    seen: set[tuple[int, ...]] = set()
    gone: list[Path] = []
    for place, (path, created) in enumerate(newest_first):
        age = now - created
        date = datetime.fromtimestamp(created)
        if place == 0 or age <= DAY:
            continue
        period = (date.toordinal(),) if age <= _DAYS * DAY else tuple(date.isocalendar()[:2])
        if age > _QUARTER * DAY or period in seen:
            gone.append(path)
        seen.add(period)
    return gone


class _CancelledError(Exception):
    """The copy is no longer wanted."""


def _copy(source: Path, target: Path, is_cancelled: Callable[[], bool]) -> None:
    def went_on(*_: int) -> None:
        if is_cancelled():
            raise _CancelledError

    with second_connection(source) as connection, contextlib.closing(sqlite3.connect(target)) as copy:
        # one moment of the file: without it, an edit of the open project would make the copy begin again
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        # `replacing` brings it to the disk at the end
        copy.execute("PRAGMA synchronous = OFF")
        connection.backup(copy, pages=_STEP, progress=went_on)
        connection.execute("ROLLBACK")
        # one file that needs no other beside it, and that may be read from a disk that is read-only
        copy.execute("PRAGMA journal_mode = DELETE")
        if faults_in(copy):
            raise damaged(source.parent)


@functools.lru_cache(maxsize=256)
def _read(path: Path, _changed_ns: int, _size: int) -> Backup | None:
    """What is in a copy; None when it is damaged or no project. Its time and size are for the cache."""
    try:
        with second_connection(path, alone=True) as connection:
            if faults_in(connection):
                return None
            (images,) = connection.execute("SELECT count(*) FROM image").fetchone()
            # a byte per label, all bits of which are set where its state is unknown
            (annotated,) = connection.execute(
                "SELECT count(*) FROM annotation WHERE trim(hex(states), 'F') != ''"
            ).fetchone()
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            (application,) = connection.execute("PRAGMA application_id").fetchone()
            schema = schema_of(connection)
    except UNREADABLE:
        return None
    is_false = is_misfit(version, schema) or (version_of(schema) or version) > version
    # a header that is damaged would come back with it, or it would be migrated twice
    if application != APPLICATION_ID or (is_false and not is_newer(version, schema)):
        return None
    return Backup(path, created_of(path), images, annotated, version)


def _changed(folder: Path) -> float:
    """When the database was last written, in seconds since 1970; its log counts only when something is in it."""
    times = [0.0]
    for name in (FILE_NAME, f"{FILE_NAME}-wal"):
        with contextlib.suppress(OSError):
            stat = (folder / name).stat()
            times.append(stat.st_mtime if stat.st_size else 0.0)
    return max(times)


def _free_name(target: Path, reason: str, now: float) -> Path:
    stamp = time.strftime(_STAMP, time.localtime(now))
    name = "-".join(filter(None, [f"{_PREFIX}{stamp}", reason]))
    path, number = target / f"{name}.sqlite", 2
    while path.exists():
        path, number = target / f"{name}-{number}.sqlite", number + 1
    return path


def _tidy(target: Path) -> None:
    """Delete what a killed program left half written."""
    for left in target.glob(f".{_PREFIX}*"):
        with contextlib.suppress(OSError):
            left.unlink()


def _check_room(source: Path, target: Path) -> None:
    needed = sum(one.stat().st_size for one in (source, source.with_name(f"{FILE_NAME}-wal")) if one.exists())
    if shutil.disk_usage(target).free < needed:
        raise OSError(errno.ENOSPC, "No space left on device")


@contextlib.contextmanager
def _told(folder: Path) -> Iterator[None]:
    """Say in a sentence why no copy can be made."""
    try:
        yield
    except UNREADABLE as error:
        if is_damage(error):
            raise damaged(folder) from error
        full = code_of(error) == sqlite3.SQLITE_FULL
        raise _cannot(folder, "the disk is full" if full else str(error), is_full=full) from error
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        reason = "the disk is full" if full else str(error.strerror or error)
        raise _cannot(folder, reason, is_full=full) from error


def _cannot(folder: Path, reason: str, *, is_full: bool) -> ProjectError:
    return ProjectError(
        f"No backup of {folder.name} can be made in {folder / FOLDER}: {reason}.",
        next_step="Free some space; the project itself is untouched."
        if is_full
        else "Check the disk; the project itself is untouched.",
    )
