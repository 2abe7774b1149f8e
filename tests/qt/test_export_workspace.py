import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from core.errors import MultihotError
from core.evaluation.calibration import Calibration
from core.evaluation.threshold_file import ThresholdSet
from core.jobs.job import ExportJob
from gui.export import try_image
from gui.export.workspace import ExportWorkspace

LONG = 20_000

PREDICT = """
import json, sys
model, image = sys.argv[2:4]
if "broken" in model:
    sys.exit("The file is damaged.")
label = {"name": "ace", "probability": 0.9, "threshold": 0.4, "present": True}
other = {"name": "king", "probability": 0.95, "threshold": 0.97, "present": False}
print("ace 0.9")
print(json.dumps({"images": [{"path": image, "problem": None, "labels": [label, other]}]}))
"""


@pytest.fixture
def run(finished_run):
    return finished_run()


@pytest.fixture
def workspace(qtbot, annotated, run):
    one = ExportWorkspace(annotated)
    qtbot.addWidget(one)
    one.resize(1300, 700)
    one.show()
    one.activate()
    qtbot.waitUntil(lambda: one._facts is not None)
    yield one
    one._end()


@pytest.fixture
def predictor(monkeypatch, tmp_path):
    """Let images be judged by a script instead of the exported file."""
    script = tmp_path / "predict.py"
    script.write_text(PREDICT)
    monkeypatch.setattr(
        try_image, "module_command", lambda _module, *arguments: [sys.executable, str(script), *arguments]
    )


def texts(widget):
    return [label.text() for label in widget.findChildren(QLabel) if label.isVisible()]


def has_text(widget, part):
    return any(part in text for text in texts(widget))


def press(qtbot, widget, text):
    (found,) = [one for one in widget.findChildren(QPushButton) if one.text() == text and one.isVisible()]
    assert found.isEnabled()
    qtbot.mouseClick(found, Qt.MouseButton.LeftButton)


def test_without_a_finished_run_the_page_says_what_to_do(qtbot, session):
    one = ExportWorkspace(session)
    qtbot.addWidget(one)
    one.show()
    qtbot.waitUntil(lambda: has_text(one, "Label at least 20 images, then press Train"))


def test_the_page_says_what_goes_in_and_what_comes_out(workspace):
    shown = texts(workspace)
    for wanted in ("MobileNetV3 large", "0.800", "3", "all 0.5", "one file, about 16.8 MB"):
        assert wanted in shown
    assert has_text(workspace, "uint8 (N, 224, 224, 3)")
    assert has_text(workspace, "present: bool (N, 3)")
    assert Path(workspace._path.text()).name == "project-run1.onnx"


def test_an_export_ends_with_its_verification(qtbot, annotated, workspace, run, pretend):
    pretend("learn")
    press(qtbot, workspace, "Export")
    assert [job.name for job in annotated.jobs.items()] == ["Export · Starting"]
    qtbot.waitUntil(lambda: has_text(workspace, "project-run1.onnx decides as the network does."), timeout=LONG)
    shown = texts(workspace)
    assert "6 of 6" in shown
    assert "2.0e-07" in shown
    assert annotated.jobs.items() == []
    assert (annotated.store.folder / "project-run1.onnx").exists()
    assert workspace._try.isEnabled()


def test_the_thresholds_of_the_run_go_into_the_file(qtbot, annotated, workspace, run, pretend):
    pretend("learn")
    names = workspace._facts.label_names
    values = workspace._facts.thresholds.values * 0 + [0.1, 0.2, 0.3]
    ThresholdSet.alike(names, values, objective="manual").save(run.folder / "thresholds.json")
    workspace.activate()
    qtbot.waitUntil(lambda: has_text(workspace, "set by hand; 0.100 to 0.300"))
    press(qtbot, workspace, "Export")
    qtbot.waitUntil(lambda: has_text(workspace, "decides as the network does"), timeout=LONG)
    job = ExportJob.load(run.folder / "exports" / "0001")
    assert job.thresholds == pytest.approx((0.1, 0.2, 0.3))


def test_the_calibration_of_the_run_goes_into_the_file(qtbot, annotated, workspace, run, pretend):
    pretend("learn")
    assert has_text(workspace, "none, probabilities as the network gives them")
    assert not has_text(workspace, "decisions stay the same")
    names = workspace._facts.label_names
    Calibration(names, "platt", np.array([1.0, 0.5, 1.0]), np.array([0.0, 1.0, -1.0]), "validation", names[:1]).save(
        run.folder
    )
    workspace.activate()
    qtbot.waitUntil(lambda: has_text(workspace, "slope and offset of each label (Platt), fitted on validation"))
    assert has_text(workspace, "1 of them too rare, with one temperature")
    assert has_text(workspace, "decisions stay the same")
    # 0.5 of the network: sigmoid(b)
    assert has_text(workspace, "all 0.5; 0.269 to 0.731 once calibrated")
    assert {"0.500", "0.731", "0.269"} <= set(texts(workspace))
    press(qtbot, workspace, "Export")
    qtbot.waitUntil(lambda: has_text(workspace, "decides as the network does"), timeout=LONG)
    folder = run.folder / "exports" / "0001"
    assert ExportJob.load(folder).thresholds == (0.5, 0.5, 0.5)
    assert Calibration.of_run(folder, names).b.tolist() == [0.0, 1.0, -1.0]


def test_a_file_that_is_there_is_replaced_only_when_asked(qtbot, annotated, workspace, run, pretend):
    pretend("learn")
    out = annotated.store.folder / "project-run1.onnx"
    out.write_text("mine")
    press(qtbot, workspace, "Export")
    assert has_text(workspace, "project-run1.onnx is there already.")
    press(qtbot, workspace, "Keep it")
    assert not (run.folder / "exports").exists()
    assert out.read_text() == "mine"
    press(qtbot, workspace, "Export")
    press(qtbot, workspace, "Replace it")
    qtbot.waitUntil(lambda: has_text(workspace, "decides as the network does"), timeout=LONG)
    assert out.read_text() == "onnx"


def test_the_focus_stays_where_the_export_is(qtbot, annotated, workspace, pretend):
    pretend("wait")
    (annotated.store.folder / "project-run1.onnx").write_text("mine")
    # a window's first control gets the focus of one that is disabled
    window = QWidget()
    qtbot.addWidget(window)
    row = QHBoxLayout(window)
    row.addWidget(QPushButton("Label"))
    row.addWidget(workspace)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    press(qtbot, workspace, "Export")
    press(qtbot, workspace, "Replace it")
    assert workspace._cancel.hasFocus()
    qtbot.waitUntil(lambda: has_text(workspace, "Exporting…"), timeout=LONG)
    press(qtbot, workspace, "Cancel")
    assert workspace.hasFocus()
    qtbot.waitUntil(lambda: workspace._export is None, timeout=LONG)
    assert workspace._button.hasFocus()
    workspace.setParent(None)


def test_a_name_without_an_ending_gets_one(qtbot, annotated, workspace, pretend, tmp_path):
    pretend("learn")
    workspace._path.setText(str(tmp_path / "cards v1.2"))
    press(qtbot, workspace, "Export")
    qtbot.waitUntil(lambda: has_text(workspace, "decides as the network does"), timeout=LONG)
    assert (tmp_path / "cards v1.2.onnx").exists()


def test_an_export_is_cancelled_and_leaves_no_file(qtbot, annotated, workspace, pretend):
    pretend("wait")
    press(qtbot, workspace, "Export")
    qtbot.waitUntil(lambda: has_text(workspace, "Exporting…"), timeout=LONG)
    press(qtbot, workspace, "Cancel")
    with qtbot.waitSignal(annotated.message, timeout=LONG) as said:
        pass
    assert said.args == ["Export cancelled; no file was written"]
    assert annotated.jobs.items() == []
    assert not (annotated.store.folder / "project-run1.onnx").exists()
    assert workspace._button.isEnabled()


def test_a_failure_is_told_beside_the_button(qtbot, workspace, pretend):
    pretend("refuse")
    press(qtbot, workspace, "Export")
    qtbot.waitUntil(lambda: has_text(workspace, "The exported model differs. Please report this."), timeout=LONG)
    assert workspace._button.isEnabled()


@pytest.mark.parametrize("end", ["refuse", "wait"])
def test_after_an_export_without_a_file_the_last_one_is_shown_again(qtbot, annotated, workspace, pretend, end):
    pretend("learn")
    press(qtbot, workspace, "Export")
    qtbot.waitUntil(lambda: has_text(workspace, "decides as the network does"), timeout=LONG)
    pretend(end)
    press(qtbot, workspace, "Export")
    press(qtbot, workspace, "Replace it")
    assert not has_text(workspace, "decides as the network does")
    if end == "wait":
        press(qtbot, workspace, "Cancel")
    qtbot.waitUntil(lambda: has_text(workspace, "decides as the network does"), timeout=LONG)
    assert workspace._try.isEnabled()


def test_a_place_that_cannot_be_written_is_refused_at_once(qtbot, workspace, tmp_path):
    workspace._path.setText(str(tmp_path / "missing" / "a.onnx"))
    press(qtbot, workspace, "Export")
    assert has_text(workspace, "its folder is missing")


@pytest.mark.parametrize("typed", ["", "  ", "/"])
def test_without_a_name_for_the_file_there_is_no_export(workspace, typed):
    workspace._path.setText(typed)
    assert not workspace._button.isEnabled()
    workspace._path.setText("a.onnx")
    assert workspace._button.isEnabled()


def test_the_home_of_nobody_is_refused(qtbot, workspace):
    workspace._path.setText("~nobody-of-that-name/a.onnx")
    press(qtbot, workspace, "Export")
    assert has_text(workspace, "its folder is missing")


def test_the_last_export_can_be_tried_after_the_project_was_opened_again(qtbot, annotated, workspace, project, pretend):
    pretend("learn")
    press(qtbot, workspace, "Export")
    qtbot.waitUntil(lambda: has_text(workspace, "decides as the network does"), timeout=LONG)
    annotated.close()
    assert workspace._try.isEnabled() is False
    annotated.open(project)
    qtbot.waitUntil(lambda: workspace._try.isEnabled())


def test_a_dropped_image_is_judged_by_the_file_in_a_process_of_its_own(qtbot, annotated, workspace, predictor):
    image = annotated.store.image_path(1)
    workspace._try.show_model(Path("cards.onnx"))
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(image))])
    drop = QDropEvent(
        QPointF(5, 5),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    workspace._try._drop.dropEvent(drop)
    bars = workspace._try._bars
    qtbot.waitUntil(lambda: len(bars._answers) == 2, timeout=LONG)
    assert [(one.name, one.present) for one in bars._answers] == [("king", False), ("ace", True)]
    assert bars.accessibleName() == "ace"
    assert bars.sizeHint().height() > 0


def test_a_file_that_cannot_be_run_is_told(qtbot, annotated, workspace, predictor):
    workspace._try.show_model(Path("broken.onnx"))
    workspace._try.ask(annotated.store.image_path(1))
    qtbot.waitUntil(lambda: has_text(workspace._try, "The file is damaged. Export it again."), timeout=LONG)


def test_a_file_that_is_no_image_is_told_in_place_of_the_last_answer(qtbot, annotated, workspace, predictor, tmp_path):
    (tmp_path / "note.jpg").write_text("no image")
    workspace._try.show_model(Path("cards.onnx"))
    workspace._try.ask(annotated.store.image_path(1))
    qtbot.waitUntil(lambda: len(workspace._try._bars._answers) == 2, timeout=LONG)
    workspace._try.ask(tmp_path / "note.jpg")
    qtbot.waitUntil(lambda: "note.jpg" in workspace._try._error.text(), timeout=LONG)
    assert len(workspace._try._bars._answers) == 0
    assert workspace._try._drop._picture is None


def test_asking_ends_the_process_when_the_answer_is_no_longer_wanted(monkeypatch, annotated):
    sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
    monkeypatch.setattr(try_image, "module_command", lambda *_: sleep)
    with pytest.raises(MultihotError):
        try_image.ask_model(Path("a.onnx"), annotated.store.image_path(1), is_cancelled=lambda: True)


def test_the_answer_is_the_last_line_of_what_the_process_says(predictor, annotated):
    answer = try_image.ask_model(Path("a.onnx"), annotated.store.image_path(1), is_cancelled=lambda: False)
    assert json.dumps([one.probability for one in answer.labels]) == "[0.95, 0.9]"
    assert not answer.preview.isNull()


def test_the_workspace_fits_into_a_small_window(workspace):
    # 1024 x 700 without the rail, the menus and the status bar
    assert workspace.minimumSizeHint().width() <= 1024 - 65
    assert workspace.minimumSizeHint().height() <= 700 - 60
