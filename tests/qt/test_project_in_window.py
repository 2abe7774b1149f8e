"""The dialogs about a project, opened from the window as a person does it."""

import shutil
import sqlite3

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from core.errors import ProjectError
from core.labels import LabelState
from core.project.disk.database import FILE_NAME
from core.project.store import Store
from gui.project.merge_dialog import MergeDialog
from gui.project.relink import RelinkDialog
from gui.session import Session

CTRL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def anna(window, tmp_path):
    """A copy of the open project in which another person gave labels."""
    (tmp_path / "anna").mkdir()
    with sqlite3.connect(tmp_path / "anna" / FILE_NAME) as copy:
        window.session.store.database.connection.backup(copy)
    copy.close()
    with Store.open(tmp_path / "anna") as store:
        for image in range(1, 5):
            store.set_states([image], {1: LabelState(image % 2)})
    return tmp_path / "anna"


def test_two_people_label_copies_and_the_conflicts_are_decided_one_by_one(window, label, anna, qtbot):
    store = window.session.store
    qtbot.keyClick(label.grid, "1")
    label.grid.go_to(1)
    qtbot.keyClick(label.grid, "1")
    assert store.states[:2, 0].tolist() == [1, 1]

    qtbot.keyClick(label.grid, Qt.Key.Key_M, CTRL_SHIFT)
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, MergeDialog)
    qtbot.waitUntil(dialog.field.hasFocus)
    qtbot.keyClicks(dialog.field, str(anna))
    qtbot.keyClick(dialog.field, Qt.Key.Key_Return)
    qtbot.waitUntil(dialog.table.isVisible)
    qtbot.keyClick(dialog.table, Qt.Key.Key_Return)
    qtbot.waitUntil(dialog.report.isVisible)
    assert store.states[:4, 0].tolist() == [1, 1, 1, 0]
    dialog.show_conflicts.setFocus()
    qtbot.keyClick(dialog.show_conflicts, Qt.Key.Key_Space)

    qtbot.waitUntil(lambda: label.model.rowCount() == 1)
    assert label.model.image_id(0) == 2
    label.grid.go_to(0)
    # present, then absent: she was right
    qtbot.keyClick(label.grid, "1")
    assert store.states[1, 0] == LabelState.ABSENT
    assert not store.disputes


def test_a_new_file_is_offered_above_the_images_when_somebody_looks_again(window, label, qtbot, tmp_path):
    Image.new("RGB", (20, 10), "red").save(tmp_path / "photos é" / "new.png")
    bar = window.project_commands.news
    qtbot.keyClick(label.grid, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: bar.text() == "1 new image in photos é")
    assert bar.isVisible()
    bar.add_button.setFocus()
    qtbot.keyClick(bar.add_button, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: len(window.session.store.image_ids) == 13)
    qtbot.waitUntil(bar.isHidden)


def test_missing_images_are_told_in_the_bar_which_leads_to_finding_them(window, label, qtbot, tmp_path):
    shutil.move(tmp_path / "photos é" / "image 02.png", tmp_path / "renamed.png")
    qtbot.keyClick(label.grid, Qt.Key.Key_F5)
    bar = window.project_commands.news
    qtbot.waitUntil(lambda: bar.text() == "1 image is gone from its folder")
    qtbot.mouseClick(bar.find_button, Qt.MouseButton.LeftButton)
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, RelinkDialog)
    qtbot.waitUntil(lambda: "1 image is missing" in dialog.missing.text())
    dialog.reject()


def test_a_second_window_on_the_same_project_is_refused_with_a_sentence(window):
    other = Session()
    with pytest.raises(ProjectError, match="already open in another Multihot window") as refused:
        other.open(window.session.store.folder)
    assert refused.value.next_step == "Close it there first."
    other.deleteLater()
