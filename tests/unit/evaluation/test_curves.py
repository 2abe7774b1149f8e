import math

import numpy as np
import pytest
from sklearn import metrics as sklearn

from core.evaluation.curves import roc_area, roc_curve, score_histogram, threshold_sweep
from core.evaluation.metrics import counts_at
from core.evaluation.ranking import RankedScores
from tests.unit.evaluation.draws import columns, draw, many_draws


def drawn(seed):
    probabilities, targets, known = draw(seed)
    probabilities = probabilities.astype(np.float32)
    return RankedScores(probabilities, targets, known), columns(probabilities, targets, known)


@many_draws
def test_the_roc_curve_is_that_of_scikit_learn(seeds):
    for seed in seeds:
        ranked, labels = drawn(seed)
        for label, scores, present in labels:
            curve = roc_curve(ranked, label)
            assert np.array_equal(curve.thresholds[1:], np.unique(scores)[::-1])
            assert curve.thresholds[0] == np.inf
            if not present.any() or present.all():
                assert math.isnan(curve.area)
                continue
            false, true, thresholds = sklearn.roc_curve(present, scores, drop_intermediate=False)
            assert np.array_equal(curve.thresholds, thresholds)
            assert np.allclose(curve.false_positive_rate, false, rtol=0, atol=1e-15)
            assert np.allclose(curve.true_positive_rate, true, rtol=0, atol=1e-15)
            assert curve.area == pytest.approx(sklearn.roc_auc_score(present, scores), abs=1e-12)
            assert curve.area == roc_area(ranked, label)


@many_draws
def test_the_sweep_is_what_each_threshold_gives(seeds):
    for seed in seeds:
        ranked, labels = drawn(seed)
        for label, scores, present in labels:
            sweep = threshold_sweep(ranked, label)
            assert sweep.thresholds.tolist() == sorted({*scores.tolist(), 1.0})
            for place, threshold in enumerate(sweep.thresholds):
                counts = counts_at(scores[:, None], present[:, None], threshold)
                for name in ("precision", "recall", "f1"):
                    assert getattr(sweep, name)[place] == pytest.approx(getattr(counts, name)[0], abs=1e-15)


@many_draws
def test_the_histogram_counts_each_image_once(seeds):
    for seed in seeds:
        probabilities, targets, known = draw(seed)
        probabilities = probabilities.astype(np.float32)
        mask = np.ones(targets.shape, bool) if known is None else known
        ranked = RankedScores(probabilities, targets, known)
        for label in range(targets.shape[1]):
            for bins in (1, 8, 50):
                histogram = score_histogram(ranked, label, bins)
                scores = probabilities[:, label]
                # the edges as the scores are kept, so that 0.1 is not below an edge of 0.1
                edges = histogram.edges.astype(np.float32)
                for counts, chosen in (
                    (histogram.positives, targets[:, label] & mask[:, label]),
                    (histogram.negatives, ~targets[:, label] & mask[:, label]),
                    (histogram.unknown, ~mask[:, label]),
                ):
                    assert counts.tolist() == np.histogram(scores[chosen], edges)[0].tolist()


@pytest.mark.parametrize("positives", [0, 1, 20, 5000, 20_000])
@pytest.mark.parametrize("max_points", [12, 100, 512])
def test_thinned_curves_keep_the_outline(positives, max_points):
    rng = np.random.default_rng(positives)
    targets = rng.permutation(20_000) < positives
    scores = np.clip(rng.normal(0.4 + 0.2 * targets, 0.15), 0, 1).astype(np.float32)
    ranked = RankedScores(scores[:, None], targets[:, None])

    whole, curve = roc_curve(ranked, 0, max_points=100_000), roc_curve(ranked, 0, max_points=max_points)
    assert len(curve.thresholds) <= max_points < len(whole.thresholds)
    points = set(zip(whole.false_positive_rate, whole.true_positive_rate, whole.thresholds, strict=True))
    assert set(zip(curve.false_positive_rate, curve.true_positive_rate, curve.thresholds, strict=True)) <= points
    between = np.interp(whole.thresholds[::-1][:-1], curve.thresholds[::-1][:-1], curve.true_positive_rate[::-1][:-1])
    assert np.abs(between - whole.true_positive_rate[::-1][:-1]).max() < max(6 / max_points, 2 / max(positives, 1))
    assert curve.area == whole.area or math.isnan(whole.area)

    every, sweep = threshold_sweep(ranked, 0, max_points=100_000), threshold_sweep(ranked, 0, max_points=max_points)
    assert len(sweep.thresholds) <= max_points < len(every.thresholds)
    assert (np.diff(sweep.thresholds) > 0).all()
    for name in ("precision", "f1"):
        assert getattr(sweep, name).max() == getattr(every, name).max()
    for end in (0, -1):
        for name in ("thresholds", "precision", "recall", "f1"):
            assert getattr(sweep, name)[end] == getattr(every, name)[end]


def test_a_label_of_which_nothing_is_known_has_empty_curves():
    ranked = RankedScores([[0.2], [0.9]], [[0], [0]], [[0], [0]])
    curve = roc_curve(ranked, 0)
    assert (curve.false_positive_rate.tolist(), curve.true_positive_rate.tolist()) == ([0.0], [0.0])
    assert math.isnan(curve.area)
    assert threshold_sweep(ranked, 0).f1.tolist() == [0.0]
    assert score_histogram(ranked, 0, 2).unknown.tolist() == [1, 1]
