import pytest

from core.errors import ProjectError
from core.labels import LabelState
from core.project.store import Store


def names(store: Store) -> list[str]:
    return [label.name for label in store.labels]


def test_labels_get_different_colors_and_the_keys_in_order(make_store):
    store = make_store(labels=tuple(f"label {index}" for index in range(30)))

    digits = "1234567890"
    keys = [label.shortcut for label in store.labels]
    assert keys == [before + digit for before in ("", "Shift+", "Alt+Shift+") for digit in digits]
    assert len({label.color for label in store.labels}) == 30


def test_a_freed_digit_is_given_to_the_next_label(store):
    store.change_label(2, shortcut="x")
    store.add_label("owl")
    assert store.labels[-1].shortcut == "2"


def test_a_new_label_is_the_last_column_and_unknown_everywhere(store):
    store.set_states([1], {1: LabelState.PRESENT})
    changes = store.add_label(" owl ", color="#123456", shortcut="o")

    assert changes.labels
    assert (store.labels[-1].name, store.labels[-1].color, store.labels[-1].shortcut) == ("owl", "#123456", "o")
    assert store.states[0].tolist() == [1, -1, -1, -1]


@pytest.mark.parametrize("name", ["", "   ", "a\nb", "CAT", " dog "])
def test_an_empty_or_taken_name_is_refused(store, name):
    with pytest.raises(ProjectError):
        store.add_label(name)
    with pytest.raises(ProjectError):
        store.change_label(3, name=name)
    assert names(store) == ["cat", "dog", "cow"]


def test_a_label_may_change_the_case_of_its_own_name(store):
    store.change_label(1, name="Cat")
    assert names(store) == ["Cat", "dog", "cow"]


def test_colors_and_shortcuts_are_checked(store):
    with pytest.raises(ProjectError, match="#rrggbb"):
        store.change_label(1, color="red")
    with pytest.raises(ProjectError, match="one character"):
        store.change_label(1, shortcut="ab")
    with pytest.raises(ProjectError, match="belongs to “dog”"):
        store.change_label(1, shortcut="2")
    store.change_label(1, shortcut="")
    assert store.labels[0].shortcut == ""


def test_renaming_keeps_the_annotations_and_is_undone(store):
    store.set_states([2], {1: LabelState.PRESENT})
    assert store.change_label(1, name="tiger").text == "Label “cat” renamed to “tiger”"
    assert store.states[1, 0] == 1
    store.undo()
    assert names(store) == ["cat", "dog", "cow"]


def test_reordering_moves_the_columns(store):
    store.set_states([1], {1: LabelState.PRESENT, 3: LabelState.ABSENT})
    assert store.reorder_labels([3, 1, 2]).labels

    assert names(store) == ["cow", "cat", "dog"]
    assert store.states[0].tolist() == [0, 1, -1]
    store.undo()
    assert store.states[0].tolist() == [1, -1, 0]


def test_an_order_must_name_every_label_once(store):
    with pytest.raises(ValueError, match="order"):
        store.reorder_labels([1, 2])


def test_undo_of_a_deleted_label_brings_its_annotations_back_after_a_restart(store, tmp_path):
    store.set_states([1, 3], {2: LabelState.PRESENT})
    store.delete_label(2)
    assert names(store) == ["cat", "cow"]
    assert store.states.shape == (4, 2)
    store.close()

    with Store.open(tmp_path / "project") as again:
        again.undo()
        assert names(again) == ["cat", "dog", "cow"]
        assert again.states[:, 1].tolist() == [1, -1, 1, -1]


def test_editing_other_labels_keeps_what_a_deleted_one_had(store):
    store.set_states([1], {2: LabelState.PRESENT})
    store.delete_label(2)
    store.set_states([1], {1: LabelState.ABSENT, 3: LabelState.ABSENT})
    store.undo()
    store.undo()
    assert store.states[0].tolist() == [-1, 1, -1]


def test_the_name_of_a_deleted_label_is_free_but_its_id_is_not_used_again(store):
    store.set_states([1], {3: LabelState.PRESENT})
    store.delete_label(3)
    store.add_label("cow")
    assert store.labels[-1].id == 4
    assert store.states[0].tolist() == [-1, -1, -1]


def test_many_labels_are_added_as_one_step_with_the_next_colours_and_keys(make_store):
    store = make_store(labels=("cat",))
    store.add_labels(["dog", "cow"])
    assert [(label.name, label.shortcut) for label in store.labels] == [("cat", "1"), ("dog", "2"), ("cow", "3")]
    assert len({label.color for label in store.labels}) == 3
    store.undo()
    assert [label.name for label in store.labels] == ["cat"]
    with pytest.raises(ProjectError, match="There is a label “Hen” already"):
        store.add_labels(["Hen", "hen"])
    assert [label.name for label in store.labels] == ["cat"]
