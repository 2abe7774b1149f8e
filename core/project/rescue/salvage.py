"""Saving a project whose file is damaged: a backup in its place, or all that can still be read of it."""

import contextlib
import os
import secrets
import shutil
import sqlite3
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from core.errors import DamagedProjectError, ProjectError
from core.project.disk.backups import FOLDER, Backup, back_up, newest_backup, sound_backups
from core.project.disk.damage import UNREADABLE, code_of, quick_check, second_connection
from core.project.disk.database import APPLICATION_ID, FILE_NAME, Database, locked
from core.project.disk.migrations import MIGRATIONS
from core.project.disk.schemas import Schema, is_foreign, is_newer, schema_of_statements, version_of
from core.project.rescue.mending import Merge, Tally, read_damaged
from core.project.rescue.pages import Column, Pages, Row
from core.project.rescue.tables import SEQUENCE, tables_of
from core.project.runs.run_list import run_folder
from core.project.runs.snapshot import Snapshot
from core.project.store import Store

# Beside the file: SQLite's log, and what it shares between programs.
_SIDES = ("-wal", "-shm", "-journal")

# the columns of SQLite's table of tables
_MASTER = tuple(
    Column(name, "INTEGER" if name == "rootpage" else "TEXT", may_be_missing=True, is_row_id=False, default=None)
    for name in ("type", "name", "tbl_name", "rootpage", "sql")
)

_SEQUENCE = tuple(
    Column(name, kind, may_be_missing=True, is_row_id=False, default=None)
    for name, kind in (("name", "TEXT"), ("seq", "INTEGER"))
)
_ROOTS = "SELECT name, rootpage FROM sqlite_master WHERE rootpage > 0"

# SQLite's own, of the root and the path
_IMAGE_INDEX = "sqlite_autoindex_image_1"

# what is the disk's doing and not the damage's
_DISK = frozenset(
    {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_BUSY}
)

# in the order in which people ask: what a table holds, for one and for many
_WORDS = {
    "image": ("image", "images"),
    "label": ("label", "labels"),
    "annotation": ("annotated image", "annotated images"),
    "note": ("note", "notes"),
    "rule": ("rule", "rules"),
    "dispute": ("disagreement", "disagreements"),
    "version": ("version", "versions"),
    "saved_filter": ("saved filter", "saved filters"),
    "run": ("run", "runs"),
    "edit": ("step of undo", "steps of undo"),
    "root": ("folder of images", "folders of images"),
}


@dataclass(frozen=True)
class SalvageReport:
    """What became of a damaged project.

    Attributes:
        tallies: where the rows of each table came from, by table.
        backup: the one that filled the holes; None when there was none that could.
        kept: the folder with the damaged file.
    """

    tallies: Mapping[str, Tally]
    backup: Backup | None
    kept: Path

    @property
    def is_whole(self) -> bool:
        """Whether nothing is known to be lost, nor old."""
        old = any(tally.restored for name, tally in self.tallies.items() if name not in _UNCHANGING)
        return not old and not any(tally.lost for tally in self.tallies.values())

    def sentence(self) -> str:
        """What was saved and what was not, with the numbers that matter most."""
        images, labels, annotated = (self.tallies[name] for name in ("image", "label", "annotation"))
        counts = [_counted(name, self.tallies[name].kept) for name in ("image", "label", "annotation")]
        sentences = [f"Saved: {counts[0]}, {counts[1]} and {counts[2]}."]
        if annotated.restored:
            sentences.append(f"The annotations of {_counted('image', annotated.restored)} are those of the backup.")
        lost = [_counted(name, tally.lost) for name, tally in (("image", images), ("label", labels)) if tally.lost]
        if lost:
            sentences.append(f"Lost: {' and '.join(lost)}.")
        if annotated.lost:
            sentences.append(f"Up to {_counted('image', annotated.lost)} lost their annotations.")
        return " ".join([*sentences, "Nothing is known to be lost."] if self.is_whole else sentences)

    def lines(self) -> list[str]:
        """For each kind of thing where it came from and what is lost, a line each; kinds without any are left out."""
        when = "" if self.backup is None else time.strftime(" of %Y-%m-%d %H:%M", time.localtime(self.backup.created))
        lines = []
        for name in _WORDS:
            tally = self.tallies.get(name, Tally())
            parts = [
                (tally.found, "read from the damaged file"),
                (tally.restored, f"as in the backup{when}"),
                (tally.rebuilt, "put together from the undo journal" if name == "annotation" else "found in an index"),
                (tally.lost, _LOST.get(name, "lost")),
            ]
            told = ", ".join(f"{count:,} {words}" for count, words in parts if count)
            if told:
                lines.append(f"{_WORDS[name][1].capitalize()}: {told}")
        return lines


# what a backup has of them is as good as new
_UNCHANGING = ("root", "image", "project", "run", "version")

_LOST = {
    "annotation": "to be labelled again, if they were",
    "edit": "or more cannot be taken back any more",
    "label": "kept with their annotations under another name",
    "root": "to be found again with Find moved images",
}


def restore_backup(folder: Path, backup: Backup) -> Path:
    """Put a backup in the place of a project's file; for a thread.

    A file that is sound becomes a backup itself; a damaged one is moved aside with what belongs to it.

    Args:
        folder: of the project, which is not open.
        backup: one of `backups(folder)`.

    Returns:
        Where the file that was replaced is now.

    Raises:
        ProjectError: the project is open, the backup cannot be read, or the disk is full or read-only.
    """
    with _closed(folder), _workshop(folder) as workshop:
        new = workshop / FILE_NAME
        shutil.copyfile(backup.path, new)
        if quick_check(workshop):
            raise ProjectError(f"{backup.path} is damaged.", next_step="Choose an older backup.")
        kept = None
        file = folder / FILE_NAME
        # SQLite deletes the log of an empty file when it opens that
        if file.is_file() and file.stat().st_size and not quick_check(folder):
            kept = back_up(folder, reason="before-restore")
        if kept is None:
            return _replace(folder, new)
        _replace(folder, new, keep=False)
        return kept


def salvage(folder: Path) -> SalvageReport:
    """Save what can be read of a damaged project, and fill its holes from the newest backup; for a thread.

    The file is read page by page. Rows on pages that make no sense are taken from the newest sound backup; paths of
    images also from the index of paths, and annotations are brought up to date by the undo journal. The new file takes
    the place of the damaged one only when it is complete and opens; the damaged one is kept in `backups`.

    Args:
        folder: of the project, which is not open.

    Raises:
        ProjectError: nothing can be read, the project is open, it is another program's, or the disk is full or
            read-only. The damaged file is then as it was.
    """
    with _closed(folder), _workshop(folder) as workshop:
        file = folder / FILE_NAME
        pages = Pages(_bytes(file), _bytes(file.with_name(f"{FILE_NAME}-wal")))
        backup = newest_backup(folder)
        master = pages.table(1, _MASTER).rows
        schema = schema_of_statements(row[4] for row in master.values() if isinstance(row[4], str))
        if _is_foreign(pages, schema):
            if backup is None:
                raise ProjectError(f"{file} is not a Multihot project.", next_step="Choose another folder.")
            pages, master, schema = Pages(b""), {}, frozenset()
        version = _version(pages, schema, backup, folder)
        if backup is not None and backup.version > version:
            backup = next((one for one in sound_backups(folder) if one.version <= version), None)
        with contextlib.closing(Database(workshop, create=True, migrations=MIGRATIONS[:version])) as database:
            merge = _merge(database.connection, pages, master, backup, folder)
            if not any(merge.rows[name] for name in ("image", "label", "annotation")):
                raise ProjectError(
                    f"Nothing can be read of {file}.",
                    next_step="Put a copy of it in its place; it was left as it is.",
                )
            _fill(database, merge)
        # only what opens, and brought to the newest version, takes its place
        try:
            Store.open(workshop).close()
        except DamagedProjectError as error:
            raise _makes_no_sense(folder) from error
        kept = _replace(folder, workshop / FILE_NAME)
        with contextlib.suppress(ProjectError):
            # the next rescue may need one whose pages lie as in the new file
            back_up(folder, reason="saved")
        return SalvageReport(merge.tallies, backup, kept)


def _merge(
    new: sqlite3.Connection, pages: Pages, master: Mapping[int, Row], backup: Backup | None, folder: Path
) -> Merge:
    """Read both sides, and put them together."""
    tables = tables_of(new)
    roots: dict[str, int] = dict(new.execute(_ROOTS))
    rows: dict[str, list[Row]] = {}
    if backup is not None:
        with contextlib.closing(_migrated(backup, new)) as old:
            for name, table in tables.items():
                columns = ", ".join(f'"{one.name}"' for one in table.columns)
                rows[name] = old.execute(f"SELECT {columns} FROM {name}").fetchall()
        # its pages are in the same places
        with second_connection(backup.path, alone=True) as same:
            roots.update(same.execute(_ROOTS))
    own = {row[1]: row[3] for row in master.values() if isinstance(row[1], str) and isinstance(row[3], int)}
    roots.update(own)
    sequence = pages.table(roots[SEQUENCE], _SEQUENCE).rows.values() if SEQUENCE in roots else ()
    highest = {str(name): number for name, number in sequence if isinstance(number, int) and number < 2**30}
    found, records = read_damaged(pages, tables, roots, images=highest.get("image", 0))
    index, _ = pages.index(roots[_IMAGE_INDEX])
    merge = Merge(tables, found, records, rows, index, _splits(folder), highest)
    merge.run()
    return merge


def _fill(database: Database, merge: Merge) -> None:
    """Write the rows; one that another contradicts is left out."""
    with database.transaction() as connection:
        connection.execute("DELETE FROM project")
        connection.execute("PRAGMA defer_foreign_keys = ON")
        for name, table in merge.tables.items():
            columns = ", ".join(f'"{one.name}"' for one in table.columns)
            values = ", ".join("?" for _ in table.columns)
            rows = merge.rows[name]
            cursor = connection.executemany(f"INSERT OR IGNORE INTO {name} ({columns}) VALUES ({values})", rows)
            merge.tallies[name].drop(len(rows) - max(cursor.rowcount, 0))
            # parents come before what refers to them
            merge.tallies[name].drop(_drop_orphans(connection, name))
        for name, number in merge.highest.items():
            # a number is never given again: runs remember images by it
            done = connection.execute("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", (number, name))
            if not done.rowcount:
                connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (name, number))


def _drop_orphans(connection: sqlite3.Connection, name: str) -> int:
    """Delete the rows of a table that refer to rows which were left out; how many."""
    count = 0
    for _, _, parent, column, key, *_ in connection.execute(f"PRAGMA foreign_key_list({name})").fetchall():
        count += connection.execute(
            f'DELETE FROM {name} WHERE "{column}" IS NOT NULL AND "{column}" NOT IN (SELECT "{key}" FROM {parent})'
        ).rowcount
    return count


def _is_foreign(pages: Pages, schema: Schema) -> bool:
    """Whether a file is another program's: neither its header nor its tables say that it is ours."""
    return pages.application_id not in (None, APPLICATION_ID) and is_foreign(schema)


def _version(pages: Pages, schema: Schema, backup: Backup | None, folder: Path) -> int:
    """The version of the schema of a damaged file: by its tables, by its header, or by the backup."""
    told = pages.user_version or 0
    if is_newer(told, schema) and schema:
        raise ProjectError(
            f"{folder} was made by a newer version of Multihot.",
            next_step="Update Multihot to save it; the project was left as it is.",
        )
    if version := version_of(schema):
        return version
    if 0 < told <= len(MIGRATIONS):
        return told
    # rows of an older schema have fewer columns, which is well understood
    return len(MIGRATIONS) if backup is None else min(backup.version, len(MIGRATIONS))


def _migrated(backup: Backup, new: sqlite3.Connection) -> sqlite3.Connection:
    """A copy of a backup in memory, of the version of the new file."""
    (version,) = new.execute("PRAGMA user_version").fetchone()
    copy = sqlite3.connect(":memory:", isolation_level=None)
    with second_connection(backup.path, alone=True) as connection:
        connection.backup(copy)
    for step in MIGRATIONS[backup.version : version]:
        step(copy)
    return copy


def _splits(folder: Path) -> dict[int, int]:
    """The splits of images, by id, as the newest run with a snapshot had them: an image stays in its split."""
    runs = (int(one.name) for one in (folder / "runs").glob("*") if one.name.isdecimal())
    for run in sorted(runs, reverse=True):
        with contextlib.suppress(OSError, ValueError, KeyError, ProjectError):
            snapshot = Snapshot.load(run_folder(folder, run) / "snapshot.npz")
            return dict(zip(snapshot.image_ids.tolist(), snapshot.splits.tolist(), strict=True))
    return {}


def _replace(folder: Path, new: Path, *, keep: bool = True) -> Path:
    """Put a whole file in the place of the project's, which is kept with what belongs to it.

    Args:
        folder: of the project.
        new: the file, on the same disk, on the disk already and without a log.
        keep: whether the file that is replaced goes to a folder in `backups`; else it is gone.

    Returns:
        That folder; `folder` where nothing was kept.
    """
    file, aside = folder / FILE_NAME, folder
    if keep:
        aside = folder / FOLDER / time.strftime("damaged-%Y%m%d-%H%M%S")
        while aside.exists():
            aside = aside.with_name(f"{aside.name}-2")
        aside.mkdir(parents=True)
        # a copy first: killed in between, the project has a file in every moment
        if file.exists():
            shutil.copy2(file, aside / FILE_NAME)
    with contextlib.suppress(FileNotFoundError), new.open("rb+") as written:
        os.fsync(written.fileno())
    for side in _SIDES:
        left = file.with_name(FILE_NAME + side)
        # the log of another file would be read into the new one
        if left.exists():
            left.replace(aside / left.name) if keep else left.unlink()
    new.replace(file)
    return aside


@contextlib.contextmanager
def _closed(folder: Path) -> Iterator[None]:
    """Keep other programs from opening the project; what the disk refuses is a sentence."""
    lock = locked(folder)
    try:
        yield
    except UNREADABLE as error:
        if code_of(error) not in _DISK:
            raise _makes_no_sense(folder) from error
        raise _cannot(folder, str(error)) from error
    except OSError as error:
        raise _cannot(folder, error.strerror or str(error)) from error
    finally:
        lock.release()


@contextlib.contextmanager
def _workshop(folder: Path) -> Iterator[Path]:
    """A folder in the project for what is not finished; it is gone at the end."""
    for left in folder.glob(".rescue-*"):
        shutil.rmtree(left, ignore_errors=True)
    workshop = folder / f".rescue-{secrets.token_hex(4)}"
    workshop.mkdir()
    try:
        yield workshop
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def _makes_no_sense(folder: Path) -> ProjectError:
    return ProjectError(
        f"What can be read of {folder / FILE_NAME} makes no project.",
        next_step="Open a backup, or put a copy of the file in its place; it is as it was.",
    )


def _cannot(folder: Path, reason: str) -> ProjectError:
    return ProjectError(
        f"{folder / FILE_NAME} cannot be replaced: {reason}.",
        next_step="See that the disk has room and may be written; the file is as it was.",
    )


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return b""


def _counted(name: str, count: int) -> str:
    one, many = _WORDS[name]
    return f"1 {one}" if count == 1 else f"{count:,} {many}"
