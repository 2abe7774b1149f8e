"""Looking at images turned, brighter, with more contrast: seen, said, and nowhere written."""

import hashlib
import threading

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from core.project.files.scan import scan_folder
from core.project.store import Store
from gui import background
from gui.widgets.canvas import Canvas, levels_of, load_levels
from gui.widgets.look import Look, lookup_table, shown

CTRL = Qt.KeyboardModifier.ControlModifier
QUARTERS = ("red", "lime", "blue", "yellow")


def quarters(width=400, height=200):
    """Red and lime above, blue and yellow below."""
    image = QImage(width, height, QImage.Format.Format_RGB32)
    for place, name in enumerate(QUARTERS):
        for x in range(width // 2):
            for y in range(height // 2):
                image.setPixelColor(x + place % 2 * width // 2, y + place // 2 * height // 2, QColor(name))
    return image


@pytest.fixture
def canvas(qtbot):
    one = Canvas()
    qtbot.addWidget(one)
    one.resize(416, 416)
    one.show()
    one.set_picture([quarters()], QSize(400, 200), keep_view=False)
    return one


def seen(canvas, x, y):
    return canvas.grab().toImage().pixelColor(QPoint(x, y)).name()


def corners(canvas):
    """Colours in the four quarters of the picture as it is seen."""
    target = canvas._target()
    places = [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)]
    return [
        seen(canvas, round(target.left() + x * target.width()), round(target.top() + y * target.height()))
        for x, y in places
    ]


@pytest.mark.parametrize(
    ("turns", "order"),
    [(0, (0, 1, 2, 3)), (1, (2, 0, 3, 1)), (2, (3, 2, 1, 0)), (3, (1, 3, 0, 2))],
)
def test_the_view_turns_clockwise_by_quarters(canvas, turns, order):
    canvas.set_look(Look(turns=turns))
    assert corners(canvas) == [QColor(QUARTERS[one]).name() for one in order]
    size = canvas._target().size()
    assert (size.width() < size.height()) == bool(turns % 2)


def test_zoomed_in_the_same_place_stays_in_the_middle_while_the_view_turns(canvas, qtbot):
    canvas.zoom_by(4)
    # to the middle of the upper left quarter
    canvas.pan(-1.0, -0.5)
    assert seen(canvas, 208, 208) == QColor("red").name()
    for turns in (1, 2, 3, 0):
        canvas.set_look(Look(turns=turns))
        assert seen(canvas, 208, 208) == QColor("red").name()


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_an_overlay_turns_with_the_picture(canvas, turns):
    white = QImage(400, 200, QImage.Format.Format_RGB32)
    white.fill(Qt.GlobalColor.white)
    canvas.set_picture([white], QSize(400, 200), keep_view=False)
    canvas.set_overlay(quarters(40, 20))
    canvas.set_look(Look(turns=turns))
    over = corners(canvas)
    canvas.set_overlay(None)
    canvas.set_picture([quarters()], QSize(400, 200), keep_view=False)
    assert corners(canvas) == over


def test_the_table_keeps_black_and_white_and_never_falls():
    assert lookup_table(0, 0) == bytes(range(256))
    for brightness in (-100, -30, 40, 100):
        table = np.frombuffer(lookup_table(brightness, 0), np.uint8)
        assert (table[0], table[255]) == (0, 255)
        assert np.all(np.diff(table.astype(int)) >= 0)
        assert (table[128] > 128) == (brightness > 0)
    strong = np.frombuffer(lookup_table(0, 60), np.uint8)
    assert strong[60] < 60 < 200 < strong[200]


def test_every_pixel_is_looked_up_and_stays_opaque():
    generator = np.random.default_rng(3)
    pixels = generator.integers(0, 256, (37, 53, 4), np.uint8)
    pixels[..., 3] = 255
    image = QImage(pixels.tobytes(), 53, 37, 4 * 53, QImage.Format.Format_RGB32).copy()
    changed = shown(image, Look(brightness=25, contrast=-40))
    table = np.frombuffer(lookup_table(25, -40), np.uint8)
    wanted = table[pixels]
    wanted[..., 3] = 255
    got = np.frombuffer(changed.constBits(), np.uint8).reshape(37, 53, 4)
    assert np.array_equal(got, wanted)


def test_ctrl_and_arrow_keys_move_a_picture_that_is_larger_than_the_window(canvas, qtbot):
    before = canvas._target().topLeft()
    qtbot.keyClick(canvas, Qt.Key.Key_Right, CTRL)
    assert canvas._target().topLeft() == before
    canvas.zoom_by(8)
    for key, axis, sign in (
        (Qt.Key.Key_Right, "x", -1), (Qt.Key.Key_Left, "x", 1), (Qt.Key.Key_Down, "y", -1), (Qt.Key.Key_Up, "y", 1),
    ):  # fmt: skip
        before = getattr(canvas._target().topLeft(), axis)()
        with qtbot.waitSignal(canvas.view_moved):
            qtbot.keyClick(canvas, key, CTRL)
        assert (getattr(canvas._target().topLeft(), axis)() - before) * sign > 30
    for _ in range(60):
        qtbot.keyClick(canvas, Qt.Key.Key_Left, CTRL)
    assert canvas._target().left() == pytest.approx(0)


def test_beyond_three_hundred_percent_pixels_are_squares(qtbot):
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.resize(416, 416)
    canvas.show()
    image = QImage(400, 400, QImage.Format.Format_RGB32)
    for x in range(400):
        for y in range(400):
            image.setPixelColor(x, y, QColor("black" if (x + y) % 2 else "white"))
    canvas.set_picture([image], QSize(400, 400), keep_view=False)
    canvas.zoom_by(8)
    for look in (Look(), Look(turns=1, contrast=5)):
        canvas.set_look(look)
        picture = canvas.grab().toImage()
        colors = {picture.pixelColor(x, 200).name() for x in range(100, 300)}
        assert colors == {"#000000", "#ffffff"}


def test_a_large_picture_is_painted_from_the_same_copy_whatever_the_look(canvas):
    big = QImage(5000, 3000, QImage.Format.Format_RGB32)
    big.fill(Qt.GlobalColor.gray)
    canvas.set_picture(levels_of(big), QSize(5000, 3000), keep_view=False)
    for look in (Look(), Look(turns=1), Look(contrast=50)):
        canvas.set_look(look)
        middle = canvas.grab().toImage().pixelColor(208, 208)
        assert middle.red() == lookup_table(look.brightness, look.contrast)[160]


# in the loupe


@pytest.fixture
def loupe(window, label, qtbot):
    label.grid.go_to(2)
    window.commands["view.loupe"].trigger()
    one = label.loupe
    qtbot.waitUntil(lambda: one._shown in one._decoded)
    qtbot.waitUntil(one.canvas.hasFocus)
    return one


def fingerprints(window):
    store = window.session.store
    files = [store.image_path(int(one)) for one in store.image_ids]
    return [hashlib.sha256(one.read_bytes()).hexdigest() for one in files]


def test_the_panel_is_worked_by_keys_and_no_file_is_touched(window, loupe, qtbot):
    before = fingerprints(window)
    rows = window.session.store.states.copy()
    loupe.toggle_look()
    panel = loupe.look_panel
    qtbot.waitUntil(panel.brightness.hasFocus)
    qtbot.keyClick(panel.brightness, Qt.Key.Key_Right)
    assert loupe.looks.look.brightness == 5
    qtbot.keyClick(panel.brightness, Qt.Key.Key_End)
    assert loupe.looks.look.brightness == 100
    qtbot.keyClick(panel.brightness, Qt.Key.Key_Tab)
    assert panel.contrast.hasFocus()
    qtbot.keyClick(panel.contrast, Qt.Key.Key_PageDown)
    assert loupe.looks.look.contrast == -25
    image = window.session.current_image
    for button, turns in ((panel.left, 3), (panel.right, 0), (panel.right, 1)):
        button.setFocus()
        # the window uses Space and Return to go on
        qtbot.keyClick(button, Qt.Key.Key_Space if turns else Qt.Key.Key_Return)
        assert loupe.looks.look.turns == turns
    assert window.session.current_image == image
    panel.reset.setFocus()
    qtbot.keyClick(panel.reset, Qt.Key.Key_Space)
    assert loupe.looks.look.is_plain
    assert (panel.brightness.value(), panel.contrast.value()) == (0, 0)
    assert window.session.current_image == image
    qtbot.keyClick(panel.brightness, Qt.Key.Key_Escape)
    assert panel.isHidden()
    assert loupe.canvas.hasFocus()
    assert label_page_is_loupe(window)
    assert fingerprints(window) == before
    assert np.array_equal(window.session.store.states, rows)


def label_page_is_loupe(window):
    return window.workspace("label").has_loupe()


def test_the_look_stays_from_image_to_image_and_the_badge_says_so_until_it_is_pressed(window, loupe, qtbot):
    badge = loupe._badge
    assert badge.isHidden()
    loupe.looks.rotate(1)
    loupe.looks.set_contrast(30)
    assert badge.isVisible()
    assert "rotated right" in badge.accessibleDescription()
    assert "contrast +30" in badge.toolTip()
    qtbot.keyClick(loupe.canvas, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: loupe._shown in loupe._decoded)
    assert loupe.canvas._look == Look(turns=1, contrast=30)
    size = loupe.canvas._target().size()
    assert size.height() > size.width()
    qtbot.mouseClick(badge, Qt.MouseButton.LeftButton)
    assert loupe.canvas._look == Look()
    assert badge.isHidden()


def test_return_on_the_badge_resets_and_says_nothing_of_labels(window, loupe, qtbot):
    loupe.looks.rotate(2)
    loupe._badge.setFocus()
    image = window.session.current_image
    qtbot.keyClick(loupe._badge, Qt.Key.Key_Return)
    assert loupe.looks.look.is_plain
    assert loupe.canvas.hasFocus()
    assert window.session.current_image == image
    assert not window.session.store.reviewed.any()


def test_thumbnails_do_not_turn_with_the_view(window, loupe, qtbot):
    image = window.session.current_image
    qtbot.waitUntil(lambda: window.session.thumbnails.pixmap(image, 128) is not None)
    before = window.session.thumbnails.pixmap(image, 128).size()
    loupe.looks.rotate(1)
    assert window.session.thumbnails.pixmap(image, 128).size() == before


def test_another_project_is_seen_as_it_is(window, loupe):
    loupe.looks.rotate(1)
    window.session.close()
    assert loupe.looks.look.is_plain


def test_ctrl_arrows_move_the_picture_and_plain_ones_go_on(window, loupe, qtbot):
    image = window.session.current_image
    loupe.canvas.zoom_by(40)
    before = loupe.canvas._target().left()
    qtbot.keyClick(loupe.canvas, Qt.Key.Key_Right, CTRL)
    assert loupe.canvas._target().left() < before
    assert window.session.current_image == image
    qtbot.keyClick(loupe.canvas, Qt.Key.Key_Right)
    assert window.session.current_image != image


def test_right_to_left_the_left_arrow_goes_on(window, loupe, qtbot):
    image = window.session.current_image
    QApplication.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    try:
        qtbot.keyClick(loupe.canvas, Qt.Key.Key_Left)
    finally:
        QApplication.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
    assert window.session.current_image == image + 1


def test_an_image_that_cannot_be_shown_keeps_the_keys(window, label, loupe, qtbot, tmp_path):
    store = window.session.store
    # not the next one, which is decoded ahead
    store.image_path(int(store.image_ids[6])).write_bytes(b"broken")
    label.grid.go_to(6)
    qtbot.waitUntil(lambda: loupe._stack.currentWidget() is loupe._problem)
    assert loupe._problem.hasFocus()
    qtbot.keyClick(loupe._problem, Qt.Key.Key_Right)
    assert window.session.current_image == int(store.image_ids[7])
    assert loupe.canvas.hasFocus()


def test_the_thumbnail_is_seen_until_the_image_is_decoded(window, label, qtbot, tmp_path, monkeypatch):
    folder = tmp_path / "big"
    folder.mkdir()
    Image.fromarray(np.zeros((2000, 3000, 3), np.uint8)).save(folder / "big.png")
    window.session.apply(window.session.store.add_images(folder, scan_folder(folder)))
    monkeypatch.setattr("gui.label.images.loupe.loupe.background.run", lambda *_arguments, **_words: None)
    label.grid.go_to(label.model.rowCount() - 1)
    window.commands["view.loupe"].trigger()
    qtbot.waitUntil(lambda: bool(label.loupe.canvas._levels))
    assert label.loupe.canvas._levels[0].width() <= 640
    assert label.loupe._shown not in label.loupe._decoded


def test_the_next_image_is_decoded_once_though_it_is_asked_for_meanwhile(window, label, loupe, qtbot, monkeypatch):
    asked = []
    gate = threading.Event()

    def slow(path):
        asked.append(path.name)
        gate.wait(10)
        return load_levels(path)

    monkeypatch.setattr("gui.label.images.loupe.loupe.load_levels", slow)
    loupe._decoded.clear()
    loupe._ahead = None
    gate.set()
    label.grid.go_to(6)
    qtbot.waitUntil(lambda: "image 06.png" in asked and loupe._shown in loupe._decoded)
    qtbot.waitUntil(lambda: "image 07.png" in asked)
    qtbot.waitUntil(lambda: loupe._ahead is None)
    gate.clear()
    qtbot.keyClick(loupe.canvas, Qt.Key.Key_Right)
    # 07 was there, and 08 is being decoded ahead
    qtbot.waitUntil(lambda: "image 08.png" in asked)
    qtbot.keyClick(loupe.canvas, Qt.Key.Key_Right)
    assert loupe._shown not in loupe._decoded
    gate.set()
    qtbot.waitUntil(lambda: loupe._shown in loupe._decoded)
    assert loupe.canvas._levels is loupe._decoded[loupe._shown]
    assert asked.count("image 08.png") == 1


def test_brackets_turn_and_keys_open_the_panels(window, loupe, qtbot):
    qtbot.keyClick(loupe.canvas, "]")
    assert loupe.looks.look.turns == 1
    qtbot.keyClick(loupe.canvas, "[")
    qtbot.keyClick(loupe.canvas, "[")
    assert loupe.looks.look.turns == 3
    window.commands["view.reset_look"].trigger()
    assert loupe.looks.look.is_plain
    qtbot.keyClick(loupe.canvas, "i")
    assert loupe.facts_panel.isVisible()
    qtbot.keyClick(loupe.canvas, "i")
    assert loupe.facts_panel.isHidden()
    window.commands["view.look"].trigger()
    assert loupe.look_panel.brightness.hasFocus()


def test_the_panel_says_the_keys_as_they_are_now(loupe):
    loupe.look_panel.show_keys("[", "")
    assert loupe.look_panel.left.toolTip() == "Rotate the view left ([)"
    assert loupe.look_panel.right.toolTip() == "Rotate the view right"


def test_only_two_large_images_are_kept(window, label, loupe, qtbot, monkeypatch):
    monkeypatch.setattr("gui.label.images.loupe.loupe.KEPT_BYTES", 1000)
    for row in (3, 4, 5):
        label.grid.go_to(row)
        qtbot.waitUntil(lambda: loupe._shown in loupe._decoded and loupe._ahead is None)
    assert len(loupe._decoded) == 2
    window.commands["view.grid"].trigger()
    assert list(loupe._decoded) == [loupe._shown]


def other_project(draw_images, tmp_path):
    folder = tmp_path / "other"
    with Store.create(folder) as store:
        images = draw_images(tmp_path / "other photos", 3)
        store.add_images(images, scan_folder(images))
    return folder


def test_an_image_decoded_for_the_project_before_is_none_of_the_next(
    window, label, loupe, qtbot, monkeypatch, draw_images, tmp_path
):
    gate, began = threading.Event(), threading.Event()

    def slow(path):
        began.set()
        gate.wait(10)
        return [quarters(1000, 500)]

    monkeypatch.setattr("gui.label.images.loupe.loupe.load_levels", slow)
    loupe._decoded.clear()
    label.grid.go_to(0)
    qtbot.waitUntil(began.is_set)
    monkeypatch.undo()
    window.open_project(other_project(draw_images, tmp_path))
    gate.set()
    assert background.wait(5000)
    QApplication.processEvents()
    assert all(levels[0].width() < 1000 for levels in loupe._decoded.values())
    assert 1000 not in window.session.store.widths


def test_a_file_that_changed_is_decoded_again(window, loupe, qtbot):
    store, image_id = window.session.store, loupe._shown
    Image.new("RGB", (300, 200), "red").save(store.image_path(image_id))
    window.session.thumbnails.forget([image_id, image_id + 1])
    assert image_id not in loupe._decoded
    qtbot.waitUntil(lambda: image_id in loupe._decoded)
    assert loupe.canvas._levels[0].width() == 300


def test_a_bug_while_decoding_says_nothing_of_the_image(window, label, loupe, qtbot, monkeypatch):
    monkeypatch.setattr("sys.excepthook", lambda *_: None)
    monkeypatch.setattr("gui.label.images.loupe.loupe.load_levels", lambda path: 1 / 0)
    label.grid.go_to(8)
    qtbot.waitUntil(lambda: loupe._stack.currentWidget() is loupe._problem)
    assert not window.session.store.problems


def test_arrow_keys_stay_within_the_panel(window, label, qtbot):
    label.showing.show("loupe")
    qtbot.keyClick(label.loupe.canvas, "l")
    panel = label.loupe.look_panel
    label.loupe.looks.set_contrast(20)
    panel.left.setFocus()
    seen = []
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Up):
        qtbot.keyClick(QApplication.focusWidget(), key)
        seen.append(QApplication.focusWidget())
    assert seen == [panel.right, panel.reset, panel.reset, panel.right, panel.left]


def test_where_two_panels_do_not_fit_the_one_that_is_open_gives_way(window, label, qtbot):
    label.showing.show("loupe")
    loupe = label.loupe
    for height, both in ((1000, True), (500, False)):
        window.resize(1300, height)
        qtbot.waitUntil(lambda height=height: window.height() == height)
        for one in (loupe.look_panel, loupe.facts_panel):
            one.close_panel()
        qtbot.keyClick(loupe.canvas, "i")
        qtbot.keyClick(loupe.canvas, "l")
        assert loupe.look_panel.isVisible()
        assert loupe.facts_panel.isVisible() == both
        assert loupe.look_panel.brightness.hasFocus()
        assert loupe.look_panel.height() >= loupe.look_panel.minimumSizeHint().height()
