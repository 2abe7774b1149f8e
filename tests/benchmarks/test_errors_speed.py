"""What looks for wrong decisions in many images, and the samples of the images when two runs are compared."""

import time

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from core.evaluation.comparison import compare_runs
from core.evaluation.cooccurrence import confused, together
from core.evaluation.decided import decided
from core.evaluation.mistakes import find_mistakes
from core.evaluation.predictions import Predictions
from core.evaluation.slices import by_brightness, by_folder, score_slices
from core.evaluation.triage import choose_triage, judge_triage
from core.labels import Split

pytestmark = pytest.mark.benchmark

DRAWS = 1000


def drawn(images, labels, *, strength, seed):
    rng = np.random.default_rng(0)
    states = (rng.random((images, labels)) < 0.05).astype(np.int8)
    states[rng.random(states.shape) < 0.1] = -1
    logits = np.random.default_rng(seed).normal(-2, 1.5, states.shape) + strength * (states == 1)
    probabilities = (1 / (1 + np.exp(-logits))).astype(np.float32)
    names = tuple(f"label {number}" for number in range(labels))
    return Predictions(np.arange(images), np.full(images, Split.VALIDATION, np.int8), probabilities, states, names)


def best_of(rounds, function):
    """The best time of some rounds in seconds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def test_mistakes_confusions_slices_and_triage_of_100_000_images(capsys):
    predictions = drawn(100_000, 80, strength=3, seed=1)
    predicted = decided(predictions, 0.4)
    targets, known = predictions.targets, predictions.known
    brightness = np.random.default_rng(2).random(len(targets))
    slices = by_brightness(brightness) + by_folder([f"folder {row % 40}" for row in range(len(targets))])
    triage = choose_triage(predictions, Split.VALIDATION, precision=0.9, npv=0.98)
    lists = ("false positives", "false negatives", "most confident", "highest loss")
    # seconds that each may take at most
    goals = {
        **{which: (lambda which=which: find_mistakes(predictions, 0.4, which, limit=500), 0.5) for which in lists},
        "one label": (lambda: find_mistakes(predictions, 0.4, "most confident", label=3, limit=500), 0.1),
        "confused": (lambda: confused(predicted, targets, known), 0.8),
        "together": (lambda: together(predicted, predictions.states), 0.8),
        "45 slices": (lambda: score_slices(predictions, 0.4, slices), 1.0),
        "triage": (lambda: choose_triage(predictions, Split.VALIDATION, precision=0.9, npv=0.98), 5.0),
        "its outcome": (lambda: judge_triage(triage, predictions, Split.VALIDATION), 2.0),
    }
    taken = {name: best_of(3, function) for name, (function, _) in goals.items()}
    with capsys.disabled():
        print("\n100,000 x 80: " + ", ".join(f"{name} {seconds:.3f} s" for name, seconds in taken.items()))
    assert all(taken[name] <= goal for name, (_, goal) in goals.items())


def test_a_comparison_beside_sorting_anew_for_each_sample(capsys):
    first, second = drawn(5_000, 80, strength=3, seed=1), drawn(5_000, 80, strength=3.2, seed=2)
    ours = best_of(2, lambda: compare_runs(first, second, 0.5, 0.5, split=Split.VALIDATION, draws=DRAWS))
    weights = np.random.default_rng(3).poisson(1.0, 5_000)
    known = first.known[:, 0]
    arguments = first.targets[known, 0], first.probabilities[known, 0]
    one = best_of(3, lambda: average_precision_score(*arguments, sample_weight=weights[known]))
    theirs = one * 2 * 80 * DRAWS
    with capsys.disabled():
        print(f"\n5,000 x 80, {DRAWS:,} samples: {ours:.1f} s; scikit-learn for each {theirs:.0f} s")
    assert ours < theirs / 10
