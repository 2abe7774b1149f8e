import zlib

import numpy as np
import pytest

from core.errors import ProjectError
from core.labels import LabelState, Review
from core.project.edits import LabelRow, RuleRow
from core.project.files.scan import ScannedImage
from core.project.state import ProjectState
from core.project.store import Store
from core.project.versions import (
    Version,
    compare,
    delete_version,
    load_version,
    pack_state,
    rename_version,
    save_version,
    unpack_state,
    versions,
)

CAT, DOG, COW = 1, 2, 3
PRESENT, ABSENT, UNKNOWN = LabelState.PRESENT, LabelState.ABSENT, LabelState.UNKNOWN


def said(state: ProjectState) -> tuple:
    return (
        state.label_rows, state.rule_rows, state.image_ids.tolist(), state.matrix.tolist(), state.review.tolist(),
        state.flagged.tolist(), dict(state.notes), np.nan_to_num(state.reviewed_at).tolist(),
    )  # fmt: skip


@pytest.mark.parametrize(("images", "labels"), [(0, 0), (0, 3), (5, 0), (1, 1), (7, 3), (8, 4), (129, 33)])
def test_a_state_comes_back_as_it_was_packed(images, labels):
    rng = np.random.default_rng(images)
    state = ProjectState(
        label_rows=tuple(
            LabelRow(i + 1, f"“{i}”\n", "#112233", "", i, i == 2, "what é", 1 if i else None, (3, 5))
            for i in range(labels)
        ),
        rule_rows=(RuleRow(4, "never", "", (1, 2), False),),
        image_ids=np.sort(rng.choice(1000, images, replace=False)).astype(np.int64) + 1,
        matrix=rng.integers(-1, 2, (images, labels)).astype(np.int8),
        review=rng.integers(0, 3, images).astype(np.int8),
        flagged=rng.random(images) < 0.5,
        notes={7: "a note\nof two lines"},
        reviewed_at=np.where(rng.random(images) < 0.5, 1.6e9, 0.0),
    )
    again = unpack_state(pack_state(state).data)
    assert said(again) == said(state)
    assert again.matrix.dtype == np.int8
    assert again.flagged.dtype == np.bool_


def test_a_version_keeps_what_was_said_and_counts_it(store):
    store.set_states([1, 2], {CAT: PRESENT, DOG: ABSENT}, reviewed=True)
    store.set_states([3], {COW: ABSENT})
    store.set_note(2, "blurred")
    store.set_flag([4], True)
    before = said(store.state())
    version = save_version(store, " first ", now=123.0)
    assert version == Version(1, "first", 123.0, images=4, annotated=3, annotations=5, reviewed=2)
    store.set_states([1, 2, 3], {CAT: UNKNOWN}, reviewed=False)
    store.delete_label(DOG)
    assert said(load_version(store, version.id)) == before


def test_versions_outlive_a_restart_and_are_listed_newest_first(store):
    for name in ("one", "two", "two"):
        save_version(store, name)
    store.close()
    with Store.open(store.folder) as again:
        assert [(one.id, one.name) for one in versions(again)] == [(3, "two"), (2, "two"), (1, "one")]
        rename_version(again, 2, "2")
        delete_version(again, 3)
        # a number is never given again
        assert save_version(again, "three").id == 4
        assert [one.name for one in versions(again)] == ["three", "2", "one"]


def test_saving_a_version_is_no_step_of_undo(store):
    store.set_states([1], {CAT: PRESENT})
    text = store.undo_text
    save_version(store, "one")
    assert store.undo_text == text


def test_a_version_needs_a_name_and_a_number_that_is_there(store):
    with pytest.raises(ProjectError, match="needs a name"):
        save_version(store, "  ")
    with pytest.raises(ProjectError, match="no version 7"):
        load_version(store, 7)
    version = save_version(store, "one")
    with pytest.raises(ProjectError, match="needs a name"):
        rename_version(store, version.id, "")


def test_a_version_that_is_damaged_or_newer_is_a_sentence(store):
    data = pack_state(store.state()).data
    for broken in (b"", data[:-9], zlib.compress(b"{}\n"), zlib.compress(zlib.decompress(data)[:-1])):
        with pytest.raises(ProjectError, match="damaged"):
            unpack_state(broken)
    with pytest.raises(ProjectError, match="newer"):
        unpack_state(zlib.compress(zlib.decompress(data).replace(b'"format": 1', b'"format": 9')))


def test_a_version_is_brought_back_as_one_step_of_undo(store):
    store.set_states([1, 2], {CAT: PRESENT, DOG: ABSENT}, reviewed=True)
    store.set_note(3, "why")
    store.set_flag([4], True)
    store.add_rule("never", [CAT, DOG])
    then = said(store.state())
    version = save_version(store, "then")
    store.set_states([1, 2, 3, 4], {CAT: ABSENT, COW: PRESENT}, reviewed=False)
    store.delete_label(DOG)
    store.change_label(CAT, name="tiger")
    store.add_label("owl")
    store.set_note(3, "")
    now = said(store.state())

    store.restore(load_version(store, version.id), text="“then” restored")

    assert [label.name for label in store.labels] == ["cat", "dog", "cow"]
    assert store.states.tolist() == [[1, 0, -1], [1, 0, -1], [-1, -1, -1], [-1, -1, -1]]
    assert not compare(load_version(store, version.id), store.state())
    store.undo()
    assert said(store.state()) == now
    store.redo()
    assert [row[1:] for row in map(_row, store.state().label_rows[:3])] == [row[1:] for row in map(_row, then[0])]


def _row(row: LabelRow) -> tuple:
    return (row.id, row.name, row.deleted)


def test_images_that_came_after_a_version_are_left_alone_by_it(store):
    version = save_version(store, "then")
    store.add_images(store.folder.parent / "photos", [ScannedImage("new.jpg", 1, 2)])
    store.set_states([1, 5], {CAT: PRESENT})
    store.restore(load_version(store, version.id), text="back")
    assert store.states[:, 0].tolist() == [-1, -1, -1, -1, 1]


def test_versions_are_compared_label_by_label(store):
    store.set_states([1, 2], {CAT: PRESENT})
    store.set_states([3], {DOG: ABSENT}, reviewed=True)
    before = store.state()
    store.set_states([1], {CAT: UNKNOWN})
    store.set_states([2], {CAT: ABSENT})
    store.set_states([3, 4], {CAT: PRESENT})
    store.set_review([3], Review.UNSURE)
    store.set_flag([4], True)
    store.set_note(2, "hm")
    store.change_label(CAT, name="tiger")
    store.delete_label(COW)
    store.add_label("owl")
    store.add_rule("never", [CAT, DOG])
    store.add_images(store.folder.parent / "photos", [ScannedImage("new.jpg", 1, 2)])

    found = compare(before, store.state())

    (tiger,) = found.labels
    assert (tiger.name, tiger.present, tiger.absent, tiger.unknown, tiger.images) == ("tiger", 2, 1, 1, 4)
    assert found.images_of(CAT).tolist() == [1, 2, 3, 4]
    assert found.images_of(CAT, PRESENT).tolist() == [3, 4]
    assert found.images_of(CAT, ABSENT).tolist() == [2]
    assert found.images_of(CAT, UNKNOWN).tolist() == [1]
    assert found.changed_images.tolist() == [1, 2, 3, 4]
    assert found.added_labels == ("owl",)
    assert found.removed_labels == ("cow",)
    assert found.renamed_labels == (("cat", "tiger"),)
    assert found.review_images.tolist() == [3, 4]
    assert found.note_images.tolist() == [2]
    assert found.added_images.tolist() == [5]
    assert found.removed_images.tolist() == []
    assert found.rules_changed
    back = compare(store.state(), before)
    assert (back.labels[0].present, back.labels[0].absent, back.labels[0].unknown) == (2, 0, 2)
    assert back.removed_images.tolist() == [5]


def test_nothing_changed_is_false(store):
    assert not compare(store.state(), store.state())
    store.set_flag([1], True)
    assert compare(load_version(store, save_version(store, "x").id), store.state()) is not None
    assert not compare(load_version(store, 1), store.state())
