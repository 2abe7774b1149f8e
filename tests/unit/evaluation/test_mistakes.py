import math

import numpy as np
import pytest
from sklearn.metrics import log_loss

from core.evaluation.mistakes import MistakeKind, find_mistakes
from core.evaluation.predictions import Predictions
from core.labels import MULTI_CLASS, MULTI_LABEL
from tests.unit.evaluation.draws import draw, many_draws

LISTS = ("false positives", "false negatives", "most confident", "highest loss")


def predictions_of(probabilities, states, task=MULTI_LABEL):
    images, labels = states.shape
    return Predictions(
        image_ids=np.arange(images),
        splits=np.ones(images, np.int8),
        probabilities=np.asarray(probabilities, np.float32),
        states=np.asarray(states, np.int8),
        label_names=tuple(f"label {number}" for number in range(labels)),
        task=task,
    )


def drawn(seed):
    probabilities, targets, known = draw(seed)
    states = targets.astype(np.int8)
    if known is not None:
        states[~known] = -1
    thresholds = np.random.default_rng(seed).choice([0.0, 0.25, 0.31, 0.5, 0.9, 1.0], states.shape[1])
    return predictions_of(probabilities, states), thresholds


def expected(predictions, thresholds, which, label):
    """The list made one decision at a time."""
    found = []
    for row, column in np.ndindex(predictions.states.shape):
        state, score = predictions.states[row, column], predictions.probabilities[row, column]
        if state == -1 or label not in (None, column):
            continue
        predicted = score >= np.float32(thresholds[column])
        kind = MistakeKind.RIGHT
        if predicted != (state == 1):
            kind = MistakeKind.FALSE_POSITIVE if predicted else MistakeKind.FALSE_NEGATIVE
        if which == "highest loss":
            truth = score if state == 1 else np.float32(1) - score
            found.append((-math.log(max(float(truth), 1e-12)) + 0.0, row, column, kind))
        elif kind != MistakeKind.RIGHT and which in ("most confident", kind.name.lower().replace("_", " ") + "s"):
            cut = thresholds[column]
            room = 1 - cut if score >= cut else cut
            found.append((abs(float(score) - cut) / room if room else 0.0, row, column, kind))
    return sorted(found, key=lambda one: (-one[0], *one[1:3]))


@pytest.mark.parametrize("which", LISTS)
@many_draws
def test_every_list_is_what_a_look_at_each_decision_finds(seeds, which):
    for seed in seeds[::2]:
        predictions, thresholds = drawn(seed)
        for label in (None, seed % predictions.states.shape[1]):
            wanted = expected(predictions, thresholds, which, label)
            for limit in (0, 1, 3, 10**6):
                found = find_mistakes(predictions, thresholds, which, label=label, limit=limit)
                assert found.total == len(wanted)
                assert found.measures == pytest.approx([one[0] for one in wanted[:limit]], abs=1e-12)
                got = list(zip(found.rows.tolist(), found.labels.tolist(), found.kinds.tolist(), strict=True))
                # where losses are cut off at the least probability the order is finer than the loss
                if which != "highest loss" or predictions.probabilities.min() > 1e-9:
                    assert got == [(row, column, int(kind)) for _, row, column, kind in wanted[:limit]]
                assert found.scores.tolist() == predictions.probabilities[found.rows, found.labels].tolist()


def test_the_mean_of_all_losses_is_scikit_learns():
    rng = np.random.default_rng(0)
    states = rng.integers(0, 2, (50, 3)).astype(np.int8)
    predictions = predictions_of(rng.random((50, 3)), states)
    for label in range(3):
        found = find_mistakes(predictions, 0.5, "highest loss", label=label, limit=50)
        assert found.measures.mean() == pytest.approx(
            log_loss(states[:, label], predictions.probabilities[:, label].astype(np.float64), labels=[0, 1])
        )


def test_in_multi_class_the_margin_is_over_the_label_present_and_the_loss_is_cross_entropy():
    rng = np.random.default_rng(1)
    probabilities = rng.dirichlet(np.ones(4), 40).astype(np.float32)
    classes = rng.integers(0, 4, 40)
    states = np.eye(4, dtype=np.int8)[classes]
    states[0] = -1
    predictions = predictions_of(probabilities, states, MULTI_CLASS)
    taken = probabilities.argmax(axis=1)
    wrong = [row for row in range(1, 40) if taken[row] != classes[row]]
    lead = {row: probabilities[row, taken[row]] - probabilities[row, classes[row]] for row in wrong}
    for which, columns in (("false positives", taken), ("false negatives", classes)):
        found = find_mistakes(predictions, 0.5, which, limit=100)
        order = sorted(wrong, key=lambda row: -lead[row])
        assert found.rows.tolist() == order
        assert found.labels.tolist() == [columns[row] for row in order]
        assert found.measures == pytest.approx([lead[row] for row in order])
        one = find_mistakes(predictions, 0.5, which, label=2, limit=100)
        assert one.rows.tolist() == [row for row in order if columns[row] == 2]
    losses = find_mistakes(predictions, 0.5, "highest loss", limit=100)
    exact = probabilities.astype(np.float64)
    assert losses.total == 39
    assert losses.measures.mean() == pytest.approx(
        log_loss(classes[1:], exact[1:] / exact[1:].sum(axis=1, keepdims=True), labels=range(4)), rel=1e-6
    )
    assert set(losses.labels[losses.kinds == MistakeKind.RIGHT].tolist()) <= set(classes.tolist())


def test_nothing_known_gives_empty_lists():
    predictions = predictions_of(np.full((3, 2), 0.5), np.full((3, 2), -1))
    for which in LISTS:
        found = find_mistakes(predictions, 0.5, which, limit=5)
        assert (found.total, len(found.rows), len(found.measures)) == (0, 0, 0)
