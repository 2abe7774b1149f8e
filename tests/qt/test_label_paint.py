import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QToolButton

from core.labels import LabelState

PRESENT, ABSENT, UNKNOWN = (int(state) for state in (LabelState.PRESENT, LabelState.ABSENT, LabelState.UNKNOWN))
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def store(window):
    return window.session.store


@pytest.fixture
def bar(label):
    return label.tagging.paint_bar


@pytest.fixture
def painting(label, qtbot):
    """Painting the first label."""
    qtbot.keyClick(label.grid, "p")
    assert label.tagging.painter.is_on
    return label.tagging.painter


@pytest.fixture
def stroke(label, qtbot):
    """Drags over rows of the grid with the left button."""

    def do(*rows, modifier=NONE):
        places = [label.grid.visualRect(label.model.index(row)).center() for row in rows]
        viewport = label.grid.viewport()
        qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, modifier, places[0])
        for place in places[1:]:
            qtbot.mouseMove(viewport, place - QPoint(1, 0))
            qtbot.mouseMove(viewport, place)
        qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, modifier, places[-1])

    return do


def column(store, number):
    return store.states[:4, number].tolist()


def test_p_paints_the_current_label_on_images_that_are_clicked(window, label, store, bar, stroke, qtbot):
    label.label_panel.list.choose(store.labels[1].id)
    qtbot.keyClick(label.grid, "p")
    assert bar.isVisible()
    stroke(2)
    stroke(0)
    assert column(store, 1) == [PRESENT, UNKNOWN, PRESENT, UNKNOWN]
    assert window.commands["labels.paint"].isChecked()


def test_a_stroke_over_several_images_is_one_step_of_undo(window, store, painting, stroke):
    stroke(0, 1, 2)
    assert column(store, 0) == [PRESENT, PRESENT, PRESENT, UNKNOWN]
    window.session.undo()
    assert column(store, 0) == [UNKNOWN] * 4


def test_the_selection_stays_as_it_was(label, painting, stroke):
    before = label.grid.selected_rows().tolist()
    stroke(3)
    assert label.grid.selected_rows().tolist() == before


def test_a_stroke_that_begins_where_the_label_is_takes_it_back(store, painting, stroke):
    stroke(0, 1)
    stroke(0, 1, 2)
    assert column(store, 0) == [UNKNOWN] * 4
    stroke(2, 1)
    stroke(0, 1)
    assert column(store, 0) == [PRESENT, PRESENT, PRESENT, UNKNOWN]


def test_shift_paints_absent_and_ctrl_unknown(store, painting, stroke):
    stroke(0, 1, 2)
    stroke(1, modifier=SHIFT)
    stroke(2, modifier=CTRL)
    assert column(store, 0) == [PRESENT, ABSENT, UNKNOWN, UNKNOWN]


def test_the_key_of_a_label_picks_it_and_again_its_next_state(store, label, painting, stroke, qtbot):
    qtbot.keyClick(label.grid, "3")
    stroke(0)
    qtbot.keyClick(label.grid, "3")
    stroke(1)
    assert column(store, 2) == [PRESENT, ABSENT, UNKNOWN, UNKNOWN]
    assert column(store, 0) == [UNKNOWN] * 4


def test_a_typed_label_is_painted_along(store, label, painting, stroke, qtbot):
    qtbot.keyClick(label.grid, "t")
    box = label.tagging.type_box
    qtbot.keyClicks(box.field, "-king")
    qtbot.keyClick(box.field, Qt.Key.Key_Return)
    qtbot.keyClick(box.field, Qt.Key.Key_Escape)
    stroke(1)
    assert store.states[1].tolist() == [PRESENT, ABSENT, UNKNOWN]
    assert store.states[0].tolist() == [UNKNOWN] * 3


def test_a_label_that_is_added_while_painting_is_painted_along(store, label, painting, qtbot):
    qtbot.keyClick(label.grid, "t")
    box = label.tagging.type_box
    qtbot.keyClicks(box.field, "joker")
    qtbot.keyClick(box.field, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert painting.states == {store.labels[0].id: LabelState.PRESENT, store.labels[3].id: LabelState.PRESENT}
    assert (store.states == UNKNOWN).all()


@pytest.mark.parametrize("key", [Qt.Key.Key_Escape, Qt.Key.Key_P])
def test_escape_and_p_leave(window, label, store, bar, painting, stroke, qtbot, key):
    qtbot.keyClick(label.grid, key)
    assert not painting.is_on
    assert not bar.isVisible()
    assert not window.commands["labels.paint"].isChecked()
    stroke(2)
    assert (store.states == UNKNOWN).all()
    assert label.grid.selected_rows().tolist() == [2]


def test_the_bar_works_without_a_mouse(label, store, bar, painting, qtbot):
    (chip,) = [one for one in bar.findChildren(QToolButton) if one.property("label_id")]
    assert chip.accessibleName() == "ace, present"
    chip.setFocus()
    qtbot.keyClick(chip, Qt.Key.Key_Space)
    assert painting.states == {store.labels[0].id: LabelState.ABSENT}
    assert chip.accessibleName() == "ace, absent"
    assert chip.hasFocus()
    qtbot.mouseClick(bar.done_button, Qt.MouseButton.LeftButton)
    assert not painting.is_on


def test_another_workspace_the_loupe_or_another_project_ends_it(window, label, painting, qtbot):
    window.show_workspace("train")
    assert not painting.is_on
    window.show_workspace("label")
    qtbot.keyClick(label.grid, "p")
    qtbot.keyClick(label.grid, "e")
    assert not painting.is_on
    qtbot.keyClick(window.focusWidget(), "g")
    qtbot.keyClick(label.grid, "p")
    window.session.close()
    assert not painting.is_on


@pytest.mark.parametrize("key", [Qt.Key.Key_Escape, Qt.Key.Key_P])
def test_painting_from_the_loupe_goes_to_the_grid_says_so_and_comes_back(window, label, qtbot, key):
    label.showing.show("loupe")
    qtbot.keyClick(label.showing.page(), "p")
    assert label.showing.mode == "grid"
    assert "Escape brings back" in window.status.message()
    qtbot.keyClick(label.grid, key)
    assert label.has_loupe()
    qtbot.keyClick(label.showing.page(), "g")
    qtbot.keyClick(label.grid, "p")
    qtbot.keyClick(label.grid, key)
    assert label.showing.mode == "grid"


def test_a_painted_label_that_is_deleted_is_painted_no_more(window, store, painting):
    window.session.apply(store.delete_label(store.labels[0].id))
    assert not painting.is_on


def test_without_labels_there_is_nothing_to_paint(window, store, label, qtbot):
    for one in store.labels:
        window.session.apply(store.delete_label(one.id))
    qtbot.keyClick(label.grid, "p")
    assert not label.tagging.painter.is_on
    assert not window.commands["labels.paint"].isChecked()
    assert "add one" in window.status.message()
