import numpy as np
import pytest

from core.errors import MultihotError
from core.evaluation.bootstrap import threshold_band
from core.evaluation.metrics import classification_scores, counts_at
from core.evaluation.objectives import Objective
from core.evaluation.predictions import Predictions
from core.evaluation.shrinkage import pooled_threshold, shrunk
from core.evaluation.threshold_file import BY_HAND, Origin, ThresholdSet
from core.evaluation.thresholds import best_thresholds
from core.evaluation.tuning import find_thresholds, mean_of_folds, shrinking_helps, tune
from core.labels import MULTI_CLASS, Split

NAMES = ("common", "rare", "seldom")
F1 = Objective.parse("f1")


def predictions_of(counts, *, seed=0, names=NAMES, shares=(0.4, 0.05, 0.15)):
    """Scores of so many images of train, validation and test; a tenth of the states is unknown."""
    rng = np.random.default_rng(seed)
    splits = np.repeat([Split.TRAIN, Split.VALIDATION, Split.TEST], counts).astype(np.int8)
    states = (rng.random((len(splits), len(names))) < shares).astype(np.int8)
    probabilities = np.clip(rng.normal(0.3 + 0.3 * states, 0.15), 0, 1).astype(np.float32)
    states[rng.random(states.shape) < 0.1] = -1
    return Predictions(np.arange(len(splits)), splits, probabilities, states, names)


@pytest.fixture
def drawn():
    return predictions_of((200, 100, 150))


@pytest.mark.parametrize(
    "text", ["f1", "f2", "precision=0.7", "recall=0.9", "cost=1:4", "capacity=20/100", "fixed=0.3"]
)
@pytest.mark.parametrize(("on", "judge"), [("train", Split.VALIDATION), ("validation", Split.TEST)])
def test_thresholds_are_tuned_on_one_split_and_judged_on_another(drawn, text, on, judge):
    objective = Objective.parse(text)
    tuned = tune(drawn, objective, on=on, shrink="off", draws=20)
    chosen, judged = drawn.of(Split[on.upper()]), drawn.of(judge)
    best = best_thresholds(chosen.probabilities, chosen.targets, objective, known=chosen.known)
    np.testing.assert_array_equal(tuned.thresholds.values, best.values)
    assert tuned.thresholds.origins == (Origin(text, None if text.startswith("fixed") else on),) * 3
    np.testing.assert_array_equal(tuned.met, best.met)
    np.testing.assert_array_equal(tuned.support, (chosen.states == 1).sum(axis=0))
    counts = counts_at(judged.probabilities, judged.targets, best.values, known=judged.known)
    assert tuned.evaluated_on == judge.name.lower()
    np.testing.assert_array_equal(tuned.precision, counts.precision)
    np.testing.assert_array_equal(tuned.recall, counts.recall)
    np.testing.assert_array_equal(tuned.f1, counts.f1)
    np.testing.assert_array_equal(tuned.positives, (judged.states == 1).sum(axis=0))
    arguments = judged.probabilities, judged.targets
    assert tuned.compared.before == classification_scores(*arguments, 0.5, judged.known)
    assert tuned.compared.after == classification_scores(*arguments, best.values, judged.known)
    for label in range(3):
        column = (one[:, label] for one in (chosen.probabilities, chosen.targets))
        low, high = threshold_band(*column, objective, known=chosen.known[:, label], draws=20)
        assert tuned.low[label] == min(low, best.values[label])
        assert tuned.high[label] == max(high, best.values[label])


def test_folds_across_train_and_validation_are_judged_on_test(drawn):
    tuned = tune(drawn, F1, on="cross", shrink="off", draws=20, seed=3)
    both = drawn.of(Split.TRAIN, Split.VALIDATION)
    assert len(both.image_ids) == 300
    expected = mean_of_folds(both.probabilities, both.targets, F1, known=both.known, seed=3)
    np.testing.assert_array_equal(tuned.thresholds.values, expected)
    assert (tuned.thresholds.tuned_on, tuned.evaluated_on) == ("train and validation", "test")
    assert ((tuned.low <= expected) & (expected <= tuned.high)).all()


def test_the_mean_of_folds_is_that_of_five_thresholds_each_without_a_fifth(drawn):
    arguments = drawn.probabilities, drawn.targets
    fold = np.random.default_rng(7).permutation(450) % 5
    each = [
        best_thresholds(*(one[fold != part] for one in arguments), F1, known=drawn.known[fold != part]).values
        for part in range(5)
    ]
    assert mean_of_folds(*arguments, F1, known=drawn.known, seed=7) == pytest.approx(np.mean(each, axis=0))
    # one positive is in four of five trainings, and the fifth says nothing of the label
    scores, known = np.linspace(0.1, 0.9, 10)[:, None], np.ones((10, 1), np.bool_)
    alone = mean_of_folds(scores, scores == scores.max(), F1, known=known)
    assert alone > 0.8
    assert mean_of_folds(scores, scores < 0, F1, known=known) == [0.5]
    assert mean_of_folds(scores, scores > 0.5, F1, known=~known) == [0.5]


@pytest.mark.parametrize("on", ["validation", "cross"])
def test_shrinking_pulls_threshold_and_band_to_the_pooled_one(drawn, on):
    alone, together = (tune(drawn, F1, on=on, shrink=shrink, draws=20) for shrink in ("off", "on"))
    chosen = drawn.of(Split.VALIDATION) if on == "validation" else drawn.of(Split.TRAIN, Split.VALIDATION)
    pooled = pooled_threshold(chosen.probabilities, chosen.targets, F1, known=chosen.known)
    expected = shrunk(alone.thresholds.values, pooled, alone.support)
    assert together.thresholds.values == pytest.approx(expected)
    assert together.low == pytest.approx(shrunk(alone.low, pooled, alone.support))
    assert all(origin.shrunk for origin in together.thresholds.origins)
    assert not any(origin.shrunk for origin in alone.thresholds.origins)


def test_auto_shrinks_for_f_only_where_folds_say_that_it_helps():
    # scores of all labels mean the same, and there are few positives, so that the others' threshold says much
    alike = predictions_of((0, 60, 60), seed=1, names=tuple("abcdefghijklmnopqrst"), shares=(0.1,) * 20)
    # each label has a scale of its own
    apart = predictions_of((0, 100, 60), seed=1, shares=(0.15, 0.15, 0.15))
    apart.probabilities[:] *= np.array([1, 0.3, 0.1], np.float32)
    for predictions, helps in ((alike, True), (apart, False)):
        chosen = predictions.of(Split.VALIDATION)
        assert shrinking_helps(chosen.probabilities, chosen.targets, F1, known=chosen.known) == helps
        auto, forced = (tune(predictions, F1, shrink=one, draws=0) for one in ("auto", "on" if helps else "off"))
        np.testing.assert_array_equal(auto.thresholds.values, forced.thresholds.values)
        assert auto.thresholds.origins[0].shrunk == helps
        for text in ("precision=0.5", "recall=0.9", "cost=1:2", "capacity=9", "fixed=0.3"):
            assert not tune(predictions, Objective.parse(text), draws=0).thresholds.origins[0].shrunk
    assert tune(alike, Objective.parse("recall=0.9"), shrink="on", draws=0).thresholds.origins[0].shrunk
    assert tune(alike, Objective.parse("fixed=0.3"), shrink="on", draws=0).thresholds.values.tolist() == [0.3] * 20


def test_labels_that_are_not_asked_for_stay(drawn):
    start = ThresholdSet(NAMES, np.array([0.11, 0.22, 0.33]), (Origin("f2", "train"), BY_HAND, BY_HAND), "mine")
    done = []
    tuned = tune(drawn, F1, shrink="off", labels=[1], start=start, draws=10, progress=done.append)
    assert tuned.thresholds.values[[0, 2]].tolist() == [0.11, 0.33]
    assert tuned.thresholds.values[1] == tune(drawn, F1, shrink="off", draws=0).thresholds.values[1]
    assert tuned.thresholds.origins[::2] == start.origins[::2]
    assert (tuned.thresholds.name, tuned.thresholds.origins[1].tuned_on) == ("mine", "validation")
    assert np.isnan(tuned.low).tolist() == np.isnan(tuned.high).tolist() == [True, False, True]
    # one label was tuned on train before, the other on validation now
    assert tuned.evaluated_on == "test"
    assert done == pytest.approx([1 / 3, 2 / 3, 1])
    assert start.values[1] == 0.22


def test_alarms_are_counted_among_the_images_tuned_on(drawn):
    tuned = tune(drawn, Objective.parse("capacity=10"), draws=0)
    validation = drawn.of(Split.VALIDATION)
    for label in range(3):
        known = validation.known[:, label]
        alarms = (validation.probabilities[known, label] >= np.float32(tuned.thresholds.values[label])).sum()
        assert alarms == 10 * known.sum() // 100
    assert tuned.thresholds.objective == "capacity=10"
    assert tuned.met.all()


def test_what_cannot_be_reached_is_told():
    never = predictions_of((0, 40, 40))
    never.states[:, 1] = 0
    tuned = tune(never, Objective.parse("recall=0.9"), draws=5)
    assert tuned.met.tolist() == [True, False, True]
    assert tuned.is_unreliable.tolist() == (tuned.support < 20).tolist()
    assert (tuned.low[1], tuned.high[1]) == (0.0, 1.0)


def test_without_other_annotated_images_those_tuned_on_judge():
    alone = predictions_of((30, 30, 0))
    assert tune(alone, F1, draws=0).evaluated_on == "validation"
    assert tune(alone, F1, on="cross", draws=0).evaluated_on == "validation"
    assert tune(predictions_of((30, 0, 0)), F1, on="train", draws=0).evaluated_on == "train"


def test_what_cannot_be_tuned_is_told(drawn):
    with pytest.raises(MultihotError, match="no annotated image of validation"):
        tune(predictions_of((30, 0, 30)), F1)
    with pytest.raises(MultihotError, match="no annotated image of train"):
        tune(predictions_of((0, 0, 30)), F1, on="cross")
    unknown = predictions_of((30, 30, 30))
    unknown.states[30:60] = -1
    for on in ("validation", "cross"):
        with pytest.raises(MultihotError, match="no annotated image of validation"):
            tune(unknown, F1, on=on)
    classes = Predictions(drawn.image_ids, drawn.splits, drawn.probabilities, drawn.states, NAMES, MULTI_CLASS)
    with pytest.raises(MultihotError, match="no thresholds to tune"):
        tune(classes, F1)


@pytest.mark.parametrize("on", ["validation", "cross"])
@pytest.mark.parametrize("shrink", ["off", "on"])
def test_a_label_alone_is_tuned_as_among_all(drawn, on, shrink):
    every = find_thresholds(drawn, F1, on=on, shrink=shrink, draws=5)
    for label in range(3):
        alone = find_thresholds(drawn, F1, on=on, shrink=shrink, labels=[label], draws=5)
        for got, wanted in (
            (alone.thresholds.values, every.thresholds.values),
            (alone.low, every.low),
            (alone.high, every.high),
        ):
            assert got[label] == wanted[label]
        np.testing.assert_array_equal(alone.support, every.support)


def test_the_labels_that_are_tuned_decide_whether_they_are_pulled():
    # the first ten labels have a scale of their own, the others one in common
    mixed = predictions_of((0, 60, 60), seed=1, names=tuple("abcdefghijklmnopqrst"), shares=(0.1,) * 20)
    mixed.probabilities[:, :10] *= np.linspace(0.05, 0.3, 10, dtype=np.float32)
    of_their_own, alike = list(range(10)), list(range(10, 20))
    for labels, helps in ((of_their_own, False), (alike, True)):
        found = find_thresholds(mixed, F1, labels=labels, draws=0)
        assert [found.thresholds.origins[label].shrunk for label in labels] == [helps] * 10


def test_labels_of_many_positives_cost_no_look_at_the_others(monkeypatch):
    many = predictions_of((0, 1500, 10), shares=(0.5, 0.01, 0.5))
    monkeypatch.setattr("core.evaluation.tuning.pooled_threshold", lambda *_, **__: pytest.fail("a look at all labels"))
    found = find_thresholds(many, F1, labels=[0, 2], draws=0)
    assert (found.support[[0, 2]] > 490).all()
    assert not found.thresholds.origins[0].shrunk


def test_what_progress_raises_ends_the_work(drawn):
    def end(_share):
        raise MultihotError("Enough.")

    with pytest.raises(MultihotError, match="Enough"):
        find_thresholds(drawn, F1, progress=end)


@pytest.mark.parametrize(("on", "shrink"), [("validation", "on"), ("cross", "off"), ("cross", "on")])
def test_no_threshold_lies_on_a_score_and_none_decides_otherwise_for_it(monkeypatch, on, shrink):
    on_a_score = 0
    for seed in range(40):
        # as coarse as of a network of few bits
        steps = predictions_of((40, 40, 10), seed=seed)
        steps.probabilities[:] = np.round(steps.probabilities * 16) / 16
        both = steps.of(*((Split.TRAIN, Split.VALIDATION) if on == "cross" else (Split.VALIDATION,)))
        values = find_thresholds(steps, F1, on=on, shrink=shrink, draws=0).thresholds.values
        with monkeypatch.context() as plain:
            plain.setattr("core.evaluation.tuning._ON_A_SCORE", -1)
            before = find_thresholds(steps, F1, on=on, shrink=shrink, draws=0).thresholds.values
        for label in range(3):
            scores = both.probabilities[both.known[:, label], label]
            # 0.5 may be a score, as of thresholds that are not moved
            assert values[label] == 0.5 or np.abs(scores - values[label]).min() > 1e-5
            on_a_score += np.abs(scores - before[label]).min() < 1e-5
            np.testing.assert_array_equal(scores >= np.float32(values[label]), scores >= np.float32(before[label]))
    assert on_a_score
