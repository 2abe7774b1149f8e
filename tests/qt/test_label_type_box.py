import numpy as np
import pytest
from PySide6.QtCore import Qt

from core.labels import LabelState

PRESENT, ABSENT, UNKNOWN = (int(state) for state in (LabelState.PRESENT, LabelState.ABSENT, LabelState.UNKNOWN))
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def store(window):
    return window.session.store


@pytest.fixture
def box(window, label, qtbot):
    qtbot.keyClick(label.grid, "t")
    assert label.tagging.type_box.isVisible()
    assert label.tagging.type_box.field.hasFocus()
    return label.tagging.type_box


@pytest.fixture
def typed(box, qtbot):
    """Types a text and a key into the box."""

    def do(text, key=Qt.Key.Key_Return, modifier=Qt.KeyboardModifier.NoModifier):
        qtbot.keyClicks(box.field, text)
        qtbot.keyClick(box.field, key, modifier)

    return do


def names(box):
    return [row.name for row in box.model.rows]


def test_some_letters_and_return_give_the_label_and_the_box_stays(store, box, typed):
    typed("kng")
    assert store.states[0].tolist() == [UNKNOWN, PRESENT, UNKNOWN]
    assert box.isVisible()
    assert box.field.text() == ""
    typed("red")
    assert store.states[0].tolist() == [UNKNOWN, PRESENT, PRESENT]


def test_return_goes_through_yes_no_unknown_as_the_key_of_the_label(store, typed):
    seen = []
    for _ in range(3):
        typed("ace")
        seen.append(int(store.states[0, 0]))
    assert seen == [PRESENT, ABSENT, UNKNOWN]


def test_shift_return_a_minus_and_a_question_mark_say_the_state(store, typed):
    typed("ace", modifier=SHIFT)
    typed("-king")
    typed("red")
    assert store.states[0].tolist() == [ABSENT, ABSENT, PRESENT]
    typed("?king")
    assert store.states[0].tolist() == [ABSENT, UNKNOWN, PRESENT]


def test_escape_closes_it_and_the_keys_go_to_the_images_again(window, label, store, box, qtbot):
    qtbot.keyClick(box.field, Qt.Key.Key_Escape)
    assert not box.isVisible()
    assert label.grid.hasFocus()
    qtbot.keyClick(window.focusWidget(), "1")
    assert store.states[0, 0] == PRESENT


def test_return_in_an_empty_field_changes_nothing_and_closes_it(label, store, box, qtbot):
    qtbot.keyClick(box.field, Qt.Key.Key_Return)
    assert not box.isVisible()
    assert not store.reviewed.any()
    assert (store.states == UNKNOWN).all()
    assert label.grid.currentIndex().row() == 0


def test_letters_digits_and_signs_are_text_and_no_commands(window, label, store, box, qtbot):
    qtbot.keyClicks(box.field, "1nr.gez[?")
    qtbot.keyClick(box.field, Qt.Key.Key_Space)
    qtbot.keyClick(box.field, Qt.Key.Key_Backspace)
    qtbot.keyClick(box.field, Qt.Key.Key_Delete)
    assert box.field.text() == "1nr.gez[?"
    assert (store.states == UNKNOWN).all()
    assert not label.has_loupe()
    assert label.grid.currentIndex().row() == 0


def test_a_name_that_no_label_has_is_offered_last_and_added(window, store, box, typed, qtbot):
    qtbot.keyClicks(box.field, "King of")
    qtbot.keyClicks(box.field, " hearts")
    assert box.model.data(box.model.index(0)) == "Add label “King of hearts”"
    typed("")
    assert len(store.labels) == 3, "a slip of the fingers makes no label"
    assert "Ctrl+Return adds it" in box._error.text()
    qtbot.keyClick(box.field, Qt.Key.Key_Down)
    typed("")
    assert store.labels[-1].name == "King of hearts"
    assert store.states[0].tolist() == [UNKNOWN, UNKNOWN, UNKNOWN, PRESENT]
    qtbot.keyClicks(box.field, "ki")
    assert names(box) == ["king", "King of hearts", "ki"]
    box.field.clear()
    assert names(box)[0] == "King of hearts", "it was given last"
    window.session.undo()
    assert len(store.labels) == 3, "one step of undo"


def test_a_name_that_cannot_be_one_is_refused_in_the_box(store, box, typed):
    typed("x" * 201, Qt.Key.Key_Down)
    typed("")
    assert "200 characters" in box._error.text()
    assert len(store.labels) == 3


def test_the_best_match_comes_first_and_arrow_keys_choose_another(window, store, box, qtbot):
    window.session.apply(store.add_labels(["background", "red", "ground ace"]))
    qtbot.keyClicks(box.field, "ace")
    assert names(box) == ["ace", "ground ace"]
    qtbot.keyClick(box.field, Qt.Key.Key_Down)
    qtbot.keyClick(box.field, Qt.Key.Key_Return)
    assert store.states[0].tolist() == [UNKNOWN] * 5 + [PRESENT]


def test_empty_it_shows_the_labels_given_last_first(box, typed, qtbot):
    typed("red")
    typed("king")
    assert names(box) == ["king", "red card", "ace"]
    qtbot.keyClick(box.field, Qt.Key.Key_Down)
    qtbot.keyClick(box.field, Qt.Key.Key_Return)
    assert box.model.rows[0].state == ABSENT


def test_rows_say_state_count_and_key_to_a_screen_reader(box, typed, qtbot):
    typed("king")
    qtbot.keyClicks(box.field, "king")
    assert box.field.accessibleDescription() == "king, present, 1 images, key 2"


def test_labels_beyond_thirty_and_a_whole_selection(window, label, store, qtbot):
    window.session.apply(store.add_labels([f"kind {number}" for number in range(60)]))
    qtbot.keyClick(label.grid, "a", CTRL)
    qtbot.keyClick(label.grid, "t")
    box = label.tagging.type_box
    qtbot.keyClicks(box.field, "k57")
    qtbot.keyClick(box.field, Qt.Key.Key_Return)
    assert (store.states[:, 60] == PRESENT).all()
    assert np.count_nonzero(store.states == PRESENT) == 12


def test_tab_completes_the_name(box, qtbot):
    qtbot.keyClicks(box.field, "-rd")
    qtbot.keyClick(box.field, Qt.Key.Key_Tab)
    assert box.field.text() == "-red card"


def test_a_click_on_a_row_gives_it_and_a_click_elsewhere_closes_the_box(label, store, box, qtbot):
    place = box.list.visualRect(box.model.index(1)).center()
    qtbot.mouseClick(box.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert store.states[0].tolist() == [UNKNOWN, PRESENT, UNKNOWN]
    assert box.isVisible()
    label.grid.setFocus()
    assert not box.isVisible()


def test_it_closes_with_the_project(window, box):
    window.session.close()
    assert not box.isVisible()


def test_a_slip_of_the_finger_asks_for_the_nearest_label_and_return_again_gives_it(store, box, typed, qtbot):
    typed("kign")
    assert "Did you mean “king”?" in box._error.text()
    assert (store.states == UNKNOWN).all()
    qtbot.keyClick(box.field, Qt.Key.Key_Return)
    assert store.states[0].tolist() == [UNKNOWN, PRESENT, UNKNOWN]
    assert len(store.labels) == 3


def test_ctrl_return_adds_what_was_typed(store, box, typed):
    typed("kign", modifier=CTRL)
    assert store.labels[-1].name == "kign"
    assert store.states[0].tolist() == [UNKNOWN, UNKNOWN, UNKNOWN, PRESENT]
    assert not store.reviewed.any()


def test_several_labels_are_given_in_one_step(window, store, box, typed):
    typed("ace, -king")
    assert store.states[0].tolist() == [PRESENT, ABSENT, UNKNOWN]
    assert len(store.labels) == 3
    assert box.isVisible()
    window.session.undo()
    assert (store.states == UNKNOWN).all()


def test_one_strange_name_among_several_is_named_and_nothing_given(store, box, typed):
    typed("ace, -knave")
    assert "“knave”" in box._error.text()
    assert (store.states == UNKNOWN).all()
    assert len(store.labels) == 3


def test_it_says_what_return_does(box, qtbot):
    qtbot.keyClicks(box.field, "king")
    assert "next state" in box._hint.text()
    box.field.clear()
    qtbot.keyClicks(box.field, "ace, -king")
    assert "all of them" in box._hint.text()
    box.field.clear()
    qtbot.keyClicks(box.field, "zebra")
    qtbot.keyClick(box.field, Qt.Key.Key_Down)
    assert "Return: add" in box._hint.text()


@pytest.mark.parametrize("page", ["grid", "loupe"])
def test_it_leaves_the_image_in_sight(label, qtbot, page):
    label.showing.show(page)
    images = label.showing.page()
    qtbot.keyClick(images, "t")
    box = label.tagging.type_box
    assert label.rect().contains(box.geometry())
    covered = box.geometry().left() < images.mapTo(label, images.rect().topRight()).x()
    place = images.rect() if page == "loupe" else images.visualRect(images.currentIndex())
    there = place.translated(images.mapTo(label, images.rect().topLeft()))
    shared = there.intersected(box.geometry())
    assert not covered or shared.width() * shared.height() < 0.15 * there.width() * there.height()


def test_its_words_are_seen_as_a_whole(box):
    for part in (box._hint, box.field):
        assert part.height() >= part.heightForWidth(part.width())
        assert part.geometry().right() <= box.width()
