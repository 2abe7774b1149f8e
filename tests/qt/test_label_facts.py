"""The facts of a file in the loupe."""

import pytest
from PIL import Image
from PIL.ExifTags import Base
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def loupe(window, label, qtbot):
    store = window.session.store
    exif = Image.Exif()
    exif[Base.Model] = "Box <b>camera</b>"
    path = store.image_path(int(store.image_ids[1]))
    with Image.open(path) as image:
        image.load()
    image.save(path, exif=exif)
    label.grid.go_to(1)
    window.commands["view.loupe"].trigger()
    qtbot.waitUntil(label.loupe.canvas.hasFocus)
    return label.loupe


def test_nothing_is_read_until_the_panel_is_open(loupe, qtbot):
    assert loupe.facts_panel.isHidden()
    assert not loupe.facts_panel.is_read()
    loupe.toggle_facts()
    qtbot.waitUntil(loupe.facts_panel.is_read)
    assert "Camera: Box <b>camera</b>" in loupe.facts_panel.plain_text()
    assert "Box <b>camera</b>" in loupe.facts_panel.text.toPlainText()


def test_the_panel_follows_the_image_and_says_when_there_is_nothing_of_a_camera(window, loupe, qtbot):
    loupe.toggle_facts()
    qtbot.waitUntil(loupe.facts_panel.is_read)
    # the keys stay with the picture
    assert loupe.canvas.hasFocus()
    qtbot.keyClick(loupe.canvas, Qt.Key.Key_Right)
    qtbot.waitUntil(loupe.facts_panel.is_read)
    text = loupe.facts_panel.plain_text()
    assert "File: image 02.png" in text
    assert "no facts of a camera (EXIF)" in text


def test_text_is_selected_and_copied_by_keys_and_escape_goes_back_to_the_picture(window, loupe, qtbot):
    loupe.toggle_facts()
    panel = loupe.facts_panel
    qtbot.waitUntil(panel.is_read)
    image = window.session.current_image
    panel.text.setFocus()
    qtbot.keyClick(panel.text, Qt.Key.Key_A, CTRL)
    qtbot.keyClick(panel.text, Qt.Key.Key_C, CTRL)
    assert "Box <b>camera</b>" in QGuiApplication.clipboard().text()
    panel.copy.setFocus()
    qtbot.keyClick(panel.copy, Qt.Key.Key_Return)
    assert QGuiApplication.clipboard().text() == panel.plain_text()
    assert window.session.current_image == image
    qtbot.keyClick(panel.copy, Qt.Key.Key_Escape)
    assert panel.isHidden()
    assert loupe.canvas.hasFocus()


def test_a_file_that_is_gone_is_said_to_be(window, loupe, qtbot):
    store = window.session.store
    store.image_path(int(store.image_ids[1])).unlink()
    loupe.toggle_facts()
    qtbot.waitUntil(loupe.facts_panel.is_read)
    assert "no longer in" in loupe.facts_panel.plain_text()


def test_another_project_has_no_old_facts(window, loupe, qtbot):
    loupe.toggle_facts()
    qtbot.waitUntil(loupe.facts_panel.is_read)
    window.session.close()
    assert loupe.facts_panel.plain_text() == ""
