import shutil

import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from core.project.files.fingerprints import file_hash
from gui import session as session_module
from gui.project.relink import RelinkDialog


@pytest.fixture
def photos(tmp_path):
    return tmp_path / "photos é"


@pytest.fixture
def reopened(session, project):
    """Opens the project again after its files were moved."""

    def reopen():
        session.close()
        session.open(project)
        return session.store

    return reopen


@pytest.fixture
def over(qtbot):
    """A window for the dialog to be over."""
    one = QWidget()
    qtbot.addWidget(one)
    one.show()
    return one


@pytest.fixture
def search(session, over, qtbot, monkeypatch):
    """Opens the dialog and lets it search a folder."""

    def do(folder):
        dialog = RelinkDialog(session, over)
        dialog.open()
        qtbot.waitUntil(lambda: "missing from" in dialog.missing.text())
        monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
        qtbot.mouseClick(dialog.choose, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: dialog._request is None)
        return dialog

    return do


def test_images_of_a_moved_folder_are_found_again(reopened, search, photos, project, tmp_path, qtbot, session):
    photos.rename(tmp_path / "moved")
    store = reopened()
    assert "File › Find moved images" in store.problems[1]
    dialog = search(project)
    assert "None of the missing images is there" in dialog.facts.text()
    assert not dialog.take.isEnabled()
    dialog.field.setText(str(tmp_path / "moved"))
    qtbot.keyClick(dialog.field, Qt.Key.Key_Return)
    qtbot.waitUntil(dialog.take.isEnabled)
    assert dialog.facts.text() == "12 found by their paths."
    with qtbot.waitSignal(session.message) as said:
        qtbot.mouseClick(dialog.take, Qt.MouseButton.LeftButton)
    assert store.problems == {}
    assert store.roots() == [tmp_path / "moved"]
    assert said.args == ["12 images found again"]


def test_images_that_were_renamed_are_found_by_what_they_show(reopened, search, photos, tmp_path, qtbot, session):
    store = session.store
    store.set_content_hashes({i: file_hash(store.image_path(i)) for i in store.image_ids.tolist()})
    contents = {i: store.image_path(i).read_bytes() for i in store.image_ids.tolist()}
    (tmp_path / "sorted" / "x").mkdir(parents=True)
    for number, path in enumerate(sorted(photos.iterdir())):
        if number:
            path.rename(tmp_path / "sorted" / "x" / f"{number * 7 % 12}.png")
    shutil.rmtree(photos)
    store = reopened()
    dialog = search(tmp_path / "sorted")
    assert "11 found by their content.\n1 not found:" in dialog.facts.text()
    assert dialog.names.toPlainText() == str(photos / "image 00.png")
    assert dialog.take.hasFocus()
    qtbot.keyClick(dialog.take, Qt.Key.Key_Return)
    assert {i: store.image_path(i).read_bytes() for i in range(2, 13)} == {i: contents[i] for i in range(2, 13)}
    assert list(store.problems) == [1]


def test_where_nothing_is_missing_that_is_said(session, over, qtbot):
    dialog = RelinkDialog(session, over)
    dialog.open()
    qtbot.waitUntil(lambda: "No image is missing" in dialog.missing.text())
    assert not dialog.search.isEnabled()
    qtbot.keyClick(dialog.close_button, Qt.Key.Key_Space)
    assert dialog.result() == RelinkDialog.DialogCode.Rejected


def test_a_folder_that_is_none_is_refused_with_a_sentence(reopened, search, photos, tmp_path):
    photos.rename(tmp_path / "moved")
    reopened()
    dialog = search(tmp_path / "nowhere")
    assert "is not a folder" in dialog.error.text()


def test_all_that_was_found_and_what_was_not_has_room(reopened, search, photos, tmp_path, session):
    store = session.store
    store.set_content_hashes({i: file_hash(store.image_path(i)) for i in store.image_ids.tolist()})
    (tmp_path / "sorted").mkdir()
    for number, path in enumerate(sorted(photos.iterdir())):
        if number > 2:
            path.rename(tmp_path / "sorted" / f"{number}.png")
    shutil.rmtree(photos)
    reopened()
    dialog = search(tmp_path / "sorted")
    assert dialog.facts.height() >= dialog.facts.heightForWidth(dialog.facts.width())
    assert dialog.names.height() >= dialog.names.fontMetrics().lineSpacing() * 6


def test_return_on_cancel_takes_nothing_over(reopened, search, photos, tmp_path, qtbot):
    photos.rename(tmp_path / "moved")
    store = reopened()
    dialog = search(tmp_path / "moved")
    assert dialog.take.isEnabled()
    dialog.close_button.setFocus()
    qtbot.keyClick(dialog.close_button, Qt.Key.Key_Return)
    assert len(store.problems) == 12


def test_it_closes_with_the_project(reopened, search, photos, tmp_path, qtbot, session):
    photos.rename(tmp_path / "moved")
    reopened()
    dialog = search(tmp_path / "moved")
    session.close()
    assert not shiboken6.isValid(dialog) or not dialog.isVisible()


def test_thumbnails_are_forgotten_when_a_long_change_is_there(
    reopened, search, photos, tmp_path, qtbot, session, monkeypatch
):
    photos.rename(tmp_path / "moved")
    reopened()
    dialog = search(tmp_path / "moved")
    monkeypatch.setattr(session_module, "AT_ONCE", 0)
    forgotten = []
    monkeypatch.setattr(session.thumbnails, "forget", lambda ids: forgotten.append((session.is_busy, len(ids))))
    qtbot.keyClick(dialog.take, Qt.Key.Key_Return)
    assert forgotten == []
    qtbot.waitUntil(lambda: forgotten == [(False, 12)])
