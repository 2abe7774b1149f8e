"""Export of a run whose images have one label."""

import json
import sys
from dataclasses import replace

import pytest
from PySide6.QtWidgets import QLabel, QPushButton

from core.deploy.report import ExportReport
from core.recipes.catalogue import recipe
from gui.export import try_image
from gui.export.probability_bars import ProbabilityBars
from gui.export.report_view import ReportView
from gui.export.try_image import LabelAnswer
from gui.export.workspace import ExportWorkspace


@pytest.fixture
def workspace(qtbot, annotated, finished_run):
    run = finished_run()
    one_class = recipe("mobilenetv3-large-224-multi-class").to_toml()
    (run.folder / "recipe.toml").write_text(one_class, encoding="utf-8")
    one = ExportWorkspace(annotated)
    qtbot.addWidget(one)
    one.resize(1300, 700)
    one.show()
    one.activate()
    qtbot.waitUntil(lambda: one._facts is not None)
    yield one
    one._end()


def texts(widget, kind=QLabel):
    return [one.text() for one in widget.findChildren(kind) if one.isVisible()]


def test_the_page_speaks_of_a_choice_and_of_no_thresholds(workspace):
    shown = texts(workspace)
    assert "probabilities: float32 (N, 3), together 1\npresent: bool (N, 3), true for the highest" in shown
    assert "normalisation, network, softmax, choice of the highest probability" in shown
    assert "the label with the highest probability; there are no thresholds" in shown
    assert "DECISION" in shown
    assert "Thresholds" not in shown
    assert "Change in Inspect ›" not in texts(workspace, QPushButton)


def test_the_verification_compares_top_1_too(qtbot):
    view = ReportView()
    qtbot.addWidget(view)
    view.show()
    report = ExportReport(
        path="a.onnx", bytes=1, labels=3, images_checked=12, images_split="validation", max_abs_difference=0.0,
        decisions=12, decisions_different=0, map_torch=0.5, map_onnx=0.5, milliseconds_torch=1.0,
        milliseconds_onnx=1.0, seconds=1.0, top1_torch=0.75, top1_onnx=0.75,
    )  # fmt: skip
    view.show_report(report)
    assert texts(view).count("0.750") == 2
    view.show_report(replace(report, top1_torch=None, top1_onnx=None))
    assert "top-1 file" not in texts(view)


def test_an_answer_without_a_threshold_has_no_tick(qtbot, annotated, monkeypatch, tmp_path):
    answers = [("a", 0.1, False), ("b", 0.9, True)]
    labels = [{"name": name, "probability": one, "threshold": None, "present": is_} for name, one, is_ in answers]
    said = json.dumps({"images": [{"path": "x", "problem": None, "labels": labels}]})
    script = tmp_path / "predict.py"
    script.write_text(f"print({said!r})")
    monkeypatch.setattr(try_image, "module_command", lambda _, *arguments: [sys.executable, str(script), *arguments])
    image = annotated.store.image_path(1)
    answer = try_image.ask_model(tmp_path / "model.onnx", image, is_cancelled=lambda: False)
    assert answer.labels == (LabelAnswer("b", 0.9, None, True), LabelAnswer("a", 0.1, None, False))

    pictures = []
    for threshold in (None, 0.5):
        bars = ProbabilityBars()
        qtbot.addWidget(bars)
        bars.resize(300, 60)
        bars.show_answers([replace(one, threshold=threshold) for one in answer.labels])
        pictures.append(bars.grab().toImage())
    assert pictures[0] != pictures[1]
