import json
from pathlib import Path

import numpy as np
import pytest

from core.errors import MultihotError
from core.evaluation.metrics import average_precision, classification_scores, mean_average_precision
from core.evaluation.predictions import Predictions
from core.evaluation.report import evaluate
from core.evaluation.threshold_file import ThresholdSet
from core.evaluation.voc import interpolated_average_precision
from core.labels import Split


@pytest.fixture
def predictions():
    rng = np.random.default_rng(5)
    states = rng.integers(-1, 2, (30, 4)).astype(np.int8)
    states[:, 3] = 0
    return Predictions(
        image_ids=np.arange(100, 130),
        splits=rng.integers(0, 3, 30).astype(np.int8),
        probabilities=rng.random((30, 4), dtype=np.float32),
        states=states,
        label_names=("cat", "dog", "zebra crossing", "émeu"),
    )


def test_predictions_survive_their_file(predictions, tmp_path):
    predictions.save(tmp_path / "predictions.npz")
    loaded = Predictions.load(tmp_path / "predictions.npz")

    assert loaded.label_names == predictions.label_names
    for name in ("image_ids", "splits", "probabilities", "states"):
        first, second = getattr(predictions, name), getattr(loaded, name)
        assert np.array_equal(first, second)
        assert first.dtype == second.dtype
    assert [path.name for path in tmp_path.iterdir()] == ["predictions.npz"]


class _Evil:
    def __init__(self, path):
        self._path = path

    def __reduce__(self):
        return Path.touch, (self._path,)


def test_predictions_with_code_in_them_are_not_run(tmp_path):
    np.savez(tmp_path / "evil.npz", image_ids=np.array([_Evil(tmp_path / "it ran")], dtype=object))
    with pytest.raises(MultihotError, match="damaged"):
        Predictions.load(tmp_path / "evil.npz")
    assert not (tmp_path / "it ran").exists()


@pytest.mark.parametrize("kept", [0, 2, 300, -1])
def test_damaged_predictions_are_told(predictions, tmp_path, kept):
    path = tmp_path / "predictions.npz"
    predictions.save(path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(MultihotError, match=r"predictions\.npz cannot be read \(the file is damaged\)"):
        Predictions.load(path)
    path.unlink()
    with pytest.raises(MultihotError, match=r"predictions\.npz cannot be read \(No such file or directory\)"):
        Predictions.load(path)


def test_a_split_holds_its_images_only(predictions):
    validation = predictions.of(Split.VALIDATION)
    rows = predictions.splits == Split.VALIDATION
    assert np.array_equal(validation.image_ids, predictions.image_ids[rows])
    assert np.array_equal(validation.targets, predictions.states[rows] == 1)
    assert np.array_equal(validation.known, predictions.states[rows] != -1)


def test_predictions_that_do_not_fit_together_are_refused(predictions):
    with pytest.raises(ValueError, match="do not fit"):
        Predictions(
            image_ids=predictions.image_ids,
            splits=predictions.splits,
            probabilities=predictions.probabilities,
            states=predictions.states,
            label_names=("cat",),
        )


def test_a_report_holds_the_scores_of_the_metrics(predictions):
    thresholds = np.array([0.3, 0.5, 0.7, 0.9])
    report = evaluate(predictions, thresholds)

    arguments = predictions.probabilities, predictions.targets
    assert report.map == mean_average_precision(*arguments, predictions.known)
    assert report.map_all_labels == pytest.approx(report.map * 3 / 4)
    expected = vars(classification_scores(*arguments, thresholds, predictions.known))
    assert {name: vars(report)[name] for name in expected} == expected
    assert [label.name for label in report.labels] == list(predictions.label_names)
    assert [label.threshold for label in report.labels] == thresholds.tolist()
    assert [label.support for label in report.labels] == (predictions.states == 1).sum(axis=0).tolist()
    assert [label.known for label in report.labels] == (predictions.states >= 0).sum(axis=0).tolist()
    ap = average_precision(*arguments, predictions.known)
    assert [label.ap for label in report.labels] == pytest.approx(ap.tolist(), nan_ok=True)
    assert np.mean([label.f1 for label in report.labels]) == pytest.approx(report.macro_f1)


def test_the_interpolated_means_of_voc_are_added_on_request(predictions):
    thresholds = np.full(4, 0.5)
    plain = evaluate(predictions, thresholds)
    assert (plain.map_voc, plain.map_voc_2007) == (None, None)
    report = evaluate(predictions, thresholds, interpolated=True)
    arguments = predictions.probabilities, predictions.targets, predictions.known
    assert report.map_voc == pytest.approx(np.nanmean(interpolated_average_precision(*arguments)))
    assert report.map_voc_2007 == pytest.approx(np.nanmean(interpolated_average_precision(*arguments, levels=11)))
    assert report.map_voc > report.map


def test_a_report_is_valid_json_with_null_for_what_is_not_defined(predictions):
    content = json.loads(json.dumps(evaluate(predictions, np.full(4, 0.5)).to_dict(), allow_nan=False))

    assert {"map", "overall_precision", "class_f1", "macro_f1", "sample_f1", "sample_iou", "labels"} <= content.keys()
    assert set(content["labels"][0]) >= {"name", "support", "ap", "precision", "recall", "f1", "threshold"}
    assert content["labels"][3]["ap"] is None
    assert content["labels"][3]["support"] == 0


def test_a_split_without_images_has_a_report(predictions):
    empty = predictions.of(Split.UNASSIGNED)
    assert evaluate(empty, np.full(4, 0.5)).to_dict()["map"] is None


def test_thresholds_survive_their_file(tmp_path):
    path = tmp_path / "thresholds.json"
    thresholds = ThresholdSet.alike(
        label_names=("cat", "émeu"), values=np.array([0.1 + 0.2, 1 / 3]), objective="f1", tuned_on="validation"
    )
    thresholds.save(path)
    loaded = ThresholdSet.load(path)

    assert np.array_equal(loaded.values, thresholds.values)
    assert (loaded.label_names, loaded.objective, loaded.tuned_on) == (("cat", "émeu"), "f1", "validation")


def test_thresholds_begin_at_a_half():
    assert ThresholdSet.default(("cat", "dog")).values.tolist() == [0.5, 0.5]


@pytest.mark.parametrize(
    "content",
    [
        "no json",
        "[]",
        "{}",
        '{"label_names": ["a"], "values": [2], "objective": "f1", "tuned_on": null}',
        '{"label_names": ["a"], "values": [NaN], "objective": "f1", "tuned_on": null}',
        '{"label_names": ["a"], "values": [], "objective": "f1", "tuned_on": null}',
    ],
)
def test_a_damaged_file_of_thresholds_is_named(tmp_path, content):
    path = tmp_path / "thresholds.json"
    path.write_text(content)
    with pytest.raises(MultihotError, match=r"thresholds\.json.*tune the thresholds again"):
        ThresholdSet.load(path)
    path.unlink()
    with pytest.raises(MultihotError, match=r"thresholds\.json"):
        ThresholdSet.load(path)
