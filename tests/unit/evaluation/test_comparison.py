import json

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from core.errors import MultihotError
from core.evaluation import comparison
from core.evaluation.comparison import at_other_thresholds, compare_runs
from core.evaluation.metrics import average_precision, mean_average_precision
from core.evaluation.predictions import Predictions
from core.labels import MULTI_CLASS, MULTI_LABEL, Split
from tests.unit.evaluation.draws import draw, many_draws

VALIDATION = Split.VALIDATION


def predictions_of(probabilities, states, *, ids=None, names=None, task=MULTI_LABEL):
    images, labels = np.shape(states)
    return Predictions(
        image_ids=np.arange(images) if ids is None else np.asarray(ids),
        splits=np.full(images, VALIDATION, np.int8),
        probabilities=np.asarray(probabilities, np.float32),
        states=np.asarray(states, np.int8),
        label_names=names or tuple("abcdefgh"[:labels]),
        task=task,
    )


@pytest.fixture
def runs():
    """A run, and one that ranks the label b better and the label c worse."""
    rng = np.random.default_rng(1)
    states = (rng.random((300, 3)) < 0.2).astype(np.int8)
    states[rng.random((300, 3)) < 0.1] = -1
    noise = rng.normal(0, 0.15, (300, 3))
    first = 0.35 + 0.2 * (states == 1) + noise
    second = 0.35 + np.array([0.2, 0.5, 0.0]) * (states == 1) + rng.normal(0, 0.15, (300, 3))
    return tuple(predictions_of(np.clip(one, 0, 1), states) for one in (first, second))


@many_draws
def test_weighted_average_precision_is_scikit_learns_also_with_ties_and_weights_of_0(seeds):
    for seed in seeds[::3]:
        probabilities, targets, known = draw(seed)
        scores = probabilities.astype(np.float32)
        states = np.where(True if known is None else known, targets, -1).astype(np.int8)
        weights = np.random.default_rng(seed).poisson(1.0, (len(scores), 3)).astype(np.uint8)
        weights[:, 0] = 1
        for label in range(states.shape[1]):
            found = comparison._Ranking(scores[:, label], states[:, label]).average_precision(weights)
            rows = states[:, label] >= 0
            for drawn in range(3):
                weight, truth = weights[rows, drawn], states[rows, label] == 1
                if weight[truth].sum() == 0:
                    assert np.isnan(found[drawn])
                else:
                    wanted = average_precision_score(truth, scores[rows, label], sample_weight=weight)
                    assert found[drawn] == pytest.approx(wanted, abs=1e-6)


def test_differences_lie_within_intervals_that_tell_better_from_worse_and_noise(runs):
    first, second = runs
    told = []
    result = compare_runs(first, second, 0.5, 0.5, split=VALIDATION, draws=300, progress=told.append)
    assert [one.verdict for one in result.labels] == ["within noise", "better", "worse"]
    ap = [average_precision(one.probabilities, one.targets, one.known) for one in runs]
    assert [one.before for one in result.labels] == ap[0].tolist()
    assert [one.after for one in result.labels] == ap[1].tolist()
    assert result.map.before == mean_average_precision(first.probabilities, first.targets, first.known)
    for one in (*result.labels, result.map):
        assert one.difference == one.after - one.before
        assert one.low < one.difference < one.high
    assert told == sorted(told)
    assert told[-1] == 1
    assert (result.top1, result.changed_states, result.left_out_images) == (None, 0, (0, 0))
    content = json.loads(json.dumps(result.to_dict()))
    assert content["labels"][1]["verdict"] == "better"


def test_pieces_of_the_samples_make_up_all_of_them(runs, monkeypatch):
    monkeypatch.setattr(comparison, "_PIECE", 300 * 32)
    result = compare_runs(*runs, 0.5, 0.5, split=VALIDATION, draws=100)
    assert [one.verdict for one in result.labels] == ["within noise", "better", "worse"]
    again = compare_runs(*runs, 0.5, 0.5, split=VALIDATION, draws=100)
    assert again.map == result.map


def test_an_interval_is_as_wide_as_chance_makes_the_difference():
    rng = np.random.default_rng(4)
    differences, widths = [], []
    for _ in range(60):
        states = (rng.random((150, 1)) < 0.3).astype(np.int8)
        first, second = (
            predictions_of(np.clip(0.4 + 0.2 * states + rng.normal(0, 0.15, (150, 1)), 0, 1), states) for _ in range(2)
        )
        result = compare_runs(first, second, 0.5, 0.5, split=VALIDATION, draws=200)
        differences.append(result.map.difference)
        widths.append(result.map.high - result.map.low)
    assert np.mean(widths) == pytest.approx(2 * 1.96 * np.std(differences), rel=0.25)


def test_a_run_is_no_better_than_itself_and_changes_nothing(runs):
    result = compare_runs(runs[0], runs[0], 0.4, 0.4, split=VALIDATION, draws=50)
    assert {one.verdict for one in (*result.labels, result.map)} == {"within noise"}
    assert (result.map.low, result.map.high) == (0, 0)
    assert len(result.fixed.image_ids) == len(result.broken.image_ids) == 0


def test_fixed_and_broken_decisions_are_those_of_which_one_run_is_right(runs):
    first, second = runs
    cuts = np.array([0.5, 0.45, 0.3]), np.array([0.4, 0.5, 0.45])
    result = compare_runs(first, second, *cuts, split=VALIDATION, draws=20)
    right = [
        (one.probabilities >= cut.astype(np.float32)) == (one.states == 1) for one, cut in zip(runs, cuts, strict=True)
    ]
    known = first.states >= 0
    for changed, wanted in (
        (result.fixed, known & right[1] & ~right[0]),
        (result.broken, known & right[0] & ~right[1]),
    ):
        assert set(zip(changed.image_ids.tolist(), changed.labels.tolist(), strict=True)) == set(
            map(tuple, np.argwhere(wanted).tolist())
        )
        assert changed.before.tolist() == first.probabilities[changed.image_ids, changed.labels].tolist()
        assert changed.after.tolist() == second.probabilities[changed.image_ids, changed.labels].tolist()
        steps = np.abs(changed.after - changed.before)
        assert (np.diff(steps) <= 0).all()
    assert sum(one.fixed for one in result.labels) == len(result.fixed.labels) == result.to_dict()["fixed"]
    assert [one.broken for one in result.labels] == np.bincount(result.broken.labels, minlength=3).tolist()


def test_only_what_both_runs_have_is_compared_and_the_rest_is_counted():
    rng = np.random.default_rng(2)
    states = (rng.random((60, 2)) < 0.4).astype(np.int8)
    scores = rng.random((60, 2))
    first = predictions_of(scores[:50], states[:50], ids=range(50), names=("cat", "dog"))
    # other columns, other order of the images, some corrected since
    corrected = states[20:60][::-1].copy()
    corrected[-1, 0] = 1 - corrected[-1, 0]
    columns = np.column_stack((scores[20:60, 1][::-1], rng.random(40), scores[20:60, 0][::-1]))
    second = predictions_of(
        columns,
        np.column_stack((corrected[:, 1], rng.integers(0, 2, 40), corrected[:, 0])),
        ids=range(59, 19, -1),
        names=("dog", "cow", "cat"),
    )
    result = compare_runs(first, second, [0.5, 0.5], [0.5, 0.1, 0.5], split=VALIDATION, draws=20)
    assert (result.images, result.left_out_images) == (30, (20, 10))
    assert (result.label_names, result.left_out_labels) == (("dog", "cat"), ((), ("cow",)))
    assert result.changed_states == 1
    # the same scores, so only the truth could differ
    assert result.map.difference == 0
    assert len(result.fixed.image_ids) == 0
    old, new = (
        compare_runs(first, second, 0.5, 0.5, split=VALIDATION, draws=20, newer=newer).labels[1]
        for newer in ("first", "second")
    )
    assert new.positives - old.positives == (1 if states[20, 0] == 0 else -1)


def test_of_few_images_nothing_is_said():
    states = np.zeros((50, 3), np.int8)
    states[:4, 0] = 1
    states[:, 1] = 1
    states[:, 2] = -1
    rng = np.random.default_rng(3)
    first, second = (predictions_of(rng.random((50, 3)), states) for _ in range(2))
    result = compare_runs(first, second, 0.5, 0.5, split=VALIDATION, draws=20)
    assert [one.verdict for one in result.labels] == ["too few"] * 3
    assert [one.positives for one in result.labels] == [4, 50, 0]
    assert np.isnan([result.labels[2].before, result.labels[2].low]).all()
    nothing = predictions_of(rng.random((5, 1)), np.full((5, 1), -1))
    result = compare_runs(nothing, nothing, 0.5, 0.5, split=VALIDATION, draws=20)
    assert np.isnan([result.map.difference, result.map.low]).all()
    assert result.map.verdict == "too few"


def test_in_multi_class_top_1_is_compared_and_images_are_fixed_by_their_own_label():
    rng = np.random.default_rng(5)
    classes = rng.integers(0, 4, 300)
    states = np.eye(4, dtype=np.int8)[classes]
    states[0] = -1
    first, second = (
        predictions_of(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True), states, task=MULTI_CLASS)
        for logits in (rng.normal(size=(300, 4)) + strength * np.eye(4)[classes] for strength in (0.8, 2.0))
    )
    result = compare_runs(first, second, 0.5, 0.5, split=VALIDATION, draws=200)
    right = [one.probabilities.argmax(axis=1)[1:] == classes[1:] for one in (first, second)]
    assert result.top1.before == right[0].mean()
    assert result.top1.after == right[1].mean()
    assert result.top1.verdict == "better"
    assert result.top1.low < result.top1.difference < result.top1.high
    assert sorted(result.fixed.image_ids.tolist()) == (np.flatnonzero(right[1] & ~right[0]) + 1).tolist()
    assert result.fixed.labels.tolist() == classes[result.fixed.image_ids].tolist()
    assert sorted(result.broken.image_ids.tolist()) == (np.flatnonzero(right[0] & ~right[1]) + 1).tolist()
    # the spread of a paired difference of shares, in closed form
    gained = right[1].astype(float) - right[0]
    assert result.top1.high - result.top1.low == pytest.approx(2 * 1.96 * gained.std() / np.sqrt(299), rel=0.25)


def test_runs_that_cannot_be_compared_say_why(runs):
    first, second = runs
    other = predictions_of(second.probabilities, np.abs(second.states), task=MULTI_CLASS)
    elsewhere = predictions_of(second.probabilities, second.states, ids=range(1000, 1300))
    renamed = predictions_of(second.probabilities, second.states, names=("x", "y", "z"))
    for wrong, said in ((other, "multi-class"), (elsewhere, "no image of validation"), (renamed, "no label")):
        with pytest.raises(MultihotError, match=said):
            compare_runs(first, wrong, 0.5, 0.5, split=VALIDATION)


def test_other_thresholds_change_what_is_fixed_and_broken_and_nothing_else():
    rng = np.random.default_rng(8)
    states = rng.integers(-1, 2, (60, 3)).astype(np.int8)
    first, second = (
        Predictions(
            np.arange(60), np.full(60, Split.VALIDATION, np.int8), rng.random((60, 3)).astype(np.float32), states,
            ("a", "b", "c"),
        )
        for _ in range(2)
    )  # fmt: skip
    at_half = compare_runs(first, second, 0.5, 0.5, split=Split.VALIDATION, draws=50)
    expected = compare_runs(first, second, 0.3, [0.2, 0.6, 0.9], split=Split.VALIDATION, draws=50)
    moved = at_other_thresholds(at_half, first, second, 0.3, [0.2, 0.6, 0.9])
    assert moved.to_dict() == expected.to_dict() != at_half.to_dict()
    for one, other in ((moved.fixed, expected.fixed), (moved.broken, expected.broken)):
        np.testing.assert_array_equal(one.image_ids, other.image_ids)
        np.testing.assert_array_equal(one.predicted, one.after >= np.array([0.2, 0.6, 0.9], np.float32)[one.labels])
