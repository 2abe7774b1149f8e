"""The page of comparison: this run beside another one on the same images."""

import re

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, Qt

from core.evaluation import comparison
from core.evaluation.predictions import Predictions
from core.evaluation.threshold_file import ThresholdSet
from core.labels import Split
from core.project.changes import Changes
from core.report.two_runs import compare_two_runs
from gui import background
from gui.inspect.compare_page import ComparePage, summary
from gui.inspect.inspection import Inspection
from gui.inspect.scored_split import load_scored_split

NAMES = ("ace", "king", "red card")


def save_scores(annotated, run, noise):
    """Twelve images of validation whose scores tell the labels apart but for some noise."""
    states = np.tile(np.array([[1, 0, 1], [0, 1, 0]], np.int8), (6, 1))
    shift = noise * np.random.default_rng(3).random(states.shape)
    probabilities = np.where(states == 1, 0.9 - shift, 0.1 + shift).astype(np.float32)
    splits = np.full(12, Split.VALIDATION, np.int8)
    Predictions(annotated.store.image_ids, splits, probabilities, states, NAMES).save(run.folder / "predictions.npz")


@pytest.fixture
def runs(annotated, finished_run):
    """A run of much noise and a better one."""
    first, second = finished_run(), finished_run()
    save_scores(annotated, first, 0.9)
    save_scores(annotated, second, 0.2)
    return first, second


@pytest.fixture
def open_page(qtbot, annotated):
    made = []

    def build(run):
        inspection = Inspection(annotated)
        one = ComparePage(inspection)
        qtbot.addWidget(one)
        one.resize(800, 400)
        one.show()
        inspection.show(load_scored_split(run, Split.VALIDATION))
        made.append(inspection)
        return one

    yield build
    background.cancel_all()
    for inspection in made:
        inspection.clear()
        inspection.deleteLater()


def cells(page, row):
    return [page._table.model.index(row, column).data() for column in range(9)]


def test_the_table_and_the_sentence_are_those_of_the_evaluation(qtbot, open_page, runs):
    page = open_page(runs[1])
    qtbot.waitUntil(lambda: page._answer is not None)
    expected = compare_two_runs(*runs, split=Split.VALIDATION)
    assert page._summary.text() == summary(expected)
    assert f"Run {runs[1].id} is" in page._summary.text()
    for row, one in enumerate(expected.comparison.labels):
        shown = cells(page, row)
        assert shown[:4] == [one.name, f"{one.positives:,}", f"{one.before:.3f}", f"{one.after:.3f}"]
        assert shown[6:] == [one.verdict, str(one.fixed), str(one.broken)]


def test_fixed_and_broken_images_are_offered_with_both_scores(qtbot, open_page, runs):
    page = open_page(runs[1])
    qtbot.waitUntil(lambda: page._answer is not None)
    comparison = page._answer.runs.comparison
    groups = {group.key: group for group in page.image_groups()}
    assert groups["fixed all"].count == len(comparison.fixed.labels) > 0
    images = groups["fixed all"].images()
    assert images.image_ids.tolist() == comparison.fixed.image_ids.tolist()
    first = comparison.fixed
    assert images.captions[0] == (NAMES[first.labels[0]], f"{first.before[0]:.3f} → {first.after[0]:.3f}")
    assert groups["fixed"].count == np.count_nonzero(first.labels == page.inspection.label)
    assert groups["broken all"].count == len(comparison.broken.labels)


def test_a_moved_threshold_is_counted_when_it_rests(qtbot, open_page, runs):
    page = open_page(runs[1])
    qtbot.waitUntil(lambda: page._answer is not None)
    before = page._answer
    page.inspection.thresholds.set(0, 1.0)
    qtbot.waitUntil(lambda: page._answer is not before)
    broken = page._answer.runs.comparison.broken.labels
    assert np.count_nonzero(broken == 0) > np.count_nonzero(before.runs.comparison.broken.labels == 0)


def test_a_row_chooses_its_label(qtbot, open_page, runs):
    page = open_page(runs[1])
    qtbot.waitUntil(lambda: page._answer is not None)
    table = page._table._table
    place = table.visualRect(table.model().index(1, 0)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert page.inspection.label_name == "king"


def test_in_what_the_runs_differ_is_shown_line_by_line(qtbot, open_page, runs):
    path = runs[1].folder / "recipe.toml"
    text, count = re.subn(r"(?m)^epochs = \d+", "epochs = 7", path.read_text(encoding="utf-8"))
    assert count == 1
    path.write_text(text, encoding="utf-8")
    page = open_page(runs[1])
    qtbot.waitUntil(lambda: page._answer is not None)
    before, after = page._differences.toPlainText().splitlines()
    assert before.startswith("- training.epochs = ")
    assert after == "+ training.epochs = 7"


def test_without_another_run_it_says_what_to_do(qtbot, open_page, annotated, finished_run):
    page = open_page(finished_run())
    qtbot.waitUntil(lambda: page._summary.text() != "")
    assert page._summary.text() == "No other run has a model. Train another one, and compare it here."
    assert not page._measure.isEnabled()


def test_a_damaged_run_is_told_in_a_sentence(qtbot, open_page, runs):
    (runs[0].folder / "predictions.npz").write_bytes(b"no scores")
    page = open_page(runs[1])
    qtbot.waitUntil(lambda: "cannot be read" in page._summary.text())
    assert not page._progress.isVisible()


def test_the_set_that_is_shown_counts_and_a_rest_draws_no_sample_anew(qtbot, open_page, runs, monkeypatch):
    page = open_page(runs[1])
    qtbot.waitUntil(lambda: page._answer is not None)
    drawn = []
    monkeypatch.setattr(comparison._Samples, "run", lambda *_: drawn.append(1))
    thresholds = page.inspection.thresholds
    thresholds.add_set("strict")
    before = page._answer
    thresholds.set(0, 0.99)
    qtbot.waitUntil(lambda: page._answer is not before)
    changed = page._answer.runs.comparison.broken
    # the chosen set in the file is still the other one
    assert ThresholdSet.of_run(runs[1].folder, NAMES).values[0] == 0.5
    assert not changed.predicted[changed.labels == 0].any()
    assert not drawn


def test_a_hidden_page_compares_nothing(qtbot, open_page, runs, annotated):
    page = open_page(runs[1])
    qtbot.waitUntil(lambda: page._answer is not None)
    page.hide()
    page.inspection.show(load_scored_split(runs[0], Split.VALIDATION))
    annotated.apply(Changes(runs=True))
    background.cancel_all()
    QCoreApplication.processEvents()
    assert page._answer.runs.second.id == runs[1].id
    page.show()
    qtbot.waitUntil(lambda: page._answer is not None and page._answer.runs.second.id == runs[0].id)
