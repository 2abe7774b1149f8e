import json

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression

from core.errors import MultihotError
from core.evaluation.calibration import (
    CALIBRATION_FILE,
    Calibration,
    calibrated,
    calibration_errors,
    expected_calibration_error,
    fit,
    judge,
    reliability,
    reliability_of_choice,
)
from core.evaluation.logistic import SLOPES, fit_line, fit_slope, fit_slope_of_choice, logits_of, sigmoid, softmax
from core.evaluation.metrics import average_precision
from core.evaluation.predictions import Predictions
from core.labels import MULTI_CLASS, Split
from tests.unit.evaluation.draws import columns, draw, many_draws

NAMES = ("a", "b", "c")


def scored(images=4000, *, slope=3.0, offset=1.5, positives=(0.5, 0.2, 0.05), seed=0, unknown=0.1):
    """Predictions whose logits are `slope` times too steep and `offset` too high; half validation, half test."""
    rng = np.random.default_rng(seed)
    true = rng.normal(np.log(np.array(positives) / (1 - np.array(positives))), 1, (images, len(positives)))
    states = (rng.random(true.shape) < sigmoid(true)).astype(np.int8)
    states[rng.random(true.shape) < unknown] = -1
    splits = np.where(np.arange(images) % 2, Split.VALIDATION, Split.TEST).astype(np.int8)
    probabilities = sigmoid(slope * true + offset).astype(np.float32)
    return Predictions(np.arange(images), splits, probabilities, states, NAMES[: len(positives)])


def scored_choices(images=4000, *, slope=3.0):
    rng = np.random.default_rng(0)
    true = rng.normal(0, 1.5, (images, 3))
    chosen = (true + rng.gumbel(size=true.shape)).argmax(axis=1)
    splits = np.where(np.arange(images) % 2, Split.VALIDATION, Split.TEST).astype(np.int8)
    states = np.eye(3, dtype=np.int8)[chosen]
    return Predictions(np.arange(images), splits, softmax(slope * true).astype(np.float32), states, NAMES, MULTI_CLASS)


# reliability


@many_draws
def test_reliability_is_that_of_scikit_learn(seeds):
    for seed in seeds:
        probabilities, targets, known = draw(seed)
        for label, scores, present in columns(probabilities, targets, known):
            mask = None if known is None else known[:, label]
            ours = reliability(probabilities[:, label], targets[:, label], known=mask)
            assert ours.count.sum() == len(scores)
            if not len(scores):
                assert np.isnan(ours.ece)
                continue
            share, mean = calibration_curve(present, scores.astype(np.float64), n_bins=15)
            assert np.allclose(ours.share, share, rtol=0, atol=1e-12)
            assert np.allclose(ours.mean_score, mean, rtol=0, atol=1e-12)
            assert ours.ece == pytest.approx(ours.count @ np.abs(share - mean) / len(scores), abs=1e-12)


@many_draws
def test_reliability_of_all_labels_takes_their_elements_together(seeds):
    for seed in seeds:
        probabilities, targets, known = draw(seed)
        mask = np.ones(targets.shape, bool) if known is None else known
        together = reliability(probabilities[mask], targets[mask])
        ours = reliability(probabilities, targets, known=known)
        assert np.array_equal(ours.share, together.share)
        assert np.array_equal(ours.mean_score, together.mean_score)
        assert np.array_equal([ours.ece], [together.ece], equal_nan=True)


def test_the_errors_of_probabilities_by_hand():
    assert reliability([0.9, 0.9, 0.1, 0.1], [1, 0, 0, 0]).ece == pytest.approx((0.4 + 0.1) / 2)
    predictions = Predictions(
        np.arange(2), np.full(2, Split.TEST, np.int8), np.array([[0.75, 0.0, 0.3], [0.25, 1.0, 0.3]], np.float32),
        np.array([[1, 0, -1], [0, 1, -1]], np.int8), NAMES,
    )  # fmt: skip
    np.testing.assert_allclose(calibration_errors(predictions), [0.25, 0, np.nan])
    assert expected_calibration_error(predictions) == 0.125
    choices = Predictions(
        np.arange(3), np.full(3, Split.TEST, np.int8), np.array([[0.75, 0.25], [0.75, 0.25], [0.5, 0.5]], np.float32),
        np.array([[1, 0], [0, 1], [-1, -1]], np.int8), NAMES[:2], MULTI_CLASS,
    )  # fmt: skip
    assert reliability_of_choice(choices).count.tolist() == [2]
    assert expected_calibration_error(choices) == 0.25


# fitting


def logistic(logits, present, weights=None, *, intercept=True):
    model = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-12, max_iter=1000, fit_intercept=intercept)
    return model.fit(logits[:, None], present, weights)


@pytest.mark.parametrize("seed", range(20))
def test_platt_scaling_is_the_logistic_regression_of_smoothed_targets(seed):
    rng = np.random.default_rng(seed)
    images = int(rng.integers(20, 300))
    logits = rng.normal(rng.normal(0, 2), 2, images)
    present = rng.random(images) < sigmoid(rng.uniform(0.2, 3) * logits + rng.normal())
    present[:2] = True, False
    positives = present.sum()
    targets = np.where(present, (positives + 1) / (positives + 2), 1 / (images - positives + 2))
    # a smoothed target is a positive of that weight beside a negative of the rest
    theirs = logistic(np.tile(logits, 2), np.repeat([1, 0], images), np.concatenate((targets, 1 - targets)))
    a, b = fit_line(logits, present)
    if SLOPES[0] < theirs.coef_[0, 0] < SLOPES[1]:
        assert a == pytest.approx(theirs.coef_[0, 0], rel=1e-5)
        assert b == pytest.approx(theirs.intercept_[0], rel=1e-5, abs=1e-6)
    else:
        assert a in SLOPES


@pytest.mark.parametrize("seed", range(20))
def test_the_temperature_is_the_logistic_regression_without_an_offset(seed):
    rng = np.random.default_rng(seed)
    logits = rng.normal(rng.normal(0, 2), 2, 500)
    present = rng.random(500) < sigmoid(rng.uniform(0.2, 3) * logits)
    assert fit_slope(logits, present) == pytest.approx(logistic(logits, present, intercept=False).coef_[0, 0], rel=1e-5)


@pytest.mark.parametrize("slope", [0.3, 1.0, 4.0])
def test_the_temperature_of_choices_has_the_highest_likelihood(slope):
    rng = np.random.default_rng(0)
    true = rng.normal(0, 1, (300, 5))
    chosen = (true + rng.gumbel(size=true.shape)).argmax(axis=1)
    logs = np.log(softmax(slope * true))
    found = fit_slope_of_choice(logs, chosen)

    def likelihood(a):
        return np.log(softmax(a * logs))[np.arange(300), chosen].sum()

    assert all(likelihood(found) > likelihood(found * factor) for factor in (0.9, 0.999, 1.001, 1.1))
    assert found * slope == pytest.approx(1, abs=0.3)


@pytest.mark.parametrize("seed", range(20))
def test_what_separates_or_contradicts_stays_within_bounds(seed):
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 0.01, 30)
    for present in (logits > 0, logits < 0, rng.random(30) < 0.5, np.ones(30, bool), np.zeros(30, bool)):
        for z in (logits, np.zeros(30), np.full(30, -40.0), 1000 * logits):
            a, b = fit_line(z, present)
            assert SLOPES[0] <= a <= SLOPES[1]
            assert np.isfinite(b)
            assert SLOPES[0] <= fit_slope(z, present) <= SLOPES[1]


def test_a_label_whose_scores_contradict_it_still_gets_its_share():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 1, 1000)
    present = rng.random(1000) < sigmoid(-2 * logits - 1)
    a, b = fit_line(logits, present)
    assert a == SLOPES[0]
    assert sigmoid(a * logits + b).mean() == pytest.approx(present.mean(), abs=0.002)


@pytest.mark.parametrize("method", ["temperature", "platt"])
def test_calibration_helps_on_images_that_it_has_not_seen(method):
    predictions = scored(offset=0.0 if method == "temperature" else 1.5)
    calibration = fit(predictions, method)
    change = judge(predictions, calibration)
    assert (change.split, change.images, calibration.fitted_on) == ("test", 2000, "validation")
    assert change.after < 0.03 < 0.1 < change.before
    assert calibration.a[0] == pytest.approx(1 / 3, rel=0.15)
    test = predictions.of(Split.TEST)
    after = calibrated(test, calibration)
    assert (calibration_errors(after) < calibration_errors(test)).all()
    np.testing.assert_allclose(
        average_precision(after.probabilities, test.targets, test.known),
        average_precision(test.probabilities, test.targets, test.known),
        atol=1e-6,
    )


def test_choices_are_calibrated_by_one_temperature():
    predictions = scored_choices()
    calibration = fit(predictions, "temperature")
    assert calibration.a == pytest.approx([1 / 3] * 3, rel=0.1)
    after = calibrated(predictions, calibration)
    assert np.array_equal(after.probabilities.argmax(axis=1), predictions.probabilities.argmax(axis=1))
    np.testing.assert_allclose(after.probabilities.sum(axis=1), 1, atol=1e-6)
    change = judge(predictions, calibration)
    assert change.after < 0.04 < 0.1 < change.before
    with pytest.raises(MultihotError, match="one temperature"):
        fit(predictions, "platt")


def test_a_rare_label_borrows_the_temperature_of_all():
    predictions = scored(positives=(0.5, 0.3, 0.0001), unknown=0)
    platt, temperature = fit(predictions, "platt"), fit(predictions, "temperature")
    assert (platt.borrowed, temperature.borrowed) == (("c",), ())
    assert (platt.a[2], platt.b[2]) == (temperature.a[2], 0.0)
    assert platt.b[0] != 0.0


def test_too_few_images_cannot_calibrate():
    for predictions in (scored(8), scored(200, positives=(1e-6,) * 3), scored(200, unknown=1.0)):
        with pytest.raises(MultihotError, match="images of validation"):
            fit(predictions, "platt")
    with pytest.raises(MultihotError, match="images of train"):
        fit(scored(), "temperature", Split.TRAIN)
    with pytest.raises(MultihotError, match="images of validation"):
        fit(scored_choices(10), "temperature")
    assert fit(scored(8), "none").is_none


def test_without_other_images_those_that_it_was_fitted_on_judge_it():
    predictions = scored().of(Split.VALIDATION)
    assert judge(predictions, fit(predictions, "platt")).split == "validation"


# using


@many_draws
def test_no_decision_changes(seeds):
    for seed in seeds:
        probabilities, targets, _ = draw(seed)
        probabilities = probabilities.astype(np.float32)
        rng = np.random.default_rng(seed)
        labels = targets.shape[1]
        names = tuple(map(str, range(labels)))
        slopes, offsets = rng.uniform(SLOPES[0], 1.5, labels), rng.normal(0, 2, labels)
        calibration = Calibration(names, "platt", slopes, offsets, "validation")
        scores = probabilities[rng.integers(len(probabilities))]
        for thresholds in (np.full(labels, 0.5), rng.random(labels), scores, np.zeros(labels), np.ones(labels)):
            moved = calibration.apply_to_thresholds(thresholds)
            assert ((moved >= 0) & (moved <= 1)).all()
            expected = probabilities >= thresholds.astype(np.float32)
            assert np.array_equal(calibration.apply(probabilities) >= moved, expected)


def test_probabilities_and_logits_are_calibrated_alike():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 4, (200, 3))
    platt = Calibration(NAMES, "platt", np.array([0.5, 1, 2]), np.array([-1.0, 0, 1]), "validation")
    np.testing.assert_allclose(
        platt.apply(sigmoid(logits).astype(np.float32)), platt.apply_to_logits(logits), atol=1e-5
    )
    one = Calibration(NAMES, "temperature", np.full(3, 0.5), np.zeros(3), "validation", task=MULTI_CLASS)
    np.testing.assert_allclose(one.apply(softmax(logits).astype(np.float32)), one.apply_to_logits(logits), atol=1e-5)
    none = Calibration.none(NAMES)
    assert np.array_equal(none.apply(np.float32([[0, 0.3, 1]])), np.float32([[0, 0.3, 1]]))
    assert none.apply_to_thresholds(np.array([0.1, 0.5, 1])).tolist() == [0.1, 0.5, 1]
    assert logits_of(np.float32([0, 0.5, 1])).tolist() == pytest.approx([-103.97, 0, 17.33], abs=0.01)


def test_a_run_keeps_its_choice(tmp_path):
    assert Calibration.of_run(tmp_path, NAMES).is_none
    calibration = fit(scored(positives=(0.5, 0.3, 0.0001)), "platt")
    calibration.save(tmp_path)
    again = Calibration.of_run(tmp_path, NAMES)
    assert again.to_dict() == calibration.to_dict()
    assert again.title == "Platt scaling of each label, fitted on validation"
    with pytest.raises(MultihotError, match="other labels"):
        Calibration.of_run(tmp_path, ("x", "y", "z"))
    with pytest.raises(MultihotError, match="other labels"):
        Calibration.of_run(tmp_path, NAMES, MULTI_CLASS)
    Calibration.none(NAMES).save(tmp_path)
    assert not list(tmp_path.iterdir())
    Calibration.none(NAMES).save(tmp_path)


@pytest.mark.parametrize(
    "change", [{"a": [1, 1]}, {"a": [1, 1, 0]}, {"b": [0, 0, "x"]}, {"method": "magic"}, {"b": None}]
)
def test_a_damaged_file_is_said(tmp_path, change):
    content = {**fit(scored(), "platt").to_dict(), **change}
    (tmp_path / CALIBRATION_FILE).write_text(json.dumps(content))
    with pytest.raises(MultihotError, match="cannot be read as a calibration"):
        Calibration.of_run(tmp_path, NAMES)
    (tmp_path / CALIBRATION_FILE).write_text("{")
    with pytest.raises(MultihotError, match="cannot be read as a calibration"):
        Calibration.of_run(tmp_path, NAMES)
