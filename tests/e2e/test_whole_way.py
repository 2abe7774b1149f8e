"""A newcomer's first hour in the real window, with mouse and keyboard only: from photos to a file that decides."""

import csv
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, QSettings, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QSlider, QSpinBox, QWidget

from core.deploy.predict import Predictor
from core.evaluation.threshold_file import ThresholdSet
from core.labels import LabelState
from core.project.store import Store
from core.sample import draw_picture
from core.settings import Settings, save_settings, settings_path
from gui.export.probability_bars import ProbabilityBars
from gui.export.try_pane import DropPlace
from gui.label.labels.editor.label_editor import LabelEditor
from gui.main_window import MainWindow
from gui.shell.new_project import NewProjectDialog
from gui.train.recipe_card import RecipeCard

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

COUNT = 40
TRAINING_MS = 180_000
EXPORT_MS = 120_000


@pytest.fixture(scope="session")
def qapp_cls():
    from gui.app import make_application

    return lambda _arguments: make_application([])


@pytest.fixture
def window(qtbot, home, tmp_path):
    """The window of a person who starts the program for the first time."""
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path / "qsettings"))
    save_settings(Settings(warm_worker=False), settings_path())
    one = MainWindow()
    qtbot.addWidget(one, before_close_func=lambda window: window.shut_down())
    one.resize(1366, 768)
    one.show()
    qtbot.waitExposed(one)
    return one


def drawn_photos(folder: Path) -> tuple[tuple[str, str], list[set[str]]]:
    rng = np.random.default_rng(5)
    truth = []
    for number in range(COUNT):
        picture = draw_picture(rng)
        Image.fromarray(np.asarray(picture.image)).save(folder / f"photo {number:02d}.png")
        truth.append(set(picture.labels))
    return ("circle", "night sky"), truth


def real_photos(folder: Path) -> tuple[tuple[str, str], list[set[str]]]:
    source = Path(os.environ.get("MULTIHOT_TEST_DATA", "")) / "data" / "playing-cards"
    if not os.environ.get("MULTIHOT_TEST_DATA") or not source.is_dir():
        pytest.skip("no real photos: MULTIHOT_TEST_DATA does not name a folder with data/playing-cards")
    with (source / "labels.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))[:COUNT]
    for number, row in enumerate(rows):
        shutil.copy(source / "images" / row["filename"], folder / f"photo {number:02d}.jpg")
    return ("king", "ace"), [{label for label in ("king", "ace") if row[label] == "1"} for row in rows]


def named(parent: QWidget, kind: type, name: str):
    """The one visible widget with this text or accessible name, as a person or a screen reader finds it."""
    found = [
        one
        for one in parent.findChildren(kind)
        if one.isVisible() and name in (one.accessibleName(), one.text() if isinstance(one, QAbstractButton) else None)
    ]
    assert len(found) == 1, f"{len(found)} visible {kind.__name__} called {name!r}"
    return found[0]


@pytest.mark.parametrize("photos", [drawn_photos, pytest.param(real_photos, marks=pytest.mark.shared_data)])
def test_from_a_folder_of_photos_to_a_file_that_decides(qtbot, window, tmp_path, photos):
    folder, project, model = tmp_path / "photos", tmp_path / "project", tmp_path / "model.onnx"
    folder.mkdir()
    labels, truth = photos(folder)

    def click(widget: QWidget) -> None:
        qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)

    def press(key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        # the offscreen platform has no window manager to give the focus back after a dialog or a popup
        if QApplication.activeWindow() is None:
            window.activateWindow()
            qtbot.waitUntil(window.isActiveWindow)
        qtbot.keyClick(QApplication.focusWidget() or window, key, modifiers)

    def write(field: QWidget, text: str) -> None:
        click(field)
        qtbot.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        qtbot.keyClicks(field, text)

    # a new project from the folder
    click(named(window, QAbstractButton, "New project from a folder…"))
    (dialog,) = window.findChildren(NewProjectDialog)
    qtbot.waitUntil(dialog.isVisible)
    write(named(dialog, QLineEdit, "Folder of images"), str(folder))
    write(named(dialog, QLineEdit, "Folder of the project"), str(project))
    click(named(dialog, QAbstractButton, "Create project"))
    qtbot.waitUntil(lambda: window.session.has_project and len(window.session.store.paths) == COUNT, timeout=20_000)
    qtbot.waitUntil(lambda: window.session.current_image is not None)
    store = window.session.store

    # two labels
    for label in labels:
        press(Qt.Key.Key_N)
        qtbot.waitUntil(lambda: bool([one for one in window.findChildren(LabelEditor) if one.isVisible()]))
        qtbot.keyClicks(QApplication.focusWidget(), label)
        press(Qt.Key.Key_Return)
        qtbot.waitUntil(lambda label=label: label in [one.name for one in store.labels])
        qtbot.waitUntil(lambda: not [one for one in window.findChildren(LabelEditor) if one.isVisible()])

    # every image: a key for each label it has, then Enter for "the rest are absent"
    for present in truth:
        for key, label in zip((Qt.Key.Key_1, Qt.Key.Key_2), labels, strict=True):
            if label in present:
                press(key)
        press(Qt.Key.Key_Return)
    expected = [
        [LabelState.PRESENT if label in present else LabelState.ABSENT for label in labels] for present in truth
    ]
    assert store.states.tolist() == expected
    assert store.reviewed.all()

    # a slip on the whole selection, taken back in one step
    press(Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    press(Qt.Key.Key_1)
    assert store.states.tolist() != expected
    press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert store.states.tolist() == expected

    # train the smallest recipe for a few epochs
    press(Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    train = window.workspace("train")
    cards = {}
    qtbot.waitUntil(
        lambda: cards.update({one.toolTip(): one for one in train.findChildren(RecipeCard)}) or "sample-tiny" in cards
    )
    click(cards["sample-tiny"])
    click(named(train, QAbstractButton, "Show the settings"))
    write(train.findChild(QSpinBox), "4")
    press(Qt.Key.Key_Tab)
    button = named(train, QAbstractButton, "Train")
    qtbot.waitUntil(button.isEnabled, timeout=10_000)
    click(button)
    qtbot.waitUntil(lambda: bool(store.runs()), timeout=20_000)
    (run,) = store.runs()
    qtbot.waitUntil(
        lambda: (run.folder / "predictions.npz").exists() and not window.session.jobs.items(), timeout=TRAINING_MS
    )

    # move the threshold of the first label; it is saved with the run
    press(Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    inspect = window.workspace("inspect")
    qtbot.waitUntil(lambda: named(inspect, QSlider, "Threshold").isEnabled(), timeout=20_000)
    slider = named(inspect, QSlider, "Threshold")
    click(slider)
    qtbot.keyClick(slider, Qt.Key.Key_Home)
    for _ in range(25):
        qtbot.keyClick(slider, Qt.Key.Key_Right)

    def saved() -> float:
        return float(ThresholdSet.load(run.folder / "thresholds.json").values[0])

    qtbot.waitUntil(lambda: saved() == pytest.approx(0.025), timeout=5_000)

    # export, and try an image on the file
    press(Qt.Key.Key_4, Qt.KeyboardModifier.ControlModifier)
    export = window.workspace("export")
    qtbot.waitUntil(lambda: named(export, QAbstractButton, "Export").isEnabled(), timeout=20_000)
    write(named(export, QLineEdit, "File to write"), str(model))
    click(named(export, QAbstractButton, "Export"))
    qtbot.waitUntil(lambda: model.exists() and not window.session.jobs.items(), timeout=EXPORT_MS)
    predictor = Predictor(model)
    assert tuple(predictor.label_names) == labels
    assert predictor.thresholds[0] == pytest.approx(0.025)
    place = export.findChild(DropPlace)
    qtbot.waitUntil(place.isEnabled)
    image = next(folder.iterdir())
    drop(place, image)
    bars = export.findChild(ProbabilityBars)
    qtbot.waitUntil(lambda: bars.sizeHint().height() > 0, timeout=60_000)
    (prediction,) = predictor.predict([image])
    decided = {label for label, present in zip(labels, prediction.present, strict=True) if present}
    assert set(bars.accessibleName().split(", ")) == (decided or {"no label"})

    # what was made is there the next time
    window.session.close()
    with Store.open(project) as again:
        assert again.states.tolist() == expected
        assert [one.id for one in again.runs()] == [run.id]


def drop(place: QWidget, file: Path) -> None:
    """Drag a file from a file manager onto a widget."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    middle = place.rect().center()
    copy, none = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(middle), copy, data, Qt.MouseButton.LeftButton, none)
    QApplication.sendEvent(place, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(place, QDropEvent(QPointF(middle), copy, data, Qt.MouseButton.LeftButton, none))
