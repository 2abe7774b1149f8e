"""A project whose images have one label each."""

import sqlite3

import numpy as np
import pytest

from core.errors import ProjectError
from core.labels import LabelState, Split
from core.project.disk.database import FILE_NAME
from core.project.edits import KEEP
from core.project.files.scan import ScannedImage
from core.project.runs.snapshot import Snapshot, take_snapshot
from core.project.store import Store

UNKNOWN, ABSENT, PRESENT = LabelState.UNKNOWN, LabelState.ABSENT, LabelState.PRESENT


@pytest.fixture
def store(tmp_path):
    """A multi-class project with the images 1 to 4 and the labels cat 1, dog 2 and cow 3."""
    with Store.create(tmp_path / "project", task="multi-class") as store:
        store.add_images(tmp_path, [ScannedImage(f"{index}.jpg", 10, 20) for index in range(4)])
        for name in ("cat", "dog", "cow"):
            store.add_label(name)
        yield store


def test_a_project_is_multi_label_unless_it_was_made_otherwise(tmp_path):
    with Store.create(tmp_path / "plain") as plain:
        assert plain.task == "multi-label"
    Store.create(tmp_path / "one", task="multi-class").close()
    with Store.open(tmp_path / "one") as one:
        assert one.task == "multi-class"
    # nothing was in either before the schema was whole
    assert not (tmp_path / "plain" / "backups").exists()


def test_a_project_of_the_first_schema_opens_as_multi_label_with_all_that_was_made(tmp_path):
    with Store.create(tmp_path) as store:
        store.add_images(tmp_path, [ScannedImage("0.jpg", 10, 20), ScannedImage("1.jpg", 10, 20)])
        store.add_label("cat")
        store.add_label("dog")
        store.set_states([1], {1: PRESENT, 2: PRESENT}, reviewed=True)
        store.new_run("recipe")
    connection = sqlite3.connect(tmp_path / FILE_NAME)
    connection.executescript("""
        DROP TABLE project; DROP TABLE rule; DROP TABLE note; DROP TABLE dispute; DROP TABLE version;
        DROP TABLE saved_filter; ALTER TABLE label DROP COLUMN description; ALTER TABLE label DROP COLUMN parent;
        ALTER TABLE label DROP COLUMN examples; ALTER TABLE annotation RENAME COLUMN review TO reviewed;
        ALTER TABLE annotation DROP COLUMN flagged; ALTER TABLE annotation DROP COLUMN reviewed_at;
        PRAGMA user_version = 1;
    """)
    connection.close()

    with Store.open(tmp_path) as again:
        assert again.task == "multi-label"
        assert again.states.tolist() == [[1, 1], [-1, -1]]
        assert again.reviewed.tolist() == [True, False]
        assert [run.recipe for run in again.runs()] == ["recipe"]
        again.undo()
        assert again.states[0].tolist() == [-1, -1]
    (backup,) = (tmp_path / "backups").iterdir()
    assert backup.name.startswith("project-v1-")


def test_a_label_that_becomes_present_makes_the_others_absent_in_one_step(store):
    store.set_states([1, 2], {1: PRESENT})
    store.set_states([1], {3: PRESENT})
    assert store.states[:2].tolist() == [[0, 0, 1], [1, 0, 0]]
    store.undo()
    assert store.states[0].tolist() == [1, 0, 0]
    store.undo()
    assert store.states[0].tolist() == [-1, -1, -1]
    store.redo()
    assert store.states[1].tolist() == [1, 0, 0]


def test_other_edits_leave_the_rest_alone(store):
    store.set_states([1], {2: ABSENT})
    assert store.states[0].tolist() == [-1, 0, -1]
    store.set_states([2], {1: PRESENT})
    store.set_states([2], {1: UNKNOWN})
    assert store.states[1].tolist() == [-1, 0, 0]


def test_several_present_labels_are_refused_and_nothing_is_changed(store):
    with pytest.raises(ProjectError, match="has one label"):
        store.set_states([1], {1: PRESENT, 2: PRESENT})
    with pytest.raises(ProjectError, match="has one label"):
        store.set_matrix([1, 2], [1, 2], np.array([[1, 0], [1, 1]], np.int8), reviewed=None, text="import")
    assert (store.states == UNKNOWN).all()


def test_a_matrix_of_some_labels_decides_the_others_too(store):
    store.set_states([1, 2, 3], {1: PRESENT})
    states = np.array([[KEEP, 1], [KEEP, KEEP], [0, KEEP], [-1, 1]], np.int8)
    store.set_matrix([1, 2, 3, 4], [1, 2], states, reviewed=None, text="import")
    assert store.states.tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 0], [0, 1, 0]]


def test_an_added_label_is_absent_where_there_is_a_class(store):
    store.set_states([2], {2: PRESENT}, reviewed=True)
    changes = store.add_label("hen")
    assert store.states.tolist() == [[-1] * 4, [0, 1, 0, 0], [-1] * 4, [-1] * 4]
    assert changes.labels
    assert changes.annotations == {2}
    assert store.reviewed[1]
    store.undo()
    assert [label.name for label in store.labels] == ["cat", "dog", "cow"]
    store.redo()
    assert store.states[1].tolist() == [0, 1, 0, 0]


def test_images_of_a_deleted_label_are_to_be_labelled_anew_and_undo_brings_their_class_back(store):
    store.set_states([1], {1: PRESENT}, reviewed=True)
    store.set_states([2], {2: PRESENT}, reviewed=True)
    store.delete_label(1)
    assert store.states[:2].tolist() == [[-1, -1], [1, 0]]
    assert store.reviewed[:2].tolist() == [False, True]
    store.undo()
    assert store.states[:2].tolist() == [[1, 0, 0], [0, 1, 0]]
    assert store.reviewed[:2].tolist() == [True, True]


def test_a_snapshot_says_the_task(store, tmp_path):
    store.set_states([1, 2], {1: PRESENT})
    store.set_states([3], {1: ABSENT})
    store.set_splits({1: Split.TRAIN, 2: Split.VALIDATION, 3: Split.TEST})
    snapshot = take_snapshot(store)
    # an image without a class teaches a softmax nothing
    assert snapshot.image_ids.tolist() == [1, 2]
    snapshot.save(tmp_path / "snapshot.npz")
    loaded = Snapshot.load(tmp_path / "snapshot.npz")
    assert loaded.task == "multi-class"
    assert loaded.hash == snapshot.hash
    plain = Snapshot(
        snapshot.image_ids, snapshot.paths, snapshot.states, snapshot.splits, snapshot.label_ids, snapshot.label_names
    )
    assert plain.task == "multi-label"
    assert plain.hash != snapshot.hash
