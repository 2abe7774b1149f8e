"""The page of slices: parts of the images by folder, looks and filter, worst first, with their images."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from core.evaluation.predictions import Predictions
from core.evaluation.slices import by_mask, score_slices
from core.labels import Split
from gui import background
from gui.inspect.inspection import Inspection
from gui.inspect.scored_split import load_scored_split
from gui.inspect.slices_page import SlicesPage

NAMES = ("ace", "king", "red card")


@pytest.fixture
def run(annotated, finished_run):
    """Twelve scored images of validation; on the first six every decision is wrong, on the others right."""
    one = finished_run()
    states = np.tile(np.array([[1, 0, 1], [0, 1, 0]], np.int8), (6, 1))
    right = np.where(states == 1, 0.9, 0.1)
    probabilities = np.where(np.arange(12)[:, None] < 6, 1 - right, right).astype(np.float32)
    ids = annotated.store.image_ids
    splits = np.full(12, Split.VALIDATION, np.int8)
    Predictions(ids, splits, probabilities, states, NAMES).save(one.folder / "predictions.npz")
    return one


@pytest.fixture
def page(qtbot, annotated, run):
    inspection = Inspection(annotated)
    one = SlicesPage(inspection)
    qtbot.addWidget(one)
    one.resize(800, 400)
    one.show()
    inspection.show(load_scored_split(run, Split.VALIDATION))
    qtbot.waitUntil(lambda: len(one._scores) > 0)
    yield one
    background.cancel_all()
    inspection.clear()
    inspection.deleteLater()


def add(qtbot, page, text):
    page._field.setText(text)
    qtbot.keyClick(page._field, Qt.Key.Key_Return)


def place_of(page, name):
    (place,) = (place for place, one in enumerate(page._scores) if one.slice.name == name)
    return place


def test_the_slices_are_those_of_the_evaluation_worst_first(qtbot, page):
    kinds = {one.slice.kind for one in page._scores}
    assert {"size", "aspect", "brightness", "blur", "split"} <= kinds
    differences = [one.difference for one in page._scores if not one.is_too_few]
    assert differences == sorted(differences)
    scored = page.inspection.scored
    for one in page._scores:
        if one.slice.kind == "brightness":
            (expected,) = score_slices(scored.predictions, np.full(3, 0.5), [one.slice])
            assert (one.score, one.low, one.high) == (expected.score, expected.low, expected.high)


def test_a_filter_adds_a_slice_that_is_found_to_be_worse(qtbot, page, annotated):
    paths = annotated.store.paths
    add(qtbot, page, "name:0")
    qtbot.waitUntil(lambda: any(one.slice.kind == "filter" for one in page._scores))
    mask = np.array(["0" in path.casefold() for path in paths])
    scored = page.inspection.scored
    (expected,) = score_slices(scored.predictions, np.full(3, 0.5), by_mask("filter", "name:0", mask))
    one = page._scores[place_of(page, "name:0")]
    assert (one.images, one.score) == (int(mask.sum()), expected.score)


@pytest.mark.parametrize(
    ("text", "said"), [("nobody", "There is no label"), ("name:nowhere", "No scored image of this split passes")]
)
def test_a_filter_that_cannot_be_used_is_told_in_a_sentence(qtbot, page, text, said):
    add(qtbot, page, text)
    assert said in page._note.text()
    assert page._field.text() == text


def test_a_row_offers_its_images_and_the_wrong_ones_of_the_chosen_label(qtbot, page):
    one = next(one for one in page._scores if one.slice.kind == "brightness")
    page._on_row_chosen(place_of(page, one.slice.name))
    groups = {group.key: group for group in page.image_groups()}
    scored = page.inspection.scored
    assert groups["slice"].count == len(one.slice.rows)
    assert groups["slice"].images().image_ids.tolist() == scored.predictions.image_ids[one.slice.rows].tolist()
    assert groups["slice wrong"].count == np.count_nonzero(one.slice.rows < 6)


def test_slices_of_one_label_follow_the_label_and_the_threshold(qtbot, page):
    page._scope.button(1).click()
    page.inspection.choose(1)
    qtbot.waitUntil(lambda: all(one.positives <= 6 for one in page._scores))
    before = [one.score for one in page._scores]
    page.inspection.thresholds.set(1, 0.05)
    qtbot.waitUntil(lambda: [one.score for one in page._scores] != before)


def test_an_image_whose_file_is_gone_is_left_out_and_said(qtbot, page, annotated, run):
    annotated.store.image_path(int(annotated.store.image_ids[3])).unlink()
    page.inspection.show(load_scored_split(run, Split.VALIDATION))
    qtbot.waitUntil(lambda: "1 image cannot be read" in page._note.text())
