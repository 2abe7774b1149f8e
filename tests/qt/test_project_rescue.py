import os
import random
import shutil
import sqlite3
import time

import pytest
from PySide6.QtCore import Qt

from core.errors import DamagedProjectError
from core.labels import LabelState
from core.project.disk import backups
from core.project.disk.backups import back_up
from core.project.disk.database import FILE_NAME
from core.project.store import Store
from gui.project.backup_keeper import BackupKeeper
from gui.project.rescue_dialog import RescueDialog, show_rescue

PRESENT = LabelState.PRESENT
NOW = 1_700_000_000.0


@pytest.fixture
def closed(window, project):
    """The window without a project, and the project with two backups and an edit after them."""
    store = window.session.store
    back_up(project, now=NOW - 86_400)
    store.set_states([1, 2], {1: PRESENT})
    back_up(project, now=NOW)
    store.set_states([3], {1: PRESENT})
    window.session.close()
    return window


@pytest.fixture
def damaged(closed, project):
    """The same with nothing left of the first page, which is found when it is opened."""
    with (project / FILE_NAME).open("r+b") as file:
        file.write(bytes(4096))
    with pytest.raises(DamagedProjectError) as raised:
        closed.session.open(project)
    return show_rescue(closed, raised.value.folder, damage=raised.value.sentence)


def found(qtbot, dialog, count):
    qtbot.waitUntil(lambda: dialog.list.rowCount() == count and not dialog.progress.isVisible())


def click(qtbot, button):
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_it_says_what_happened_and_what_the_backups_hold(damaged, qtbot):
    found(qtbot, damaged, 2)
    assert "project.sqlite" in damaged.text.text()
    assert "damaged" in damaged.text.text()
    assert "12 images, 2 of them annotated" in damaged.newest.text()
    assert [damaged.list.item(row, 2).text() for row in range(2)] == ["2", "0"]
    assert damaged.restore_button.text() == "Open the newest backup"


def test_enter_salvages_says_how_much_and_opens(damaged, closed, qtbot, project):
    found(qtbot, damaged, 2)
    assert damaged.salvage_button.isDefault()
    qtbot.keyClick(damaged, Qt.Key.Key_Return)
    qtbot.waitUntil(damaged.open_button.isVisible)
    assert damaged.text.text() == "Saved: 12 images, 3 labels and 3 annotated images. Nothing is known to be lost."
    assert "is kept in" in damaged.newest.text()
    assert not closed.session.has_project
    qtbot.keyClick(damaged, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: closed.session.has_project)
    assert closed.session.store.states[:4, 0].tolist() == [1, 1, 1, -1]
    assert closed.current_workspace == "label"


def test_the_newest_backup_is_opened(damaged, closed, qtbot):
    found(qtbot, damaged, 2)
    click(qtbot, damaged.restore_button)
    qtbot.waitUntil(damaged.open_button.isVisible)
    assert "12 images, 2 of them annotated" in damaged.text.text()
    # closing it any other way opens the project all the same
    qtbot.keyClick(damaged, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: closed.session.has_project)
    assert closed.session.store.states[:4, 0].tolist() == [1, 1, -1, -1]


def test_an_older_backup_is_chosen_with_the_keyboard(damaged, closed, qtbot, project):
    found(qtbot, damaged, 2)
    damaged.list.setFocus()
    qtbot.keyClick(damaged.list, Qt.Key.Key_Down)
    assert damaged.restore_button.text().startswith("Open the backup of")
    qtbot.keyClick(damaged.restore_button, Qt.Key.Key_Space)
    qtbot.waitUntil(damaged.open_button.isVisible)
    click(qtbot, damaged.open_button)
    qtbot.waitUntil(lambda: closed.session.has_project)
    assert (closed.session.store.states == -1).all()
    (kept,) = (project / "backups").glob("damaged-*")
    assert (kept / FILE_NAME).read_bytes()[:4096] == bytes(4096)


def test_cancel_leaves_everything_as_it_is(damaged, closed, qtbot, project):
    found(qtbot, damaged, 2)
    whole = (project / FILE_NAME).read_bytes()
    click(qtbot, damaged.cancel_button)
    qtbot.waitUntil(lambda: closed.findChild(RescueDialog) is None)
    assert not closed.session.has_project
    assert (project / FILE_NAME).read_bytes() == whole


def test_what_cannot_be_saved_is_said_and_cancel_is_still_there(closed, qtbot, project):
    shutil.rmtree(project / "backups")
    (project / FILE_NAME).write_bytes(random.Random(1).randbytes(40_000))
    dialog = show_rescue(closed, project, damage="It is damaged.")
    found(qtbot, dialog, 0)
    assert "no backup" in dialog.newest.text()
    assert not dialog.restore_button.isEnabled()
    click(qtbot, dialog.salvage_button)
    qtbot.waitUntil(lambda: dialog.error.text() != "")
    assert "Nothing can be read" in dialog.error.text()
    click(qtbot, dialog.cancel_button)
    qtbot.waitUntil(lambda: closed.findChild(RescueDialog) is None)


def test_a_sound_project_goes_back_to_a_backup_and_forth_again(window, project, qtbot):
    store = window.session.store
    # so old that the one which is made on the way takes its place
    back_up(project, now=NOW)
    store.set_states([1], {1: PRESENT})
    for expected in (-1, 1):
        dialog = show_rescue(window, project)
        assert show_rescue(window, project) is dialog
        found(qtbot, dialog, 1)
        assert not dialog.salvage_button.isVisible()
        click(qtbot, dialog.restore_button)
        qtbot.waitUntil(dialog.open_button.isVisible)
        click(qtbot, dialog.open_button)
        qtbot.waitUntil(lambda: window.session.has_project)
        qtbot.waitUntil(lambda: window.findChild(RescueDialog) is None)
        assert window.session.store.states[0, 0] == expected


def test_a_restore_that_fails_opens_the_project_again(window, project, qtbot):
    path = back_up(project, now=NOW)
    dialog = show_rescue(window, project)
    found(qtbot, dialog, 1)
    path.unlink()
    click(qtbot, dialog.restore_button)
    qtbot.waitUntil(lambda: dialog.error.text() != "")
    assert "as it was" in dialog.error.text()
    assert not window.session.has_project
    click(qtbot, dialog.cancel_button)
    qtbot.waitUntil(lambda: window.session.has_project)


# backups by themselves


@pytest.fixture
def keeper(window):
    return BackupKeeper(window.session, window)


def test_a_project_is_backed_up_after_it_was_opened(window, keeper, project, qtbot, monkeypatch):
    window.session.close()
    monkeypatch.setattr(keeper._first, "start", lambda: keeper._first.timeout.emit())
    assert window.open_project(project)
    qtbot.waitUntil(lambda: len(backups.backups(project)) == 1)
    qtbot.waitUntil(lambda: keeper._request is None)
    # not twice a day
    keeper.check()
    qtbot.waitUntil(lambda: keeper._request is None)
    assert len(backups.backups(project)) == 1


def test_a_project_in_use_is_backed_up_every_few_hours(window, keeper, project, qtbot):
    back_up(project, now=time.time() - 5 * 3600)
    window.session.apply(window.session.store.set_states([1], {1: PRESENT}))
    keeper._every.timeout.emit()
    qtbot.waitUntil(lambda: keeper._request is None)
    assert len(backups.backups(project)) == 2
    keeper._every.timeout.emit()
    qtbot.waitUntil(lambda: keeper._request is None)
    assert len(backups.backups(project)) == 2


def test_damage_that_opening_did_not_see_is_told_once(tmp_path, window, keeper, project, qtbot):
    with Store.create(tmp_path / "other") as store:
        for number in range(300):
            store.add_label(f"label {number}")
    file = tmp_path / "other" / FILE_NAME
    connection = sqlite3.connect(file)
    (page,) = connection.execute("SELECT max(pageno) FROM dbstat WHERE name = 'edit' AND pagetype = 'leaf'").fetchone()
    first = connection.execute("SELECT min(pageno) FROM dbstat WHERE name = 'edit' AND pagetype = 'leaf'").fetchone()[0]
    connection.close()
    assert page != first
    with file.open("r+b") as opened:
        opened.seek((first - 1) * 4096)
        opened.write(os.urandom(4096))
    assert window.open_project(tmp_path / "other")
    with qtbot.waitSignal(keeper.damage_found) as told:
        keeper.check()
    assert told.args[0] == tmp_path / "other"
    assert "is damaged" in told.args[1]
    assert backups.backup_files(tmp_path / "other") == []
    dialog = show_rescue(window, *told.args[:1], damage=told.args[1])
    qtbot.waitUntil(lambda: not dialog.progress.isVisible())
    click(qtbot, dialog.salvage_button)
    qtbot.waitUntil(dialog.open_button.isVisible)
    assert "Steps of undo" in dialog.newest.text()
    click(qtbot, dialog.open_button)
    qtbot.waitUntil(lambda: window.session.has_project)
    assert len(window.session.store.labels) == 300


def test_a_backup_that_fails_is_told_once_in_the_status_bar(window, keeper, project, qtbot, monkeypatch):
    (project / "backups").write_text("in the way")
    keeper.check()
    qtbot.waitUntil(lambda: "No backup of project" in window.status.message())
    window.session.message.emit("other")
    keeper.check()
    qtbot.waitUntil(lambda: keeper._request is None)
    assert window.status.message() == "other"


def test_nothing_runs_on_after_the_project_was_closed(window, keeper, project):
    keeper._on_opened()
    keeper.check()
    window.session.close()
    assert not keeper._first.isActive()
    assert not keeper._every.isActive()
    assert keeper._request is None


@pytest.mark.parametrize("is_there", [True, False])
def test_a_file_without_anything_offers_the_backup_and_no_salvage(closed, project, qtbot, is_there):
    (project / FILE_NAME).unlink()
    if is_there:
        (project / FILE_NAME).touch()
    assert not closed.open_project(project)
    dialog = closed.findChild(RescueDialog)
    assert ("is empty" if is_there else "is missing") in dialog.text.text()
    # what is to be done on a terminal is of no use here
    assert "window" not in dialog.text.text()
    found(qtbot, dialog, 2)
    assert not dialog.salvage_button.isVisible()
    assert dialog.restore_button.isDefault()
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    qtbot.waitUntil(dialog.open_button.isVisible)
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: closed.session.has_project)
    assert closed.session.store.states[:4, 0].tolist() == [1, 1, -1, -1]
