import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QPoint, QPointF, Qt
from PySide6.QtWidgets import QLabel, QToolButton

from core.evaluation.metrics import average_precision, classification_scores
from core.evaluation.predictions import Predictions
from core.evaluation.report import evaluate
from core.evaluation.threshold_file import ThresholdSet
from core.evaluation.tuning import tune
from core.labels import Split
from gui import background
from gui.inspect import label_table as columns
from gui.inspect.image_groups import Outcome
from gui.inspect.price import price
from gui.inspect.workspace import InspectWorkspace


@pytest.fixture
def split(annotated):
    """All but four images are in validation, so that there is something to measure."""
    store = annotated.store
    splits = [Split.TRAIN] * 3 + [Split.TEST] + [Split.VALIDATION] * 8
    annotated.apply(store.set_splits(dict(zip(store.image_ids.tolist(), splits, strict=True))))


@pytest.fixture
def run(split, finished_run):
    return finished_run()


@pytest.fixture
def workspace(qtbot, annotated, run):
    one = InspectWorkspace(annotated)
    qtbot.addWidget(one)
    one.resize(1300, 700)
    one.show()
    one.activate()
    qtbot.waitUntil(lambda: one._inspection.scored is not None)
    yield one
    one._thresholds.flush()


@pytest.fixture
def validation(run):
    return Predictions.load(run.folder / "predictions.npz").of(Split.VALIDATION)


def cells(model, row):
    return [model.index(row, column).data() for column in range(model.columnCount())]


def shown_report(workspace):
    """What the table says, in the form of a report."""
    model = workspace._table.model
    return [cells(model, row) for row in range(model.rowCount())]


def expected_rows(predictions, thresholds):
    report = evaluate(predictions, thresholds)
    return [
        [one.name, str(one.support), *(f"{value:.3f}" if value == value else "–" for value in numbers)]
        for one in report.labels
        for numbers in [(one.ap, one.precision, one.recall, one.f1, one.threshold)]
    ]


def test_without_a_run_the_workspace_says_what_to_do(qtbot, session):
    one = InspectWorkspace(session)
    qtbot.addWidget(one)
    one.show()
    qtbot.waitUntil(lambda: any("press Train" in label.text() for label in one.findChildren(QLabel)))
    with qtbot.waitSignal(session.workspace_requested) as asked:
        qtbot.mouseClick(one._empty.button, Qt.MouseButton.LeftButton)
    assert asked.args == ["train"]


def test_nothing_can_be_moved_before_the_scores_are_there(qtbot, annotated, run):
    one = InspectWorkspace(annotated)
    qtbot.addWidget(one)
    one.show()
    assert not one.thresholds_page._panel._slider.isEnabled()
    qtbot.waitUntil(one.thresholds_page._panel._slider.isEnabled)
    assert one._inspection.scored is not None


def test_the_table_and_the_means_are_those_of_the_evaluation(workspace, validation):
    thresholds = np.full(3, 0.5)
    assert shown_report(workspace) == expected_rows(validation, thresholds)
    scores = classification_scores(validation.probabilities, validation.targets, thresholds, validation.known)
    ap = average_precision(validation.probabilities, validation.targets, validation.known)
    means, overall = cells(workspace._table.means, 0), cells(workspace._table.means, 1)
    assert means[2:6] == [
        f"{value:.3f}" for value in (np.nanmean(ap), scores.class_precision, scores.class_recall, scores.macro_f1)
    ]
    assert overall[3:6] == [
        f"{value:.3f}" for value in (scores.overall_precision, scores.overall_recall, scores.overall_f1)
    ]


@pytest.mark.parametrize("value", [0.0, 0.137, 0.5, 0.862, 1.0])
def test_moving_the_slider_moves_table_totals_point_gallery_and_words(qtbot, workspace, validation, value):
    workspace._gallery.show_group("wrong")
    workspace.thresholds_page._panel._slider.setValue(round(value * 1000))
    thresholds = np.array([value, 0.5, 0.5])
    assert shown_report(workspace) == expected_rows(validation, thresholds)
    scores = classification_scores(validation.probabilities, validation.targets, thresholds, validation.known)
    assert cells(workspace._table.means, 1)[3] == f"{scores.overall_precision:.3f}"

    predicted, target = validation.probabilities[:, 0] >= np.float32(value), validation.targets[:, 0]
    wrong = validation.image_ids[predicted != target]
    model = workspace._gallery.model
    assert sorted(model.image_ids.tolist()) == sorted(wrong.tolist())
    np.testing.assert_array_equal(
        np.sort(model.image_ids[model.images.kinds == Outcome.FALSE_POSITIVE]),
        np.sort(validation.image_ids[predicted & ~target]),
    )
    found, missed, alarms, _ = (int(label.text()) for label in workspace.thresholds_page._panel._counts)
    assert (found, missed) == ((predicted & target).sum(), (~predicted & target).sum())
    assert alarms == (predicted & ~target).sum()
    assert workspace.thresholds_page._panel._number.value() == pytest.approx(value)
    x, y = workspace.thresholds_page._plots.panels[0].plot.point.getData()
    assert x[0] == pytest.approx(found / (found + missed))
    assert y[0] == pytest.approx(found / max(found + alarms, 1))


def test_the_number_moves_the_slider_and_the_other_way_round(workspace):
    workspace.thresholds_page._panel._number.setValue(0.25)
    assert workspace.thresholds_page._panel._slider.value() == 250
    workspace.thresholds_page._panel._slider.setValue(700)
    assert workspace.thresholds_page._panel._number.value() == 0.7


def test_dragging_on_the_curve_moves_the_threshold_to_a_point_of_it(qtbot, workspace, validation):
    plot = workspace.thresholds_page._plots.panels[0].plot
    box = plot.getViewBox()
    curve = workspace._inspection.scored.curve(0)
    for index in (len(curve.thresholds) - 1, 0, len(curve.thresholds) // 2):
        place = box.mapViewToScene(QPointF(curve.recall[index], curve.precision[index])).toPoint()
        qtbot.mousePress(plot.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(place))
        qtbot.mouseRelease(plot.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(place))
        x, y = plot.point.getData()
        assert (x[0], y[0]) == pytest.approx((curve.recall[index], curve.precision[index]), abs=0.02)
        # never on a score itself, which rounding in an exported file could flip
        assert not np.isin(workspace._thresholds.values[0], validation.probabilities[:, 0])


def test_choosing_another_label_shows_its_threshold(qtbot, workspace):
    workspace.thresholds_page._panel._slider.setValue(300)
    workspace._table._table.selectRow(1)
    assert workspace.thresholds_page._panel._number.value() == 0.5
    workspace._table._table.selectRow(0)
    assert workspace.thresholds_page._panel._number.value() == pytest.approx(0.3)


def test_the_table_is_sorted_by_a_column_and_stays_so_while_a_threshold_moves(qtbot, workspace):
    table = workspace._table
    table._table.sortByColumn(columns.AP, Qt.SortOrder.DescendingOrder)
    aps = [float(row[columns.AP]) for row in shown_report(workspace)]
    assert aps == sorted(aps, reverse=True)
    table._table.sortByColumn(columns.F1, Qt.SortOrder.AscendingOrder)
    names = [row[0] for row in shown_report(workspace)]
    for value in (1, 999, 500):
        workspace.thresholds_page._panel._slider.setValue(value)
        assert [row[0] for row in shown_report(workspace)] == names


def test_tune_all_takes_the_best_f1_of_each_label_and_is_kept_with_the_run(qtbot, workspace, run, validation):
    workspace._menu.actions()[0].trigger()
    tuned = tune(Predictions.load(run.folder / "predictions.npz"), on="validation", draws=0).thresholds
    qtbot.waitUntil(lambda: np.array_equal(workspace._thresholds.values, tuned.values))
    assert shown_report(workspace) == expected_rows(validation, tuned.values)
    assert "best F1 on these same images" in workspace._head.text()
    qtbot.waitUntil(lambda: (run.folder / "thresholds.json").exists())
    kept = ThresholdSet.load(run.folder / "thresholds.json")
    np.testing.assert_array_equal(kept.values, tuned.values)
    assert (kept.objective, kept.tuned_on) == ("f1", "validation")


def test_the_head_line_names_the_split_that_was_measured_and_the_one_that_was_tuned_on(qtbot, workspace):
    assert workspace._head.text() == "Measured on 8 validation images. Thresholds: all 0.5."
    workspace._menu.actions()[1].trigger()
    qtbot.waitUntil(lambda: "best F1 on train" in workspace._head.text())
    workspace.thresholds_page._panel._slider.setValue(10)
    assert "Then moved by hand." in workspace._head.text()


def test_another_split_is_measured_when_it_is_chosen(qtbot, workspace, run):
    index = workspace._split.findData(Split.TRAIN)
    workspace._split.setCurrentIndex(index)
    workspace._split.activated.emit(index)
    qtbot.waitUntil(lambda: workspace._inspection.scored.split == Split.TRAIN)
    train = Predictions.load(run.folder / "predictions.npz").of(Split.TRAIN)
    assert shown_report(workspace) == expected_rows(train, np.full(3, 0.5))


def test_a_drag_is_one_step_of_undo(qtbot, workspace):
    for value in (400, 300, 200):
        workspace.thresholds_page._panel._slider.setValue(value)
    workspace.thresholds_page._panel._slider.sliderReleased.emit()
    workspace.thresholds_page._panel._slider.setValue(100)
    assert workspace._undo.isEnabled()
    qtbot.mouseClick(workspace._undo, Qt.MouseButton.LeftButton)
    assert workspace._thresholds.values[0] == pytest.approx(0.2)
    qtbot.mouseClick(workspace._undo, Qt.MouseButton.LeftButton)
    assert workspace._thresholds.values[0] == 0.5
    assert not workspace._undo.isEnabled()
    qtbot.mouseClick(workspace._redo, Qt.MouseButton.LeftButton)
    assert workspace._thresholds.values[0] == pytest.approx(0.2)


def test_undo_by_key_takes_back_thresholds_here_and_no_annotation(qtbot, workspace, annotated):
    before = annotated.store.states.copy()
    workspace.thresholds_page._panel._slider.setValue(100)
    workspace.thresholds_page._panel._slider.setFocus()
    qtbot.keyClick(workspace.thresholds_page._panel._slider, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert workspace._thresholds.values[0] == 0.5
    np.testing.assert_array_equal(annotated.store.states, before)


def test_thresholds_that_were_moved_are_written_when_the_project_is_closed(qtbot, workspace, annotated, run):
    workspace.thresholds_page._panel._slider.setValue(321)
    annotated.close()
    assert ThresholdSet.load(run.folder / "thresholds.json").values[0] == pytest.approx(0.321)


def test_thresholds_are_those_of_the_run_that_is_chosen(qtbot, workspace, annotated, finished_run):
    workspace.thresholds_page._panel._slider.setValue(250)
    second = finished_run()
    qtbot.waitUntil(lambda: workspace._runs.count() == 2)
    annotated.current_run = second.id
    qtbot.waitUntil(lambda: workspace._inspection.scored.run.id == second.id)
    assert workspace._thresholds.values[0] == 0.5
    annotated.current_run = 1
    qtbot.waitUntil(lambda: workspace._inspection.scored.run.id == 1)
    assert workspace._thresholds.values[0] == pytest.approx(0.25)


def test_a_kind_of_wrong_image_can_be_chosen(qtbot, workspace, validation):
    predicted, target = validation.probabilities[:, 0] >= 0.5, validation.targets[:, 0]
    buttons = [one for one in workspace._gallery.findChildren(QToolButton) if one.isCheckable()]
    assert buttons[1].text() == f"Missed ({(~predicted & target).sum()})"
    qtbot.mouseClick(buttons[1], Qt.MouseButton.LeftButton)
    model = workspace._gallery.model
    assert sorted(model.image_ids.tolist()) == validation.image_ids[~predicted & target].tolist()
    shown = [float(lines[0]) for lines in model.images.captions]
    assert shown == sorted(shown)
    qtbot.mouseClick(buttons[2], Qt.MouseButton.LeftButton)
    assert sorted(model.image_ids.tolist()) == validation.image_ids[predicted & ~target].tolist()
    shown = [float(lines[0]) for lines in model.images.captions]
    assert shown == sorted(shown, reverse=True)


def test_enter_opens_a_wrong_image_in_label(qtbot, workspace, annotated):
    workspace.thresholds_page._panel._slider.setValue(0)
    view = workspace._gallery._view
    view.setCurrentIndex(view.model().index(1, 0))
    asked = []
    annotated.workspace_requested.connect(asked.append)
    annotated.images_requested.connect(asked.append)
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert asked == ["label", (int(workspace._gallery.model.image_ids[1]),)]


def test_scores_that_cannot_be_read_are_told_in_their_place(qtbot, annotated, finished_run):
    run = finished_run()
    (run.folder / "predictions.npz").write_bytes(b"no scores")
    one = InspectWorkspace(annotated)
    qtbot.addWidget(one)
    one.show()
    wanted = "predictions.npz cannot be read"
    qtbot.waitUntil(lambda: any(wanted in label.text() for label in one.findChildren(QLabel) if label.isVisible()))


def test_a_run_whose_scores_cannot_be_read_shows_no_figures_of_the_run_before(
    qtbot, workspace, annotated, run, finished_run
):
    assert workspace._report.button.isEnabled()
    damaged = finished_run()
    (damaged.folder / "predictions.npz").write_bytes(b"no scores")
    workspace._runs.refresh()
    qtbot.waitUntil(lambda: workspace._runs.count() == 2)
    annotated.current_run = damaged.id
    qtbot.waitUntil(workspace._unreadable.isVisible)
    assert workspace._inspection.scored is None
    assert not workspace._table.isVisible()
    assert not workspace._gallery.isVisible()
    assert not workspace._head.isVisible()
    assert not workspace._report.button.isEnabled()
    annotated.current_run = run.id
    qtbot.waitUntil(workspace._table.isVisible)
    assert workspace._inspection.run == run
    assert workspace._head.isVisible()
    assert not workspace._unreadable.isVisible()


def test_scores_that_come_after_the_project_was_closed_are_not_looked_at(qtbot, workspace, annotated, finished_run):
    older = workspace._inspection.run
    finished_run()
    workspace._runs.refresh()
    qtbot.waitUntil(lambda: workspace._runs.count() == 2 and workspace._inspection.scored is not None)
    annotated.current_run = older.id
    qtbot.waitUntil(lambda: workspace._inspection.run == older)
    # the chooser goes to the newest run as the project is closed
    annotated.close()
    assert background.wait(5000)
    QCoreApplication.processEvents()
    assert workspace._inspection.scored is None
    assert workspace._whole.currentIndex() == 0


@pytest.mark.parametrize(
    ("tp", "fp", "fn", "text"),
    [
        (9, 3, 1, "finds 9 of 10 “ace” images; 1 in 4 alarms is false (3 of 12)"),
        (2, 4, 6, "finds 2 of 8 “ace” images; 4 of 6 alarms are false"),
        (2, 1, 1, "finds 2 of 3 “ace” images; 1 of 3 alarms is false"),
        (16, 0, 0, "finds all 16 “ace” images; no alarm is false"),
        (0, 0, 5, "finds none of 5 “ace” images; no alarm at all"),
        (0, 7, 5, "finds none of 5 “ace” images; all 7 alarms are false"),
        (9, 4, 1, "finds 9 of 10 “ace” images; about 3 in 10 alarms are false (4 of 13)"),
        (900, 2100, 1100, "finds 900 of 2,000 “ace” images; 7 in 10 alarms are false (2,100 of 3,000)"),
        (993, 7, 7, "finds 993 of 1,000 “ace” images; about 1 in 143 alarms is false (7 of 1,000)"),
        (3, 97, 0, "finds all 3 “ace” images; 97 of 100 alarms are false"),
        (1, 0, 0, "finds the only “ace” image; no alarm is false"),
        (0, 1, 1, "misses the only “ace” image; the only alarm is false"),
        (0, 3, 0, "no image is known to show “ace”; all 3 alarms are false"),
    ],
)
def test_the_price_of_a_threshold_in_words(tp, fp, fn, text):
    assert price("ace", tp=tp, fp=fp, fn=fn) == text


def test_the_workspace_fits_into_a_small_window(workspace):
    # 1024 x 700 without the rail, the menus and the status bar
    assert workspace.minimumSizeHint().width() <= 1024 - 65
    assert workspace.minimumSizeHint().height() <= 700 - 60


def test_undo_works_from_the_number_as_well(qtbot, workspace):
    number = workspace.thresholds_page._panel._number
    number.setFocus()
    number.setValue(0.7)
    workspace._thresholds.settle()
    qtbot.keyClick(number, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert workspace._thresholds.values[0] == 0.5
    assert number.value() == 0.5
    qtbot.keyClick(number, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert number.value() == 0.7


def headers(table):
    model = table.model
    return [model.headerData(column, Qt.Orientation.Horizontal) for column in range(model.columnCount())]


def test_an_arrow_is_in_the_column_that_is_sorted_by_and_only_then(qtbot, workspace):
    table = workspace._table
    assert headers(table) == ["Label", "n", "AP", "P", "R", "F1", "Thr."]
    header = table._table.horizontalHeader()
    place = QPoint(header.sectionViewportPosition(columns.AP) + 10, 10)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
    first = headers(table)[columns.AP]
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert {first, headers(table)[columns.AP]} == {"AP ↑", "AP ↓"}
    assert headers(table)[columns.LABEL] == "Label"


def test_curve_and_names_keep_their_place_in_a_small_window(qtbot, workspace):
    workspace.resize(1024 - 65, 640)
    qtbot.waitUntil(lambda: workspace.width() == 1024 - 65)
    # one plot takes the place of two when the layout has come to rest
    qtbot.waitUntil(lambda: workspace.thresholds_page._plots.panels[0].plot.width() >= 240)
    assert workspace._table._table.columnWidth(columns.LABEL) >= 80


def test_unknown_images_are_said_not_to_be_counted(workspace):
    panel, counts = workspace.thresholds_page._panel, workspace._inspection.decisions.of(0)
    panel.show_threshold("ace", 0.5, counts, images=8 + 5)
    assert panel._unknown.text() == "5 unknown, not counted"
    assert panel._unknown.isVisible()
    panel.show_threshold("ace", 0.5, counts, images=8)
    assert not panel._unknown.isVisible()
