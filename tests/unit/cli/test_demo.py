"""The demo, with a training that needs no torch and a window that needs no screen."""

import functools
import sys

import pytest

from core.cli import demo
from core.sample import make_sample_project

pytestmark = pytest.mark.usefixtures("pretend", "brightness")

WINDOW = """
import os, pathlib, sys
folder, project = sys.argv[-2:]
assert (pathlib.Path(project) / "project.sqlite").exists()
(pathlib.Path(folder) / "label.png").write_text(os.environ.get("QT_QPA_PLATFORM", "a screen"))
"""


@pytest.fixture(autouse=True)
def small_and_quick(monkeypatch):
    monkeypatch.setattr(demo, "make_sample_project", functools.partial(make_sample_project, count=40))
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    _let_the_window(monkeypatch, WINDOW)


def _let_the_window(monkeypatch, code):
    monkeypatch.setattr(demo, "module_command", lambda *given: [sys.executable, "-c", code, *given])


def test_the_demo_goes_the_whole_way(tmp_path, multihot, monkeypatch):
    monkeypatch.setattr(demo, "WANTED_MAP", 0.5)
    out = tmp_path / "demo"
    done = multihot("demo", "--out", out, "--json")
    assert done.code == 0
    assert done.result["map"] == 0.5
    assert done.result["decisions_equal"]
    assert done.result["path"] == str(out / "sample.onnx")
    assert done.result["screenshots"] == [str(out / "screenshots" / "label.png")]
    assert set(done.result["seconds"]) == {"all", "draw", "train", "thresholds", "export", "predict", "screenshots"}
    assert len((out / "predictions.csv").read_text().splitlines()) == 41


@pytest.mark.skipif(sys.platform != "linux", reason="screens of Linux")
def test_without_a_screen_the_window_draws_into_memory(tmp_path, multihot, monkeypatch):
    done = multihot("demo", "--out", tmp_path / "demo")
    assert "There is no display here" in done.out
    assert (tmp_path / "demo" / "screenshots" / "label.png").read_text() == "offscreen"
    monkeypatch.setenv("DISPLAY", ":7")
    multihot("demo", "--out", tmp_path / "demo")
    assert (tmp_path / "demo" / "screenshots" / "label.png").read_text() == "a screen"


def test_a_poor_model_fails_the_demo(tmp_path, multihot):
    done = multihot("demo", "--out", tmp_path / "demo")
    assert done.code == 1
    assert "mAP is 0.500, below 0.90" in done.err


def test_a_window_that_cannot_be_pictured_fails_the_demo(tmp_path, multihot, monkeypatch):
    _let_the_window(monkeypatch, "raise SystemExit('could not load the Qt platform plugin')")
    done = multihot("demo", "--out", tmp_path / "demo")
    assert done.code == 1
    assert "could not load the Qt platform plugin" in done.err


def test_only_a_folder_of_an_earlier_demo_is_replaced(tmp_path, multihot):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "precious.txt").write_text("keep")
    done = multihot("demo", "--out", tmp_path / "mine")
    assert (done.code, "is not empty" in done.err) == (1, True)
    assert (tmp_path / "mine" / "precious.txt").exists()
