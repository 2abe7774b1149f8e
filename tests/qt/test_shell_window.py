import sqlite3
import subprocess
import sys
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QMimeData, QObject, QPoint, QPointF, QSettings, Qt, QUrl, Signal
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox, QPushButton

from core.paths import app_root, child_environment
from core.project.store import Store
from gui.main_window import MainWindow
from gui.shell.closing_question import ClosingQuestion
from gui.shell.crash_dialog import CrashDialog
from gui.shell.new_project import NewProjectDialog, proposed_project


@pytest.fixture
def empty_window(qtbot):
    """The window without a project."""
    one = MainWindow()
    qtbot.addWidget(one, before_close_func=lambda window: window.shut_down())
    one.show()
    qtbot.waitExposed(one)
    return one


def test_without_a_project_the_welcome_is_seen_and_nothing_else_can_be_reached(empty_window, qtbot):
    assert empty_window._pages.currentWidget() is empty_window.welcome
    qtbot.keyClick(empty_window, "2", Qt.KeyboardModifier.ControlModifier)
    assert empty_window.current_workspace is None
    assert not empty_window.commands["edit.undo"].isEnabled()
    assert empty_window.commands["file.new"].isEnabled()


def test_return_presses_the_button_that_has_the_focus(empty_window, qtbot):
    welcome = empty_window.welcome
    pressed = []
    for number, button in enumerate((welcome.new_button, welcome.open_button)):
        button.clicked.disconnect()
        button.clicked.connect(lambda _checked=False, number=number: pressed.append(number))
        button.setFocus()
        qtbot.keyClick(button, Qt.Key.Key_Return)
    assert pressed == [0, 1]


def test_a_missing_project_is_told_on_the_welcome(empty_window, tmp_path):
    assert not empty_window.open_project(tmp_path / "nothing")
    assert "There is no project" in empty_window.welcome.error_text()


def test_a_newer_project_is_told_and_left_alone(empty_window, project):
    with sqlite3.connect(project / "project.sqlite") as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()
    assert not empty_window.open_project(project)
    assert "newer version" in empty_window.welcome.error_text()


def test_a_project_that_another_program_has_open_is_told(empty_window, project):
    code = "import sys; from pathlib import Path; from core.project.store import Store\n"
    code += "store = Store.open(Path(sys.argv[1])); print('open', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", code, str(project)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **pipes, env=child_environment(), cwd=app_root()) as other:
        assert other.stdout.readline() == b"open\n"
        assert not empty_window.open_project(project)
        assert f"process {other.pid}" in empty_window.welcome.error_text()
        other.communicate()
    assert empty_window.open_project(project)
    assert empty_window.welcome.error_text() == ""


def test_a_project_that_cannot_be_opened_leaves_the_open_one_alone(window, tmp_path):
    assert not window.open_project(tmp_path / "nothing")
    box = QApplication.activeModalWidget()
    assert "There is no project" in box.text()
    box.reject()
    assert window.session.store.name == "project"


def test_an_opened_project_is_listed_among_the_recent_ones(window, project):
    window.session.close()
    assert window.session.settings.recent_projects == (str(project),)
    assert window._pages.currentWidget() is window.welcome
    window.welcome.project_chosen.emit(project)
    assert window.current_workspace == "label"


def test_the_status_bar_says_what_the_project_holds_and_when_it_was_saved(window, qtbot):
    assert window.status.facts().startswith("project  ·  12 images  ·  0 reviewed  ·  saved")
    qtbot.keyClick(window.workspace("label").grid, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "1 reviewed" in window.status.facts())
    assert "saved " in window.status.facts()


def test_jobs_come_and_go_in_the_status_bar(window, qtbot):
    cancelled = []
    window.session.jobs.set("a", name="Run 7", fraction=0.62, eta_seconds=180, cancel=lambda: cancelled.append("a"))
    row = window.status._jobs._row
    assert (row._name.text(), row._left.text()) == ("Run 7", "62 %  3 min")
    qtbot.mouseClick(row._cancel, Qt.MouseButton.LeftButton)
    assert cancelled == ["a"]
    window.session.jobs.set("b", name="Reading", fraction=None)
    assert window.status._jobs._more.text() == "+1"
    window.session.jobs.remove("a")
    window.session.jobs.remove("b")
    assert window.status._jobs.isHidden()


def test_a_new_project_reads_its_folder_in_the_background(empty_window, qtbot, tmp_path, draw_images):
    images = draw_images(tmp_path / "beach", 7)
    (images / "sub").mkdir()
    draw_images(images / "sub", 2)
    empty_window.new_project(images)
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, NewProjectDialog)
    dialog.project_field.setText(str(tmp_path / "beach project"))
    qtbot.mouseClick(dialog.create_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "9 images added" in empty_window.status.message())
    assert empty_window.session.store.folder == tmp_path / "beach project"
    assert empty_window.workspace("label").model.rowCount() == 9


def test_a_project_is_proposed_away_from_the_images_and_never_inside_without_a_word(qtbot, session, tmp_path):
    images = tmp_path / "beach"
    images.mkdir()
    assert not proposed_project(images).is_relative_to(images)
    assert proposed_project(images).name == "beach"
    assert proposed_project(tmp_path / "trip" / "images").name == "trip"
    dialog = NewProjectDialog(session, images)
    qtbot.addWidget(dialog)
    assert "inside" not in dialog._note.text()
    dialog.project_field.setText(str(images / "project"))
    assert "inside the folder of images" in dialog._note.text()


def test_reading_a_folder_can_be_cancelled(window, tmp_path, draw_images, qtbot):
    window.project_commands.folder_import.start(draw_images(tmp_path / "more", 3))
    window.project_commands.folder_import.start(tmp_path / "more")
    window.project_commands.folder_import.cancel()
    qtbot.wait(50)
    assert len(window.session.store.image_ids) == 12
    assert window.session.jobs.items() == []


def test_a_folder_dropped_on_the_window_is_added(window, qtbot, tmp_path, draw_images):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(draw_images(tmp_path / "dropped", 4)))])
    event = QDropEvent(
        QPointF(300, 300), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    window.dropEvent(event)
    qtbot.waitUntil(lambda: len(window.session.store.image_ids) == 16)


def test_a_project_dropped_on_the_window_is_opened(window, tmp_path):
    Store.create(tmp_path / "other").close()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "other"))])
    window.dropEvent(
        QDropEvent(
            QPointF(300, 300), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        )
    )
    assert window.session.store.name == "other"


def test_the_place_of_the_window_is_kept(qtbot, empty_window):
    empty_window.resize(790, 710)
    size = empty_window.size()
    empty_window.close()
    assert QSettings().value("window/geometry") is not None
    again = MainWindow()
    qtbot.addWidget(again, before_close_func=lambda window: window.shut_down())
    assert again.size() == size


class Controller(QObject):
    """A run that goes on."""

    run_state_changed = Signal(object)

    def __init__(self):
        super().__init__()
        self.stopped, self.at_work = [], [7]

    def running(self):
        return self.at_work

    def stop(self, run_id):
        self.stopped.append(run_id)


@pytest.mark.parametrize(
    ("button", "closes", "stopped"),
    [("Keep training in background", True, []), ("Stop and keep best", True, [7]), ("Cancel", False, [])],
)
def test_closing_while_training_asks_what_to_do(empty_window, monkeypatch, button, closes, stopped):
    def press(question):
        assert question.findChild(QLabel).text() == "Run 7 is still training"
        next(one for one in question.findChildren(QPushButton) if one.text() == button).click()

    monkeypatch.setattr(ClosingQuestion, "exec", press)
    empty_window.controller = Controller()
    assert empty_window.close() == closes
    assert empty_window.controller.stopped == stopped
    empty_window.controller = None


def test_the_question_goes_away_when_the_run_ends_meanwhile(empty_window, monkeypatch):
    def end(question):
        question.open()
        empty_window.controller.at_work = []
        empty_window.controller.run_state_changed.emit(7)
        assert not question.isVisible()

    monkeypatch.setattr(ClosingQuestion, "exec", end)
    empty_window.controller = Controller()
    assert empty_window.close()
    assert empty_window.controller.stopped == []
    empty_window.controller = None


def test_after_the_window_is_closed_another_program_can_open_the_project(window, project):
    window.close()
    with Store.open(project) as again:
        assert len(again.labels) == 3


def test_a_bug_is_logged_and_shown_and_the_details_can_be_copied(empty_window, qtbot, tmp_path):
    dialog = CrashDialog("Traceback: it broke", str(tmp_path / "window.log"), empty_window)
    dialog.open()
    button = next(one for one in dialog.findChildren(type(empty_window.welcome.new_button)) if "Copy" in one.text())
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert QApplication.clipboard().text() == "Traceback: it broke"
    dialog.reject()


def test_an_error_in_any_thread_reaches_the_crash_dialog(empty_window, qtbot, tmp_path, monkeypatch, capsys):
    import threading

    from gui.app import CrashReporter

    before = sys.excepthook, threading.excepthook
    reporter = CrashReporter(tmp_path / "window.log")
    reporter.install(empty_window)
    try:

        def fail():
            raise RuntimeError("a bug in a thread")

        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
        qtbot.waitUntil(lambda: isinstance(QApplication.activeModalWidget(), CrashDialog))
        assert "a bug in a thread" in QApplication.activeModalWidget()._details
        QApplication.activeModalWidget().reject()
    finally:
        reporter.uninstall()
        sys.excepthook, threading.excepthook = before


def test_right_colours_are_chosen_in_the_menu_and_kept(window):
    window.commands["view.dark"].trigger()
    assert window.session.settings.color_scheme == "dark"
    assert window.palette().window().color().lightness() < 100
    window.commands["view.light"].trigger()
    assert window.palette().window().color().lightness() > 200
    window.commands["view.system"].trigger()


def test_a_click_on_the_rail_goes_to_a_workspace(window, qtbot):
    qtbot.mouseClick(window.rail._buttons["train"], Qt.MouseButton.LeftButton, pos=QPoint(20, 20))
    assert window.current_workspace == "train"
    qtbot.keyClick(window, "1", Qt.KeyboardModifier.ControlModifier)
    assert window.current_workspace == "label"
    assert window.focusWidget() is window.workspace("label").grid


def test_the_first_window_fits_the_screen(empty_window):
    room = empty_window.screen().availableGeometry()
    assert empty_window.width() < room.width()
    assert empty_window.height() < room.height()


@pytest.mark.parametrize(("answer", "closes"), [("No", False), ("Yes", True)])
def test_it_is_asked_before_thresholds_that_could_not_be_saved_are_lost(window, monkeypatch, answer, closes):
    inspect = SimpleNamespace(unwritten=lambda: "The thresholds of run 1 could not be saved.")
    monkeypatch.setitem(window._workspaces, "inspect", inspect)
    asked = []

    def question(_parent, _title, text):
        asked.append(text)
        return getattr(QMessageBox.StandardButton, answer)

    monkeypatch.setattr(QMessageBox, "question", question)
    assert window.close() is closes
    assert asked == ["The thresholds of run 1 could not be saved. Close all the same, and lose what was moved?"]


def test_on_the_full_screen_the_loupe_has_everything_and_gives_it_back(window, label, qtbot):
    qtbot.keyClick(label.grid, "e")
    qtbot.keyClick(label.loupe.canvas, Qt.Key.Key_F11)
    assert window.rail.isHidden()
    assert window.menuBar().isHidden()
    assert label.filter_bar.isHidden()
    qtbot.keyClick(label.loupe.canvas, "1")
    assert window.session.store.states[0, 0] == 1
    qtbot.keyClick(label.loupe.canvas, Qt.Key.Key_Escape)
    assert not window.rail.isHidden()
    assert not label.filter_bar.isHidden()
    qtbot.keyClick(label.grid, "e")
    assert window.rail.isHidden()
    qtbot.keyClick(label.loupe.canvas, Qt.Key.Key_F11)
    assert not window.status.isHidden()
    assert not window.isFullScreen()
