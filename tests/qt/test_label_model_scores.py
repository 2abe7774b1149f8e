"""What a run says of the images of the open project, and having the others scored."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.evaluation.calibration import Calibration
from core.evaluation.predictions import Predictions
from core.evaluation.suggestions import Suggestions
from core.evaluation.threshold_file import ThresholdSet
from core.jobs import start
from core.labels import MULTI_CLASS, LabelState
from core.project.files.scan import scan_folder
from gui import background
from gui.label.review.scores import model_scores as module
from gui.label.review.scores.model_scores import JOB_KEY, ModelScores

NAMES = ("ace", "king", "red card")


@pytest.fixture(autouse=True)
def _no_rest(monkeypatch):
    monkeypatch.setattr(module, "REST_MS", 0)


@pytest.fixture
def make(qtbot):
    """Makes the scores of a session and waits until they are read."""
    made = []

    def make(session):
        one = ModelScores(session)
        made.append(one)
        qtbot.waitUntil(lambda: one._loaded is not None)
        return one

    yield make
    for one in made:
        if one._session.has_project:
            one._session.close()
        one.deleteLater()


@pytest.fixture
def said(session):
    """What was said in the status bar."""
    texts = []
    session.message.connect(texts.append)
    return texts


@pytest.fixture
def run(finished_run):
    """A run that is sure of its labels on the first image and of nothing elsewhere."""
    probabilities = np.full((12, 3), 0.2)
    probabilities[0] = 0.7, 0.4, 0.9
    made = finished_run(probabilities)
    ThresholdSet.alike(NAMES, np.array([0.3, 0.5, 0.6]), objective="f1").save(made.folder / "thresholds.json")
    return made


def clear(session, row=0):
    store = session.store
    states = dict.fromkeys((label.id for label in store.labels), LabelState.UNKNOWN)
    session.apply(store.set_states([int(store.image_ids[row])], states))


def add_images(session, draw_images, count=3):
    folder = draw_images(session.store.folder.parent / "more", count)
    session.apply(session.store.add_images(folder, scan_folder(folder)))
    return folder


def names_of(session, found):
    names = {label.id: label.name for label in session.store.labels}
    return [(names[label_id], round(probability, 3)) for label_id, probability in found]


def missing(scores):
    """How many images have no scores."""
    return int(np.isnan(scores.probabilities).all(axis=1).sum())


def test_without_a_run_the_next_step_is_said(annotated, make, said):
    scores = make(annotated)
    assert (scores.run_id, scores.probabilities, scores.thresholds) == (None, None, None)
    assert "Train one" in scores.sentence
    image_id = int(annotated.store.image_ids[0])
    assert scores.suggestions(image_id) == []
    scores.score_all()
    assert said == [scores.sentence]


def test_suggestions_are_the_unknown_labels_that_reach_their_thresholds(annotated, run, make):
    scores = make(annotated)
    assert (scores.run_id, scores.sentence, missing(scores)) == (run.id, "", 0)
    assert scores.probabilities.shape == (12, 3)
    image_id = int(annotated.store.image_ids[0])
    # red is unknown of the first image, the others are not
    assert names_of(annotated, scores.suggestions(image_id)) == [("red card", 0.9)]
    clear(annotated)
    assert names_of(annotated, scores.suggestions(image_id)) == [("red card", 0.9), ("ace", 0.7)]
    ((best, probability), _) = scores.suggestions_of_row(0)
    assert (best.name, round(probability, 3)) == ("red card", 0.9)
    assert scores.suggestions_of(image_id) == scores.suggestions_of_row(0)
    assert scores.suggestions_of_row(1) == []
    assert scores.suggestions_of(999) == []


def test_the_newest_finished_run_is_taken(qtbot, annotated, run, finished_run, make):
    scores = make(annotated)
    with qtbot.waitSignal(scores.changed):
        newer = finished_run()
    assert scores.run_id == newer.id
    with qtbot.waitSignal(scores.changed):
        annotated.apply(annotated.store.discard_run(newer.id))
    assert scores.run_id == run.id


def test_a_run_that_has_not_finished_is_passed_over(qtbot, annotated, run, finished_run, make):
    newer = finished_run()
    (newer.folder / "events.jsonl").write_text("")
    assert make(annotated).run_id == run.id


def test_thresholds_and_a_calibration_that_are_chosen_elsewhere_are_followed(qtbot, annotated, run, make):
    scores = make(annotated)
    clear(annotated)
    with qtbot.waitSignal(scores.changed):
        ThresholdSet.alike(NAMES, np.array([0.8, 0.5, 0.6]), objective="f1").save(run.folder / "thresholds.json")
    np.testing.assert_array_equal(scores.thresholds, [0.8, 0.5, 0.6])
    assert [label.name for label, _ in scores.suggestions_of_row(0)] == ["red card"]
    before = scores.probabilities[0].copy()
    with qtbot.waitSignal(scores.changed):
        Calibration(NAMES, "temperature", np.full(3, 2.0), np.zeros(3), "validation").save(run.folder)
    assert not np.allclose(scores.probabilities[0], before)
    assert [label.name for label, _ in scores.suggestions_of_row(0)] == ["red card"]


def test_nothing_is_said_when_nothing_changed(qtbot, annotated, run, make):
    scores = make(annotated)
    heard = []
    scores.changed.connect(lambda: heard.append(1))
    scores.refresh()
    assert background.wait(5000)
    qtbot.waitUntil(lambda: not background._running)
    assert heard == []


def test_rows_and_columns_follow_the_project_at_once(annotated, run, make, draw_images):
    scores, store = make(annotated), annotated.store
    ace, _, red = (label.id for label in store.labels)
    annotated.apply(store.add_label("joker"))
    assert scores.probabilities.shape == (12, 4)
    assert np.isnan(scores.probabilities[:, 3]).all()
    assert np.isnan(scores.thresholds[3])
    annotated.apply(store.delete_label(ace))
    np.testing.assert_allclose(scores.probabilities[0, :2], [0.4, 0.9], rtol=1e-6)
    annotated.apply(store.change_label(red, name="hearts"))
    annotated.undo()
    annotated.undo()
    np.testing.assert_allclose(scores.probabilities[0, :3], [0.7, 0.4, 0.9], rtol=1e-6)
    add_images(annotated, draw_images)
    assert scores.probabilities.shape == (15, 4)
    assert missing(scores) == 3


def test_views_hear_of_it_when_labels_or_images_change(qtbot, annotated, run, make, draw_images):
    scores = make(annotated)
    with qtbot.waitSignal(scores.changed):
        annotated.apply(annotated.store.add_label("joker"))
    with qtbot.waitSignal(scores.changed):
        add_images(annotated, draw_images)


def test_scores_that_cannot_be_read_are_told_of(qtbot, annotated, run, make, said):
    (run.folder / "predictions.npz").write_bytes(b"no")
    scores = make(annotated)
    assert scores.run_id is None
    assert "cannot be read" in scores.sentence


def test_damaged_thresholds_are_told_of_and_done_without(annotated, run, make, said):
    (run.folder / "thresholds.json").write_text("{")
    scores = make(annotated)
    np.testing.assert_array_equal(scores.thresholds, [0.5] * 3)
    assert any("thresholds" in text for text in said)


def test_closing_the_project_forgets_all(qtbot, annotated, run, make):
    scores = make(annotated)
    with qtbot.waitSignal(scores.changed):
        annotated.close()
    assert (scores.run_id, scores.probabilities, scores.sentence) == (None, None, "")


def test_new_images_are_scored_by_a_worker(qtbot, annotated, run, make, draw_images, pretend, said):
    pretend("learn")
    scores = make(annotated)
    add_images(annotated, draw_images)
    assert missing(scores) == 3
    seen = []
    annotated.jobs.changed.connect(lambda: seen.extend(annotated.jobs.items()))
    scores.score_all()
    assert scores.is_scoring
    qtbot.waitUntil(lambda: not scores.is_scoring, timeout=20_000)
    qtbot.waitUntil(lambda: missing(scores) == 0)
    told = [item for item in seen if item.fraction is not None]
    assert {item.key for item in seen} == {JOB_KEY}
    assert told[-1].fraction == 1
    assert told[-1].eta_seconds == 9
    assert "4.0 a second" in told[-1].name
    assert annotated.jobs.items() == []
    assert "3 images scored" in said
    assert names_of(annotated, scores.suggestions(int(annotated.store.image_ids[-1]))) == [("ace", 0.9)]
    np.testing.assert_array_equal(Suggestions.load(run.folder / "suggestions.npz").image_ids, [13, 14, 15])
    # what is known is not scored again
    scores.score_all()
    qtbot.waitUntil(lambda: not scores.is_scoring)
    assert said[-1] == f"Run {run.id} has scored all images."


def test_images_that_cannot_be_read_are_counted(qtbot, annotated, run, make, draw_images, pretend, said):
    pretend("learn")
    scores = make(annotated)
    folder = add_images(annotated, draw_images)
    (folder / "image 01.png").unlink()
    scores.score_all()
    qtbot.waitUntil(lambda: not scores.is_scoring, timeout=20_000)
    assert "2 images scored; 1 cannot be read" in said


def test_a_scoring_that_is_cancelled_keeps_what_was_done(qtbot, annotated, run, make, draw_images, pretend, said):
    pretend("wait")
    scores = make(annotated)
    add_images(annotated, draw_images)
    scores.score_all()
    qtbot.waitUntil(lambda: any(item.fraction for item in annotated.jobs.items()), timeout=20_000)
    qtbot.waitUntil(lambda: missing(scores) == 2)
    scores.score_all()
    assert "already" in said[-1]
    (item,) = annotated.jobs.items()
    item.cancel()
    qtbot.waitUntil(lambda: not scores.is_scoring, timeout=20_000)
    assert "1 image scored; score again to go on" in said
    assert missing(scores) == 2
    assert annotated.jobs.items() == []


def test_a_worker_that_does_not_obey_is_ended(qtbot, annotated, run, make, draw_images, pretend, said, monkeypatch):
    monkeypatch.setattr("gui.label.review.scores.scoring.PATIENCE_MS", 0)
    pretend("hang")
    scores = make(annotated)
    add_images(annotated, draw_images)
    scores.score_all()
    qtbot.waitUntil(lambda: any(item.fraction for item in annotated.jobs.items()), timeout=20_000)
    scores.cancel_scoring()
    qtbot.waitUntil(lambda: not scores.is_scoring, timeout=20_000)
    assert "Scoring was cancelled; what was done is kept" in said
    qtbot.waitUntil(lambda: missing(scores) == 2)


def test_a_worker_that_dies_is_told_of(qtbot, annotated, run, make, draw_images, pretend, said):
    pretend("hang")
    scores = make(annotated)
    add_images(annotated, draw_images)
    scores.score_all()
    qtbot.waitUntil(lambda: any(item.fraction for item in annotated.jobs.items()), timeout=20_000)
    start.kill(run.folder / "scoring")
    qtbot.waitUntil(lambda: not scores.is_scoring, timeout=20_000)
    assert "Score them again: what was done is kept." in said[-1]


def test_what_goes_wrong_is_said_with_a_next_step(qtbot, annotated, run, make, draw_images, pretend, said):
    pretend("refuse")
    scores = make(annotated)
    add_images(annotated, draw_images)
    scores.score_all()
    qtbot.waitUntil(lambda: not scores.is_scoring, timeout=20_000)
    assert "The weights are gone. Train again." in said


def test_a_scoring_goes_on_without_the_window_and_is_taken_up_again(qtbot, annotated, run, make, draw_images, pretend):
    pretend("wait")
    scores = make(annotated)
    add_images(annotated, draw_images)
    scores.score_all()
    qtbot.waitUntil(lambda: any(item.fraction for item in annotated.jobs.items()), timeout=20_000)
    folder = annotated.store.folder
    annotated.close()
    assert annotated.jobs.items() == []
    annotated.open(folder)
    qtbot.waitUntil(lambda: scores.is_scoring)
    qtbot.waitUntil(lambda: any(item.fraction for item in annotated.jobs.items()))
    scores.cancel_scoring()
    qtbot.waitUntil(lambda: not scores.is_scoring, timeout=20_000)
    qtbot.waitUntil(lambda: missing(scores) == 2)


def test_a_run_that_is_discarded_while_it_scores_ends_its_worker(
    qtbot, annotated, run, make, draw_images, pretend, said
):
    pretend("wait")
    scores = make(annotated)
    add_images(annotated, draw_images)
    scores.score_all()
    qtbot.waitUntil(lambda: any(item.fraction for item in annotated.jobs.items()), timeout=20_000)
    start.kill(run.folder / "scoring")
    annotated.apply(annotated.store.discard_run(run.id))
    qtbot.waitUntil(lambda: not scores.is_scoring, timeout=20_000)
    qtbot.waitUntil(lambda: scores.run_id is None)
    assert "Train one" in scores.sentence


def test_in_a_multi_class_project_the_most_probable_label_is_suggested(qtbot, annotated, run, make):
    said = Predictions.load(run.folder / "predictions.npz")
    probabilities = np.tile([0.2, 0.45, 0.35], (12, 1)).astype(np.float32)
    Predictions(said.image_ids, said.splits, probabilities, said.states, NAMES, MULTI_CLASS).save(
        run.folder / "predictions.npz"
    )
    scores = make(annotated)
    clear(annotated)
    assert [label.name for label, _ in scores.suggestions_of_row(0)] == ["king"]


def test_an_image_that_was_changed_is_scored_again(qtbot, annotated, run, make, draw_images, pretend, said):
    pretend("learn")
    scores = make(annotated)
    folder = add_images(annotated, draw_images)
    scores.score_all()
    qtbot.waitUntil(lambda: "3 images scored" in said, timeout=20_000)
    Image.new("RGB", (9, 9)).save(Path(folder) / "image 01.png")
    scores.score_all()
    qtbot.waitUntil(lambda: "1 image scored" in said, timeout=20_000)
    qtbot.waitUntil(lambda: not scores.is_scoring)
