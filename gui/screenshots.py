"""Pictures of the four workspaces, for the README and the demo."""

import sys
import time
from pathlib import Path

from PySide6.QtCore import QEventLoop, QSize, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from gui.app import make_application
from gui.main_window import MainWindow
from gui.shell.rail import WORKSPACES

SIZE = QSize(1366, 768)
SETTLE_MS = 400
PATIENCE_SECONDS = 30.0


def take(project: Path, out: Path) -> int:
    """Open a project, visit the workspaces, and save label.png, train.png, inspect.png and export.png.

    Args:
        project: its folder.
        out: the folder for the pictures, created when missing.

    Returns:
        The exit status: 0, or 1 with a sentence on stderr when the project cannot be opened.
    """
    out.mkdir(parents=True, exist_ok=True)
    app = QApplication.instance() or make_application([])
    assert isinstance(app, QApplication)
    window = MainWindow()
    window.resize(SIZE)
    window.show()
    try:
        if not window.open_project(project):
            sys.stderr.write(f"{window.welcome.error_text()}\n")
            return 1
        runs = window.session.store.runs()
        if runs and window.session.current_run is None:
            window.session.current_run = runs[0].id
        for name in WORKSPACES:
            window.show_workspace(name)
            workspace = window.workspace(name)
            assert workspace is not None
            _settle(window, workspace)
            window.grab().save(str(out / f"{name}.png"))
    finally:
        window.shut_down()
        window.close()
    return 0


def _settle(window: MainWindow, workspace: QWidget) -> None:
    """Wait until nothing that is to be seen is still to come."""
    end = time.monotonic() + PATIENCE_SECONDS
    _wait(SETTLE_MS)
    is_idle = getattr(workspace, "is_idle", None)
    while time.monotonic() < end:
        if window.session.thumbnails.is_idle() and (is_idle is None or is_idle()):
            break
        _wait(50)
    _wait(SETTLE_MS)


def _wait(milliseconds: int) -> None:
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()
