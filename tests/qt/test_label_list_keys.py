"""The list of labels by key alone, and as it is read out."""

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAccessible, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from core.labels import LabelState, Review
from gui.label.labels.editor.label_editor import LabelEditor
from gui.label.labels.editor.label_questions import DeleteQuestion

_Key = Qt.Key
_SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def store(window):
    return window.session.store


@pytest.fixture
def rows(label):
    return label.label_panel.list


@pytest.fixture
def press(qtbot, window):
    def press(*keys, modifier=Qt.KeyboardModifier.NoModifier):
        for key in keys:
            qtbot.keyClick(window.focusWidget(), key, modifier)

    return press


@pytest.fixture
def at_rows(qtbot, window, label, rows):
    """Tab leads to the rows."""
    label.grid.setFocus()
    for _ in range(60):
        if QApplication.focusWidget() is rows:
            return
        qtbot.keyClick(QApplication.focusWidget(), _Key.Key_Tab)
    pytest.fail("Tab never comes to the list of labels")


@pytest.fixture
def press_held(window):
    """A key that is held, as the system tells of it."""

    def press(key):
        event = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier, " ", autorep=True)
        QApplication.sendEvent(window.focusWidget(), event)

    return press


def test_space_and_return_give_the_row_that_has_the_focus_its_next_state(label, store, rows, at_rows, press):
    press(_Key.Key_Down, _Key.Key_Space)
    assert store.states[0].tolist() == [-1, 1, -1]
    press(_Key.Key_Return)
    assert store.states[0].tolist() == [-1, 0, -1]
    press(_Key.Key_Enter)
    assert store.states[0].tolist() == [-1, -1, -1]
    assert (store.review == Review.TO_DO).all()
    assert rows.hasFocus()
    assert label.annotator.targets.tolist() == [store.image_ids[0]]


def test_the_first_row_is_current_when_tab_comes_to_the_rows(store, rows, at_rows, press):
    assert rows.current_label().name == "ace"
    press(_Key.Key_Space)
    assert store.states[0].tolist() == [1, -1, -1]


def test_a_held_key_does_not_run_through_the_states(store, at_rows, press, press_held):
    press(_Key.Key_Space)
    press_held(_Key.Key_Space)
    press_held(_Key.Key_Space)
    assert store.states[0].tolist() == [1, -1, -1]


def test_digits_and_letters_stay_commands_among_the_rows(store, at_rows, press):
    press(_Key.Key_3, _Key.Key_F)
    assert store.states[0].tolist() == [-1, -1, 1]
    assert store.flagged[0]
    press(_Key.Key_D, _Key.Key_Space)
    # d went to the next image, and the label whose key was pressed is the current one
    assert store.states[1].tolist() == [-1, -1, 1]


def test_escape_goes_back_to_the_images(window, label, at_rows, press):
    press(_Key.Key_Escape)
    assert label.showing.pages.isAncestorOf(QApplication.focusWidget())
    press(_Key.Key_Return)
    assert window.session.store.reviewed[0]


def test_after_a_click_space_and_return_go_on_as_among_images(qtbot, label, store, rows, press):
    place = rows.visualRect(rows.model().index(1)).center()
    qtbot.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert store.states[0].tolist() == [-1, 1, -1]
    press(_Key.Key_Space)
    assert label.annotator.targets.tolist() == [store.image_ids[1]]
    press(_Key.Key_Return)
    assert store.reviewed.tolist() == [False, True] + [False] * 10


# which label a command is about


def test_without_a_chosen_label_commands_are_about_the_one_given_last(label, store, rows, press):
    label.annotator.set_state(store.labels[2].id, LabelState.PRESENT)
    rows.setCurrentIndex(rows.model().index(-1))
    label.grid.setFocus()
    press(_Key.Key_F2)
    popup = QApplication.activePopupWidget()
    assert isinstance(popup, LabelEditor)
    assert popup._name.text() == "red card"
    QTest.keyClick(popup, _Key.Key_Escape)


@pytest.mark.parametrize("key", [_Key.Key_Delete, _Key.Key_F2])
def test_in_a_project_just_opened_commands_are_about_the_first_label(window, label, rows, press, key):
    said = []
    window.session.message.connect(said.append)
    label.grid.setFocus()
    press(key, modifier=_SHIFT)
    shown = QApplication.activeModalWidget()
    assert shown is not None
    if key == _Key.Key_Delete:
        assert isinstance(shown, DeleteQuestion)
        assert "“ace”" in shown.text.text()
    shown.close()
    assert rows.current_label().name == "ace"
    assert said == []


def test_a_label_is_moved_without_having_been_clicked(store, label, press):
    label.grid.setFocus()
    press(_Key.Key_Down, modifier=Qt.KeyboardModifier.AltModifier)
    assert [one.name for one in store.labels] == ["king", "ace", "red card"]


def test_without_any_label_the_key_that_adds_one_is_named(window, label, store, press):
    for one in store.labels:
        window.session.apply(store.delete_label(one.id))
    said = []
    window.session.message.connect(said.append)
    label.grid.setFocus()
    press(_Key.Key_F2)
    assert said == ["There is no label yet: N adds the first one."]


# what is read out


def test_rows_have_a_check_state_for_assistive_tools(label, store, rows):
    label.grid.selectAll()
    ids = [one.id for one in store.labels]
    label.annotator.set_state(ids[0], LabelState.PRESENT)
    label.annotator.set_state(ids[1], LabelState.PRESENT, images=store.image_ids[:3])
    roles = [rows.model().index(row).data(Qt.ItemDataRole.CheckStateRole) for row in range(3)]
    expected = [Qt.CheckState.Checked, Qt.CheckState.PartiallyChecked, Qt.CheckState.Unchecked]
    assert [Qt.CheckState(one) for one in roles] == expected
    read = QAccessible.queryAccessibleInterface(rows)
    states = [read.child(row).state() for row in range(3)]
    assert [bool(one.checkable) for one in states] == [True] * 3
    assert [bool(one.checked) for one in states] == [True, False, False]


def test_what_is_read_out_of_a_row_names_keys_and_no_mouse(window, rows):
    index = rows.model().index(0)
    read = index.data(Qt.ItemDataRole.AccessibleDescriptionRole)
    assert read.startswith("Space: yes, no, unknown; Menu key: more; Alt+Up: Move label up")
    assert "lick" not in read
    window.commands.set_shortcuts({"labels.up": ["Ctrl+Alt+U"]})
    assert "Ctrl+Alt+U: Move label up" in index.data(Qt.ItemDataRole.AccessibleDescriptionRole)


# unsure


def test_images_that_were_reviewed_are_so_again_when_nobody_is_unsure_any_more(label, store, press):
    store.set_review(store.image_ids[:2], Review.REVIEWED)
    label.grid.setFocus()
    press(_Key.Key_A, modifier=Qt.KeyboardModifier.ControlModifier)
    press(_Key.Key_U)
    assert (store.review == Review.UNSURE).all()
    press(_Key.Key_U)
    assert store.review.tolist() == [Review.REVIEWED] * 2 + [Review.TO_DO] * 10
    press(_Key.Key_Z, modifier=Qt.KeyboardModifier.ControlModifier)
    assert (store.review == Review.UNSURE).all()


def test_an_image_that_was_put_back_meanwhile_is_to_do_again(label, store, press):
    store.set_review(store.image_ids[:1], Review.REVIEWED)
    label.grid.setFocus()
    press(_Key.Key_U)
    press(_Key.Key_U, modifier=_SHIFT)
    press(_Key.Key_U, _Key.Key_U)
    assert store.review[0] == Review.TO_DO
