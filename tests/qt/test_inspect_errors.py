"""The Errors page of a multi-label run: what is confused, what comes together, and the worst mistakes of all labels."""

import dataclasses

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from core.evaluation.cooccurrence import Confusions
from core.evaluation.mistakes import find_mistakes
from core.evaluation.predictions import Predictions
from core.labels import MULTI_CLASS, LabelState, Split
from gui.inspect.confusion_view import ConfusedModel
from gui.inspect.image_groups import Outcome
from gui.inspect.workspace import InspectWorkspace
from gui.widgets.matrix import MatrixView

NAMES = ("ace", "king", "red card")
CONFUSED, TOGETHER = range(2)
LIST, MATRIX = range(2)


def drawn(names=NAMES, *, seed=3, **changes):
    """Twelve images of validation; some states are unknown, and the scores are little better than chance."""
    rng = np.random.default_rng(seed)
    states = rng.choice([-1, 0, 1], (12, len(names)), p=[0.15, 0.45, 0.4]).astype(np.int8)
    probabilities = np.clip(0.2 * (states == 1) + 0.8 * rng.random(states.shape), 0, 1).astype(np.float32)
    splits = np.full(12, Split.VALIDATION, np.int8)
    return Predictions(np.arange(1, 13), splits, probabilities, states, tuple(names), **changes)


@pytest.fixture
def opened(qtbot, annotated, finished_run):
    """Opens Inspect on the errors of a run with these scores."""
    made = []

    def build(predictions):
        run = finished_run()
        predictions.save(run.folder / "predictions.npz")
        one = InspectWorkspace(annotated)
        qtbot.addWidget(one)
        one.resize(1300, 800)
        one.show()
        qtbot.waitUntil(lambda: one._inspection.scored is not None)
        one.show_page(one.errors_page)
        qtbot.waitUntil(lambda: one.errors_page._tables is not None)
        made.append(one)
        return one

    yield build
    for one in made:
        one._thresholds.flush()


@pytest.fixture
def predictions():
    return drawn()


@pytest.fixture
def workspace(opened, predictions):
    return opened(predictions)


def choose(qtbot, page, what, how):
    qtbot.mouseClick(page._what.button(what), Qt.MouseButton.LeftButton)
    qtbot.mouseClick(page._how.button(how), Qt.MouseButton.LeftButton)


def click(qtbot, table, row, column):
    """Click on a cell of a matrix or a list."""
    place = table.visualRect(table.model().index(row, column)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)


def cells(model):
    return [
        [model.index(row, column).data() for column in range(model.columnCount())] for row in range(model.rowCount())
    ]


def confused_images(predictions, thresholds, missed, predicted):
    """By exhaustive search, the images where one label is missed and another is a false alarm."""
    found = []
    for image_id, scores, states in zip(
        predictions.image_ids, predictions.probabilities, predictions.states, strict=True
    ):
        alarm = scores[predicted] >= np.float32(thresholds[predicted]) and states[predicted] == 0
        if alarm and states[missed] == 1 and scores[missed] < np.float32(thresholds[missed]):
            found.append(int(image_id))
    return found


def expected_matrix(predictions, thresholds):
    labels = range(len(predictions.label_names))
    counts = [[len(confused_images(predictions, thresholds, missed, other)) for other in labels] for missed in labels]
    return [[str(count) if count else "" for count in row] for row in counts]


def titles(workspace):
    return [button.text() for button in workspace._gallery._bar.buttons]


def test_the_matrix_counts_the_images_with_both_mistakes_and_follows_a_threshold_that_rests(
    qtbot, workspace, predictions
):
    page, half = workspace.errors_page, np.full(3, 0.5)
    choose(qtbot, page, CONFUSED, MATRIX)
    assert page._confused.isVisible()
    assert cells(page._confused_model) == expected_matrix(predictions, half)
    assert any(any(row) for row in cells(page._confused_model))
    workspace._thresholds.set(1, 0.85)
    moved = np.array([0.5, 0.85, 0.5])
    assert expected_matrix(predictions, moved) != expected_matrix(predictions, half)
    qtbot.waitUntil(lambda: cells(page._confused_model) == expected_matrix(predictions, moved))


def test_a_cell_shows_its_images_and_chooses_the_label_that_is_missed(qtbot, workspace, predictions):
    page, gallery = workspace.errors_page, workspace._gallery
    choose(qtbot, page, CONFUSED, MATRIX)
    shown = 0
    for missed in range(3):
        for other in range(3):
            if missed == other:
                continue
            click(qtbot, page._confused._table, missed, other)
            expected = confused_images(predictions, np.full(3, 0.5), missed, other)
            assert sorted(gallery.model.image_ids.tolist()) == expected
            assert workspace._inspection.label == missed
            assert f"{NAMES[missed]} taken for {NAMES[other]} ({len(expected)})" in titles(workspace)
            scores = [predictions.probabilities[image_id - 1, other] for image_id in gallery.model.image_ids.tolist()]
            assert scores == sorted(scores, reverse=True)
            assert set(gallery.model.images.kinds.tolist()) <= {Outcome.FALSE_POSITIVE}
            for lines in gallery.model.images.captions:
                assert [line.rpartition(" ")[0] for line in lines] == [NAMES[other], NAMES[missed]]
            if not expected:
                assert "is never missed where" in gallery._empty.text()
            shown += len(expected)
    assert shown
    # the images of a pair are left with its label
    workspace._inspection.choose(0)
    click(qtbot, page._confused._table, 0, 1)
    workspace._inspection.choose(2)
    assert not any("taken for" in title for title in titles(workspace))
    assert gallery._key == "pair"


def test_a_cell_says_which_share_of_either_mistake_it_is(qtbot, workspace, predictions):
    model = workspace.errors_page._confused_model
    missed = predictions.targets & (predictions.probabilities < 0.5)
    alarm = (predictions.states == 0) & (predictions.probabilities >= 0.5)
    for row in range(3):
        for column in range(3):
            if row == column:
                continue
            both = (missed[:, row] & alarm[:, column]).sum()
            of_missed = 100 * both / max(missed[:, row].sum(), 1)
            of_alarms = 100 * both / max(alarm[:, column].sum(), 1)
            assert model.index(row, column).data(Qt.ItemDataRole.ToolTipRole) == (
                f"{both} images: “{NAMES[row]}” missed, “{NAMES[column]}” predicted instead "
                f"({of_missed:.0f} % of those missed, {of_alarms:.0f} % of those alarms)"
            )


def test_the_list_has_the_most_frequent_confusions_first_and_can_be_sorted(qtbot, workspace, predictions):
    page, gallery = workspace.errors_page, workspace._gallery
    choose(qtbot, page, CONFUSED, LIST)
    table, model = page._confused_list._table, page._confused_list.model
    rows = cells(table.model())
    counts = [int(row[2]) for row in rows]
    assert counts == sorted(counts, reverse=True)
    matrix = expected_matrix(predictions, np.full(3, 0.5))
    expected = {(NAMES[a], NAMES[b], matrix[a][b]) for a in range(3) for b in range(3) if matrix[a][b]}
    assert {tuple(row[:3]) for row in rows} == expected
    words = model.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    number = f"{counts[0]} images" if counts[0] != 1 else "1 image"
    assert words == f"“{rows[0][0]}” taken for “{rows[0][1]}”: {number}"
    header = table.horizontalHeader()
    for column, is_reverse in ((0, False), (2, True), (2, False), (4, True)):
        place = header.rect().center()
        place.setX(header.sectionViewportPosition(column) + 8)
        qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
        keys = [table.model().index(row, column).data(Qt.ItemDataRole.UserRole) for row in range(len(rows))]
        assert keys == sorted(keys, reverse=is_reverse)
    for row in range(len(rows)):
        click(qtbot, table, row, 1)
        missed, other, count = cells(table.model())[row][:3]
        assert gallery.model.rowCount() == int(count)
        found = confused_images(predictions, np.full(3, 0.5), NAMES.index(missed), NAMES.index(other))
        assert sorted(gallery.model.image_ids.tolist()) == found


def test_labels_that_come_together_are_counted_in_truth_below_and_in_prediction_above(qtbot, workspace, predictions):
    page = workspace.errors_page
    choose(qtbot, page, TOGETHER, MATRIX)
    assert page._together.isVisible()
    known, predicted = predictions.known, predictions.probabilities >= 0.5
    for row in range(3):
        for column in range(3):
            both = known[:, row] & known[:, column]
            if row >= column:
                count = (both & predictions.targets[:, row] & predictions.targets[:, column]).sum()
            else:
                count = (both & predicted[:, row] & predicted[:, column]).sum()
            assert page._together_model.index(row, column).data() == (str(count) if count else "")


@pytest.mark.parametrize("how", [LIST, MATRIX])
def test_a_pair_shows_the_images_on_which_prediction_and_truth_differ(qtbot, workspace, predictions, how):
    page, gallery = workspace.errors_page, workspace._gallery
    choose(qtbot, page, TOGETHER, how)
    if how == LIST:
        click(qtbot, page._together_list._table, 0, 0)
        one, other = page._together_list.pairs[0]
        difference = page._together_list.model.index(0, 4).data()
    else:
        one, other = 2, 0
        click(qtbot, page._together._table, one, other)
    predicted = predictions.probabilities >= 0.5
    known = predictions.known[:, one] & predictions.known[:, other]
    have = known & predictions.targets[:, one] & predictions.targets[:, other]
    say = known & predicted[:, one] & predicted[:, other]
    if how == LIST:
        assert difference == f"{say.sum() - have.sum():+d}".replace("-", "−")
    assert sorted(gallery.model.image_ids.tolist()) == predictions.image_ids[have != say].tolist()
    for image_id, kind in zip(gallery.model.image_ids, gallery.model.images.kinds, strict=True):
        assert kind == (Outcome.FALSE_POSITIVE if say[image_id - 1] else Outcome.FALSE_NEGATIVE)


@pytest.mark.parametrize("which", ["most confident", "highest loss"])
def test_the_worst_of_all_labels_are_named_and_each_is_put_right_in_its_own_label(
    qtbot, workspace, annotated, predictions, which
):
    gallery = workspace._gallery
    found = find_mistakes(predictions, np.full(3, 0.5), which, limit=200)
    (button,) = (one for one in gallery._bar.buttons if one.text() == f"All labels: {which} ({found.total})")
    gallery.show_group(f"all labels, {which}")
    assert button.isChecked()
    images = gallery.model.images
    assert images.image_ids.tolist() == predictions.image_ids[found.rows].tolist()
    assert images.labels.tolist() == found.labels.tolist()
    assert [lines[0] for lines in images.captions] == [NAMES[label] for label in found.labels]
    assert [lines[1][:5] for lines in images.captions] == [f"{score:.3f}" for score in found.scores]
    gallery._view.selectAll()
    gallery._right.trigger()
    for image_id, label in zip(images.image_ids.tolist(), images.labels.tolist(), strict=True):
        decided = predictions.probabilities[image_id - 1, label] >= 0.5
        assert annotated.store.states[annotated.store.row_of(image_id), label] == decided


def test_the_worst_follow_the_thresholds_of_all_labels(qtbot, workspace, predictions):
    workspace._gallery.show_group("all labels, most confident")
    values = np.array([0.9, 0.1, 0.6])
    for label, value in enumerate(values.tolist()):
        workspace._thresholds.set(label, value)
    found = find_mistakes(predictions, values, "most confident", limit=200)
    expected = predictions.image_ids[found.rows].tolist()
    qtbot.waitUntil(lambda: workspace._gallery.model.image_ids.tolist() == expected)


def test_many_labels_are_listed_first_and_can_be_a_matrix(qtbot, opened):
    names = [f"label {number}" for number in range(80)]
    page = opened(drawn(names)).errors_page
    assert page._confused_list.isVisible()
    counts = [int(row[2]) for row in cells(page._confused_list._table.model())]
    assert counts == sorted(counts, reverse=True)
    choose(qtbot, page, CONFUSED, MATRIX)
    assert page._confused._table.horizontalScrollBar().isVisible()


def test_it_is_said_when_nothing_is_confused(qtbot, opened):
    states = np.array([[1, 0, 1]] * 6 + [[0, 1, 0]] * 6, np.int8)
    right = Predictions(
        np.arange(1, 13), np.full(12, Split.VALIDATION, np.int8), states * 0.8 + np.float32(0.1), states, NAMES
    )
    page = opened(right).errors_page
    choose(qtbot, page, CONFUSED, LIST)
    assert page._none.text() == "No label is missed where another one is a false alarm."
    choose(qtbot, page, TOGETHER, LIST)
    assert page._none.text() == "Labels are predicted together just as often as they come together."


def test_images_of_which_nothing_is_known_make_no_errors(qtbot, opened):
    unknown = drawn()
    unknown.states[:] = LabelState.UNKNOWN
    workspace = opened(unknown)
    assert cells(workspace.errors_page._confused_model) == [[""] * 3] * 3
    assert "All labels: highest loss (0)" in titles(workspace)
    workspace._gallery.show_group("all labels, highest loss")
    assert workspace._gallery._empty.isVisible()


def test_a_multi_class_run_keeps_its_matrix_and_has_the_worst_of_all_classes(qtbot, opened):
    rng = np.random.default_rng(1)
    probabilities = rng.dirichlet(np.ones(3), 12).astype(np.float32)
    classes = drawn(task=MULTI_CLASS)
    states = np.eye(3, dtype=np.int8)[rng.integers(0, 3, 12)]
    workspace = opened(Predictions(classes.image_ids, classes.splits, probabilities, states, NAMES, MULTI_CLASS))
    page = workspace.errors_page
    assert page.confusion.isVisible()
    assert not page._top.isVisible()
    wrong = int((probabilities.argmax(axis=1) != states.argmax(axis=1)).sum())
    found = find_mistakes(workspace._inspection.scored.predictions, 0.5, "most confident", limit=200)
    assert f"All labels: most confident ({found.total})" in titles(workspace)
    workspace._gallery.show_group("all labels, most confident")
    # each wrong image is a false alarm of one class and a miss of another
    assert workspace._gallery.model.rowCount() == found.total == 2 * wrong


def ink(count):
    """How many pixels wide the digits of a count are in the smallest cell of a matrix."""
    view = MatrixView(ConfusedModel(), title="", hint="")
    counts = np.full((30, 30), count, np.int64)
    view._model.show_confusions(NAMES * 10, Confusions(counts, counts[0], counts[0]))
    view.resize(500, 300)
    view.show()
    cell = view._table.visualRect(view._model.index(0, 1)).adjusted(2, 2, -2, -2)
    image = view._table.viewport().grab(cell).toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)[:, : image.width()].astype(int)
    columns = np.flatnonzero((np.abs(pixels - pixels[0, 0]) > 40).any(axis=0))
    view.close()
    view.deleteLater()
    return int(columns[-1] - columns[0] + 1) if len(columns) else 0


def test_counts_are_painted_whole_in_the_smallest_cell(qtbot):
    # the padding of the style sheet would leave room for one digit only, and an elided count is none
    one, two, three = ink(8), ink(88), ink(888)
    assert 0 < one < two < three


def test_a_hidden_page_offers_nothing_of_the_scores_before(qtbot, workspace):
    page, inspection = workspace.errors_page, workspace._inspection
    choose(qtbot, page, CONFUSED, MATRIX)
    click(qtbot, page._confused._table, 0, 1)
    assert any("taken for" in title for title in titles(workspace))
    workspace.hide()
    inspection.show(dataclasses.replace(inspection.scored))
    assert not any(group.key.startswith(("pair", "all labels")) for group in page.image_groups())
    workspace.show()
    qtbot.waitUntil(lambda: page._tables is not None)
    assert page._tables.scored is inspection.scored
    assert not any("taken for" in title for title in titles(workspace))
