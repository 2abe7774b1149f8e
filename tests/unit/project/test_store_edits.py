import zlib

import numpy as np
import pytest

from core.labels import LabelState, Split
from core.project.changes import Changes
from core.project.edits import KEEP
from core.project.store import Store

CAT, DOG, COW = 1, 2, 3


def everything(store: Store) -> tuple:
    return store.labels, store.states.tolist(), store.reviewed.tolist(), store.splits.tolist()


def test_a_new_image_knows_nothing_and_belongs_nowhere(store):
    assert store.states.tolist() == [[-1, -1, -1]] * 4
    assert not store.reviewed.any()
    assert (store.splits == Split.UNASSIGNED).all()


def test_a_state_is_set_on_the_images_named_and_on_no_other(store):
    changes = store.set_states([2, 4], {DOG: LabelState.PRESENT, COW: LabelState.ABSENT})

    assert store.states.tolist() == [[-1, -1, -1], [-1, 1, 0], [-1, -1, -1], [-1, 1, 0]]
    assert changes == Changes(text=changes.text, annotations=frozenset({2, 4}))


def test_an_edit_says_what_happened(store):
    assert store.set_states([1, 2], {CAT: LabelState.PRESENT}).text == "“cat” set on 2 images"
    assert store.set_states([1], {CAT: LabelState.ABSENT}).text == "“cat” ruled out on 1 image"
    assert store.set_states([1], {CAT: LabelState.UNKNOWN, DOG: LabelState.PRESENT}).text == "2 labels set on 1 image"
    assert store.set_states([1], {}, reviewed=True).text == "1 image reviewed"
    assert store.undo_text == "1 image reviewed"


def test_filling_makes_only_the_unknown_states_absent(store):
    store.set_states([1], {CAT: LabelState.PRESENT})
    changes = store.set_states([1], {}, reviewed=True, fill_unknown=LabelState.ABSENT)

    assert store.states[0].tolist() == [1, 0, 0]
    assert store.reviewed[0]
    assert changes.annotations == frozenset({1})


def test_an_edit_that_changes_nothing_is_no_step_of_undo(store):
    store.set_states([1], {CAT: LabelState.PRESENT})
    before = store.undo_text
    for changes in (
        store.set_states([1], {CAT: LabelState.PRESENT}),
        store.set_states([], {CAT: LabelState.PRESENT}),
        store.set_splits({1: Split.UNASSIGNED}),
        store.change_label(CAT, name="cat"),
        store.reorder_labels([CAT, DOG, COW]),
    ):
        assert not changes
        assert changes.text == ""
    assert store.undo_text == before


def test_changes_name_only_the_images_that_changed(store):
    store.set_states([1], {CAT: LabelState.PRESENT})
    assert store.set_states([1, 2, 2], {CAT: LabelState.PRESENT}).annotations == frozenset({2})


def test_an_unknown_image_or_label_is_refused(store):
    with pytest.raises(KeyError):
        store.set_states([1, 99], {CAT: LabelState.PRESENT})
    with pytest.raises(ValueError, match="99"):
        store.set_states([1], {99: LabelState.PRESENT})
    assert (store.states == -1).all()


def test_the_arrays_that_are_handed_out_cannot_be_written(store):
    for array in (store.states, store.splits, store.review, store.flagged, store.image_ids):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_undo_and_redo_of_a_bulk_edit_restore_each_state(store):
    store.set_states([1], {CAT: LabelState.ABSENT})
    store.set_states([2], {CAT: LabelState.PRESENT}, reviewed=True)
    before = everything(store)
    store.set_states([1, 2, 3, 4], {CAT: LabelState.PRESENT, DOG: LabelState.ABSENT}, reviewed=True)
    after = everything(store)

    changes = store.undo()
    assert everything(store) == before
    assert changes.annotations == frozenset({1, 2, 3, 4})
    assert changes.text == "Undone: 2 labels set on 4 images"

    assert store.redo().annotations == frozenset({1, 2, 3, 4})
    assert everything(store) == after


def test_nothing_to_undo_or_redo_changes_nothing(make_store):
    store = make_store(labels=())
    assert store.undo_text is None
    assert store.redo_text is None
    assert not store.undo()
    assert not store.redo()


def test_a_new_edit_forgets_what_was_undone(store):
    store.set_states([1], {CAT: LabelState.PRESENT})
    store.undo()
    assert store.redo_text == "“cat” set on 1 image"
    store.set_states([1], {DOG: LabelState.PRESENT})
    assert store.redo_text is None


def test_an_image_without_labels_can_be_reviewed_and_that_undone(make_store):
    store = make_store(labels=())
    store.set_states([1], {}, reviewed=True)
    store.undo()
    assert not store.reviewed.any()
    store.redo()
    assert store.reviewed.tolist() == [True, False, False, False]


def test_different_states_on_different_images_are_one_step(store):
    states = np.array([[1, KEEP, KEEP], [KEEP, 0, 1]], np.int8)
    changes = store.set_matrix([3, 1], [CAT, DOG, COW], states, reviewed=True, text="imported")

    assert store.states.tolist() == [[-1, 0, 1], [-1, -1, -1], [1, -1, -1], [-1, -1, -1]]
    assert store.reviewed.tolist() == [True, False, True, False]
    assert changes.annotations == frozenset({1, 3})
    store.undo()
    assert (store.states == -1).all()
    assert not store.reviewed.any()


def test_a_matrix_leaves_alone_what_it_keeps(store):
    store.set_states([1, 2], {CAT: LabelState.PRESENT})
    states = np.array([[KEEP, 0], [-1, KEEP]], np.int8)
    store.set_matrix([2, 1], [CAT, COW], states, reviewed=np.array([False, True]), text="matrix")

    assert store.states[:2].tolist() == [[-1, -1, -1], [1, -1, 0]]
    assert store.reviewed[:2].tolist() == [True, False]


def test_a_matrix_that_names_an_image_twice_is_refused(store):
    with pytest.raises(ValueError, match="twice"):
        store.set_matrix([1, 1], [CAT], np.ones((2, 1), np.int8), reviewed=None, text="matrix")


def test_a_split_is_kept_for_ever(store):
    undo_text = store.undo_text
    changes = store.set_splits({1: Split.TRAIN, 3: Split.TEST})
    assert changes == Changes(text="2 images put in a split", splits=True)
    assert store.undo_text == undo_text
    assert store.set_splits({1: Split.TEST, 2: Split.TEST, 3: Split.UNASSIGNED}).text == "1 image put in a split"
    store.undo()
    assert store.splits.tolist() == [0, 2, 2, -1]


def test_several_edits_can_be_one_step(store):
    before = everything(store)
    with store.step("brought in") as edits:
        store.add_label("owl")
        store.set_states([1], {4: LabelState.PRESENT})
    assert len(edits) == 2
    after = everything(store)

    assert store.undo_text == "brought in"
    changes = store.undo()
    assert (changes.labels, changes.annotations) == (True, frozenset({1}))
    assert everything(store) == before
    store.redo()
    assert everything(store) == after


def test_a_step_that_fails_leaves_nothing_behind(store, tmp_path):
    before, undo_text = everything(store), store.undo_text

    def fail():
        with store.step("fails"):
            store.add_label("owl")
            store.set_states([1], {4: LabelState.PRESENT})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert everything(store) == before
    assert store.undo_text == undo_text
    store.close()
    with Store.open(tmp_path / "project") as again:
        assert everything(again) == before


def test_any_row_of_edits_can_be_undone_and_redone_across_restarts(store, tmp_path):
    rng = np.random.default_rng(0)
    history = [everything(store)]
    while len(history) < 60:
        ids = rng.choice(store.image_ids, rng.integers(1, 4), replace=False).tolist()
        labels = [label.id for label in store.labels]
        match rng.integers(7):
            case 0:
                store.add_label(f"label {len(history)}")
            case 1 if len(labels) > 1:
                store.delete_label(int(rng.choice(labels)))
            case 2:
                store.reorder_labels(rng.permutation(labels).tolist())
            case 3:
                store.change_label(labels[0], name=f"name {len(history)}", color=f"#{len(history):06x}")
            case _:
                states = {int(rng.choice(labels)): LabelState(int(rng.integers(-1, 2)))}
                fill = LabelState.ABSENT if rng.random() < 0.2 else None
                store.set_states(ids, states, reviewed=bool(rng.integers(2)), fill_unknown=fill)
        if everything(store) != history[-1]:
            history.append(everything(store))

    store.close()
    with Store.open(tmp_path / "project") as again:
        assert everything(again) == history[-1]
        for state in reversed(history[:-1]):
            again.undo()
            assert everything(again) == state
    with Store.open(tmp_path / "project") as again:
        assert everything(again) == history[0]
        for state in history[1:]:
            again.redo()
            assert everything(again) == state
        assert again.redo_text is None


def test_the_journal_keeps_a_bounded_number_of_steps(store, monkeypatch):
    monkeypatch.setattr("core.project.layers.journal._KEPT_STEPS", 3)
    for image_id in (1, 2, 3, 4):
        store.set_states([image_id], {CAT: LabelState.PRESENT})
    for _ in range(3):
        assert store.undo()
    assert not store.undo()
    assert store.states[:, 0].tolist() == [1, -1, -1, -1]


def test_a_step_of_an_early_version_leaves_the_splits_it_set(store):
    store.set_splits({1: Split.TEST})
    header = b'[{"kind": "splits", "arrays": [["<i8", [1]], ["|i1", [1]], ["|i1", [1]]]}]'
    body = np.array([1], "<i8").tobytes() + b"\xff\x02"
    connection = store.database.connection
    connection.execute(
        "INSERT INTO edit (time, text, edits) VALUES (1, 'imported', ?)", (zlib.compress(header + b"\n" + body),)
    )
    store._journal.refresh()
    assert store.undo_text == "imported"
    store.undo()
    assert store.splits[0] == Split.TEST
    assert store.redo_text == "imported"
