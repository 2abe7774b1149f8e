import json
import shutil

import numpy as np
import pytest

from core.errors import ProjectError
from core.labels import LabelState, Split
from core.project.runs.snapshot import Snapshot, take_snapshot
from core.project.store import Store


def test_runs_are_numbered_and_have_a_folder(store):
    first, second = store.new_run("resnet18-224"), store.new_run("sample-tiny")

    assert first.folder == store.folder / "runs" / "0001"
    assert first.folder.is_dir()
    assert store.runs() == [second, first]
    assert store.run(1) == first


def test_a_missing_run_is_a_sentence(store):
    with pytest.raises(ProjectError, match="no run 7"):
        store.run(7)
    with pytest.raises(ProjectError, match="no run 9223372036854775808"):
        store.run(2**63)
    with pytest.raises(ProjectError, match="no run 7"):
        store.discard_run(7)


def test_a_discarded_run_is_gone_and_its_number_never_comes_back(store, tmp_path):
    store.new_run("a")
    run = store.new_run("b")
    (run.folder / "best.safetensors").write_bytes(b"x")
    assert store.discard_run(run.id).runs
    assert not run.folder.exists()
    assert [left.id for left in store.runs()] == [1]
    store.close()

    with Store.open(tmp_path / "project") as again:
        assert again.new_run("c").id == 3


def test_a_run_whose_folder_was_deleted_by_hand_can_be_discarded(store):
    shutil.rmtree(store.new_run("a").folder)
    with pytest.raises(ProjectError, match="The folder of run 1 was deleted"):
        store.run(1)
    store.discard_run(1)
    assert store.runs() == []


def test_a_folder_that_is_there_already_is_never_given_to_a_new_run(store):
    (store.folder / "runs" / "0001").mkdir()
    assert store.new_run("a").id == 2


def test_a_run_whose_files_are_in_use_stays(store, monkeypatch):
    run = store.new_run("a")

    def refuse(*_):
        raise PermissionError(13, "in use")

    monkeypatch.setattr(shutil, "rmtree", refuse)
    with pytest.raises(ProjectError, match="Run 1 cannot be deleted: in use"):
        store.discard_run(run.id)
    assert store.runs() == [run]


@pytest.fixture
def annotated(store: Store) -> Store:
    store.set_states([1, 2, 3], {1: LabelState.PRESENT, 3: LabelState.ABSENT})
    store.set_splits({1: Split.TRAIN, 2: Split.VALIDATION, 4: Split.TEST})
    return store


def test_a_snapshot_holds_the_annotated_images_that_have_a_split(annotated):
    snapshot = take_snapshot(annotated)

    assert snapshot.image_ids.tolist() == [1, 2]
    assert snapshot.states.tolist() == [[1, -1, 0], [1, -1, 0]]
    assert snapshot.splits.tolist() == [0, 1]
    assert snapshot.label_names == ("cat", "dog", "cow")
    assert snapshot.paths == (str(annotated.image_path(1)), str(annotated.image_path(2)))


def test_later_edits_do_not_change_a_snapshot(annotated):
    snapshot = take_snapshot(annotated)
    annotated.set_states([1], {1: LabelState.ABSENT})
    annotated.set_splits({3: Split.TEST})
    assert snapshot.states[0, 0] == 1
    assert snapshot.splits.tolist() == [0, 1]


def test_a_snapshot_is_the_same_after_saving_and_loading(annotated, tmp_path):
    snapshot = take_snapshot(annotated)
    snapshot.save(tmp_path / "snapshot.npz")
    loaded = Snapshot.load(tmp_path / "snapshot.npz")

    assert (loaded.paths, loaded.label_names, loaded.hash) == (snapshot.paths, snapshot.label_names, snapshot.hash)
    for name in ("image_ids", "states", "splits", "label_ids"):
        array, before = getattr(loaded, name), getattr(snapshot, name)
        assert array.dtype == before.dtype
        assert np.array_equal(array, before)


def test_the_hash_tells_contents_apart_and_not_folders(annotated):
    hashes = [take_snapshot(annotated).hash]
    annotated.set_states([1], {1: LabelState.ABSENT})
    hashes.append(take_snapshot(annotated).hash)
    annotated.change_label(1, name="tiger")
    hashes.append(take_snapshot(annotated).hash)
    annotated.set_splits({3: Split.TEST})
    hashes.append(take_snapshot(annotated).hash)
    assert len(set(hashes)) == 4

    snapshot = take_snapshot(annotated)
    moved = Snapshot(
        snapshot.image_ids, tuple(f"/elsewhere/{number}.jpg" for number in range(3)), snapshot.states, snapshot.splits,
        snapshot.label_ids, snapshot.label_names,
    )  # fmt: skip
    assert moved.hash == snapshot.hash


def test_a_snapshot_of_the_first_version_is_multi_label(annotated, tmp_path):
    snapshot = take_snapshot(annotated)
    snapshot.save(tmp_path / "snapshot.npz")
    with np.load(tmp_path / "snapshot.npz") as file:
        arrays = dict(file)
    texts = json.dumps([snapshot.paths, snapshot.label_names]).encode()
    np.savez(tmp_path / "old.npz", **{**arrays, "texts": np.frombuffer(texts, np.uint8)})
    old = Snapshot.load(tmp_path / "old.npz")
    assert (old.task, old.label_names, old.hash) == ("multi-label", snapshot.label_names, snapshot.hash)


def test_a_damaged_snapshot_is_a_sentence(tmp_path):
    for content in (b"", b"nonsense"):
        (tmp_path / "snapshot.npz").write_bytes(content)
        with pytest.raises(ProjectError, match="missing or damaged"):
            Snapshot.load(tmp_path / "snapshot.npz")
    with pytest.raises(ProjectError, match="missing or damaged"):
        Snapshot.load(tmp_path / "no.npz")
