import gc
import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
import shiboken6
from PIL import Image, ImageDraw
from PySide6.QtCore import QCoreApplication, QEvent, QSettings, QThreadPool, QTimer
from PySide6.QtWidgets import QApplication

from core.project.scan import scan_folder
from core.project.store import Store
from core.settings import Settings, save_settings, settings_path


def pytest_collection_modifyitems(items):
    # the offscreen platform says so of every window with a smallest size
    ignore = pytest.mark.qt_log_ignore("does not support propagateSizeHints", extend=True)
    for item in items:
        if "/qt/" in str(item.path).replace(os.sep, "/"):
            item.add_marker(ignore)


@pytest.fixture(scope="session")
def qapp_cls():
    """The application as the program makes it, with its theme."""
    return _make_application


def _make_application(_arguments):
    from gui.app import make_application

    return make_application([])


@pytest.fixture(autouse=True)
def window_settings(home, tmp_path_factory, monkeypatch):
    """Geometry goes to a folder of the test, and no worker with torch is kept warm."""
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path_factory.mktemp("qsettings")))
    QCoreApplication.setOrganizationName("Multihot")
    QCoreApplication.setApplicationName("Multihot")
    save_settings(Settings(warm_worker=False), settings_path())


@pytest.fixture(autouse=True)
def no_timer_left(window_settings):
    """A test leaves no window, no running timer and no work in the pool."""
    yield
    app = QApplication.instance()
    if app is None:
        return
    assert QThreadPool.globalInstance().waitForDone(5000), "work is left in the thread pool"
    for widget in app.topLevelWidgets():
        if shiboken6.isValid(widget):
            widget.close()
            widget.deleteLater()
    for _ in range(3):
        app.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        app.processEvents()
    running = [
        one for one in gc.get_objects() if type(one) is QTimer and shiboken6.isValid(one) and one.isActive()
    ]
    for one in running:
        one.stop()
    assert not running, f"timers left running: {[(one.parent(), one.interval()) for one in running]}"


@pytest.fixture
def draw_images():
    """Draws small pictures into a folder, each in its own colour and with its number."""

    def draw(folder, count):
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(count):
            color = tuple((number * step) % 200 + 30 for step in (37, 91, 53))
            image = Image.new("RGB", (64 + number % 3 * 16, 48), color)
            ImageDraw.Draw(image).text((4, 4), str(number), fill="white")
            image.save(folder / f"image {number:02d}.png")
        return folder

    return draw


@pytest.fixture
def project(tmp_path, draw_images):
    """The folder of a project of twelve images and three labels, nothing annotated."""
    images = draw_images(tmp_path / "photos é", 12)
    with Store.create(tmp_path / "project") as store:
        store.add_images(images, scan_folder(images))
        for name in ("ace", "king", "red card"):
            store.add_label(name)
    return tmp_path / "project"


@pytest.fixture
def session(qapp, project):
    """A session with the project open."""
    from gui import background
    from gui.session import Session

    one = Session()
    one.open(project)
    yield one
    one.close()
    background.cancel_all()
    one.deleteLater()


@pytest.fixture
def window(qtbot, project):
    """The window, shown, with the project open in Label."""
    from gui.main_window import MainWindow

    one = MainWindow()
    qtbot.addWidget(one, before_close_func=lambda window: window.shut_down())
    one.show()
    qtbot.waitExposed(one)
    assert one.open_project(project)
    one.activateWindow()
    qtbot.waitUntil(one.isActiveWindow)
    return one


@pytest.fixture
def label(window):
    """Its Label workspace."""
    return window.workspace("label")
