from collections import Counter

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel

from core.settings import load_settings, settings_path
from gui.commands import MENUS, TABLE, Command
from gui.shell.command_palette import CommandPalette
from gui.shell.shortcut_sheet import ShortcutSheet
from gui.widgets import icons


def test_no_shortcut_is_given_twice():
    used = Counter(one for command in TABLE if command is not None for one in command.shortcuts)
    assert [one for one, count in used.items() if count > 1] == []


def test_every_command_is_in_a_menu(window):
    in_menus = {action.objectName() for menu in window.menuBar().actions() for action in menu.menu().actions()}
    assert {command.id for command in TABLE if isinstance(command, Command)} <= in_menus
    assert [menu.text().replace("&", "") for menu in window.menuBar().actions()] == list(MENUS)


def test_f10_and_alt_with_a_letter_open_the_menus(window, label, qtbot):
    bar = window.menuBar()
    qtbot.keyClick(label.grid, Qt.Key.Key_F10)
    assert bar.activeAction().text() == "&File"
    qtbot.keyClick(bar, Qt.Key.Key_Right)
    assert bar.activeAction().text() == "&Edit"
    qtbot.keyClick(bar, Qt.Key.Key_Escape)
    label.grid.setFocus()
    qtbot.keyClick(label.grid, "v", Qt.KeyboardModifier.AltModifier)
    menu = bar.actions()[2].menu()
    qtbot.waitUntil(menu.isVisible)
    menu.close()


def test_alt_and_a_letter_stay_with_the_command_that_a_person_gave_them_to(window):
    texts = [menu.text() for menu in window.menuBar().actions()]
    assert len({one[one.index("&") + 1].upper() for one in texts}) == len(texts)
    window.session.change_settings(shortcuts={"image.flag": ("Alt+F",)})
    assert window.menuBar().actions()[0].text() == "F&ile"


def test_single_letters_are_commands_of_the_images_only():
    for command in TABLE:
        if command is not None and any(len(one) == 1 and one.isalnum() for one in command.shortcuts):
            assert command.scope == "images", command.id


def test_every_command_has_a_key_by_default():
    assert [command.id for command in TABLE if command is not None and not command.shortcuts] == []


def test_every_icon_exists(qapp):
    for command in TABLE:
        if command is not None and command.icon:
            icons.glyph(command.icon)


@pytest.fixture
def palette(window, qtbot):
    qtbot.keyClick(window, "k", Qt.KeyboardModifier.ControlModifier)
    popup = QApplication.activePopupWidget()
    assert isinstance(popup, CommandPalette)
    return popup


def shown(palette):
    return [entry.action.text() for entry in palette._model.shown]


def test_the_palette_finds_a_command_by_some_letters_and_runs_it(window, palette, qtbot):
    qtbot.keyClicks(palette.field, "selall")
    assert shown(palette)[0] == "Select all images"
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert len(window.workspace("label").grid.selected_rows()) == 12
    assert QApplication.activePopupWidget() is None


def test_the_palette_knows_the_labels_of_the_project(window, palette, qtbot):
    qtbot.keyClicks(palette.field, "red card")
    assert shown(palette)[0] == "red card"
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert window.session.store.states[0].tolist() == [-1, -1, 1]


def test_the_palette_knows_the_saved_filters(window, label, qtbot):
    window.session.apply(window.session.store.save_filter("cards & co", "ace -king"))
    qtbot.keyClick(window, "k", Qt.KeyboardModifier.ControlModifier)
    palette = QApplication.activePopupWidget()
    qtbot.keyClicks(palette.field, "cards")
    assert palette._model.shown[0].entry.name == "cards & co"
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert label.filter_bar.field.text() == "ace -king"


def test_everything_that_can_be_done_now_is_in_the_palette(window, palette):
    enabled = {command.id for command, action in window.commands.all() if action.isEnabled()}
    assert {found.entry.id for found in palette._model.shown} >= enabled - {"tools.palette"}


def test_the_palette_leaves_out_what_cannot_be_done_now(palette):
    assert "Redo" not in shown(palette)


def test_words_in_any_order_and_the_menu_are_found(palette, qtbot):
    qtbot.keyClicks(palette.field, "images sel all")
    assert shown(palette)[0] == "Select all images"
    palette.field.setText("view dark")
    assert shown(palette)[0] == "Dark colours"


def test_what_was_run_last_comes_first_also_after_a_restart(window, palette, qtbot):
    qtbot.keyClicks(palette.field, "invert")
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert load_settings(settings_path()).recent_commands == ("edit.invert_selection",)
    qtbot.keyClick(window, "k", Qt.KeyboardModifier.ControlModifier)
    again = QApplication.activePopupWidget()
    assert shown(again)[0] == "Invert selection"
    assert "Ctrl+I" in again.field.accessibleDescription()
    again.close()


def test_arrow_keys_choose_in_the_palette(palette, qtbot):
    qtbot.keyClick(palette.field, Qt.Key.Key_Down)
    qtbot.keyClick(palette.field, Qt.Key.Key_Down)
    assert palette.list.currentIndex().row() == 2
    qtbot.keyClick(palette.field, Qt.Key.Key_Escape)
    assert QApplication.activePopupWidget() is None


def test_the_sheet_names_every_shortcut_and_the_keys_of_the_labels(window, qtbot):
    qtbot.keyClick(window, Qt.Key.Key_F1)
    sheet = window.findChild(ShortcutSheet)
    words = {label.text() for label in sheet.findChildren(QLabel)}
    for command in TABLE:
        if command is not None and command.shortcuts:
            assert command.text.removesuffix("…") in words
    assert "red card" in words
    sheet.close()
