import itertools

import numpy as np
import pytest

from core.errors import MultihotError
from core.evaluation.metrics import counts_at
from core.evaluation.thresholds import best_f_beta
from tests.unit.evaluation.draws import columns, draw, many_draws


def f_beta_at(scores, present, threshold, beta):
    predicted = scores >= threshold
    tp, fp, fn = (predicted & present).sum(), (predicted & ~present).sum(), (~predicted & present).sum()
    weighted = (1 + beta**2) * tp
    return weighted / (weighted + beta**2 * fn + fp) if weighted else 0.0


def by_trying_everything(scores, present, beta):
    """The best threshold of one label and its F, from the definition."""
    if not present.any():
        return 0.5, 0.0
    distinct = [0.0, *np.unique(scores).astype(float)]
    found = [(f_beta_at(scores, present, 0.5, beta), 0.5)]
    found += [
        (f_beta_at(scores, present, upper, beta), (lower + upper) / 2) for lower, upper in itertools.pairwise(distinct)
    ]
    best = max(value for value, _ in found)
    equal = [threshold for value, threshold in found if value > best - 1e-12]
    return min(equal, key=lambda threshold: (abs(threshold - 0.5), threshold)), best


@many_draws
@pytest.mark.parametrize("beta", [1.0, 0.5, 2.0, 1.7])
def test_the_best_of_all_thresholds_is_found(seeds, beta):
    for seed in seeds:
        probabilities, targets, known = draw(seed)
        tuned = best_f_beta(probabilities, targets, beta, known)
        assert tuned.values.dtype == tuned.reached.dtype == np.float64
        for label, scores, present in columns(probabilities, targets, known):
            threshold, best = by_trying_everything(scores, present, beta)
            assert tuned.values[label] == pytest.approx(threshold, abs=1e-15)
            assert tuned.reached[label] == pytest.approx(best, abs=1e-15)


@many_draws
def test_a_threshold_reaches_its_f_also_when_rounded_to_the_scores_precision(seeds):
    for seed in seeds:
        probabilities, targets, known = draw(seed)
        tuned = best_f_beta(probabilities, targets, known=known)
        assert counts_at(probabilities, targets, tuned.values, known=known).f1 == pytest.approx(tuned.reached)
        for label, scores, present in columns(probabilities, targets, known):
            if present.any():
                assert f_beta_at(scores, present, tuned.values[label], 1) == pytest.approx(tuned.reached[label])
                rounded = scores.dtype.type(tuned.values[label])
                assert f_beta_at(scores, present, rounded, 1) == pytest.approx(tuned.reached[label])
                assert tuned.values[label] not in scores.astype(float) or tuned.values[label] in (0, 0.5)


@pytest.mark.parametrize("lower", [0.1, 0.3, 0.49999997, 0.5, 0.75, np.float32(1) - np.float32(2**-24)])
@pytest.mark.parametrize("step", [0, 1])
def test_neighbouring_float32_scores_are_parted(lower, step):
    # of two neighbours either may be the even one, to which the number halfway between is rounded
    lower = np.float32(lower)
    for _ in range(step):
        lower = np.nextafter(lower, np.float32(0))
    upper = np.nextafter(lower, np.float32(1))
    (threshold,) = best_f_beta(np.array([[lower], [upper]]), np.array([[0], [1]])).values

    assert float(lower) < threshold < float(upper) or threshold == 0.5 == upper
    assert lower < np.float32(threshold) <= upper


def test_neighbouring_float64_scores_are_parted():
    upper = np.nextafter(0.5, 1)
    (threshold,) = best_f_beta(np.array([[0.5], [upper]]), np.array([[0], [1]])).values
    assert 0.5 < threshold <= upper


def test_the_threshold_lies_midway_between_the_scores():
    tuned = best_f_beta(np.array([[0.2], [0.6], [0.8], [0.9]]), np.array([[0], [0], [1], [1]]))
    assert tuned.values == pytest.approx([0.7])
    assert tuned.reached.tolist() == [1.0]


@pytest.mark.parametrize("lower", [0.0, 0.4, np.nextafter(0.5, 0)])
@pytest.mark.parametrize("upper", [0.5, np.nextafter(0.5, 1), 0.9])
def test_a_half_is_kept_where_it_does_as_well_as_any(lower, upper):
    for lowest in ([], [0.0]):
        scores = np.array([*lowest, lower, upper, 0.95])[:, None]
        targets = np.array([*(0 for _ in lowest), 0, 1, 1])[:, None]
        assert best_f_beta(scores, targets).values == [0.5]


def test_a_half_that_takes_a_negative_or_leaves_a_positive_is_not_kept():
    assert best_f_beta(np.array([[0.5], [0.9]]), np.array([[0], [1]])).values == pytest.approx([0.7])
    assert best_f_beta(np.array([[0.1], [0.49]]), np.array([[0], [1]])).values == pytest.approx([0.295])


def test_when_all_are_taken_it_lies_midway_to_zero():
    assert best_f_beta(np.array([[0.4], [0.6]]), np.array([[1], [1]])).values == pytest.approx([0.2])
    assert best_f_beta(np.array([[0.0], [0.6]]), np.array([[1], [1]])).values == [0.0]


def test_one_image_is_enough():
    assert best_f_beta(np.array([[0.8]]), np.array([[1]])).values == [0.5]
    assert best_f_beta(np.array([[0.4]]), np.array([[1]])).values == pytest.approx([0.2])
    assert best_f_beta(np.array([[0.8]]), np.array([[0]])).values == [0.5]


def test_a_label_without_a_known_positive_keeps_a_half():
    probabilities, targets = np.array([[0.8, 0.9], [0.7, 0.1]]), np.array([[0, 1], [0, 0]])
    tuned = best_f_beta(probabilities, targets, known=np.array([[1, 0], [1, 1]]))
    assert tuned.values.tolist() == [0.5, 0.5]
    assert tuned.reached.tolist() == [0.0, 0.0]


def test_of_equally_good_thresholds_the_one_closest_to_a_half_is_taken():
    # cutting below the first, second, third and fourth image gives F1 2/3, 1/2, 2/5 and 2/3
    targets = np.array([[1], [0], [0], [1]])
    tuned = best_f_beta(np.array([[0.9], [0.5], [0.4], [0.3]]), targets)
    assert tuned.reached == pytest.approx([2 / 3])
    assert tuned.values == pytest.approx([0.7])
    assert best_f_beta(np.array([[0.99], [0.98], [0.97], [0.96]]), targets).values == [0.5]
    # midway are 0.2 and 0.45
    assert best_f_beta(np.array([[0.46], [0.44], [0.42], [0.4]]), targets).values == pytest.approx([0.45])


def test_beta_moves_the_threshold_towards_recall():
    rng = np.random.default_rng(0)
    targets = rng.random((500, 3)) < 0.3
    probabilities = np.clip(0.3 * targets + 0.7 * rng.random((500, 3)), 0, 1)
    low, middle, high = (best_f_beta(probabilities, targets, beta).values for beta in (0.3, 1.0, 3.0))
    assert (low > middle).all()
    assert (middle > high).all()


@pytest.mark.parametrize("beta", [0.0, -1.0, np.nan, np.inf])
def test_beta_is_a_positive_number(beta):
    with pytest.raises(MultihotError, match="beta"):
        best_f_beta(np.array([[0.8]]), np.array([[1]]), beta)
