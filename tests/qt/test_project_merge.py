import csv
import shutil

import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from core.labels import LabelState, Review
from core.project.files.scan import scan_folder
from core.project.store import Store
from gui import session as session_module
from gui.project import merge_dialog as merge_dialog_module
from gui.project.merge_dialog import MergeDialog
from gui.project.merge_table import CONFLICTS, HERE, KAPPA, SOLVE, TAKE

PRESENT, ABSENT = LabelState.PRESENT, LabelState.ABSENT


@pytest.fixture
def mine(session):
    """Ace on all images: present on the even ones, absent on the others."""
    store = session.store
    for number, image in enumerate(store.image_ids.tolist()):
        store.set_states([image], {1: LabelState(number % 2)})
    return store


@pytest.fixture
def theirs(tmp_path):
    """Another person's copy, with other files: agrees on ace but for two images, has queen, and one image more."""
    photos = tmp_path / "their photos"
    photos.mkdir()
    for number, path in enumerate(sorted((tmp_path / "photos é").iterdir())):
        shutil.copy(path, photos / f"copy {number:02d}.png")
    (photos / "only here.png").write_bytes(b"something else")
    folder = tmp_path / "theirs"
    with Store.create(folder) as store:
        store.add_images(photos, scan_folder(photos))
        store.add_labels(["ACE", "queen"])
        for number, image in enumerate(store.image_ids.tolist()[:12]):
            store.set_states([image], {1: LabelState(number % 2 if number > 1 else 1 - number % 2)})
        store.set_states([3, 4], {2: PRESENT}, reviewed=True)
        store.set_note(5, "a note")
    return folder


@pytest.fixture
def dialog(session, mine, qtbot):
    over = QWidget()
    qtbot.addWidget(over)
    over.show()
    one = MergeDialog(session, over)
    one.open()
    yield one
    qtbot.waitUntil(lambda: not session.is_busy)


@pytest.fixture
def compared(dialog, theirs, qtbot):
    dialog.field.setText(str(theirs))
    qtbot.keyClick(dialog.field, Qt.Key.Key_Return)
    qtbot.waitUntil(dialog.table.isVisible)
    return dialog


def cells(dialog, column):
    return [dialog.model.index(row, column).data() for row in range(dialog.model.rowCount())]


def press(qtbot, button):
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def pick(qtbot, box, text):
    """Choose an item of a combo box with the keyboard."""
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_Home)
    for _ in range(box.findText(text)):
        qtbot.keyClick(box, Qt.Key.Key_Down)
    assert box.currentText() == text


def test_the_comparison_is_shown_before_anything_changes(compared, mine, session):
    assert compared.summary.text().splitlines()[0] == (
        "12 images in both projects, 0 only in “project”, 1 only in “theirs”."
    )
    assert cells(compared, HERE) == ["ace", "queen (new)"]
    assert cells(compared, CONFLICTS) == ["2", "0"]
    assert cells(compared, KAPPA) == ["0.67  substantial", "–"]
    assert (compared.reviews.text(), compared.notes.text()) == (
        "Take over review marks and flags (2)",
        "Join notes (1)",
    )
    assert not compared.images.isChecked()
    assert len(mine.labels) == 3
    # nobody needs to read these files again
    assert len(mine.content_hashes()) == 12


def test_a_merge_is_one_step_of_undo_and_its_conflicts_wait_in_a_queue(compared, mine, session, qtbot):
    before = mine.states.copy()
    press(qtbot, compared.go)
    assert compared.report.isVisible()
    assert "2 are to be decided" in compared.report.toPlainText()
    assert dict(mine.disputes) == {(1, 1): PRESENT, (2, 1): ABSENT}
    assert mine.review[:4].tolist() == [Review.UNSURE, Review.UNSURE, Review.REVIEWED, Review.REVIEWED]
    assert mine.states[:, 0].tolist() == before[:, 0].tolist()
    assert [label.name for label in mine.labels] == ["ace", "king", "red card", "queen"]
    assert mine.notes == {5: "a note"}
    with qtbot.waitSignal(session.images_requested) as asked:
        press(qtbot, compared.show_conflicts)
    assert asked.args == [(1, 2)]
    session.undo()
    assert mine.states.tolist() == before.tolist()
    assert not mine.disputes


def test_choices_for_all_labels_and_for_one_with_the_keyboard_alone(compared, mine, qtbot):
    assert compared.table.hasFocus()
    assert compared.choices.title.text() == "For all labels:"
    pick(qtbot, compared.choices.winner, "The other one is right")
    compared.table.setFocus()
    qtbot.keyClick(compared.table, Qt.Key.Key_Home, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(compared.table, Qt.Key.Key_Down)
    assert compared.choices.title.text() == "For “queen”:"
    compared.choices.additions.setFocus()
    qtbot.keyClick(compared.choices.additions, Qt.Key.Key_Space)
    assert cells(compared, TAKE) == ["", "No"]
    assert cells(compared, SOLVE) == ["The other one", ""]
    compared.go.setFocus()
    qtbot.keyClick(compared.go, Qt.Key.Key_Space)
    assert mine.states[:2, 0].tolist() == [1, 0]
    assert (mine.states[:, 3] == -1).all()
    assert not mine.disputes


def test_a_label_can_be_joined_with_another_renamed_or_left_out(compared, mine, qtbot):
    compared.table.selectRow(1)
    choices = compared.choices
    pick(qtbot, choices.target, "king")
    qtbot.waitUntil(lambda: cells(compared, HERE) == ["ace", "king"])
    pick(qtbot, choices.target, "New label")
    qtbot.waitUntil(lambda: cells(compared, HERE) == ["ace", "queen (new)"])
    choices.name.setFocus()
    choices.name.selectAll()
    qtbot.keyClicks(choices.name, "Lady")
    qtbot.keyClick(choices.name, Qt.Key.Key_Tab)
    qtbot.waitUntil(lambda: cells(compared, HERE) == ["ace", "Lady (new)"])
    pick(qtbot, choices.target, "ace")
    qtbot.waitUntil(lambda: compared.error.text() != "")
    assert "would both become “ace”" in compared.error.text()
    assert cells(compared, HERE) == ["ace", "Lady (new)"]
    pick(qtbot, choices.target, "Leave it out")
    qtbot.waitUntil(lambda: cells(compared, HERE) == ["ace", "(left out)"])
    assert compared.error.text() == ""
    press(qtbot, compared.go)
    assert len(mine.labels) == 3


def test_images_that_are_only_there_are_added_when_that_is_wanted(compared, mine, qtbot, tmp_path):
    press(qtbot, compared.images)
    press(qtbot, compared.go)
    assert mine.image_path(13) == tmp_path / "their photos" / "only here.png"
    assert "1 image added" in compared.report.toPlainText()


def test_the_report_is_saved_as_text_and_as_a_table(compared, session, qtbot, tmp_path, monkeypatch):
    press(qtbot, compared.go)
    answers = [(str(tmp_path / "report"), "Text (*.txt)"), (str(tmp_path / "report.csv"), "Table (*.csv)")]
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: answers.pop(0))
    press(qtbot, compared.save)
    assert (tmp_path / "report.txt").read_text() == compared.report.toPlainText()
    press(qtbot, compared.save)
    rows = list(csv.reader((tmp_path / "report.csv").read_text().splitlines()))
    assert rows[1] == ["ACE", "ace", "10", "0", "0", "2", "0.6667", "0", "0", "0", "2"]
    answers.append((str(tmp_path / "missing" / "report.txt"), ""))
    press(qtbot, compared.save)
    assert "cannot be written" in compared.error.text()


def test_what_is_no_other_project_is_refused_in_its_place(dialog, session, qtbot, tmp_path, monkeypatch):
    assert not dialog.go.isEnabled()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(session.store.folder))
    press(qtbot, dialog.choose)
    press(qtbot, dialog.go)
    qtbot.waitUntil(lambda: "is the project that is open" in dialog.error.text())
    dialog.field.setText(str(tmp_path))
    assert dialog.error.text() == ""
    press(qtbot, dialog.go)
    qtbot.waitUntil(lambda: "There is no project in" in dialog.error.text())


def test_the_reading_can_be_cancelled(dialog, session, theirs, qtbot, mine):
    dialog.field.setText(str(theirs))
    press(qtbot, dialog.go)
    assert dialog._progress.isVisible()
    press(qtbot, dialog.close_button)
    assert dialog.field.isVisible()
    qtbot.waitUntil(lambda: dialog._request is None)
    assert not dialog.table.isVisible()
    qtbot.keyClick(dialog.field, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_a_large_merge_is_saved_in_a_thread_and_cannot_be_left_meanwhile(compared, mine, session, qtbot, monkeypatch):
    monkeypatch.setattr(session_module, "AT_ONCE", 3)
    press(qtbot, compared.go)
    assert session.is_busy
    qtbot.keyClick(compared, Qt.Key.Key_Escape)
    assert compared.isVisible()
    qtbot.waitUntil(compared.report.isVisible)
    assert len(mine.disputes) == 2
    assert mine.undo_text == "“theirs” merged: 12 images"


def test_every_control_has_a_name_and_is_reached_with_the_tab_key(compared, qtbot):
    seen = []
    for _ in range(14):
        seen.append(QApplication.focusWidget())
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    wanted = [
        compared.table, compared.choices.additions, compared.choices.winner, compared.reviews, compared.notes,
        compared.images, compared.save, compared.close_button, compared.go,
    ]  # fmt: skip
    assert [one for one in wanted if one not in seen] == []
    assert all(one.accessibleName() or one.text() for one in wanted)


def test_return_on_cancel_cancels(compared, mine, qtbot):
    compared.close_button.setFocus()
    qtbot.keyClick(compared.close_button, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not mine.disputes and not compared_is_open(compared))
    assert len(mine.labels) == 3


def compared_is_open(dialog):
    return shiboken6.isValid(dialog) and dialog.isVisible()


def test_the_report_is_seen_whole_where_the_screen_is_wide_enough(compared, qtbot):
    compared.resize(400, 400)
    press(qtbot, compared.go)
    room = int(compared.screen().availableGeometry().width() * 0.96)
    longest = max(compared.report.toPlainText().splitlines(), key=len)
    needed = compared.report.fontMetrics().horizontalAdvance(longest)
    assert compared.width() == room or compared.report.viewport().width() >= needed


def test_after_a_bug_the_dialog_can_be_closed(compared, qtbot, session, monkeypatch):
    monkeypatch.setattr(session_module, "AT_ONCE", 0)
    monkeypatch.setattr(merge_dialog_module, "back_up", lambda *_, **__: 1 / 0)
    with qtbot.captureExceptions() as bugs:
        press(qtbot, compared.go)
        qtbot.waitUntil(lambda: not session.is_busy)
    assert len(bugs) <= 1
    assert compared.table.isVisible()
    qtbot.keyClick(compared, Qt.Key.Key_Escape)
    assert not compared_is_open(compared)
