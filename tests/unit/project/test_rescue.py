import contextlib
import os
import random
import re
import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from core.errors import DamagedProjectError, ProjectError
from core.labels import LabelState, Review, Split
from core.project.disk.backups import back_up, backups
from core.project.disk.damage import damage_told, quick_check
from core.project.disk.database import FILE_NAME
from core.project.disk.migrations import MIGRATIONS
from core.project.disk.read_only import reading
from core.project.files.scan import ScannedImage
from core.project.rescue import salvage as rescue
from core.project.rescue.salvage import restore_backup, salvage
from core.project.store import Store

IMAGES, LABELS = 3000, 20
NOW = 1_700_000_000.0


@pytest.fixture
def store(tmp_path):
    """A project whose tables have many pages, with a hundred edits, some of them undone."""
    one = Store.create(tmp_path / "project")
    one.add_images(tmp_path / "photos", [ScannedImage(f"folder {i // 100}/{i}.jpg", 10, 20) for i in range(IMAGES)])
    one.add_labels([f"label {i}" for i in range(LABELS)])
    one.set_splits({1: Split.TEST, IMAGES: Split.TRAIN})
    yield one
    one.close()


@pytest.fixture
def folder(store):
    return store.folder


def label_some(store: Store, steps: int, *, seed: int = 0) -> None:
    rng = np.random.default_rng(seed)
    for step in range(steps):
        ids = rng.choice(store.image_ids, rng.integers(1, 200), replace=False).tolist()
        states = {int(rng.integers(1, LABELS + 1)): LabelState(int(rng.integers(-1, 2)))}
        store.set_states(ids, states, reviewed=True)
        if step % 7 == 0:
            store.undo()


def told(store: Store) -> tuple:
    return (
        store.labels, store.image_ids.tolist(), store.paths, store.states.tolist(), store.reviewed.tolist(),
        store.splits.tolist(), store.undo_text, store.redo_text,
    )  # fmt: skip


def damage(folder: Path, start: int, data: bytes) -> None:
    with (folder / FILE_NAME).open("r+b") as file:
        file.seek(start)
        file.write(data)


def page_of(folder: Path, table: str, *, share: float = 0.5) -> int:
    """Where a leaf page of a table begins, in bytes."""
    with sqlite3.connect(folder / FILE_NAME) as connection:
        leaves = connection.execute(
            "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY pageno", (table,)
        ).fetchall()
    connection.close()
    (page,) = leaves[int(len(leaves) * share)]
    return (page - 1) * 4096


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name not in ("runs", "cache", "backups"))


# what is damaged shows


def test_damage_in_pages_that_opening_does_not_read_is_found(store, folder):
    label_some(store, 60)
    store.close()
    assert quick_check(folder) == []
    damage(folder, page_of(folder, "edit"), os.urandom(4096))
    assert quick_check(folder)


def test_a_project_can_be_checked_while_it_is_open_and_edited(store, folder):
    assert quick_check(folder) == []
    assert store.set_states([1], {1: LabelState.PRESENT})


@pytest.mark.parametrize(
    "error", [KeyError(3), ValueError("no state"), sqlite3.OperationalError("no such table: image")]
)
def test_what_makes_no_sense_is_damage(tmp_path, error):
    with pytest.raises(DamagedProjectError, match="is damaged") as raised, damage_told(tmp_path):
        raise error
    assert raised.value.folder == tmp_path


# a backup in its place


def test_a_backup_takes_the_place_of_a_damaged_file_which_is_kept(store, folder):
    label_some(store, 20)
    before = told(store)
    back_up(folder, now=NOW)
    label_some(store, 5, seed=1)
    store.close()
    damage(folder, 0, bytes(4096))
    whole = (folder / FILE_NAME).read_bytes()
    (backup,) = backups(folder)

    kept = restore_backup(folder, backup)

    assert (kept / FILE_NAME).read_bytes() == whole
    assert kept.parent == folder / "backups"
    assert kept.name.startswith("damaged-")
    with Store.open(folder) as again:
        assert told(again) == before
    assert backup.path.is_file()


def test_the_log_of_a_damaged_file_is_not_read_into_the_backup(store, folder, tmp_path):
    back_up(folder, now=NOW)
    before = told(store)
    store.close()
    copy = tmp_path / "killed"
    with Store.open(folder) as again:
        label_some(again, 3)
        # as a kill leaves it: the log is there
        shutil.copytree(folder, copy)
    assert (copy / f"{FILE_NAME}-wal").stat().st_size
    damage(copy, page_of(folder, "image"), bytes(4096))
    kept = restore_backup(copy, backups(copy)[0])
    assert (kept / f"{FILE_NAME}-wal").is_file()
    with Store.open(copy) as again:
        assert told(again) == before


def test_a_sound_project_that_goes_back_to_a_backup_becomes_a_backup_itself(store, folder):
    back_up(folder, now=NOW)
    label_some(store, 5)
    later = told(store)
    store.close()
    kept = restore_backup(folder, backups(folder)[0])
    with Store.open(folder) as again:
        assert again.undo_text != later[-2]
    newest = backups(folder)[0]
    assert newest.path == kept
    assert "before-restore" in kept.name
    restore_backup(folder, newest)
    with Store.open(folder) as again:
        assert told(again) == later


def test_a_project_that_is_open_is_not_restored_nor_salvaged(store, folder):
    back_up(folder)
    with pytest.raises(ProjectError, match="already open"):
        restore_backup(folder, backups(folder)[0])
    with pytest.raises(ProjectError, match="already open"):
        salvage(folder)


# what can be read


HOLES = {
    "header": (0, bytes(100)),
    "first page": (0, bytes(4096)),
    "noise over the header": (0, random.Random(1).randbytes(4096)),
}


@pytest.mark.parametrize("hole", HOLES)
@pytest.mark.parametrize("has_backup", [True, False])
def test_nothing_is_lost_with_the_first_page(store, folder, hole, has_backup):
    label_some(store, 40)
    if has_backup:
        back_up(folder, now=NOW)
    label_some(store, 40, seed=1)
    before = told(store)
    store.close()
    damage(folder, *HOLES[hole])

    report = salvage(folder)

    assert report.is_whole
    assert "3,000 images, 20 labels" in report.sentence()
    assert "Nothing is known to be lost" in report.sentence()
    with Store.open(folder) as again:
        assert told(again) == before
    assert quick_check(folder) == []


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_hole_in_the_annotations_is_filled_from_the_backup_and_the_undo_journal(store, folder, share):
    label_some(store, 40)
    back_up(folder, now=NOW)
    label_some(store, 40, seed=1)
    before = told(store)
    store.close()
    damage(folder, page_of(folder, "annotation", share=share), random.Random(2).randbytes(4096))

    report = salvage(folder)

    with Store.open(folder) as again:
        assert told(again) == before
    tally = report.tallies["annotation"]
    assert tally.rebuilt
    assert "put together from the undo journal" in "\n".join(report.lines())


def test_a_hole_in_the_annotations_is_filled_from_the_undo_journal_alone(store, folder):
    label_some(store, 80)
    before = told(store)
    store.close()
    damage(folder, page_of(folder, "annotation"), b"\xaa" * 4096)
    salvage(folder)
    with Store.open(folder) as again:
        assert told(again) == before


def test_steps_undone_since_the_backup_are_undone_in_the_hole(store, folder):
    store.set_states(store.image_ids.tolist(), {1: LabelState.PRESENT})
    store.set_states(store.image_ids.tolist(), {2: LabelState.PRESENT})
    back_up(folder, now=NOW)
    store.undo()
    store.set_states([7], {3: LabelState.ABSENT})
    before = told(store)
    store.close()
    for share in (0.0, 0.5):
        damage(folder, page_of(folder, "annotation", share=share), bytes(4096))
    salvage(folder)
    with Store.open(folder) as again:
        assert told(again) == before


def test_paths_of_images_come_from_the_backup_or_the_index(store, folder, tmp_path):
    back_up(folder, now=NOW)
    more = [ScannedImage(f"later/{i}.jpg", 10, 20) for i in range(1000)]
    store.add_images(tmp_path / "photos", more)
    label_some(store, 10)
    before = told(store)
    store.close()
    for share in (0.3, 0.95):
        damage(folder, page_of(folder, "image", share=share), bytes(4096))
    report = salvage(folder)
    assert report.tallies["image"].restored
    assert report.tallies["image"].rebuilt
    with Store.open(folder) as again:
        assert told(again) == before


def test_what_is_lost_is_counted(store, folder):
    store.set_states(store.image_ids.tolist(), {1: LabelState.PRESENT})
    store.close()
    data = (folder / FILE_NAME).read_bytes()
    (folder / FILE_NAME).write_bytes(data[: len(data) // 2])
    report = salvage(folder)
    with Store.open(folder) as again:
        images, annotated = len(again.image_ids), int((again.states[:, 0] == 1).sum())
        assert [label.name for label in again.labels] == [f"label {i}" for i in range(LABELS)]
        # what is there is right
        assert all(path.endswith(f"/{i - 1}.jpg") for i, path in zip(again.image_ids, again.paths, strict=True))
    assert images + report.tallies["image"].lost == IMAGES
    assert report.tallies["annotation"].kept == annotated
    assert not report.is_whole
    assert "Lost:" in report.sentence() or "lost their annotations" in report.sentence()


def test_a_log_that_was_deleted_costs_only_what_was_in_it(store, folder, tmp_path):
    label_some(store, 20)
    store.close()
    with Store.open(folder) as again:
        before = told(again)
        again.set_states([1], {1: LabelState.PRESENT})
        shutil.copytree(folder, tmp_path / "killed")
    (tmp_path / "killed" / f"{FILE_NAME}-wal").unlink()
    (tmp_path / "killed" / f"{FILE_NAME}-shm").unlink()
    damage(tmp_path / "killed", 0, bytes(100))
    salvage(tmp_path / "killed")
    with Store.open(tmp_path / "killed") as again:
        assert told(again) == before


def test_edits_that_are_only_in_the_log_are_read_from_it(store, folder, tmp_path):
    label_some(store, 5)
    before = told(store)
    copy = tmp_path / "killed"
    shutil.copytree(folder, copy)
    log = (copy / f"{FILE_NAME}-wal").read_bytes()
    # the last frame was being written
    (copy / f"{FILE_NAME}-wal").write_bytes(log + os.urandom(3000))
    (copy / f"{FILE_NAME}-shm").unlink()
    (copy / FILE_NAME).write_bytes(b"")
    salvage(copy)
    with Store.open(copy) as again:
        assert told(again) == before


def test_a_damaged_label_keeps_its_annotations_under_another_name(store, folder):
    store.set_states([1, 2], {LABELS: LabelState.PRESENT})
    store.close()
    damage(folder, page_of(folder, "label"), bytes(4096))
    report = salvage(folder)
    assert report.tallies["label"].lost == LABELS
    with Store.open(folder) as again:
        assert [label.name for label in again.labels][-1] == f"lost label {LABELS}"
        assert again.states[:2, -1].tolist() == [1, 1]


def test_undo_stops_at_a_hole_in_the_journal(store, folder):
    label_some(store, 80)
    states = store.states.tolist()
    store.close()
    damage(folder, page_of(folder, "edit", share=0.3), bytes(4096))
    report = salvage(folder)
    with Store.open(folder) as again:
        assert again.states.tolist() == states
        steps = 0
        while again.undo():
            steps += 1
    assert steps == report.tallies["edit"].found
    assert "cannot be taken back any more" in "\n".join(report.lines())


def test_undo_goes_back_past_images_that_are_lost(store, folder):
    label_some(store, 30)
    labels = [label.id for label in store.labels]
    store.set_notes(dict.fromkeys(store.image_ids.tolist(), "note"))
    store.add_disputes({(image, labels[0]): LabelState.PRESENT for image in store.image_ids.tolist()}, "merged")
    store.set_states(store.image_ids.tolist(), {labels[1]: LabelState.ABSENT})
    with sqlite3.connect(folder / FILE_NAME) as connection:
        (index,) = connection.execute(
            "SELECT min(pageno) FROM dbstat WHERE name = 'sqlite_autoindex_image_1' AND pagetype = 'internal'"
        ).fetchone()
    connection.close()
    store.close()
    damage(folder, page_of(folder, "image"), bytes(4096))
    damage(folder, (index - 1) * 4096, bytes(4096))
    report = salvage(folder)
    assert report.tallies["image"].lost > 50
    with Store.open(folder) as again:
        assert len(again.notes) == len(again.disputes) == len(again.image_ids)
        steps = 0
        while again.undo():
            steps += 1
        assert steps > 20
        assert (again.states == -1).all()
        assert not again.notes
        while again.redo():
            steps -= 1
        assert steps == 0


def test_tables_whose_first_pages_changed_places_are_told_by_their_rows(store, folder):
    label_some(store, 20)
    before = told(store)
    store.close()
    with sqlite3.connect(folder / FILE_NAME) as connection:
        roots = dict(connection.execute("SELECT name, rootpage FROM sqlite_master WHERE type = 'table'"))
    connection.close()
    data = (folder / FILE_NAME).read_bytes()
    for one, other in (("image", "run"), ("run", "image")):
        start = (roots[other] - 1) * 4096
        damage(folder, (roots[one] - 1) * 4096, data[start : start + 4096])
    with pytest.raises(DamagedProjectError):
        Store.open(folder).close()
    salvage(folder)
    with Store.open(folder) as again:
        assert told(again)[1:5] == before[1:5]


def test_everything_else_a_project_holds_is_saved(store, folder):
    label_some(store, 20)
    labels = [label.id for label in store.labels]
    store.add_rule("implies", labels[:2])
    store.set_note(5, "is it one?")
    store.set_flag([6], True)
    store.save_filter("odd", "labels>=3")
    store.add_disputes({(7, labels[0]): LabelState.ABSENT}, "merged")
    from core.project.versions import save_version, versions

    save_version(store, "first")
    run = store.new_run("recipe")
    store.close()
    damage(folder, 0, bytes(4096))
    assert salvage(folder).is_whole
    with Store.open(folder) as again:
        assert [rule.label_ids for rule in again.rules] == [tuple(labels[:2])]
        assert dict(again.notes) == {5: "is it one?"}
        assert again.flagged[again.row_of(6)]
        assert dict(again.saved_filters) == {"odd": "labels>=3"}
        assert dict(again.disputes) == {(7, labels[0]): LabelState.ABSENT}
        assert [version.name for version in versions(again)] == ["first"]
        assert [one.id for one in again.runs()] == [run.id]
        # an image is never taken for another
        again.add_images(folder.parent / "photos", [ScannedImage("new.jpg", 1, 2)])
        assert again.image_ids[-1] == IMAGES + 1


@pytest.mark.parametrize("content", [b"", b"this is no database" * 999, bytes(50_000)])
def test_a_file_of_which_nothing_can_be_read_is_left_alone(tmp_path, content):
    (tmp_path / FILE_NAME).write_bytes(content)
    with pytest.raises(ProjectError, match="Nothing can be read"):
        salvage(tmp_path)
    assert (tmp_path / FILE_NAME).read_bytes() == content
    assert not list(tmp_path.glob(".rescue*"))


def test_a_file_of_which_nothing_can_be_read_becomes_the_backup(store, folder):
    label_some(store, 10)
    back_up(folder, now=NOW)
    before = told(store)
    store.close()
    (folder / FILE_NAME).write_bytes(b"")
    report = salvage(folder)
    assert report.tallies["image"].restored == IMAGES
    with Store.open(folder) as again:
        assert told(again)[:6] == before[:6]


def test_a_project_of_an_older_schema_is_saved_and_migrated(store, folder, monkeypatch):
    from core.project.disk.database import Database
    from core.project.disk.migrations import MIGRATIONS

    old = folder.parent / "old"
    old.mkdir()
    database = Database(old, create=True, migrations=MIGRATIONS[:2])
    with database.transaction() as connection:
        connection.execute("INSERT INTO root (path) VALUES ('/photos')")
        connection.execute("INSERT INTO image (root_id, path, size, mtime_ns) VALUES (1, 'a.jpg', 1, 2)")
        connection.execute("INSERT INTO label VALUES (1, 'cat', '#112233', '1', 1, 0)")
        connection.execute("INSERT INTO annotation VALUES (1, x'01', 1)")
        connection.execute("UPDATE project SET task = 'multi-class'")
    database.close()
    data = bytearray((old / FILE_NAME).read_bytes())
    data[:16] = bytes(16)
    (old / FILE_NAME).write_bytes(data)
    salvage(old)
    with Store.open(old) as again:
        assert again.task == "multi-class"
        assert again.states.tolist() == [[1]]
        assert again.reviewed.tolist() == [True]


def test_another_programs_database_and_a_newer_project_are_left_alone(tmp_path, store, folder):
    with sqlite3.connect(tmp_path / FILE_NAME) as connection:
        connection.execute("CREATE TABLE image (photo, camera, id)")
        connection.execute("PRAGMA application_id = 12")
    connection.close()
    for take in (Store.open, salvage):
        with pytest.raises(ProjectError, match="not a Multihot project"):
            take(tmp_path)
    store.close()
    with sqlite3.connect(folder / FILE_NAME) as connection:
        connection.execute("CREATE TABLE thought (id INTEGER PRIMARY KEY)")
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(ProjectError, match="newer version"):
        salvage(folder)


def test_a_disk_that_fails_in_the_middle_leaves_the_damaged_file(store, folder, monkeypatch):
    label_some(store, 10)
    store.close()
    damage(folder, 0, bytes(4096))
    whole = (folder / FILE_NAME).read_bytes()

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(rescue.shutil, "copy2", full)
    with pytest.raises(ProjectError, match=r"No space left.*the file is as it was"):
        salvage(folder)
    assert (folder / FILE_NAME).read_bytes() == whole
    assert names_in(folder) == sorted({FILE_NAME, *(n for n in names_in(folder) if n.startswith(".lock"))})


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_damaged_what_is_read_is_true(store, folder, seed):
    """Random holes: every state that is known after a rescue without a backup was set by a person."""
    label_some(store, 30)
    states, paths = store.states.copy(), store.paths[:]
    store.close()
    rng = random.Random(seed)
    size = (folder / FILE_NAME).stat().st_size
    for _ in range(3):
        start = rng.randrange(size - 20_000)
        damage(folder, start, rng.choice([bytes, rng.randbytes])(rng.randrange(1, 20_000)))
    salvage(folder)
    with Store.open(folder) as again:
        rows = again.image_ids - 1
        assert [paths[row] for row in rows] == again.paths
        if len(again.labels) == LABELS:
            known = again.states != -1
            wrong = known & (again.states != states[rows])
            # the newest steps may be lost with their pages; nothing is made up where nobody said anything
            assert wrong.mean() < 0.02
    assert quick_check(folder) == []


# every way in which a file that is ours can be wrong is told as damage, and saved


def _spoil_schema(data: bytearray) -> None:
    data[data.index(b"CREATE TABLE image") + 10] = 0x80


def _put(start: int, value: bytes):
    def change(data: bytearray) -> None:
        data[start : start + len(value)] = value

    return change


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(_spoil_schema, id="a statement that is no text"),
        pytest.param(_put(18, b"\x07\x01"), id="file format"),
        pytest.param(_put(60, b"\xff\x00\x00\x01"), id="negative version"),
        pytest.param(_put(60, b"\x00\x00\x00\x00"), id="no version"),
        pytest.param(_put(60, b"\x00\x00\x00\x02"), id="older version"),
        pytest.param(_put(60, b"\x40\x00\x00\x03"), id="version of a far day"),
        pytest.param(_put(68, bytes(4)), id="no application id"),
        pytest.param(_put(68, b"Nult"), id="another application id"),
        pytest.param(_put(56, b"\x00\x00\x00\x02"), id="text encoding"),
    ],
)
def test_a_damaged_header_or_schema_is_found_and_nothing_is_lost(store, folder, spoil):
    label_some(store, 10)
    before = told(store)
    store.close()
    data = bytearray((folder / FILE_NAME).read_bytes())
    spoil(data)
    (folder / FILE_NAME).write_bytes(data)
    with pytest.raises(DamagedProjectError):
        Store.open(folder)
    assert not (folder / "backups").exists()
    # as another project for a merge it is read, or refused with a sentence
    with contextlib.suppress(ProjectError), reading(folder):
        pass
    assert salvage(folder).is_whole
    with Store.open(folder) as again:
        assert told(again) == before


def test_a_newer_version_with_our_tables_is_believed_unless_there_is_a_backup(store, folder):
    label_some(store, 10)
    before = told(store)
    store.database.connection.execute("PRAGMA user_version = 99")
    store.close()
    with pytest.raises(ProjectError, match="newer version") as raised:
        Store.open(folder)
    assert not isinstance(raised.value, DamagedProjectError)
    with sqlite3.connect(folder / FILE_NAME) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        back_up(folder, now=NOW)
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(DamagedProjectError):
        Store.open(folder)
    assert salvage(folder).is_whole
    with Store.open(folder) as again:
        assert told(again) == before


@pytest.mark.parametrize("table", ["saved_filter", "edit", "note", "run"])
def test_a_missing_table_is_damage_also_where_opening_does_not_read_it(store, folder, table):
    store.database.connection.execute(f"DROP TABLE {table}")
    store.close()
    with pytest.raises(DamagedProjectError):
        Store.open(folder)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE annotation SET states = x'70' || substr(states, 2) WHERE image_id = 7",
        "UPDATE annotation SET review = 77 WHERE image_id = 7",
        "UPDATE image SET split = 9 WHERE id = 7",
    ],
)
def test_a_value_that_means_nothing_is_damage(store, folder, change):
    store.set_states([7], {1: LabelState.PRESENT})
    back_up(folder, now=NOW)
    store.database.connection.execute("PRAGMA foreign_keys = OFF")
    store.database.connection.execute(change)
    store.close()
    with pytest.raises(DamagedProjectError):
        Store.open(folder)
    salvage(folder)
    with Store.open(folder) as again:
        assert len(again.image_ids) == IMAGES
        assert again.states[6].tolist() == [1] + [-1] * (LABELS - 1)


def test_a_number_beyond_all_is_damage_at_once(store, folder):
    store.database.connection.execute("UPDATE image SET id = 1 << 60 WHERE id = 3000")
    store.close()
    with pytest.raises(DamagedProjectError):
        Store.open(folder)
    salvage(folder)
    with Store.open(folder) as again:
        assert again.image_ids.tolist() == list(range(1, IMAGES))


@pytest.mark.parametrize("is_indexed", [True, False])
def test_two_images_with_one_path_are_told_apart(store, folder, is_indexed):
    label_some(store, 20)
    before = told(store)
    if not is_indexed:
        back_up(folder, now=NOW)
    store.close()
    data = (folder / FILE_NAME).read_bytes()
    # a digit of a path is another in the table, and in the index only where that is damaged, too
    start = data.index(b"folder 17/1750.jpg")
    damage(folder, start, b"folder 17/1751.jpg")
    again = data.index(b"folder 17/1750.jpg", start + 1)
    if not is_indexed:
        damage(folder, again // 4096 * 4096, bytes(4096))
    damage(folder, 0, bytes(4096))
    report = salvage(folder)
    assert not report.tallies["image"].lost
    assert quick_check(folder) == []
    with Store.open(folder) as opened:
        assert told(opened)[1:5] == before[1:5]


def test_what_refers_to_rows_that_are_left_out_goes_with_them(store, folder):
    label_some(store, 20)
    store.set_note(1751, "which one?")
    store.add_disputes({(1751, 1): LabelState.ABSENT, (5, 1): LabelState.ABSENT}, "merged")
    store.close()
    data = (folder / FILE_NAME).read_bytes()
    # table and index agree, and no backup says otherwise
    for found in re.finditer(rb"folder 17/1750\.jpg", data):
        damage(folder, found.start(), b"folder 17/1749.jpg")
    damage(folder, 0, bytes(4096))
    report = salvage(folder)
    assert report.tallies["image"].lost == 1
    with Store.open(folder) as opened:
        assert len(opened.image_ids) == IMAGES - 1
        assert (5, 1) in opened.disputes


def test_an_error_that_is_not_the_disks_does_not_blame_it(store, folder, monkeypatch):
    store.close()
    damage(folder, 0, bytes(4096))

    def contradict(*_):
        raise sqlite3.IntegrityError("FOREIGN KEY constraint failed")

    monkeypatch.setattr(rescue, "_fill", contradict)
    with pytest.raises(ProjectError, match="makes no project") as raised:
        salvage(folder)
    assert "disk" not in str(raised.value)
    assert ".rescue" not in str(raised.value)


def test_a_file_that_is_gone_or_empty_is_damage_where_there_are_backups(store, folder):
    label_some(store, 10)
    back_up(folder, now=NOW)
    before = told(store)
    store.close()
    (folder / FILE_NAME).write_bytes(b"")
    with pytest.raises(DamagedProjectError, match="is empty"):
        Store.open(folder)
    (folder / FILE_NAME).unlink()
    with pytest.raises(DamagedProjectError, match="is missing"):
        Store.open(folder)
    restore_backup(folder, backups(folder)[0])
    with Store.open(folder) as again:
        assert told(again) == before


def test_another_programs_file_in_the_place_of_a_project_gives_way_to_a_backup(store, folder):
    label_some(store, 10)
    back_up(folder, now=NOW)
    before = told(store)
    store.close()
    (folder / FILE_NAME).unlink()
    with sqlite3.connect(folder / FILE_NAME) as connection:
        connection.execute("CREATE TABLE moz_places (id INTEGER PRIMARY KEY, url TEXT, title TEXT)")
    connection.close()
    foreign = (folder / FILE_NAME).read_bytes()
    with pytest.raises(DamagedProjectError):
        Store.open(folder)
    report = salvage(folder)
    assert (report.kept / FILE_NAME).read_bytes() == foreign
    with Store.open(folder) as again:
        assert told(again)[:6] == before[:6]


def test_images_that_are_put_together_again_keep_when_they_were_reviewed(store, folder):
    back_up(folder, now=NOW)
    store.set_review(store.image_ids.tolist(), Review.REVIEWED)
    store.set_states(store.image_ids.tolist(), {1: LabelState.PRESENT})
    at = store.reviewed_at.copy()
    store.close()
    damage(folder, page_of(folder, "annotation"), bytes(4096))
    report = salvage(folder)
    assert report.tallies["annotation"].rebuilt > 10
    with Store.open(folder) as again:
        assert again.reviewed.all()
        assert again.reviewed_at.tolist() == at.tolist()
