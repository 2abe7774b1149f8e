import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QApplication

from core.labels import LabelState, Review
from core.project.files.scan import scan_folder
from gui.label.review.folders import folder_filter, folders_of
from gui.label.review.queues import QUEUES
from gui.label.review.sidebar import Sidebar
from gui.label.review.sidebar_rows import COUNT, NOW

_Key = Qt.Key
_Role = Qt.ItemDataRole


@pytest.fixture
def ids(window):
    """Ids of the images."""
    return window.session.store.image_ids.tolist()


@pytest.fixture
def sidebar(window, label, qtbot):
    """The sidebar, open, with its counts."""
    one = getattr(label, "sidebar", None)
    if one is None:
        one = Sidebar(window.session, label.model, label.scores, window.commands, label)
        one.resize(240, 600)
        one.filter_wanted.connect(label.show_filter)
        one.left.connect(label.showing.focus)
    one.show()
    qtbot.waitUntil(lambda: one.counter.overview.images == 12)
    return one


def counted(sidebar):
    return {queue.id: sidebar._queue_rows[queue.id].data(0, COUNT) for queue in QUEUES}


def click(qtbot, sidebar, row):
    sidebar.tree.scrollToItem(row)
    place = sidebar.tree.visualItemRect(row).center()
    qtbot.mouseClick(sidebar.tree.viewport(), Qt.MouseButton.LeftButton, pos=place)


def shown(sidebar):
    rows = [sidebar._all, *sidebar._queue_rows.values()]
    return [row.text(0) for row in rows if row.data(0, NOW)]


def test_counts_follow_edits(window, sidebar, ids, qtbot):
    store = window.session.store
    assert counted(sidebar)["unreviewed"] == 12
    # a file that is looked at later would not be unreadable any more
    qtbot.waitUntil(lambda: bool((store.widths > 0).all()))
    window.session.apply(store.set_review(ids[:3], Review.REVIEWED))
    window.session.apply(store.set_review(ids[3:5], Review.UNSURE))
    window.session.apply(store.set_flag(ids[:1], True))
    window.session.apply(store.set_note(ids[1], "look"))
    window.session.apply(store.add_disputes({(ids[1], store.labels[0].id): LabelState.PRESENT}, "merged"))
    window.session.apply(store.mark_problems({ids[2]: "Gone."}))
    ace, king, _ = (one.id for one in store.labels)
    window.session.apply(store.add_rule("never", (ace, king)))
    window.session.apply(store.set_states(ids[:2], {ace: LabelState.PRESENT, king: LabelState.PRESENT}))
    expected = {"unreviewed": 7, "unsure": 2, "flagged": 1, "notes": 1, "conflicts": 2, "unreadable": 1, "disagree": 0}
    qtbot.waitUntil(lambda: expected.items() <= counted(sidebar).items())
    assert sidebar.progress.text() == "3 of 12 reviewed"
    assert sidebar._line.fraction == pytest.approx(0.25)
    assert "7 images" in sidebar._queue_rows["unreviewed"].data(0, _Role.AccessibleTextRole)


def test_a_click_shows_the_images_of_a_queue_and_marks_it(window, label, sidebar, ids, qtbot):
    window.session.apply(window.session.store.set_review(ids[3:5], Review.UNSURE))
    assert shown(sidebar) == ["All images"]
    click(qtbot, sidebar, sidebar._queue_rows["unsure"])
    assert label.model.rows.tolist() == [3, 4]
    assert label.filter_bar.field.text() == "unsure"
    assert shown(sidebar) == ["Unsure"]
    click(qtbot, sidebar, sidebar._all)
    assert label.model.rowCount() == 12


def test_arrows_go_through_the_queues_and_return_shows_one(window, label, sidebar, ids, qtbot):
    window.session.apply(window.session.store.set_review(ids[3:5], Review.UNSURE))
    sidebar.tree.setFocus()
    sidebar.tree.setCurrentItem(sidebar._queue_rows["unreviewed"])
    qtbot.keyClick(sidebar.tree, _Key.Key_Down)
    assert label.model.rowCount() == 12
    qtbot.keyClick(sidebar.tree, _Key.Key_Return)
    assert label.model.rows.tolist() == [3, 4]
    sidebar.tree.setFocus()
    qtbot.keyClick(sidebar.tree, _Key.Key_Escape)
    assert not sidebar.tree.hasFocus()


def test_a_queue_is_shown_by_its_key(window, label, sidebar, ids, qtbot):
    window.session.apply(window.session.store.set_flag(ids[5:7], True))
    label.grid.setFocus()
    qtbot.keyClick(label.grid, _Key.Key_5, Qt.KeyboardModifier.AltModifier)
    assert label.model.rows.tolist() == [5, 6]


def test_an_empty_queue_says_why_and_the_images_stay(window, label, sidebar, qtbot):
    qtbot.waitUntil(lambda: counted(sidebar)["disagree"] == 0)
    with qtbot.waitSignal(window.session.message) as told:
        click(qtbot, sidebar, sidebar._queue_rows["disagree"])
    assert "run" in told.args[0]
    assert label.model.rowCount() == 12
    assert sidebar._queue_rows["disagree"].toolTip(0) == told.args[0]
    with qtbot.waitSignal(window.session.message) as told:
        window.commands["view.queue_conflicts"].trigger()
    assert "rules" in told.args[0]


def test_disagreements_are_shown_with_the_clearest_first(window, label, sidebar, ids, qtbot):
    store = window.session.store
    ace = store.labels[0].id
    window.session.apply(store.set_states(ids[:3], {ace: LabelState.ABSENT}))
    scores = np.full((12, 3), np.nan, np.float32)
    scores[:3, 0] = (0.6, 0.99, 0.1)
    label.model.set_scores(scores, np.full(3, 0.5))
    sidebar.counter._scores = type("Scores", (), {"probabilities": scores, "thresholds": np.full(3, 0.5)})()
    sidebar.counter._count()
    qtbot.waitUntil(lambda: counted(sidebar)["disagree"] == 2)
    click(qtbot, sidebar, sidebar._queue_rows["disagree"])
    assert label.model.rows.tolist() == [1, 0]


def test_a_click_with_control_adds_to_the_filter(window, label, sidebar, ids, qtbot):
    store = window.session.store
    window.session.apply(store.set_flag(ids[5:7], True))
    window.session.apply(store.set_states(ids[6:8], {store.labels[0].id: LabelState.PRESENT}))
    label.filter_bar.show_filter("ace")
    sidebar.tree.setFocus()
    sidebar.tree.setCurrentItem(sidebar._queue_rows["flagged"])
    qtbot.keyClick(sidebar.tree, _Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert label.filter_bar.field.text() == "ace flagged"
    assert label.model.rows.tolist() == [6]


def test_saved_filters_are_listed(window, label, sidebar, ids, qtbot):
    store = window.session.store
    assert sidebar._saved.isHidden()
    window.session.apply(store.set_flag(ids[2:4], True))
    window.session.apply(store.save_filter("Mine", "flagged"))
    click(qtbot, sidebar, sidebar._saved.child(0))
    assert label.model.rows.tolist() == [2, 3]
    window.session.apply(store.delete_filter("Mine"))
    assert sidebar._saved.isHidden()


def test_folders_are_a_tree_with_counts(window, label, sidebar, tmp_path, qtbot):
    root = tmp_path / "trips"
    for name in ("b/1.png", "b/sea/2.png", "b/sea/3.png", "a c/4.png", "5.png"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8)).save(root / name)
    store = window.session.store
    window.session.apply(store.add_images(root, scan_folder(root)))
    qtbot.waitUntil(lambda: sidebar._folders.childCount() == 3)
    inner = [sidebar._folders.child(one) for one in range(3)]
    assert [(one.text(0), one.data(0, COUNT)) for one in inner] == [("a c", 1), ("b", 3), ("In no folder", 13)]
    sidebar.tree.setFocus()
    sidebar.tree.setCurrentItem(inner[1])
    qtbot.keyClick(sidebar.tree, _Key.Key_Right)
    assert inner[1].child(0).text(0) == "sea"
    click(qtbot, sidebar, inner[1])
    assert label.model.rowCount() == 3
    assert inner[1].data(0, NOW)
    click(qtbot, sidebar, inner[1].child(0))
    assert label.model.rowCount() == 2
    click(qtbot, sidebar, inner[0])
    assert label.filter_bar.field.text() == 'folder:"a c"'
    assert label.model.rowCount() == 1
    click(qtbot, sidebar, inner[2])
    assert label.model.rowCount() == 13


def test_open_folders_stay_open_when_images_come(window, sidebar, tmp_path, qtbot):
    root = tmp_path / "trips"
    for name in ("b/sea/2.png", "b/3.png"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8)).save(root / name)
    store = window.session.store
    window.session.apply(store.add_images(root, scan_folder(root)))
    qtbot.waitUntil(lambda: sidebar._folders.childCount() == 2)
    sidebar._folders.child(0).setExpanded(True)
    Image.new("RGB", (8, 8)).save(root / "b" / "sea" / "4.png")
    window.session.apply(store.add_images(root, scan_folder(root)))
    qtbot.waitUntil(lambda: sidebar._folders.child(0).data(0, COUNT) == 3)
    assert sidebar._folders.child(0).isExpanded()
    assert sidebar._folders.child(0).child(0).data(0, COUNT) == 2


def test_the_progress_leads_to_the_statistics(sidebar, qtbot):
    with qtbot.waitSignal(sidebar.statistics_wanted):
        qtbot.mouseClick(sidebar.progress, Qt.MouseButton.LeftButton)
    sidebar.progress.setFocus()
    with qtbot.waitSignal(sidebar.statistics_wanted):
        qtbot.keyClick(sidebar.progress, _Key.Key_Space)


def test_it_is_folded_in_a_narrow_window_unless_somebody_opened_it(window, sidebar, qtbot):
    QSettings().remove("label/sidebar")
    sidebar.fit(1024)
    assert sidebar.isHidden()
    sidebar.fit(1300)
    assert not sidebar.isHidden()
    qtbot.keyClick(window, _Key.Key_F8)
    assert sidebar.isHidden()
    qtbot.keyClick(window, _Key.Key_F8)
    assert not sidebar.isHidden()
    assert QApplication.focusWidget() is sidebar.tree
    sidebar.fit(1024)
    assert not sidebar.isHidden()


def test_closing_the_project_empties_it(window, sidebar):
    window.session.close()
    assert sidebar.progress.isHidden()
    assert sidebar._folders.isHidden()


def test_folders_count_what_is_below_them():
    folders = folders_of(["a/x", "a/b/x", "a/10/x", "a/9/x", "y"])
    assert folders.children == {"": ("a",), "a": ("a/9", "a/10", "a/b")}
    assert folders.totals == {"a": 4, "a/b": 1, "a/9": 1, "a/10": 1}
    assert folders.loose == 1
    assert folder_filter("my holiday/x") == 'folder:"my holiday/x"'
    assert folder_filter("") == "folder:."
