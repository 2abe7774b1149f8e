"""Label in a project whose images have one label: the labels are a choice."""

import pytest
from PySide6.QtCore import Qt

from core.project.files.scan import scan_folder
from core.project.store import Store
from gui.project.csv_dialogs import ImportDialog


@pytest.fixture
def project(tmp_path, draw_images):
    """The folder of a multi-class project of twelve images and three labels, nothing annotated."""
    images = draw_images(tmp_path / "photos", 12)
    with Store.create(tmp_path / "project", task="multi-class") as store:
        store.add_images(images, scan_folder(images))
        store.add_labels(["ace", "king", "red card"])
    return tmp_path / "project"


@pytest.fixture
def press(qtbot, label):
    def press(key, modifier=Qt.KeyboardModifier.NoModifier):
        qtbot.keyClick(label.window().focusWidget(), key, modifier)

    return press


@pytest.fixture
def store(window):
    return window.session.store


def test_a_key_chooses_another_key_chooses_otherwise_and_the_same_takes_back(window, store, press):
    press("1")
    assert (store.states[0].tolist(), store.reviewed[0]) == ([1, 0, 0], True)
    press("3")
    assert store.states[0].tolist() == [0, 0, 1]
    press("3")
    assert (store.states[0].tolist(), store.reviewed[0]) == ([-1, -1, -1], False)
    assert window.status.message() == "“red card” taken back: 1 image has no label and no review now"


def test_choosing_is_one_step_of_undo(window, store, press):
    press("1")
    press("2")
    window.commands["edit.undo"].trigger()
    assert store.states[0].tolist() == [1, 0, 0]
    assert store.undo_text == "“ace” set on 1 image"


def test_a_click_on_a_row_chooses_for_all_chosen_images(qtbot, label, store, press):
    press(Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    rows = label.label_panel.list
    place = rows.visualRect(rows.model().index(1)).center()
    qtbot.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert store.states.tolist() == [[0, 1, 0]] * 12


def test_enter_reviews_and_goes_on_without_ruling_anything_out(label, store, press):
    press(Qt.Key.Key_Return)
    assert (store.states[0].tolist(), store.reviewed[0]) == ([-1, -1, -1], True)
    assert label.grid.currentIndex().row() == 1


def test_the_next_image_comes_once_asked_for(window, label, store, press):
    advance = window.commands["image.advance"]
    assert (advance.isEnabled(), advance.isChecked()) == (True, False)
    press("1")
    assert label.grid.currentIndex().row() == 0
    advance.trigger()
    assert window.session.settings.advance
    press("2")
    press("3")
    assert label.grid.currentIndex().row() == 2
    assert store.states[:3].tolist() == [[0, 1, 0], [0, 0, 1], [-1, -1, -1]]
    press(Qt.Key.Key_Backspace)
    press("3")
    assert label.grid.currentIndex().row() == 1, "taking back does not go on"


def test_repeat_gives_the_same_label_and_reviews(store, press):
    press("2")
    press(Qt.Key.Key_Space)
    press("r")
    assert (store.states[1].tolist(), store.reviewed[1]) == ([0, 1, 0], True)


def test_the_hint_of_the_filter_is_one_that_makes_sense_of_one_label_per_image(label):
    assert label.filter_bar.field.placeholderText() == "Filter:  ace  unreviewed  split:train"


def test_the_hint_of_the_filter_names_labels_of_the_project(label, window, store):
    window.session.apply(store.change_label(store.labels[0].id, name="my ace"))
    assert label.filter_bar.field.placeholderText() == 'Filter:  "my ace"  unreviewed  split:train'


def test_the_rows_say_what_is_chosen(window, label, press):
    press("2")
    model = label.label_panel.list.model()
    assert [model.glyph(row) for row in range(3)] == ["circle", "check-circle-fill", "circle"]
    assert "again to take it back" in model.data(model.index(0), Qt.ItemDataRole.ToolTipRole)
    assert label.label_panel._title.text() == "LABELS · ONE PER IMAGE"
    assert window.commands["image.accept"].text() == "Reviewed, next"


def test_a_multi_label_project_opened_next_is_as_ever(window, label, tmp_path):
    Store.create(tmp_path / "other").close()
    assert window.open_project(tmp_path / "other")
    assert label.label_panel._title.text() == "LABELS"
    assert window.commands["image.accept"].text() == "Rest absent, reviewed, next"
    assert window.commands["image.advance"].isEnabled()
    assert not window.commands["image.advance"].isChecked(), "each kind of project has its own"


def test_class_folders_are_imported_and_rows_with_several_labels_are_named(window, qtbot, tmp_path, draw_images):
    for name in ("ace", "joker"):
        draw_images(tmp_path / "cards" / "train" / name, 2)
    window.project_commands.folder_import.start(tmp_path / "cards")
    store = window.session.store
    qtbot.waitUntil(lambda: len(store.image_ids) == 16)
    dialog = ImportDialog(window.session, window)
    dialog.open()
    dialog.field.setText(str(tmp_path / "cards"))
    qtbot.waitUntil(dialog.done_button.isEnabled)
    assert "New labels: joker" in dialog.facts.text()
    qtbot.mouseClick(dialog.done_button, Qt.MouseButton.LeftButton)
    assert store.states[12:].tolist() == [[1, 0, 0, 0]] * 2 + [[0, 0, 0, 1]] * 2

    (tmp_path / "more.csv").write_text("filename,ace,king\nimage 02.png,1,1\nimage 03.png,0,1\n")
    dialog = ImportDialog(window.session, window)
    dialog.open()
    dialog.field.setText(str(tmp_path / "more.csv"))
    qtbot.waitUntil(dialog.done_button.isEnabled)
    qtbot.mouseClick(dialog.done_button, Qt.MouseButton.LeftButton)
    assert "1 have several labels, and an image of this project has one. Left out:" in dialog.facts.text()
    assert dialog._unmatched.toPlainText() == "image 02.png"
    assert store.states[2:4].tolist() == [[-1, -1, -1, -1], [0, 1, 0, 0]]
    qtbot.mouseClick(dialog.done_button, Qt.MouseButton.LeftButton)
