import numpy as np
import pytest
from PySide6.QtCore import Qt

from core.recipes.catalogue import recipe
from gui.train.example_drawer import ExampleDrawer
from gui.train.example_strip import ExampleStrip
from gui.train.examples_panel import ExamplesPanel, _pictures

LONG = 20_000
PATHS = ("/photos/a.jpg", "/photos/b.jpg")


@pytest.fixture
def drawer(qtbot, qapp):
    one = ExampleDrawer()
    yield one
    one.close()


@pytest.fixture
def panel(qtbot, tmp_path):
    one = ExamplesPanel()
    qtbot.addWidget(one)
    one.resize(900, 200)
    one.set_images(PATHS, tmp_path / "examples")
    yield one
    one.close_project()


def test_examples_are_drawn_by_a_worker_whose_folder_goes_again(qtbot, drawer, pretend, tmp_path):
    pretend("learn")
    with qtbot.waitSignal(drawer.drawn, timeout=LONG) as drawn:
        drawer.ask(recipe("resnet18-224"), PATHS, folder=tmp_path / "examples")
    (images,) = drawn.args
    assert images.shape == (2, 5, 224, 224, 3)
    assert list((tmp_path / "examples").iterdir()) == []


def test_what_varies_nothing_else_is_not_drawn_again(qtbot, drawer, pretend, tmp_path):
    pretend("learn")
    with qtbot.waitSignal(drawer.drawn, timeout=LONG):
        drawer.ask(recipe("resnet18-224"), PATHS, folder=tmp_path)
    with qtbot.assertNotEmitted(drawer.started), qtbot.waitSignal(drawer.drawn):
        drawer.ask(recipe("resnet18-224").with_overrides(["epochs=3", "head=cosine"]), PATHS, folder=tmp_path)


def test_the_last_of_many_wishes_is_drawn(qtbot, drawer, pretend, tmp_path):
    pretend("learn")
    shapes = []
    drawer.drawn.connect(lambda images: shapes.append(images.shape[2]))
    for size in (32, 64, 96):
        drawer.ask(recipe("resnet18-224").with_overrides([f"size={size}"]), PATHS, folder=tmp_path)
    with qtbot.waitSignal(drawer.started):
        pass
    drawer.ask(recipe("resnet18-224").with_overrides(["size=128"]), PATHS, folder=tmp_path)
    qtbot.waitUntil(lambda: shapes == [128], timeout=LONG)


def test_a_worker_that_fails_is_told_in_the_strip(qtbot, panel, pretend):
    pretend("refuse")
    panel.set_automatic(True)
    panel.show_recipe(recipe("resnet18-224"))
    panel.show()
    qtbot.waitUntil(lambda: panel._strip.text() == "No image can be read. Look for them.", timeout=LONG)


def test_a_worker_that_dies_is_told(qtbot, drawer, pretend, tmp_path, monkeypatch):
    pretend("learn")
    monkeypatch.setattr("gui.train.trainer_thread.start", lambda folder: None)
    with qtbot.waitSignal(drawer.failed, timeout=LONG) as failed:
        drawer.ask(recipe("resnet18-224"), PATHS, folder=tmp_path)
    assert "before it was done" in str(failed.args[0])


def test_without_a_worker_kept_ready_a_button_asks_for_the_examples(qtbot, panel, pretend):
    pretend("learn")
    panel.show_recipe(recipe("resnet18-224"))
    panel.show()
    assert "Show examples" in panel._strip.text()
    with qtbot.waitSignal(panel.worker_ended, timeout=LONG):
        qtbot.mouseClick(panel._show, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel._strip.count() == 2)
    assert panel._strip.text() == ""
    # a change that varies nothing else keeps them, another one makes them void
    panel.show_recipe(recipe("resnet18-224").with_overrides(["epochs=3"]))
    assert panel._strip.count() == 2
    panel.show_recipe(recipe("resnet18-224").with_overrides(["cutout=1"]))
    assert panel._strip.count() == 0


def test_a_hidden_panel_draws_nothing_until_it_is_shown(qtbot, panel, pretend):
    pretend("learn")
    panel.set_automatic(True)
    panel.show_recipe(recipe("resnet18-224"))
    assert not panel._drawer._timer.isActive()
    panel.show()
    qtbot.waitUntil(lambda: panel._strip.count() == 2, timeout=LONG)


def test_others_are_varied_otherwise(qtbot, panel, pretend):
    pretend("learn")
    panel.set_automatic(True)
    panel.show_recipe(recipe("resnet18-224"))
    panel.show()
    qtbot.waitUntil(lambda: panel._strip.count() == 2, timeout=LONG)
    assert panel._show.text() == "Vary again"
    with qtbot.waitSignal(panel._drawer.drawn, timeout=LONG) as drawn:
        qtbot.mouseClick(panel._show, Qt.MouseButton.LeftButton)
    assert drawn.args[0][0, 0, 0, 0, 0] == 1
    qtbot.waitUntil(lambda: panel._strip._groups[0][0].toImage().pixelColor(0, 0).red() == 1)


def test_a_frozen_recipe_says_that_it_varies_nothing(panel):
    panel.set_automatic(True)
    panel.show_recipe(recipe("resnet18-frozen"))
    panel.show()
    assert "varies none" in panel._strip.text()
    assert not panel._drawer._timer.isActive()


def test_what_was_drawn_for_another_recipe_does_not_come_back_over_one_that_varies_nothing(qtbot, panel, pretend):
    pretend("learn")
    panel.set_automatic(True)
    panel.show_recipe(recipe("resnet18-224"))
    panel.show()
    with qtbot.waitSignal(panel._drawer.started, timeout=LONG):
        pass
    panel.show_recipe(recipe("resnet18-frozen"))
    with qtbot.waitSignal(panel._drawer.drawn, timeout=LONG):
        pass
    qtbot.wait(200)
    assert panel._strip.count() == 0
    assert "varies none" in panel._strip.text()


def test_blended_pictures_are_told_to_be_so(qtbot, panel, pretend):
    pretend("learn")
    panel.set_automatic(True)
    panel.show_recipe(recipe("resnet18-224").with_overrides(["mixup=0.5"]))
    panel.show()
    qtbot.waitUntil(lambda: panel._strip.count() == 2, timeout=LONG)
    assert panel._strip.caption().endswith("blended with another")
    panel.show_recipe(recipe("resnet18-224"))
    qtbot.waitUntil(lambda: not panel._strip.caption().endswith("blended with another"), timeout=LONG)


def test_as_many_images_are_seen_as_there_is_room_for(qtbot):
    strip = ExampleStrip()
    qtbot.addWidget(strip)
    strip.show_images(_pictures(np.zeros((3, 5, 64, 64, 3), np.uint8)))
    strip.resize(1400, 130)
    assert strip.count() == 3
    strip.resize(900, 130)
    assert strip.count() == 2
    strip.resize(500, 130)
    assert strip.count() == 1


def test_pictures_keep_their_pixels_and_are_made_small():
    image = np.zeros((1, 1, 640, 640, 3), np.uint8)
    image[..., 0] = 200
    ((picture,),) = _pictures(image)
    assert picture.width() == picture.height() == 208
    assert picture.pixelColor(100, 100).getRgb()[:3] == (200, 0, 0)
