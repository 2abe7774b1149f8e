"""The viewer of Inspect: an image, its labels, and the places that speak for each."""

import threading

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QPoint, QSize, Qt, QThreadPool
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtWidgets import QLabel

from core.errors import JobError
from core.evaluation.predictions import Predictions
from core.evaluation.threshold_file import ThresholdSet
from core.images.heat_maps import HeatMapStore, heat_map_folder
from core.labels import MULTI_CLASS, LabelState, Split
from core.project.runs.run_list import Run
from core.project.store import Store
from gui.inspect.fixes import Now
from gui.inspect.heat_image import heat_image
from gui.inspect.image_viewer import ImageViewer
from gui.inspect.inspection import Inspection
from gui.inspect.scored_split import load_scored_split
from gui.inspect.verdict_list import ROW, VerdictList
from gui.inspect.verdicts import Verdict, verdicts_of
from gui.inspect.workspace import InspectWorkspace
from gui.widgets import theme
from gui.widgets.canvas import Canvas

LONG = 20_000
ACE, KING, RED = range(3)


@pytest.fixture
def run(annotated, finished_run):
    store = annotated.store
    splits = [Split.VALIDATION] * 9 + [Split.TRAIN] * 3
    annotated.apply(store.set_splits(dict(zip(store.image_ids.tolist(), splits, strict=True))))
    made = finished_run(np.random.default_rng(5).random((len(store.image_ids), 3)))
    thresholds = ThresholdSet.alike(
        ("ace", "king", "red card"), np.array([0.3, 0.5, 0.6]), objective="f1", tuned_on=None
    )
    thresholds.save(made.folder / "thresholds.json")
    return made


@pytest.fixture
def inspection(annotated, run):
    one = Inspection(annotated)
    one.show(load_scored_split(run, Split.VALIDATION))
    yield one
    one.clear()


@pytest.fixture
def viewer(qtbot, inspection):
    one = ImageViewer(inspection)
    qtbot.addWidget(one)
    one.resize(1000, 600)
    one.show()
    qtbot.waitExposed(one)
    yield one
    one.explainer.close()


@pytest.fixture
def looked_at(annotated, run, monkeypatch):
    """All images were looked at before: of label k, place k speaks for it, and nothing does for the last one."""
    monkeypatch.setattr("gui.train.trainer_thread.start", lambda folder: pytest.fail("a worker was started"))
    store = HeatMapStore(heat_map_folder(annotated.store.folder, run.id), model=run.folder / "predictions.npz")
    maps = np.eye(3, 4, dtype=np.float32).reshape(3, 2, 2)
    maps[2] = 0
    for image_id in annotated.store.image_ids.tolist():
        store.put(image_id, annotated.store.image_path(image_id), maps)


def show(viewer, current=0, label=ACE):
    image_ids = viewer._inspection.scored.predictions.image_ids
    viewer.show_images(image_ids, np.full(len(image_ids), label), current)
    return image_ids.tolist()


def has_map(viewer):
    return viewer.explainer.maps(viewer.image_id) is not None


def test_wrong_labels_come_first_then_those_that_somebody_says(inspection):
    scored = inspection.scored
    thresholds = inspection.thresholds.values
    seen = set()
    for row in range(len(scored.predictions.image_ids)):
        states, probabilities = scored.predictions.states[row], scored.predictions.probabilities[row]
        verdicts = verdicts_of(scored, row, thresholds, states.tolist())
        assert sorted(one.label for one in verdicts) == [ACE, KING, RED]
        groups = []
        for one in verdicts:
            predicted = probabilities[one.label] >= thresholds[one.label]
            known = states[one.label] != LabelState.UNKNOWN
            wrong = known and predicted != (states[one.label] == LabelState.PRESENT)
            assert (one.predicted, one.is_wrong) == (predicted, wrong)
            assert (one.probability, one.threshold) == (probabilities[one.label], thresholds[one.label])
            groups.append((not wrong, not (predicted or states[one.label] == 1), -one.probability))
            seen.add(one.sentence.split()[0])
        assert groups == sorted(groups)
    assert seen == {"False", "Missed:", "Nobody", "Right:"}


def test_the_places_of_the_label_lie_over_the_image_and_choosing_another_shows_its_own(qtbot, viewer, pretend):
    pretend("learn")
    show(viewer)
    assert "Looking for the places that speak for “ace”… 0 s" in viewer.message()
    qtbot.waitUntil(lambda: has_map(viewer), timeout=LONG)
    assert "the more it speaks for “ace”" in viewer.message()
    assert viewer.canvas._overlay == heat_image(np.array([[1, 0], [0, 0]], np.float32))
    viewer._on_label_chosen(KING)
    assert viewer.canvas._overlay == heat_image(np.array([[0, 1], [0, 0]], np.float32))
    viewer._on_label_chosen(RED)
    assert viewer.message() == "No place of this image speaks for “red card”."
    assert viewer.canvas._overlay is None


def test_a_row_of_the_list_chooses_its_label(qtbot, viewer, looked_at):
    show(viewer)
    qtbot.waitUntil(lambda: has_map(viewer), timeout=LONG)
    view = viewer.labels._view
    for row, one in enumerate(viewer.labels.model.verdicts):
        place = view.visualRect(viewer.labels.model.index(row)).center()
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
        assert viewer.label == one.label
        assert viewer._sentence.text() == one.sentence
    assert view.currentIndex().data(Qt.ItemDataRole.AccessibleTextRole) == viewer._sentence.text()


def test_names_that_the_bar_leaves_room_for_are_not_cut(qtbot):
    def seen(*names):
        verdicts = VerdictList()
        qtbot.addWidget(verdicts)
        verdicts.resize(380, 120)
        verdicts.show_verdicts(
            [
                Verdict(number, name, 0.9, 0.5, predicted=True, state=1, now=Now.PRESENT)
                for number, name in enumerate(names)
            ],
            0,
        )
        return verdicts.grab().toImage()

    def bar_of(picture):
        # of the second row, which is not selected
        y, filled = 22 + ROW + ROW // 2, theme.accent(QGuiApplication.palette()).rgb()
        return next(x for x in range(picture.width()) if picture.pixel(x, y) == filled)

    theme.set_scheme("light")
    short, long = seen("king", "ace"), seen("king", "jewellery_and_more")
    theme.set_scheme("system")
    assert bar_of(long) > bar_of(short) + 10


def test_arrow_keys_go_to_the_images_of_the_gallery_and_their_places_are_there_by_then(qtbot, viewer, pretend):
    pretend("learn")
    image_ids = show(viewer, current=2)
    assert viewer._place.text() == f"3 of {len(image_ids)} · image 02.png"
    qtbot.waitUntil(lambda: viewer.explainer._work is None and has_map(viewer), timeout=LONG)
    for key, expected in ((Qt.Key.Key_Right, 3), (Qt.Key.Key_Left, 2), (Qt.Key.Key_Left, 1), (Qt.Key.Key_Left, 0)):
        qtbot.keyClick(viewer.canvas, key)
        assert viewer.image_id == image_ids[expected]
        assert has_map(viewer)
        assert "the more it speaks" in viewer.message()
    qtbot.keyClick(viewer.canvas, Qt.Key.Key_Left)
    assert viewer.image_id == image_ids[0]
    assert not viewer._before.isEnabled()
    label = viewer.label
    qtbot.keyClick(viewer.canvas, Qt.Key.Key_Down)
    assert viewer.label != label
    qtbot.waitUntil(lambda: bool(viewer.canvas._levels))


def test_a_chosen_label_stays_unless_the_images_are_shown_for_different_ones(qtbot, viewer, looked_at):
    image_ids = viewer._inspection.scored.predictions.image_ids[:4]
    viewer.show_images(image_ids, np.array([ACE, ACE, KING, KING]), 0)
    viewer._on_label_chosen(RED)
    viewer.step(1)
    assert viewer.label == RED
    viewer.step(1)
    assert viewer.label == KING


def test_h_switches_the_colours_off_and_on_and_the_slider_sets_how_much_they_cover(qtbot, viewer, looked_at):
    show(viewer)
    qtbot.waitUntil(lambda: viewer.canvas._overlay is not None, timeout=LONG)
    viewer._heat.slider.setValue(80)
    assert viewer.canvas._overlay_opacity == pytest.approx(0.8)
    viewer._heat.slider.setFocus()
    image_id = viewer.image_id
    qtbot.keyClick(viewer._heat.slider, Qt.Key.Key_Right)
    assert (viewer._heat.slider.value(), viewer.image_id) == (81, image_id)
    viewer.canvas.setFocus()
    qtbot.keyClick(viewer.canvas, Qt.Key.Key_H)
    assert viewer.canvas._overlay is None
    assert "Press H" in viewer.message()
    qtbot.keyClick(viewer.canvas, Qt.Key.Key_H)
    assert viewer.canvas._overlay is not None


def test_escape_goes_back_and_enter_opens_the_image_in_label(qtbot, viewer, looked_at):
    image_ids = show(viewer, current=4)
    with qtbot.waitSignal(viewer.opened) as opened:
        qtbot.keyClick(viewer.canvas, Qt.Key.Key_Return)
    assert opened.args == [(image_ids[4],)]
    with qtbot.waitSignal(viewer.closed):
        qtbot.keyClick(viewer.canvas, Qt.Key.Key_Escape)


def test_annotations_are_put_right_in_place(qtbot, viewer, annotated, looked_at):
    show(viewer)
    scored = viewer._inspection.scored
    wrong = next(one for one in viewer.labels.model.verdicts if one.is_wrong)
    viewer._on_label_chosen(wrong.label)
    qtbot.keyClick(viewer.canvas, Qt.Key.Key_F)
    label_id = annotated.store.labels[wrong.label].id
    row, column = annotated.store.rows_of([viewer.image_id])[0], wrong.label
    assert annotated.store.labels[column].id == label_id
    assert annotated.store.states[row, column] == wrong.predicted
    (after,) = [one for one in viewer.labels.model.verdicts if one.label == wrong.label]
    # what the run was measured against stays
    assert (after.state, after.now, after.is_wrong) == (wrong.state, int(wrong.predicted), True)
    assert "Today they say" in viewer._sentence.text()
    qtbot.keyClick(viewer.canvas, Qt.Key.Key_U)
    assert annotated.store.states[row, column] == LabelState.UNKNOWN
    assert scored is viewer._inspection.scored


def test_what_went_wrong_is_told_with_a_next_step_and_can_be_tried_again(qtbot, viewer, pretend):
    pretend("refuse")
    show(viewer)
    qtbot.waitUntil(lambda: viewer.message() == "The weights are gone. Train again.", timeout=LONG)
    assert viewer._again.isVisible()
    pretend("learn")
    qtbot.mouseClick(viewer._again, Qt.MouseButton.LeftButton)
    assert "Looking" in viewer.message()
    qtbot.waitUntil(lambda: has_map(viewer), timeout=LONG)
    assert not viewer._again.isVisible()


def test_an_image_that_the_worker_cannot_read_is_told(qtbot, viewer, pretend):
    pretend("skip")
    show(viewer)
    qtbot.waitUntil(lambda: viewer.message() == "It is damaged.", timeout=LONG)


def test_an_image_that_cannot_be_decoded_has_its_reason_in_its_place(qtbot, viewer, annotated, looked_at):
    image_ids = viewer._inspection.scored.predictions.image_ids
    annotated.store.image_path(int(image_ids[1])).write_bytes(b"broken")
    show(viewer, current=1)
    qtbot.waitUntil(lambda: viewer._stack.currentWidget() is viewer._problem)
    viewer.step(1)
    assert viewer._stack.currentWidget() is viewer.canvas


def test_a_second_look_needs_no_worker(qtbot, viewer, annotated, looked_at):
    show(viewer)
    qtbot.waitUntil(lambda: has_map(viewer))
    assert viewer.canvas._overlay is not None
    assert not (annotated.store.folder / "cache" / "explain").exists()


def test_nothing_is_kept_of_a_discarded_run(annotated, run, looked_at):
    folder = heat_map_folder(annotated.store.folder, run.id)
    assert folder.is_dir()
    annotated.store.discard_run(run.id)
    assert not folder.exists()


def test_an_image_far_away_does_not_wait_for_those_that_nobody_looks_at(qtbot, viewer, pretend, monkeypatch):
    pretend("hang")
    image_ids = show(viewer, current=0)
    qtbot.waitUntil(lambda: viewer.explainer._work is not None, timeout=LONG)
    first, looked = viewer.explainer._work, []
    answer = viewer.explainer._on_looked
    monkeypatch.setattr(viewer.explainer, "_on_looked", lambda *found: looked.append(answer(*found)))
    viewer.step(1)
    qtbot.waitUntil(lambda: looked != [], timeout=LONG)
    assert viewer.explainer._work is first
    pretend("learn")
    viewer.step(len(image_ids))
    qtbot.waitUntil(lambda: has_map(viewer), timeout=LONG)
    assert viewer.image_id == image_ids[-1]
    qtbot.waitUntil(lambda: not viewer.explainer._works, timeout=LONG)


def test_another_run_does_not_wait_for_the_worker_of_the_run_before(qtbot, viewer, annotated, finished_run, pretend):
    pretend("hang")
    image_ids = show(viewer)
    qtbot.waitUntil(lambda: viewer.explainer._work is not None, timeout=LONG)
    (work,) = viewer.explainer._works
    viewer.explainer.ask(finished_run(), {image_ids[0]: annotated.store.image_path(image_ids[0])})
    assert viewer.explainer._works == [work]
    # the end of one that nobody waits for says nothing of what is asked for now
    failed = []
    viewer.explainer.failed.connect(lambda *what: failed.append(what))
    qtbot.waitUntil(lambda: work not in viewer.explainer._works, timeout=LONG)
    assert failed == []


def test_of_the_heat_maps_those_stay_that_were_looked_at_last(viewer, monkeypatch):
    monkeypatch.setattr("gui.inspect.explainer._MOST_KEPT", 2)
    explainer = viewer.explainer
    for image_id in (1, 2):
        explainer._keep(image_id, np.zeros((3, 1, 1), np.float32))
    assert explainer.maps(1) is not None
    explainer._keep(3, np.zeros((3, 1, 1), np.float32))
    assert [one for one in (1, 2, 3) if explainer.maps(one) is not None] == [1, 3]


def test_nothing_is_left_when_the_project_closes(qtbot, viewer, annotated, pretend):
    pretend("hang")
    show(viewer)
    jobs = annotated.store.folder / "cache" / "explain"
    qtbot.waitUntil(lambda: jobs.exists() and any(one.glob("worker.lock") for one in jobs.iterdir()), timeout=LONG)
    annotated.close()
    assert list(jobs.iterdir()) == []
    assert viewer.explainer._works == []
    assert not viewer._clock.isActive()


def test_a_label_that_was_deleted_from_the_project_is_still_shown_with_what_the_model_said(
    qtbot, viewer, annotated, looked_at
):
    annotated.apply(annotated.store.delete_label(annotated.store.labels[KING].id))
    show(viewer, label=KING)
    assert viewer._sentence.text().endswith("The project has the label no more.")
    (king,) = [one for one in viewer.labels.model.verdicts if one.label == KING]
    assert king.now is Now.NO_LABEL
    assert king.change
    # painting has no sign for it
    viewer.labels.grab()
    assert all(one.now.state is not None for one in viewer.labels.model.verdicts if one.label != KING)


def test_an_image_that_the_project_lost_while_it_was_looked_at_is_said_to_be_gone(
    qtbot, viewer, looked_at, monkeypatch
):
    show(viewer)
    qtbot.waitUntil(lambda: has_map(viewer), timeout=LONG)
    viewer._on_failed(viewer.image_id, JobError("It is damaged."))
    monkeypatch.setattr(Store, "image_ids", np.zeros(0, np.int64))
    viewer._on_label_chosen(KING)
    assert viewer._stack.currentWidget() is viewer._problem
    assert "The project has this image no more." in [one.text() for one in viewer._problem.findChildren(QLabel)]


def test_no_image_of_a_closed_project_is_kept_though_it_was_being_decoded(
    qtbot, viewer, annotated, looked_at, monkeypatch
):
    waits = threading.Event()

    def slow(path):
        waits.wait(10)
        return [QImage(4, 4, QImage.Format.Format_RGB32)]

    monkeypatch.setattr("gui.inspect.pictures.load_levels", slow)
    show(viewer)
    viewer.step(1)
    annotated.close()
    waits.set()
    assert QThreadPool.globalInstance().waitForDone(5000)
    QCoreApplication.processEvents()
    assert not viewer._pictures._kept
    assert not viewer.canvas._levels


def test_the_next_image_is_there_before_it_is_asked_for(qtbot, viewer, annotated, looked_at):
    image_ids = show(viewer)
    following = annotated.store.image_path(image_ids[1])
    qtbot.waitUntil(lambda: viewer._pictures.is_kept(following))
    viewer.step(1)
    assert viewer.canvas._levels is viewer._pictures._kept[following]
    for _ in range(4):
        viewer.step(1)
        qtbot.waitUntil(lambda: viewer._pictures.is_kept(annotated.store.image_path(viewer.image_id)))
    assert not viewer._pictures.is_kept(following)


def test_in_multi_class_the_highest_probability_decides(qtbot, tmp_path, draw_images, qapp):
    folder = tmp_path / "run"
    folder.mkdir()
    names = ("ace", "king", "red card")
    predictions = Predictions(
        image_ids=np.array([1]),
        splits=np.array([Split.VALIDATION], np.int8),
        probabilities=np.array([[0.2, 0.7, 0.1]], np.float32),
        states=np.array([[1, 0, 0]], np.int8),
        label_names=names,
        task=MULTI_CLASS,
    )
    predictions.save(folder / "predictions.npz")
    scored = load_scored_split(Run(1, "tiny", 0.0, folder), Split.VALIDATION)
    first, second, third = verdicts_of(scored, 0, np.full(3, 0.05), [1, 0, 0])
    assert (first.name, first.is_false_alarm, first.threshold) == ("king", True, None)
    assert (second.name, second.is_missed) == ("ace", True)
    assert third.sentence == "Right: neither model nor people say “red card” (probability 0.100)."


def test_the_gallery_of_the_workspace_opens_it_and_gets_its_place_back(qtbot, annotated, run, looked_at):
    workspace = InspectWorkspace(annotated)
    qtbot.addWidget(workspace)
    workspace.resize(1300, 700)
    workspace.show()
    qtbot.waitExposed(workspace)
    workspace.activate()
    gallery, viewer = workspace._gallery, workspace.viewer
    qtbot.waitUntil(lambda: gallery.model.rowCount() > 1)
    ids = gallery.model.image_ids.tolist()
    gallery.go_to(ids[0])
    qtbot.keyClick(gallery._view, Qt.Key.Key_Space)
    assert viewer.isVisible()
    assert viewer.image_id == ids[0]
    qtbot.waitUntil(lambda: has_map(viewer))
    qtbot.keyClick(viewer.canvas, Qt.Key.Key_Right)
    assert viewer.image_id == ids[1]
    # a threshold that moves is followed
    workspace._inspection.thresholds.set(viewer.label, 0.987)
    verdict = next(one for one in viewer.labels.model.verdicts if one.label == viewer.label)
    assert (verdict.threshold, verdict.sentence) == (0.987, viewer._sentence.text())
    with qtbot.waitSignal(annotated.images_requested) as requested:
        qtbot.keyClick(viewer.canvas, Qt.Key.Key_Return)
    assert requested.args == [(ids[1],)]
    qtbot.keyClick(viewer.canvas, Qt.Key.Key_Escape)
    assert not viewer.isVisible()
    assert gallery.isVisible()
    workspace._thresholds.flush()


def test_colours_grow_lighter_all_the_way_for_any_kind_of_eyes():
    ramp = heat_image(np.linspace(0, 1, 256, dtype=np.float32)[None])
    colors = [QColor(ramp.pixel(x, 0)) for x in range(ramp.width())]
    grey = [0.2126 * one.redF() ** 2.2 + 0.7152 * one.greenF() ** 2.2 + 0.0722 * one.blueF() ** 2.2 for one in colors]
    assert np.all(np.diff(grey) >= 0)
    assert (grey[0], grey[-1]) == (pytest.approx(0, abs=0.01), pytest.approx(1, abs=0.15))


def test_an_overlay_covers_the_image_and_moves_with_it(qtbot):
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.resize(416, 216)
    canvas.show()
    white = QImage(400, 100, QImage.Format.Format_RGB32)
    white.fill(Qt.GlobalColor.white)
    canvas.set_picture([white], QSize(400, 100), keep_view=False)
    half = QImage(2, 1, QImage.Format.Format_RGB32)
    half.setPixelColor(0, 0, QColor("black"))
    half.setPixelColor(1, 0, QColor("red"))
    canvas.set_overlay(half, opacity=0.5)

    def seen(x, y):
        return canvas.grab().toImage().pixelColor(QPoint(x, y)).getRgb()[:3]

    assert seen(12, 108) == pytest.approx((127, 127, 127), abs=2)
    assert seen(402, 108) == pytest.approx((255, 127, 127), abs=2)
    canvas.zoom_by(8)
    assert seen(4, 108)[1] in range(100, 156)
    canvas.set_overlay(None)
    assert seen(208, 108) == (255, 255, 255)
