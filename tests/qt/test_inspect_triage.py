"""The page of triage: wanted precision and NPV, what they cost, and the images that a person is asked about."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from core.evaluation.predictions import Predictions
from core.evaluation.triage import Triage, choose_triage, decide, judge_triage
from core.labels import LabelState, Split
from gui import background
from gui.inspect.inspection import Inspection
from gui.inspect.scored_split import load_scored_split
from gui.inspect.triage_page import TriagePage, summary

NAMES = ("ace", "king", "red card")


def drawn():
    """Eighty images of validation and forty of test, on which the scores mostly tell the labels apart."""
    rng = np.random.default_rng(2)
    states = rng.integers(0, 2, (120, 3)).astype(np.int8)
    states[rng.random(states.shape) < 0.1] = LabelState.UNKNOWN
    probabilities = np.clip(0.35 * (states == 1) + 0.65 * rng.random((120, 3)), 0, 1).astype(np.float32)
    splits = np.repeat([Split.VALIDATION, Split.TEST], [80, 40]).astype(np.int8)
    return Predictions(np.arange(120) % 12 + 1, splits, probabilities, states, NAMES)


@pytest.fixture
def run(annotated, finished_run):
    one = finished_run()
    drawn().save(one.folder / "predictions.npz")
    return one


@pytest.fixture
def page(qtbot, annotated, run):
    inspection = Inspection(annotated)
    one = TriagePage(inspection)
    qtbot.addWidget(one)
    one.resize(700, 400)
    one.show()
    inspection.show(load_scored_split(run, Split.VALIDATION))
    qtbot.waitUntil(lambda: one._answer is not None)
    yield one
    background.cancel_all()
    inspection.clear()
    inspection.deleteLater()


def shown(page):
    model = page._table.model
    return [[model.index(row, column).data() for column in range(model.columnCount())] for row in range(3)]


def test_the_table_is_what_the_evaluation_says_of_the_split_that_is_looked_at(qtbot, page, run):
    predictions = drawn()
    triage = choose_triage(predictions, Split.VALIDATION, precision=0.95, npv=0.95)
    assert page._measured.text().startswith("Chosen on these same 80 images of validation, so new ones will do worse:")
    page.inspection.show(load_scored_split(run, Split.TEST))
    qtbot.waitUntil(lambda: page._answer is not None)
    outcome = judge_triage(triage, predictions, Split.TEST)
    for label, cells in enumerate(shown(page)):
        assert cells[0] == NAMES[label]
        assert cells[3] == f"{100 * outcome.decided[label]:.0f} %"
        assert cells[4] == (f"{outcome.precision[label]:.3f}" if np.isfinite(triage.high[label]) else "–")
    assert page._summary.text() == summary(outcome, is_multi_class=False)
    assert page._measured.text().startswith("Measured on 40 images of test, chosen on validation")


def test_what_is_wanted_is_chosen_anew_and_kept_with_the_run(qtbot, page, run):
    page._precision.setValue(70)
    page._npv.setValue(80)
    qtbot.waitUntil(lambda: page._answer.triage.precision == pytest.approx(0.7))
    wanted = choose_triage(drawn(), Split.VALIDATION, precision=0.7, npv=0.8)
    np.testing.assert_array_equal(page._answer.triage.high, wanted.high)
    kept = Triage.load(run.folder / "triage.json")
    np.testing.assert_array_equal(kept.low, wanted.low)
    page.inspection.show(load_scored_split(run, Split.TEST))
    qtbot.waitUntil(lambda: page._answer is not None)
    assert page._precision.value() == pytest.approx(70)
    assert page._npv.value() == pytest.approx(80)


def test_the_groups_are_the_images_that_are_asked_about_and_those_decided_wrongly(qtbot, page):
    scored = page.inspection.scored
    present, absent = decide(page._answer.triage, scored.predictions)
    states = scored.predictions.states
    for label in range(3):
        page.inspection.choose(label)
        groups = {group.key: group for group in page.image_groups()}
        assert groups["ask"].count == np.count_nonzero(~present[:, label] & ~absent[:, label])
        wrong = np.flatnonzero(present[:, label] & (states[:, label] == LabelState.ABSENT))
        assert sorted(groups["wrongly present"].images().image_ids.tolist()) == sorted(
            scored.predictions.image_ids[wrong].tolist()
        )


def test_a_row_chooses_its_label(qtbot, page):
    table = page._table._table
    place = table.visualRect(table.model().index(2, 0)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert page.inspection.label_name == "red card"


def test_a_damaged_file_is_told_in_a_sentence(qtbot, page, run):
    (run.folder / "triage.json").write_text("{")
    with qtbot.waitSignal(page.inspection.failed) as failed:
        page.inspection.show(load_scored_split(run, Split.VALIDATION))
    assert "cannot be read as thresholds for triage" in failed.args[0].sentence


def test_the_last_choice_is_kept_also_when_another_split_is_looked_at_meanwhile(qtbot, page, run):
    page._precision.setValue(70)
    page._on_wanted()
    page.inspection.show(load_scored_split(run, Split.TEST))
    qtbot.waitUntil((run.folder / "triage.json").exists)
    assert Triage.load(run.folder / "triage.json").precision == pytest.approx(0.7)
    qtbot.waitUntil(lambda: page._answer is not None and page._answer.triage.precision == pytest.approx(0.7))
    assert page._answer.present.shape[0] == 40


def test_a_folder_that_cannot_be_written_is_told_and_the_choice_is_shown(qtbot, page, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Triage, "save", refuse)
    with qtbot.waitSignal(page.inspection.failed) as failed:
        page._precision.setValue(70)
    assert "cannot be written (Permission denied)" in failed.args[0].sentence
    assert page._answer.triage.precision == pytest.approx(0.7)


@pytest.mark.parametrize("leave", ["split", "project"])
def test_what_was_just_typed_is_kept_when_the_scores_are_left_at_once(qtbot, page, run, leave):
    page._npv.setValue(81)
    if leave == "split":
        page.inspection.show(load_scored_split(run, Split.TEST))
    else:
        page.inspection.clear()
    assert Triage.load(run.folder / "triage.json").npv == pytest.approx(0.81)
    if leave == "split":
        qtbot.waitUntil(lambda: page._answer is not None)
        assert page._npv.value() == pytest.approx(81)


def test_no_images_are_offered_of_scores_that_the_page_has_not_heard_of(qtbot, page, run):
    before = page._answer
    page.inspection.scored = load_scored_split(run, Split.TEST)
    assert page.image_groups() == ()
    page.inspection.scored = before.scored
    assert [group.key for group in page.image_groups()] == ["ask", "wrongly present", "wrongly absent"]
