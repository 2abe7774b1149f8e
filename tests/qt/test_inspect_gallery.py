"""The gallery of Inspect: it follows a drag, frames each decision, and puts annotations right."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage

from core.evaluation.mistakes import find_mistakes
from core.evaluation.predictions import Predictions
from core.labels import MULTI_CLASS, LabelState, Split
from core.project.files.scan import scan_folder
from core.project.store import Store
from gui.inspect.fixes import Fixes
from gui.inspect.image_groups import NO_IMAGES, ImageGroup, Images, Outcome
from gui.inspect.page import Page
from gui.inspect.workspace import InspectWorkspace
from gui.session import Session
from gui.widgets import theme

CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def run(annotated, finished_run):
    """All but four images are in validation."""
    store = annotated.store
    splits = [Split.TRAIN] * 3 + [Split.TEST] + [Split.VALIDATION] * 8
    annotated.apply(store.set_splits(dict(zip(store.image_ids.tolist(), splits, strict=True))))
    return finished_run()


@pytest.fixture
def opened(qtbot):
    """Opens Inspect on a session's run and gives its gallery the focus."""
    made = []

    def build(session):
        one = InspectWorkspace(session)
        qtbot.addWidget(one)
        one.resize(1300, 800)
        one.show()
        one.activate()
        qtbot.waitUntil(lambda: one._inspection.scored is not None)
        made.append(one)
        return one

    yield build
    for one in made:
        one._thresholds.flush()


@pytest.fixture
def workspace(opened, annotated, run):
    return opened(annotated)


@pytest.fixture
def validation(run):
    return Predictions.load(run.folder / "predictions.npz").of(Split.VALIDATION)


def drag(qtbot, workspace, *values):
    """Drag the threshold's slider with the mouse from place to place; the button stays down until `release`."""
    slider = workspace.thresholds_page._panel._slider
    for number, value in enumerate(values):
        place = QPoint(round(slider.place_of(value)), slider.height() // 2)
        if number:
            qtbot.mouseMove(slider, place)
        else:
            qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=place)


def release(qtbot, workspace):
    qtbot.mouseRelease(workspace.thresholds_page._panel._slider, Qt.MouseButton.LeftButton)


def titles(gallery):
    return [button.text() for button in gallery._bar.buttons]


def press(qtbot, gallery, beginning):
    (button,) = (one for one in gallery._bar.buttons if one.text().startswith(beginning))
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    return button


def choose(gallery, *rows):
    """Select rows, the first one as the current one."""
    view = gallery._view
    view.setCurrentIndex(gallery.model.index(rows[0]))
    for row in rows[1:]:
        view.selectionModel().select(gallery.model.index(row), view.selectionModel().SelectionFlag.Select)


def state_of(session, image_id, label=0):
    return int(session.store.states[session.store.row_of(int(image_id)), label])


def frame_pixels(gallery, row, pen):
    """How many pixels of a thumbnail have the colour of a frame."""
    rect = gallery._view.visualRect(gallery.model.index(row))
    image = gallery._view.viewport().grab(rect).toImage().convertToFormat(QImage.Format.Format_RGB32)
    wanted = pen(gallery.palette()).color().rgb()
    pixels = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.bytesPerLine() // 4)
    return int(np.count_nonzero(pixels[:, : image.width()] == wanted))


# following


def test_a_drag_brings_the_images_that_change_sides_unless_others_were_chosen(qtbot, workspace):
    gallery = workspace._gallery
    assert gallery._bar._key == "wrong"
    drag(qtbot, workspace, 0.5, 0.1)
    assert gallery._bar._key == "flips"
    release(qtbot, workspace)
    workspace._inspection.choose(1)
    assert gallery._bar._key == "wrong"
    press(qtbot, gallery, "Missed")
    drag(qtbot, workspace, 0.5, 0.9)
    assert gallery._bar._key == "missed"
    release(qtbot, workspace)


@pytest.mark.parametrize(("label", "way"), [(0, (0.5, 0.3, 0.05)), (1, (0.5, 0.7, 0.95)), (2, (0.5, 0.02, 0.6))])
def test_the_images_that_change_sides_follow_a_drag(qtbot, workspace, validation, way, label):
    gallery = workspace._gallery
    workspace._inspection.choose(label)
    press(qtbot, gallery, "Flips")
    assert titles(gallery)[3] == "Flips since 0.50 (0)"
    assert gallery._empty.isVisible()
    probabilities, states = validation.probabilities[:, label], validation.states[:, label]
    for end in range(1, len(way) + 1):
        drag(qtbot, workspace, *way[:end])
        after = float(workspace._thresholds.values[label])
        assert after == pytest.approx(way[end - 1], abs=0.004)
        flipped = (probabilities >= 0.5) != (probabilities >= np.float32(after))
        assert titles(gallery)[3] == f"Flips since 0.50 ({flipped.sum()})"
        images = gallery.model.images
        assert sorted(images.image_ids.tolist()) == sorted(validation.image_ids[flipped].tolist())
        for image_id, kind, (caption,) in zip(images.image_ids, images.kinds, images.captions, strict=True):
            (row,) = np.flatnonzero(validation.image_ids == image_id)
            gained = probabilities[row] >= after
            assert caption == (f"▲ {probabilities[row]:.3f} gained" if gained else f"▼ {probabilities[row]:.3f} lost")
            expected = {1: (2, 0), 0: (3, 1), -1: (4, 4)}[int(states[row])][int(gained)]
            assert kind == expected
    release(qtbot, workspace)
    # the next drag begins where this one ended
    drag(qtbot, workspace, after + 0.01)
    assert titles(gallery)[3].startswith(f"Flips since {after:.2f}")
    release(qtbot, workspace)


def test_missed_and_false_alarms_follow_a_drag_in_their_order(qtbot, workspace, validation):
    gallery = workspace._gallery
    probabilities, states = validation.probabilities[:, 0], validation.states[:, 0]
    for key, beginning in (("missed", "Missed"), ("false alarms", "False alarms")):
        gallery.show_group(key)
        for value in (0.1, 0.4, 0.9):
            drag(qtbot, workspace, value)
            predicted = probabilities >= np.float32(workspace._thresholds.values[0])
            wrong = predicted & (states == 0) if key == "false alarms" else ~predicted & (states == 1)
            order = np.argsort(-probabilities if key == "false alarms" else probabilities, kind="stable")
            expected = [int(validation.image_ids[row]) for row in order if wrong[row]]
            assert gallery.model.image_ids.tolist() == expected
            assert any(title == f"{beginning} ({len(expected)})" for title in titles(gallery))
            release(qtbot, workspace)


def test_the_worst_of_a_label_are_those_of_the_evaluation(qtbot, workspace, validation):
    for label, which, value in itertools.product(range(3), ("most confident", "highest loss"), (0.2, 0.5, 0.8)):
        workspace._inspection.choose(label)
        press(qtbot, workspace._gallery, which.capitalize())
        drag(qtbot, workspace, value)
        release(qtbot, workspace)
        found = find_mistakes(validation, workspace._thresholds.values, which, label=label, limit=200)
        images = workspace._gallery.model.images
        assert images.image_ids.tolist() == validation.image_ids[found.rows].tolist()
        assert [lines[0][:5] for lines in images.captions] == [f"{score:.3f}" for score in found.scores]


def test_nothing_is_reset_while_a_drag_changes_no_image(qtbot, workspace):
    gallery = workspace._gallery
    gallery.show_group("wrong")
    drag(qtbot, workspace, 0.5)
    resets = []
    gallery.model.modelReset.connect(lambda: resets.append(1))
    gallery.model.dataChanged.connect(lambda: resets.append(1))
    scores = np.sort(workspace._inspection.scored.predictions.probabilities[:, 0])
    gaps = np.diff(scores)
    low, high = scores[gaps.argmax()], scores[gaps.argmax() + 1]
    for share in (0.3, 0.5, 0.7):
        workspace._thresholds.set(0, float(low + share * (high - low)))
    assert len(resets) <= 1
    release(qtbot, workspace)


def test_what_is_selected_stays_while_it_is_shown(qtbot, workspace):
    gallery = workspace._gallery
    gallery.show_group("loss")
    choose(gallery, 2, 4)
    chosen = {int(gallery.model.image_ids[row]) for row in (2, 4)}
    current = int(gallery.model.image_ids[2])
    gallery.show_group("wrong")
    gallery.show_group("loss")
    workspace._thresholds.set(0, 0.9)
    kept = {int(gallery.model.image_ids[index.row()]) for index in gallery._view.selectedIndexes()}
    assert kept <= chosen
    choose(gallery, 1, 3)
    chosen = {int(gallery.model.image_ids[row]) for row in (1, 3)}
    # all framed otherwise, but the same images
    workspace._thresholds.set(0, 0.0)
    assert {int(gallery.model.image_ids[index.row()]) for index in gallery._view.selectedIndexes()} == chosen
    assert current in gallery.model.image_ids


def test_at_most_two_hundred_are_shown_and_all_are_counted(qtbot, workspace):
    gallery, captions = workspace._gallery, tuple(("0.5",) for _ in range(200))
    many = Images(np.resize(np.arange(5, 13), 200), np.ones(200, np.int8), np.zeros(200, np.int64), captions)

    class Offer(Page):
        def image_groups(self):
            return (ImageGroup("many", "Many (1,234)", lambda: many, "none", 1234),)

    page = Offer(workspace._inspection)
    qtbot.addWidget(page)
    gallery.show_page(page)
    assert titles(gallery) == ["Many (1,234)"]
    assert gallery.model.rowCount() == 200
    assert gallery._note.text() == "The first 200 of 1,234."


def test_a_page_offers_its_own_groups_and_asks_for_one(qtbot, workspace, validation):
    class Offer(Page):
        count = 1

        def image_groups(self):
            ids = validation.image_ids[: self.count]
            images = Images(ids, np.full(len(ids), 4, np.int8), np.ones(len(ids), np.int64), (("x",),) * len(ids))
            nothing = ImageGroup("nothing", "Nothing (0)", lambda: NO_IMAGES, "There is none.", 0)
            return (nothing, ImageGroup("own", f"Own ({len(ids)})", lambda: images, "", len(ids)))

    gallery, page = workspace._gallery, Offer(workspace._inspection)
    qtbot.addWidget(page)
    gallery.show_page(page)
    assert titles(gallery) == ["Nothing (0)", "Own (1)"]
    assert gallery._empty.text() == "There is none."
    page.group_wanted.emit("own")
    assert gallery.model.image_ids.tolist() == validation.image_ids[:1].tolist()
    page.count = 3
    page.groups_changed.emit()
    assert gallery.model.rowCount() == 3
    assert "Own (3)" in titles(gallery)


def test_groups_that_do_not_fit_are_in_a_menu_and_the_chosen_one_is_always_seen(qtbot, workspace):
    bar = workspace._gallery._bar
    workspace._gallery.show_group("loss")
    bar.setFixedWidth(260)
    qtbot.waitUntil(bar._more.isVisible)
    assert bar.buttons[-1].isVisible()
    assert not bar.buttons[2].isVisible()
    bar._fill_menu()
    action = next(one for one in bar._menu.actions() if one.text().startswith("False alarms"))
    action.trigger()
    assert bar.buttons[2].isVisible()
    assert bar.buttons[2].isChecked()
    assert not bar.buttons[-1].isVisible()


# frames


def test_each_decision_has_the_frame_of_its_kind(qtbot, annotated, run, opened, validation):
    workspace = opened(annotated)
    gallery = workspace._gallery
    label = 2
    workspace._inspection.choose(label)
    gallery.show_group("flips")
    # everything is lost, then everything gained
    pens = {
        Outcome.TRUE_POSITIVE: theme.true_positive_pen,
        Outcome.FALSE_POSITIVE: theme.false_positive_pen,
        Outcome.FALSE_NEGATIVE: theme.false_negative_pen,
        Outcome.UNKNOWN: theme.unknown_pen,
    }
    seen = set()
    for start, end in ((0.0, 1.0), (1.0, 0.0)):
        workspace._thresholds.set(label, start)
        workspace._thresholds.settle()
        workspace._thresholds.set(label, end)
        workspace._thresholds.settle()
        qtbot.waitUntil(annotated.thumbnails.is_idle)
        assert gallery.model.rowCount() == 8
        for row, kind in enumerate(gallery.model.images.kinds.tolist()):
            seen.add(Outcome(kind))
            counts = {one: frame_pixels(gallery, row, pen) for one, pen in pens.items()}
            for one, count in counts.items():
                assert (count > 40) == (one == kind), (Outcome(kind), counts)
            image_id = gallery.model.image_ids[row]
            state = validation.states[validation.image_ids == image_id, label]
            assert (kind == Outcome.UNKNOWN) == (state == LabelState.UNKNOWN)
    assert seen == set(Outcome)


# putting right


def test_f_lets_the_annotation_say_what_the_model_says_and_undo_takes_it_back(qtbot, workspace, annotated):
    gallery, said = workspace._gallery, []
    annotated.message.connect(said.append)
    gallery.show_group("wrong")
    choose(gallery, 0, gallery.model.rowCount() - 1)
    gallery._view.setFocus()
    shown = gallery.model.images
    before = annotated.store.states.copy()
    qtbot.keyClick(gallery._view, Qt.Key.Key_F)
    for row in (0, len(shown.image_ids) - 1):
        is_alarm = shown.kinds[row] == Outcome.FALSE_POSITIVE
        assert state_of(annotated, shown.image_ids[row]) == int(is_alarm)
        assert gallery.model.mark(row) == ("now present" if is_alarm else "now absent")
    # the scores stay measured against the annotations of the run
    assert gallery.model.images.is_same(shown)
    assert said == ["“ace” fixed on 2 images"]
    assert gallery._note.text() == "2 annotations changed since this run: train again to count them."
    qtbot.keyClick(gallery._view, Qt.Key.Key_Z, CONTROL)
    np.testing.assert_array_equal(annotated.store.states, before)
    assert said[-1] == "Undone: “ace” fixed on 2 images"
    assert gallery._note.text() == ""
    assert gallery.model.mark(0) == ""
    qtbot.keyClick(gallery._view, Qt.Key.Key_Z, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    assert gallery.model.mark(0) != ""


@pytest.mark.parametrize(
    ("key", "state", "text"),
    [
        (Qt.Key.Key_P, LabelState.PRESENT, "“ace” set on 1 image"),
        (Qt.Key.Key_A, LabelState.ABSENT, "“ace” ruled out on 1 image"),
        (Qt.Key.Key_U, LabelState.UNKNOWN, "“ace” cleared on 1 image"),
    ],
)
def test_a_key_says_it_outright(qtbot, workspace, annotated, key, state, text):
    gallery, said = workspace._gallery, []
    gallery.show_group("loss")
    # one of the other state, so that there is something to change
    row = next(row for row, now in enumerate(gallery.model.states.tolist()) if now != state)
    choose(gallery, row)
    gallery._view.setFocus()
    annotated.message.connect(said.append)
    qtbot.keyClick(gallery._view, key)
    assert state_of(annotated, gallery.model.image_ids[row]) == state
    assert said == [text]
    qtbot.keyClick(gallery._view, key)
    assert said[-1] == "Nothing to change: the annotations say so already."


def test_undo_takes_back_thresholds_and_annotations_in_their_order(qtbot, workspace, annotated):
    gallery, steps = workspace._gallery, workspace._inspection.steps
    gallery.show_group("loss")
    image_id = int(gallery.model.image_ids[0])
    first = state_of(annotated, image_id)
    workspace._thresholds.set(0, 0.2)
    workspace._thresholds.settle()
    choose(gallery, 0)
    gallery._unknown.trigger()
    workspace._thresholds.set(0, 0.8)
    workspace._thresholds.settle()

    def now():
        return float(workspace._thresholds.values[0]), state_of(annotated, image_id)

    assert now() == (0.8, -1)
    qtbot.mouseClick(workspace._undo, Qt.MouseButton.LeftButton)
    assert now() == (0.2, -1)
    qtbot.mouseClick(workspace._undo, Qt.MouseButton.LeftButton)
    assert now() == (0.2, first)
    qtbot.mouseClick(workspace._undo, Qt.MouseButton.LeftButton)
    assert now() == (0.5, first)
    assert not steps.undo_text
    for expected in ((0.2, first), (0.2, -1), (0.8, -1)):
        qtbot.mouseClick(workspace._redo, Qt.MouseButton.LeftButton)
        assert now() == expected
    assert not steps.redo_text
    steps.undo()
    steps.undo()
    workspace._thresholds.set(1, 0.9)
    assert not steps.redo_text, "something else was done since"


def test_an_edit_in_label_is_not_taken_back_here(qtbot, workspace, annotated):
    gallery, steps = workspace._gallery, workspace._inspection.steps
    gallery.show_group("loss")
    choose(gallery, 0)
    gallery._unknown.trigger()
    assert steps.undo_text
    king = annotated.store.labels[1].id
    annotated.apply(annotated.store.set_states([12], {king: LabelState.UNKNOWN}))
    assert not steps.undo_text
    states = annotated.store.states.copy()
    steps.undo()
    np.testing.assert_array_equal(annotated.store.states, states)


def test_marks_are_there_after_a_restart_and_under_a_new_name(qtbot, workspace, annotated, opened, project):
    gallery = workspace._gallery
    gallery.show_group("wrong")
    choose(gallery, 0)
    gallery._right.trigger()
    image_id, mark = int(gallery.model.image_ids[0]), gallery.model.mark(0)
    ace = annotated.store.labels[0].id
    annotated.apply(annotated.store.change_label(ace, name="the ace"))
    workspace.hide()
    annotated.close()
    session = Session()
    session.open(project)
    again = opened(session)._gallery
    again.show_group("wrong")
    row = again.model.image_ids.tolist().index(image_id)
    assert again.model.mark(row) == mark != ""
    assert again.model.index(row).data(Qt.ItemDataRole.AccessibleTextRole).endswith(mark)
    assert again._note.text() == "1 annotation changed since this run: train again to count it."
    assert sum(bool(again.model.mark(one)) for one in range(again.model.rowCount())) == 1
    again.window().close()
    session.close()


def test_the_menu_says_what_can_be_done_and_with_which_keys(qtbot, workspace):
    gallery = workspace._gallery
    gallery.show_group("wrong")
    choose(gallery, 0)
    gallery._on_menu_asked(QPoint(20, 20))
    texts = {one.text().partition("\t")[0]: one.shortcut().toString() for one in gallery._menu.actions() if one.text()}
    gallery._menu.close()
    assert not gallery._menu.actions()[0].isEnabled()
    assert list(texts.items()) == [
        ("“ace”", ""), ("The model is right", "F"), ("Present", "P"), ("Absent", "A"), ("Unknown", "U"),
        ("Enlarge", "Space"), ("Open in Label", ""),
    ]  # fmt: skip


def test_space_shows_large_what_the_gallery_shows(qtbot, workspace):
    gallery, asked = workspace._gallery, []
    gallery.viewed.connect(lambda *images: asked.append(images))
    gallery.show_group("loss")
    gallery._view.setFocus()
    choose(gallery, 3)
    qtbot.keyClick(gallery._view, Qt.Key.Key_Space)
    assert workspace.viewer.image_id == gallery.model.image_ids[3]
    workspace.viewer.closed.emit()
    choose(gallery, 4, 1)
    qtbot.keyClick(gallery._view, Qt.Key.Key_Space)
    (every, labels, place), (some, _, among) = asked
    assert every.tolist() == gallery.model.image_ids.tolist()
    assert (labels.tolist(), place) == ([0] * len(every), 3)
    assert (some.tolist(), among) == (gallery.model.image_ids[[1, 4]].tolist(), 1)


@pytest.fixture
def one_class(qtbot, tmp_path, draw_images):
    """A project with one label per image: image 1 is an ace, image 2 a king; both are taken for a king."""
    images = draw_images(tmp_path / "classes", 3)
    with Store.create(tmp_path / "one class", task=MULTI_CLASS) as store:
        store.add_images(images, scan_folder(images))
        store.add_labels(["ace", "king"])
        ace, king = (label.id for label in store.labels)
        store.set_states([1], {ace: LabelState.PRESENT}, reviewed=True)
        store.set_states([2], {king: LabelState.PRESENT}, reviewed=True)
    session = Session()
    session.open(tmp_path / "one class")
    yield session
    session.close()


def test_where_an_image_has_one_label_the_model_is_right_about_another(one_class):
    scores = np.array([[0.2, 0.8], [0.3, 0.7]], np.float32)
    states = one_class.store.states[:2].copy()
    predictions = Predictions(
        np.array([1, 2]), np.full(2, Split.VALIDATION, np.int8), scores, states, ("ace", "king"), MULTI_CLASS
    )
    ids = np.array([label.id for label in one_class.store.labels])
    scored = SimpleNamespace(
        predictions=predictions, everything=predictions, is_multi_class=True, label_ids=ids, label_names=("ace", "king")
    )
    fixes = Fixes(one_class)
    # missed as an ace, so that it is a king
    fixes.as_predicted(scored, np.full(2, 0.5), np.array([1]), np.array([0]))
    assert one_class.store.states[0].tolist() == [0, 1]
    assert fixes.count(scored) == 2
    fixes.set(scored, np.array([2, 3]), np.array([0, 0]), np.array([1, 1], np.int8))
    assert one_class.store.states[1:].tolist() == [[1, 0], [1, 0]]
    assert one_class.store.reviewed.all()
    fixes.undo()
    fixes.undo()
    np.testing.assert_array_equal(one_class.store.states[:2], states)
    failed = []
    fixes.failed.connect(failed.append)
    fixes.set(scored, np.array([1, 1]), np.array([0, 1]), np.array([1, 1], np.int8))
    assert "several were to be present" in failed[0].sentence
    np.testing.assert_array_equal(one_class.store.states[:2], states)


# bad input


def test_an_image_whose_file_vanished_is_shown_as_such_and_can_still_be_put_right(qtbot, annotated, run, opened):
    for image_id in annotated.store.image_ids.tolist():
        annotated.store.image_path(image_id).unlink()
    workspace = opened(annotated)
    gallery = workspace._gallery
    gallery.show_group("loss")
    gallery._view.viewport().repaint()
    qtbot.waitUntil(lambda: annotated.thumbnails.problem(int(gallery.model.image_ids[0])) is not None)
    gallery._view.viewport().repaint()
    assert "image" in gallery.model.index(0).data(Qt.ItemDataRole.ToolTipRole)
    assert annotated.thumbnails.problem(int(gallery.model.image_ids[0])) in gallery.model.index(0).data(
        Qt.ItemDataRole.AccessibleTextRole
    )
    choose(gallery, 0)
    gallery._unknown.trigger()
    assert gallery.model.mark(0) == "now unknown"


def test_scores_of_images_that_the_project_does_not_have_are_shown_without_them(qtbot, annotated, run, opened):
    scores = Predictions.load(run.folder / "predictions.npz")
    ids = scores.image_ids + 1000
    Predictions(ids, scores.splits, scores.probabilities, scores.states, scores.label_names).save(
        run.folder / "predictions.npz"
    )
    workspace, said = opened(annotated), []
    annotated.message.connect(said.append)
    gallery = workspace._gallery
    gallery.show_group("loss")
    gallery._view.viewport().repaint()
    assert gallery.model.mark(0) == "no longer there"
    choose(gallery, 0)
    gallery._right.trigger()
    assert said == ["The project has this image or this label no more."]
    assert gallery._note.text() == ""


def test_a_label_that_was_deleted_can_be_looked_at_but_not_put_right(qtbot, workspace, annotated):
    gallery, said = workspace._gallery, []
    annotated.apply(annotated.store.delete_label(annotated.store.labels[0].id))
    annotated.message.connect(said.append)
    gallery.show_group("loss")
    assert not any(gallery.model.mark(row) for row in range(gallery.model.rowCount()))
    choose(gallery, 0)
    gallery._present.trigger()
    assert said == ["The project has this image or this label no more."]


def test_a_run_without_its_snapshot_is_still_looked_at(qtbot, annotated, run, opened):
    (run.folder / "snapshot.npz").write_bytes(b"nothing")
    gallery = opened(annotated)._gallery
    gallery.show_group("loss")
    assert gallery.model.rowCount()
    assert not any(gallery.model.mark(row) for row in range(gallery.model.rowCount()))


def test_nothing_is_shown_of_a_project_that_was_closed(qtbot, workspace, annotated):
    gallery = workspace._gallery
    assert gallery.model.rowCount()
    annotated.close()
    gallery.show_scores()
    assert gallery.model.rowCount() == 0
    assert titles(gallery) == []
