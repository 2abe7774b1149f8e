"""Pictures of the four workspaces and of what Label can do, for the README and the demo."""

import shutil
import sys
import tempfile
import time
from pathlib import Path

from PySide6.QtCore import QEventLoop, QSize, QTimer
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QWidget

from gui.app import make_application
from gui.main_window import MainWindow
from gui.shell.rail import WORKSPACES

SIZE = QSize(1366, 768)
SETTLE_MS = 400
PATIENCE_SECONDS = 30.0


def take(project: Path, out: Path) -> int:
    """Open a project, visit the workspaces, and save a picture of each, and of what Label can do.

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
        _take_label(window, out)
        with tempfile.TemporaryDirectory() as folder:
            _take_merge(window, _other_opinion(project, Path(folder) / "copy of a colleague"), out)
    finally:
        window.shut_down()
        window.close()
    return 0


def _take_label(window: MainWindow, out: Path) -> None:
    window.show_workspace("label")
    label = window.workspace("label")
    assert label is not None
    for command, name in (("view.loupe", "loupe"), ("view.compare", "compare"), ("view.statistics", "statistics")):
        window.commands[command].trigger()
        _settle(window, label)
        window.grab().save(str(out / f"{name}.png"))
    window.commands["view.grid"].trigger()
    window.menus.show_palette()
    palette = QApplication.activePopupWidget()
    assert palette is not None
    _wait(SETTLE_MS)
    _together(window, palette).save(str(out / "palette.png"))
    palette.close()


def _take_merge(window: MainWindow, other: Path, out: Path) -> None:
    from gui.project.merge_dialog import MergeDialog

    dialog = MergeDialog(window.session, window)
    dialog.open()
    dialog.field.setText(str(other))
    dialog.go.click()
    end = time.monotonic() + PATIENCE_SECONDS
    while not dialog.table.isVisible() and time.monotonic() < end:
        _wait(50)
    _wait(SETTLE_MS)
    dialog.grab().save(str(out / "merge.png"))
    dialog.reject()


def _other_opinion(project: Path, folder: Path) -> Path:
    """A copy of a project in which some images are labelled otherwise."""
    from core.project.store import Store

    shutil.copytree(project, folder, ignore=shutil.ignore_patterns("runs", "cache", "backups", ".lock*"))
    with Store.open(folder) as store:
        for number, label in enumerate(store.labels):
            images = store.image_ids[number::17]
            states = store.states_of(images)[:, number : number + 1]
            # absent becomes present and present absent; what was unknown is said now
            store.set_matrix(images, [label.id], (states == 0).astype("int8"), reviewed=None, text="another opinion")
    return folder


def _together(window: QWidget, popup: QWidget) -> QPixmap:
    picture = window.grab()
    painter = QPainter(picture)
    painter.drawPixmap(window.mapFromGlobal(popup.pos()), popup.grab())
    painter.end()
    return picture


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
