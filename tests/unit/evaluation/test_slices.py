import itertools

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score

from core.evaluation.decided import decided
from core.evaluation.intervals import clustered_share, difference, wilson
from core.evaluation.predictions import Predictions
from core.evaluation.slices import (
    Slice,
    by_aspect,
    by_blur,
    by_brightness,
    by_folder,
    by_mask,
    by_quantiles,
    by_size,
    by_split,
    score_slices,
)
from core.labels import MULTI_CLASS, MULTI_LABEL
from tests.unit.evaluation.draws import draw, many_draws


def predictions_of(probabilities, states, task=MULTI_LABEL):
    images, labels = states.shape
    names = tuple(f"label {number}" for number in range(labels))
    arrays = np.asarray(probabilities, np.float32), np.asarray(states, np.int8)
    return Predictions(np.arange(images), np.ones(images, np.int8), *arrays, names, task)


def expected_f1(predicted, states):
    known = states >= 0
    return f1_score(states[known] == 1, predicted[known], zero_division=0) if known.any() else 0.0


@many_draws
def test_scores_are_those_of_scikit_learn_inside_and_outside(seeds):
    for seed in seeds[::2]:
        probabilities, targets, known = draw(seed)
        states = np.where(True if known is None else known, targets, -1).astype(np.int8)
        predictions = predictions_of(probabilities, states)
        rng = np.random.default_rng(seed)
        inside = rng.random(len(states)) < 0.5
        thresholds = rng.random(states.shape[1])
        predicted = decided(predictions, thresholds)
        for label in (None, 0):
            columns = slice(None) if label is None else slice(0, 1)
            (found,) = score_slices(predictions, thresholds, by_mask("filter", "half", inside), label=label)
            assert found.score == pytest.approx(expected_f1(predicted[inside][:, columns], states[inside][:, columns]))
            assert found.others == pytest.approx(
                expected_f1(predicted[~inside][:, columns], states[~inside][:, columns])
            )
            assert found.images == (states[inside][:, columns] >= 0).any(axis=1).sum()
            assert found.positives == (states[inside][:, columns] == 1).sum()
            assert found.low - 1e-12 <= found.score <= found.high + 1e-12
            assert found.difference_low - 1e-12 <= found.difference <= found.difference_high + 1e-12
            outside = (states[~inside][:, columns] >= 0).any(axis=1).sum()
            positives = (states[:, columns] == 1).any(axis=1)
            enough = min(found.images, outside) >= 5 and positives[inside].any() and positives[~inside].any()
            assert found.is_too_few == (not enough)


def test_in_multi_class_the_score_is_top_1_and_of_one_label_its_f1():
    rng = np.random.default_rng(4)
    probabilities, classes = rng.dirichlet(np.ones(3), 60), rng.integers(0, 3, 60)
    states = np.eye(3, dtype=np.int8)[classes]
    states[0] = -1
    predictions = predictions_of(probabilities, states, MULTI_CLASS)
    half = Slice("filter", "first half", np.arange(30))
    taken = probabilities.argmax(axis=1)
    (found,) = score_slices(predictions, 0.5, [half])
    assert found.score == pytest.approx(accuracy_score(classes[1:30], taken[1:30]))
    assert found.others == pytest.approx(accuracy_score(classes[30:], taken[30:]))
    assert (found.images, found.positives) == (29, 29)
    (one,) = score_slices(predictions, 0.5, [half], label=1)
    assert one.score == pytest.approx(f1_score(classes[1:30] == 1, taken[1:30] == 1))


def test_the_worst_come_first_and_those_with_too_few_images_last():
    states = np.ones((100, 1), np.int8)
    probabilities = np.full((100, 1), 0.9)
    probabilities[:20] = 0.1
    probabilities[20:25] = 0.1
    predictions = predictions_of(probabilities, states)
    slices = [
        Slice("folder", "right", np.arange(40, 80)),
        Slice("folder", "three", np.arange(3)),
        Slice("folder", "wrong", np.arange(20)),
        Slice("folder", "half", np.arange(20, 30)),
        Slice("folder", "all", np.arange(100)),
    ]
    found = score_slices(predictions, 0.5, slices)
    assert [one.slice.name for one in found] == ["wrong", "half", "right", "three", "all"]
    assert [one.is_too_few for one in found] == [False, False, False, True, True]
    assert [one.is_worse for one in found] == [True, False, False, False, False]
    assert [one.is_better for one in found] == [False, False, True, False, False]


def test_nearly_as_many_intervals_hold_as_they_say():
    rng = np.random.default_rng(5)
    held, differs, cases = 0, 0, 400
    for _ in range(cases):
        # decisions on an image go together: each image has its own share of right ones
        whole = rng.integers(0, 6, 120)
        part = rng.binomial(whole, np.where(rng.random(120) < 0.3, 0.2, 0.9))
        first, second = (clustered_share(part[rows], whole[rows]) for rows in (slice(40), slice(40, None)))
        held += first[1] <= 0.3 * 0.2 + 0.7 * 0.9 <= first[2]
        low, high = difference(first, second)
        differs += low > 0 or high < 0
    assert 0.92 <= held / cases <= 0.99
    assert 0.01 <= differs / cases <= 0.08


def test_a_share_of_independent_decisions_has_wilsons_interval():
    # published: 15 of 148, Newcombe 1998, table I
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0, 0.1611), abs=5e-5)
    assert wilson(0, 0) == (0, 1)
    # all right: one decision per image counts, not three
    assert clustered_share(np.full(20, 3), np.full(20, 3)) == (1.0, *wilson(20, 20))
    assert clustered_share(np.zeros(3, int), np.zeros(3, int)) == (0.0, 0.0, 1.0)


def test_the_interval_of_a_difference_is_newcombes():
    # published: 56/70 less 48/80, Newcombe 1998 (comparative), table II, method 10
    one, other = (56 / 70, *wilson(56, 70)), (48 / 80, *wilson(48, 80))
    assert difference(one, other) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_fifths_are_about_equal_and_say_where_they_part():
    values = np.linspace(0, 1, 101)
    values[7] = np.nan
    parts = by_brightness(values)
    assert [one.name for one in parts] == [
        "darkest fifth (brightness < 0.21)",
        "second fifth (brightness 0.21 to 0.41)",
        "middle fifth (brightness 0.41 to 0.61)",
        "fourth fifth (brightness 0.61 to 0.81)",
        "brightest fifth (brightness ≥ 0.81)",
    ]
    assert [len(one.rows) for one in parts] == [20, 20, 20, 20, 20]
    assert np.array_equal(np.sort(np.concatenate([one.rows for one in parts])), np.delete(np.arange(101), 7))
    assert all((np.diff(one.rows) > 0).all() for one in parts)


@pytest.mark.parametrize("seed", range(20))
def test_quantiles_part_all_images_and_never_equal_ones(seed):
    rng = np.random.default_rng(seed)
    values = rng.choice(rng.random(int(rng.integers(1, 9))) * 10.0 ** rng.integers(-3, 6), 50)
    values[rng.random(50) < 0.1] = np.nan
    parts = by_quantiles("size", values, ends=("smallest", "largest"), measure="megapixels")
    if len(np.unique(values[~np.isnan(values)])) > 1:
        assert len(parts) > 1
        assert np.array_equal(np.sort(np.concatenate([one.rows for one in parts])), np.flatnonzero(~np.isnan(values)))
        for one, other in itertools.pairwise(parts):
            assert values[one.rows].max() < values[other.rows].min()
        assert len({one.name for one in parts}) == len(parts)
    else:
        assert parts == ()


def test_images_are_parted_by_folder_split_size_shape_and_blur():
    folders = by_folder(["b", "a", "", "b"])
    assert [(one.name, one.rows.tolist()) for one in folders] == [("a", [1]), ("b", [0, 3])]
    assert by_folder([]) == ()
    splits = by_split(np.array([2, 0, 0, -1], np.int8))
    assert [(one.name, one.rows.tolist()) for one in splits] == [("train", [1, 2]), ("test", [0])]
    widths, heights = np.array([10, 30, 50, 100, 40, np.nan]), np.array([30, 50, 50, 40, 30, 40])
    shapes = {one.name: one.rows.tolist() for one in by_aspect(widths, heights)}
    assert shapes == {
        "very tall (under 1:2)": [0],
        "tall (1:2 to 10:11)": [1],
        "about square": [2],
        "wide (11:10 to 2:1)": [4],
        "very wide (over 2:1)": [3],
    }
    sizes = by_size(widths * 100, heights * 100)
    assert sizes[0].rows.tolist() == [0]
    assert sizes[-1].rows.tolist() == [3]
    assert by_blur(np.array([1.0, 900.0]))[-1].name == "sharpest part (sharpness ≥ 900)"


def test_of_very_many_folders_the_largest_stay_and_the_others_are_taken_together():
    folders = [f"f{number:03d}" for number in range(150) for _ in range(1 + (number < 100))]
    slices = by_folder(folders)
    assert len(slices) == 101
    (others,) = (one for one in slices if one.name == "50 smaller folders")
    assert others.rows.tolist() == [row for row, name in enumerate(folders) if int(name[1:]) >= 100]
    np.testing.assert_array_equal(np.sort(np.concatenate([one.rows for one in slices])), np.arange(len(folders)))
