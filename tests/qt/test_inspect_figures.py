"""More figures, what tuning changed, and multi-class runs in Inspect."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, Qt

from core.evaluation.metrics import classification_scores
from core.evaluation.predictions import Predictions
from core.evaluation.report import evaluate
from core.evaluation.threshold_file import ThresholdSet
from core.labels import MULTI_CLASS, Split
from gui.inspect import label_table as columns
from gui.inspect.confusion_view import ConfusionView
from gui.inspect.figures_view import BEFORE, CHANGE, NOW, change
from gui.inspect.image_groups import Outcome
from gui.inspect.workspace import InspectWorkspace
from gui.widgets.matrix import LEAST_CELL

NAMES = ("ace", "king", "red card")


@pytest.fixture
def opened(qtbot, annotated, finished_run):
    """Opens Inspect on a run of these scores; thresholds may be kept with it."""
    made = []

    def build(predictions, thresholds=None, *, width=1300):
        run = finished_run()
        predictions.save(run.folder / "predictions.npz")
        if thresholds is not None:
            thresholds.save(run.folder / "thresholds.json")
        one = InspectWorkspace(annotated)
        qtbot.addWidget(one)
        one.resize(width, 700)
        one.show()
        qtbot.waitUntil(lambda: one.figures_page.view.model._now is not None)
        made.append(one)
        return one

    yield build
    for one in made:
        one._thresholds.flush()


def drawn(**changes):
    """Thirty images of each of validation and test."""
    rng = np.random.default_rng(4)
    states = rng.integers(-1, 2, (60, 3)).astype(np.int8)
    probabilities = np.clip(0.3 * (states == 1) + 0.7 * rng.random((60, 3)), 0, 1).astype(np.float32)
    splits = np.repeat([Split.VALIDATION, Split.TEST], 30).astype(np.int8)
    return Predictions(np.arange(60) % 12 + 1, splits, probabilities, states, NAMES, **changes)


def spoilt():
    """Thresholds tuned on validation that are worse than 0.5 on test: they miss half of the aces."""
    probabilities = np.array([[0.9, 0.9, 0.9], [0.9, 0.9, 0.9], [0.6, 0.9, 0.9], [0.1, 0.1, 0.1]], np.float32)
    states = np.array([[1, 1, 1], [1, 1, 1], [1, 1, 1], [0, 0, 0]], np.int8)
    splits = np.array([Split.VALIDATION, Split.TEST, Split.TEST, Split.TEST], np.int8)
    thresholds = ThresholdSet.alike(NAMES, np.array([0.8, 0.5, 0.5]), objective="f1", tuned_on="validation")
    return Predictions(np.arange(1, 5), splits, probabilities, states, NAMES), thresholds


def figures(workspace):
    """The cells of the table of figures by their names, without what a comma follows."""
    model = workspace.figures_page.view.model
    rows = [[model.index(row, column).data() for column in range(4)] for row in range(model.rowCount())]
    return {name.partition(",")[0]: values for name, *values in rows}


def press(qtbot, workspace, text):
    (button,) = (one for one in workspace._tabs.buttons() if one.text() == text)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_the_figures_are_those_of_the_evaluation_at_a_half_and_now(qtbot, opened):
    predictions = drawn()
    workspace = opened(predictions)
    validation = predictions.of(Split.VALIDATION)
    report = evaluate(validation, np.full(3, 0.5), interpolated=True)
    shown = figures(workspace)
    assert shown["mAP"] == ["", f"{report.map:.3f}", ""]
    assert shown["mAP over all labels"][1] == f"{report.map_all_labels:.3f}"
    assert shown["mAP as in VOC 2010"][1] == f"{report.map_voc:.3f}"
    assert shown["mAP as in VOC 2007"][1] == f"{report.map_voc_2007:.3f}"
    assert shown["OF1"] == [f"{report.overall_f1:.3f}", f"{report.overall_f1:.3f}", ""]

    workspace.thresholds_page._panel._slider.setValue(250)
    arguments = validation.probabilities, validation.targets
    moved = classification_scores(*arguments, [0.25, 0.5, 0.5], validation.known)
    qtbot.waitUntil(lambda: figures(workspace)["OF1"][1] == f"{moved.overall_f1:.3f}")
    shown = figures(workspace)
    assert shown["CF1"] == [f"{report.class_f1:.3f}", f"{moved.class_f1:.3f}", change(report.class_f1, moved.class_f1)]
    assert shown["Mean IoU of images"][1] == f"{moved.sample_iou:.3f}"
    assert shown["Mean precision of images"][1] == f"{moved.sample_precision:.3f}"
    assert shown["Right decisions"][1] == f"{moved.label_accuracy:.3f}"


def test_figures_and_curve_take_turns(qtbot, opened):
    workspace = opened(drawn())
    assert workspace.thresholds_page._plots.panels[0].plot.isVisible()
    press(qtbot, workspace, "More figures")
    assert workspace.figures_page.view.isVisible()
    assert not workspace.thresholds_page._plots.panels[0].plot.isVisible()
    press(qtbot, workspace, "Thresholds")
    assert workspace.thresholds_page._plots.panels[0].plot.isVisible()


def test_what_tuning_changed_is_told_of_images_that_it_did_not_see(qtbot, opened):
    predictions, thresholds = spoilt()
    workspace = opened(predictions, thresholds)
    note = workspace.figures_page.view._note.text()
    # on test two of three aces, all others found: OF1 = 2 * 5 / (2 * 5 + 1); CR (1/2 + 1 + 1) / 3
    assert note.startswith("Tuned on validation. On 3 test images: OF1 1.000 → 0.909, CF1 1.000 → 0.909.")


def many(split):
    """The three decisive images twelve times over, all of one split, and the thresholds that miss half of the aces."""
    few, thresholds = spoilt()
    rows = np.repeat(np.arange(1, 4), 12)
    predictions = dataclasses.replace(
        few, image_ids=np.arange(36) % 12 + 1, splits=np.full(36, split, np.int8),
        probabilities=few.probabilities[rows], states=few.states[rows],
    )  # fmt: skip
    return predictions, thresholds


def test_a_difference_that_may_be_chance_is_told_below_the_figures_only(opened):
    workspace = opened(*spoilt())
    assert not workspace._warning.isVisible()
    assert workspace.figures_page.view._note.text().endswith("small enough to be chance.")


def test_worse_thresholds_are_warned_of_without_advice_by_the_images_of_test(opened):
    workspace = opened(*many(Split.TEST))
    assert workspace._warning.isVisible()
    assert "a lower OF1 and CF1 than 0.5 on 36 images of test: OF1 1.000 → 0.909" in workspace._warning._text.text()
    assert not workspace._warning._reset.isVisible()
    assert "chance" not in workspace.figures_page.view._note.text()


def test_thresholds_that_are_worse_on_validation_are_warned_of_with_the_way_back(qtbot, opened):
    predictions, thresholds = many(Split.VALIDATION)
    workspace = opened(predictions, ThresholdSet.alike(NAMES, thresholds.values, objective="f1", tuned_on="train"))
    assert "a lower OF1 and CF1 than 0.5 on 36 images of validation" in workspace._warning._text.text()
    qtbot.mouseClick(workspace._warning._reset, Qt.MouseButton.LeftButton)
    assert workspace._thresholds.values.tolist() == [0.5, 0.5, 0.5]
    qtbot.waitUntil(lambda: not workspace._warning.isVisible())


def test_a_person_who_moves_a_threshold_on_purpose_is_not_warned(qtbot, opened):
    workspace = opened(spoilt()[0])
    workspace.thresholds_page._panel._slider.setValue(950)
    qtbot.waitUntil(lambda: figures(workspace)["OF1"][2] != "")
    assert not workspace._warning.isVisible()
    assert not workspace.figures_page.view._note.isVisible()


def test_the_change_gives_its_room_to_the_names_in_a_small_window(qtbot, opened):
    workspace = opened(drawn())
    press(qtbot, workspace, "More figures")
    table = workspace.figures_page.view._table
    workspace.figures_page.view.setFixedWidth(340)
    qtbot.waitUntil(lambda: table.isColumnHidden(CHANGE))
    workspace.figures_page.view.setFixedWidth(440)
    qtbot.waitUntil(lambda: not table.isColumnHidden(CHANGE))


@pytest.mark.parametrize(("before", "now", "text"), [(0.5, 0.625, "+0.125"), (0.5, 0.25, "−0.250"), (0.5, 0.5004, "")])
def test_a_change_has_its_sign(before, now, text):
    assert change(before, now) == text


# multi-class


@pytest.fixture
def classes():
    """Six images of validation: four right; image 3 is an ace taken for a king, 5 a king taken for an ace."""
    probabilities = np.array(
        [[0.8, 0.1, 0.1], [0.7, 0.2, 0.1], [0.3, 0.6, 0.1], [0.2, 0.7, 0.1], [0.5, 0.4, 0.1], [0.1, 0.2, 0.7]],
        np.float32,
    )
    states = np.eye(3, dtype=np.int8)[[0, 0, 0, 1, 1, 2]]
    return Predictions(
        np.arange(1, 7), np.full(6, Split.VALIDATION, np.int8), probabilities, states, NAMES, MULTI_CLASS
    )


@pytest.fixture
def multi_class(opened, classes):
    return opened(classes)


def test_in_multi_class_no_threshold_can_be_moved_and_it_is_said_why(qtbot, multi_class):
    press(qtbot, multi_class, "Curves")
    panel = multi_class.thresholds_page._panel
    for control in (panel._slider, panel._best, multi_class._tune):
        assert not control.isVisible()
    assert multi_class._table._table.isColumnHidden(columns.THRESHOLD)
    assert panel._why_none.isVisible()
    assert multi_class._head.text() == "Measured on 6 validation images: top-1 0.667. The highest probability decides."
    assert multi_class.thresholds_page._plots.panels[0].plot.point.getData()[0] is None
    qtbot.mouseClick(multi_class.thresholds_page._plots.panels[0].plot.viewport(), Qt.MouseButton.LeftButton)
    assert multi_class._thresholds.values.tolist() == [0.5, 0.5, 0.5]


def test_in_multi_class_the_table_and_the_counts_are_of_the_highest_probability(multi_class, classes):
    report = evaluate(classes, np.full(3, 0.5))
    model = multi_class._table.model
    shown = [[model.index(row, column).data() for column in (columns.PRECISION, columns.F1)] for row in range(3)]
    assert shown == [[f"{one.precision:.3f}", f"{one.f1:.3f}"] for one in report.labels]
    assert [label.text() for label in multi_class.thresholds_page._panel._counts] == ["2", "1", "1", "2"]
    assert figures(multi_class)["Top-1"] == ["", "0.667", ""]
    table = multi_class.figures_page.view._table
    assert [table.isColumnHidden(column) for column in (BEFORE, NOW, CHANGE)] == [True, False, True]


def test_the_confusion_matrix_is_shown_first_and_a_cell_chooses_its_label(qtbot, multi_class):
    view = multi_class.errors_page.confusion
    assert view.isVisible()
    cells = [[view.model.index(row, column).data() for column in range(3)] for row in range(3)]
    assert cells == [["2", "1", ""], ["1", "1", ""], ["", "", "1"]]
    tip = view.model.index(1, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert tip == "1 of 2 “king” images are taken for “ace”"
    place = view._table.visualRect(view.model.index(1, 0)).center()
    qtbot.mouseClick(view._table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    press(qtbot, multi_class, "Curves")
    assert multi_class._inspection.label_name == "king"
    assert multi_class.thresholds_page._plots.panels[0]._title.text() == "KING"
    assert multi_class.thresholds_page._panel._taken_for.text() == "Taken for ace\u00a0(1)."


def test_the_gallery_of_a_class_names_the_other_class(multi_class):
    model = multi_class._gallery.model
    assert model.image_ids.tolist() == [3, 5]
    assert model.images.kinds.tolist() == [Outcome.FALSE_NEGATIVE, Outcome.FALSE_POSITIVE]
    assert list(model.images.captions) == [
        ("ace 0.300", "taken for king"),
        ("ace 0.500", "is king"),
    ]
    tips = [model.index(row).data(Qt.ItemDataRole.ToolTipRole) for row in range(2)]
    assert tips[0].startswith("image 02.png\nMissed: “ace” · ace 0.300 · taken for king")
    assert tips[1].startswith("image 04.png\nFalse alarm: “ace” · ace 0.500 · is king")


def test_a_cell_shows_the_images_that_it_counts_until_another_label_is_chosen(qtbot, multi_class):
    view, gallery = multi_class.errors_page.confusion, multi_class._gallery

    def click(row, column):
        place = view._table.visualRect(view.model.index(row, column)).center()
        qtbot.mouseClick(view._table.viewport(), Qt.MouseButton.LeftButton, pos=place)

    click(0, 1)
    assert gallery.model.image_ids.tolist() == [3]
    (button,) = (one for one in gallery._bar.buttons if one.isChecked())
    assert (button.text(), button.isVisible()) == ("Taken for king (1)", True)
    qtbot.mouseClick(gallery._bar.buttons[0], Qt.MouseButton.LeftButton)
    assert gallery.model.image_ids.tolist() == [3, 5]
    click(0, 1)
    assert gallery.model.image_ids.tolist() == [3], "the current cell can be chosen again"
    click(1, 0)
    assert gallery.model.image_ids.tolist() == [5]
    multi_class._table.choose(0)
    assert gallery.model.image_ids.tolist() == [3, 5]
    assert "Taken for" not in " ".join(one.text() for one in gallery._bar.buttons)
    click(0, 2)
    assert gallery._empty.text() == "No image of “ace” is taken for “red card”."
    click(2, 2)
    assert gallery.model.image_ids.tolist() == []


def test_the_cells_of_the_matrix_shrink_within_bounds_so_that_twelve_classes_fit(qtbot):
    view = ConfusionView()
    qtbot.addWidget(view)
    names = ("Mushroom", *(f"class {number}" for number in range(11)))
    view.model.show_scores(SimpleNamespace(label_names=names, confusion=np.eye(12, dtype=np.int64) * 120))
    view.resize(551, 384)
    view.show()
    table = view._table
    assert not table.horizontalScrollBar().isVisible()
    assert not table.verticalScrollBar().isVisible()
    view.resize(250, 200)
    assert table.horizontalHeader().defaultSectionSize() == LEAST_CELL.width()


def test_no_row_of_the_figures_is_cut(qtbot, opened):
    workspace = opened(*spoilt())
    press(qtbot, workspace, "More figures")
    table = workspace.figures_page.view._table
    for height in (700, 711, 723, 768):
        workspace.resize(1300, height)
        QCoreApplication.processEvents()
        row = table.verticalHeader().defaultSectionSize()
        assert table.viewport().height() >= row * table.model().rowCount() or table.viewport().height() % row == 0


def test_another_run_brings_the_thresholds_back(qtbot, multi_class, annotated, finished_run):
    second = finished_run()
    qtbot.waitUntil(lambda: multi_class._runs.count() == 2)
    annotated.current_run = second.id
    qtbot.waitUntil(lambda: multi_class._inspection.scored.run.id == second.id)
    assert multi_class.thresholds_page._panel._slider.isVisible()
    assert multi_class._tune.isVisible()
    assert not multi_class._table._table.isColumnHidden(columns.THRESHOLD)
    assert multi_class.thresholds_page._plots.panels[0].plot.isVisible()


def test_a_multi_class_run_fits_into_a_small_window(multi_class):
    # 1024 x 700 without the rail, the menus and the status bar
    assert multi_class.minimumSizeHint().width() <= 1024 - 65
    assert multi_class.minimumSizeHint().height() <= 700 - 60


def test_a_run_whose_classes_are_not_known_of_any_image_has_no_top_1(opened, classes):
    unknown = dataclasses.replace(classes, states=np.full((6, 3), -1, np.int8))
    workspace = opened(unknown)
    assert "top-1 –." in workspace._head.text()
    assert not workspace._gallery.model.rowCount()
