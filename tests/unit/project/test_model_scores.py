"""What a run says, in rows and columns that fit the project as it is now."""

import json

import numpy as np
import pytest

from core.errors import MultihotError
from core.evaluation.calibration import Calibration
from core.evaluation.predictions import Predictions
from core.evaluation.suggestions import Suggestions
from core.evaluation.threshold_file import ThresholdSet
from core.labels import MULTI_CLASS, MULTI_LABEL, Label, LabelState
from core.project.runs.model_scores import load_model_scores, stamp_of
from core.project.runs.run_list import Run
from core.project.runs.snapshot import Snapshot

CAT, DOG, OWL = (Label(number, name, "#000000") for number, name in ((1, "cat"), (3, "dog"), (4, "owl")))
LABELS = (CAT, DOG, OWL)
NAMES = ("cat", "dog", "owl")
# the run has seen 10 to 14; 15 was scored since
SEEN = np.array([12, 10, 11, 13, 14])
ALL = np.array([10, 11, 12, 13, 14, 15, 16])
UNKNOWN, ABSENT, PRESENT = LabelState.UNKNOWN, LabelState.ABSENT, LabelState.PRESENT


@pytest.fixture
def make_run(tmp_path):
    def make(probabilities=None, *, task=MULTI_LABEL, thresholds=(0.3, 0.5, 0.6), since=((0.9, 0.1, 0.7),)):
        scores = np.random.default_rng(0).random((5, 3)) if probabilities is None else np.asarray(probabilities)
        splits, states = np.zeros(5, np.int8), np.zeros((5, 3), np.int8)
        Predictions(SEEN, splits, scores.astype(np.float32), states, NAMES, task).save(tmp_path / "predictions.npz")
        Snapshot(SEEN, ("a",) * 5, states, splits, np.array([1, 3, 4]), NAMES, task).save(tmp_path / "snapshot.npz")
        if thresholds is not None:
            ThresholdSet.alike(NAMES, np.array(thresholds), objective="f1").save(tmp_path / "thresholds.json")
        if since:
            Suggestions(
                15 + np.arange(len(since)), np.ones((len(since), 2), np.int64), np.array(since, np.float32), NAMES
            ).save(tmp_path / "suggestions.npz")
        return Run(7, "tiny", 0.0, tmp_path)

    return make


@pytest.fixture
def run(make_run):
    return make_run()


def of(run):
    said = Predictions.load(run.folder / "predictions.npz")
    return dict(zip(said.image_ids.tolist(), said.probabilities, strict=True))


def test_rows_and_columns_are_those_of_the_project(run):
    scores = load_model_scores(run, ALL, (OWL, Label(9, "new", "#000000"), CAT))
    assert scores.probabilities.shape == (7, 3)
    assert scores.probabilities.dtype == np.float32
    for row, image_id in enumerate(ALL[:5].tolist()):
        np.testing.assert_array_equal(scores.probabilities[row, [0, 2]], of(run)[image_id][[2, 0]])
    np.testing.assert_allclose(scores.probabilities[5, [0, 2]], [0.7, 0.9], rtol=1e-6)
    assert np.isnan(scores.probabilities[:, 1]).all()
    assert np.isnan(scores.probabilities[6]).all()
    np.testing.assert_array_equal(scores.thresholds, [0.6, np.nan, 0.3])
    assert scores.seen.tolist() == [10, 11, 12, 13, 14]


def test_a_label_is_found_by_its_number_then_by_its_name(run):
    renamed = Label(3, "hound", "#000000")
    # cat was deleted and made again; another one has the name of the label that was renamed
    again, takes_name = Label(8, "Cat", "#000000"), Label(9, "dog", "#000000")
    scores = load_model_scores(run, ALL, (renamed, again, takes_name))
    np.testing.assert_array_equal(scores.probabilities[0, :2], of(run)[10][[1, 0]])
    assert np.isnan(scores.probabilities[:, 2]).all()


def test_without_its_snapshot_labels_are_found_by_their_names(run):
    (run.folder / "snapshot.npz").unlink()
    scores = load_model_scores(run, ALL, (Label(20, "owl", "#000000"), CAT))
    np.testing.assert_array_equal(scores.probabilities[0], of(run)[10][[2, 0]])


@pytest.mark.parametrize("seed", range(20))
def test_moving_gives_what_reading_again_would(run, seed):
    rng = np.random.default_rng(seed)
    ever = (*LABELS, Label(9, "new", "#000000"), Label(10, "other", "#000000"))
    scores = load_model_scores(run, ALL, LABELS)
    for _ in range(6):
        labels = tuple(ever[one] for one in rng.permutation(5)[: rng.integers(0, 6)])
        # images are added at the end, or other ones than before
        ids = np.sort(rng.choice(np.arange(8, 20), rng.integers(0, 12), replace=False))
        # rows that are gone are gone: only what is a subset of the rest can be compared
        ids = np.union1d(ids, ALL)
        scores, fresh = scores.aligned(ids, labels), load_model_scores(run, ids, labels)
        assert scores.fits(ids, labels)
        np.testing.assert_array_equal(scores.probabilities, fresh.probabilities)
        np.testing.assert_array_equal(scores.thresholds, fresh.thresholds)
        assert scores.probabilities.shape == (len(ids), len(labels))


def test_what_fits_stays_where_it_is(run):
    scores = load_model_scores(run, ALL, LABELS)
    assert np.shares_memory(scores.aligned(ALL.copy(), LABELS).probabilities, scores.probabilities)
    assert not scores.probabilities.flags.writeable


def test_a_project_without_images_or_labels_has_nothing(run):
    assert load_model_scores(run, ALL[:0], LABELS).probabilities.shape == (0, 3)
    scores = load_model_scores(run, ALL, ())
    assert scores.probabilities.shape == (7, 0)
    assert scores.suggestions_at(0, np.zeros(0, np.int8)) == []


def test_suggested_are_unknown_labels_that_reach_their_thresholds(run):
    scores = load_model_scores(run, ALL, LABELS)
    unknown = np.full(3, UNKNOWN, np.int8)
    assert [(column, round(p, 3)) for column, p in scores.suggestions_at(5, unknown)] == [(0, 0.9), (2, 0.7)]
    for state in (PRESENT, ABSENT):
        said = np.array([state, UNKNOWN, UNKNOWN], np.int8)
        assert [column for column, _ in scores.suggestions_at(5, said)] == [2]
    assert scores.suggestions_at(6, unknown) == []


def test_a_probability_at_its_threshold_is_suggested(make_run):
    scores = load_model_scores(make_run(since=((0.3, 0.49, 0.6),)), ALL, LABELS)
    assert [column for column, _ in scores.suggestions_at(5, np.full(3, UNKNOWN, np.int8))] == [2, 0]


def test_in_multi_class_the_most_probable_label_is_suggested_whatever_the_thresholds(make_run):
    scores = load_model_scores(make_run(task=MULTI_CLASS, since=((0.2, 0.45, 0.35),)), ALL, LABELS)
    np.testing.assert_array_equal(scores.thresholds, [0.5, 0.5, 0.5])
    assert [column for column, _ in scores.suggestions_at(5, np.array([-1, -1, -1], np.int8))] == [1]
    # one is ruled out, or there is one already
    assert [column for column, _ in scores.suggestions_at(5, np.array([-1, 0, -1], np.int8))] == [2]
    assert scores.suggestions_at(5, np.array([1, 0, 0], np.int8)) == []


def test_a_calibration_moves_probabilities_and_thresholds_together(run):
    plain = load_model_scores(run, ALL, LABELS)
    Calibration(NAMES, "platt", np.array([2.0, 0.5, 1.5]), np.array([0.5, -1.0, 0.0]), "validation").save(run.folder)
    moved = load_model_scores(run, ALL, LABELS)
    assert not np.allclose(plain.probabilities[:6], moved.probabilities[:6])
    np.testing.assert_array_equal(plain.probabilities[:6] >= plain.cuts, moved.probabilities[:6] >= moved.cuts)


def test_files_that_cannot_be_read_are_told_of_and_done_without(run):
    (run.folder / "thresholds.json").write_text("{")
    (run.folder / "calibration.json").write_text(json.dumps({"method": "platt"}))
    (run.folder / "suggestions.npz").write_bytes(b"no")
    scores = load_model_scores(run, ALL, LABELS)
    np.testing.assert_array_equal(scores.thresholds, [0.5, 0.5, 0.5])
    assert len(scores.problems) == 2
    assert np.isnan(scores.probabilities[5]).all()
    (run.folder / "predictions.npz").unlink()
    with pytest.raises(MultihotError, match="cannot be read"):
        load_model_scores(run, ALL, LABELS)


def test_the_stamp_changes_with_each_file(run):
    stamps = {stamp_of(run.folder)}
    for name in ("thresholds.json", "suggestions.npz", "calibration.json", "predictions.npz"):
        (run.folder / name).write_bytes(name.encode() * 9)
        stamps.add(stamp_of(run.folder))
    assert len(stamps) == 5


def test_of_an_image_that_is_scored_again_the_last_score_counts():
    ids, identities = np.array([3, 5]), np.zeros((2, 2), np.int64)
    before = Suggestions(ids, identities, np.array([[0.1], [0.2]], np.float32), ("cat",))
    after = before.with_more(np.array([9, 3]), np.ones((2, 2), np.int64), np.array([[0.8], [0.9]], np.float32))
    assert after.image_ids.tolist() == [3, 5, 9]
    np.testing.assert_allclose(after.probabilities[:, 0], [0.9, 0.2, 0.8])
    assert after.identities[:, 0].tolist() == [1, 0, 1]
