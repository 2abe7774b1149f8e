"""The statistics of Label: what is counted, how it is read, and that each number leads to its images."""

from itertools import product

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QAction, QHelpEvent, QImage, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip, QVBoxLayout, QWidget

from core.labels import LabelState, Review, Split
from core.project.query import QueryData, parse
from core.project.statistics import count_progress
from core.project.store import Store
from gui.label.review.statistics.statistics_bars import BAR, FIRST_COUNT, NAME
from gui.label.review.statistics.statistics_page import BY_NAME, LEAST_KNOWN, MOST_PRESENT, OWN_ORDER, StatisticsPage
from gui.label.review.statistics.statistics_parts import percent
from gui.label.review.statistics.statistics_progress import ProgressChart

LEFT, ENTER = Qt.MouseButton.LeftButton, Qt.Key.Key_Return
DAY = 86400


@pytest.fixture
def shown(qtbot):
    """Shows the page of a session, counted."""

    def show(session, size=(1000, 700)):
        page = StatisticsPage(session)
        qtbot.addWidget(page)
        page.resize(*size)
        page.show()
        qtbot.waitExposed(page)
        qtbot.waitUntil(page.is_idle)
        return page

    return show


@pytest.fixture
def page(shown, annotated):
    return shown(annotated)


@pytest.fixture
def wanted(page):
    """The filters that the page asked for."""
    texts = []
    page.filter_wanted.connect(texts.append)
    return texts


def found(session, text):
    """How many images a filter shows."""
    store = session.store
    return int(parse(text, store.labels).matches(QueryData.of(store)).sum())


def rows(table):
    model = table.model()
    return [
        [model.index(row, column).data() for column in range(model.columnCount()) if column != BAR]
        for row in range(model.rowCount())
    ]


def click(qtbot, table, row, column):
    qtbot.mouseClick(table.viewport(), LEFT, pos=table.visualRect(table.model().index(row, column)).center())


def names(page):
    return [row[NAME] for row in rows(page.label_bars)]


# labels


def test_images_are_counted_per_label_in_all_three_states(page, annotated):
    states = annotated.store.states
    counts = [[str(int((column == state).sum())) for state in (1, 0, -1)] for column in states.T]
    assert [row[1:] for row in rows(page.label_bars)] == counts
    assert names(page) == ["ace", "king", "red card"]
    headings = [page.label_bars.model().headerData(column, Qt.Orientation.Horizontal) for column in (2, 3, 4)]
    assert headings == ["Present", "Absent", "Unknown"]


@pytest.mark.parametrize("part", range(3))
def test_a_click_on_a_part_of_a_bar_leads_to_its_images(qtbot, page, wanted, annotated, part):
    table = page.label_bars
    expected = [
        ("ace", "-ace", None), ("king", "-king", None), ('"red card"', '-"red card"', '?"red card"'),
    ]  # fmt: skip
    for row in range(3):
        wanted.clear()
        if table.bars.bars[row].counts[part]:
            qtbot.mouseClick(table.viewport(), LEFT, pos=table.part_rect(row, part).center())
            assert wanted == [expected[row][part]]
            assert found(annotated, wanted[0]) == table.bars.bars[row].counts[part]
        else:
            assert table.part_rect(row, part).width() == 0


def test_a_click_on_a_number_or_a_name_leads_to_its_images(qtbot, page, wanted):
    for column in (NAME, FIRST_COUNT, FIRST_COUNT + 1, FIRST_COUNT + 2):
        click(qtbot, page.label_bars, 1, column)
    assert wanted == ["king", "king", "-king", "?king"]


def test_bars_are_read_and_chosen_by_key(qtbot, page, wanted):
    page.focus_first()
    table = page.label_bars
    assert table.hasFocus()
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Right, ENTER):
        qtbot.keyClick(table, key)
    assert wanted == ["-king"]
    said = table.currentIndex().data(Qt.ItemDataRole.AccessibleTextRole)
    assert said == "king is absent on 8 of 12 images (67 %)"
    qtbot.keyClick(table, Qt.Key.Key_Home)
    said = table.currentIndex().data(Qt.ItemDataRole.AccessibleTextRole)
    assert "present on 4" in said
    assert "absent on 8" in said
    assert "unknown on 0" in said


def test_the_focus_is_seen_also_where_it_came_before_the_numbers(qtbot, annotated):
    page = StatisticsPage(annotated)
    qtbot.addWidget(page)
    page.show()
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)
    page.focus_first()
    qtbot.waitUntil(page.is_idle)
    assert page.label_bars.currentIndex().isValid()
    qtbot.keyClick(page.label_bars, Qt.Key.Key_Tab)
    table = page.together.matrix.table
    assert table.hasFocus()
    cell = table.visualRect(table.currentIndex())
    focused = table.viewport().grab(cell).toImage()
    qtbot.keyClick(table, Qt.Key.Key_Tab)
    assert table.viewport().grab(cell).toImage() != focused


def test_the_keys_of_a_table_are_no_shortcuts_while_it_has_the_focus(qtbot, annotated):
    outer, accepted = QWidget(), []
    action = QAction(outer, shortcut=QKeySequence(ENTER))
    action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
    action.triggered.connect(accepted.append)
    outer.addAction(action)
    page = StatisticsPage(annotated)
    QVBoxLayout(outer).addWidget(page)
    qtbot.addWidget(outer)
    outer.show()
    outer.activateWindow()
    qtbot.waitUntil(lambda: outer.isActiveWindow() and page.is_idle())
    page.focus_first()
    with qtbot.waitSignal(page.filter_wanted):
        qtbot.keyClick(page.label_bars, ENTER)
    assert not accepted


def test_labels_are_sorted_by_name_by_what_is_present_and_by_what_is_unknown(qtbot, page, annotated):
    store = annotated.store
    king, red = store.labels[1].id, store.labels[2].id
    store.change_label(red, name="Blackjack")
    annotated.apply(store.set_states(store.image_ids.tolist(), {king: LabelState.PRESENT}))
    qtbot.waitUntil(lambda: page.is_idle() and "Blackjack" in names(page))
    page.sorting.setFocus()
    orders = {}
    for order in (BY_NAME, MOST_PRESENT, LEAST_KNOWN, OWN_ORDER):
        while page.sorting.currentIndex() != order:
            qtbot.keyClick(page.sorting, Qt.Key.Key_Down if page.sorting.currentIndex() < order else Qt.Key.Key_Up)
        orders[order] = names(page)
    assert orders[BY_NAME] == ["ace", "Blackjack", "king"]
    assert orders[MOST_PRESENT][0] == "king"
    assert orders[LEAST_KNOWN][0] == "Blackjack"
    assert orders[OWN_ORDER] == ["ace", "king", "Blackjack"]


def test_a_click_on_a_heading_sorts_and_again_gives_the_own_order_back(qtbot, page):
    header = page.label_bars.horizontalHeader()
    place = QPoint(header.sectionViewportPosition(FIRST_COUNT + 2) + 10, header.height() // 2)
    qtbot.mouseClick(header.viewport(), LEFT, pos=place)
    assert page.sorting.currentIndex() == LEAST_KNOWN
    assert names(page)[0] == "red card"
    qtbot.mouseClick(header.viewport(), LEFT, pos=place)
    assert names(page) == ["ace", "king", "red card"]


def test_a_person_stays_at_the_label_when_the_order_changes(qtbot, page):
    table = page.label_bars
    page.focus_first()
    qtbot.keyClick(table, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    assert table.currentIndex().row() == 2
    page.sorting.setCurrentIndex(LEAST_KNOWN)
    assert (table.currentIndex().row(), table.currentIndex().column()) == (0, FIRST_COUNT + 2)


def test_the_states_differ_without_their_colours(page, annotated, qtbot):
    store = annotated.store
    red = store.labels[2].id
    ids = store.image_ids.tolist()
    for number, state in enumerate((LabelState.PRESENT, LabelState.ABSENT, LabelState.UNKNOWN)):
        store.set_states(ids[number * 4 : number * 4 + 4], {red: state})
    annotated.apply(store.set_flag(ids[:1], True))
    qtbot.waitUntil(lambda: page.is_idle() and page.statistics.states[2].tolist() == [4, 4, 4])
    ink = []
    for part in range(3):
        place = page.label_bars.part_rect(2, part).adjusted(3, 3, -3, -3)
        place.setWidth(place.width() // 3)
        image = page.label_bars.viewport().grab(place).toImage().convertToFormat(QImage.Format.Format_Grayscale8)
        places = product(range(image.width()), range(image.height()))
        grey = np.array([image.pixelColor(x, y).lightness() for x, y in places])
        ink.append(float((grey < 250).mean()))
    assert ink[0] == 1.0
    assert 0.1 < ink[1] < 0.9
    assert ink[2] == 0.0


def test_bars_are_told_under_the_mouse(page, monkeypatch):
    told = []
    monkeypatch.setattr(QToolTip, "showText", lambda _place, text, *_: told.append(text))
    table = page.label_bars
    for place in (table.part_rect(0, 1).center(), table.visualRect(table.model().index(0, NAME)).center()):
        event = QHelpEvent(QEvent.Type.ToolTip, place, table.viewport().mapToGlobal(place))
        QApplication.sendEvent(table.viewport(), event)
    assert told == ["ace is absent on 6 of 12 images (50 %)", "ace"]


def test_from_right_to_left_bars_begin_at_the_right(page, qtbot, wanted):
    table = page.label_bars
    page.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    present, absent = table.part_rect(0, 0), table.part_rect(0, 1)
    assert present.left() > absent.left()
    assert table.visualRect(table.model().index(0, NAME)).left() > present.left()
    qtbot.mouseClick(table.viewport(), LEFT, pos=absent.center())
    assert wanted == ["-ace"]


def test_a_part_of_few_images_can_be_seen_and_clicked(qtbot, shown, annotated):
    store = annotated.store
    ace = store.labels[0].id
    ids = store.image_ids.tolist()
    store.set_states(ids, {ace: LabelState.UNKNOWN})
    store.set_states(ids[:1], {ace: LabelState.PRESENT})
    page = shown(annotated, (420, 700))
    page.label_bars.horizontalHeader().resizeSection(BAR, 30)
    parts = [page.label_bars.part_rect(0, part) for part in range(3)]
    assert parts[0].width() >= 4
    assert parts[1].width() == 0
    assert parts[2].right() <= page.label_bars.visualRect(page.label_bars.model().index(0, BAR)).right()


# pairs


def test_pairs_are_read_under_the_mouse_and_by_key(qtbot, page, annotated):
    store = annotated.store
    present = store.states == 1
    both, ace, king = int((present[:, 0] & present[:, 1]).sum()), int(present[:, 0].sum()), int(present[:, 1].sum())
    table, reading = page.together.matrix.table, page.together.reading
    before = reading.text()
    qtbot.mouseMove(table.viewport(), table.visualRect(table.model().index(0, 1)).center())
    expected = (
        f"ace and king together on {both} images: {100 * both / ace:.0f} % of ace, {100 * both / king:.0f} % of king"
    )
    qtbot.waitUntil(lambda: reading.text() == expected)
    QApplication.sendEvent(table.viewport(), QEvent(QEvent.Type.Leave))
    assert reading.text() == before
    table.setFocus()
    table.setCurrentIndex(table.model().index(0, 0))
    assert reading.text() == f"ace on {ace} images"
    qtbot.keyClick(table, Qt.Key.Key_Right)
    assert reading.text() == expected
    assert table.currentIndex().data(Qt.ItemDataRole.AccessibleTextRole) == expected


def test_labels_that_never_come_together_and_one_image_are_said_in_words(qtbot, page, annotated):
    store = annotated.store
    ace, king, _ = (label.id for label in store.labels)
    ids = store.image_ids.tolist()
    store.set_states(ids, {ace: LabelState.ABSENT, king: LabelState.ABSENT})
    annotated.apply(store.set_states(ids[:1], {ace: LabelState.PRESENT}))
    qtbot.waitUntil(lambda: page.is_idle() and page.statistics.states[0, 0] == 1)
    model = page.together.model
    assert model.in_words(0, 1) == "ace and king on no image together"
    assert model.in_words(0, 0) == "ace on 1 image"


def test_a_cell_leads_to_the_images_with_both_labels(qtbot, page, wanted, annotated):
    table = page.together.matrix.table
    click(qtbot, table, 0, 2)
    assert wanted == ['ace "red card"']
    assert found(annotated, wanted[0]) == page.statistics.together[0, 2]
    wanted.clear()
    qtbot.keyClick(table, Qt.Key.Key_Down)
    qtbot.keyClick(table, Qt.Key.Key_Down)
    assert not wanted
    qtbot.keyClick(table, ENTER)
    assert wanted == ['"red card"']


# splits and reviews


def test_splits_and_reviews_are_counted_and_lead_to_their_images(qtbot, page, wanted, annotated):
    store = annotated.store
    ids = store.image_ids.tolist()
    store.set_splits({ids[0]: Split.TRAIN, ids[1]: Split.TRAIN, ids[2]: Split.TEST})
    store.set_review(ids[:3], Review.UNSURE)
    store.set_review(ids[3:4], Review.TO_DO)
    annotated.apply(store.set_flag(ids[:5], True))
    qtbot.waitUntil(lambda: page.is_idle() and page.statistics.flagged == 5)
    assert rows(page.split_bars) == [["Train", "2"], ["Validation", "0"], ["Test", "1"], ["No split yet", "9"]]
    assert rows(page.review_bars) == [["To do", "1"], ["Reviewed", "8"], ["Unsure", "3"], ["Flagged", "5"]]
    for table in (page.split_bars, page.review_bars):
        table.setFocus()
        for row, (_, count) in enumerate(rows(table)):
            click(qtbot, table, row, FIRST_COUNT)
            assert found(annotated, wanted[-1]) == int(count)
        qtbot.keyClick(table, Qt.Key.Key_Up)
        qtbot.keyClick(table, ENTER)
    assert wanted == [
        "split:train", "split:validation", "split:test", "split:none", "split:test",
        "unreviewed", "reviewed", "unsure", "flagged", "unsure",
    ]  # fmt: skip


# over time


def test_the_curve_is_read_by_key(qtbot):
    chart = ProgressChart()
    qtbot.addWidget(chart)
    chart.resize(500, 200)
    chart.show()
    noon = 20_000 * DAY + DAY / 2
    chart.show_progress(count_progress(np.array([np.nan, noon, noon, noon + 9 * DAY])), utc_offset=0)
    assert chart.accessibleDescription() == "4 images reviewed from 4 Oct 2024 to 13 Oct 2024"
    qtbot.keyClick(chart, Qt.Key.Key_Home)
    assert chart.accessibleDescription() == "4 Oct 2024: 2 reviewed, 3 by then"
    qtbot.keyClick(chart, Qt.Key.Key_Right)
    assert chart.accessibleDescription() == "5 Oct 2024: 0 reviewed, 3 by then"
    qtbot.keyClick(chart, Qt.Key.Key_End)
    assert chart.accessibleDescription() == "13 Oct 2024: 1 reviewed, 4 by then"


def test_the_curve_is_read_under_the_mouse(qtbot, monkeypatch):
    told = []
    monkeypatch.setattr(QToolTip, "showText", lambda _place, text, *_: told.append(text))
    chart = ProgressChart()
    qtbot.addWidget(chart)
    chart.resize(500, 200)
    chart.show()
    hour = 20_000 * DAY + 3600 * 9
    chart.show_progress(count_progress(np.array([hour, hour + 3600 * 5, hour + 3600 * 5]) + 60), utc_offset=0)
    QTest.mouseMove(chart, QPoint(480, 100))
    qtbot.waitUntil(lambda: bool(told) and told[-1] == "4 Oct 2024, 14:00: 2 reviewed, 3 by then")


@pytest.mark.parametrize(
    ("times", "said"), [([], "No image is reviewed yet."), ([np.nan], "No time of a review is known.")]
)
def test_a_curve_without_times_says_so(qtbot, times, said):
    chart = ProgressChart()
    qtbot.addWidget(chart)
    chart.show()
    chart.show_progress(count_progress(np.array(times)), utc_offset=0)
    qtbot.keyClick(chart, Qt.Key.Key_Right)
    assert chart.in_words() == said
    assert not chart.grab().isNull()


@pytest.mark.parametrize("days", [0, 0.01, 0.4, 2, 40, 900, 20_000])
def test_the_curve_is_painted_for_any_span(qtbot, days):
    chart = ProgressChart()
    qtbot.addWidget(chart)
    chart.resize(220, 120)
    chart.show()
    times = 1e9 + np.linspace(0, days * DAY, 50)
    chart.show_progress(count_progress(times), utc_offset=3600)
    chart.setFocus()
    qtbot.keyClick(chart, Qt.Key.Key_End)
    assert not chart.grab().isNull()


# fresh numbers


def test_numbers_are_fresh_while_they_are_shown(qtbot, page, annotated):
    store = annotated.store
    ace = store.labels[0].id
    annotated.apply(store.set_states(store.image_ids.tolist(), {ace: LabelState.PRESENT}))
    qtbot.waitUntil(lambda: rows(page.label_bars)[0] == ["ace", "12", "0", "0"])
    annotated.apply(store.add_label("two"))
    qtbot.waitUntil(lambda: names(page) == ["ace", "king", "red card", "two"])
    assert page.together.model.rowCount() == 4


def test_nothing_is_counted_while_nobody_looks(qtbot, page, annotated):
    store = annotated.store
    page.hide()
    counted = page.statistics
    annotated.apply(store.set_states(store.image_ids.tolist(), {store.labels[0].id: LabelState.PRESENT}))
    assert page.is_idle()
    assert page.statistics is counted
    page.show()
    qtbot.waitUntil(lambda: rows(page.label_bars)[0] == ["ace", "12", "0", "0"])


def test_escape_goes_back(qtbot, page):
    page.focus_first()
    with qtbot.waitSignal(page.closed):
        qtbot.keyClick(page.label_bars, Qt.Key.Key_Escape)


# few and many


def test_an_empty_project_teaches(qtbot, shown, session, tmp_path):
    with Store.create(tmp_path / "empty"):
        pass
    session.open(tmp_path / "empty")
    page = shown(session)
    assert "No images" in page._empty._title.text()
    assert page._empty.isVisible()
    assert not page.label_bars.isVisible()


def test_a_project_without_labels_teaches_and_another_project_is_shown(qtbot, shown, session, project):
    store = session.store
    for label in store.labels:
        store.delete_label(label.id)
    page = shown(session)
    assert "No labels" in page._empty._title.text()
    page.focus_first()
    annotated = session.store.add_label("one")
    session.apply(annotated)
    qtbot.waitUntil(lambda: page.label_bars.isVisible() and names(page) == ["one"])
    assert page.together.model.rowCount() == 1
    session.close()
    assert page._empty.isVisible()
    session.open(project)
    qtbot.waitUntil(page.label_bars.isVisible)


def test_two_hundred_labels_scroll(qtbot, shown, session):
    store = session.store
    for number in range(197):
        store.add_label(f"label {number:03}")
    page = shown(session, (560, 600))
    table = page.label_bars
    assert table.model().rowCount() == 200
    assert table.verticalScrollBar().maximum() > 0
    assert page.together.matrix.table.horizontalScrollBar().maximum() > 0
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    assert table.viewport().rect().contains(table.visualRect(table.currentIndex()).center())


def test_where_there_is_room_there_are_two_columns(qtbot, page):
    def places():
        return [widget.mapTo(page, QPoint(0, 0)) for widget in (page.label_bars, page.together)]

    qtbot.waitUntil(lambda: places()[1].x() > places()[0].x())
    page.resize(500, 700)
    qtbot.waitUntil(lambda: places()[1].x() == places()[0].x() and places()[1].y() > places()[0].y())


def test_everything_has_a_name_and_is_reached_by_tab(qtbot, page):
    page.activateWindow()
    page.sorting.setFocus()
    reached = []
    for _ in range(6):
        widget = QApplication.focusWidget()
        assert widget.accessibleName()
        reached.append(widget)
        qtbot.keyClick(widget, Qt.Key.Key_Tab)
    assert reached == [
        page.sorting, page.label_bars, page.together.matrix.table, page.split_bars, page.review_bars, page.progress,
    ]  # fmt: skip


@pytest.mark.parametrize(("share", "said"), [
    (362 / 363, "99 %"), (0.9999999, "99 %"), (1.0, "100 %"), (0.5, "50 %"), (0.0, "0 %"),
])  # fmt: skip
def test_nothing_is_said_to_be_whole_while_one_is_left(share, said):
    assert percent(share) == said
