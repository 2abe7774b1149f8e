import time

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtWidgets import QApplication

from core.project.files.scan import scan_folder
from gui.widgets.canvas import Canvas, levels_of


def test_thumbnails_come_without_the_window_waiting_for_them(window, label, qtbot):
    ids = window.session.store.image_ids.tolist()
    qtbot.waitUntil(lambda: all(window.session.thumbnails.pixmap(one, 100) for one in ids))
    qtbot.waitUntil(window.session.thumbnails.is_idle)


def test_a_double_click_opens_the_loupe_and_escape_the_grid(label, qtbot):
    place = label.grid.visualRect(label.model.index(3)).center()
    qtbot.mouseClick(label.grid.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(label.grid.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert label.has_loupe()
    qtbot.waitUntil(lambda: label.loupe.canvas._size == QSize(64, 48))
    qtbot.keyClick(label.loupe.canvas, Qt.Key.Key_Escape)
    assert not label.has_loupe()


def test_ctrl_click_and_shift_click_choose_several(label, qtbot):
    def click(row, modifier):
        place = label.grid.visualRect(label.model.index(row)).center()
        qtbot.mouseClick(label.grid.viewport(), Qt.MouseButton.LeftButton, modifier, place)

    click(0, Qt.KeyboardModifier.NoModifier)
    click(3, Qt.KeyboardModifier.ShiftModifier)
    click(1, Qt.KeyboardModifier.ControlModifier)
    assert label.grid.selected_rows().tolist() == [0, 2, 3]
    assert len(label.annotator.targets) == 3


def test_an_unreadable_image_gets_a_badge_with_its_sentence(window, label, qtbot):
    store = window.session.store
    store.image_path(int(store.image_ids[2])).write_bytes(b"")
    window.session.close()
    window.open_project(store.folder)
    image_id = int(window.session.store.image_ids[2])
    qtbot.waitUntil(lambda: window.session.thumbnails.problem(image_id) is not None)
    sentence = window.session.thumbnails.problem(image_id)
    assert sentence in label.model.data(label.model.index(2), Qt.ItemDataRole.ToolTipRole)
    window.session.show_in_label([image_id])
    qtbot.waitUntil(lambda: label.loupe._stack.currentWidget() is label.loupe._problem)
    assert image_id in window.session.store.problems
    label.filter_bar.field.setText("unreadable")
    qtbot.waitUntil(lambda: label.model.rows.tolist() == [2])


def test_an_image_that_was_mended_loses_its_badge(window, label, qtbot):
    store = window.session.store
    image_id = int(store.image_ids[2])
    path = store.image_path(image_id)
    good = path.read_bytes()
    store.set_image_facts(image_id, width=0, height=0, problem="It is empty.")
    window.session.close()
    path.write_bytes(good)
    window.open_project(store.folder)
    assert image_id in window.session.store.problems
    qtbot.waitUntil(lambda: image_id not in window.session.store.problems)


def test_new_images_appear_behind_the_others_and_the_current_one_stays(window, label, draw_images, tmp_path):
    label.grid.go_to(4)
    more = draw_images(tmp_path / "more", 5)
    window.session.apply(window.session.store.add_images(more, scan_folder(more)))
    assert label.model.rowCount() == 17
    assert label.grid.currentIndex().row() == 4


def test_thumbnail_size_changes_by_wheel_and_is_kept(window, label, qtbot):
    window.resize(1600, 800)
    before = label.grid.cell_size().width()
    window.commands["view.zoom_in"].trigger()
    window.commands["view.zoom_in"].trigger()
    assert label.grid.cell_size().width() > before
    assert window.session.settings.thumbnail_size == 224


def test_an_empty_project_says_how_to_add_images(window, qtbot, tmp_path):
    window.session.create(tmp_path / "empty")
    label = window.workspace("label")
    assert label.showing.page() is label.showing.no_images
    assert "Ctrl+U" in label.showing.no_images._text.text()


@pytest.fixture
def canvas(qtbot):
    one = Canvas()
    qtbot.addWidget(one)
    one.resize(416, 316)
    one.show()
    one.set_picture(levels_of(QImage(800, 600, QImage.Format.Format_RGB32)), QSize(800, 600), keep_view=False)
    return one


def test_a_picture_fits_and_z_shows_its_pixels(canvas):
    assert canvas.zoom() == pytest.approx(0.5)
    canvas.toggle_zoom()
    assert canvas.zoom() == 1.0
    canvas.toggle_zoom()
    assert canvas.is_fitted()


def test_the_wheel_zooms_at_the_cursor(canvas):
    at = QPointF(100, 80)

    def under_cursor():
        target = canvas._target()
        return (at.x() - target.left()) / target.width(), (at.y() - target.top()) / target.height()

    before = under_cursor()
    for _ in range(6):
        canvas.wheelEvent(
            QWheelEvent(
                at, canvas.mapToGlobal(at), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
                Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
            )
        )  # fmt: skip
    assert canvas.zoom() > 1.5
    assert under_cursor() == pytest.approx(before, abs=0.01)


def test_dragging_pans_but_not_beyond_the_picture(canvas, qtbot):
    canvas.zoom_actual()
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(200, 150))
    qtbot.mouseMove(canvas, QPoint(250, 170))
    qtbot.mouseMove(canvas, QPoint(2000, 170))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton)
    assert canvas._target().left() == pytest.approx(0)


def test_large_pictures_are_painted_from_a_copy_near_in_size():
    levels = levels_of(QImage(8000, 6000, QImage.Format.Format_RGB32))
    assert [one.width() for one in levels] == [8000, 4000, 2000]


def test_five_thousand_images_hold_the_window_up_for_no_key(qtbot, window, label, tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    Image.fromarray(np.zeros((32, 32, 3), np.uint8)).save(folder / "0.png")
    for number in range(1, 5000):
        (folder / f"{number}.png").hardlink_to(folder / "0.png")
    window.session.apply(window.session.store.add_images(folder, scan_folder(folder)))
    QApplication.processEvents()
    took = {}
    for key in ("1", "2", Qt.Key.Key_Space, Qt.Key.Key_Right, Qt.Key.Key_PageDown, Qt.Key.Key_End):
        start = time.process_time()
        qtbot.keyClick(label.grid, key)
        QApplication.processEvents()
        took[key] = time.process_time() - start
    # processor time, so that other programs do not count; threads that decode do, hence more than the goal of 50 ms
    assert max(took.values()) < 0.25, took
