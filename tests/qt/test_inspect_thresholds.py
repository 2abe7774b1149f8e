"""Objectives, bands, named sets and undo of thresholds in Inspect."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication

from core.evaluation.bootstrap import threshold_band
from core.evaluation.objectives import BEST_F1, Objective
from core.evaluation.predictions import Predictions
from core.evaluation.threshold_file import BY_HAND, UNTUNED, Origin, ThresholdBook, ThresholdSet
from core.evaluation.tuning import tune
from core.labels import Split
from gui.inspect import label_table as columns
from gui.inspect.tuner import Wish
from gui.inspect.workspace import InspectWorkspace

NAMES = ("ace", "king", "red card")
LABELS = (0, 1, 2)


def drawn():
    """Thirty images each of train, validation and test, of three labels."""
    rng = np.random.default_rng(4)
    states = rng.integers(-1, 2, (90, 3)).astype(np.int8)
    probabilities = np.clip(0.3 * (states == 1) + 0.7 * rng.random((90, 3)), 0, 1).astype(np.float32)
    # no label is present on the surest image of validation
    states[30], probabilities[30] = 0, 0.999
    splits = np.repeat([Split.TRAIN, Split.VALIDATION, Split.TEST], 30).astype(np.int8)
    return Predictions(np.arange(1, 91), splits, probabilities, states, NAMES)


@pytest.fixture
def predictions():
    return drawn()


@pytest.fixture
def run(annotated, finished_run, predictions):
    one = finished_run()
    predictions.save(one.folder / "predictions.npz")
    return one


@pytest.fixture
def workspace(qtbot, annotated, run):
    one = InspectWorkspace(annotated)
    qtbot.addWidget(one)
    one.resize(1300, 700)
    one.show()
    qtbot.waitUntil(lambda: one._inspection.scored is not None)
    yield one
    one._thresholds.flush()


@pytest.fixture
def page(workspace):
    return workspace.thresholds_page


@pytest.fixture
def panel(page):
    return page._panel


@pytest.fixture
def editor(workspace):
    return workspace._thresholds


def kept(run):
    return ThresholdBook.load(run.folder / "thresholds.json")


def written(qtbot, editor, run, name="main"):
    """The values of a set as they are in the file, once all is written."""
    editor.flush()
    return kept(run).named(name).values.tolist()


def expected(predictions, objective, *, on="validation", shrink="auto", labels=None):
    return tune(predictions, objective, on=on, shrink=shrink, labels=labels, draws=0).thresholds


def counts_of(predictions, label, threshold, split=Split.VALIDATION):
    some = predictions.of(split)
    predicted, known = some.probabilities[:, label] >= np.float32(threshold), some.known[:, label]
    target = some.targets[:, label]
    pairs = ((True, True), (False, True), (True, False), (False, False))
    return [int((known & (predicted == said) & (target == there)).sum()) for said, there in pairs]


def shown_counts(panel):
    return [int(count.text()) for count in panel._counts]


# the slider


def test_a_drag_of_the_mouse_moves_threshold_counts_and_table_and_is_one_step(qtbot, workspace, panel, predictions):
    slider = panel._slider
    middle = slider.height() // 2
    places = [QPoint(round(slider.place_of(value)), middle) for value in (0.5, 0.45, 0.3, 0.62)]
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=places[0])
    for place in places[1:]:
        qtbot.mouseMove(slider, place)
        value = workspace._thresholds.values[0]
        assert value == pytest.approx((place.x() - 7) / (slider.width() - 14), abs=0.002)
        assert shown_counts(panel) == counts_of(predictions, 0, value)
        cell = workspace._table.model.index(0, columns.THRESHOLD).data()
        assert (cell, panel._number.value()) == (f"{value:.3f}", pytest.approx(value, abs=0.0006))
    assert workspace._thresholds.before(0) == 0.5
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=places[-1])
    qtbot.mouseClick(workspace._undo, Qt.MouseButton.LeftButton)
    assert workspace._thresholds.values[0] == 0.5
    assert not workspace._undo.isEnabled()


def test_keys_move_the_threshold(qtbot, panel, editor):
    none, shift = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
    for key, modifier, value in (
        (Qt.Key.Key_Left, none, 0.499),
        (Qt.Key.Key_Right, none, 0.501),
        (Qt.Key.Key_Right, shift, 0.51),
        (Qt.Key.Key_Up, none, 0.51),
        (Qt.Key.Key_Down, none, 0.49),
        (Qt.Key.Key_PageUp, none, 0.55),
        (Qt.Key.Key_PageDown, none, 0.45),
        (Qt.Key.Key_Home, none, 0.0),
        (Qt.Key.Key_End, none, 1.0),
    ):
        editor.set(0, 0.5)
        qtbot.keyClick(panel._slider, key, modifier)
        assert editor.values[0] == pytest.approx(value)


def test_the_band_of_the_label_is_drawn_and_follows_the_objective(qtbot, page, panel, workspace, predictions):
    some = predictions.of(Split.VALIDATION)

    def band(label, objective):
        column = (some.probabilities[:, label], some.targets[:, label], objective)
        return pytest.approx(threshold_band(*column, known=some.known[:, label]))

    qtbot.waitUntil(lambda: panel._slider.band is not None)
    assert panel._slider.band == band(0, BEST_F1)
    assert "nine times in ten" in panel._slider.accessibleDescription()
    workspace._table.choose(1)
    assert panel._slider.band is None
    qtbot.waitUntil(lambda: panel._slider.band == band(1, BEST_F1))
    page.tuner.set_wish(Wish(Objective("recall", 0.9)))
    qtbot.waitUntil(lambda: panel._slider.band == band(1, Objective("recall", 0.9)))
    workspace._table.choose(0)
    page.tuner.set_wish(Wish())
    # it was kept
    assert panel._slider.band == band(0, BEST_F1)


def test_the_band_stays_while_the_threshold_is_dragged(qtbot, page, panel, workspace):
    page.tuner.tune("label", Wish(Objective("recall", 0.8), "validation", "off"))
    qtbot.waitUntil(lambda: workspace._thresholds.thresholds.origins[0].objective == "recall=0.8")
    qtbot.waitUntil(lambda: panel._slider.band is not None)
    band = panel._slider.band
    for value in (0.2, 0.4, 0.6):
        workspace._thresholds.set(0, value)
        assert panel._slider.band == band


def test_a_band_is_seen_behind_the_groove(qtbot, panel):
    slider = panel._slider
    slider.setValue(900)
    slider.show_band(None)
    place = QPoint(round(slider.place_of(0.3)), slider.height() // 2 - 5)
    plain = slider.grab().toImage().pixelColor(place)
    slider.show_band((0.2, 0.4))
    assert slider.grab().toImage().pixelColor(place) != plain
    outside = QPoint(round(slider.place_of(0.6)), place.y())
    assert slider.grab().toImage().pixelColor(outside) == plain


# objectives


def test_each_objective_of_the_popover_tunes_the_chosen_label(qtbot, page, editor, predictions):
    popover = page.popover
    for kind, numbers, objective in (
        ("f0.5", {}, "f0.5"),
        ("f2", {}, "f2"),
        ("precision", {"precision": 0.7}, "precision=0.7"),
        ("recall", {"recall": 0.8}, "recall=0.8"),
        ("cost", {"false_alarm": 1, "miss": 4}, "cost=1:4"),
        ("capacity", {"alarms": 5, "images": 30}, "capacity=5/30"),
        ("fixed", {"fixed": 0.3}, "fixed=0.3"),
        ("f1", {}, "f1"),
    ):
        popover.open_below(page._panel.more, selected=1)
        popover.kind.setCurrentIndex(popover.kind.findData(kind))
        for name, value in numbers.items():
            assert getattr(popover, name).isVisible()
            getattr(popover, name).setValue(value)
        assert not popover.selected.isVisible()
        qtbot.mouseClick(popover.this, Qt.MouseButton.LeftButton)
        wanted = expected(predictions, Objective.parse(objective), labels=(0,))
        qtbot.waitUntil(lambda wanted=wanted: editor.thresholds.origins == (wanted.origins[0], UNTUNED, UNTUNED))
        assert not popover.isVisible()
        assert editor.values.tolist() == [wanted.values[0], 0.5, 0.5]
        assert editor.undo_text.endswith("of “ace”")


def test_all_labels_are_tuned_on_the_images_that_are_chosen_in_one_step(qtbot, page, editor, predictions):
    popover = page.popover
    for on in ("train", "validation", "cross"):
        for shrink in ("on", "off"):
            popover.open_below(page._panel.more, selected=1)
            popover.on.setCurrentIndex(popover.on.findData(on))
            popover.shrink.setCurrentIndex(popover.shrink.findData(shrink))
            qtbot.mouseClick(popover.all, Qt.MouseButton.LeftButton)
            wanted = expected(predictions, BEST_F1, on=on, shrink=shrink)
            qtbot.waitUntil(lambda wanted=wanted: editor.thresholds.origins == wanted.origins)
            np.testing.assert_array_equal(editor.values, wanted.values)
    for _ in range(6):
        editor.undo()
    assert editor.thresholds.origins == (UNTUNED,) * 3
    assert not editor.undo_text
    editor.redo()
    assert editor.thresholds.origins == expected(predictions, BEST_F1, on="train", shrink="on").origins


def test_rows_selected_with_ctrl_and_shift_are_tuned_and_reset_together(qtbot, workspace, page, editor, predictions):
    view = workspace._table._table

    def click(row, modifier=Qt.KeyboardModifier.NoModifier):
        place = view.visualRect(workspace._table.model.index(row, columns.LABEL)).center()
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, modifier, place)

    click(0)
    click(2, Qt.KeyboardModifier.ControlModifier)
    assert workspace._inspection.selected == (2, 0)
    page._panel._more.click()
    assert page.popover.selected.text() == "2 selected"
    qtbot.mouseClick(page.popover.selected, Qt.MouseButton.LeftButton)
    wanted = expected(predictions, BEST_F1, labels=(2, 0))
    qtbot.waitUntil(lambda: editor.values[0] == wanted.values[0])
    assert editor.values.tolist() == [wanted.values[0], 0.5, wanted.values[2]]
    assert workspace._inspection.selected == (2, 0)
    qtbot.mouseClick(page._panel._reset, Qt.MouseButton.LeftButton)
    assert editor.thresholds.origins == (UNTUNED,) * 3
    editor.undo()
    assert editor.values[2] == wanted.values[2]
    click(0)
    click(2, Qt.KeyboardModifier.ShiftModifier)
    assert sorted(workspace._inspection.selected) == [0, 1, 2]
    click(1)
    assert workspace._inspection.selected == (1,)


def test_what_cannot_be_reached_is_said_with_the_nearest(qtbot, page, panel, editor, predictions):
    page.tuner.tune("label", Wish(Objective("precision", 1.0)))
    qtbot.waitUntil(lambda: editor.thresholds.origins[0].objective == "precision=1")
    found, _, alarms, _ = counts_of(predictions, 0, editor.values[0])
    reached = found / (found + alarms)
    assert reached < 1
    sentence = f"Precision of at least 1.00 is not reached on validation; the nearest is {reached:.3f}."
    assert panel._note.text() == sentence
    assert panel._note.isVisible()
    panel._slider.setValue(10)
    assert not panel._note.isVisible()
    page.tuner.tune("all", Wish(Objective("precision", 1.0)))
    qtbot.waitUntil(panel._note.isVisible)
    assert "by 3 of 3 labels; the nearest are ace" in panel._note.text()


def test_the_numbers_of_an_objective_are_not_cut(qtbot, page):
    popover = page.popover
    popover.open_below(page._panel._more, selected=1)
    shown = {"cost": (popover.false_alarm, popover.miss), "capacity": (popover.alarms, popover.images)}
    for kind, numbers in shown.items():
        popover.kind.setCurrentIndex(popover.kind.findData(kind))
        QApplication.processEvents()
        for number in numbers:
            assert number.width() == number.maximumWidth()
            assert number.mapTo(popover, number.rect().topRight()).x() < popover.width()
    popover.hide()


def test_thresholds_of_folds_are_not_said_to_be_the_nearest(qtbot, page, panel, editor, predictions):
    page.tuner.tune("label", Wish(Objective("precision", 0.999), on="cross"))
    qtbot.waitUntil(lambda: editor.values[0] != 0.5)
    both = predictions.of(Split.TRAIN, Split.VALIDATION)
    said, known = both.probabilities[:, 0] >= np.float32(editor.values[0]), both.known[:, 0]
    reached = (said & both.targets[:, 0]).sum() / (said & known).sum()
    title = "Precision of at least 0.999: the mean thresholds of the folds come to"
    assert panel._note.text() == f"{title} ace {reached:.3f} on train and validation."


def test_a_label_tuned_later_keeps_what_was_moved_meanwhile(qtbot, page, editor, predictions):
    page.tuner.tune("label")
    editor.set(1, 0.77)
    wanted = expected(predictions, BEST_F1, labels=(0,)).values[0]
    qtbot.waitUntil(lambda: editor.values[0] == wanted)
    assert editor.values.tolist() == [wanted, 0.77, 0.5]
    assert editor.thresholds.origins[1] == BY_HAND


# where it is measured


def test_thresholds_tuned_on_the_images_that_are_shown_are_said_so_with_a_way_to_others(qtbot, workspace, page):
    head = workspace._head
    assert head.text() == "Measured on 30 validation images. Thresholds: all 0.5."
    assert not head._sign.isVisible()
    page.tuner.tune("all")
    qtbot.waitUntil(lambda: "best F1 on these same images" in head.text())
    assert head._sign.isVisible()
    assert head._switch.text() == "Measure on test"
    qtbot.waitUntil(lambda: "on 30 test images not used for tuning: OF1 " in head.text())
    qtbot.mouseClick(head._switch, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: workspace._inspection.scored.split == Split.TEST)
    assert head.text().startswith("Measured on 30 test images. Thresholds: best F1 on validation.")
    assert not head._sign.isVisible()
    assert not head._switch.isVisible()


def test_folds_across_train_and_validation_leave_test_to_measure_on(qtbot, workspace, page):
    page.tuner.tune("all", Wish(on="cross"))
    qtbot.waitUntil(lambda: "on train and validation, these images among them" in workspace._head.text())
    assert workspace._head._switch.text() == "Measure on test"


def test_labels_of_few_positives_have_a_badge_in_the_table_and_in_the_panel(workspace, panel, predictions):
    positives = int(predictions.of(Split.VALIDATION).targets[:, 0].sum())
    model = workspace._table.model
    cell = model.index(0, columns.SUPPORT)
    assert positives < 20
    assert panel._few.text() == f"{positives} positives: unreliable"
    assert cell.data() == str(positives)
    assert not cell.data(Qt.ItemDataRole.DecorationRole).isNull()
    assert cell.data(Qt.ItemDataRole.ToolTipRole) == f"{positives} positives: unreliable"
    model._columns[columns.SUPPORT] = np.array([20, 20, 20])
    assert cell.data(Qt.ItemDataRole.DecorationRole) is None


# named sets


def actions(chooser) -> dict[str, QAction]:
    chooser.fill()
    return {action.text(): action for action in chooser._menu.actions() if action.text()}


def name_it(qtbot, chooser, text, name):
    actions(chooser)[text].trigger()
    chooser.name_popup.name.setText(name)
    qtbot.keyClick(chooser.name_popup.name, Qt.Key.Key_Return)


def test_an_edit_is_of_the_set_that_is_shown_and_another_may_be_for_export(qtbot, workspace, editor, run):
    chooser = workspace._sets
    editor.set(0, 0.4)
    name_it(qtbot, chooser, "New set from this one…", "strict")
    assert chooser.text() == "strict"
    assert "use “main” instead" in chooser.toolTip()
    editor.set(0, 0.9)
    assert written(qtbot, editor, run) == [0.4, 0.5, 0.5]
    assert written(qtbot, editor, run, "strict") == [0.9, 0.5, 0.5]
    assert ThresholdSet.of_run(run.folder, NAMES).name == "main"

    actions(chooser)["Use “strict” for export and suggestions"].trigger()
    assert list(actions(chooser))[:2] == ["main", "strict (for export)"]
    editor.flush()
    assert ThresholdSet.of_run(run.folder, NAMES).values[0] == 0.9
    actions(chooser)["main"].trigger()
    assert editor.values[0] == 0.4
    assert workspace.thresholds_page._panel._number.value() == 0.4


def test_sets_are_renamed_and_deleted_and_all_of_it_is_taken_back(qtbot, workspace, editor, run):
    chooser = workspace._sets
    assert not actions(chooser)["Delete “main”"].isEnabled()
    name_it(qtbot, chooser, "New set from this one…", "strict")
    name_it(qtbot, chooser, "Rename “strict”…", "severe")
    actions(chooser)["Use “severe” for export and suggestions"].trigger()
    actions(chooser)["Delete “severe”"].trigger()
    assert (editor.names, editor.shown, editor.chosen) == (("main",), "main", "main")
    seen = []
    for _ in range(4):
        qtbot.mouseClick(workspace._undo, Qt.MouseButton.LeftButton)
        seen.append((editor.names, editor.shown, editor.chosen))
    assert seen == [
        (("main", "severe"), "severe", "severe"),
        (("main", "severe"), "severe", "main"),
        (("main", "strict"), "strict", "main"),
        (("main",), "main", "main"),
    ]
    for _ in range(3):
        qtbot.mouseClick(workspace._redo, Qt.MouseButton.LeftButton)
    editor.flush()
    assert (kept(run).names, kept(run).chosen) == (("main", "severe"), "severe")


def test_a_name_that_is_taken_or_empty_is_asked_again(qtbot, workspace, editor):
    chooser = workspace._sets
    name_it(qtbot, chooser, "New set from this one…", "main")
    popup = chooser.name_popup
    assert popup.isVisible()
    assert "named “main” already" in popup._error.text()
    popup.name.setText("  ")
    qtbot.mouseClick(popup.yes, Qt.MouseButton.LeftButton)
    assert "needs a name" in popup._error.text()
    popup.name.setText(" mine ")
    qtbot.mouseClick(popup.yes, Qt.MouseButton.LeftButton)
    assert not popup.isVisible()
    assert editor.shown == "mine"


# others who write the same file


def write_elsewhere(run, thresholds, name="main"):
    """As the terminal does it."""
    replace(thresholds, name=name).save(run.folder / "thresholds.json")


def test_what_the_terminal_wrote_is_taken_over_when_the_window_is_active_again(
    qtbot, workspace, annotated, editor, run
):
    editor.set(0, 0.4)
    editor.flush()
    told = []
    annotated.message.connect(told.append)
    tuned = ThresholdSet.alike(NAMES, np.array([0.4, 0.3, 0.2]), objective="f1", tuned_on="validation")
    write_elsewhere(run, tuned)
    QApplication.sendEvent(workspace, QEvent(QEvent.Type.WindowActivate))
    qtbot.waitUntil(lambda: editor.values.tolist() == [0.4, 0.3, 0.2])
    assert told == [
        "Another program changed the thresholds “main”, which were taken over. Undo brings back what was here."
    ]
    assert workspace._table.model.index(1, columns.THRESHOLD).data() == "0.300"
    editor.undo()
    assert written(qtbot, editor, run) == [0.4, 0.5, 0.5]
    editor.redo()
    assert written(qtbot, editor, run) == [0.4, 0.3, 0.2]


def test_a_set_that_both_changed_is_kept_twice(qtbot, workspace, annotated, editor, run):
    told = []
    annotated.message.connect(told.append)
    write_elsewhere(run, ThresholdSet.alike(NAMES, np.array([0.1, 0.2, 0.3]), objective="f1", tuned_on="train"))
    editor.set(0, 0.66)
    qtbot.waitUntil(lambda: editor.names == ("main", "main 2"))
    assert editor.values.tolist() == [0.66, 0.5, 0.5]
    assert written(qtbot, editor, run, "main 2") == [0.1, 0.2, 0.3]
    assert written(qtbot, editor, run) == [0.66, 0.5, 0.5]
    assert "the other is kept as “main 2”" in told[-1]


def test_another_set_that_the_terminal_made_stays_beside_ours(qtbot, workspace, editor, run):
    write_elsewhere(run, ThresholdSet.default(NAMES), "terminal")
    editor.set(0, 0.66)
    editor.flush()
    assert kept(run).names == ("main", "terminal")
    assert editor.names == ("main", "terminal")
    # nobody chose another one here, so that the terminal's choice holds
    assert (editor.shown, editor.chosen) == ("main", "terminal")
    assert written(qtbot, editor, run) == [0.66, 0.5, 0.5]


def test_what_cannot_be_written_is_kept_told_and_written_later(
    qtbot, workspace, editor, run, finished_run, monkeypatch
):
    def full(_self, _path):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(ThresholdBook, "save", full)
        editor.set(0, 0.25)
        qtbot.waitUntil(lambda: "No space left on device" in workspace._error.text())
        other = finished_run()
        qtbot.waitUntil(lambda: workspace._runs.count() == 2)
        workspace._session.current_run = other.id
        qtbot.waitUntil(lambda: workspace._inspection.scored.run.id == other.id)
        assert editor.values.tolist() == [0.5, 0.5, 0.5]
    workspace._session.current_run = run.id
    qtbot.waitUntil(lambda: workspace._inspection.scored.run.id == run.id)
    assert editor.values.tolist() == [0.25, 0.5, 0.5]
    qtbot.waitUntil(lambda: (run.folder / "thresholds.json").exists())
    assert kept(run).current.values.tolist() == [0.25, 0.5, 0.5]


def test_quick_switches_of_sets_and_splits_lose_nothing(qtbot, workspace, editor, run):
    editor.set(0, 0.1)
    editor.add_set("b")
    editor.set(0, 0.2)
    editor.show_set("main")
    editor.set(1, 0.3)
    for split in (Split.TRAIN, Split.TEST):
        workspace._on_split_asked(split)
        editor.show_set("b")
    qtbot.waitUntil(lambda: workspace._inspection.scored.split == Split.TEST)
    assert editor.shown == "b"
    assert written(qtbot, editor, run) == [0.1, 0.3, 0.5]
    assert written(qtbot, editor, run, "b") == [0.2, 0.5, 0.5]
    editor.undo()
    assert (editor.shown, editor.values.tolist()) == ("main", [0.1, 0.5, 0.5])


def test_a_label_remembers_what_its_threshold_was_before_it_moved_last(editor):
    for value in (0.4, 0.3):
        editor.set(0, value)
    assert editor.before(0) == 0.5
    editor.settle()
    editor.set(0, 0.2)
    assert editor.before(0) == 0.3
    assert editor.before(1) == 0.5
    tuned = ThresholdSet(NAMES, np.array([0.2, 0.6, 0.5]), (Origin("f1", "validation"),) * 3)
    editor.take(tuned, "best F1")
    assert [editor.before(label) for label in LABELS] == [0.3, 0.5, 0.5]


def test_the_curve_is_dragged_to_a_place_that_the_panel_reads(qtbot, workspace, panel, predictions):
    plot = workspace.thresholds_page._plots.panels[0].plot
    curve = workspace._inspection.scored.curve(0)
    box = plot.getViewBox()
    index = len(curve.thresholds) // 2
    start, end = (box.mapViewToScene(QPointF(curve.recall[at], curve.precision[at])).toPoint() for at in (2, index))
    qtbot.mousePress(plot.viewport(), Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(plot.viewport(), end)
    qtbot.mouseRelease(plot.viewport(), Qt.MouseButton.LeftButton, pos=end)
    value = workspace._thresholds.values[0]
    assert shown_counts(panel) == counts_of(predictions, 0, value)
    assert panel._number.value() == pytest.approx(value, abs=0.0006)
    assert panel._slider.value() == round(value * 1000)


def test_the_command_asks_what_for_as_soon_as_the_scores_are_there(qtbot, annotated, run):
    one = InspectWorkspace(annotated)
    qtbot.addWidget(one)
    one.show()
    one.ask_objective()
    popover = one.thresholds_page.popover
    assert not popover.isVisible()
    qtbot.waitUntil(popover.isVisible)
    assert popover.all.property("kind") == "primary"
    popover.hide()
    one.ask_objective()
    assert popover.isVisible()
    popover.hide()


def test_a_drag_asks_for_no_look_at_all_images(page, workspace, editor, qtbot, monkeypatch):
    page.tuner.tune("all")
    qtbot.waitUntil(lambda: workspace._head._switch.isVisible())
    monkeypatch.setattr("gui.inspect.head_row.unused_split", lambda *_: pytest.fail("a look at all images"))
    editor.set(0, 0.123)
    assert "Then moved by hand" in workspace._head.text()
