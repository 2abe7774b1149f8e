import pytest

from core.errors import ProjectError
from core.labels import LabelState, Review
from core.project.files.scan import ScannedImage
from core.project.store import Store

PRESENT, ABSENT, UNKNOWN = LabelState.PRESENT, LabelState.ABSENT, LabelState.UNKNOWN
CAT, DOG, COW = 1, 2, 3


def of(store, label_id):
    return next(label for label in store.labels if label.id == label_id)


# what a label means


def test_a_label_has_a_description_a_parent_and_examples(store):
    store.change_label(CAT, description=" purrs ", parent=DOG, examples=[3, 1, 3])
    assert (of(store, CAT).description, of(store, CAT).parent, of(store, CAT).examples) == ("purrs", DOG, (3, 1))
    store.close()
    with Store.open(store.folder) as again:
        assert of(again, CAT).parent == DOG
        assert of(again, CAT).examples == (3, 1)
        again.change_label(CAT, parent=0, examples=[])
        assert (of(again, CAT).parent, of(again, CAT).examples) == (None, ())
        again.undo()
        assert of(again, CAT).parent == DOG


def test_a_parent_that_leads_back_to_the_label_is_refused(store):
    store.change_label(CAT, parent=DOG)
    store.change_label(DOG, parent=COW)
    for wrong in (CAT, COW):
        with pytest.raises(ProjectError):
            store.change_label(COW, parent=wrong)


def test_more_than_six_examples_are_refused(make_store):
    store = make_store(images=7)
    with pytest.raises(ProjectError, match="at most 6"):
        store.change_label(CAT, examples=[1, 2, 3, 4, 5, 6, 7])


def test_a_deleted_parent_is_no_parent_until_it_comes_back(store):
    store.change_label(CAT, parent=DOG)
    store.delete_label(DOG)
    assert of(store, CAT).parent is None
    store.undo()
    assert of(store, CAT).parent == DOG


# rules


def test_rules_are_added_changed_deleted_and_come_back(store):
    store.add_rule("never", [CAT, DOG])
    store.add_rule("exclusive", [CAT, DOG, COW], " animals ")
    assert [(one.kind, one.label_ids, one.name) for one in store.rules] == [
        ("never", (CAT, DOG), ""),
        ("exclusive", (CAT, DOG, COW), "animals"),
    ]
    store.change_rule(1, [DOG, COW])
    assert store.rules[0].label_ids == (DOG, COW)
    store.delete_rule(1)
    assert [one.id for one in store.rules] == [2]
    store.undo()
    store.undo()
    store.close()
    with Store.open(store.folder) as again:
        assert again.rules[0].label_ids == (CAT, DOG)


def test_a_rule_rests_while_one_of_its_labels_is_deleted_and_a_group_goes_on_with_the_others(store):
    store.add_rule("never", [CAT, DOG])
    store.add_rule("exclusive", [CAT, DOG, COW], "animals")
    store.delete_label(DOG)
    assert [(one.kind, one.label_ids) for one in store.rules] == [("exclusive", (CAT, COW))]
    store.undo()
    assert len(store.rules) == 2


def test_a_rule_that_contradicts_another_is_refused_and_leaves_nothing(store):
    store.add_rule("implies", [CAT, DOG])
    with pytest.raises(ProjectError):
        store.add_rule("never", [CAT, DOG])
    assert len(store.rules) == 1


# one label of two


def test_merging_takes_what_says_more_and_is_one_step(store):
    for image, (cat, dog) in enumerate([(1, 0), (0, -1), (-1, 1), (-1, -1)], start=1):
        store.set_states([image], {CAT: LabelState(cat), DOG: LabelState(dog)})
    count = store.merge_count(CAT, DOG)
    assert (count.images, count.conflicts) == (2, 1)
    steps = store.undo_text
    store.merge_labels(CAT, DOG)
    assert [label.id for label in store.labels] == [DOG, COW]
    assert store.states[:, 0].tolist() == [1, 0, 1, -1]
    store.undo()
    assert store.undo_text == steps
    assert store.states[:, :2].tolist() == [[1, 0], [0, -1], [-1, 1], [-1, -1]]


def test_rules_children_and_examples_go_over_to_the_label_that_stays(make_store):
    store = make_store(labels=("cat", "dog", "cow", "kitten"))
    store.change_label(4, parent=CAT)
    store.change_label(CAT, examples=[1, 2])
    store.add_rule("never", [CAT, COW])
    store.add_rule("implies", [CAT, DOG])
    store.merge_labels(CAT, DOG)
    assert of(store, 4).parent == DOG
    assert of(store, DOG).examples == (1, 2)
    assert [(one.kind, one.label_ids) for one in store.rules] == [("never", (DOG, COW))]


def test_a_group_that_lost_a_label_goes_over_in_a_merge(make_store):
    store = make_store(labels=("cat", "dog", "cow", "owl"))
    store.add_rule("exclusive", [CAT, DOG, COW], "animals")
    store.delete_label(COW)
    store.merge_labels(CAT, 4)
    assert [one.label_ids for one in store.rules] == [(4, DOG)]


def test_deleting_twice_is_one_step(store):
    store.add_rule("never", [CAT, DOG])
    store.delete_rule(1)
    assert not store.delete_rule(1)
    store.delete_label(CAT)
    assert not store.delete_label(CAT)
    store.undo()
    store.undo()
    assert len(store.rules) == 1


def test_a_label_that_comes_from_the_one_that_goes_is_no_child_of_its_children(store):
    store.change_label(DOG, parent=COW)
    store.change_label(COW, parent=CAT)
    store.merge_labels(CAT, DOG)
    assert (of(store, DOG).parent, of(store, COW).parent) == (None, DOG)


def test_in_a_project_of_one_label_an_image_keeps_one_after_a_merge(make_store):
    store = make_store(labels=("cat", "dog", "cow"), task="multi-class")
    store.set_states([1], {CAT: PRESENT})
    store.set_states([2], {COW: PRESENT})
    store.merge_labels(CAT, DOG)
    assert store.states[:2].tolist() == [[1, 0], [0, 1]]


# as it was


def test_everything_comes_back_as_it_was_in_one_step(store):
    store.set_states([1], {CAT: PRESENT, DOG: ABSENT}, reviewed=True)
    store.add_rule("never", [CAT, DOG])
    store.set_note(2, "look")
    store.set_flag([3], True)
    then = store.state()

    store.set_states([1, 2], {CAT: ABSENT, COW: PRESENT})
    store.set_review([1], Review.UNSURE)
    store.delete_rule(1)
    store.add_label("owl")
    store.set_states([4], {4: PRESENT})
    store.change_label(CAT, name="lynx")
    store.delete_label(DOG)
    store.set_note(2, "")
    store.set_note(3, "new")
    store.set_flag([3], False)
    now = [label.name for label in store.labels], store.states.tolist(), dict(store.notes)

    changes = store.restore(then, text="Version restored")
    assert changes.text == "Version restored"
    assert [label.name for label in store.labels] == ["cat", "dog", "cow"]
    assert store.states.tolist() == [[1, 0, -1], [-1] * 3, [-1] * 3, [-1] * 3]
    assert store.review.tolist() == [1, 0, 0, 0]
    assert store.flagged.tolist() == [False, False, True, False]
    assert store.notes == {2: "look"}
    assert len(store.rules) == 1
    store.undo()
    assert ([label.name for label in store.labels], store.states.tolist(), dict(store.notes)) == now


def test_a_label_that_comes_back_is_unknown_on_images_that_came_later(make_store):
    store = make_store(task="multi-class")
    then = store.state()
    store.add_images(store.folder, [ScannedImage("later.jpg", 1, 1)])
    store.set_states([5], {CAT: PRESENT})
    store.delete_label(CAT)
    store.set_states([5], {DOG: PRESENT})
    store.restore(then, text="back")
    assert store.states[4].tolist() == [-1, 1, 0]


def test_images_that_came_later_keep_what_was_said_of_them(make_store):
    store = make_store()
    then = store.state()
    store.add_images(store.folder, [ScannedImage("later.jpg", 1, 1)])
    store.set_states([5, 1], {CAT: PRESENT}, reviewed=True)
    store.restore(then, text="back")
    assert store.states[:, 0].tolist() == [-1, -1, -1, -1, 1]
    assert store.review.tolist() == [0, 0, 0, 0, 1]
