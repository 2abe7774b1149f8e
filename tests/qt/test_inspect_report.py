"""Report… in Inspect."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QLabel, QPushButton, QVBoxLayout, QWidget

from core.evaluation.threshold_file import ThresholdSet
from core.labels import Split
from core.report.facts import gather
from core.report.write import Written
from gui.inspect.inspection import Inspection
from gui.inspect.report_action import ReportAction, ReportRow
from gui.inspect.scored_split import load_scored_split
from gui.inspect.workspace import InspectWorkspace


@pytest.fixture
def run(annotated, finished_run):
    """A run of a project with images in all splits."""
    store = annotated.store
    splits = [Split.TRAIN] * 3 + [Split.TEST] * 5 + [Split.VALIDATION] * 4
    annotated.apply(store.set_splits(dict(zip(store.image_ids.tolist(), splits, strict=True))))
    return finished_run()


@pytest.fixture
def inspection(annotated, run):
    one = Inspection(annotated)
    yield one
    one.clear()


@pytest.fixture
def action(qtbot, inspection, run):
    """The action in a window, with scores to tell of."""
    one = ReportAction(inspection)
    window = QWidget()
    layout = QVBoxLayout(window)
    layout.addWidget(one.button)
    layout.addWidget(one.row)
    qtbot.addWidget(window)
    window.show()
    assert not one.button.isEnabled()
    inspection.show(load_scored_split(run, Split.VALIDATION))
    yield one
    window.close()


@pytest.fixture
def choose(monkeypatch):
    """Lets the file dialog answer with a path."""

    def answer(path, kind="Web page (*.html)"):
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(path), kind))

    return answer


def press(qtbot, action):
    qtbot.mouseClick(action.button, Qt.MouseButton.LeftButton)


def test_writes_the_file_that_was_chosen_and_opens_it(qtbot, action, choose, tmp_path, monkeypatch):
    out = tmp_path / "report é.html"
    choose(out)
    press(qtbot, action)
    assert action.row.text().startswith("Writing")
    assert not action.row.open_button.isVisible()
    qtbot.waitUntil(action.row.open_button.isVisible)
    assert "measured on test: report é.html" in action.row.text()
    assert "project: run 1" in out.read_text(encoding="utf-8")
    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    qtbot.mouseClick(action.row.open_button, Qt.MouseButton.LeftButton)
    assert [one.toLocalFile() for one in opened] == [str(out)]


def test_tells_of_the_thresholds_of_the_moment(qtbot, action, inspection, choose, run, tmp_path):
    inspection.thresholds.set(0, 0.123)
    choose(tmp_path / "report.html")
    press(qtbot, action)
    qtbot.waitUntil(action.row.open_button.isVisible)
    assert ThresholdSet.of_run(run.folder, gather("p", run).predictions.label_names).values[0] == 0.123
    assert "0.123" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_tells_of_the_set_that_is_shown_though_another_one_is_chosen(qtbot, action, inspection, choose, tmp_path):
    inspection.thresholds.add_set("night shift")
    inspection.thresholds.set(0, 0.123)
    assert (inspection.thresholds.shown, inspection.thresholds.chosen) == ("night shift", "main")
    choose(tmp_path / "report.html")
    press(qtbot, action)
    qtbot.waitUntil(action.row.open_button.isVisible)
    assert "0.123" in (tmp_path / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(("count", "text"), [(1, "1 example."), (26, "26 examples.")])
def test_examples_that_are_not_in_it_are_counted(qtbot, run, tmp_path, count, text):
    row = ReportRow()
    qtbot.addWidget(row)
    row.show_written(run, Split.TEST, Written(tmp_path / "report.html", 2_000_000, 5, count))
    assert row.text().endswith(f"(2.0 MB). Left out, because not to be read: {text}")


def test_a_name_without_an_ending_gets_that_of_the_kind(qtbot, action, choose, tmp_path):
    choose(tmp_path / "report.v2", "PDF (*.pdf)")
    press(qtbot, action)
    qtbot.waitUntil(action.row.open_button.isVisible, timeout=30_000)
    assert (tmp_path / "report.v2.pdf").read_bytes().startswith(b"%PDF-")


def test_a_file_that_the_dialog_did_not_ask_about_is_not_replaced(qtbot, action, inspection, choose, tmp_path):
    (tmp_path / "report.html").write_text("mine")
    choose(tmp_path / "report")
    with qtbot.waitSignal(inspection.failed) as failed:
        press(qtbot, action)
    assert "is there already" in failed.args[0].sentence
    assert (tmp_path / "report.html").read_text() == "mine"


def test_an_error_is_told_where_errors_are(qtbot, action, inspection, choose, tmp_path):
    choose(tmp_path / "no folder" / "report.html")
    with qtbot.waitSignal(inspection.failed) as failed:
        press(qtbot, action)
    assert "folder is missing" in failed.args[0].sentence
    assert not action.row.text()


def test_nothing_is_written_where_no_place_is_chosen(qtbot, action, choose, tmp_path):
    choose("")
    press(qtbot, action)
    assert not action.row.text()


def test_a_project_that_was_closed_meanwhile_is_left_alone(qtbot, action, annotated, choose, tmp_path):
    choose(tmp_path / "report.html")
    press(qtbot, action)
    annotated.close()
    qtbot.waitUntil(lambda: not action.row.text())
    assert not (tmp_path / "report.html").exists()


def test_the_workspace_offers_it_and_tells_above_its_pages(qtbot, annotated, run, choose, tmp_path):
    workspace = InspectWorkspace(annotated)
    qtbot.addWidget(workspace)
    workspace.resize(1300, 700)
    workspace.show()
    workspace.activate()
    (button,) = (one for one in workspace.findChildren(QPushButton) if one.text() == "Report…")
    qtbot.waitUntil(button.isEnabled)
    choose(tmp_path / "report.html")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: any("report.html" in one.text() for one in workspace.findChildren(QLabel)))
    assert (tmp_path / "report.html").exists()
