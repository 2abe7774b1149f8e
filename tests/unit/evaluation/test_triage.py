import json

import numpy as np
import pytest

from core.errors import MultihotError
from core.evaluation.predictions import Predictions
from core.evaluation.triage import Triage, choose_triage, decide, judge_triage
from core.labels import MULTI_CLASS, MULTI_LABEL, Split
from tests.unit.evaluation.draws import draw, many_draws


def predictions_of(probabilities, states, *, splits=None, task=MULTI_LABEL):
    images, labels = np.shape(states)
    splits = np.full(images, Split.VALIDATION) if splits is None else np.asarray(splits)
    arrays = np.asarray(probabilities, np.float32), np.asarray(states, np.int8)
    return Predictions(np.arange(images), splits.astype(np.int8), *arrays, tuple("abcdefg"[:labels]), task)


def drawn(seed):
    probabilities, targets, known = draw(seed)
    return predictions_of(probabilities, np.where(True if known is None else known, targets, -1))


def most_decided(scores, targets, precision, npv):
    """How many images any pair of thresholds can decide, and the fewest wrong ones among them, by trying them all."""
    cuts = [*np.unique(scores), np.inf]
    best = (-1, 0)
    for low in cuts:
        for high in cuts:
            present, absent = scores >= high, scores < low
            is_precise = targets[present].sum() / max(present.sum(), 1) >= precision or not present.any()
            is_safe = (~targets[absent]).sum() / max(absent.sum(), 1) >= npv or not absent.any()
            if low <= high and is_precise and is_safe:
                wrong = (~targets[present]).sum() + targets[absent].sum()
                best = max(best, (present.sum() + absent.sum(), -wrong))
    return best


@many_draws
def test_no_pair_of_thresholds_decides_more(seeds):
    for seed in seeds[::4]:
        predictions = drawn(seed)
        rng = np.random.default_rng(seed)
        precision, npv = rng.choice([0, 0.5, 0.55, 0.75, 0.9, 1], 2)
        triage = choose_triage(predictions, Split.VALIDATION, precision=precision, npv=npv)
        present, absent = decide(triage, predictions)
        assert not (present & absent).any()
        for label in range(predictions.states.shape[1]):
            known = predictions.known[:, label]
            yes, no = present[known, label], absent[known, label]
            targets = predictions.targets[known, label]
            reached = yes.sum() + no.sum(), -((~targets[yes]).sum() + targets[no].sum())
            assert reached == most_decided(predictions.probabilities[known, label], targets, precision, npv)
            assert not np.isin(
                [triage.low[label], triage.high[label]], predictions.probabilities[known, label]
            ).any() or (
                # there is nothing below a score of 0
                triage.low[label] == 0
            )


def test_outcome_is_measured_on_images_that_nothing_was_chosen_on():
    rng = np.random.default_rng(2)
    states = rng.integers(-1, 2, (300, 3))
    probabilities = np.clip(rng.normal(0.3, 0.2, (300, 3)) + 0.5 * (states == 1), 0, 1)
    splits = np.repeat([Split.TRAIN, Split.VALIDATION, Split.TEST], 100)
    predictions = predictions_of(probabilities, states, splits=splits)
    triage = choose_triage(predictions, Split.VALIDATION, precision=0.9, npv=0.95)
    assert triage.chosen_on == "validation"
    outcome = judge_triage(triage, predictions)
    assert (outcome.split, outcome.images) == ("test", 100)
    scores, truth = predictions.probabilities[200:], states[200:]
    yes, no = scores >= triage.high.astype(np.float32), scores < triage.low.astype(np.float32)
    known = truth >= 0
    assert outcome.decided == pytest.approx((yes | no).mean(axis=0))
    assert outcome.overall_decided == pytest.approx((yes | no).mean())
    assert outcome.images_decided == pytest.approx((yes | no).all(axis=1).mean())
    assert outcome.overall_precision == pytest.approx((truth == 1)[yes & known].mean())
    assert outcome.overall_npv == pytest.approx((truth == 0)[no & known].mean())
    assert outcome.overall_missed == pytest.approx(no[truth == 1].mean())
    for label in range(3):
        assert outcome.precision[label] == pytest.approx((truth == 1)[:, label][(yes & known)[:, label]].mean())
        assert outcome.npv[label] == pytest.approx((truth == 0)[:, label][(no & known)[:, label]].mean())
        assert outcome.missed[label] == pytest.approx(no[:, label][truth[:, label] == 1].mean())
    chosen = judge_triage(triage, predictions, Split.VALIDATION)
    assert chosen.overall_precision >= 0.9
    assert chosen.overall_npv >= 0.95


def test_a_label_that_cannot_be_told_is_left_to_a_person():
    states = np.array([[1], [0]] * 20)
    triage = choose_triage(predictions_of(np.full((40, 1), 0.5), states), Split.VALIDATION, precision=0.9, npv=0.9)
    assert (triage.low.tolist(), triage.high.tolist()) == ([0.0], [np.inf])
    outcome = judge_triage(triage, predictions_of(np.full((40, 1), 0.5), states))
    assert outcome.decided.tolist() == [0.0]
    assert np.isnan(outcome.precision).all()
    assert np.isnan(outcome.overall_npv)


def test_of_a_label_without_positives_everything_is_called_absent_also_a_score_of_1():
    predictions = predictions_of([[0.2], [1.0]], [[0], [0]])
    triage = choose_triage(predictions, Split.VALIDATION, precision=0.9, npv=0.9)
    assert decide(triage, predictions)[1].tolist() == [[True], [True]]
    unknown = predictions_of([[0.2], [0.7]], [[-1], [-1]])
    triage = choose_triage(unknown, Split.VALIDATION, precision=0.9, npv=0.9)
    assert (triage.low.tolist(), triage.high.tolist()) == ([0.0], [np.inf])


def test_only_some_labels():
    predictions = drawn(9)
    every = choose_triage(predictions, Split.VALIDATION, precision=0.8, npv=0.8)
    some = choose_triage(predictions, Split.VALIDATION, precision=0.8, npv=0.8, labels=[2, 0])
    assert some.label_names == ("c", "a")
    assert some.high.tolist() == every.high[[2, 0]].tolist()
    assert judge_triage(some, predictions).decided.tolist() == judge_triage(every, predictions).decided[[2, 0]].tolist()


def test_in_multi_class_only_the_highest_probability_can_be_sure():
    rng = np.random.default_rng(6)
    classes = rng.integers(0, 3, 400)
    logits = rng.normal(size=(400, 3)) + 1.5 * np.eye(3)[classes]
    probabilities = (np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)).astype(np.float32)
    predictions = predictions_of(probabilities, np.eye(3)[classes], task=MULTI_CLASS)
    triage = choose_triage(predictions, Split.VALIDATION, precision=0.9, npv=0.5)
    present, absent = decide(triage, predictions)
    sure = present.any(axis=1)
    assert (present.sum(axis=1)[sure] == 1).all()
    assert (present.argmax(axis=1)[sure] == probabilities.argmax(axis=1)[sure]).all()
    assert np.array_equal(present | absent, np.repeat(sure[:, None], 3, axis=1))
    outcome = judge_triage(triage, predictions)
    assert 0 < outcome.images_decided < 1
    assert outcome.images_decided == outcome.overall_decided == sure.mean()
    for label in range(3):
        taken = probabilities.argmax(axis=1) == label
        # the most images that any threshold can call present
        scores, right = probabilities[taken, label], classes[taken] == label
        most = max((scores >= cut).sum() for cut in scores if right[scores >= cut].mean() >= 0.9)
        assert present[:, label].sum() == most
        assert outcome.precision[label] >= 0.9


def test_thresholds_survive_their_file(tmp_path):
    path = tmp_path / "triage.json"
    triage = Triage(("cat", "dög"), np.array([0.25, 0.0]), np.array([0.75, np.inf]), 0.9, 0.95, "validation")
    triage.save(path)
    loaded = Triage.load(path)
    assert loaded.label_names == triage.label_names
    assert (loaded.low.tolist(), loaded.high.tolist()) == (triage.low.tolist(), triage.high.tolist())
    assert (loaded.precision, loaded.npv, loaded.chosen_on) == (0.9, 0.95, "validation")
    assert json.loads(path.read_text(encoding="utf-8"))["high"] == [0.75, None]
    path.write_text(path.read_text(encoding="utf-8").replace("0.25", "0.85"), encoding="utf-8")
    with pytest.raises(MultihotError, match="choose them again"):
        Triage.load(path)


def test_no_images_is_said():
    with pytest.raises(MultihotError, match="no image of test"):
        choose_triage(drawn(1), Split.TEST, precision=0.9, npv=0.9)
    with pytest.raises(ValueError, match="in \\[0, 1\\]"):
        choose_triage(drawn(1), Split.VALIDATION, precision=90, npv=0.9)
