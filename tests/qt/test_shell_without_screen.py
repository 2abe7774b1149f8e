"""What a person is told who opens the window where there is no screen."""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always a screen")


def open_window(**environment):
    mine = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    mine.pop("QT_QPA_PLATFORM", None)
    return subprocess.run(
        [sys.executable, "-m", "gui"], env={**mine, **environment}, capture_output=True, text=True, timeout=60
    )


def test_without_a_screen_the_terminal_is_offered():
    done = open_window()
    assert done.returncode == 1
    assert "There is no screen here" in done.stderr
    assert "multihot demo" in done.stderr


def test_a_screen_that_does_not_answer_is_told_on_the_terminal():
    done = open_window(DISPLAY=":6987")
    assert done.returncode != 0
    assert "The window cannot be opened." in done.stderr
    assert "multihot doctor" in done.stderr
