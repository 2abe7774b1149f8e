"""Every objective against trying all thresholds from its definition."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

from core.evaluation.objectives import Objective
from core.evaluation.thresholds import best_thresholds
from tests.unit.evaluation.draws import columns, draw

OBJECTIVES = (
    "f1", "f0.5", "f2", "precision=0.5", "precision=0.9", "precision=1", "recall=0.3", "recall=0.95", "recall=1",
    "cost=1:1", "cost=1:5", "cost=3:0.5", "capacity=0", "capacity=3", "capacity=1/4", "capacity=9/10", "fixed=0.3",
)  # fmt: skip
few_draws = pytest.mark.parametrize("seeds", [range(0, 36, 2), range(1, 36, 2)], ids=str)


def candidates(scores):
    """Thresholds between all distinct scores, and what each takes."""
    distinct = [Fraction(0), *map(Fraction, np.unique(scores).astype(float))]
    # the lowest takes all, also where the lowest score is 0
    pairs = [*itertools.pairwise(distinct), *([(distinct[-1], Fraction(1))] if distinct[-1] < 1 else [])]
    for lower, upper in pairs:
        is_half = lower < Fraction(1, 2) <= upper
        yield (0.5 if is_half else float((lower + upper) / 2)), scores.astype(float) >= float(upper)


def merit(objective, taken, present, weights):
    """What is to be as high as possible, first things first, what is reached and whether that is enough; exactly."""
    value, other = Fraction(str(objective.value)), Fraction(str(objective.other))
    total, positives = int(weights.sum()), int(weights[present].sum())
    tp, predicted = int(weights[taken & present].sum()), int(weights[taken].sum())
    precision = Fraction(tp, predicted) if predicted else Fraction(0)
    recall = Fraction(tp, positives) if positives else Fraction(0)
    if objective.kind == "f_beta":
        below = value**2 * positives + predicted
        f_beta = (1 + value**2) * tp / below if below else Fraction(0)
        return (f_beta,), f_beta, True
    if objective.kind == "precision":
        return (
            ((1, recall, -predicted) if precision >= value else (0, precision, tp, -predicted)),
            precision,
            precision >= value,
        )
    if objective.kind == "recall":
        return ((1, precision, tp) if recall >= value else (0, recall)), recall, recall >= value
    if objective.kind == "cost":
        cost = value * (predicted - tp) + other * (positives - tp)
        return (-cost,), cost, True
    allowed = value * total / other if other else value
    return ((1, predicted) if predicted <= allowed else (0, -predicted)), predicted, predicted <= allowed


def by_trying_everything(scores, present, objective, weights):
    """The best threshold of one label, what it reaches, and whether that is enough."""
    if objective.kind == "fixed":
        return objective.value, objective.value, True
    needs_positives = objective.kind in ("f_beta", "recall")
    if not len(scores) or (needs_positives and not present.any()):
        return 0.5, 0, objective.kind not in ("precision", "recall")
    tried = [(threshold, *merit(objective, taken, present, weights)) for threshold, taken in candidates(scores)]
    best = max(one[1] for one in tried)
    chosen = min((one for one in tried if one[1] == best), key=lambda one: (abs(one[0] - 0.5), one[0]))
    return chosen[0], float(chosen[2]), chosen[3]


@few_draws
@pytest.mark.parametrize("text", OBJECTIVES)
def test_the_best_of_all_thresholds_is_found_for_every_objective(seeds, text):
    objective = Objective.parse(text)
    for seed in seeds:
        probabilities, targets, known = draw(seed)
        found = best_thresholds(probabilities, targets, objective, known=known)
        for label, scores, present in columns(probabilities, targets, known):
            threshold, reached, met = by_trying_everything(scores, present, objective, np.ones(len(scores), np.int64))
            assert found.values[label] == pytest.approx(threshold, abs=1e-15)
            assert found.reached[label] == pytest.approx(reached, abs=1e-12)
            assert found.met[label] == met


@pytest.mark.parametrize("text", OBJECTIVES)
def test_images_with_weights_count_as_often(text):
    objective = Objective.parse(text)
    for seed in range(20):
        probabilities, targets, known = draw(seed)
        weights = np.random.default_rng(seed).integers(0, 4, len(probabilities))
        found = best_thresholds(probabilities, targets, objective, known=known, weights=weights)
        for label, scores, present in columns(probabilities, targets, known):
            counted = weights if known is None else weights[known[:, label]]
            if not counted[present].sum():
                continue
            _, reached, met = by_trying_everything(scores, present, objective, counted)
            assert found.reached[label] == pytest.approx(reached, abs=1e-12)
            assert found.met[label] == met
            if objective.kind != "fixed":
                best = max(merit(objective, taken, present, counted)[0] for _, taken in candidates(scores))
                assert merit(objective, scores >= found.values[label], present, counted)[0] == best


@pytest.mark.parametrize("text", OBJECTIVES)
def test_a_threshold_decides_the_same_when_rounded_to_the_scores_precision(text):
    objective = Objective.parse(text)
    for seed in range(0, 120, 2):
        probabilities, targets, known = draw(seed)
        found = best_thresholds(probabilities.astype(np.float32), targets, objective, known=known)
        for label, scores, _ in columns(probabilities.astype(np.float32), targets, known):
            value = found.values[label]
            np.testing.assert_array_equal(scores.astype(np.float64) >= value, scores >= np.float32(value))
            assert objective.kind == "fixed" or value in (0, 0.5) or value not in scores.astype(np.float64)


def test_nothing_is_predicted_where_that_costs_least():
    scores, absent = np.array([[0.9], [0.7]]), np.array([[0], [0]])
    for text in ("precision=0.9", "cost=1:5", "capacity=0"):
        found = best_thresholds(scores, absent, Objective.parse(text))
        assert found.values == pytest.approx([0.95])
        assert found.reached == [0]
    # a score of 1 is above any threshold
    scores = np.array([[1.0], [0.7]])
    assert best_thresholds(scores, absent, Objective.parse("capacity=0")).values == pytest.approx([0.85])
    assert not best_thresholds(scores, absent, Objective.parse("capacity=0")).met


def test_where_a_precision_cannot_be_reached_the_nearest_is_given():
    scores, targets = np.array([[0.9], [0.8], [0.7], [0.6]]), np.array([[0], [1], [1], [0]])
    found = best_thresholds(scores, targets, Objective.parse("precision=0.9"))
    assert (found.values.tolist(), found.reached.tolist(), found.met.tolist()) == (
        [pytest.approx(0.65)],
        [2 / 3],
        [False],
    )


def test_alarms_are_allowed_in_proportion_to_the_known_images():
    scores = np.linspace(0.01, 0.99, 40)[:, np.newaxis]
    known = np.arange(40)[:, np.newaxis] < 20
    for text, alarms in {"capacity=5": 5, "capacity=5/40": 2, "capacity=4/10": 8}.items():
        found = best_thresholds(scores, scores > 0.5, Objective.parse(text), known=known)
        assert found.reached == [alarms]
        assert (scores[:20] >= found.values).sum() == alarms


def test_no_images_and_no_labels_are_no_mistake():
    for text in OBJECTIVES:
        objective = Objective.parse(text)
        assert best_thresholds(np.zeros((0, 1)), np.zeros((0, 1)), objective).values == [
            0.3 if objective.kind == "fixed" else 0.5
        ]
        assert best_thresholds(np.zeros((3, 0)), np.zeros((3, 0)), objective).values.shape == (0,)


@pytest.mark.parametrize("weights", [[1.0], [1.0, -1.0], [1.0, np.nan]])
def test_weights_are_checked(weights):
    with pytest.raises(ValueError, match="weights"):
        best_thresholds(np.array([[0.1], [0.9]]), np.array([[0], [1]]), Objective.parse("f1"), weights=weights)
