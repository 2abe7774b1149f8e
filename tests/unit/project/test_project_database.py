import contextlib
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from core.errors import ProjectError
from core.labels import LabelState
from core.paths import child_environment
from core.project.disk import database, read_only
from core.project.disk.database import FILE_NAME, Database
from core.project.disk.migrations import MIGRATIONS
from core.project.store import Store


@contextlib.contextmanager
def child_with_the_project(folder: Path, edits: str = "") -> Iterator[subprocess.Popen[str]]:
    """A process that opened the project, made the edits, said so, and now waits for a line."""
    code = f"""
import sys
from pathlib import Path
from core.labels import LabelState, Split
from core.project.store import Store
store = Store.open(Path(sys.argv[1]))
{edits}
print("shown", flush=True)
input()
"""
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(folder)],
        env=child_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with child:
        assert child.stdout.readline() == "shown\n"
        yield child
        child.kill()


def test_edits_shown_right_before_a_kill_are_on_disk(store, tmp_path):
    store.close()
    edits = """
store.set_states([1, 3], {1: LabelState.PRESENT}, reviewed=True)
store.set_splits({2: Split.TEST})
store.add_label("owl")
store.undo()
"""
    with child_with_the_project(tmp_path / "project", edits) as child:
        child.kill()

    with Store.open(tmp_path / "project") as again:
        assert again.states[:, 0].tolist() == [1, -1, 1, -1]
        assert again.reviewed.tolist() == [True, False, True, False]
        assert again.splits.tolist() == [-1, 2, -1, -1]
        assert len(again.labels) == 3
        assert again.redo_text == "Label “owl” added"
        assert again.undo_text == "“cat” set on 2 images"


def test_a_second_program_is_told_who_has_the_project(store, tmp_path):
    store.close()
    with (
        child_with_the_project(tmp_path / "project") as child,
        pytest.raises(ProjectError, match=rf"already open in another .* \(process {child.pid}\)"),
    ):
        Store.open(tmp_path / "project")
    Store.open(tmp_path / "project").close()


@pytest.mark.parametrize("owner", ["", "\0\0", "12 or so"])
def test_an_owner_that_cannot_be_read_is_unknown(store, tmp_path, owner):
    (tmp_path / "project" / ".lock-owner").write_text(owner)
    with pytest.raises(ProjectError, match=r"\(an unknown process\)"):
        Store.open(tmp_path / "project")


def test_the_same_process_cannot_open_a_project_twice(store, tmp_path):
    with pytest.raises(ProjectError, match="already open"):
        Store.open(tmp_path / "project")


def test_a_project_is_not_made_over_another(store, tmp_path):
    store.close()
    with pytest.raises(ProjectError, match="There is a project in"):
        Store.create(tmp_path / "project")
    with Store.open(tmp_path / "project") as again:
        assert len(again.labels) == 3


def test_a_project_can_be_made_where_making_one_was_interrupted(tmp_path):
    (tmp_path / FILE_NAME).touch()
    with Store.create(tmp_path) as store:
        store.add_label("cat")
    with Store.open(tmp_path) as again:
        assert [label.name for label in again.labels] == ["cat"]


def test_folders_without_a_project_are_refused(tmp_path):
    with pytest.raises(ProjectError, match="no project in"):
        Store.open(tmp_path / "missing")
    with pytest.raises(ProjectError, match="no project in"):
        Store.open(tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(ProjectError, match="cannot be made"):
        Store.create(tmp_path / "file")


@pytest.mark.parametrize("content", [b"", b"this is not a database" * 1000])
def test_a_file_that_is_no_project_is_refused_and_left_alone(tmp_path, content):
    (tmp_path / FILE_NAME).write_bytes(content)
    with pytest.raises(ProjectError, match=r"damaged|not a Multihot project"):
        Store.open(tmp_path)
    assert (tmp_path / FILE_NAME).read_bytes() == content
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_another_programs_database_is_refused(tmp_path):
    with sqlite3.connect(tmp_path / FILE_NAME) as connection:
        connection.execute("CREATE TABLE image (id)")
    connection.close()
    for take in (Store.open, Store.create):
        with pytest.raises(ProjectError, match="not a Multihot project"):
            take(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_a_damaged_page_is_a_sentence(make_store, tmp_path):
    make_store(images=5000).close()
    file = tmp_path / "project" / FILE_NAME
    data = bytearray(file.read_bytes())
    data[8192 : len(data) // 2] = b"\xaa" * (len(data) // 2 - 8192)
    file.write_bytes(data)
    with pytest.raises(ProjectError, match="damaged"):
        Store.open(tmp_path / "project")


def test_a_newer_project_is_refused_with_a_sentence(store, tmp_path):
    store.database.connection.execute("CREATE TABLE thought (id INTEGER PRIMARY KEY)")
    store.database.connection.execute("PRAGMA user_version = 99")
    store.close()
    for lock in (tmp_path / "project").glob(".lock*"):
        lock.unlink()
    names = sorted((tmp_path / "project").iterdir())
    before = (tmp_path / "project" / FILE_NAME).read_bytes()
    with pytest.raises(ProjectError, match="newer version of Multihot"):
        Store.open(tmp_path / "project")
    assert (tmp_path / "project" / FILE_NAME).read_bytes() == before
    assert sorted((tmp_path / "project").iterdir()) == names


def _add_notes(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE image ADD COLUMN note TEXT NOT NULL DEFAULT 'none'")


def _fail(connection: sqlite3.Connection) -> None:
    connection.execute("DROP TABLE annotation")
    raise RuntimeError


def test_an_older_project_is_backed_up_and_migrated(store, tmp_path):
    store.set_states([2], {1: LabelState.PRESENT})
    store.close()
    folder = tmp_path / "project"

    database = Database(folder, create=False, migrations=(*MIGRATIONS, _add_notes))
    version = database.connection.execute("PRAGMA user_version").fetchone()[0]
    notes = database.connection.execute("SELECT DISTINCT note FROM image").fetchall()
    database.close()

    assert version == len(MIGRATIONS) + 1
    assert notes == [("none",)]
    (backup,) = (folder / "backups").iterdir()
    assert f"v{len(MIGRATIONS)}" in backup.name
    # the backup is a whole project of the older version
    restored = tmp_path / "restored"
    restored.mkdir()
    backup.rename(restored / FILE_NAME)
    with Store.open(restored) as old:
        assert old.states[1].tolist() == [1, -1, -1]


def test_a_migration_that_fails_leaves_the_project_as_it_was(store, tmp_path):
    store.set_states([2], {1: LabelState.PRESENT})
    store.close()
    with pytest.raises(RuntimeError):
        Database(tmp_path / "project", create=False, migrations=(*MIGRATIONS, _add_notes, _fail))
    # the step before it was done and stays; only it is rolled back
    database = Database(tmp_path / "project", create=False, migrations=(*MIGRATIONS, _add_notes))
    assert database.connection.execute("SELECT count(*) FROM annotation").fetchone() == (1,)
    database.close()


def test_a_project_that_is_up_to_date_is_not_backed_up(store, tmp_path):
    store.close()
    Store.open(tmp_path / "project").close()
    assert not (tmp_path / "project" / "backups").exists()


def test_a_full_disk_is_a_sentence_and_what_is_shown_is_what_is_saved(make_store, tmp_path):
    store = make_store(images=3000)
    store.set_states([1], {1: LabelState.PRESENT})
    connection = store.database.connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(ProjectError, match="the disk is full"):
        store.set_states(store.image_ids.tolist(), {2: LabelState.PRESENT})
    assert (store.states[:, 1] == -1).all()
    assert store.undo_text == "“cat” set on 1 image"

    connection.execute("PRAGMA max_page_count = 100000")
    store.set_states([2], {2: LabelState.PRESENT})
    store.close()
    with Store.open(tmp_path / "project") as again:
        assert again.states[:2].tolist() == [[1, -1, -1], [-1, 1, -1]]
        assert (again.states[2:] == -1).all()


def test_another_program_that_holds_the_file_is_a_sentence(store, tmp_path):
    store.database.connection.execute("PRAGMA busy_timeout = 0")
    other = sqlite3.connect(tmp_path / "project" / FILE_NAME, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(ProjectError, match="another program"):
        store.set_states([1], {1: LabelState.PRESENT})
    other.close()
    assert store.set_states([1], {1: LabelState.PRESENT})


def test_an_edit_is_written_through_to_the_disk(store):
    # without it, WAL may lose the newest edits in a power cut
    assert store.database.connection.execute("PRAGMA synchronous").fetchone() == (2,)
    assert store.database.connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("filelock.FileLock.acquire", refuse)
    with pytest.raises(ProjectError, match="cannot be written: Permission denied"):
        Store.create(tmp_path)


@pytest.mark.parametrize("what", ["moved", "deleted", "replaced", "folder moved"])
def test_nothing_is_saved_to_a_file_that_is_no_longer_there(store, tmp_path, what):
    store.set_states([1], {1: LabelState.PRESENT})
    file = tmp_path / "project" / FILE_NAME
    if what == "deleted":
        file.unlink()
    elif what == "folder moved":
        file.parent.rename(tmp_path / "elsewhere")
    else:
        file.rename(tmp_path / "moved.sqlite")
        if what == "replaced":
            file.write_bytes((tmp_path / "moved.sqlite").read_bytes())
    with pytest.raises(ProjectError, match="nothing was saved"):
        store.set_states([2], {1: LabelState.PRESENT})
    assert store.states[:2, 0].tolist() == [1, -1]
    if what == "moved":
        (tmp_path / "moved.sqlite").rename(file)
        assert store.set_states([2], {1: LabelState.PRESENT})


def test_a_full_disk_is_told_as_such_when_sqlite_does_not_know_it(store, tmp_path, monkeypatch):
    def no_room(*_):
        return SimpleNamespace(free=0)

    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR | 18 << 8
    with pytest.raises(ProjectError, match="reports an error"), store.database.reading():
        raise error
    monkeypatch.setattr(database.shutil, "disk_usage", no_room)
    with pytest.raises(ProjectError, match="the disk is full"), store.database.reading():
        raise error


def test_a_project_that_is_only_locked_is_not_called_damaged(store, tmp_path, monkeypatch):
    def busy(*_):
        raise sqlite3.OperationalError("database is locked")

    monkeypatch.setattr(read_only, "_connected", busy)
    with pytest.raises(ProjectError, match="database is locked") as raised, read_only.reading(tmp_path / "project"):
        pass
    assert "damaged" not in str(raised.value)
