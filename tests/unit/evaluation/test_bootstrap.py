import numpy as np
import pytest
from sklearn.metrics import precision_recall_curve

from core.evaluation import bootstrap
from core.evaluation.bootstrap import curve_band, threshold_band
from core.evaluation.objectives import Objective
from core.evaluation.thresholds import best_thresholds
from tests.unit.evaluation.draws import draw

F1 = Objective.parse("f1")


def images(count, *, seed=0, share=0.2):
    rng = np.random.default_rng(seed)
    present = rng.random(count) < share
    return np.clip(rng.normal(0.35 + 0.3 * present, 0.15), 0, 1).astype(np.float32), present


def test_images_count_as_poisson_numbers_of_mean_one_say():
    weights = np.concatenate(list(bootstrap._draws(3000, 2000, 0)), axis=1)
    assert weights.shape == (3000, 2000)
    shares = np.bincount(weights.ravel()) / weights.size
    expected = [0.36788, 0.36788, 0.18394, 0.06131, 0.01533, 0.00307]
    assert shares[:6] == pytest.approx(expected, abs=0.001)
    assert weights.var() == pytest.approx(1, abs=0.01)
    assert abs(np.corrcoef(weights[:, 0], weights[:, 1])[0, 1]) < 0.08


@pytest.mark.parametrize("text", ["f1", "f2", "precision=0.6", "recall=0.9", "cost=1:3", "capacity=20/100"])
def test_the_band_holds_the_middle_of_what_the_best_threshold_is_with_weights(text):
    objective = Objective.parse(text)
    scores, present = images(120)
    known = np.random.default_rng(1).random(120) < 0.8
    (weights,) = bootstrap._draws(120, 60, 3)
    column = scores[:, None], present[:, None], objective
    found = [best_thresholds(*column, known=known[:, None], weights=one).values[0] for one in weights.T]
    band = threshold_band(scores, present, objective, known=known, draws=60, seed=3)
    assert band == pytest.approx(np.quantile(found, [0.05, 0.95]))
    assert band == threshold_band(scores, present, objective, known=known, draws=60, seed=3)


def test_draws_that_need_several_pieces_are_the_same_label_after_label(monkeypatch):
    monkeypatch.setattr(bootstrap, "_WEIGHTS_AT_ONCE", 1000)
    assert [one.shape for one in bootstrap._draws(300, 7, 0)] == [(300, 3), (300, 3), (300, 1)]
    scores, present = images(300)
    assert threshold_band(scores, present, F1, draws=7) == threshold_band(scores, present, F1, draws=7)
    assert curve_band(scores, present, draws=7).low.shape == (101,)


def test_the_band_covers_the_threshold_of_very_many_images():
    objective, best = F1, best_thresholds(*(one[:, None] for one in images(400_000, seed=99)), F1).values[0]
    inside = 0
    for seed in range(60):
        low, high = threshold_band(*images(400, seed=seed), objective, draws=100, seed=seed)
        inside += low <= best <= high
    assert inside >= 46


def test_the_band_narrows_with_the_positives():
    widths = [np.diff(threshold_band(*images(count), F1))[0] for count in (60, 1000, 20_000)]
    assert widths[0] > widths[1] > widths[2] > 0


def test_what_says_nothing_of_a_label_leaves_everything_possible():
    scores = np.array([0.2, 0.7, 0.9])
    for text in ("f1", "precision=0.9", "recall=0.9"):
        assert threshold_band(scores, np.zeros(3), Objective.parse(text)) == (0.0, 1.0)
    for text in ("f1", "cost=1:5", "capacity=1"):
        assert threshold_band(scores, np.ones(3), Objective.parse(text), known=np.zeros(3)) == (0.0, 1.0)
    assert threshold_band(scores, np.zeros(3), Objective.parse("cost=1:5"))[1] == pytest.approx(0.95)
    assert threshold_band(scores, np.zeros(3), Objective.parse("fixed=0.3")) == (0.3, 0.3)
    assert threshold_band(np.array([0.7]), np.array([1]), F1) == (0.5, 0.5)


def test_the_curve_band_is_that_of_the_curves_with_weights():
    scores, present = images(80, share=0.4)
    (weights,) = bootstrap._draws(80, 40, 0)
    band = curve_band(scores, present, draws=40, points=11)
    found = []
    for one in weights.T:
        precision, recall, _ = precision_recall_curve(np.repeat(present, one), np.repeat(scores, one))
        # the last point is one that no threshold has
        precision, recall = precision[:-1], recall[:-1]
        at = [np.flatnonzero((recall >= level - 1e-9) & (recall > 0))[-1] for level in np.linspace(0, 1, 11)]
        found.append(precision[at])
    low, high = np.quantile(found, [0.05, 0.95], axis=0)
    assert band.low == pytest.approx(low)
    assert band.high == pytest.approx(high)
    assert band.recall == pytest.approx(np.linspace(0, 1, 11))


def test_the_bands_of_all_kinds_of_images_are_in_range():
    for seed in range(40):
        probabilities, targets, known = draw(seed)
        label = probabilities[:, 0], targets[:, 0]
        mask = None if known is None else known[:, 0]
        band = curve_band(*label, known=mask, draws=20, points=5)
        if targets[:, 0][slice(None) if mask is None else mask].any():
            assert ((band.low >= 0) & (band.low <= band.high) & (band.high <= 1)).all() or np.isnan(band.low).all()
        else:
            assert np.isnan(band.low).all()
            assert np.isnan(band.high).all()
        low, high = threshold_band(*label, F1, known=mask, draws=20)
        assert 0 <= low <= high <= 1


def test_one_label_at_a_time():
    with pytest.raises(ValueError, match="vectors"):
        threshold_band(np.zeros((2, 2)), np.zeros((2, 2)), F1)
