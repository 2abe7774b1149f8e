"""The plots of Inspect: drawn, dragged, compared, calibrated and saved."""

import csv
import dataclasses
import io
import itertools
import json
import threading
from xml.etree import ElementTree

import numpy as np
import pytest
from pyqtgraph import PlotDataItem
from PySide6.QtCore import QCoreApplication, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QMessageBox

from core.evaluation.bootstrap import curve_band
from core.evaluation.calibration import Calibration, fit, judge, reliability
from core.evaluation.curves import roc_curve, score_histogram, threshold_sweep
from core.evaluation.predictions import Predictions
from core.evaluation.ranking import RankedScores
from core.labels import MULTI_CLASS, LabelState, Split
from gui import background
from gui.inspect import plot_area
from gui.inspect.inspection import Inspection
from gui.inspect.plot_area import PlotArea
from gui.inspect.plot_names import spread
from gui.inspect.plot_panel import KINDS
from gui.inspect.scored_split import load_scored_split
from gui.widgets import theme

NAMES = ("ace", "king", "red card")


def drawn(*, seed=0, images=260, names=NAMES):
    """Scores that say something of the labels; every seventh state is unknown."""
    rng = np.random.default_rng(seed)
    present = rng.random((images, len(names))) < 0.3
    scores = 1 / (1 + np.exp(-rng.normal(np.where(present, 1.5, -1.5), 1.5)))
    states = np.where(present, LabelState.PRESENT, LabelState.ABSENT).astype(np.int8)
    states[rng.random(states.shape) < 1 / 7] = LabelState.UNKNOWN
    splits = np.resize([Split.VALIDATION, Split.VALIDATION, Split.TEST, Split.TRAIN], images).astype(np.int8)
    return Predictions(np.arange(1, images + 1), splits, scores.astype(np.float32), states, names)


@pytest.fixture
def predictions():
    return drawn()


@pytest.fixture
def scored_run(finished_run):
    """Makes a run that gave these scores."""

    def make(predictions):
        run = finished_run()
        predictions.save(run.folder / "predictions.npz")
        return run

    return make


@pytest.fixture
def inspection(annotated, scored_run, predictions):
    one = Inspection(annotated)
    one.show(load_scored_split(scored_run(predictions), Split.VALIDATION))
    yield one
    one.clear()


@pytest.fixture
def area(qtbot, inspection):
    one = PlotArea(inspection)
    qtbot.addWidget(one)
    one.resize(860, 300)
    one.show()
    qtbot.waitExposed(one)
    return one


@pytest.fixture
def validation(predictions):
    return predictions.of(Split.VALIDATION)


@pytest.fixture
def ranked(validation):
    return RankedScores(validation.probabilities, validation.targets, validation.known)


def show(area, *kinds):
    """Choose the kinds of the plots as a person does."""
    for panel, kind in zip(area.panels, kinds, strict=False):
        panel.chooser.setCurrentIndex(panel.chooser.findData(kind))
        panel.chooser.activated.emit(panel.chooser.currentIndex())
    return [panel.plot for panel in area.panels]


def place_of(plot, x, y):
    return plot.getViewBox().mapViewToScene(QPointF(x, y)).toPoint()


def drag(qtbot, plot, *places):
    """Press at the first place, move over the others, and let go at the last one."""
    view = plot.viewport()
    points = [QPoint(place_of(plot, x, y)) for x, y in places]
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=points[0])
    for point in points[1:]:
        qtbot.mouseMove(view, point)
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=points[-1])


def counts_of(inspection):
    counts = inspection.decisions.of(inspection.label)
    return tuple(int(one[0]) for one in (counts.tp, counts.fp, counts.fn, counts.tn))


def columns_of(text, delimiter=","):
    """The table of a plot by series and column; empty cells left out."""
    rows = list(csv.DictReader(io.StringIO(text), delimiter=delimiter))
    found = {}
    for row in rows:
        for name, value in row.items():
            if name != "series" and value != "":
                found.setdefault(row["series"], {}).setdefault(name, []).append(float(value))
    return found


# drags


def test_precision_recall_and_scores_are_shown_at_first(area):
    assert [panel.kind for panel in area.panels] == ["precision_recall", "scores"]
    assert area.panels[0].plot.accessibleName() == "ace: precision and recall, run 1, 130 images of validation"


def test_the_point_is_dragged_along_the_precision_recall_curve(qtbot, area, inspection, ranked, validation):
    plot, curve = area.panels[0].plot, ranked.curve(0)
    for index in (len(curve.thresholds) - 5, 5, len(curve.thresholds) // 2):
        drag(qtbot, plot, (0.5, 0.5), (curve.recall[index], curve.precision[index]))
        x, y = plot.point.getData()
        assert (x[0], y[0]) == pytest.approx((curve.recall[index], curve.precision[index]), abs=0.02)
        tp, fp, fn, _ = counts_of(inspection)
        assert (x[0], y[0]) == pytest.approx((tp / (tp + fn), tp / (tp + fp)))
        assert not np.isin(np.float32(inspection.thresholds.values[0]), validation.probabilities[:, 0])


def test_the_point_is_dragged_along_the_roc_curve(qtbot, area, inspection, ranked):
    plot, curve = show(area, "roc")[0], roc_curve(ranked, 0)
    index = len(curve.thresholds) // 2
    drag(qtbot, plot, (0.9, 0.1), (curve.false_positive_rate[index], curve.true_positive_rate[index]))
    tp, fp, fn, tn = counts_of(inspection)
    x, y = plot.point.getData()
    assert (x[0], y[0]) == pytest.approx((fp / (fp + tn), tp / (tp + fn)))
    assert (x[0], y[0]) == pytest.approx((curve.false_positive_rate[index], curve.true_positive_rate[index]), abs=0.02)
    assert plot._area.toPlainText() == f"area {curve.area:.3f}"


def test_the_line_is_dragged_over_the_scores_and_says_what_it_parts(qtbot, area, inspection):
    plot = area.panels[1].plot
    for value in (0.25, 0.8):
        drag(qtbot, plot, (0.5, 1), (value, 1))
        threshold = inspection.thresholds.values[0]
        assert threshold == pytest.approx(value, abs=0.01)
        assert plot._threshold.value == threshold
        tp, fp, fn, tn = counts_of(inspection)
        words = [one.toPlainText() for one in plot._words[:4]]
        alarms = "1 false alarm" if fp == 1 else f"{fp} false alarms"
        assert words == [f"{fn} missed", f"{tp} found", f"{tn} rightly left out", alarms]
        # the other plot follows
        assert area.panels[0].plot.point.getData()[0][0] == pytest.approx(tp / (tp + fn))


def test_a_drag_beyond_the_axis_ends_at_its_ends(qtbot, area, inspection):
    plot = area.panels[1].plot
    drag(qtbot, plot, (0.5, 1), (1.04, 1))
    assert inspection.thresholds.values[0] == 1.0
    drag(qtbot, plot, (0.5, 1), (-0.04, 1))
    assert inspection.thresholds.values[0] == 0.0


def test_the_line_is_dragged_over_the_sweep_with_its_points(qtbot, area, inspection):
    plot = show(area, "precision_recall", "threshold")[1]
    drag(qtbot, plot, (0.2, 0.5), (0.35, 0.5), (0.6, 0.5))
    assert inspection.thresholds.values[0] == pytest.approx(0.6, abs=0.01)
    x, y = plot._points.getData()
    tp, fp, fn, _ = counts_of(inspection)
    assert x.tolist() == [plot._threshold.value] * 3
    assert y == pytest.approx([tp / (tp + fp), tp / (tp + fn), 2 * tp / (2 * tp + fp + fn)])


def test_a_drag_in_any_plot_is_one_step_of_undo(qtbot, area, inspection):
    for kind in ("precision_recall", "roc", "threshold", "scores"):
        plot = show(area, kind)[0]
        drag(qtbot, plot, (0.3, 0.9), (0.4, 0.8), (0.6, 0.7))
        drag(qtbot, plot, (0.8, 0.6), (0.9, 0.5))
        first = inspection.thresholds.values[0]
        inspection.thresholds.undo()
        assert inspection.thresholds.values[0] not in (first, 0.5)
        inspection.thresholds.undo()
        assert inspection.thresholds.values[0] == 0.5


def test_the_drawn_sweep_has_at_each_threshold_what_the_counts_say(area, inspection):
    (sweep, _) = show(area, "threshold", "scores")
    drawn = {name: item.curve.getPath() for name, item in (("precision", sweep._precision), ("recall", sweep._recall))}
    for threshold in np.linspace(0.013, 0.987, 40):
        counts = inspection.scored.ranked.counts_of(0, threshold)
        for name, path in drawn.items():
            corners = [path.elementAt(place) for place in range(path.elementCount())]
            (level,) = {
                one.y for one, other in itertools.pairwise(corners) if one.x < threshold < other.x and one.y == other.y
            }
            assert level == pytest.approx(float(getattr(counts, name)[0]))


@pytest.mark.parametrize("kinds", [("precision_recall", "scores"), ("roc", "threshold")])
def test_a_drag_moves_points_and_lines_and_draws_no_curve_anew(qtbot, area, inspection, kinds, monkeypatch):
    plots = show(area, *kinds)
    items = {
        id(item): item for plot in plots for item in plot.getViewBox().addedItems if isinstance(item, PlotDataItem)
    }
    before = {key: item.getData() for key, item in items.items()}
    bars = []
    for plot in plots:
        monkeypatch.setattr(plot, "show_lines", bars.append)
    drag(qtbot, plots[0], (0.2, 0.8), (0.5, 0.7), (0.7, 0.6))
    moved = [
        key
        for key, item in items.items()
        if item.getData()[0] is not before[key][0] and item.opts["symbol"] is None and before[key][0] is not None
    ]
    assert not moved
    assert not bars


def test_another_label_has_its_own_curve_and_point(area, inspection, ranked):
    inspection.thresholds.set(0, 0.3)
    inspection.choose(1)
    x, _ = area.panels[0].plot._curves._items[0].getData()
    np.testing.assert_array_equal(x, ranked.curve(1).recall)
    assert area.panels[1].plot._threshold.value == 0.5
    inspection.choose(0)
    assert area.panels[1].plot._threshold.value == 0.3


# several lines


def test_selected_labels_are_drawn_together_with_their_names(qtbot, area, inspection, ranked):
    plots = show(area, "precision_recall", "roc")
    inspection.choose(1, 2, 0)
    qtbot.waitUntil(lambda: len(plots[0].lines) == 3)
    assert [line.name for line in plots[0].lines] == ["king", "red card", "ace"]
    shown = [item.toPlainText() for item in plots[0]._names._items if item.isVisible()]
    assert shown == ["king", "red card", "ace"]
    assert plots[1].key.seen == ("king", "red card", "ace")
    assert area.panels[1].plot.key.isVisible()
    for line, item, label in zip(plots[1].lines, plots[1]._curves._items, (1, 2, 0), strict=True):
        np.testing.assert_array_equal(item.getData()[0], roc_curve(ranked, label).false_positive_rate)
        assert item.opts["pen"] == line.pen(plots[1].palette())
    pens = [line.pen(plots[0].palette()) for line in plots[0].lines]
    assert pens[0].widthF() > pens[1].widthF()
    assert len({pen.color().name() for pen in pens}) == 3
    # alone again, the heading names it
    inspection.choose(1)
    assert plots[1].key.seen == ()
    assert not plots[1].key.isVisible()


def test_names_at_the_ends_do_not_lie_over_each_other(qtbot, area, inspection):
    inspection.choose(0, 1, 2)
    plot = area.panels[0].plot
    qtbot.waitUntil(lambda: len(plot.lines) == 3)
    items = [item for item in plot._names._items if item.isVisible()]
    tops = sorted(place_of(plot, item.pos().x(), item.pos().y()).y() for item in items)
    assert min(np.diff(tops)) >= items[0].textItem.font().pointSizeF()
    # and within the plot
    right = plot.getViewBox().mapRectToScene(plot.getViewBox().rect()).right()
    assert all(item.mapRectToScene(item.boundingRect()).right() <= right + 1 for item in items)


def test_places_are_spread_in_order_and_within_the_range():
    rng = np.random.default_rng(1)
    for count in range(1, 9):
        wanted = rng.random(count).round(1)
        placed = spread(wanted, 0.1, low=0.0, high=1.0)
        order = np.argsort(wanted, kind="stable")
        assert (np.diff(placed[order]) >= 0.1 - 1e-9).all()
        assert placed.min() >= -1e-9
        assert placed.max() <= 1 + 1e-9
    assert spread(np.array([0.2, 0.9, 0.5]), 0.1, low=0, high=1) == pytest.approx([0.2, 0.9, 0.5])


def test_another_run_is_drawn_dashed_on_the_images_in_common(qtbot, area, inspection, scored_run, validation):
    other = drawn(seed=5)
    rows = np.flatnonzero(np.arange(len(other.image_ids)) % 5 != 0)
    shared = Predictions(
        other.image_ids[rows], other.splits[rows], other.probabilities[rows], other.states[rows], other.label_names
    )
    run = scored_run(shared)
    qtbot.waitUntil(lambda: len(area.runs._others) == 2)
    area.runs._fill()
    actions = area.runs.menu.actions()
    assert [action.text().split(" ·")[0] for action in actions] == [f"Run {run.id}"]
    actions[0].trigger()
    plot = area.panels[0].plot
    qtbot.waitUntil(lambda: len(plot.lines) == 3)
    assert [line.name for line in plot.lines[1:]] == [f"run {run.id}", f"run 1, shared with {run.id}"]
    assert all(line.pen(plot.palette()).style() == Qt.PenStyle.DashLine for line in plot.lines[1:])

    here = np.isin(validation.image_ids, shared.image_ids)
    there = np.flatnonzero(shared.splits == Split.VALIDATION)
    np.testing.assert_array_equal(shared.image_ids[there], validation.image_ids[here])
    # what the images show is taken from the run that is looked at
    for line, scores in zip(
        plot.lines[1:], (shared.probabilities[there, :1], validation.probabilities[here, :1]), strict=True
    ):
        expected = RankedScores(scores, validation.targets[here, :1], validation.known[here, :1]).curve(0)
        np.testing.assert_array_equal(line.curves.precision_recall.recall, expected.recall)
        np.testing.assert_array_equal(line.curves.precision_recall.precision, expected.precision)
    assert area.panels[0].note.text() == f"Run {run.id} shares {here.sum()} of 130 images."

    # it follows to another label, and goes when it is no longer wanted
    inspection.choose(2)
    qtbot.waitUntil(lambda: len(plot.lines) == 3)
    area.runs._fill()
    area.runs.menu.actions()[0].trigger()
    assert len(plot.lines) == 1
    assert not area.panels[0].note.isVisible()


def test_a_run_without_the_label_is_told(qtbot, area, scored_run):
    run = scored_run(drawn(seed=3, names=("king", "red card", "queen")))
    qtbot.waitUntil(lambda: len(area.runs._others) == 2)
    area.runs.set_chosen(run.id, chosen=True)
    qtbot.waitUntil(lambda: area.panels[0].note.isVisible())
    assert area.panels[0].note.text() == f"Run {run.id} did not score “ace” on these images."


# bands, scores, reliability


def test_the_band_of_the_curve_comes_later_and_is_kept(qtbot, area, inspection, validation):
    plot = area.panels[0].plot
    qtbot.waitUntil(lambda: plot.band is not None)
    expected = curve_band(validation.probabilities[:, 0], validation.targets[:, 0], known=validation.known[:, 0])
    np.testing.assert_array_equal(plot.band.low, expected.low)
    np.testing.assert_array_equal(plot._high.getData()[1], expected.high)
    first = plot.band
    inspection.choose(1)
    assert plot.band is None
    qtbot.waitUntil(lambda: plot.band is not None)
    inspection.choose(0)
    assert plot.band is first


def test_counts_far_apart_are_drawn_by_logarithm_until_it_is_chosen(qtbot, area, inspection):
    panel = area.panels[1]
    assert not panel.plot.is_log
    assert not panel.logarithmic.isChecked()
    qtbot.mouseClick(panel.logarithmic, Qt.MouseButton.LeftButton)
    assert panel.plot.is_log
    assert panel.plot._axis_names["left"] == "images (logarithmic)"
    qtbot.mouseClick(panel.logarithmic, Qt.MouseButton.LeftButton)
    assert not panel.plot.is_log


def test_unknown_images_are_counted_apart(area, validation):
    unknown = int((~validation.known[:, 0]).sum())
    assert area.panels[1].plot._words[4].toPlainText() == f"{unknown} unknown"


def test_hover_reads_values(area, ranked):
    precision_recall, scores = area.panels[0].plot, area.panels[1].plot
    curve = ranked.curve(0)
    assert precision_recall.tip(curve.recall[3], curve.precision[3]).startswith(
        f"ace: precision {curve.precision[3]:.3f}, recall {curve.recall[3]:.3f}"
    )
    histogram = score_histogram(ranked, 0)
    assert scores.tip(0.05, 0) == (
        f"score 0.04 to 0.06: {histogram.positives[2]} positive, {histogram.negatives[2]} negative, "
        f"{histogram.unknown[2]} unknown"
    )
    roc, sweep = show(area, "roc", "threshold")
    assert f"area {roc_curve(ranked, 0).area:.3f}" in roc.tip(0.2, 0.9)
    counts = ranked.counts_of(0, 0.4)
    assert sweep.tip(0.4, 0) == (
        f"threshold 0.400: precision {counts.precision[0]:.3f}, recall {counts.recall[0]:.3f}, F1 {counts.f1[0]:.3f}"
    )


def test_reliability_is_that_of_the_split_that_is_looked_at(qtbot, area, validation):
    plot = show(area, "reliability")[0]
    expected = reliability(validation.probabilities[:, 0], validation.targets[:, 0], known=validation.known[:, 0])
    qtbot.waitUntil(lambda: area.calibration.measured is not None)
    x, y = plot._items[0].getData()
    np.testing.assert_array_equal(x, expected.mean_score)
    np.testing.assert_array_equal(y, expected.share)
    assert plot.key.seen == (f"ace: ECE {expected.ece:.3f}",)
    assert "on 130 validation images" in area.panels[0]._calibration.words.text()


@pytest.mark.parametrize("method", ["temperature", "platt"])
def test_a_calibration_is_fitted_judged_elsewhere_kept_and_taken_back(qtbot, area, inspection, predictions, method):
    plot = show(area, "reliability")[0]
    row, folder = area.panels[0]._calibration, inspection.run.folder
    qtbot.waitUntil(row.box.isEnabled)
    decisions, thresholds = counts_of(inspection), inspection.thresholds.values.copy()
    row.box.setCurrentIndex(row.box.findData(method))
    row.box.activated.emit(row.box.currentIndex())
    assert not row.box.isEnabled()
    qtbot.waitUntil(lambda: row.box.isEnabled() and (folder / "calibration.json").exists())
    kept, expected = Calibration.of_run(folder, NAMES), fit(predictions, method)
    assert (kept.method, kept.fitted_on) == (method, "validation")
    np.testing.assert_array_equal(kept.a, expected.a)

    change = judge(predictions, expected)
    assert change.split == "test"
    text = row.words.text()
    assert f"ECE {change.before:.3f} → {change.after:.3f} on {change.images} test images; fitted on validation" in text
    test = predictions.of(Split.TEST)
    before, after = (
        reliability(scores[:, 0], test.targets[:, 0], known=test.known[:, 0]).ece
        for scores in (test.probabilities, expected.apply(test.probabilities).astype(np.float32))
    )
    assert plot.key.seen == (f"not calibrated: ECE {before:.3f}", f"calibrated: ECE {after:.3f}")
    # decisions and thresholds stay as they are
    assert counts_of(inspection) == decisions
    np.testing.assert_array_equal(inspection.thresholds.values, thresholds)

    row.box.setCurrentIndex(row.box.findData("none"))
    row.box.activated.emit(row.box.currentIndex())
    qtbot.waitUntil(lambda: row.box.isEnabled() and not (folder / "calibration.json").exists())
    assert len(plot.key.seen) == 1


def test_the_calibration_of_the_run_is_shown_again(qtbot, area, inspection, predictions):
    fit(predictions, "temperature").save(inspection.run.folder)
    show(area, "reliability")
    row = area.panels[0]._calibration
    qtbot.waitUntil(lambda: row.box.currentData() == "temperature")


def test_a_damaged_calibration_is_told_and_can_be_chosen_anew(qtbot, area, inspection):
    (inspection.run.folder / "calibration.json").write_text("{}", encoding="utf-8")
    told = []
    inspection.failed.connect(told.append)
    show(area, "reliability")
    row = area.panels[0]._calibration
    qtbot.waitUntil(row.box.isEnabled)
    assert "cannot be read as a calibration" in told[0].sentence
    area.calibration.choose("temperature")
    qtbot.waitUntil(lambda: row.box.currentData() == "temperature")
    assert Calibration.of_run(inspection.run.folder, NAMES).method == "temperature"


@pytest.fixture
def fit_waits(monkeypatch):
    """Fitting waits for this event."""
    waits = threading.Event()

    def slow(*arguments):
        assert waits.wait(10)
        return fit(*arguments)

    monkeypatch.setattr("gui.inspect.run_calibration.fit", slow)
    yield waits
    waits.set()


def test_a_calibration_that_is_fitted_while_another_split_is_chosen_is_shown_and_kept(
    qtbot, area, inspection, fit_waits
):
    show(area, "reliability")
    row, run = area.panels[0]._calibration, inspection.run
    qtbot.waitUntil(row.box.isEnabled)
    area.calibration.choose("platt")
    inspection.show(load_scored_split(run, Split.TEST))
    qtbot.waitUntil(lambda: area.calibration.measured is not None)
    # as the file still says, and not to be chosen again
    assert (row.box.currentData(), row.box.isEnabled()) == ("none", False)
    assert not (run.folder / "calibration.json").exists()
    fit_waits.set()
    qtbot.waitUntil(row.box.isEnabled)
    assert (row.box.currentData(), Calibration.of_run(run.folder, NAMES).method) == ("platt", "platt")
    assert area.calibration.measured.split is Split.TEST


def test_a_calibration_goes_to_the_run_for_which_it_was_chosen(qtbot, area, inspection, scored_run, fit_waits):
    show(area, "reliability")
    row, first = area.panels[0]._calibration, inspection.run
    qtbot.waitUntil(row.box.isEnabled)
    area.calibration.choose("temperature")
    second = scored_run(drawn(seed=3))
    inspection.show(load_scored_split(second, Split.VALIDATION))
    qtbot.waitUntil(lambda: area.calibration.measured is not None and row.box.isEnabled())
    fit_waits.set()
    qtbot.waitUntil((first.folder / "calibration.json").exists)
    assert row.box.currentData() == "none"
    assert not (second.folder / "calibration.json").exists()
    inspection.show(load_scored_split(first, Split.VALIDATION))
    qtbot.waitUntil(lambda: row.box.currentData() == "temperature" and row.box.isEnabled())


def test_a_calibration_fitted_while_the_project_is_closed_is_kept(qtbot, area, inspection, annotated, fit_waits):
    show(area, "reliability")
    run = inspection.run
    qtbot.waitUntil(area.panels[0]._calibration.box.isEnabled)
    area.calibration.choose("temperature")
    later = threading.Timer(0.1, fit_waits.set)
    later.start()
    annotated.close()
    later.join()
    assert json.loads((run.folder / "calibration.json").read_text(encoding="utf-8"))["method"] == "temperature"
    assert background.wait(5000)
    QCoreApplication.processEvents()


def test_a_calibration_that_cannot_be_written_is_told_and_not_shown(qtbot, area, inspection, monkeypatch):
    show(area, "reliability")
    row, told = area.panels[0]._calibration, []
    qtbot.waitUntil(row.box.isEnabled)
    inspection.failed.connect(told.append)

    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Calibration, "save", refuse)
    row.box.setCurrentIndex(row.box.findData("temperature"))
    row.box.activated.emit(row.box.currentIndex())
    qtbot.waitUntil(lambda: told != [])
    assert "No space left on device" in told[0].sentence
    assert (row.box.currentData(), row.box.isEnabled()) == ("none", True)


def test_reliability_follows_to_a_run_of_more_labels(qtbot, area, inspection, scored_run):
    plot = show(area, "reliability")[0]
    qtbot.waitUntil(lambda: area.calibration.measured is not None)
    more = drawn(seed=2, names=(*NAMES, "queen"))
    inspection.show(load_scored_split(scored_run(more), Split.TEST))
    inspection.choose(3)
    qtbot.waitUntil(lambda: area.calibration.measured is not None)
    test = more.of(Split.TEST)
    expected = reliability(test.probabilities[:, 3], test.targets[:, 3], known=test.known[:, 3])
    assert plot.key.seen == (f"queen: ECE {expected.ece:.3f}",)


def test_labels_with_too_few_images_are_named(qtbot, annotated, scored_run, predictions):
    few = predictions.states.copy()
    present = np.flatnonzero((few[:, 0] == LabelState.PRESENT) & (predictions.splits == Split.VALIDATION))
    few[present[4:], 0] = LabelState.ABSENT
    inspection = Inspection(annotated)
    inspection.show(load_scored_split(scored_run(dataclasses.replace(predictions, states=few)), Split.TEST))
    area = PlotArea(inspection)
    qtbot.addWidget(area)
    area.show()
    show(area, "reliability")
    row = area.panels[0]._calibration
    qtbot.waitUntil(row.box.isEnabled)
    area.calibration.choose("platt")
    qtbot.waitUntil(row.box.isEnabled)
    text = area.panels[0]._calibration.words.text()
    assert "Fewer than 10 positives or negatives, so with the temperature of all: “ace”." in text
    assert text.endswith("Decisions stay: exported thresholds move along.")
    inspection.clear()


def test_where_images_have_one_label_nothing_is_dragged(qtbot, annotated, scored_run, predictions):
    single = np.eye(3)[np.random.default_rng(0).integers(0, 3, len(predictions.image_ids))]
    scores = (single + np.random.default_rng(1).random(single.shape)).astype(np.float32)
    scores /= scores.sum(axis=1, keepdims=True)
    states = np.where(single > 0, LabelState.PRESENT, LabelState.ABSENT).astype(np.int8)
    one = Predictions(predictions.image_ids, predictions.splits, scores, states, NAMES, MULTI_CLASS)
    inspection = Inspection(annotated)
    inspection.show(load_scored_split(scored_run(one), Split.VALIDATION))
    area = PlotArea(inspection)
    qtbot.addWidget(area)
    area.show()
    before = inspection.thresholds.values.copy()
    for kinds in (("precision_recall", "scores"), ("roc", "threshold")):
        for plot in show(area, *kinds):
            drag(qtbot, plot, (0.2, 0.5), (0.7, 0.5))
    np.testing.assert_array_equal(inspection.thresholds.values, before)
    plot = show(area, "scores", "reliability")[0]
    assert [words.toPlainText() for words in plot._words[:4]] == [""] * 4
    row = area.panels[1]._calibration
    qtbot.waitUntil(row.box.isEnabled)
    assert [row.box.itemData(index) for index in range(row.box.count())] == ["none", "temperature"]
    area.calibration.choose("temperature")
    qtbot.waitUntil(lambda: row.box.isEnabled() and row.box.currentData() == "temperature")
    # there are none
    assert "threshold" not in row.words.text()
    inspection.clear()


def test_a_label_without_positives_is_explained(qtbot, annotated, scored_run, predictions):
    states = predictions.states.copy()
    states[:, 0] = LabelState.ABSENT
    inspection = Inspection(annotated)
    inspection.show(load_scored_split(scored_run(dataclasses.replace(predictions, states=states)), Split.VALIDATION))
    area = PlotArea(inspection)
    qtbot.addWidget(area)
    area.show()
    show(area, "precision_recall", "roc")
    assert area.panels[0].note.text() == "No image here is known to show “ace”, so there is no curve."
    assert area.panels[1].note.text() == "There is a curve only where some images show “ace” and others do not."
    drag(qtbot, area.panels[0].plot, (0.2, 0.5), (0.7, 0.5))
    assert inspection.thresholds.values[0] == 0.5
    show(area, "scores", "reliability")
    qtbot.waitUntil(lambda: area.calibration.measured is not None)
    inspection.clear()


# the panels


def test_the_kinds_that_are_shown_are_remembered(qtbot, area, inspection):
    show(area, "reliability", "roc")
    again = PlotArea(inspection)
    qtbot.addWidget(again)
    assert [panel.kind for panel in again.panels] == ["reliability", "roc"]


def test_a_narrow_window_has_one_plot(qtbot, area):
    area.resize(plot_area.TWO_PLOTS_WIDTH - 1, 300)
    qtbot.waitUntil(area.panels[1].isHidden)
    assert area.panels[0].isVisible()
    area.resize(plot_area.TWO_PLOTS_WIDTH + 100, 300)
    qtbot.waitUntil(area.panels[1].isVisible)


def test_a_change_of_the_theme_recolours_all_kinds(qtbot, area):
    def colors():
        return [line.pen(plot.palette()).color().name() for plot in plots for line in plot.lines] + [
            item.opts["pen"].color().name() for plot in plots[:1] for item in plot._curves._items
        ]

    theme.set_scheme("light")
    plots = show(area, "precision_recall", "scores")
    light = colors()
    theme.set_scheme("dark")
    dark = colors()
    theme.set_scheme("system")
    assert all(one != other for one, other in zip(light, dark, strict=True))


# copying and saving


def test_the_table_of_each_plot_holds_the_arrays_of_the_core(qtbot, area, ranked, validation, tmp_path, monkeypatch):
    def saved(plot):
        target = tmp_path / "plot.csv"
        answer_dialog(monkeypatch, target)
        plot.save_csv()
        return columns_of(target.read_text(encoding="utf-8"))

    curve, roc, sweep = ranked.curve(0), roc_curve(ranked, 0), threshold_sweep(ranked, 0)
    histogram = score_histogram(ranked, 0)
    plot = area.panels[0].plot
    qtbot.waitUntil(lambda: plot.band is not None)
    table = saved(plot)
    assert table["ace"] == {
        "recall": curve.recall.tolist(),
        "precision": curve.precision.tolist(),
        "threshold": curve.thresholds.tolist(),
    }
    assert table["ace, band"]["precision, low end of 90 % band"] == plot.band.low.tolist()
    assert saved(area.panels[1].plot)["ace"] == {
        "score from": histogram.edges[:-1].tolist(),
        "score to": histogram.edges[1:].tolist(),
        "positives (images)": histogram.positives.tolist(),
        "negatives (images)": histogram.negatives.tolist(),
        "unknown (images)": histogram.unknown.tolist(),
    }
    plots = show(area, "roc", "threshold")
    assert saved(plots[0])["ace"] == {
        "false positive rate": roc.false_positive_rate.tolist(),
        "true positive rate": roc.true_positive_rate.tolist(),
        "threshold": roc.thresholds.tolist(),
    }
    assert saved(plots[1])["ace"] == {
        "threshold": sweep.thresholds.tolist(),
        "precision": sweep.precision.tolist(),
        "recall": sweep.recall.tolist(),
        "F1": sweep.f1.tolist(),
    }
    plot = show(area, "reliability")[0]
    qtbot.waitUntil(lambda: area.calibration.measured is not None)
    expected = reliability(validation.probabilities[:, 0], validation.targets[:, 0], known=validation.known[:, 0])
    assert saved(plot)["ace"] == {
        "mean score": expected.mean_score.tolist(),
        "share of positives": expected.share.tolist(),
        "known (images)": expected.count.tolist(),
    }


def answer_dialog(monkeypatch, path):
    """Choose a file in the dialog that asks for one."""
    monkeypatch.setattr(QFileDialog, "exec", lambda _: True)
    monkeypatch.setattr(QFileDialog, "selectedFiles", lambda _: [str(path)])


def test_pictures_are_dark_on_white_also_in_the_dark(qtbot, area, inspection, tmp_path, monkeypatch):
    theme.set_scheme("dark")
    inspection.choose(0, 1)
    for kind in KINDS:
        plot = show(area, kind)[0]
        qtbot.waitUntil(lambda plot=plot: len(plot.lines) == 2)
        before = plot.palette()
        answer_dialog(monkeypatch, tmp_path / "plot.png")
        plot.save_png()
        answer_dialog(monkeypatch, tmp_path / "plot.svg")
        plot.save_svg()
        assert plot.palette() == before
        assert plot.lines[0].pen(plot.palette()).color() == theme.accent(before)

        image = QImage(str(tmp_path / "plot.png")).convertToFormat(QImage.Format.Format_Grayscale8)
        assert image.width() >= 2 * plot.width()
        pixels = np.array(image.constBits()).reshape(image.height(), -1)
        assert (pixels == 255).mean() > 0.6
        assert pixels.min() < 80

        root = ElementTree.parse(tmp_path / "plot.svg").getroot()
        texts = {"".join(one.itertext()).strip() for one in root.iter() if one.tag.endswith("text")}
        assert any(text.startswith("ace:") for text in texts)
        assert plot._axis_names["bottom"] in texts
        assert theme.accent(theme.light()).name() in {one.get("stroke") for one in root.iter()}
        assert QColor("white").name() in {one.get("fill") for one in root.iter()}
    theme.set_scheme("system")


def test_the_menu_opens_by_key_and_by_a_right_click_and_copies(qtbot, area):
    plot = area.panels[0].plot
    plot.setFocus()
    for key, modifier in (
        (Qt.Key.Key_Menu, Qt.KeyboardModifier.NoModifier), (Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier),
    ):  # fmt: skip
        qtbot.keyClick(plot, key, modifier)
        assert plot.menu().isVisible()
        plot.menu().close()
    texts = [action.text() for action in plot.menu().actions() if not action.isSeparator()]
    assert texts == ["Copy picture", "Copy data", "Save as PNG…", "Save as SVG…", "Save as CSV…"]
    clipboard = QGuiApplication.clipboard()
    plot.menu().actions()[0].trigger()
    assert clipboard.image().size() == plot.picture.image().size()
    plot.menu().actions()[1].trigger()
    table = columns_of(clipboard.text(), delimiter="\t")
    assert table["ace"]["recall"] == area._curves[0].precision_recall.recall.tolist()


def test_a_right_click_moves_no_threshold(qtbot, area, inspection):
    for panel in area.panels:
        qtbot.mouseClick(panel.plot.viewport(), Qt.MouseButton.RightButton, pos=QPoint(150, 80))
    assert inspection.thresholds.values[0] == 0.5


def test_a_file_that_cannot_be_written_is_told(qtbot, area, tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr(QMessageBox, "warning", lambda *arguments: told.append(arguments[-1]))
    answer_dialog(monkeypatch, tmp_path / "no such folder" / "plot.csv")
    area.panels[0].plot.save_csv()
    assert len(told) == 1
    assert "plot.csv cannot be written: No such file or directory. Choose another place." in told[0]


def test_the_dialog_asks_before_a_file_is_replaced_and_offers_a_name(qtbot, area, monkeypatch):
    seen = []

    def reject(dialog):
        seen.append((dialog.testOption(QFileDialog.Option.DontConfirmOverwrite), dialog.defaultSuffix()))
        seen.extend(dialog.selectedFiles())
        return False

    monkeypatch.setattr(QFileDialog, "exec", reject)
    area.panels[0].plot.save_svg()
    assert seen[0] == (False, "svg")
    assert seen[1].endswith("ace precision and recall, run 1, 130 images of validation.svg")
