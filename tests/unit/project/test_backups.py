import contextlib
import errno
import itertools
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import namedtuple
from pathlib import Path

import pytest

from core.errors import DamagedProjectError, ProjectError
from core.labels import LabelState
from core.paths import child_environment
from core.project.disk import backups
from core.project.disk.backups import DAY, HOUR, back_up, back_up_if_due, is_due, newest_backup, superseded
from core.project.disk.database import FILE_NAME, Database
from core.project.disk.migrations import MIGRATIONS
from core.project.store import Store

NOW = time.mktime((2026, 5, 20, 12, 0, 0, 0, 0, -1))


@pytest.fixture
def folder(store):
    return store.folder


def changed(folder: Path, when: float) -> None:
    """Let the project have been written at a time."""
    for path in folder.glob(f"{FILE_NAME}*"):
        os.utime(path, (when, when))


def test_a_backup_of_an_open_project_is_whole_and_says_what_is_in_it(store, folder):
    store.set_states([1, 2, 3], {1: LabelState.PRESENT})
    store.set_states([3], {1: LabelState.UNKNOWN})
    back_up(folder, now=NOW)
    store.set_states([4], {1: LabelState.PRESENT})

    (backup,) = backups.backups(folder)
    assert (backup.images, backup.annotated, backup.created) == (4, 2, NOW)
    assert backup.path.name == "project-20260520-120000.sqlite"
    # nothing is beside it, and it opens as a project
    assert [path.name for path in backup.path.parent.iterdir()] == [backup.path.name]
    (folder.parent / "other").mkdir()
    shutil.copy(backup.path, folder.parent / "other" / FILE_NAME)
    with Store.open(folder.parent / "other") as other:
        assert other.states[:, 0].tolist() == [1, 1, -1, -1]
        assert other.undo_text == store.undo_text.replace("set", "cleared")


def test_backups_are_listed_newest_first_whatever_they_are_called(store, folder):
    back_up(folder, now=NOW - DAY)
    back_up(folder, now=NOW, reason="before-merge")
    (folder / "backups" / "project-20260101-080000.sqlite").write_bytes(b"not one")
    older = folder / "backups" / "project-v2-20260519-080000.sqlite"
    shutil.copy(newest_backup(folder).path, older)
    names = [backup.path.name for backup in backups.backups(folder)]
    assert names == [
        "project-20260520-120000-before-merge.sqlite", "project-20260519-120000.sqlite", older.name,
    ]  # fmt: skip


def test_a_backup_is_due_when_the_newest_is_a_day_old_and_something_changed(store, folder):
    assert is_due(folder, now=NOW)
    back_up(folder, now=NOW)
    changed(folder, NOW + HOUR)
    assert not is_due(folder, now=NOW + 2 * HOUR)
    assert is_due(folder, now=NOW + DAY)
    changed(folder, NOW - HOUR)
    assert not is_due(folder, now=NOW + 3 * DAY)
    assert back_up_if_due(folder, now=NOW + 3 * DAY) is None


def test_a_clock_that_was_set_back_does_not_stop_backups(store, folder):
    back_up(folder, now=NOW)
    changed(folder, NOW + HOUR)
    assert is_due(folder, now=NOW - DAY)


def test_age_thins_backups_out(tmp_path):
    """Three a day for 200 days: all of a day, one a day for a fortnight, one a week for a quarter."""
    files = [(tmp_path / str(number), NOW - number * DAY / 3) for number in range(600)]
    gone = set(superseded(files, now=NOW))
    kept = [(NOW - created) / DAY for path, created in files if path not in gone]
    assert [age for age in kept if age <= 1] == pytest.approx([0, 1 / 3, 2 / 3, 1])
    days = [age for age in kept if 1 < age <= 14]
    assert 13 <= len(days) <= 14
    weeks = [age for age in kept if age > 14]
    assert 10 <= len(weeks) <= 13
    assert max(kept) <= 91
    # it is stable: another look a moment later takes nothing more
    left = [one for one in files if one[0] not in gone]
    assert superseded(left, now=NOW) == []


def test_backups_made_day_by_day_come_to_the_same_as_thinning_at_once(tmp_path):
    files: list[tuple[Path, float]] = []
    for number in range(400):
        now = NOW + number * 8 * HOUR
        files.append((tmp_path / str(number), now))
        gone = set(superseded(files, now=now))
        files = [one for one in files if one[0] not in gone]
    ages = sorted((now - created) / DAY for _, created in files)
    assert len([age for age in ages if 1 < age <= 14]) >= 13
    gaps = [later - earlier for earlier, later in itertools.pairwise(ages)]
    assert max(gaps) <= 8
    assert ages[-1] > 80


def test_the_newest_backup_is_kept_however_old_it_is(tmp_path):
    assert superseded([(tmp_path / "only", 0.0)], now=NOW) == []
    assert superseded([(tmp_path / "old", 0.0), (tmp_path / "older", -DAY)], now=NOW) == [tmp_path / "older"]


def test_older_backups_go_when_a_new_one_is_made(store, folder):
    for age in (200, 100, 0):
        back_up(folder, now=NOW - age * DAY)
    assert len(backups.backups(folder)) == 1


def test_a_damaged_project_makes_no_backup_and_loses_none(make_store):
    store = make_store(images=5000)
    folder = store.folder
    back_up(folder, now=NOW - 200 * DAY)
    store.close()
    file = folder / FILE_NAME
    data = bytearray(file.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 9000] = b"\xaa" * 9000
    file.write_bytes(data)
    with pytest.raises(DamagedProjectError):
        back_up(folder, now=NOW)
    assert len(backups.backups(folder)) == 1
    assert len(list((folder / "backups").iterdir())) == 1


def test_a_full_disk_is_a_sentence_and_no_broken_file(store, folder, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(100, 100, 0))
    with pytest.raises(ProjectError, match=r"the disk is full.*Free some space"):
        back_up(folder)
    assert list((folder / "backups").iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="limits of files are POSIX")
def test_a_disk_that_gets_full_half_way_leaves_no_broken_file(make_store):
    folder = make_store(images=5000).folder
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(ProjectError, match=r"No backup of project can be made.*\."):
            back_up(folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert list((folder / "backups").iterdir()) == []
    assert back_up(folder) is not None


def test_a_read_only_disk_is_a_sentence(store, folder, monkeypatch):
    def refuse(*_, **__):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(ProjectError, match="Read-only file system"):
        back_up(folder)


def test_a_backup_that_is_not_wanted_any_more_is_given_up(store, folder):
    assert back_up(folder, is_cancelled=lambda: True) is None
    assert list((folder / "backups").iterdir()) == []


def test_a_kill_half_way_leaves_no_backup_that_is_none(make_store):
    store = make_store(images=20_000)
    folder = store.folder
    back_up(folder, now=NOW)
    code = """
import os, sys
from pathlib import Path
from core.project.disk import backups
calls = iter(range(100))
def kill():
    if next(calls) == 1:
        os._exit(9)
    return False
backups._STEP = 16
backups.back_up(Path(sys.argv[1]), is_cancelled=kill)
"""
    child = subprocess.run([sys.executable, "-c", code, str(folder)], env=child_environment(), check=False)
    assert child.returncode == 9
    left = [path for path in (folder / "backups").iterdir() if path.name.startswith(".")]
    assert left
    assert [backup.created for backup in backups.backups(folder)] == [NOW]
    back_up(folder, now=NOW + DAY)
    assert not any(path.exists() for path in left)


def test_edits_go_on_while_a_backup_is_made(make_store):
    store = make_store(images=3000)
    edits = []

    def edit() -> bool:
        edits.append(store.set_states([len(edits) + 1], {1: LabelState.PRESENT}))
        return False

    # an edit between any two steps neither waits nor makes the copy begin again
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backups, "_STEP", 4)
        assert back_up(store.folder, is_cancelled=edit) is not None
    assert len(edits) > 10
    assert (store.states[: len(edits), 0] == 1).all()
    # the copy is of the moment at which it began
    assert backups.backups(store.folder)[0].annotated == 0


def test_backups_of_another_schema_say_so(tmp_path):
    Database(tmp_path, create=True, migrations=MIGRATIONS[:2]).close()
    back_up(tmp_path)
    assert newest_backup(tmp_path).version == 2


@pytest.mark.parametrize("header", ["user_version = 1", "user_version = -5", "application_id = 0"])
def test_a_backup_whose_header_lies_is_none(store, folder, header):
    path = back_up(folder)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA {header}")
    assert newest_backup(folder) is None
