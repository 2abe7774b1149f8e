from datetime import datetime

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtWidgets import QInputDialog

from core.labels import LabelState
from core.project.versions import load_version, save_version, versions
from gui.project.versions_dialog import proposed_name, show_versions

ACE, KING, RED = 1, 2, 3
PRESENT, ABSENT, UNKNOWN = LabelState.PRESENT, LabelState.ABSENT, LabelState.UNKNOWN


@pytest.fixture
def dialog(window, qtbot):
    one = show_versions(window.session, window)
    qtbot.waitUntil(one.isActiveWindow)
    return one


@pytest.fixture
def changed(window):
    """A version “then”, and after it changes on images 1 to 4."""
    store = window.session.store
    store.set_states([1, 2], {ACE: PRESENT}, reviewed=True)
    save_version(store, "then")
    window.session.apply(store.set_states([1], {ACE: ABSENT}))
    window.session.apply(store.set_states([2], {ACE: UNKNOWN}))
    window.session.apply(store.set_states([3, 4], {ACE: PRESENT, KING: ABSENT}))
    return store


def rows(table):
    return [
        [table.item(row, column).text() for column in range(table.columnCount())] for row in range(table.rowCount())
    ]


def click(qtbot, button):
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_a_version_is_saved_under_the_name_that_is_proposed(window, dialog, qtbot):
    window.session.store.set_states([1, 2, 3], {ACE: PRESENT, KING: ABSENT}, reviewed=True)
    assert dialog.field.text() == proposed_name()
    assert dialog.field.hasFocus()
    qtbot.keyClick(dialog.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(versions(window.session.store)) == 1)
    (row,) = rows(dialog.list)
    assert row[0] == proposed_name(datetime.fromtimestamp(versions(window.session.store)[0].created))
    assert row[2:] == ["3", "3", "6"]
    assert "saved" in window.status.message()


def test_a_name_can_be_typed_and_must_not_be_empty(window, dialog, qtbot):
    qtbot.keyClicks(dialog.field, "first round")
    click(qtbot, dialog.save_button)
    qtbot.waitUntil(lambda: dialog.list.rowCount() == 1)
    assert rows(dialog.list)[0][0] == "first round"
    dialog.field.clear()
    click(qtbot, dialog.save_button)
    assert "needs a name" in dialog.error.text()
    assert dialog.list.rowCount() == 1


def test_without_versions_it_says_what_they_are_for(dialog):
    assert dialog.none.isVisible()
    assert not dialog.compare_button.isEnabled()
    assert not dialog.restore_button.isEnabled()


def test_the_newest_version_is_chosen_and_arrows_choose_others(window, qtbot):
    for name in ("one", "two"):
        save_version(window.session.store, name)
    dialog = show_versions(window.session, window)
    assert [row[0] for row in rows(dialog.list)] == ["two", "one"]
    assert dialog._chosen().name == "two"
    qtbot.keyClick(dialog.list, Qt.Key.Key_Down)
    assert dialog._chosen().name == "one"
    assert dialog.other.itemText(1).startswith("two")
    assert show_versions(window.session, window) is dialog


def test_a_version_is_compared_with_now_label_by_label(changed, dialog, qtbot):
    click(qtbot, dialog.compare_button)
    qtbot.waitUntil(dialog.comparison.isVisible)
    assert rows(dialog.comparison.table) == [["ace", "2", "1", "1", "4"], ["king", "0", "2", "0", "2"]]
    text = dialog.comparison.summary.text()
    assert text.startswith("From then to now: 6 annotations on 4 images")


def test_enter_on_a_number_shows_its_images_in_label(window, changed, dialog, qtbot):
    click(qtbot, dialog.compare_button)
    table = dialog.comparison.table
    qtbot.waitUntil(dialog.comparison.isVisible)
    table.setFocus()
    table.setCurrentCell(
        0, 1, QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
    )
    with qtbot.waitSignal(window.session.images_requested) as shown:
        qtbot.keyClick(table, Qt.Key.Key_Return)
    assert shown.args == [(3, 4)]
    assert window.current_workspace == "label"


def test_a_double_click_shows_the_images_of_a_label(window, changed, dialog, qtbot):
    click(qtbot, dialog.compare_button)
    table = dialog.comparison.table
    qtbot.waitUntil(dialog.comparison.isVisible)
    place = table.visualItemRect(table.item(1, 0)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    with qtbot.waitSignal(window.session.images_requested) as shown:
        qtbot.mouseDClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert shown.args == [(3, 4)]
    with qtbot.waitSignal(window.session.images_requested) as shown:
        click(qtbot, dialog.comparison.all_button)
    assert shown.args == [(1, 2, 3, 4)]


def test_two_versions_are_compared_from_the_older_to_the_newer(window, changed, qtbot):
    save_version(changed, "later")
    dialog = show_versions(window.session, window)
    dialog.other.setCurrentIndex(1)
    assert dialog.other.currentText().startswith("then")
    click(qtbot, dialog.compare_button)
    qtbot.waitUntil(dialog.comparison.isVisible)
    assert dialog.comparison.summary.text().startswith("From then to later")
    assert rows(dialog.comparison.table)[0] == ["ace", "2", "1", "1", "4"]


def test_restoring_says_what_changes_saves_what_there_is_and_is_undone_at_once(window, changed, dialog, qtbot):
    now = changed.states.tolist()
    steps = changed.undo_text
    click(qtbot, dialog.restore_button)
    qtbot.waitUntil(dialog.question.isVisible)
    text = dialog.question._text.text()
    assert "6 annotations on 4 images" in text
    assert "before restoring then" in text
    assert changed.states.tolist() == now

    click(qtbot, dialog.question.yes)
    qtbot.waitUntil(lambda: changed.states[:4, 0].tolist() == [1, 1, -1, -1])
    assert [row[0] for row in rows(dialog.list)] == ["before restoring then", "then"]
    assert load_version(changed, 2).matrix[:, 0].tolist()[:4] == [0, -1, 1, 1]
    window.session.undo()
    assert changed.states.tolist() == now
    assert changed.undo_text == steps


def test_nothing_is_restored_when_the_question_is_answered_with_cancel(changed, dialog, qtbot):
    now = changed.states.tolist()
    click(qtbot, dialog.restore_button)
    qtbot.waitUntil(dialog.question.isVisible)
    qtbot.keyClick(dialog.question.no, Qt.Key.Key_Space)
    assert not dialog.question.isVisible()
    assert changed.states.tolist() == now


def test_an_edit_after_a_comparison_takes_it_away(window, changed, dialog, qtbot):
    click(qtbot, dialog.compare_button)
    qtbot.waitUntil(dialog.comparison.isVisible)
    window.session.apply(changed.set_states([5], {RED: PRESENT}))
    assert not dialog.comparison.isVisible()


def test_versions_are_renamed_and_deleted_after_a_question(window, changed, dialog, qtbot, monkeypatch):
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: ("before lunch", True))
    qtbot.keyClick(dialog.list, Qt.Key.Key_F2)
    assert rows(dialog.list)[0][0] == "before lunch"
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: (" ", True))
    click(qtbot, dialog.rename_button)
    assert "needs a name" in dialog.error.text()
    qtbot.keyClick(dialog.list, Qt.Key.Key_Delete)
    assert dialog.list.rowCount() == 1
    click(qtbot, dialog.question.yes)
    assert dialog.list.rowCount() == 0
    assert versions(changed) == []


def test_while_a_change_is_being_saved_nothing_is_begun(window, changed, dialog, qtbot):
    window.session._is_busy = True
    for button in (dialog.save_button, dialog.compare_button, dialog.restore_button):
        click(qtbot, button)
        assert "still being saved" in dialog.error.text()
    window.session._is_busy = False
    assert len(versions(changed)) == 1


def test_it_closes_with_the_project(window, dialog, qtbot):
    window.session.close()
    qtbot.waitUntil(lambda: window.findChild(type(dialog)) is None)


def test_every_control_has_a_name_and_is_reached_by_tab(changed, dialog, qtbot):
    seen = []
    for _ in range(20):
        widget = dialog.focusWidget()
        if widget in seen:
            break
        seen.append(widget)
        qtbot.keyClick(widget, Qt.Key.Key_Tab)
    for widget in (dialog.field, dialog.save_button, dialog.list, dialog.compare_button, dialog.other,
                   dialog.restore_button, dialog.rename_button, dialog.delete_button, dialog.close_button):  # fmt: skip
        assert widget in seen
        assert widget.accessibleName() or widget.text()
