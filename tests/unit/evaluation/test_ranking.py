import numpy as np
import pytest

from core.evaluation.metrics import counts_at, precision_recall_curve
from core.evaluation.ranking import RankedScores
from tests.unit.evaluation.draws import draw, many_draws


@many_draws
def test_counts_equal_those_of_a_look_at_all_images(seeds):
    for seed in seeds:
        probabilities, targets, known = draw(seed)
        probabilities = probabilities.astype(np.float32)
        ranked = RankedScores(probabilities, targets, known)
        rng = np.random.default_rng(seed)
        labels = targets.shape[1]
        for thresholds in (0.5, rng.random(labels), probabilities[rng.integers(len(probabilities))], 0.0, 1.0):
            counts, expected = ranked.counts(thresholds), counts_at(probabilities, targets, thresholds, known=known)
            for name in ("tp", "fp", "fn", "tn"):
                assert np.array_equal(getattr(counts, name), getattr(expected, name))
                for label, threshold in enumerate(np.broadcast_to(thresholds, (labels,))):
                    single = getattr(ranked.counts_of(label, threshold), name)
                    assert single.tolist() == [getattr(expected, name)[label]]


@many_draws
def test_wrong_images_are_listed_with_the_most_wrong_first(seeds):
    for seed in seeds:
        probabilities, targets, known = draw(seed)
        probabilities = probabilities.astype(np.float32)
        mask = np.ones(targets.shape, bool) if known is None else known
        ranked = RankedScores(probabilities, targets, known)
        threshold = np.float32(np.random.default_rng(seed).random())
        for label in range(targets.shape[1]):
            scores, predicted = probabilities[:, label], probabilities[:, label] >= threshold
            counts = ranked.counts_of(label, threshold)

            rows = ranked.false_positives(label, threshold, limit=1000)
            wrong = np.flatnonzero(predicted & ~targets[:, label] & mask[:, label])
            assert sorted(rows) == wrong.tolist()
            assert len(rows) == counts.fp[0]
            assert (np.diff(scores[rows]) <= 0).all()
            assert np.array_equal(ranked.false_positives(label, threshold, limit=3), rows[:3])

            rows = ranked.false_negatives(label, threshold, limit=1000)
            wrong = np.flatnonzero(~predicted & targets[:, label] & mask[:, label])
            assert sorted(rows) == wrong.tolist()
            assert len(rows) == counts.fn[0]
            assert (np.diff(scores[rows]) >= 0).all()
            assert np.array_equal(ranked.false_negatives(label, threshold, limit=3), rows[:3])


@many_draws
def test_a_short_curve_is_the_whole_one(seeds):
    for seed in seeds:
        probabilities, targets, known = draw(seed)
        probabilities = probabilities.astype(np.float32)
        ranked = RankedScores(probabilities, targets, known)
        for label in range(targets.shape[1]):
            whole = precision_recall_curve(
                probabilities[:, label], targets[:, label], None if known is None else known[:, label]
            )
            assert all(np.array_equal(*pair) for pair in zip(ranked.curve(label), whole, strict=True))


@pytest.mark.parametrize("positives", [0, 1, 20, 5000, 19_999])
@pytest.mark.parametrize("max_points", [6, 100, 512])
def test_a_thinned_curve_keeps_the_outline(positives, max_points):
    rng = np.random.default_rng(positives)
    targets = rng.permutation(20_000) < positives
    probabilities = np.clip(rng.normal(0.4 + 0.2 * targets, 0.15), 0, 1).astype(np.float32)
    whole = precision_recall_curve(probabilities, targets)
    curve = RankedScores(probabilities[:, None], targets[:, None]).curve(0, max_points)

    assert len(curve.recall) == len(curve.precision) == len(curve.thresholds) + 1 <= max_points
    assert (np.diff(curve.recall) <= 0).all()
    assert (np.diff(curve.thresholds) > 0).all()
    points = set(zip(whole.recall, whole.precision, strict=True))
    assert set(zip(curve.recall, curve.precision, strict=True)) <= points
    for end in (0, -1):
        assert (curve.recall[end], curve.precision[end]) == (whole.recall[end], whole.precision[end])
    # the steepest places of a curve are where a plain every-n-th point would cut off the peaks
    assert curve.precision.max() == whole.precision.max()
    assert curve.precision.min() == whole.precision.min()


@many_draws
def test_flips_are_the_images_between_two_thresholds(seeds):
    for seed in seeds:
        probabilities, targets, known = draw(seed)
        probabilities = probabilities.astype(np.float32)
        ranked = RankedScores(probabilities, targets, known)
        states = np.where(targets, 1, 0) if known is None else np.where(known, targets, -1)
        rng = np.random.default_rng(seed)
        for label in range(targets.shape[1]):
            scores = probabilities[:, label]
            for before, after in (rng.random(2), rng.choice(scores, 2), (0.0, 1.0), (1.0, 0.0), (0.3, 0.3)):
                flips = ranked.flips(label, before, after, limit=1000)
                is_in, was_in = scores >= np.float32(after), scores >= np.float32(before)
                assert sorted(flips.rows) == np.flatnonzero(is_in != was_in).tolist()
                assert is_in[flips.rows].all() if flips.gained else was_in[flips.rows].all()
                # the last to change sides stand first
                assert (np.diff(scores[flips.rows]) * (1 if flips.gained else -1) >= 0).all()
                assert flips.kinds.tolist() == states[flips.rows, label].tolist()
                assert (flips.present, flips.absent, flips.unknown) == tuple(
                    int((flips.kinds == kind).sum()) for kind in (1, 0, -1)
                )
                assert flips.total == len(flips.rows)
                right = states[flips.rows, label] == is_in[flips.rows]
                assert np.array_equal(flips.wrong, ~right & (flips.kinds >= 0))
                few = ranked.flips(label, before, after, limit=3)
                assert np.array_equal(few.rows, flips.rows[:3])
                assert np.array_equal(few.kinds, flips.kinds[:3])
                assert (few.total, few.present, few.gained) == (flips.total, flips.present, flips.gained)


@many_draws
def test_a_threshold_between_scores_takes_those_from_a_score_on(seeds):
    for seed in seeds:
        probabilities, targets, known = draw(seed)
        probabilities = probabilities.astype(np.float32)
        ranked = RankedScores(probabilities, targets, known)
        for label in range(targets.shape[1]):
            scores = probabilities[:, label] if known is None else probabilities[known[:, label], label]
            for score in (*scores[:5], 0.0, 1.0, np.random.default_rng(seed).random()):
                threshold = ranked.between_scores(label, float(score))
                assert 0 <= threshold <= 1
                # at the precision of an exported model, too
                assert np.array_equal(scores >= np.float32(threshold), scores >= np.float32(score))
                assert threshold not in set(scores.tolist()) - {0.0, 1.0}


def test_a_threshold_lies_midway_between_two_scores():
    ranked = RankedScores([[0.25], [0.5], [0.875], [0.6]], [[0], [1], [0], [1]], [[1], [1], [1], [0]])
    assert ranked.between_scores(0, 0.875) == 0.6875, "the unknown one does not count"
    assert ranked.between_scores(0, 0.7) == 0.6875
    assert ranked.between_scores(0, 0.25) == 0.125
    assert ranked.between_scores(0, 0.9) == 0.9375


def test_thresholds_must_fit_the_labels():
    ranked = RankedScores(np.zeros((2, 2), np.float32), np.zeros((2, 2), bool))
    with pytest.raises(ValueError, match="2 numbers"):
        ranked.counts([0.5, 0.5, 0.5])


def test_nothing_at_all_can_be_ranked():
    assert RankedScores(np.zeros((0, 2)), np.zeros((0, 2), bool)).counts(0.5).tp.tolist() == [0, 0]
    assert RankedScores(np.zeros((3, 0)), np.zeros((3, 0), bool)).counts(0.5).tp.shape == (0,)
