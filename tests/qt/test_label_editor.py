"""The editor of a label, and the questions before a label is merged or deleted."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from core.labels import LabelState
from core.project.files.scan import scan_folder
from core.project.store import Store
from gui.label.labels.editor.label_editor import LabelEditor
from gui.label.labels.editor.label_questions import DeleteQuestion, MergeQuestion

_SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def store(window):
    return window.session.store


@pytest.fixture
def panel(label):
    return label.label_panel


@pytest.fixture
def open_editor(panel, store):
    def open_(name):
        panel.edit(next(one.id for one in store.labels if one.name == name))
        popup = QApplication.activePopupWidget()
        assert isinstance(popup, LabelEditor)
        return popup

    return open_


def named(store, name):
    return next(one for one in store.labels if one.name == name)


def question(qtbot, kind):
    found = QApplication.activeModalWidget()
    assert isinstance(found, kind)
    qtbot.waitUntil(found.isActiveWindow)
    return found


def test_description_parent_and_examples_are_kept_in_one_step(qtbot, label, panel, store, open_editor):
    label.grid.selectAll()
    label.annotator.set_targets(store.image_ids[2:5])
    popup = open_editor("ace")
    knows = popup._knows
    qtbot.keyClicks(knows.words, "one pip")
    qtbot.keyClick(knows.words, Qt.Key.Key_Return)
    qtbot.keyClicks(knows.words, "not the joker")
    qtbot.keyClicks(knows.parent_box, "red")
    assert knows.pin.text() == "Pin 3 chosen images"
    qtbot.mouseClick(knows.pin, Qt.MouseButton.LeftButton)
    assert knows.pinned.text() == "3 of 6 pinned"
    qtbot.keyClick(knows.words, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    ace = named(store, "ace")
    assert ace.description == "one pip\nnot the joker"
    assert ace.parent == named(store, "red card").id
    assert ace.examples == tuple(store.image_ids[2:5].tolist())
    label.window().session.undo()
    assert (named(store, "ace").description, named(store, "ace").parent) == ("", None)


def test_an_example_is_unpinned_by_key_and_six_are_the_most(qtbot, label, store, open_editor):
    store.change_label(named(store, "ace").id, examples=store.image_ids[:5].tolist())
    label.label_panel._model._reload()
    label.annotator.set_targets(store.image_ids[5:7])
    knows = open_editor("ace")._knows
    assert not knows.pin.isEnabled()
    assert knows.pin.toolTip() == "There is room for 1 image"
    qtbot.keyClick(knows.strip.pictures[0], Qt.Key.Key_Delete)
    assert knows.pin.isEnabled()
    qtbot.mouseClick(knows.pin, Qt.MouseButton.LeftButton)
    assert knows.examples() == tuple(store.image_ids[1:7].tolist())


def test_tab_goes_through_the_fields_in_reading_order(qtbot, label, store, open_editor):
    store.change_label(named(store, "ace").id, examples=store.image_ids[:2].tolist())
    label.label_panel._model._reload()
    label.annotator.set_targets(store.image_ids[5:6])
    popup = open_editor("ace")
    knows = popup._knows
    passed = []
    knows.words.setFocus()
    for _ in range(8):
        passed.append(QApplication.focusWidget())
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    expected = [knows.words, knows.parent_box, knows.pin, *knows.strip.pictures, knows.rules_button]
    assert passed == [*expected, popup._delete, popup._merge]
    assert QApplication.focusWidget() is popup._done


def test_a_label_below_is_no_possible_parent_and_it_is_said_why(qtbot, store, open_editor):
    ace, king = named(store, "ace"), named(store, "king")
    store.change_label(king.id, parent=ace.id)
    knows = open_editor("ace")._knows
    qtbot.keyClicks(knows.parent_box, "king")
    assert "would imply itself" in knows.parent_words.text()
    assert knows.parent_words.isVisible()
    colors = [knows.parent_box.itemData(place, Qt.ItemDataRole.ForegroundRole) for place in range(2)]
    assert [color is not None for color in colors] == [True, False]
    qtbot.keyClick(knows.parent_box, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.activePopupWidget() is not None
    assert named(store, "ace").parent is None


def test_a_parent_is_typed_and_completed_where_one_label_has_the_letters(qtbot, store, open_editor):
    knows = open_editor("ace")._knows
    assert knows.parent_id() == 0
    knows.parent_box.setFocus()
    qtbot.keyClicks(knows.parent_box, "kin")
    # the list of what has the letters has the key first
    qtbot.keyClick(QApplication.activePopupWidget(), Qt.Key.Key_Tab)
    assert knows.pin.hasFocus() or knows.rules_button.hasFocus()
    assert knows.parent_box.currentText() == "king"
    assert knows.parent_id() == named(store, "king").id


def test_a_parent_that_is_no_label_is_refused(qtbot, store, open_editor):
    popup = open_editor("ace")
    knows = popup._knows
    knows.parent_box.setFocus()
    qtbot.keyClicks(knows.parent_box, "queen")
    qtbot.keyClick(knows.parent_box, Qt.Key.Key_Tab)
    assert "There is no label “queen”." in knows.parent_words.text()
    qtbot.mouseClick(popup._done, Qt.MouseButton.LeftButton)
    assert "There is no label “queen”." in popup._error.text()
    assert popup.isVisible()
    knows.parent_box.lineEdit().clear()
    qtbot.mouseClick(popup._done, Qt.MouseButton.LeftButton)
    assert not popup.isVisible()
    assert named(store, "ace").parent is None


def test_a_new_parent_says_how_many_images_need_it_and_which_key_shows_them(qtbot, window, store, open_editor):
    ace, king = named(store, "ace").id, named(store, "king").id
    store.set_states(store.image_ids[:5], {ace: LabelState.PRESENT})
    store.set_states(store.image_ids[:2], {king: LabelState.PRESENT})
    said = []
    window.session.message.connect(said.append)
    popup = open_editor("ace")
    qtbot.keyClicks(popup._knows.parent_box, "king")
    assert popup._knows.parent_words.text() == "3 images with “ace” without “king” will break this rule."
    qtbot.keyClick(popup._knows.parent_box, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert named(store, "ace").parent == king
    assert said[-1].endswith("3 images break it: Alt+3 shows them")


def test_without_a_name_a_label_is_not_added_and_it_is_said_what_to_do(qtbot, label, store):
    qtbot.keyClick(label.grid, "n")
    popup = QApplication.activePopupWidget()
    qtbot.keyClick(popup._name, Qt.Key.Key_Return)
    assert popup._error.text() == "A label needs a name. Type one first."
    assert len(store.labels) == 3
    popup.close()


def test_the_key_field_takes_shift_and_a_digit(qtbot, label, store, open_editor):
    popup = open_editor("ace")
    qtbot.keyClick(popup._key, Qt.Key.Key_4, _SHIFT)
    assert popup._key.text() == "Shift+4"
    qtbot.mouseClick(popup._done, Qt.MouseButton.LeftButton)
    assert named(store, "ace").shortcut == "Shift+4"
    qtbot.keyClick(label.grid, Qt.Key.Key_4, _SHIFT)
    assert store.states[0, 0] == LabelState.PRESENT


def test_a_key_of_another_label_is_taken_from_it_in_one_step(qtbot, window, store, open_editor):
    popup = open_editor("ace")
    qtbot.keyClick(popup._key, Qt.Key.Key_2)
    assert "belongs to “king”" in popup._error.text()
    qtbot.mouseClick(popup._done, Qt.MouseButton.LeftButton)
    assert popup.isVisible()
    said = []
    window.session.message.connect(said.append)
    qtbot.mouseClick(popup._way_out, Qt.MouseButton.LeftButton)
    assert (named(store, "ace").shortcut, named(store, "king").shortcut) == ("2", "")
    assert said == ["Key “2” given to “ace”"]
    window.session.undo()
    assert (named(store, "ace").shortcut, named(store, "king").shortcut) == ("1", "2")


def test_a_key_of_a_command_leads_to_its_shortcut(qtbot, window, label, open_editor):
    asked = []
    popup = open_editor("ace")
    popup.shortcuts_wanted.disconnect()
    popup.shortcuts_wanted.connect(lambda: asked.append(True))
    qtbot.keyClick(popup._key, Qt.Key.Key_R)
    assert "Repeat last labels" in popup._error.text()
    qtbot.mouseClick(popup._way_out, Qt.MouseButton.LeftButton)
    assert asked


def test_delete_in_the_key_field_leaves_none(qtbot, store, open_editor):
    popup = open_editor("ace")
    qtbot.keyClick(popup._key, Qt.Key.Key_Backspace)
    qtbot.keyClick(popup._name, Qt.Key.Key_Return)
    assert named(store, "ace").shortcut == ""


def test_renaming_says_where_the_name_changes(qtbot, window, store, open_editor):
    ace, king = named(store, "ace").id, named(store, "king").id
    store.set_states(store.image_ids[:4], {ace: LabelState.PRESENT})
    store.add_rule("never", [ace, king])
    store.save_filter("mine", "ace -king")
    popup = open_editor("ace")
    qtbot.keyClick(popup._name, Qt.Key.Key_End)
    qtbot.keyClicks(popup._name, "s")
    said = popup._consequences.text()
    assert said.startswith("“ace” becomes “aces” everywhere: present on 4 images, in 1 rule.")
    assert "1 saved filter, “mine”" in said


def test_a_click_elsewhere_keeps_what_was_typed_and_escape_does_not(qtbot, store, open_editor):
    popup = open_editor("ace")
    qtbot.keyClicks(popup._knows.words, "kept")
    QTest.mouseClick(popup, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(-30, -30))
    assert named(store, "ace").description == "kept"
    popup = open_editor("ace")
    qtbot.keyClicks(popup._knows.words, "dropped")
    qtbot.keyClick(popup._knows.words, Qt.Key.Key_Escape)
    assert QApplication.activePopupWidget() is None
    assert named(store, "ace").description == "kept"


def test_the_rules_of_the_label_are_told(store, open_editor):
    ace, king, red = (one.id for one in store.labels)
    store.add_rule("implies", [ace, red])
    store.add_rule("exclusive", [ace, king], "rank")
    assert open_editor("ace")._knows.rules.text() == "“ace” implies “red card”\nrank: only one of “ace”, “king”"


def test_merging_by_key_says_what_changes_and_undo_parts_them(qtbot, window, label, panel, store):
    ace, king, _ = (one.id for one in store.labels)
    store.set_states(store.image_ids[:4], {ace: LabelState.PRESENT})
    store.set_states(store.image_ids[3:6], {king: LabelState.PRESENT})
    store.set_states(store.image_ids[:2], {king: LabelState.ABSENT})
    panel.list.choose(king)
    qtbot.keyClick(label.grid, Qt.Key.Key_F2, _SHIFT)
    asked = question(qtbot, MergeQuestion)
    assert not asked.yes.isEnabled()
    qtbot.keyClicks(asked.box.lineEdit(), "Ace")
    qtbot.keyClick(asked.box.lineEdit(), Qt.Key.Key_Return)
    assert "“king” goes, with 5 annotations; “ace” changes on 2 images" in asked.text.text()
    assert "On 2 images one is present and the other absent" in asked.text.text()
    qtbot.waitUntil(asked.yes.hasFocus)
    assert len(store.labels) == 3
    qtbot.keyClick(asked.yes, Qt.Key.Key_Return)
    assert [one.name for one in store.labels] == ["ace", "red card"]
    assert (store.states[:6, 0] == LabelState.PRESENT).all()
    window.session.undo()
    assert [one.name for one in store.labels] == ["ace", "king", "red card"]
    assert store.states[4, 0] == LabelState.UNKNOWN


def test_deleting_by_key_says_what_goes(qtbot, window, label, panel, store):
    ace, king, red = (one.id for one in store.labels)
    store.set_states(store.image_ids, {red: LabelState.PRESENT})
    store.change_label(ace, parent=red)
    store.add_rule("never", [king, red])
    panel.list.choose(red)
    qtbot.keyClick(label.grid, Qt.Key.Key_Delete, _SHIFT)
    asked = question(qtbot, DeleteQuestion)
    assert asked.text.text() == (
        "12 annotations and 1 rule of “red card” will go with it. Without a parent then: “ace”. Undo brings it back."
    )
    assert asked.yes.hasFocus()
    qtbot.keyClick(asked.yes, Qt.Key.Key_Return)
    assert [one.name for one in store.labels] == ["ace", "king"]
    window.session.undo()
    assert (store.states[:, 2] == LabelState.PRESENT).all()


class TestOneLabelPerImage:
    @pytest.fixture
    def project(self, tmp_path, draw_images):
        images = draw_images(tmp_path / "photos", 3)
        with Store.create(tmp_path / "project", task="multi-class") as store:
            store.add_images(images, scan_folder(images))
            store.add_labels(["ace", "king"])
        return tmp_path / "project"

    def test_there_is_no_parent_and_no_rule(self, qtbot, window, label, open_editor):
        popup = open_editor("ace")
        assert not popup._knows.parent_box.isVisible()
        assert not popup._knows.rules_button.isVisible()
        popup.close()
        window.commands["labels.rules"].trigger()
        assert "one label in this project" in window.status.message()
