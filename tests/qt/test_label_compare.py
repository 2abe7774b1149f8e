"""Two to four images side by side."""

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from core.labels import LabelState
from core.project.files.scan import scan_folder
from gui.label.images.compare.compare import Compare
from gui.label.images.compare.compare_cells import best_shape
from gui.widgets.look import Look


@pytest.fixture
def compare(label, window, qtbot):
    """The page beside the workspace's grid, connected as the workspace connects it."""
    one = Compare(window.session, label.model, label.grid)
    qtbot.addWidget(one)
    one.resize(1000, 600)
    one.current_wanted.connect(lambda image_id: setattr(window.session, "current_image", image_id))
    return one


def ids(window):
    return window.session.store.image_ids.tolist()


def select(window, label, rows):
    """Click in the grid, with Ctrl from the second on; the last one is current."""
    label.grid.go_to(rows[0])
    for row in rows[1:]:
        selected = [*label.grid.selected_rows().tolist(), row]
        assert row not in selected[:-1]
        select_row(label, row)
    assert label.grid.selected_rows().tolist() == sorted(rows)
    window.session.current_image = ids(window)[rows[0]]


def select_row(label, row):
    from PySide6.QtCore import QItemSelectionModel

    label.grid.selectionModel().select(label.model.index(row), QItemSelectionModel.SelectionFlag.Select)


def open_page(compare, qtbot):
    compare.show()
    qtbot.waitExposed(compare)
    compare.activateWindow()
    qtbot.waitUntil(compare.isActiveWindow)
    compare.set_active(True)
    qtbot.waitUntil(lambda: all(compare._pictures.get(one) is not None for one in compare.image_ids()))


def shown(compare):
    return [tile.image_id for tile in compare.tiles if tile.isVisible()]


def key(qtbot, key, modifier=Qt.KeyboardModifier.NoModifier):
    qtbot.keyClick(QApplication.focusWidget(), key, modifier)


@pytest.mark.parametrize("count", [2, 3, 4])
def test_the_selected_images_are_side_by_side_and_the_current_one_is_framed(window, label, compare, qtbot, count):
    rows = [1, 3, 4, 7][:count]
    select(window, label, rows)
    open_page(compare, qtbot)
    assert shown(compare) == [ids(window)[row] for row in rows]
    assert [tile.is_current() for tile in compare.tiles[:count]] == [True] + [False] * (count - 1)
    assert compare.tiles[0].canvas.hasFocus()
    assert "current" in compare.tiles[0].canvas.accessibleName()
    assert compare.tiles[1].canvas.accessibleName() == "image 03.png"
    # the frame is seen without colours: it is thicker
    first, second = (tile.grab().toImage().pixelColor(2, 60) for tile in compare.tiles[:2])
    assert first != second


def test_one_selected_image_is_beside_the_next_and_arrows_walk_along_all(window, label, compare, qtbot):
    select(window, label, [3])
    open_page(compare, qtbot)
    all_ids = ids(window)
    assert shown(compare) == all_ids[3:5]
    key(qtbot, Qt.Key.Key_Right)
    assert (compare.current, shown(compare)) == (all_ids[4], all_ids[3:5])
    key(qtbot, Qt.Key.Key_Right)
    assert (compare.current, shown(compare)) == (all_ids[5], all_ids[4:6])
    key(qtbot, Qt.Key.Key_Left)
    key(qtbot, Qt.Key.Key_Left)
    assert (compare.current, shown(compare)) == (all_ids[3], all_ids[3:5])
    assert compare.tiles[0].canvas.hasFocus()


def test_the_last_image_is_beside_the_one_before(window, label, compare, qtbot):
    select(window, label, [11])
    open_page(compare, qtbot)
    assert shown(compare) == ids(window)[10:12]
    assert compare.current == ids(window)[11]


def test_of_more_than_four_those_around_the_current_are_seen_and_arrows_page(window, label, compare, qtbot):
    select(window, label, [5, 0, 1, 2, 3, 4])
    open_page(compare, qtbot)
    all_ids = ids(window)
    # four of six, with the current one
    assert shown(compare) == all_ids[2:6]
    assert compare.current == all_ids[5]
    assert "3 to 6 of 6" in compare._header._place.text()
    for _ in range(4):
        key(qtbot, Qt.Key.Key_Left)
    assert (compare.current, shown(compare)) == (all_ids[1], all_ids[:4])
    for _ in range(3):
        key(qtbot, Qt.Key.Key_Right)
    assert (compare.current, shown(compare)) == (all_ids[4], all_ids[2:6])
    assert not compare.step(2)
    assert compare.step(1)
    assert compare.current == all_ids[5]


def test_up_and_down_go_between_the_rows(window, label, compare, qtbot):
    select(window, label, [0, 1, 2])
    compare.resize(700, 700)
    open_page(compare, qtbot)
    compare._cells.columns = 2
    key(qtbot, Qt.Key.Key_Down)
    assert compare.current == ids(window)[2]
    key(qtbot, Qt.Key.Key_Up)
    assert compare.current == ids(window)[0]
    key(qtbot, Qt.Key.Key_Right)
    # there is nothing below the second one
    key(qtbot, Qt.Key.Key_Down)
    assert compare.current == ids(window)[1]


def test_a_click_and_tab_make_another_image_current(window, label, compare, qtbot):
    select(window, label, [0, 1, 2])
    open_page(compare, qtbot)
    all_ids = ids(window)
    with qtbot.waitSignal(compare.current_wanted) as wanted:
        qtbot.mouseClick(compare.tiles[2].canvas, Qt.MouseButton.LeftButton)
    assert wanted.args == [all_ids[2]]
    assert window.session.current_image == all_ids[2]
    with qtbot.waitSignal(compare.current_wanted) as wanted:
        key(qtbot, Qt.Key.Key_Tab, Qt.KeyboardModifier.ShiftModifier)
    assert wanted.args == [all_ids[1]]
    assert compare.tiles[1].is_current()
    with qtbot.waitSignal(compare.current_wanted) as wanted:
        key(qtbot, Qt.Key.Key_Tab)
    assert wanted.args == [all_ids[2]]
    # a click on the name or a label too
    with qtbot.waitSignal(compare.current_wanted) as wanted:
        qtbot.mouseClick(compare.tiles[0], Qt.MouseButton.LeftButton, pos=QPoint(20, 8))
    assert wanted.args == [all_ids[0]]


def test_escape_wants_the_grid_back(window, label, compare, qtbot):
    select(window, label, [0, 1])
    open_page(compare, qtbot)
    with qtbot.waitSignal(compare.closed):
        key(qtbot, Qt.Key.Key_Escape)


def test_labels_that_not_all_have_are_outlined_and_said(window, label, compare, qtbot):
    store = window.session.store
    ace, king, red = (one.id for one in store.labels)
    first, second, _third = ids(window)[:3]
    store.set_states([first, second], {ace: LabelState.PRESENT})
    store.set_states([first], {red: LabelState.PRESENT})
    select(window, label, [0, 1])
    open_page(compare, qtbot)

    def outlined():
        return [{one.label.name: one.outlined for one in tile.chips.infos()} for tile in compare.tiles[:2]]

    assert outlined() == [{"ace": False, "red card": True}, {"ace": False}]
    assert compare._header.words() == "Different: red card"
    assert compare.tiles[0].canvas.accessibleDescription() == "ace, red card (not on all)"
    # an edit is followed
    window.session.apply(store.set_states([second], {red: LabelState.PRESENT, king: LabelState.PRESENT}))
    assert outlined() == [{"ace": False, "red card": False}, {"ace": False, "king": True, "red card": False}]
    assert compare._header.words() == "Different: king"
    window.session.apply(store.set_states([second], {king: LabelState.ABSENT}))
    assert compare._header.words() == "Same labels"


def wheel(widget, at, steps=1):
    event = QWheelEvent(
        QPointF(at), QPointF(widget.mapToGlobal(at)), QPoint(), QPoint(0, 120 * steps), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)


def test_zoom_and_pan_are_linked_until_they_are_unlinked(window, label, compare, qtbot):
    select(window, label, [0, 1, 2])
    open_page(compare, qtbot)
    first, second, third = (tile.canvas for tile in compare.tiles[:3])
    wheel(second, QPoint(60, 60), 4)
    assert not first.is_fitted()
    assert first.view().scale == pytest.approx(second.view().scale)
    assert first.view().center == third.view().center == second.view().center
    assert second.view().center[0] < 0.5
    qtbot.mousePress(second, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    qtbot.mouseMove(second, QPoint(60, 100))
    qtbot.mouseRelease(second, Qt.MouseButton.LeftButton)
    assert third.view().center == pytest.approx(second.view().center, abs=0.01)
    compare.linked.setFocus()
    qtbot.keyClick(compare.linked, Qt.Key.Key_Space)
    assert not compare.linked.isChecked()
    before = first.view()
    qtbot.keyClick(third, Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    wheel(third, QPoint(100, 100), 2)
    assert first.view() == before
    assert third.view() != before
    compare.linked.click()
    assert third.view().scale == pytest.approx(compare.canvas.view().scale)


def test_the_next_four_are_seen_at_the_same_place(window, label, compare, qtbot):
    select(window, label, [0, 1, 2, 3, 4, 5, 6, 7])
    open_page(compare, qtbot)
    compare.canvas.zoom_by(3)
    view = compare.canvas.view()
    assert compare.step(5)
    qtbot.waitUntil(lambda: all(compare._pictures.get(one) is not None for one in compare.image_ids()))
    assert all(tile.canvas.view().scale == pytest.approx(view.scale) for tile in compare.tiles)


def test_the_look_holds_for_all_and_for_those_that_follow(window, label, compare, qtbot):
    select(window, label, [0, 1])
    open_page(compare, qtbot)
    compare.looks.rotate(1)
    assert [tile.canvas._look for tile in compare.tiles[:2]] == [Look(turns=1)] * 2
    assert compare._header.badge.isVisible()
    compare.toggle_look()
    qtbot.waitUntil(compare.look_panel.brightness.hasFocus)
    key(qtbot, Qt.Key.Key_Escape)
    assert compare.tiles[0].canvas.hasFocus()
    compare.looks.reset()
    assert not compare._header.badge.isVisible()


def test_an_image_that_cannot_be_read_is_said_to_be_and_can_be_current(window, label, compare, qtbot):
    store = window.session.store
    store.image_path(ids(window)[1]).write_bytes(b"broken")
    select(window, label, [0, 1])
    compare.show()
    compare.activateWindow()
    qtbot.waitUntil(compare.isActiveWindow)
    compare.set_active(True)
    bad = compare.tiles[1]
    qtbot.waitUntil(lambda: bad.page() is not bad.canvas)
    key(qtbot, Qt.Key.Key_Right)
    assert bad.is_current()
    assert bad.page().hasFocus()
    key(qtbot, Qt.Key.Key_Left)
    assert compare.tiles[0].canvas.hasFocus()


def test_a_large_image_is_decoded_in_full_only_when_somebody_zooms_in(window, label, compare, qtbot, tmp_path):
    folder = tmp_path / "big"
    folder.mkdir()
    for number in range(2):
        Image.fromarray(np.full((1800, 2600, 3), 90 * number, np.uint8)).save(folder / f"{number}.png")
    window.session.apply(window.session.store.add_images(folder, scan_folder(folder)))
    select(window, label, [12, 13])
    open_page(compare, qtbot)
    first = compare.image_ids()[0]
    assert compare._pictures.get(first).is_draft
    assert compare._pictures.get(first).size == QSize(2600, 1800)
    fit = compare.canvas.zoom()
    compare.canvas.zoom_actual()
    qtbot.waitUntil(lambda: not compare._pictures.get(first).is_draft)
    assert compare.canvas.zoom() == pytest.approx(1.0)
    assert fit < 0.5
    compare.set_active(False)
    assert compare._pictures.get(first) is None


def test_a_filter_that_hides_an_image_is_followed(window, label, compare, qtbot):
    select(window, label, [0])
    open_page(compare, qtbot)
    label.filter_bar.field.setText("name:03")
    qtbot.waitUntil(lambda: label.model.rowCount() < 12)
    assert set(compare.image_ids()) <= set(label.model.image_ids(np.arange(label.model.rowCount())).tolist())


def test_closing_the_project_leaves_nothing(window, label, compare, qtbot):
    select(window, label, [0, 1])
    open_page(compare, qtbot)
    window.session.close()
    assert shown(compare) == []
    assert compare.current is None
    assert not compare.step(1)


def test_a_file_that_changed_is_seen_as_it_is_now(window, label, compare, qtbot):
    select(window, label, [0, 1])
    open_page(compare, qtbot)
    store = window.session.store
    first, second = compare.image_ids()
    Image.new("RGB", (300, 200), "red").save(store.image_path(first))
    window.session.thumbnails.forget([first])
    qtbot.waitUntil(lambda: compare._pictures.get(first) is not None)
    assert compare.tiles[0].canvas._levels[0].width() == 300
    # also while another page is seen
    compare.set_active(False)
    Image.new("RGB", (320, 200), "red").save(store.image_path(second))
    window.session.thumbnails.forget([second])
    compare.set_active(True)
    qtbot.waitUntil(lambda: compare._pictures.get(second) is not None)
    assert compare.tiles[1].canvas._levels[0].width() == 320


@pytest.mark.parametrize(
    ("count", "width", "height", "aspect", "shape"),
    [
        (2, 1200, 700, 1.3, (1, 2)),
        (2, 600, 1200, 1.3, (2, 1)),
        (3, 1200, 600, 0.7, (1, 3)),
        (3, 500, 1400, 1.3, (3, 1)),
        (4, 1200, 900, 1.3, (2, 2)),
        (4, 1600, 700, 0.6, (1, 4)),
    ],
)
def test_pictures_are_laid_out_as_large_as_there_is_room(count, width, height, aspect, shape):
    assert best_shape(count, width, height, aspect) == shape


# in the workspace


@pytest.fixture
def opened(window, label, qtbot):
    """The comparison of three selected images, opened with its key."""
    select(window, label, [2, 3, 5])
    label.grid.setFocus()
    qtbot.keyClick(label.grid, "c")
    assert label.showing.is_seen("compare")
    qtbot.waitUntil(label.compare.tiles[0].canvas.hasFocus)
    return label.compare


def test_c_compares_what_is_selected_and_escape_brings_the_grid_and_its_selection_back(window, label, opened, qtbot):
    assert shown(opened) == [ids(window)[row] for row in (2, 3, 5)]
    key(qtbot, Qt.Key.Key_Right)
    key(qtbot, Qt.Key.Key_Escape)
    assert label.showing.is_seen("grid")
    assert label.grid.selected_rows().tolist() == [2, 3, 5]


def test_the_keys_of_labels_act_on_the_current_one_only(window, label, opened, qtbot):
    store = window.session.store
    key(qtbot, Qt.Key.Key_Right)
    key(qtbot, Qt.Key.Key_1)
    present = np.flatnonzero(store.states[:, 0] == LabelState.PRESENT).tolist()
    assert present == [3]
    assert opened.tiles[1].chips.infos()[0].outlined
    # what is compared stays
    assert shown(opened) == [ids(window)[row] for row in (2, 3, 5)]
    qtbot.mouseClick(opened.tiles[2].canvas, Qt.MouseButton.LeftButton)
    key(qtbot, Qt.Key.Key_1)
    assert np.flatnonzero(store.states[:, 0] == LabelState.PRESENT).tolist() == [3, 5]


def test_chips_have_as_many_rows_under_each_image(window, label, opened, qtbot):
    store = window.session.store
    for number in range(9):
        store.add_label(f"a label with a long name {number}")
    states = {one.id: LabelState.PRESENT for one in store.labels}
    window.session.apply(store.set_states([ids(window)[2]], states))
    rows = [tile.chips for tile in opened.tiles[:3]]
    qtbot.waitUntil(lambda: rows[0].height() > rows[0].chips()[0].height() * 2)
    assert len({row.height() for row in rows}) == 1
    # rows of a layout may differ by a pixel
    assert np.ptp([tile.canvas.height() for tile in opened.tiles[:3]]) <= 1


def test_the_loupe_after_a_comparison_shows_the_image_that_the_keys_act_on(window, label, qtbot):
    qtbot.keyClick(label.grid, "a", Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(label.grid, "c")
    qtbot.keyClick(label.showing.page().focusWidget() or window.focusWidget(), Qt.Key.Key_Right)
    second = label.compare.current
    assert second == int(window.session.store.image_ids[1])
    qtbot.keyClick(window.focusWidget(), "e")
    assert label.has_loupe()
    assert window.session.current_image == second
    qtbot.keyClick(window.focusWidget(), "1")
    assert window.session.store.states[:3, 0].tolist() == [-1, 1, -1]
    assert len(label.grid.selected_rows()) == 12
