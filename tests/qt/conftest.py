import gc
import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pytest
import shiboken6
from PIL import Image, ImageDraw
from PySide6.QtCore import QCoreApplication, QEvent, QSettings, QTimer
from PySide6.QtWidgets import QApplication

from core.evaluation.predictions import Predictions
from core.jobs import start
from core.jobs.events import EpochEnded, RunFinished, RunStarted, StepEnded
from core.jobs.train import prepare_training
from core.jobs.writer import EventWriter
from core.labels import LabelState
from core.project.changes import Changes
from core.project.files.scan import scan_folder
from core.project.runs.snapshot import Snapshot
from core.project.store import Store
from core.recipes.catalogue import recipe
from core.settings import Settings, save_settings, settings_path
from gui import background


def pytest_collection_modifyitems(items):
    # the offscreen platform says so of sizes, raising and grabbing
    ignore = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
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
def garbage_on_this_thread():
    """Other threads collect no garbage, which may hold Qt objects of this one; see `gui.garbage`."""
    gc.disable()
    yield
    gc.collect()
    gc.enable()


@pytest.fixture(autouse=True)
def no_timer_left(window_settings):
    """A test leaves no window, no running timer and no work in the pool."""
    yield
    app = QApplication.instance()
    if app is None:
        return
    assert background.wait(5000), "work is left in a thread pool"
    for widget in app.topLevelWidgets():
        if shiboken6.isValid(widget):
            widget.close()
            widget.deleteLater()
    for _ in range(3):
        app.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        app.processEvents()
    running = [one for one in gc.get_objects() if type(one) is QTimer and shiboken6.isValid(one) and one.isActive()]
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


@pytest.fixture
def controller(session):
    """What starts and follows the runs of the open project."""
    from gui.train.controller import TrainingController

    one = TrainingController(session)
    yield one
    one.close()


@pytest.fixture
def train(qtbot, session, controller):
    """The Train workspace, shown, with its recipes read."""
    from gui.train.workspace import TrainWorkspace

    one = TrainWorkspace(session, controller)
    qtbot.addWidget(one)
    one.resize(1300, 700)
    one.show()
    one.activate()
    qtbot.waitUntil(lambda: one._setup.entry is not None)
    return one


# runs


@pytest.fixture
def annotated(session):
    """The session, with all three labels said of most of its twelve images."""
    store = session.store
    ace, king, red = (label.id for label in store.labels)
    for number, image in enumerate(store.image_ids.tolist()):
        states = {ace: LabelState(number % 2), king: LabelState(int(number % 3 == 0))}
        if number % 4:
            states[red] = LabelState(int(number % 4 == 1))
        store.set_states([image], states, reviewed=True)
    return session


@pytest.fixture
def pretend(monkeypatch):
    """Let jobs be worked by `pretend_training.py` instead of torch; what was started is dead at the test's end."""
    folders = []
    script = Path(__file__).with_name("pretend_training.py")

    def command(_module, *arguments):
        folders.append(Path(arguments[-1]))
        return [sys.executable, str(script), *arguments]

    monkeypatch.setattr(start, "module_command", command)

    def do(how):
        monkeypatch.setenv("PRETEND", how)

    yield do
    for folder in folders:
        start.kill(folder)


@pytest.fixture
def finished_run(annotated):
    """Makes a run whose events and scores were written before, as if it had been trained."""

    def make(probabilities=None, *, validation_map=0.8, top1=None):
        store = annotated.store
        run = prepare_training(store, recipe("mobilenetv3-large-224"))
        snapshot = Snapshot.load(run.folder / "snapshot.npz")
        if probabilities is None:
            probabilities = np.random.default_rng(run.id).random(snapshot.states.shape)
        scores = np.asarray(probabilities, np.float32)
        Predictions(snapshot.image_ids, snapshot.splits, scores, snapshot.states, snapshot.label_names).save(
            run.folder / "predictions.npz"
        )
        write = EventWriter(run.folder)
        write(
            RunStarted(
                run=run.id, recipe=run.recipe, device="CPU", epochs=2, steps_per_epoch=3, train_images=8,
                validation_images=2, labels=snapshot.label_names, parameters=4_200_000,
            )
        )  # fmt: skip
        for epoch in (1, 2):
            for step in range(epoch * 3 - 2, epoch * 3 + 1):
                write(
                    StepEnded(
                        epoch=epoch, step=step, loss=1 / step, learning_rate=0.1, images_per_second=9, eta_seconds=9
                    )
                )
            write(
                EpochEnded(
                    epoch=epoch, step=epoch * 3, train_loss=1 / epoch, validation_loss=1.1 / epoch,
                    validation_map=validation_map / (3 - epoch), average_precision=(0.9, 0.7, None), is_best=True,
                    learning_rate=0.1, images_per_second=9.0, seconds=1.0, eta_seconds=9.0, top1=top1,
                )
            )  # fmt: skip
        write(
            RunFinished(
                epochs=2, best_epoch=2, validation_map=validation_map, stopped=False, skipped_images=0, seconds=2.0,
                top1=top1,
            )
        )  # fmt: skip
        write.close()
        annotated.apply(Changes(runs=True))
        return run

    return make
