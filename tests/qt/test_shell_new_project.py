"""The dialog for a new project: what it finds out about the folders, and what it makes of the answers."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from core.labels import Split
from gui.shell.new_project import NewProjectDialog


@pytest.fixture
def class_folders(tmp_path, draw_images):
    """Three images of each of two classes in train, and two in val."""
    for name in ("kiwi", "apple"):
        draw_images(tmp_path / "shop" / "train" / name, 3)
        draw_images(tmp_path / "shop" / "val" / name, 2)
    return tmp_path / "shop"


@pytest.fixture
def dialog(qtbot, session):
    one = NewProjectDialog(session, None)
    qtbot.addWidget(one)
    one.show()
    return one


def test_folders_that_name_labels_and_splits_become_a_multi_class_project(qtbot, window, class_folders, tmp_path):
    window.new_project(class_folders)
    dialog = QApplication.activeModalWidget()
    qtbot.waitUntil(dialog.folders_box.isVisible)
    assert (dialog.takes_labels, dialog.task) == (True, "multi-class")
    assert "apple, kiwi" in dialog._found.text()
    assert "Splits: 6 train, 4 validation." in dialog._found.text()
    dialog.project_field.setText(str(tmp_path / "shop project"))
    qtbot.mouseClick(dialog.create_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "with 2 labels of their folders" in window.status.message())
    store = window.session.store
    assert store.task == "multi-class"
    assert [label.name for label in store.labels] == ["apple", "kiwi"]
    assert store.states.sum(axis=0).tolist() == [5, 5]
    assert [int((store.splits == split).sum()) for split in (Split.TRAIN, Split.VALIDATION)] == [6, 4]
    assert "imported" in store.undo_text


def test_folders_without_splits_are_offered_and_not_taken_unasked(qtbot, dialog, class_folders):
    dialog.images_field.setText(str(class_folders / "train"))
    qtbot.waitUntil(dialog.folders_box.isVisible)
    assert (dialog.takes_labels, dialog.task) == (False, "multi-label")
    dialog.folders_box.click()
    assert (dialog.takes_labels, dialog.task) == (True, "multi-class")
    dialog.images_field.setText(str(class_folders / "train" / "kiwi"))
    assert not dialog.folders_box.isVisible()
    assert (dialog.takes_labels, dialog.task) == (False, "multi-label")


def test_a_task_that_was_chosen_stays(qtbot, dialog, class_folders):
    dialog.one_button.click()
    dialog.several_button.click()
    dialog.images_field.setText(str(class_folders))
    qtbot.waitUntil(dialog.folders_box.isVisible)
    assert (dialog.takes_labels, dialog.task) == (True, "multi-label")


def test_a_folder_of_plain_images_offers_no_labels(qtbot, dialog, class_folders, tmp_path, draw_images):
    dialog.images_field.setText(str(draw_images(tmp_path / "plain", 2)))
    # the answer about the folder that was typed last is the one that is shown
    dialog.images_field.setText(str(class_folders))
    dialog.images_field.setText(str(tmp_path / "plain"))
    qtbot.wait(400)
    assert not dialog.folders_box.isVisible()
    assert dialog.task == "multi-label"


def test_a_multi_class_project_can_be_made_of_images_without_labels(qtbot, dialog, tmp_path, draw_images):
    dialog.images_field.setText(str(draw_images(tmp_path / "plain", 2)))
    dialog.project_field.setText(str(tmp_path / "one"))
    dialog.one_button.click()
    qtbot.mouseClick(dialog.create_button, Qt.MouseButton.LeftButton)
    assert dialog._session.store.task == "multi-class"
