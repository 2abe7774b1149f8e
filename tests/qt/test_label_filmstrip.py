import pytest

from core.project.files.scan import scan_folder


@pytest.fixture
def strip(window, label, tmp_path, draw_images):
    images = draw_images(tmp_path / "many", 40)
    window.session.apply(window.session.store.add_images(images, scan_folder(images)))
    window.commands["view.loupe"].trigger()
    return label.loupe._strip


def offset_from_middle(strip):
    return abs(strip.visualRect(strip.currentIndex()).center().x() - strip.viewport().width() // 2)


def test_the_current_image_stays_in_the_middle(window, label, strip, qtbot):
    label.grid.go_to(20)
    qtbot.waitUntil(lambda: offset_from_middle(strip) <= 46)
    window.commands["image.next"].trigger()
    assert strip.currentIndex().row() == 21
    qtbot.wait(50)
    assert offset_from_middle(strip) <= 46


def test_the_current_image_is_in_the_middle_when_the_loupe_is_opened_again(window, label, strip, qtbot):
    window.commands["view.grid"].trigger()
    label.grid.go_to(25)
    window.commands["view.loupe"].trigger()
    qtbot.waitUntil(lambda: offset_from_middle(strip) <= 46)
