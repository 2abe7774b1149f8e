import contextlib
import threading
import time

import numpy as np
import pytest

from core.errors import ProjectError
from core.labels import LabelState, Review
from core.project.files.scan import ScannedImage
from core.project.store import Store

PRESENT, ABSENT, UNKNOWN = LabelState.PRESENT, LabelState.ABSENT, LabelState.UNKNOWN


def reopened(store: Store) -> Store:
    store.close()
    return Store.open(store.folder)


# going over images


def test_an_image_is_to_do_reviewed_or_unsure_and_undo_goes_back(store):
    changes = store.set_review([1, 3], Review.UNSURE)
    assert changes.annotations == {1, 3}
    assert "2 images" in changes.text
    assert store.review.tolist() == [2, 0, 2, 0]
    assert not store.reviewed.any()
    store.set_review([1], Review.REVIEWED)
    assert store.reviewed.tolist() == [True, False, False, False]
    store.undo()
    assert store.review.tolist() == [2, 0, 2, 0]
    with reopened(store) as again:
        assert again.review.tolist() == [2, 0, 2, 0]
        again.undo()
        assert again.review.tolist() == [0, 0, 0, 0]


def test_the_time_of_a_review_is_kept_and_goes_with_it(store):
    before = time.time()
    store.set_states([2], {}, reviewed=True)
    reviewed = store.reviewed_at[1]
    assert before <= reviewed <= time.time()
    assert np.isnan(store.reviewed_at[0])
    store.set_states([2], {1: PRESENT})
    store.set_flag([2], True)
    assert store.reviewed_at[1] == reviewed
    with reopened(store) as again:
        assert again.reviewed_at[1] == reviewed
        again.set_review([2], Review.TO_DO)
        assert np.isnan(again.reviewed_at[1])


def test_undo_and_a_restored_state_bring_the_time_of_a_review_back(store):
    store.set_review([1, 2], Review.REVIEWED)
    then, state = store.reviewed_at[0], store.state()
    store.set_review([1, 2], Review.TO_DO)
    store.undo()
    assert store.reviewed_at[0] == then
    store.set_review([1], Review.UNSURE)
    store.restore(state, text="back")
    assert store.reviewed_at[0] == then


def test_a_flag_says_nothing_of_the_labels(store):
    store.set_states([1], {1: PRESENT}, reviewed=True)
    store.set_flag([1, 2], True)
    assert store.flagged.tolist() == [True, True, False, False]
    assert store.states[0].tolist() == [1, -1, -1]
    assert store.reviewed[0]
    assert not store.set_flag([1], True)
    with reopened(store) as again:
        assert again.flagged.tolist() == [True, True, False, False]
        again.undo()
        assert not again.flagged.any()


def test_a_note_is_written_changed_and_deleted(store):
    store.set_note(2, "  blurred, ask Ana ")
    assert store.notes == {2: "blurred, ask Ana"}
    store.set_note(2, "is fine")
    assert not store.set_note(2, "is fine")
    store.set_note(2, "")
    assert store.notes == {}
    store.undo()
    with reopened(store) as again:
        assert again.notes == {2: "is fine"}
        again.undo()
        assert again.notes == {2: "blurred, ask Ana"}


def test_a_note_on_no_image_is_a_bug_and_changes_nothing(store):
    with pytest.raises(KeyError):
        store.set_note(77, "x")
    assert store.notes == {}


# what somebody else says


def test_a_dispute_is_kept_until_its_label_is_set_by_hand_in_the_same_step(store):
    store.set_states([1, 2], {1: PRESENT})
    store.add_disputes({(1, 1): ABSENT, (2, 1): ABSENT}, "Merged")
    assert store.disputes == {(1, 1): ABSENT, (2, 1): ABSENT}
    store.set_states([1], {2: PRESENT})
    assert (1, 1) in store.disputes
    store.set_states([1], {1: ABSENT})
    assert store.disputes == {(2, 1): ABSENT}
    store.undo()
    assert store.disputes == {(1, 1): ABSENT, (2, 1): ABSENT}
    assert store.states[0, 0] == PRESENT
    with reopened(store) as again:
        assert again.disputes == {(1, 1): ABSENT, (2, 1): ABSENT}


def test_saying_the_same_again_settles_a_dispute_too(store):
    store.set_states([1], {1: PRESENT})
    store.add_disputes({(1, 1): ABSENT}, "Merged")
    changes = store.set_states([1], {1: PRESENT})
    assert changes.annotations == {1}
    assert not store.disputes


def test_a_matrix_settles_what_it_changes_and_leaves_the_rest_open(store):
    store.set_states([1, 2], {1: PRESENT})
    store.add_disputes({(1, 1): ABSENT, (2, 1): ABSENT, (1, 2): PRESENT}, "Merged")
    store.set_matrix([1, 2], [1, 2], np.array([[0, -2], [1, -2]], np.int8), reviewed=None, text="pasted")
    assert store.disputes == {(2, 1): ABSENT, (1, 2): PRESENT}


def test_a_dispute_goes_with_its_label_and_comes_back_with_it(store):
    store.add_disputes({(1, 1): ABSENT}, "Merged")
    store.delete_label(1)
    assert not store.disputes
    store.undo()
    assert store.disputes == {(1, 1): ABSENT}


def test_a_dispute_goes_over_to_the_label_that_stays_in_a_merge(store):
    store.set_states([1], {1: ABSENT})
    store.add_disputes({(1, 1): PRESENT}, "Merged")
    store.merge_labels(1, 2)
    assert store.disputes == {(1, 2): PRESENT}


def test_the_one_label_of_an_image_settles_all_its_disputes(make_store):
    store = make_store(task="multi-class")
    store.set_states([1], {1: PRESENT})
    store.add_disputes({(1, 2): PRESENT}, "Merged")
    store.set_states([1], {1: PRESENT})
    assert not store.disputes


# an edit in a thread


def test_an_edit_apart_is_seen_as_a_whole_when_it_is_caught_up_with(store):
    def edit():
        store.add_label("owl")
        changes = store.set_states([1], {4: PRESENT})
        assert store.states[0].tolist() == [-1, -1, -1, 1]
        return changes

    made = []
    thread = threading.Thread(target=lambda: made.append(store.apart(edit)))
    thread.start()
    thread.join()
    assert len(store.labels) == 3
    assert store.states.shape == (4, 3)
    store.set_image_facts(2, width=7, height=5, problem=None)
    store.catch_up()
    assert len(store.labels) == 4
    assert store.states[0].tolist() == [-1, -1, -1, 1]
    assert store.widths[1] == 7


def test_the_next_edit_builds_on_one_that_was_made_apart(store):
    thread = threading.Thread(target=lambda: store.apart(lambda: store.set_states([1], {1: PRESENT})))
    thread.start()
    thread.join()
    store.set_states([1], {2: ABSENT})
    assert store.states[0].tolist() == [1, 0, -1]
    with reopened(store) as again:
        assert again.states[0].tolist() == [1, 0, -1]


def test_an_edit_apart_that_fails_leaves_nothing(store):
    def edit():
        with store.step("two edits"):
            store.set_states([1], {1: PRESENT})
            raise ProjectError("The disk is full.")

    failed = []

    def work():
        try:
            store.apart(edit)
        except ProjectError as error:
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    store.catch_up()
    assert len(failed) == 1
    assert (store.states == UNKNOWN).all()
    assert store.undo_text != "two edits"
    store.set_states([2], {1: PRESENT})
    assert store.states[:, 0].tolist() == [-1, 1, -1, -1]


# filters


def test_a_filter_is_kept_under_a_name_and_is_no_step_of_undo(store):
    store.save_filter(" cats ", "cat -dog")
    store.save_filter("Birds", "cow")
    store.save_filter("cats", "cat")
    assert list(store.saved_filters.items()) == [("Birds", "cow"), ("cats", "cat")]
    store.delete_filter("Birds")
    assert store.undo_text is None or "filter" not in store.undo_text.casefold()
    with reopened(store) as again:
        assert again.saved_filters == {"cats": "cat"}


def test_a_filter_without_a_name_or_a_text_is_refused(store):
    for name, text in (("", "cat"), ("cats", " ")):
        with pytest.raises(ProjectError):
            store.save_filter(name, text)


def test_what_an_edit_apart_says_of_files_is_not_taken_back_by_what_was_found_meanwhile(store, tmp_path):
    def edit():
        store.mark_problems({1: "It is gone.", 2: "It is gone."})
        return store.set_states([1], {1: PRESENT})

    thread = threading.Thread(target=lambda: store.apart(edit))
    thread.start()
    thread.join()
    store.set_image_facts(3, width=7, height=5, problem="It is empty.")
    store.catch_up()
    assert store.problems[1] == store.problems[2] == "It is gone."
    assert store.problems[3] == "It is empty."


def test_an_edit_apart_that_goes_on_after_an_error_shows_what_is_on_disk(store):
    def edit():
        store.set_states([1], {2: PRESENT})
        with contextlib.suppress(ProjectError), store.step("fails"):
            store.set_states([1, 2], {1: PRESENT})
            raise ProjectError("The disk is full.")

    thread = threading.Thread(target=lambda: store.apart(edit))
    thread.start()
    thread.join()
    store.catch_up()
    assert store.states[:2, :2].tolist() == [[-1, 1], [-1, -1]]
    store.set_states([1], {3: PRESENT})
    with reopened(store) as again:
        assert again.states[0].tolist() == [-1, 1, 1]


def test_states_lie_label_by_label_however_the_project_grew(tmp_path):
    with Store.create(tmp_path / "p") as store:
        store.add_labels(["a", "b"])
        store.add_images(tmp_path, [ScannedImage("1.jpg", 1, 1), ScannedImage("2.jpg", 1, 1)])
        assert store.states.flags.f_contiguous
        store.set_states([1], {1: PRESENT})
        store.change_label(1, name="c")
        assert store.states.tolist() == [[1, -1], [-1, -1]]
        store.reorder_labels([2, 1])
        assert store.states.tolist() == [[-1, 1], [-1, -1]]
