import json
import os
import signal
import subprocess
import sys
import time

import pytest
from PySide6.QtCore import QObject, Signal

from core.paths import app_root
from core.project.store import Store

_FORBIDDEN = {"torch", "torchvision", "timm", "onnx", "onnxruntime", "scipy"}

_OPEN = """
import json, sys
from pathlib import Path
from PySide6.QtCore import QTimer
from gui.app import make_application
from gui.main_window import MainWindow
app = make_application([])
window = MainWindow()
window.show()
project = sys.argv[1:]
if project:
    assert window.open_project(Path(project[0]))
QTimer.singleShot(300, window.close)
app.exec()
print(json.dumps(sorted(sys.modules)))
"""


def modules_of_the_window(*arguments):
    done = subprocess.run(
        [sys.executable, "-c", _OPEN, *map(str, arguments)],
        cwd=app_root(),
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_window_imports_no_learning_and_no_plots():
    modules = modules_of_the_window()
    assert not modules & _FORBIDDEN
    assert not modules & {"numpy", "PIL", "sqlite3", "pyqtgraph", "qtawesome"}


def test_a_window_with_a_project_imports_no_learning_and_no_plots(project):
    modules = modules_of_the_window(project)
    assert not modules & _FORBIDDEN
    assert "pyqtgraph" not in modules


@pytest.mark.skipif(sys.platform == "win32", reason="there is no Ctrl+C to send to one process")
def test_ctrl_c_in_the_terminal_closes_the_window_and_the_project(project):
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    with subprocess.Popen([sys.executable, "-m", "gui", str(project)], cwd=app_root(), env=environment) as window:
        # the thumbnails come after the window took over the signal and opened the project
        thumbnails = project / "cache" / "thumbnails.sqlite"
        end = time.monotonic() + 30
        while not thumbnails.exists():
            assert time.monotonic() < end
            time.sleep(0.02)
        window.send_signal(signal.SIGINT)
        assert window.wait(20) == 0
    Store.open(project).close()


def test_a_void_call_into_qt_loses_no_reference_to_none(qapp):
    """PySide6 6.12.0 on Python 3.10 and 3.11 loses one per call, and dies after some thousand."""

    class Asker(QObject):
        asked = Signal()

    asker = Asker()
    before = sys.getrefcount(None)
    for _ in range(1000):
        asker.setObjectName("x")
        asker.blockSignals(False)
        asker.asked.emit()
    assert abs(sys.getrefcount(None) - before) < 100
