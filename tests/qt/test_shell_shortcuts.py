"""Keys of commands and labels: chosen by a person, kept, shown wherever keys are shown."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QLabel

from core.settings import Settings, load_settings, save_settings, settings_path
from gui.command_keys import default_shortcuts, portable, refusal, resolved
from gui.command_table import TABLE, all_commands
from gui.commands import command_of_key
from gui.shell.shortcut_editor import ShortcutEditor
from gui.shell.shortcut_sheet import ShortcutSheet

CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)
COMMANDS = {command.id: command for command in all_commands()}


@pytest.fixture
def editor(window, label, qtbot):
    qtbot.keyClick(label.grid, "k", CTRL | SHIFT)
    (dialog,) = window.findChildren(ShortcutEditor)
    qtbot.waitUntil(dialog.isVisible)
    return dialog


@pytest.fixture
def leave(window, editor, qtbot):
    """Closes the editor and goes back to the window."""

    def do():
        editor.close()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)

    return do


@pytest.fixture
def record(editor, qtbot):
    """Chooses a command, presses a key of the list, and then the key to be recorded."""

    def do(name, key, modifier=Qt.KeyboardModifier.NoModifier, *, begin=Qt.Key.Key_Return):
        editor.choose(name)
        qtbot.keyClick(editor.tree, begin)
        qtbot.keyClick(editor.recorder, key, modifier)

    return do


def keys(window, command_id):
    return [one.toString(QKeySequence.SequenceFormat.PortableText) for one in window.commands[command_id].shortcuts()]


# the table


def test_defaults_are_keys_that_commands_can_have():
    for command in all_commands():
        for key in command.shortcuts:
            assert portable(key), (command.id, key)
            assert not refusal(command, key), (command.id, key)
    assert resolved({}) == {command.id: default_shortcuts(command) for command in all_commands()}


def test_keys_of_the_system_on_macos_are_not_used(monkeypatch):
    monkeypatch.setattr("gui.command_keys.sys.platform", "darwin")
    used = {key for command in all_commands() for key in default_shortcuts(command)}
    # Ctrl is the command key there
    assert not used & {"F11", "Ctrl+H", "Ctrl+M", "Ctrl+Space", "Ctrl+Tab"}


def test_no_default_is_what_altgr_types():
    # on Windows AltGr is Ctrl and Alt, and types signs on many keyboards
    assert [one.id for one in all_commands() if any("Ctrl+Alt" in key for key in one.shortcuts)] == []


def test_keys_of_labels_are_not_those_of_commands():
    for key in ["1", "9", "0", "Shift+1", "Alt+Shift+0"]:
        assert command_of_key(key) is None


# what is saved


def test_a_chosen_key_is_not_taken_away_by_the_default_of_a_newer_command():
    keys = resolved({"edit.undo": ["F"]})
    assert keys["edit.undo"] == ("Ctrl+Z",), "a single letter cannot hold everywhere"
    keys = resolved({"image.next": ["F", "Space"]})
    assert keys["image.next"] == ("F", "Space")
    assert keys["image.flag"] == ()


@pytest.mark.parametrize("damaged", [["foo"], ["Ctrl+K, Ctrl+S"], ["Escape"], [""]])
def test_a_damaged_key_means_the_default(damaged):
    assert resolved({"image.next": damaged, "of.nobody": ["F"]}) == resolved({})


def test_no_key_is_a_choice_too():
    assert resolved({"image.next": []})["image.next"] == ()


def test_a_damaged_file_of_settings_means_the_defaults():
    for written in ('{"shortcuts": 3}', '{"shortcuts": {"image.next": "F"}}', '{"shortcuts": [1]}'):
        settings_path().write_text(written)
        assert load_settings(settings_path()) == Settings()
    settings_path().write_text('{"shortcuts": {"image.next": ["F", 4], "image.flag": 7}}')
    assert load_settings(settings_path()).shortcuts == {"image.next": ("F",)}


# the editor


def test_another_key_holds_at_once_and_after_a_restart(window, label, record, leave, qtbot):
    record("Next image", Qt.Key.Key_W)
    assert keys(window, "image.next") == ["W"]
    assert load_settings(settings_path()).shortcuts == {"image.next": ("W",)}
    leave()
    label.grid.setFocus()
    qtbot.keyClick(label.grid, "w")
    assert label.grid.currentIndex().row() == 1
    qtbot.keyClick(label.grid, "d")
    assert label.grid.currentIndex().row() == 1

    from gui.main_window import MainWindow

    other = MainWindow()
    qtbot.addWidget(other, before_close_func=lambda window: window.shut_down())
    assert keys(other, "image.next") == ["W"]


def test_one_more_key_removal_reset_and_all_defaults(window, record, editor, qtbot):
    record("Undo", Qt.Key.Key_F4, begin=Qt.Key.Key_Insert)
    assert keys(window, "edit.undo") == ["Ctrl+Z", "F4"]
    qtbot.keyClick(editor.tree, Qt.Key.Key_Delete)
    assert keys(window, "edit.undo") == []
    qtbot.mouseClick(editor.reset_button, Qt.MouseButton.LeftButton)
    assert keys(window, "edit.undo") == ["Ctrl+Z"]
    record("Redo", Qt.Key.Key_F4)
    qtbot.mouseClick(editor.restore_button, Qt.MouseButton.LeftButton)
    assert editor.no_button.hasFocus()
    qtbot.mouseClick(editor.yes_button, Qt.MouseButton.LeftButton)
    assert keys(window, "edit.redo") == ["Ctrl+Shift+Z", "Ctrl+Y"]
    assert load_settings(settings_path()).shortcuts == {}


def test_a_key_of_another_command_is_taken_after_a_question_only(window, record, editor, qtbot):
    record("Next image", Qt.Key.Key_F)
    assert editor.question.text() == "F belongs to “Flag”, at the images."
    qtbot.keyClick(editor.no_button, Qt.Key.Key_Space)
    assert keys(window, "image.flag") == ["F"]
    assert keys(window, "image.next") == ["Space", "D"]
    record("Next image", Qt.Key.Key_F)
    qtbot.keyClick(editor.no_button, Qt.Key.Key_Backtab)
    qtbot.keyClick(editor.yes_button, Qt.Key.Key_Space)
    assert keys(window, "image.flag") == []
    assert keys(window, "image.next") == ["F"]
    assert editor.tree.hasFocus()


def test_a_key_of_a_label_is_taken_from_the_label(window, record, editor, qtbot):
    record("Next image", Qt.Key.Key_2)
    assert "label king" in editor.question.text()
    qtbot.mouseClick(editor.yes_button, Qt.MouseButton.LeftButton)
    assert window.session.store.labels[1].shortcut == ""
    assert keys(window, "image.next") == ["2"]
    window.session.undo()
    assert window.session.store.labels[1].shortcut == "2"


def test_a_label_gets_another_key_here_too(window, record, editor, qtbot):
    record("king", Qt.Key.Key_W)
    assert window.session.store.labels[1].shortcut == "w"
    record("king", Qt.Key.Key_1, SHIFT)
    assert window.session.store.labels[1].shortcut == "Shift+1"
    record("king", Qt.Key.Key_1)
    assert "label ace" in editor.question.text()
    qtbot.mouseClick(editor.yes_button, Qt.MouseButton.LeftButton)
    assert [one.shortcut for one in window.session.store.labels] == ["", "1", "3"]
    window.session.undo()
    assert [one.shortcut for one in window.session.store.labels] == ["1", "Shift+1", "3"]


def test_a_key_of_a_label_waits_for_a_long_edit_and_says_so(window, record, editor, qtbot, monkeypatch):
    monkeypatch.setattr("gui.session.AT_ONCE", 3)
    store = window.session.store
    with qtbot.waitSignal(window.session.changed):
        window.session.edit(lambda store: store.set_flag(store.image_ids, True), images=12)
        record("king", Qt.Key.Key_W)
        assert "still being saved" in editor.question.text()
        assert store.labels[1].shortcut == "2"


def test_keys_that_would_be_caught_while_typing_are_refused(window, record, editor, qtbot):
    record("Undo", Qt.Key.Key_X)
    assert "while typing" in editor.recorder_text.text()
    assert editor.recorder.hasFocus()
    qtbot.keyClick(editor.recorder, Qt.Key.Key_Escape)
    assert keys(window, "edit.undo") == ["Ctrl+Z"]
    assert editor.isVisible()
    assert editor.tree.hasFocus()


def test_escape_in_the_list_closes_the_dialog(window, editor, qtbot):
    editor.tree.setFocus()
    qtbot.keyClick(editor.tree, Qt.Key.Key_Escape)
    assert not window.findChildren(ShortcutEditor) or not editor.isVisible()


def test_the_search_finds_commands_and_keys_and_goes_down_to_the_list(editor, qtbot):
    def shown():
        return [item.text(0) for item in editor._items() if not item.isHidden()]

    qtbot.keyClicks(editor.search, "queue")
    assert "Queues and folders" in shown()
    editor.search.setText("Ctrl+K")
    assert "Find a command" in shown()
    qtbot.keyClick(editor.search, Qt.Key.Key_Down)
    assert editor.tree.hasFocus()
    assert editor.tree.currentItem().text(0) == shown()[0]


def test_what_differs_from_the_default_says_what_the_default_is(record, editor):
    record("Next image", Qt.Key.Key_W)
    item = editor.tree.currentItem()
    assert (item.text(1), item.text(2)) == ("W", "Space,  D")


# everything that shows a key


def test_tips_the_sheet_and_the_editor_of_labels_follow(window, label, record, leave, qtbot):
    assert window.commands["image.next"].toolTip().endswith("(Space)")
    record("Next image", Qt.Key.Key_W)
    assert window.commands["image.next"].toolTip().endswith("(W)")
    assert window.commands.key("image.next") == "W"
    assert command_of_key("w").id == "image.next"
    assert command_of_key("d") is None
    leave()
    qtbot.keyClick(window, Qt.Key.Key_F1)
    sheet = window.findChild(ShortcutSheet)
    words = [one.text() for one in sheet.findChildren(QLabel)]
    assert words[words.index("Next image") + 1] == "W"
    sheet.close()


def test_the_buttons_of_the_rail_say_the_keys_of_now(window):
    window.commands.set_shortcuts({"view.train": ["F6"]})
    assert window.rail._buttons["train"].toolTip().endswith("(F6)")


def test_a_question_mark_opens_the_sheet_but_is_text_in_a_field(window, label, qtbot):
    qtbot.keyClick(label.grid, "?")
    sheet = window.findChild(ShortcutSheet)
    assert sheet.isVisible()
    qtbot.keyClicks(sheet.search, "undo")
    seen = [one.text() for one in sheet.findChildren(QLabel) if one.isVisibleTo(sheet)]
    assert "Undo" in seen
    assert "Next image" not in seen
    sheet.search.setText("Ctrl+Z")
    assert "Undo" in [one.text() for one in sheet.findChildren(QLabel) if one.isVisibleTo(sheet)]
    sheet.close()
    field = label.filter_bar.field
    field.setFocus()
    qtbot.keyClicks(field, "?ace")
    assert field.text() == "?ace"


def test_the_sheet_fits_a_small_screen(window, label, qtbot):
    window.resize(1024, 700)
    qtbot.keyClick(label.grid, Qt.Key.Key_F1)
    sheet = window.findChild(ShortcutSheet)
    assert sheet.width() <= 1024
    assert sheet.height() <= 700
    assert sheet._area.horizontalScrollBar().maximum() == 0
    sheet.close()


def test_every_command_in_the_table_has_a_tip_that_is_not_its_key_alone(window):
    for command in TABLE:
        if command is not None:
            assert window.commands[command.id].toolTip()


def test_chosen_keys_hold_from_the_start(qtbot):
    save_settings(Settings(warm_worker=False, shortcuts={"edit.undo": ("Ctrl+U",)}), settings_path())
    from gui.main_window import MainWindow

    window = MainWindow()
    qtbot.addWidget(window, before_close_func=lambda window: window.shut_down())
    assert keys(window, "edit.undo") == ["Ctrl+U"]
    assert keys(window, "file.add_images") == []
