"""Exporting with a calibration in the graph: probabilities move, decisions do not."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from core.deploy.predict import Predictor
from core.deploy.report import ExportReport
from core.deploy.thresholds import patch
from core.errors import ModelError
from core.evaluation.calibration import Calibration
from core.evaluation.predictions import Predictions
from core.images.decode import decode
from core.labels import MULTI_CLASS
from core.learning import onnx_export
from core.learning.data.batches import to_tensor
from core.learning.models.net import Net, preprocessing_of
from tests.learning.exporting import exported, finished_run

A, B = np.array([0.4, 1.0, 2.5]), np.array([-1.5, 0.5, 0.25])


def platt(names=("red", "green", "blue")) -> Calibration:
    return Calibration(names, "platt", A, B, "validation")


def prepared(net: Net, snapshot) -> np.ndarray:
    preprocessing = preprocessing_of(net, 32)
    return np.stack([preprocessing.prepare(decode(Path(path))) for path in snapshot.paths])


def logits_of(net: Net, images: np.ndarray) -> np.ndarray:
    with torch.inference_mode():
        return net(to_tensor(images)).numpy().astype(np.float64)


def sigmoid(logits):
    return 1 / (1 + np.exp(-logits))


@pytest.fixture
def run(tiny, snapshot, tmp_path):
    """A finished multi-label run, the pixels of its images, and what its network says of them."""
    torch.manual_seed(0)
    run, net = finished_run(tmp_path, tiny, snapshot)
    images = prepared(net, snapshot)
    logits = logits_of(net, images)
    scores = sigmoid(logits).astype(np.float32)
    Predictions(snapshot.image_ids, snapshot.splits, scores, snapshot.states, snapshot.label_names).save(
        run / "predictions.npz"
    )
    return run, images, logits


def test_probabilities_are_calibrated_and_decisions_stay(run, tmp_path):
    folder, images, logits = run
    # between the scores of two images, so that some are decided either way
    ranked = np.sort(sigmoid(logits), axis=0)
    thresholds = (ranked[20] + ranked[21]) / 2
    out = exported(folder, tmp_path / "model.onnx", thresholds=tuple(thresholds.tolist()), calibration=platt())

    session = onnxruntime.InferenceSession(out)
    probabilities, present = session.run(None, {"images": images})
    np.testing.assert_allclose(probabilities, sigmoid(A * logits + B), atol=1e-4)
    assert np.abs(probabilities - sigmoid(logits)).max() > 0.1
    assert np.array_equal(present, sigmoid(logits) >= thresholds)
    assert (present.any(axis=0) & ~present.all(axis=0)).all()

    props = {one.key: one.value for one in onnx.load(out).metadata_props}
    said = json.loads(props["calibration"])
    assert (said["method"], said["fitted_on"], said["a"], said["b"]) == ("platt", "validation", A.tolist(), B.tolist())
    moved = sigmoid(A * np.log(thresholds / (1 - thresholds)) + B)
    np.testing.assert_allclose(json.loads(props["thresholds"]), moved, atol=1e-6)
    predictor = Predictor(out)
    assert np.array_equal(present, probabilities >= predictor.thresholds)
    report = ExportReport.load(out.with_name("model.onnx.report.json"))
    assert (report.calibration, report.decisions_equal) == ("platt", True)
    assert report.map_torch == pytest.approx(report.map_onnx, abs=1e-6)

    # other thresholds of the run go through the same calibration
    others = np.array([ranked[5], ranked[6]]).mean(axis=0)
    patch(out, predictor.metadata.calibration.apply_to_thresholds(others))
    assert np.array_equal(Predictor(out).run(images)[1], sigmoid(logits) >= others)


def test_one_temperature_keeps_the_choice(tiny, snapshot, tmp_path):
    recipe = replace(tiny, task="multi-class").with_overrides(["loss=cross_entropy"])
    states = (np.arange(3) == np.where(snapshot.states[:, 0] == 1, 0, 2)[:, None]).astype(np.int8)
    snapshot = replace(snapshot, states=states, task="multi-class")
    torch.manual_seed(0)
    run, net = finished_run(tmp_path, recipe, snapshot)
    temperature = Calibration(
        snapshot.label_names, "temperature", np.full(3, 0.25), np.zeros(3), "validation", task=MULTI_CLASS
    )
    out = exported(run, tmp_path / "model.onnx", calibration=temperature)

    images = prepared(net, snapshot)
    logits = logits_of(net, images)
    probabilities, present = Predictor(out).run(images)
    powers = np.exp(logits / 4)
    np.testing.assert_allclose(probabilities, powers / powers.sum(axis=1, keepdims=True), atol=1e-4)
    assert np.array_equal(present.argmax(axis=1), logits.argmax(axis=1))
    assert Predictor(out).metadata.calibration.a.tolist() == [0.25] * 3
    assert ExportReport.load(out.with_name("model.onnx.report.json")).calibration == "temperature"


def test_a_calibration_that_the_graph_does_otherwise_is_found(run, tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_export.Line, "forward", lambda self, logits: self.a * logits)
    with pytest.raises(ModelError, match="differs from the run"):
        exported(run[0], tmp_path / "model.onnx", calibration=platt())
    assert not (tmp_path / "model.onnx").exists()


def test_a_calibration_that_would_change_decisions_is_refused(run, tmp_path):
    steep = Calibration(platt().label_names, "platt", np.array([20.0, 1, 1]), np.array([40.0, 0, 0]), "validation")
    folder, _, logits = run
    thresholds = (float(np.median(sigmoid(logits[:, 0]))), 0.5, 0.5)
    with pytest.raises(ModelError, match=r"“red” would be decided otherwise .* close to 1"):
        exported(folder, tmp_path / "model.onnx", thresholds=thresholds, calibration=steep)
