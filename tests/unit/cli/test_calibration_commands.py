"""Calibration in `multihot export` and `multihot evaluate`."""

import numpy as np
import pytest

from core.evaluation.calibration import Calibration, calibrated, expected_calibration_error
from core.evaluation.predictions import Predictions
from core.labels import Split

NAMES = ("cat", "dog")


@pytest.fixture
def scored(trained):
    """A run of 400 drawn images whose scores are three times too sure, and its scores."""
    run = trained / "runs" / "0001"
    rng = np.random.default_rng(0)
    true = rng.normal(0, 1, (400, 2))
    states = (rng.random(true.shape) < 1 / (1 + np.exp(-true))).astype(np.int8)
    splits = np.where(np.arange(400) % 2, Split.VALIDATION, Split.TEST).astype(np.int8)
    scores = (1 / (1 + np.exp(-3 * true - 1))).astype(np.float32)
    predictions = Predictions(np.arange(400), splits, scores, states, NAMES)
    predictions.save(run / "predictions.npz")
    return run, predictions


@pytest.mark.parametrize("method", ["temperature", "platt"])
def test_export_fits_a_calibration_on_validation(scored, project, tmp_path, multihot, method):
    run, _ = scored
    options = "--out", tmp_path / "m.onnx", "--calibration", method
    done = multihot("export", project, *options, "--json")
    assert (done.code, done.result["calibration"]) == (0, method)
    chosen = Calibration.of_run(run / "exports" / "0001", NAMES)
    assert (chosen.method, chosen.fitted_on) == (method, "validation")
    assert Calibration.of_run(run, NAMES).is_none, "the choice of the run is made in the window"
    said = multihot("export", project, *options, "--force").out
    assert "fitted on validation. Calibration error on 200 images of test:" in said
    assert "Decisions stay the same." in said


def test_export_takes_the_calibration_of_the_run_unless_told_otherwise(scored, project, tmp_path, multihot):
    run, _ = scored
    Calibration(NAMES, "platt", np.array([0.5, 2]), np.array([1.0, 0]), "validation", ("dog",)).save(run)
    done = multihot("export", project, "--out", tmp_path / "a.onnx")
    assert "so the temperature of all labels for: dog." in done.out
    assert Calibration.of_run(run / "exports" / "0001", NAMES).a.tolist() == [0.5, 2]
    none = multihot("export", project, "--out", tmp_path / "b.onnx", "--calibration", "none", "--json")
    assert none.result["calibration"] == "none"
    assert Calibration.of_run(run / "exports" / "0002", NAMES).is_none
    (run / "calibration.json").write_text("{")
    broken = multihot("export", project, "--out", tmp_path / "c.onnx")
    assert (broken.code, "cannot be read as a calibration" in broken.err) == (1, True)


def test_evaluate_says_the_calibration_error(scored, project, multihot):
    run, predictions = scored
    test = predictions.of(Split.TEST)
    error = expected_calibration_error(test)
    result = multihot("evaluate", project, "--split", "test", "--json").result
    assert result["ece"] == pytest.approx(error)
    assert (result["calibration"], result["ece_calibrated"]) == ("none", None)
    assert (
        f"Calibration error (ECE, mean of labels): {error:.3f}.\n"
        in multihot("evaluate", project, "--split", "test").out
    )

    chosen = Calibration(NAMES, "temperature", np.full(2, 1 / 3), np.zeros(2), "validation")
    chosen.save(run)
    result = multihot("evaluate", project, "--split", "test", "--json").result
    assert result["ece"] == pytest.approx(error)
    assert result["ece_calibrated"] == pytest.approx(expected_calibration_error(calibrated(test, chosen)))
    assert result["calibration"] == "temperature"
    said = multihot("evaluate", project, "--split", "test").out
    assert "with one temperature for all labels, fitted on validation." in said
