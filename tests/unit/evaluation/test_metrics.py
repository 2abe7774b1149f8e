import numpy as np
import pytest
import torch
from sklearn import metrics as sklearn_metrics
from torchmetrics.functional.classification import multilabel_average_precision, multilabel_stat_scores

from core.evaluation.metrics import (
    average_precision,
    classification_scores,
    counts_at,
    mean_average_precision,
    precision_recall_curve,
)
from tests.unit.evaluation.draws import columns, draw, many_draws

torch.set_num_threads(1)


@many_draws
def test_average_precision_equals_scikit_learn_on_the_known(seeds):
    for seed in seeds:
        probabilities, targets, known = draw(seed)
        values = average_precision(probabilities, targets, known)
        for label, scores, present in columns(probabilities, targets, known):
            if present.any():
                expected = sklearn_metrics.average_precision_score(present, scores)
                assert values[label] == pytest.approx(expected, abs=1e-15, rel=1e-14)
            else:
                assert np.isnan(values[label])


def in_torch(probabilities, targets, known):
    """Scores and states, -1 for unknown; a single label twice, for torchmetrics wants two."""
    states = np.where(True if known is None else known, targets, -1).astype(np.int64)
    if states.shape[1] == 1:
        probabilities, states = np.hstack((probabilities, probabilities)), np.hstack((states, states))
    return torch.tensor(probabilities), torch.tensor(states), states.shape[1]


@many_draws
def test_average_precision_equals_torchmetrics_with_unknowns_ignored(seeds):
    for seed in seeds:
        probabilities, targets, known = draw(seed)
        values = average_precision(probabilities, targets, known)
        # torchmetrics fails where a label is unknown on all images
        defined = ~np.isnan(values)
        if defined.any():
            mask = None if known is None else known[:, defined]
            scores, states, labels = in_torch(probabilities[:, defined], targets[:, defined], mask)
            expected = multilabel_average_precision(
                scores, states, num_labels=labels, average=None, ignore_index=-1
            ).numpy()
            assert values[defined] == pytest.approx(expected[: defined.sum()], abs=1e-5)


@many_draws
def test_counts_equal_torchmetrics_with_unknowns_ignored(seeds):
    # not a drawn score: torchmetrics predicts above the threshold, not at it
    threshold = 0.4321
    for seed in seeds:
        probabilities, targets, known = draw(seed)
        counts = counts_at(probabilities, targets, threshold, known=known)
        scores, states, labels = in_torch(probabilities, targets, known)
        expected = multilabel_stat_scores(
            scores, states, num_labels=labels, threshold=threshold, average=None, ignore_index=-1
        ).numpy()
        ours = np.stack((counts.tp, counts.fp, counts.tn, counts.fn), axis=1)
        assert np.array_equal(ours, expected[: len(ours), :4])


@many_draws
def test_the_curve_equals_scikit_learn(seeds):
    for seed in seeds:
        probabilities, targets, known = draw(seed)
        for label, scores, present in columns(probabilities, targets, known):
            curve = precision_recall_curve(
                probabilities[:, label], targets[:, label], None if known is None else known[:, label]
            )
            if present.any():
                precision, recall, thresholds = sklearn_metrics.precision_recall_curve(present, scores)
                assert curve.precision == pytest.approx(precision, abs=1e-15)
                assert curve.recall == pytest.approx(recall, abs=1e-15)
                assert np.array_equal(curve.thresholds, thresholds)
            else:
                assert not curve.recall.any()
                assert len(curve.recall) == len(np.unique(scores)) + 1


@many_draws
def test_scores_at_thresholds_equal_scikit_learn(seeds):
    for seed in seeds:
        probabilities, targets, _ = draw(seed)
        thresholds = np.random.default_rng(seed).random(targets.shape[1]).astype(probabilities.dtype)
        scores = classification_scores(probabilities, targets, thresholds)

        predicted = probabilities >= thresholds
        if targets.shape[1] == 1:
            # scikit-learn takes one column for a binary task
            predicted, targets = np.hstack((predicted, predicted)), np.hstack((targets, targets))
        for average, name in (("micro", "overall"), ("macro", "class")):
            precision, recall, f1, _ = sklearn_metrics.precision_recall_fscore_support(
                targets, predicted, average=average, zero_division=0
            )
            assert getattr(scores, f"{name}_precision") == pytest.approx(precision)
            assert getattr(scores, f"{name}_recall") == pytest.approx(recall)
            if average == "micro":
                assert scores.overall_f1 == pytest.approx(f1)
            else:
                assert scores.macro_f1 == pytest.approx(f1)
                both = 2 * precision * recall
                assert scores.class_f1 == pytest.approx(both / (precision + recall) if both else 0.0)
        # 1 where an image has no label and gets none
        expected = sklearn_metrics.f1_score(targets, predicted, average="samples", zero_division=1)
        assert scores.sample_f1 == pytest.approx(expected)
        expected = sklearn_metrics.jaccard_score(targets, predicted, average="samples", zero_division=1)
        assert scores.sample_iou == pytest.approx(expected)
        # scikit-learn's 0/0 looks at one side alone, so that images right for having nothing are added here
        nothing = np.mean(~targets.any(axis=1) & ~predicted.any(axis=1))
        for name in ("precision", "recall"):
            expected = getattr(sklearn_metrics, f"{name}_score")(targets, predicted, average="samples", zero_division=0)
            assert getattr(scores, f"sample_{name}") == pytest.approx(expected + nothing)
        assert scores.label_accuracy == pytest.approx(1 - sklearn_metrics.hamming_loss(targets, predicted))


@many_draws
def test_scores_per_image_equal_the_definition_on_the_known(seeds):
    for seed in seeds:
        probabilities, targets, known = draw(seed)
        if known is None:
            continue
        scores = classification_scores(probabilities, targets, 0.4321, known)
        images = [
            (set(np.flatnonzero(row & (score >= 0.4321))), set(np.flatnonzero(row & target)))
            for score, target, row in zip(probabilities, targets, known, strict=True)
            if row.any()
        ]
        for name, one in {
            "sample_precision": lambda p, t: len(p & t) / len(p) if p else not t,
            "sample_recall": lambda p, t: len(p & t) / len(t) if t else not p,
            "sample_f1": lambda p, t: 2 * len(p & t) / (len(p) + len(t)) if p or t else 1,
            "sample_iou": lambda p, t: len(p & t) / len(p | t) if p or t else 1,
        }.items():
            expected = np.mean([one(*image) for image in images]) if images else 0
            assert getattr(scores, name) == pytest.approx(expected)
        right = ((probabilities >= 0.4321) == targets)[known]
        assert scores.label_accuracy == pytest.approx(right.mean() if len(right) else 0)


@many_draws
def test_unknown_elements_change_nothing(seeds):
    for seed in seeds:
        probabilities, targets, known = draw(seed)
        if known is None:
            continue
        rng = np.random.default_rng(seed)
        otherwise = np.where(known, targets, rng.integers(-1, 2, targets.shape))
        elsewhere = np.where(known, probabilities, rng.random(targets.shape).astype(probabilities.dtype))

        first, second = average_precision(probabilities, targets, known), average_precision(elsewhere, otherwise, known)
        assert np.array_equal(first, second, equal_nan=True)
        assert classification_scores(probabilities, targets, 0.5, known) == classification_scores(
            elsewhere, otherwise, 0.5, known
        )


def test_images_of_which_nothing_is_known_do_not_count():
    probabilities = np.array([[0.9, 0.1], [0.9, 0.9], [0.2, 0.8]])
    targets = np.array([[1, 0], [0, 0], [0, 1]])
    known = np.array([[1, 1], [0, 0], [1, 1]])

    scores = classification_scores(probabilities, targets, 0.5, known)

    assert scores.sample_iou == scores.sample_f1 == scores.overall_f1 == 1


def test_an_image_with_nothing_present_and_nothing_predicted_is_right():
    scores = classification_scores(np.array([[0.1, 0.2]]), np.array([[0, 0]]))
    assert scores.sample_iou == scores.sample_f1 == scores.sample_precision == scores.sample_recall == 1
    assert scores.overall_f1 == scores.class_f1 == scores.macro_f1 == 0


def test_the_per_class_f1_is_of_the_mean_precision_and_recall():
    # label 0: precision 1, recall 1/2; label 1: precision 1/2, recall 1
    probabilities = np.array([[0.9, 0.9], [0.1, 0.9]])
    targets = np.array([[1, 1], [1, 0]])
    scores = classification_scores(probabilities, targets)
    assert (scores.class_precision, scores.class_recall, scores.class_f1) == (0.75, 0.75, 0.75)
    assert scores.macro_f1 == pytest.approx(2 / 3)


def test_a_probability_at_the_threshold_is_predicted():
    assert classification_scores(np.array([[0.5]]), np.array([[1]]), 0.5).overall_recall == 1


def test_thresholds_are_compared_as_the_exported_file_does():
    # 0.7 is a little more than the float32 nearest to it
    probabilities = np.array([[0.7]], np.float32)
    for thresholds in (0.7, [0.7], np.array([0.7])):
        assert counts_at(probabilities, [[1]], thresholds).tp == 1


def test_the_mean_leaves_out_labels_without_positives():
    probabilities = np.array([[0.9, 0.4, 0.3], [0.1, 0.6, 0.2]])
    targets = np.array([[1, 1, 0], [0, 0, 0]])
    assert average_precision(probabilities, targets).tolist() == pytest.approx([1.0, 0.5, np.nan], nan_ok=True)
    assert mean_average_precision(probabilities, targets) == 0.75
    assert np.isnan(mean_average_precision(probabilities, np.zeros_like(targets)))


def test_the_order_of_equal_scores_does_not_matter():
    targets = np.array([[1], [0], [1], [0]])
    scores = np.array([[0.5], [0.5], [0.5], [0.2]], np.float32)
    for order in ([0, 1, 2, 3], [1, 0, 2, 3], [2, 0, 1, 3]):
        assert average_precision(scores[order], targets[order]) == pytest.approx([2 / 3])


def test_zero_and_minus_zero_are_equal_scores():
    assert average_precision(np.array([[-0.0], [0.0]]), np.array([[0], [1]])) == [0.5]


@pytest.mark.parametrize("shape", [(0, 3), (4, 0)])
def test_no_images_or_no_labels_give_no_error(shape):
    probabilities, targets = np.zeros(shape), np.zeros(shape, bool)
    assert average_precision(probabilities, targets).shape == (shape[1],)
    assert np.isnan(mean_average_precision(probabilities, targets))
    assert classification_scores(probabilities, targets).overall_f1 == 0


def test_lists_integers_and_half_precision_are_taken():
    for kind in (list, lambda values: np.array(values, np.float16), lambda values: np.asfortranarray(values)):
        assert average_precision(kind([[0.5, 0.25], [0.25, 0.5]]), [[1, 0], [0, 1]]).tolist() == [1, 1]
    assert average_precision([[1, 0], [0, 1]], [[1, 0], [0, 1]]).tolist() == [1, 1]


def test_inputs_are_left_as_they_were():
    probabilities, targets, known = draw(7)
    before = probabilities.copy(), targets.copy(), known.copy()
    average_precision(probabilities, targets, known)
    classification_scores(probabilities, targets, 0.5, known)
    assert all(
        np.array_equal(first, second) for first, second in zip(before, (probabilities, targets, known), strict=True)
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"probabilities": [0.1, 0.2]}, "shape"),
        ({"probabilities": [[0.1, np.nan], [0, 0]]}, "NaN"),
        ({"probabilities": [[0.1, 1.5], [0, 0]]}, "logits"),
        ({"probabilities": [[-3.0, 0.5], [0, 0]]}, "logits"),
        ({"probabilities": [[np.inf, 0.5], [0, 0]]}, "logits"),
        ({"targets": [[1, 0]]}, "targets.*shape"),
        ({"targets": [[1, -1], [0, 0]]}, "targets are 0 or 1"),
        ({"targets": [[1, 0.5], [0, 0]]}, "targets are 0 or 1"),
        ({"known": [[True, False]]}, "known.*shape"),
        ({"known": [[1, 2], [1, 1]]}, "known are 0 or 1"),
        ({"known": [[1, 0], [1, 1]], "targets": [[1, 0]]}, "targets.*shape"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_reason(changes, words):
    arguments = {"probabilities": [[0.1, 0.2], [0.3, 0.4]], "targets": [[1, 0], [0, 1]], "known": None, **changes}
    for metric in (average_precision, classification_scores):
        with pytest.raises(ValueError, match=words):
            metric(**arguments)


@pytest.mark.parametrize("thresholds", [[0.5], [[0.5, 0.5]], [0.5, np.nan], np.nan])
def test_thresholds_that_do_not_fit_are_refused(thresholds):
    with pytest.raises(ValueError, match="thresholds"):
        classification_scores([[0.1, 0.2]], [[1, 0]], thresholds)
