import time

import numpy as np
import pytest

from core.errors import ProjectError
from core.labels import LabelState, Review
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
