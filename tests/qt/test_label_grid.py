import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAccessible, QImage, QPainter
from PySide6.QtWidgets import QAbstractItemView

from core.labels import Label, LabelState, Review
from core.project.files.scan import scan_folder
from core.project.query import parse
from gui.label.images.grid.pieces import Pieces
from gui.label.images.grid.thumbnail_delegate import _fit

Key, Left = Qt.Key, Qt.MouseButton.LeftButton
NONE, SHIFT, CTRL = (
    Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
)  # fmt: skip


@pytest.fixture
def grid(window, label, qtbot):
    """The grid of twelve images, four in a line."""
    window.resize(1100, 700)
    label.grid.set_thumbnail_size(150)
    label.grid.setFocus()
    assert label.grid._cells.columns == 4
    return label.grid


@pytest.fixture
def folders(window, grid, draw_images, tmp_path):
    """Besides the twelve images, five in "b" and six in "a", in this order of being added; shown in sections."""
    for name, count in (("b", 5), ("a", 6)):
        draw_images(tmp_path / "more" / name, count)
        store = window.session.store
        window.session.apply(store.add_images(tmp_path / "more", scan_folder(tmp_path / "more")))
    grid.set_sections(True)
    grid.go_to(0)
    return grid


def press(grid, qtbot, *keys, modifier=NONE):
    for key in keys:
        qtbot.keyClick(grid, key, modifier)
    return grid.currentIndex().row()


def center(grid, row):
    return grid.visualRect(grid.model().index(row)).center()


def drag(grid, qtbot, start, end, modifier=NONE):
    view = grid.viewport()
    qtbot.mousePress(view, Left, modifier, start)
    for step in range(1, 6):
        point = start + (end - start) * (step / 5)
        move_to(view, point, modifier)
    qtbot.mouseRelease(view, Left, modifier, end)


def move_to(view, point, modifier=NONE):
    from PySide6.QtCore import QEvent, QPointF
    from PySide6.QtGui import QMouseEvent
    from PySide6.QtWidgets import QApplication

    # QTest moves without the button that is down
    where = QPointF(point)
    event = QMouseEvent(QEvent.Type.MouseMove, where, view.mapToGlobal(where), Left, Left, modifier)
    QApplication.sendEvent(view, event)


# keys


def test_keys_go_through_lines_pages_and_to_the_ends(grid, qtbot):
    assert press(grid, qtbot, Key.Key_Down) == 4
    assert press(grid, qtbot, Key.Key_Right, Key.Key_Up) == 1
    assert press(grid, qtbot, Key.Key_End) == 11
    assert press(grid, qtbot, Key.Key_Down, Key.Key_Right) == 11
    assert press(grid, qtbot, Key.Key_Home) == 0
    assert press(grid, qtbot, Key.Key_PageDown) >= 4
    assert grid.selected_rows().tolist() == [grid.currentIndex().row()]


def test_shift_and_a_key_choose_from_where_it_began(grid, qtbot):
    press(grid, qtbot, Key.Key_Right)
    press(grid, qtbot, Key.Key_Right, Key.Key_Down, modifier=SHIFT)
    assert grid.selected_rows().tolist() == [1, 2, 3, 4, 5, 6]
    press(grid, qtbot, Key.Key_Home, modifier=SHIFT)
    assert grid.selected_rows().tolist() == [0, 1]
    press(grid, qtbot, Key.Key_End, modifier=SHIFT)
    assert grid.selected_rows().tolist() == list(range(1, 12))


def test_ctrl_and_a_key_leave_the_selection_and_ctrl_space_adds_to_it(grid, qtbot):
    assert press(grid, qtbot, Key.Key_Right, Key.Key_Right, modifier=CTRL) == 2
    assert grid.selected_rows().tolist() == [0]
    press(grid, qtbot, Key.Key_Space, modifier=CTRL)
    assert grid.selected_rows().tolist() == [0, 2]


def test_where_reading_goes_from_right_to_left_the_first_image_is_at_the_right_and_left_goes_on(grid, qtbot):
    grid.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    assert center(grid, 0).x() > center(grid, 1).x() > center(grid, 3).x()
    assert grid.indexAt(center(grid, 2)).row() == 2
    assert press(grid, qtbot, Key.Key_Left) == 1
    qtbot.mouseClick(grid.viewport(), Left, pos=center(grid, 3))
    assert grid.selected_rows().tolist() == [3]


# sections


def test_sections_have_the_images_of_each_folder_together_in_the_order_of_their_names(folders, label):
    model = label.model
    # what lies in the folder that was added itself comes first
    assert [model.folder(start) for start in folders._cells.starts[:-1]] == ["photos é", "a", "b"]
    assert model.section_counts() == [12, 6, 5]
    assert model.rows.tolist() == [*range(12), *range(17, 23), *range(12, 17)]
    folders.set_sections(False)
    assert model.rows.tolist() == list(range(23))


def test_keys_go_from_one_section_to_the_next(folders, qtbot):
    # photos: 0 1 2 3 / 4 5 6 7 / 8 9 10 11; a: 12 13 14 15 / 16 17; b: 18 19 20 21 / 22
    folders.go_to(11)
    assert press(folders, qtbot, Key.Key_Down) == 15
    assert press(folders, qtbot, Key.Key_Down) == 17
    assert press(folders, qtbot, Key.Key_Right) == 18
    assert press(folders, qtbot, Key.Key_Up) == 16
    press(folders, qtbot, Key.Key_Down, Key.Key_Down, modifier=SHIFT)
    assert folders.selected_rows().tolist() == list(range(16, 23))


def test_a_click_on_a_header_chooses_its_folder_and_the_header_of_what_is_seen_stays_at_the_top(folders, qtbot):
    folders.go_to(12)
    header = next(place for section, place in folders._headers() if section == 1)
    qtbot.mouseClick(folders.viewport(), Left, pos=header.center())
    assert folders.selected_rows().tolist() == list(range(12, 18))
    folders.scrollTo(folders.model().index(20), QAbstractItemView.ScrollHint.PositionAtCenter)
    section, place = folders._headers()[0]
    assert folders._cells.section_of(folders._row_at(place.bottomLeft() + QPoint(9, 9))) == section
    assert place.top() <= 0 < place.bottom()
    press(folders, qtbot, Key.Key_Home)
    assert folders.visualRect(folders.currentIndex()).top() >= folders._cells.header


# choosing


def test_a_frame_chooses_what_it_touches_and_with_ctrl_turns_it_round(grid, qtbot):
    start = grid.visualRect(grid.model().index(0)).topLeft() + QPoint(2, 2)
    drag(grid, qtbot, start, center(grid, 5))
    assert grid.selected_rows().tolist() == [0, 1, 4, 5]
    drag(grid, qtbot, center(grid, 1), center(grid, 2), CTRL)
    assert grid.selected_rows().tolist() == [0, 2, 4, 5]
    drag(grid, qtbot, center(grid, 8), center(grid, 9), SHIFT)
    assert {8, 9} <= set(grid.selected_rows().tolist())


def test_a_click_beside_the_images_chooses_none_and_a_right_click_keeps_the_choice(grid, qtbot):
    grid.selectAll()
    qtbot.mouseClick(grid.viewport(), Qt.MouseButton.RightButton, pos=center(grid, 2))
    assert len(grid.selected_rows()) == 12
    below = grid.visualRect(grid.model().index(11)).bottomLeft() + QPoint(5, 20)
    qtbot.mouseClick(grid.viewport(), Left, pos=below)
    assert not len(grid.selected_rows())


def test_the_choice_stays_with_its_images_when_others_are_shown_in_another_order(window, label, grid):
    store = window.session.store
    ids = store.image_ids
    window.session.apply(store.set_states(ids[3:9].tolist(), {store.labels[0].id: LabelState.PRESENT}))
    grid.select_runs([(2, 4), (8, 9)])
    label.model.set_query(parse("ace", store.labels), "ace")
    assert label.model.image_ids(grid.selected_rows()).tolist() == ids[[3, 4, 8]].tolist()
    label.model.set_query(parse("sort:-name", store.labels), "sort:-name")
    assert set(label.model.image_ids(grid.selected_rows()).tolist()) == set(ids[[3, 4, 8]].tolist())
    assert set(label.annotator.targets) == set(ids[[3, 4, 8]].tolist())


def test_when_the_current_image_goes_the_next_one_is_chosen(window, label, grid):
    store = window.session.store
    label.model.set_query(parse("unreviewed", store.labels), "unreviewed")
    grid.go_to(4)
    window.session.apply(store.set_review(store.image_ids[[4]], Review.REVIEWED))
    assert label.model.stale == 1
    label.model.refresh()
    assert label.model.image_id(grid.currentIndex().row()) == store.image_ids[5]
    assert label.annotator.targets == (int(store.image_ids[5]),)


def test_an_edit_leaves_the_order_until_it_is_asked_for_again(window, label, grid):
    store = window.session.store
    label.model.set_query(parse("sort:-labels", store.labels), "sort:-labels")
    before = label.model.rows.tolist()
    window.session.apply(store.set_states([int(store.image_ids[7])], {store.labels[0].id: LabelState.PRESENT}))
    assert label.model.is_order_stale
    assert label.model.rows.tolist() == before
    label.model.refresh()
    assert label.model.rows[0] == 7
    assert not label.model.is_order_stale


# painting mode


def test_painting_tells_of_each_image_once_for_a_stroke_and_chooses_none(label, grid, qtbot):
    grid.go_to(0)
    painted = []
    grid.painted.connect(lambda image_id, modifiers: painted.append((label.model.row_of(image_id), modifiers)))
    grid.set_painting(True)
    view = grid.viewport()
    qtbot.mousePress(view, Left, SHIFT, center(grid, 1))
    # fast: over an image in between, and back
    move_to(view, center(grid, 3), SHIFT)
    move_to(view, center(grid, 1), SHIFT)
    qtbot.mouseRelease(view, Left, SHIFT, center(grid, 1))
    qtbot.mouseDClick(view, Left, NONE, center(grid, 6))
    assert [row for row, _ in painted] == [1, 2, 3, 6]
    assert painted[0][1] == SHIFT
    assert not label.has_loupe()
    assert grid.selected_rows().tolist() == [0]
    grid.set_painting(False)
    qtbot.mouseClick(view, Left, pos=center(grid, 6))
    assert grid.selected_rows().tolist() == [6]


# what is seen


def pictures(grid, qtbot):
    """The picture of each cell; all thumbnails are there."""
    qtbot.waitUntil(lambda: grid._session.thumbnails.is_idle() and not grid._wishes_stale)
    whole = grid.viewport().grab().toImage()
    rects = [grid.visualRect(grid.model().index(row)) for row in range(8)]
    return [whole.copy(rect) for rect in rects]


@pytest.mark.parametrize("what", ["reviewed", "unsure", "flag", "note", "label", "conflict", "suggestion"])
def test_what_is_known_of_an_image_is_seen_in_its_cell_alone(window, grid, qtbot, what):
    store = window.session.store
    grid.delegate.set_suggestions((lambda _: []) if what == "suggestion" else None)
    grid.delegate.set_conflicts(None)
    before = pictures(grid, qtbot)
    image_id = int(store.image_ids[2])
    ace = store.labels[0]
    if what == "reviewed":
        window.session.apply(store.set_review([image_id], Review.REVIEWED))
    elif what == "unsure":
        window.session.apply(store.set_review([image_id], Review.UNSURE))
    elif what == "flag":
        window.session.apply(store.set_flag([image_id], True))
    elif what == "note":
        window.session.apply(store.set_note(image_id, "look again"))
    elif what == "label":
        window.session.apply(store.set_states([image_id], {ace.id: LabelState.PRESENT}))
    elif what == "conflict":
        grid.delegate.set_conflicts(lambda row: row == 2)
    else:
        grid.delegate.set_suggestions(lambda one: [(ace, 0.9)] if one == image_id else [])
    after = pictures(grid, qtbot)
    assert [row for row in range(8) if before[row] != after[row]] == [2]


def test_reviewed_unsure_and_flag_differ_in_shape_and_not_only_in_colour(grid):
    pieces = Pieces(grid.palette(), grid.font(), 1.0)

    def shape(pixmap):
        image = pixmap.toImage().convertToFormat(QImage.Format.Format_ARGB32)
        return [image.pixelColor(x, y).alpha() > 128 for x in range(image.width()) for y in range(image.height())]

    shapes = [shape(one) for one in (pieces.review_mark(Review.REVIEWED), pieces.review_mark(Review.UNSURE))]
    assert shapes[0] != shapes[1]
    assert shape(pieces.flag()) not in shapes


def test_more_labels_than_fit_are_counted_and_names_grow_with_the_font(window, grid, qtbot):
    store = window.session.store
    window.session.apply(store.add_labels([f"label {number}" for number in range(6)]))
    one = int(store.image_ids[0])
    window.session.apply(store.set_states([one], {label.id: LabelState.PRESENT for label in store.labels}))
    painted = []
    pieces = grid.delegate._pieces
    grid.delegate._pieces = None
    original = Pieces.more

    def more(self, count):
        painted.append(count)
        return original(self, count)

    Pieces.more = more
    try:
        grid.viewport().grab()
    finally:
        Pieces.more = original
    assert painted == [6]
    height, chips = grid.cell_size().height(), pieces.chip_height
    font = grid.font()
    font.setPointSizeF(font.pointSizeF() * 2)
    grid.setFont(font)
    grid.viewport().grab()
    assert grid.delegate._pieces.chip_height > 1.5 * chips
    assert grid.cell_size().height() > height


def test_names_are_whole_as_long_as_one_fits_and_only_the_first_is_cut():
    assert _fit([40, 40, 40], 3, 3 * 52 + 6, 20, 30) == [52, 52, 52]
    assert _fit([40, 40, 40], 3, 3 * 52 + 5, 20, 30) == [52, 52], "and +1"
    assert _fit([40, 90, 40], 3, 100, 20, 30) == [52], "and +2"
    assert _fit([200, 10], 2, 100, 20, 30) == [77]
    assert _fit([200], 1, 20, 20, 30) == []


def test_a_stroke_frames_what_it_has_passed_until_the_button_is_let_go(grid, qtbot):
    grid.set_painting(True)
    before = pictures(grid, qtbot)
    view = grid.viewport()
    qtbot.mousePress(view, Left, pos=center(grid, 2))
    during = pictures(grid, qtbot)
    assert [row for row in range(8) if before[row] != during[row]] == [2]
    qtbot.mouseRelease(view, Left, pos=center(grid, 2))
    assert not grid._stroke


def test_a_likelihood_is_written_as_everywhere_else(grid):
    pieces = Pieces(grid.palette(), grid.font(), 1.0)
    drawn = []
    label = Label(1, "ace", "#aa0000")
    original = QPainter.drawText

    def draw(self, *arguments):
        drawn.append(arguments[-1])
        return original(self, *arguments)

    QPainter.drawText = draw
    try:
        pieces.suggestion(label, 76, 120, mirrored=False)
    finally:
        QPainter.drawText = original
    assert drawn == ["ace", "0.76"]


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5625])
def test_a_cell_has_its_ground_to_the_last_pixel(grid, ratio):
    image = Pieces(grid.palette(), grid.font(), ratio).ground(92, 76, selected=False, hovered=False, current=False)
    image = image.toImage()
    corner = image.pixelColor(0, 0)
    assert all(image.pixelColor(image.width() - 1, y) == corner for y in range(image.height()))
    assert all(image.pixelColor(x, image.height() - 1) == corner for x in range(image.width()))


def test_a_screen_reader_hears_what_a_cell_shows(window, grid):
    store = window.session.store
    one = int(store.image_ids[1])
    window.session.apply(store.set_states([one], {store.labels[1].id: LabelState.PRESENT}))
    window.session.apply(store.set_review([one], Review.UNSURE))
    window.session.apply(store.set_flag([one], True))
    table = QAccessible.queryAccessibleInterface(grid)
    texts = [table.child(row).text(QAccessible.Text.Name) for row in range(table.childCount())]
    assert "image 01.png, king, unsure, flagged" in texts
    assert table.text(QAccessible.Text.Name) == "Images"


# pictures


def test_only_pictures_that_are_seen_or_will_be_are_still_waited_for(window, label, grid, tmp_path, draw_images):
    images = draw_images(tmp_path / "many", 300)
    window.session.apply(window.session.store.add_images(images, scan_folder(images)))
    loader = window.session.thumbnails
    loader._pool.setMaxThreadCount(0)
    bar = grid.verticalScrollBar()
    for value in (0, bar.maximum() // 3, bar.maximum() // 2):
        bar.setValue(value)
        grid.viewport().repaint()
    seen = grid._rows_in(grid.viewport().rect())
    waiting = [label.model.row_of(image_id) for image_id, box in loader._waiting if box == grid._box()]
    # the last one is made first: what is seen, from the top, and then what comes next in the direction of scrolling
    assert waiting[::-1][: len(seen)] == seen
    assert set(seen) < set(waiting) <= set(range(seen[0], seen[-1] + len(seen) + 9))
    bar.setValue(bar.value() - 200)
    grid.viewport().repaint()
    last = min(label.model.row_of(image_id) for image_id, _ in loader._waiting)
    assert last < seen[0] - 4, "now the way goes up"
    loader._pool.setMaxThreadCount(2)
    loader.want(grid, (), grid._box())


def test_pictures_of_another_size_are_seen_until_those_of_the_right_one_are_made(window, grid, qtbot):
    loader, one = window.session.thumbnails, int(window.session.store.image_ids[0])
    qtbot.waitUntil(lambda: loader.find(one, grid._box()) is not None)
    loader._pool.setMaxThreadCount(0)
    grid.set_thumbnail_size(230)
    assert grid._box() not in loader._pixmaps[one]
    assert loader.find(one, grid._box()) is not None
    loader._pool.setMaxThreadCount(2)
    grid._wish_soon()
    qtbot.waitUntil(lambda: loader.is_idle() and grid._box() in loader._pixmaps[one])


def test_a_forgotten_picture_is_asked_for_again(window, grid, qtbot):
    loader, one = window.session.thumbnails, int(window.session.store.image_ids[0])
    qtbot.waitUntil(loader.is_idle)
    path = window.session.store.image_path(one)
    before = loader.find(one, grid._box()).toImage()
    path.write_bytes(window.session.store.image_path(int(window.session.store.image_ids[5])).read_bytes())
    loader.forget([one])
    assert loader.find(one, grid._box()) is None
    qtbot.waitUntil(lambda: loader.find(one, grid._box()) is not None)
    assert loader.find(one, grid._box()).toImage() != before


def test_choosing_all_of_many_images_is_one_range(window, label, grid, qtbot, tmp_path):
    from PIL import Image

    folder = tmp_path / "many"
    folder.mkdir()
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(folder / "0.png")
    for number in range(1, 3000):
        (folder / f"{number}.png").hardlink_to(folder / "0.png")
    window.session.apply(window.session.store.add_images(folder, scan_folder(folder)))
    grid.selectAll()
    assert len(grid.selectionModel().selection()) == 1
    assert len(grid.selected_rows()) == 3012
    qtbot.mouseClick(grid.viewport(), Left, CTRL, center(grid, 1))
    grid.invert_selection()
    assert grid.selected_rows().tolist() == [1]


def test_a_frame_is_painted_over_the_images_while_it_is_dragged(grid, qtbot):
    view = grid.viewport()
    before = view.grab().toImage()
    qtbot.mousePress(view, Left, NONE, center(grid, 0))
    move_to(view, center(grid, 0) + QPoint(150, 150))
    assert grid._band.is_active
    canvas = QImage(view.size(), QImage.Format.Format_RGB32)
    canvas.fill(0)
    painter = QPainter(canvas)
    grid._band.paint(painter, QRect)
    painter.end()
    assert canvas.pixelColor(center(grid, 0) + QPoint(40, 40)).blue() > 0
    qtbot.mouseRelease(view, Left, NONE, center(grid, 5))
    assert not grid._band.is_active
    assert before.size() == view.grab().toImage().size()
