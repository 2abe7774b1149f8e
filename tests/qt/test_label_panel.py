import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt
from PySide6.QtGui import QColor, QContextMenuEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QColorDialog, QPushButton

from core.labels import LabelState
from gui.label.labels.editor.editor_parts import Swatch
from gui.label.labels.editor.label_editor import LabelEditor
from gui.label.labels.list.label_menu import LabelMenu


@pytest.fixture
def panel(label):
    return label.label_panel


@pytest.fixture
def click_row(qtbot, panel):
    def click(row, button=Qt.MouseButton.LeftButton):
        place = panel.list.visualRect(panel.list.model().index(row)).center()
        qtbot.mouseClick(panel.list.viewport(), button, pos=place)

    return click


@pytest.fixture
def open_menu(qtbot, panel):
    """Opens the menu of the current label by key and chooses an entry with the mouse."""

    def choose(words):
        place = panel.list.visualRect(panel.list.currentIndex()).center()
        at = panel.list.viewport().mapToGlobal(place)
        event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, place, at)
        QApplication.sendEvent(panel.list.viewport(), event)
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, LabelMenu)
        (action,) = [one for one in menu.actions() if one.text() == words]
        qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(action).center())

    return choose


def editor():
    popup = QApplication.activePopupWidget()
    assert isinstance(popup, LabelEditor)
    return popup


def names(window):
    return [label.name for label in window.session.store.labels]


def test_a_click_on_a_row_cycles_its_label(window, click_row):
    click_row(1)
    assert window.session.store.states[0].tolist() == [-1, 1, -1]
    click_row(1)
    assert window.session.store.states[0].tolist() == [-1, 0, -1]


def test_rows_show_state_count_and_mixed(window, label, panel, click_row, qtbot):
    click_row(0)
    model = panel.list.model()
    qtbot.waitUntil(lambda: model.counts.tolist() == [1, 0, 0])
    assert model.states.tolist() == [1, -1, -1]
    label.grid.selectAll()
    assert model.states.tolist() == [2, -1, -1]
    spoken = model.data(model.index(0), Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "ace, mixed, 1 image, key 1"


def test_n_adds_a_label_with_the_next_key_and_colour(window, label, qtbot):
    qtbot.keyClick(label.grid, "n")
    qtbot.keyClicks(editor()._name, "queen")
    qtbot.keyClick(editor()._name, Qt.Key.Key_Return)
    added = window.session.store.labels[-1]
    assert (added.name, added.shortcut) == ("queen", "4")
    assert added.color not in [one.color for one in window.session.store.labels[:-1]]
    qtbot.keyClick(label.grid, "4")
    assert window.session.store.states[0].tolist() == [-1, -1, -1, 1]


def test_a_name_that_is_taken_is_refused_in_the_editor(window, label, qtbot):
    qtbot.keyClick(label.grid, "n")
    qtbot.keyClicks(editor()._name, "ACE")
    qtbot.keyClick(editor()._name, Qt.Key.Key_Return)
    assert "already" in editor()._error.text()
    assert names(window) == ["ace", "king", "red card"]
    qtbot.keyClick(editor(), Qt.Key.Key_Escape)
    assert QApplication.activePopupWidget() is None


def test_a_key_that_is_a_command_is_not_given_to_a_label(window, label, qtbot):
    qtbot.keyClick(label.grid, "n")
    qtbot.keyClicks(editor()._name, "queen")
    qtbot.keyClicks(editor()._key, "r")
    qtbot.mouseClick(editor()._done, Qt.MouseButton.LeftButton)
    assert "Repeat last labels" in editor()._error.text()
    qtbot.keyClicks(editor()._key, "w")
    qtbot.mouseClick(editor()._done, Qt.MouseButton.LeftButton)
    assert window.session.store.labels[-1].shortcut == "w"


def test_a_right_click_renames_recolours_and_gives_another_key(window, label, panel, click_row, qtbot):
    panel.edit(window.session.store.labels[1].id)
    popup = editor()
    popup._name.selectAll()
    qtbot.keyClicks(popup._name, "kings")
    qtbot.keyClicks(popup._key, "K")
    swatch = popup.findChildren(Swatch)[7]
    qtbot.mouseClick(swatch, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(popup._done, Qt.MouseButton.LeftButton)
    changed = window.session.store.labels[1]
    assert (changed.name, changed.shortcut, changed.color) == ("kings", "k", swatch.color)
    qtbot.keyClick(label.grid, "k")
    assert window.session.store.states[0].tolist() == [-1, 1, -1]
    window.session.undo()
    window.session.undo()
    assert names(window)[1] == "king"


def test_the_context_menu_opens_the_editor_of_the_row_under_the_pointer(window, panel, click_row, open_menu):
    click_row(2, Qt.MouseButton.RightButton)
    open_menu("Edit label…")
    assert editor()._name.text() == "red card"
    assert (window.session.store.states == -1).all()


@pytest.mark.parametrize("accept", [True, False])
def test_another_colour_leaves_what_was_typed(window, label, qtbot, accept):
    qtbot.keyClick(label.grid, "n")
    popup = editor()
    proposed = popup._color.color
    qtbot.keyClicks(popup._name, "queen")
    qtbot.mouseClick(popup._color.more, Qt.MouseButton.LeftButton)
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, QColorDialog)
    dialog.setCurrentColor(QColor("#123456"))
    dialog.done(accept)
    qtbot.waitUntil(popup.isVisible)
    assert editor()._name.text() == "queen"
    qtbot.keyClick(popup._name, Qt.Key.Key_Return)
    added = window.session.store.labels[-1]
    assert (added.name, added.color) == ("queen", "#123456" if accept else proposed)


def test_the_colour_that_a_new_label_gets_is_marked(window, label, qtbot):
    qtbot.keyClick(label.grid, "n")
    (marked,) = [swatch for swatch in editor().findChildren(Swatch) if swatch.isChecked()]
    qtbot.keyClicks(editor()._name, "queen")
    qtbot.keyClick(editor()._name, Qt.Key.Key_Return)
    assert window.session.store.labels[-1].color == marked.color


def test_the_editor_stays_on_the_screen_when_it_says_what_is_wrong(window, label, panel, qtbot):
    panel.add_label()
    room = editor().screen().availableGeometry()
    editor().open_at(room.bottomRight())
    qtbot.keyClicks(editor()._name, "ACE")
    qtbot.keyClick(editor()._name, Qt.Key.Key_Return)
    assert "already" in editor()._error.text()
    assert room.contains(editor().geometry())
    editor().close()


def test_a_label_without_annotations_is_deleted_at_once(window, panel, qtbot):
    panel.edit(window.session.store.labels[0].id)
    qtbot.mouseClick(editor()._delete, Qt.MouseButton.LeftButton)
    assert names(window) == ["king", "red card"]


def test_deleting_annotations_says_how_many_and_undo_brings_them_back(window, label, panel, qtbot):
    label.grid.selectAll()
    qtbot.keyClick(label.grid, "1")
    panel.edit(window.session.store.labels[0].id)
    qtbot.mouseClick(editor()._delete, Qt.MouseButton.LeftButton)
    assert "12 annotations of “ace”" in editor()._error.text()
    assert names(window)[0] == "ace"
    qtbot.mouseClick(editor()._delete, Qt.MouseButton.LeftButton)
    assert names(window) == ["king", "red card"]
    window.session.undo()
    assert names(window) == ["ace", "king", "red card"]
    assert (window.session.store.states[:, 0] == LabelState.PRESENT).all()


def test_alt_and_arrows_move_a_label_and_undo_moves_it_back(window, panel, click_row, qtbot):
    click_row(0)
    qtbot.keyClick(panel.list, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert names(window) == ["king", "ace", "red card"]
    qtbot.keyClick(panel.list, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert names(window) == ["king", "red card", "ace"]
    qtbot.keyClick(panel.list, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert names(window) == ["king", "ace", "red card"]
    assert panel.list.current_label().name == "ace"
    window.session.undo()
    assert names(window) == ["king", "red card", "ace"]


@pytest.mark.parametrize(("source", "over", "below", "expected"), [
    (0, 2, True, ["king", "red card", "ace"]),
    (2, 0, False, ["red card", "ace", "king"]),
    (1, 1, True, ["ace", "king", "red card"]),
])  # fmt: skip
def test_a_dragged_row_lands_where_it_is_dropped(window, panel, source, over, below, expected):
    rows = panel.list
    rows.setCurrentIndex(rows.model().index(source))
    place = QPointF(rows.visualRect(rows.model().index(over)).center()) + QPointF(0, 6 if below else -6)
    event = QDropEvent(
        place, Qt.DropAction.MoveAction, QMimeData(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    rows.dropEvent(event)
    assert names(window) == expected


def test_without_labels_the_panel_teaches_the_keys(window, panel, qtbot):
    for label in window.session.store.labels:
        window.session.apply(window.session.store.delete_label(label.id))
    shown = panel._stack.currentWidget()
    assert shown is panel._empty
    qtbot.mouseClick(shown.findChild(QPushButton), Qt.MouseButton.LeftButton)
    qtbot.keyClicks(editor()._name, "first")
    qtbot.keyClick(editor()._name, Qt.Key.Key_Return)
    assert names(window) == ["first"]
    assert panel._stack.currentWidget() is panel.list
