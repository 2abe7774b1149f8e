import pytest
import shiboken6
from PySide6.QtCore import Qt

from core.labels import Split
from gui import session as session_module
from gui.project.csv_dialogs import ExportDialog, ImportDialog


@pytest.fixture
def import_dialog(window):
    dialog = ImportDialog(window.session, window)
    dialog.open()
    return dialog


def test_a_csv_file_is_read_summed_up_and_imported_as_one_step_of_undo(window, import_dialog, qtbot, tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("filename,ace,queen\nimage 00.png,1,0\nimage 01.png,,1\n")
    import_dialog.field.setText(str(path))
    qtbot.waitUntil(import_dialog.done_button.isEnabled)
    assert "2 images, 2 labels: 1 absent, 2 present, 1 unknown" in import_dialog.facts.text()
    assert "queen" in import_dialog.facts.text()
    qtbot.mouseClick(import_dialog.done_button, Qt.MouseButton.LeftButton)
    assert [label.name for label in window.session.store.labels] == ["ace", "king", "red card", "queen"]
    assert window.session.store.states[:2].tolist() == [[1, -1, -1, 0], [-1, -1, -1, 1]]
    window.session.undo()
    assert len(window.session.store.labels) == 3


def test_a_wrong_file_is_refused_with_its_line(import_dialog, qtbot, tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("filename,ace\nimage 00.png,maybe\n")
    import_dialog.field.setText(str(path))
    qtbot.waitUntil(lambda: import_dialog.error.text() != "")
    assert "line 2" in import_dialog.error.text()
    assert not import_dialog.done_button.isEnabled()


def test_file_names_that_are_no_image_are_listed(import_dialog, qtbot, tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("filename,ace\nimage 00.png,1\nelsewhere.png,1\n")
    import_dialog.field.setText(str(path))
    qtbot.waitUntil(import_dialog.done_button.isEnabled)
    qtbot.mouseClick(import_dialog.done_button, Qt.MouseButton.LeftButton)
    assert import_dialog._unmatched.toPlainText() == "elsewhere.png"
    qtbot.mouseClick(import_dialog.done_button, Qt.MouseButton.LeftButton)
    assert not import_dialog.isVisible()


def test_images_that_keep_their_split_are_counted(window, import_dialog, qtbot, tmp_path):
    store = window.session.store
    store.set_splits({int(store.image_ids[0]): Split.TEST})
    path = tmp_path / "splits.csv"
    path.write_text("filename,split\nimage 00.png,train\nimage 01.png,train\n")
    import_dialog.field.setText(str(path))
    qtbot.waitUntil(import_dialog.done_button.isEnabled)
    qtbot.mouseClick(import_dialog.done_button, Qt.MouseButton.LeftButton)
    assert "1 keep the split they have" in import_dialog.facts.text()
    assert store.splits[:2].tolist() == [Split.TEST, Split.TRAIN]


def test_annotations_are_written_where_the_dialog_says(window, qtbot, tmp_path):
    label = window.workspace("label")
    qtbot.keyClick(label.grid, "1")
    dialog = ExportDialog(window.session, window)
    dialog.open()
    dialog.field.setText(str(tmp_path / "out.csv"))
    qtbot.mouseClick(dialog.done_button, Qt.MouseButton.LeftButton)
    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert lines[0] == "filename,ace,king,red card"
    assert lines[1] == "image 00.png,1,,"
    assert "out.csv" in window.status.message()


def test_a_place_that_cannot_be_written_is_named(window, qtbot, tmp_path):
    dialog = ExportDialog(window.session, window)
    dialog.open()
    dialog.field.setText(str(tmp_path / "missing" / "out.csv"))
    qtbot.mouseClick(dialog.done_button, Qt.MouseButton.LeftButton)
    assert "cannot be written" in dialog.error.text()
    assert dialog.isVisible()


def test_a_file_that_is_there_is_replaced_only_after_a_question(window, qtbot, tmp_path):
    path = tmp_path / "out.csv"
    path.write_text("mine")
    dialog = ExportDialog(window.session, window)
    dialog.open()
    dialog.field.setText(str(path))
    qtbot.mouseClick(dialog.done_button, Qt.MouseButton.LeftButton)
    assert "out.csv is there already" in dialog._question.text()
    qtbot.mouseClick(dialog._keep, Qt.MouseButton.LeftButton)
    assert path.read_text() == "mine"
    assert not dialog._replace.isVisible()
    qtbot.mouseClick(dialog.done_button, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(dialog._replace, Qt.MouseButton.LeftButton)
    assert path.read_text().startswith("filename,ace")
    assert not dialog.isVisible()


@pytest.mark.parametrize("name", ["image 00.png", "elsewhere.png"])
def test_a_large_file_is_imported_in_a_thread(window, import_dialog, qtbot, tmp_path, monkeypatch, name):
    monkeypatch.setattr(session_module, "AT_ONCE", 0)
    path = tmp_path / "labels.csv"
    path.write_text(f"filename,ace\n{name},1\n")
    import_dialog.field.setText(str(path))
    qtbot.waitUntil(import_dialog.done_button.isEnabled)
    qtbot.mouseClick(import_dialog.done_button, Qt.MouseButton.LeftButton)
    assert window.session.is_busy
    assert not import_dialog.cancel.isEnabled()
    qtbot.waitUntil(lambda: not window.session.is_busy)
    if name == "elsewhere.png":
        assert "no image of project" in import_dialog.error.text()
        assert import_dialog.cancel.isEnabled()
    else:
        assert window.session.store.states[0, 0] == 1
        assert not shiboken6.isValid(import_dialog) or not import_dialog.isVisible()
