"""The window of the rules."""

import threading

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton

from core.labels import MULTI_CLASS, LabelState
from core.project.labels.hints import Companions
from core.project.store import Store
from gui import background
from gui.label.labels.editor.label_editor import LabelEditor
from gui.label.labels.rules.rule_findings import find, possible_parents, proposals
from gui.label.labels.rules.rules_window import RulesWindow


@pytest.fixture
def store(window):
    return window.session.store


@pytest.fixture
def rules(qtbot, window, label):
    qtbot.keyClick(label.grid, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    shown = window.findChild(RulesWindow)
    qtbot.waitUntil(lambda: shown._findings is not None)
    return shown


def texts(table):
    return [
        tuple(table.item(row, column).text() for column in range(2)) for row in range(table.rowCount())
    ]  # fmt: skip


def ids(store):
    return [one.id for one in store.labels]


def type_rule(qtbot, form, first, second):
    qtbot.keyClicks(form.first.lineEdit(), first)
    qtbot.keyClick(form.first.lineEdit(), Qt.Key.Key_Return)
    qtbot.keyClicks(form.second.lineEdit(), second)
    qtbot.keyClick(form.second.lineEdit(), Qt.Key.Key_Return)


def test_a_rule_is_added_by_keys_and_says_where_it_is_broken(qtbot, window, rules, store):
    store.set_states(store.image_ids[:3], {ids(store)[0]: LabelState.PRESENT})
    assert rules.table.rowCount() == 0
    qtbot.keyClick(rules.table, Qt.Key.Key_Insert)
    type_rule(qtbot, rules.form, "ace", "Red card")
    assert rules.form.isHidden()
    qtbot.waitUntil(lambda: texts(rules.table) == [("“ace” implies “red card”", "3 images")])
    window.session.undo()
    assert rules.table.rowCount() == 0


def test_a_group_is_made_of_labels_by_their_names(qtbot, rules, store):
    qtbot.mouseClick(rules.add, Qt.MouseButton.LeftButton)
    form = rules.form
    qtbot.keyClick(form.kind, Qt.Key.Key_End)
    qtbot.keyClicks(form.name, "rank")
    qtbot.keyClick(form.name, Qt.Key.Key_Return)
    for name in ("ace", "king", "nobody"):
        qtbot.keyClicks(form.one_more.lineEdit(), name)
        qtbot.keyClick(form.one_more.lineEdit(), Qt.Key.Key_Return)
    assert "no label “nobody”" in form.error.text()
    form.one_more.lineEdit().clear()
    qtbot.mouseClick(form.save, Qt.MouseButton.LeftButton)
    assert [(one.kind, one.label_ids, one.name) for one in store.rules] == [
        ("exclusive", tuple(ids(store)[:2]), "rank")
    ]
    assert texts(rules.table)[0][0] == "rank: only one of “ace”, “king”"


def test_what_contradicts_is_refused_in_the_form(qtbot, rules, store):
    first, second, _ = ids(store)
    rules._session.apply(store.add_rule("implies", [first, second]))
    qtbot.mouseClick(rules.add, Qt.MouseButton.LeftButton)
    type_rule(qtbot, rules.form, "king", "ace")
    assert "would imply itself" in rules.form.error.text()
    assert len(store.rules) == 1
    qtbot.keyClick(rules.form.second.lineEdit(), Qt.Key.Key_Escape)
    assert rules.form.isHidden()
    assert rules.isVisible()


def test_a_rule_is_changed_and_deleted_by_keys(qtbot, window, rules, store):
    first, second, third = ids(store)
    window.session.apply(store.add_rule("never", [first, second]))
    rules.table.choose_row(0)
    qtbot.keyClick(rules.table, Qt.Key.Key_Return)
    assert (rules.form.first.label_id(), rules.form.second.label_id()) == (first, second)
    rules.form.second.lineEdit().selectAll()
    qtbot.keyClicks(rules.form.second.lineEdit(), "red card")
    qtbot.mouseClick(rules.form.save, Qt.MouseButton.LeftButton)
    assert store.rules[0].label_ids == (first, third)
    qtbot.keyClick(rules.table, Qt.Key.Key_Delete)
    assert store.rules == ()
    window.session.undo()
    assert texts(rules.table)[0][0] == "“ace” and “red card” never together"


def test_images_that_break_a_rule_are_shown(qtbot, window, label, rules, store):
    first, second, _ = ids(store)
    store.set_states(store.image_ids[4:6], {first: LabelState.PRESENT, second: LabelState.PRESENT})
    window.session.apply(store.add_rule("never", [first, second]))
    qtbot.waitUntil(rules.show_images.isEnabled)
    qtbot.mouseClick(rules.show_images, Qt.MouseButton.LeftButton)
    assert [label.model.image_id(row) for row in range(label.model.rowCount())] == store.image_ids[4:6].tolist()


def test_a_parent_is_told_and_leads_to_its_editor(qtbot, window, rules, store):
    first, _, third = ids(store)
    window.session.apply(store.change_label(first, parent=third))
    assert texts(rules.table)[0][0] == "“ace” implies “red card”, its parent"
    rules.table.choose_row(0)
    assert not rules.delete.isEnabled()
    assert "chosen in its editor" in rules.note.text()
    qtbot.mouseClick(rules.change, Qt.MouseButton.LeftButton)
    popup = QApplication.activePopupWidget()
    assert isinstance(popup, LabelEditor)
    assert popup._name.text() == "ace"


def test_what_the_annotations_propose_is_added_with_one_click_or_return(qtbot, window, rules, store):
    first, second, third = ids(store)
    states = np.zeros((12, 3), np.int8)
    states[:10, 0] = states[:, 2] = 1
    window.session.apply(store.set_matrix(store.image_ids, [first, second, third], states, reviewed=None, text="x"))
    qtbot.waitUntil(lambda: rules.proposals.rowCount() == 1)
    assert texts(rules.proposals) == [("“ace” implies “red card”", "10 of 10 images")]
    button = rules.proposals.cellWidget(0, 2)
    assert isinstance(button, QPushButton)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert [(one.kind, one.label_ids) for one in store.rules] == [("implies", (first, third))]
    qtbot.waitUntil(lambda: rules.proposals.rowCount() == 0)
    window.session.undo()
    qtbot.waitUntil(lambda: rules.proposals.rowCount() == 1)
    qtbot.keyClick(rules.proposals, Qt.Key.Key_Return)
    assert len(store.rules) == 1


def test_labels_that_never_come_together_are_proposed_as_a_group(store):
    states = np.zeros((120, 3), np.int8)
    states[np.arange(120), np.arange(120) % 3] = 1
    (found,) = [one for one in proposals(states, store.labels, ()) if one.kind != "implies"]
    assert (found.kind, found.label_ids, found.images) == ("exclusive", tuple(ids(store)), 120)
    assert found.name == "ace/king/red card"


def test_a_label_that_is_excluded_is_no_possible_parent(window, store):
    first, second, third = ids(store)
    store.change_label(first, parent=third)
    store.add_rule("never", [second, third])
    # without its own parent it could have the other
    assert [one.id for one in possible_parents(first, store.labels, store.rules)] == [second, third]
    assert possible_parents(second, store.labels, store.rules) == []
    assert possible_parents(third, store.labels, store.rules) == []


def test_a_new_rule_says_how_many_images_break_it_and_which_key_shows_them(qtbot, window, label, rules, store):
    first, second, _ = ids(store)
    store.set_states(store.image_ids[4:7], {first: LabelState.PRESENT, second: LabelState.PRESENT})
    said = []
    window.session.message.connect(said.append)
    qtbot.mouseClick(rules.add, Qt.MouseButton.LeftButton)
    rules.form.kind.setCurrentIndex(1)
    type_rule(qtbot, rules.form, "ace", "king")
    assert store.rules[0].kind == "never"
    assert said[-1] == "Rule added. 3 images break it: Alt+3 shows them"
    window.commands["view.queue_conflicts"].trigger()
    assert label.model.rowCount() == 3


def test_letters_that_one_label_has_stand_for_it_once_the_field_is_left(qtbot, rules, store):
    qtbot.mouseClick(rules.add, Qt.MouseButton.LeftButton)
    rules.form.first.setFocus()
    qtbot.keyClicks(rules.form.first, "KIN")
    # the list of what has the letters has the key first
    qtbot.keyClick(QApplication.activePopupWidget(), Qt.Key.Key_Tab)
    assert rules.form.second.hasFocus()
    assert rules.form.first.currentText() == "king"
    qtbot.keyClicks(rules.form.second, "a")
    qtbot.keyClick(QApplication.activePopupWidget(), Qt.Key.Key_Tab)
    # "ace" and "red card" have an a, but one begins with it
    assert rules.form.second.currentText() == "ace"
    assert rules.form.error.isHidden()


def test_letters_of_no_label_are_told_as_soon_as_the_field_is_left(qtbot, rules):
    qtbot.mouseClick(rules.add, Qt.MouseButton.LeftButton)
    rules.form.first.setFocus()
    qtbot.keyClicks(rules.form.first, "queen")
    qtbot.keyClick(rules.form.first, Qt.Key.Key_Tab)
    assert "There is no label “queen”." in rules.form.error.text()
    qtbot.keyClick(rules.form.first, Qt.Key.Key_Backspace)
    assert rules.form.error.text() == ""


def test_there_is_one_button_to_go_on_with(qtbot, rules):
    assert rules.add.isEnabled()
    qtbot.mouseClick(rules.add, Qt.MouseButton.LeftButton)
    assert rules.form.save.isVisible()
    assert not rules.add.isEnabled()
    qtbot.keyClick(rules.form.first, Qt.Key.Key_Escape)
    assert rules.add.isEnabled()


def test_counting_that_is_not_done_when_the_project_closes_is_dropped(qtbot, window, label, rules, monkeypatch):
    gate, began = threading.Event(), threading.Event()

    def slow(*arguments, **words):
        began.set()
        gate.wait(10)
        return find(*arguments, **words)

    monkeypatch.setattr("gui.label.labels.rules.rules_window.find", slow)
    rules._count()
    qtbot.waitUntil(began.is_set)
    shown = []
    monkeypatch.setattr(rules, "_show_rules", lambda: shown.append(1))
    window.session.close()
    gate.set()
    assert background.wait(5000)
    QApplication.processEvents()
    assert shown == []


def test_what_comes_along_in_one_project_is_no_hint_in_the_next(qtbot, window, label, monkeypatch, tmp_path):
    gate, began = threading.Event(), threading.Event()

    class Slow:
        @staticmethod
        def of(*arguments, **words):
            began.set()
            gate.wait(10)
            return Companions.of(*arguments, **words)

    with Store.create(tmp_path / "other", task=MULTI_CLASS) as other:
        for name in ("a", "b", "c"):
            other.add_label(name)
    monkeypatch.setattr("gui.label.advice.Companions", Slow)
    label.advice._count()
    qtbot.waitUntil(began.is_set)
    window.open_project(tmp_path / "other")
    gate.set()
    assert background.wait(5000)
    QApplication.processEvents()
    assert label.advice._companions is None


def test_tab_goes_through_the_window_in_reading_order_also_once_the_form_is_there(qtbot, rules):
    qtbot.mouseClick(rules.add, Qt.MouseButton.LeftButton)
    rules.table.setFocus()
    passed = []
    for _ in range(8):
        passed.append(QApplication.focusWidget())
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    form = rules.form
    assert passed == [
        rules.table, form.kind, form.first, form.second, form.cancel, form.save, rules.proposals, rules.close_button,
    ]  # fmt: skip
