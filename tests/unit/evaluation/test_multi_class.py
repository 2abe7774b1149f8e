import numpy as np
import pytest
import torch
from sklearn import metrics as sklearn_metrics
from torchmetrics.functional.classification import multiclass_accuracy, multiclass_confusion_matrix

from core.evaluation.multi_class import confusion_matrix, confusions, highest, top1_of
from core.evaluation.predictions import Predictions
from core.evaluation.report import evaluate
from core.evaluation.threshold_file import ThresholdSet
from core.labels import MULTI_CLASS, Split

torch.set_num_threads(1)


def draw_classes(seed):
    """Softmax probabilities (N, C) and the class of each image; in some draws with many ties."""
    rng = np.random.default_rng(seed)
    images, labels = int(rng.integers(1, 80)), int(rng.integers(2, 9))
    logits = rng.normal(size=(images, labels)) * 2
    if seed % 3 == 0:
        logits = logits.round()
    powers = np.exp(logits)
    classes = rng.integers(0, labels, images)
    return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32), classes


def predictions_of(probabilities, classes):
    images, labels = probabilities.shape
    states = np.zeros((images, labels), np.int8)
    annotated = classes >= 0
    states[annotated, classes[annotated]] = 1
    states[~annotated] = -1
    return Predictions(
        image_ids=np.arange(images),
        splits=np.full(images, Split.VALIDATION, np.int8),
        probabilities=probabilities,
        states=states,
        label_names=tuple(f"class {number}" for number in range(labels)),
        task=MULTI_CLASS,
    )


@pytest.mark.parametrize("seed", range(40))
def test_confusion_matrix_and_top_1_equal_scikit_learn_and_torchmetrics(seed):
    probabilities, classes = draw_classes(seed)
    labels = probabilities.shape[1]
    matrix = confusion_matrix(probabilities, np.eye(labels)[classes])
    predicted = probabilities.argmax(axis=1)
    assert np.array_equal(matrix, sklearn_metrics.confusion_matrix(classes, predicted, labels=range(labels)))
    expected = multiclass_confusion_matrix(torch.tensor(probabilities), torch.tensor(classes), num_classes=labels)
    assert np.array_equal(matrix, expected.numpy())
    assert top1_of(matrix) == pytest.approx(sklearn_metrics.accuracy_score(classes, predicted))
    micro = multiclass_accuracy(torch.tensor(probabilities), torch.tensor(classes), num_classes=labels, average="micro")
    assert top1_of(matrix) == pytest.approx(micro.item(), abs=1e-6)


@pytest.mark.parametrize("seed", range(40))
def test_the_report_decides_for_the_highest_probability_whatever_the_thresholds(seed):
    probabilities, classes = draw_classes(seed)
    labels = probabilities.shape[1]
    report = evaluate(predictions_of(probabilities, classes), np.full(labels, 0.99))
    predicted = probabilities.argmax(axis=1)
    precision, recall, f1, support = sklearn_metrics.precision_recall_fscore_support(
        classes, predicted, labels=range(labels), zero_division=0
    )
    assert [one.precision for one in report.labels] == pytest.approx(precision.tolist())
    assert [one.recall for one in report.labels] == pytest.approx(recall.tolist())
    assert [one.f1 for one in report.labels] == pytest.approx(f1.tolist())
    assert [one.support for one in report.labels] == support.tolist()
    assert {one.threshold for one in report.labels} == {None}
    assert report.top1 == pytest.approx(sklearn_metrics.accuracy_score(classes, predicted))
    # each image has one label and gets one, so all of these are the share of right images
    same = (report.overall_precision, report.overall_recall, report.overall_f1, report.sample_f1, report.sample_iou)
    assert same == pytest.approx((report.top1,) * 5)


def test_images_without_a_known_class_do_not_count():
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]], np.float32)
    report = evaluate(predictions_of(probabilities, np.array([0, -1, 1])), np.full(2, 0.5))
    assert report.confusion_matrix == ((1, 0), (1, 0))
    assert report.top1 == 0.5
    assert (report.images, report.sample_f1) == (3, 0.5)
    nothing = evaluate(predictions_of(probabilities, np.array([-1, -1, -1])), np.full(2, 0.5))
    assert np.isnan(nothing.top1)
    assert nothing.to_dict()["top1"] is None


def test_of_equal_probabilities_the_first_label_is_predicted_as_an_exported_arg_max_does():
    assert highest(np.array([[0.4, 0.2, 0.4], [0.25, 0.5, 0.25]])).tolist() == [
        [True, False, False],
        [False, True, False],
    ]


def test_the_task_survives_the_file_and_older_files_are_multi_label(tmp_path):
    path = tmp_path / "predictions.npz"
    predictions = predictions_of(*draw_classes(1))
    predictions.save(path)
    assert Predictions.load(path).of(Split.VALIDATION).is_multi_class
    with np.load(path) as arrays:
        older = {name: arrays[name] for name in arrays if name != "task"}
    np.savez(path, **older)
    assert not Predictions.load(path).is_multi_class


def test_a_multi_label_report_has_neither_top_1_nor_a_confusion_matrix():
    probabilities, classes = draw_classes(2)
    predictions = predictions_of(probabilities, classes)
    many = Predictions(**{**vars(predictions), "task": "multi-label"})
    report = evaluate(many, ThresholdSet.default(many.label_names).values)
    assert (report.top1, report.confusion_matrix) == (None, None)


def test_the_most_frequent_confusions_come_first_and_right_images_are_none():
    matrix = np.array([[50, 1, 4], [0, 9, 0], [4, 2, 3]])
    assert confusions(matrix, limit=3) == [(0, 2, 4), (2, 0, 4), (2, 1, 2)]
    assert confusions(matrix, limit=100) == [(0, 2, 4), (2, 0, 4), (2, 1, 2), (0, 1, 1)]
    assert matrix[0, 0] == 50
