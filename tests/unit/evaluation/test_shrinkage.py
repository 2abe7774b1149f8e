import numpy as np
import pytest

from core.evaluation.metrics import counts_at
from core.evaluation.objectives import Objective
from core.evaluation.shrinkage import own_share, pooled_threshold, shrunk
from core.evaluation.thresholds import best_thresholds
from tests.unit.evaluation.draws import draw


def mean_f(probabilities, targets, known, threshold, beta):
    """The mean of the labels' F-beta at one threshold, those without a positive with 0."""
    counts = counts_at(probabilities, targets, threshold, known=known)
    weighted = (1 + beta**2) * counts.tp
    return np.mean(weighted / np.maximum(weighted + beta**2 * counts.fn + counts.fp, 1e-9))


@pytest.mark.parametrize("beta", [1.0, 2.0])
def test_the_pooled_threshold_has_the_best_mean_f_of_all(beta):
    for seed in range(80):
        probabilities, targets, known = draw(seed)
        pooled = pooled_threshold(probabilities, targets, Objective("f_beta", beta), known=known)
        scores = np.unique(probabilities.astype(np.float64))
        distinct = np.concatenate(([0.0], scores, [1.0]))
        tried = np.unique(np.concatenate(([0.5], distinct[:-1] / 2 + distinct[1:] / 2)))
        means = [mean_f(probabilities, targets, known, threshold, beta) for threshold in tried]
        found = mean_f(probabilities, targets, known, pooled, beta)
        assert found == pytest.approx(max(means), abs=1e-9)
        if mean_f(probabilities, targets, known, 0.5, beta) > max(means) - 1e-12:
            assert pooled == 0.5


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_among_many_scores_no_better_threshold_is_passed_over(kind):
    for seed in range(6):
        rng = np.random.default_rng(seed)
        targets = rng.random((2000, 4)) < [0.02, 0.1, 0.3, 0.3]
        # each label has a scale of its own, and many scores lie on what is counted before any is sorted
        probabilities = np.clip(rng.normal(0.2 + 0.4 * targets, 0.2), 0, 1) * [1, 0.8, 0.5, 0.1]
        probabilities = (np.round(probabilities * 1024) / 1024).astype(kind)
        known = rng.random(targets.shape) < 0.9
        pooled = pooled_threshold(probabilities, targets, Objective.parse("f1"), known=known)
        tried = np.arange(1024) / 1024 + 1 / 4096
        best = max(mean_f(probabilities, targets, known, one, 1) for one in tried)
        assert mean_f(probabilities, targets, known, pooled, 1) == pytest.approx(best, abs=1e-9)


def test_with_one_label_the_pooled_threshold_is_its_own():
    for seed in range(60):
        probabilities, targets, known = (None if one is None else one[:, :1] for one in draw(seed))
        own = best_thresholds(probabilities, targets, Objective.parse("f1"), known=known).values[0]
        pooled = pooled_threshold(probabilities, targets, Objective.parse("f1"), known=known)
        assert [mean_f(probabilities, targets, known, one, 1) for one in (own, pooled)] == pytest.approx(
            [mean_f(probabilities, targets, known, own, 1)] * 2
        )


def test_other_objectives_pool_all_scores_as_of_one_label():
    rng = np.random.default_rng(4)
    targets = rng.random((200, 3)) < [0.05, 0.3, 0.6]
    probabilities = np.clip(0.4 * targets + 0.6 * rng.random((200, 3)), 0, 1)
    known = rng.random((200, 3)) < 0.8
    pooled = pooled_threshold(probabilities, targets, Objective.parse("precision=0.8"), known=known)
    counts = counts_at(probabilities[known][:, None], targets[known][:, None], pooled)
    assert counts.precision >= 0.8
    assert pooled_threshold(probabilities, targets, Objective.parse("f1"), known=np.zeros_like(known)) == 0.5


def test_a_label_keeps_the_more_of_its_threshold_the_more_positives_it_has():
    support = np.array([0, 10, 90, 990])
    assert own_share(support, k=10).tolist() == [0.0, 0.5, 0.9, 0.99]
    assert shrunk(np.array([0.9, 0.9, 0.1, 0.4]), 0.4, support, k=10) == pytest.approx([0.4, 0.65, 0.13, 0.4])
