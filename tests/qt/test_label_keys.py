import numpy as np
import pytest
from PySide6.QtCore import Qt

from core.labels import LabelState

PRESENT, ABSENT, UNKNOWN = (int(state) for state in (LabelState.PRESENT, LabelState.ABSENT, LabelState.UNKNOWN))
CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def press(qtbot, label):
    def press(key, modifier=Qt.KeyboardModifier.NoModifier):
        qtbot.keyClick(label.window().focusWidget(), key, modifier)

    return press


def states(window, row):
    return window.session.store.states[row].tolist()


def test_the_key_of_a_label_cycles_yes_no_unknown(window, press):
    seen = []
    for _ in range(4):
        press("1")
        seen.append(states(window, 0)[0])
    assert seen == [PRESENT, ABSENT, UNKNOWN, PRESENT]


def test_enter_makes_the_rest_absent_marks_the_image_reviewed_and_goes_on(window, label, press):
    press("2")
    press(Qt.Key.Key_Return)
    assert states(window, 0) == [ABSENT, PRESENT, ABSENT]
    assert window.session.store.reviewed[0]
    assert not window.session.store.reviewed[1]
    assert label.grid.currentIndex().row() == 1


def test_enter_on_the_last_image_stays_there_and_says_so(window, label, press):
    label.grid.go_to(11)
    press(Qt.Key.Key_Return)
    assert label.grid.currentIndex().row() == 11
    assert "last" in window.status.message()


def test_space_and_backspace_go_through_the_images_and_change_nothing(window, label, press):
    press(Qt.Key.Key_Space)
    press(Qt.Key.Key_Space)
    press(Qt.Key.Key_Backspace)
    assert label.grid.currentIndex().row() == 1
    assert (window.session.store.states == UNKNOWN).all()


def test_arrow_keys_move_in_the_grid(label, press):
    press(Qt.Key.Key_Right)
    assert label.grid.currentIndex().row() == 1


def test_r_repeats_the_labels_of_the_image_labeled_before(window, press):
    press("1")
    press("3")
    press(Qt.Key.Key_Space)
    press("r")
    assert states(window, 1) == [PRESENT, UNKNOWN, PRESENT]


def test_r_takes_the_image_before_after_a_correction_of_this_one(window, press):
    press("1")
    press(Qt.Key.Key_Space)
    press("2")
    press("r")
    assert states(window, 1) == [PRESENT, PRESENT, UNKNOWN]


def test_r_without_anything_to_repeat_says_so(window, press):
    press("r")
    assert "Nothing to repeat" in window.status.message()


def test_undo_says_what_it_undid_and_redo_brings_it_back(window, press):
    press("1")
    press("z", CTRL)
    assert states(window, 0)[0] == UNKNOWN
    assert "Undone" in window.status.message()
    assert "ace" in window.status.message()
    press("z", CTRL | Qt.KeyboardModifier.ShiftModifier)
    assert states(window, 0)[0] == PRESENT


def test_a_label_for_a_whole_selection_is_one_step_of_undo(window, press):
    press("a", CTRL)
    press("2")
    assert (window.session.store.states[:, 1] == PRESENT).all()
    press("z", CTRL)
    assert (window.session.store.states == UNKNOWN).all()


def test_a_mixed_selection_becomes_present_first(window, label, press):
    window.session.apply(
        window.session.store.set_states([int(window.session.store.image_ids[3])], {1: LabelState.ABSENT})
    )
    press("a", CTRL)
    assert 2 in label.annotator.states()
    press("1")
    assert (window.session.store.states[:, 0] == PRESENT).all()


def test_invert_selection_and_select_none(label, press):
    press("i", CTRL)
    assert label.grid.selected_rows().tolist() == list(range(1, 12))
    press("a", CTRL | Qt.KeyboardModifier.ShiftModifier)
    assert not len(label.grid.selected_rows())


def test_a_key_without_a_chosen_image_says_so(window, label, press):
    label.grid.clearSelection()
    press("1")
    assert "Choose an image" in window.status.message()


def test_letters_and_digits_typed_in_the_filter_are_text(window, label, qtbot, press):
    press("f", CTRL)
    assert label.filter_bar.field.hasFocus()
    qtbot.keyClicks(label.filter_bar.field, "ace 1nrgez")
    assert label.filter_bar.field.text() == "ace 1nrgez"
    qtbot.keyClick(label.filter_bar.field, Qt.Key.Key_Backspace)
    qtbot.keyClick(label.filter_bar.field, Qt.Key.Key_Space)
    assert (window.session.store.states == UNKNOWN).all()
    assert not label.has_loupe()


def test_enter_in_the_filter_goes_back_to_the_images_and_reviews_nothing(window, label, qtbot, press):
    press("f", CTRL)
    qtbot.keyClick(label.filter_bar.field, Qt.Key.Key_Return)
    assert label.grid.hasFocus()
    assert not window.session.store.reviewed.any()


def test_delete_clears_and_shift_u_puts_back_for_review(window, press):
    press("1")
    press(Qt.Key.Key_Return)
    press(Qt.Key.Key_Backspace)
    press("u", Qt.KeyboardModifier.ShiftModifier)
    assert not window.session.store.reviewed[0]
    assert states(window, 0) == [PRESENT, ABSENT, ABSENT]
    press(Qt.Key.Key_Delete)
    assert states(window, 0) == [UNKNOWN] * 3


def test_ctrl_j_goes_to_the_next_image_to_be_reviewed(window, label, press):
    store = window.session.store
    window.session.apply(store.set_states(store.image_ids[1:5].tolist(), {}, reviewed=True))
    press("j", CTRL)
    assert label.grid.currentIndex().row() == 5


def test_keys_work_in_the_loupe_and_touch_only_the_image_that_is_seen(window, label, press):
    press("a", CTRL)
    press("e")
    assert label.has_loupe()
    press("1")
    assert np.flatnonzero(window.session.store.states[:, 0] == PRESENT).tolist() == [0]
    press(Qt.Key.Key_Right)
    press("2")
    assert states(window, 1) == [UNKNOWN, PRESENT, UNKNOWN]
    press("g")
    assert not label.has_loupe()
    assert label.grid.currentIndex().row() == 1


def test_a_label_given_by_key_is_shown_by_a_flash_of_its_chip(label, press):
    press("1")
    assert label.grid.delegate._flashing[1] == label._session.store.labels[0].id


def test_what_acts_on_images_holds_only_while_label_is_shown(window, label, qtbot):
    names = ("edit.undo", "edit.select_all", "edit.invert_selection", "image.accept", "labels.add", "view.side_panel")
    qtbot.keyClick(label.grid, "1")
    assert all(window.commands[name].isEnabled() for name in names)
    window.show_workspace("inspect")
    assert not any(window.commands[name].isEnabled() for name in names)
    assert not any(action.isEnabled() for action in label.label_actions)
    window.session.apply(window.session.store.add_label("queen"))
    assert not window.commands["edit.undo"].isEnabled()
    assert not any(action.isEnabled() for action in label.label_actions)
    window.show_workspace("label")
    assert all(window.commands[name].isEnabled() for name in names)
    assert all(action.isEnabled() for action in label.label_actions)


def test_each_project_begins_in_the_grid(window, label, project):
    window.commands["view.loupe"].trigger()
    assert label.has_loupe()
    window.session.close()
    assert window.open_project(project)
    assert not label.has_loupe()
    assert window.commands["view.grid"].isChecked()


def test_keys_while_a_change_of_many_images_is_saved_are_done_after_it(window, label, press, qtbot, monkeypatch):
    monkeypatch.setattr("gui.session.AT_ONCE", 3)
    press("a", CTRL)
    press("1")
    assert window.session.is_busy
    label.grid.go_to(4)
    press("2")
    press(Qt.Key.Key_Return)
    assert label.grid.currentIndex().row() == 5
    qtbot.waitUntil(lambda: not window.session.is_busy)
    assert states(window, 4) == [PRESENT, PRESENT, ABSENT]
    assert window.session.store.reviewed.tolist() == [row == 4 for row in range(12)]


def test_shift_enter_reviews_with_what_is_known_and_goes_on(window, label, press):
    press("1")
    press(Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert states(window, 0) == [PRESENT, UNKNOWN, UNKNOWN]
    assert window.session.store.reviewed[0]
    assert label.grid.currentIndex().row() == 1


def test_a_key_that_is_held_edits_once_but_goes_through_images(window, label):
    repeated = {one.id for one, action in window.commands.all() if action.autoRepeat()}
    assert repeated >= {"image.next", "image.previous", "edit.undo"}
    assert not repeated & {"image.accept", "image.reviewed", "image.flag", "image.clear", "image.accept_suggestion"}
    assert not any(action.autoRepeat() for action in label.label_actions)


def test_escape_comes_back_to_the_images_from_a_button(window, label, qtbot):
    label.foot.choose_all.setFocus()
    qtbot.keyClick(label.foot.choose_all, Qt.Key.Key_Escape)
    assert label.grid.hasFocus()


def test_the_label_whose_key_was_pressed_is_the_one_that_f2_edits(window, label, press):
    press("2")
    assert label.label_panel.list.current_label().name == "king"


def test_undo_chooses_the_images_that_it_changed(window, label, press):
    label.grid.go_to(2)
    press(Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    press("1")
    label.grid.go_to(9)
    press("z", CTRL)
    assert label.grid.selected_rows().tolist() == [2, 3]
    label.grid.go_to(9)
    press("z", CTRL | Qt.KeyboardModifier.ShiftModifier)
    assert label.grid.selected_rows().tolist() == [2, 3]
    assert states(window, 2)[0] == PRESENT
