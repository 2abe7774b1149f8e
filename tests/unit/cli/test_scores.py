import numpy as np
import pytest

from core.evaluation.metrics import classification_scores
from core.evaluation.predictions import Predictions
from core.evaluation.threshold_file import ThresholdSet
from core.labels import MULTI_CLASS, Split


@pytest.fixture
def scores(trained):
    """Writes the scores of the run as a test wants them, and gives its folder."""
    folder = trained / "runs" / "0001"

    def write(splits, probabilities, states, *, names=("cat", "dog"), **changes):
        Predictions(
            image_ids=np.arange(len(splits)),
            splits=np.array(splits, np.int8),
            probabilities=np.array(probabilities, np.float32),
            states=np.array(states, np.int8),
            label_names=names,
            **changes,
        ).save(folder / "predictions.npz")
        return folder

    return write


def test_evaluate_gives_every_figure_at_a_half_and_at_the_thresholds(trained, scores, multihot):
    rng = np.random.default_rng(1)
    probabilities, states = rng.random((40, 2)).astype(np.float32), rng.integers(0, 2, (40, 2))
    folder = scores([Split.TEST] * 40, probabilities, states)
    ThresholdSet.alike(("cat", "dog"), np.array([0.2, 0.7]), objective="f1", tuned_on="validation").save(
        folder / "thresholds.json"
    )
    result = multihot("evaluate", trained, "--split", "test", "--json").result
    at_half = vars(classification_scores(probabilities, states))
    at_thresholds = vars(classification_scores(probabilities, states, [0.2, 0.7]))
    assert result["at_half"] == pytest.approx(at_half)
    assert {name: result[name] for name in at_thresholds} == pytest.approx(at_thresholds)
    assert (result["objective"], result["tuned_on"], result["top1"]) == ("f1", "validation", None)
    said = multihot("evaluate", trained, "--split", "test").out
    assert "best F1 of every label on validation.\n" in said
    for name, title in {"overall_f1": "OF1", "class_f1": "CF1", "sample_iou": "mean IoU of images"}.items():
        (line,) = (line for line in said.splitlines() if line.startswith(title))
        numbers = line.split()[-3:]
        assert numbers[:2] == [f"{at_half[name]:.3f}", f"{at_thresholds[name]:.3f}"]
        assert float(numbers[2]) == pytest.approx(at_thresholds[name] - at_half[name], abs=0.0006)


def test_evaluate_adds_the_interpolated_map_on_request_only(trained, multihot):
    assert multihot("evaluate", trained, "--split", "train", "--json").result["map_voc"] is None
    result = multihot("evaluate", trained, "--split", "train", "--json", "--interpolated").result
    assert result["map_voc"] > result["map"]
    assert result["map_voc_2007"] > 0
    assert "over 11 recalls" in multihot("evaluate", trained, "--split", "train", "--interpolated").out


def test_labels_without_a_positive_are_told_with_the_mean_that_counts_them(trained, scores, multihot):
    scores([Split.VALIDATION] * 2, [[0.9, 0.2], [0.1, 0.3]], [[1, 0], [0, 0]])
    said = multihot("evaluate", trained).out
    assert "mAP 1.0000" in said
    assert "1 of 2 labels have no positive image and no AP" in said
    assert "the mAP is 0.5000" in said


def test_evaluate_says_that_scores_on_the_split_that_was_tuned_on_are_rosy(trained, multihot):
    multihot("thresholds", trained, "--on", "train")
    assert "rosy" in multihot("evaluate", trained, "--split", "train").out
    assert "rosy" not in multihot("evaluate", trained, "--split", "test").out


def test_tuned_thresholds_are_judged_on_test_with_a_warning_where_they_are_worse(trained, scores, multihot):
    # on validation a cat needs 0.8; on test that misses one of two
    splits = [Split.VALIDATION] * 2 + [Split.TEST] * 3
    probabilities = [[0.9, 0.6], [0.7, 0.4], [0.95, 0.6], [0.6, 0.4], [0.1, 0.1]]
    scores(splits, probabilities, [[1, 1], [0, 0], [1, 1], [1, 0], [0, 0]])
    done = multihot("thresholds", trained, "--json")
    compared = done.result["before_after"]
    assert (compared["split"], compared["images"], compared["tuned_on"]) == ("test", 3, "validation")
    assert compared["before"]["overall_f1"] == 1.0
    # dog right, one cat of two: OF1 = 2 * 2 / (2 * 2 + 1)
    assert compared["after"]["overall_f1"] == pytest.approx(0.8)
    warning = "Tuned on validation, the thresholds are worse than 0.5 on 3 images of test: OF1 1.000 → 0.800"
    assert compared["warning"].startswith(warning)
    assert warning in done.err
    said = multihot("thresholds", trained)
    assert "What that changes on 3 images of test:" in said.out
    assert next(line for line in said.out.splitlines() if line.startswith("OF1")).split()[-3:] == [
        "1.000",
        "0.800",
        "-0.200",
    ]
    assert multihot("evaluate", trained, "--split", "test", "--json").result["warning"].startswith(warning)


def test_without_test_images_tuning_on_validation_is_told_to_be_rosy(trained, scores, multihot):
    scores([Split.TRAIN, Split.VALIDATION], [[0.9, 0.1], [0.6, 0.1]], [[1, 0], [1, 0]])
    said = multihot("thresholds", trained).out
    assert "What that changes on 1 images of validation (the images that they were tuned on, so that this is" in said
    said = multihot("thresholds", trained, "--on", "train").out
    assert "What that changes on 1 images of validation:" in said


@pytest.fixture
def classes(scores):
    """A multi-class run: two of four images of validation are right, both cats are taken for dogs."""
    probabilities = np.array([[0.4, 0.6], [0.3, 0.7], [0.1, 0.9], [0.45, 0.55]])
    return scores([Split.VALIDATION] * 4, probabilities, [[1, 0], [1, 0], [0, 1], [0, 1]], task=MULTI_CLASS)


def test_a_multi_class_run_has_top_1_and_a_confusion_matrix_and_no_thresholds(trained, classes, multihot):
    result = multihot("evaluate", trained, "--json").result
    assert (result["task"], result["top1"]) == ("multi-class", 0.5)
    assert [result[key] for key in ("objective", "tuned_on", "at_half", "warning")] == [None] * 4
    assert result["confusion_matrix"] == [[0, 2], [0, 2]]
    assert {one["threshold"] for one in result["labels"]} == {None}
    said = multihot("evaluate", trained).out
    assert "top-1 0.5000" in said
    assert "1 cat  0  2" in said
    assert "threshold  " not in said
    assert "thresholds play no part" in said


def test_of_many_classes_the_confusions_are_told(trained, scores, multihot):
    names = tuple(f"class {number}" for number in range(17))
    states = np.eye(17)[[3, 3, 3, 5]]
    probabilities = np.eye(17)[[4, 4, 3, 6]]
    scores([Split.VALIDATION] * 4, probabilities, states, names=names, task=MULTI_CLASS)
    tail = multihot("evaluate", trained).out.splitlines()[-3:]
    assert [line.split() for line in tail] == [
        ["label", "taken", "for", "images"],
        ["class", "3", "class", "4", "2"],
        ["class", "5", "class", "6", "1"],
    ]


def test_thresholds_of_a_multi_class_run_are_not_tuned(trained, classes, multihot):
    done = multihot("thresholds", trained)
    assert (done.code, "no thresholds to tune" in done.err) == (1, True)
    assert not (classes / "thresholds.json").exists()
