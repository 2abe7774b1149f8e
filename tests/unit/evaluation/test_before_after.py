import dataclasses

import numpy as np
import pytest

from core.evaluation.before_after import compare, judging_split
from core.evaluation.metrics import classification_scores
from core.evaluation.predictions import Predictions
from core.evaluation.threshold_file import ThresholdSet
from core.labels import Split

NAMES = ("cat", "dog")


def predictions_of(splits, probabilities, states):
    return Predictions(np.arange(len(splits)), np.array(splits, np.int8), probabilities, states, NAMES)


@pytest.fixture
def drawn():
    """60 images of all splits, where scores say something of the targets."""
    rng = np.random.default_rng(3)
    states = rng.integers(-1, 2, (60, 2)).astype(np.int8)
    probabilities = np.clip(0.2 * (states == 1) + 0.7 * rng.random((60, 2)), 0, 1).astype(np.float32)
    return predictions_of(rng.integers(0, 3, 60), probabilities, states)


def test_the_scores_of_the_split_at_a_half_and_at_the_thresholds(drawn):
    thresholds = ThresholdSet.alike(NAMES, np.array([0.3, 0.6]), objective="f1", tuned_on="train")
    result = compare(drawn, Split.TEST, thresholds)
    test = drawn.of(Split.TEST)
    assert (result.split, result.images, result.tuned_on) == ("test", len(test.image_ids), "train")
    assert result.before == classification_scores(test.probabilities, test.targets, 0.5, test.known)
    assert result.after == classification_scores(test.probabilities, test.targets, [0.3, 0.6], test.known)


@pytest.mark.parametrize(
    ("annotated", "tuned_on", "judge"),
    [
        ({"train", "validation", "test"}, "validation", "test"),
        ({"train", "validation", "test"}, "train", "validation"),
        ({"train", "test"}, "train", "test"),
        ({"train", "validation"}, "train", "validation"),
        # train is what the network learnt from
        ({"train", "validation"}, "validation", "validation"),
        ({"train"}, "train", "train"),
    ],
)
def test_tuned_thresholds_are_judged_on_images_that_nothing_was_chosen_on(annotated, tuned_on, judge):
    splits = [Split.TRAIN, Split.VALIDATION, Split.TEST]
    states = np.array([[1, -1] if one.name.lower() in annotated else [-1, -1] for one in splits], np.int8)
    predictions = predictions_of(splits, np.full((3, 2), 0.5, np.float32), states)
    assert judging_split(predictions, [Split[tuned_on.upper()]]) == Split[judge.upper()]


def single_images(scores, present):
    """Images of the test split that are told by their first label alone."""
    probabilities = np.array([[score, 0.0] for score in scores], np.float32)
    states = np.array([[one, 0] for one in present], np.int8)
    return predictions_of([Split.TEST] * len(scores), probabilities, states)


def test_tuning_that_made_it_worse_is_said_with_what_to_do():
    few = single_images([0.9, 0.7, 0.4, 0.2], [1, 1, 0, 0])
    thresholds = ThresholdSet.alike(NAMES, np.array([0.8, 0.5]), objective="f1", tuned_on="train")
    # at 0.5 cats are right; at 0.8 one of two is missed: OF1 2/3, CP 1/2, CR 1/4, CF1 1/3 in place of 1/2
    worse = "are worse than 0.5 on {} images of {}: OF1 1.000 → 0.667, CF1 0.500 → 0.333."
    assert compare(few, Split.TEST, thresholds).warning == (
        f"Tuned on train, the thresholds {worse.format(4, 'test')} The difference is small enough to be chance."
    )
    many = single_images([0.9, 0.7, 0.4, 0.2] * 20, [1, 1, 0, 0] * 20)
    worse = "give a lower OF1 and CF1 than 0.5 on {} images of {}: OF1 1.000 → 0.667, CF1 0.500 → 0.333."
    # nobody is to choose by test
    assert compare(many, Split.TEST, thresholds).warning == (
        f"Tuned on train, the thresholds {worse.format(80, 'test')} "
        "More annotated images of train make thresholds surer."
    )
    many = dataclasses.replace(many, splits=np.full(80, Split.VALIDATION, np.int8))
    assert compare(many, Split.VALIDATION, thresholds).warning == (
        f"Tuned on train, the thresholds {worse.format(80, 'validation')} "
        "Set them back to 0.5, or tune them on validation and look again."
    )


def test_where_one_figure_gains_what_the_other_loses_nothing_is_said():
    # five cats are missed for five dogs more that are found, and a false alarm on a dog: OF1 falls, CF1 grows
    probabilities = np.array([[0.9, 0.45]] * 2 + [[0.6, 0.1]] * 3 + [[0.9, 0.1]] * 15, np.float32)
    states = np.array([[1, 1]] * 2 + [[1, 0]] * 18, np.int8)
    predictions = predictions_of([Split.VALIDATION] * 20, probabilities, states)
    thresholds = ThresholdSet.alike(NAMES, np.array([0.7, 0.4]), objective="f1", tuned_on="train")
    result = compare(predictions, Split.VALIDATION, thresholds)
    assert result.after.overall_f1 < result.before.overall_f1
    assert result.after.class_f1 > result.before.class_f1
    assert result.warning == ""


def test_where_one_figure_loses_and_the_other_gains_both_are_named():
    # both labels of eight images are missed, which CF1 counts more than the nine false alarms that go away
    probabilities = np.array([[0.9, 0.6]] * 8 + [[0.6, 0.1]] * 30 + [[0.9, 0.1]] * 30, np.float32)
    states = np.array([[1, 1]] * 8 + [[0, 0]] * 30 + [[1, 0]] * 30, np.int8)
    predictions = predictions_of([Split.VALIDATION] * 68, probabilities, states)
    thresholds = ThresholdSet.alike(NAMES, np.array([0.7, 0.7]), objective="f1", tuned_on="train")
    result = compare(predictions, Split.VALIDATION, thresholds)
    assert result.after.overall_f1 > result.before.overall_f1
    assert result.after.class_f1 < result.before.class_f1
    assert result.warning.startswith("Tuned on train, the thresholds give a lower CF1 than 0.5 on 68 images of validat")
    assert result.warning.endswith("In OF1 frequent labels gain what labels with few images lose.")
    assert (result.surely(lower=True), result.surely(lower=False)) == (["CF1"], ["OF1"])


def test_the_standard_error_of_the_change_is_that_of_the_jackknife():
    rng = np.random.default_rng(5)
    states = rng.integers(-1, 2, (300, 2)).astype(np.int8)
    probabilities = np.clip(0.3 * (states == 1) + 0.7 * rng.random((300, 2)), 0, 1).astype(np.float32)
    predictions = predictions_of([Split.TEST] * 300, probabilities, states)
    thresholds = ThresholdSet.alike(NAMES, np.array([0.35, 0.6]), objective="f1", tuned_on="train")
    without = [
        compare(
            predictions_of([Split.TEST] * 299, np.delete(probabilities, row, 0), np.delete(states, row, 0)),
            Split.TEST,
            thresholds,
        ).changes
        for row in range(300)
    ]
    for name, (_, error) in compare(predictions, Split.TEST, thresholds).changes.items():
        expected = np.sqrt(299 * np.var([one[name][0] for one in without]))
        assert error == pytest.approx(expected, rel=0.02)


def test_nothing_is_said_where_tuning_helped_or_changed_nothing():
    predictions = single_images([0.9, 0.4, 0.3], [1, 1, 0])
    better = ThresholdSet.alike(NAMES, np.array([0.35, 0.5]), objective="f1", tuned_on="train")
    assert compare(predictions, Split.TEST, better).warning == ""
    assert compare(predictions, Split.TEST, ThresholdSet.default(NAMES)).warning == ""


def test_for_a_program_the_table_holds_every_figure(drawn):
    content = compare(drawn, Split.TEST, ThresholdSet.default(NAMES)).to_dict()
    assert content["before"] == content["after"]
    assert {"overall_f1", "class_f1", "macro_f1", "sample_f1", "sample_iou", "label_accuracy"} <= set(content["after"])
    assert (content["split"], content["tuned_on"], content["warning"]) == ("test", None, "")
