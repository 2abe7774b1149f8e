"""Metrics beside scikit-learn and a plain sort, and the moves of a threshold beside a frame of the screen."""

import time

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from core.evaluation.calibration import fit
from core.evaluation.curves import roc_curve, score_histogram, threshold_sweep
from core.evaluation.metrics import average_precision, classification_scores
from core.evaluation.predictions import Predictions
from core.evaluation.ranking import RankedScores
from core.evaluation.thresholds import best_f_beta
from core.labels import Split

pytestmark = pytest.mark.benchmark

SIZES = [(5_000, 20), (40_000, 80), (41_000, 600)]


def drawn(images, labels, *, present=0.04):
    rng = np.random.default_rng(0)
    targets = rng.random((images, labels)) < present
    return (0.3 * targets + 0.7 * rng.random((images, labels))).astype(np.float32), targets


def race(rounds, **functions):
    """The best time of each function in milliseconds, the functions taking turns."""
    best = dict.fromkeys(functions, float("inf"))
    for _ in range(rounds):
        for name, function in functions.items():
            start = time.perf_counter()
            function()
            best[name] = min(best[name], 1000 * (time.perf_counter() - start))
    return best


@pytest.mark.parametrize(("images", "labels"), SIZES)
def test_average_precision_beside_scikit_learn_and_a_sort(images, labels, capsys):
    probabilities, targets = drawn(images, labels)
    known = np.random.default_rng(1).random(targets.shape) < 0.9
    by_label = np.ascontiguousarray(probabilities.T)

    ours = race(
        9,
        plain=lambda: average_precision(probabilities, targets),
        masked=lambda: average_precision(probabilities, targets, known),
        sort=lambda: np.sort(probabilities, axis=0),
        contiguous=lambda: np.sort(by_label, axis=1),
    )
    theirs = race(2, sklearn=lambda: average_precision_score(targets, probabilities, average=None))["sklearn"]

    with capsys.disabled():
        print(
            f"\nAP {images:,} x {labels}: {ours['plain']:.1f} ms, with unknowns {ours['masked']:.1f} ms"
            f" | scikit-learn {theirs:.0f} ms = {theirs / ours['plain']:.1f} times ours"
            f" | ours = {ours['plain'] / ours['sort']:.2f} times np.sort of the same array ({ours['sort']:.1f} ms)"
            f" and {ours['plain'] / ours['contiguous']:.2f} times np.sort of it label by label"
            f" ({ours['contiguous']:.1f} ms)"
        )


@pytest.mark.parametrize(("images", "labels"), SIZES)
def test_thresholds_and_scores_beside_a_sort(images, labels, capsys):
    probabilities, targets = drawn(images, labels)
    times = race(
        5,
        tune=lambda: best_f_beta(probabilities, targets),
        scores=lambda: classification_scores(probabilities, targets),
        sort=lambda: np.sort(probabilities, axis=0),
    )
    with capsys.disabled():
        print(
            f"\nbest F1 {images:,} x {labels}: {times['tune']:.1f} ms"
            f" = {times['tune'] / times['sort']:.2f} times np.sort"
            f" | classification scores {times['scores']:.1f} ms"
        )


@pytest.mark.parametrize("images", [50_000, 100_000])
def test_a_move_of_a_threshold_beside_a_frame(images, capsys):
    probabilities, targets = drawn(images, 80)
    start = time.perf_counter()
    ranked = RankedScores(probabilities, targets)
    built = 1000 * (time.perf_counter() - start)
    thresholds = np.full(80, 0.5)

    def move():
        counts = ranked.counts(thresholds)
        counts.totals()
        ranked.false_positives(7, 0.3, limit=200)
        ranked.false_negatives(7, 0.3, limit=200)

    def drag():
        ranked.between_scores(7, 0.3)
        ranked.counts_of(7, 0.3)
        ranked.flips(7, 0.5, 0.3, limit=200)

    times = race(
        50, move=move, label=lambda: ranked.counts_of(7, 0.3), drag=drag,
        curve=lambda: ranked.curve(7), roc=lambda: roc_curve(ranked, 7), sweep=lambda: threshold_sweep(ranked, 7),
        histogram=lambda: score_histogram(ranked, 7),
    )  # fmt: skip
    with capsys.disabled():
        print(
            f"\n{images:,} x 80: a move {times['move']:.2f} ms of the 16 of a frame"
            f" (one label {times['label']:.3f} ms, with the images that flip {times['drag']:.3f} ms of 1),"
            f" sorting at first {built:.0f} ms"
            f" | thinned curves: precision-recall {times['curve']:.1f} ms, ROC {times['roc']:.1f} ms,"
            f" over the threshold {times['sweep']:.1f} ms, histogram {times['histogram']:.2f} ms"
        )
    assert times["drag"] < 1


@pytest.mark.parametrize("images", [5_000, 25_000])
def test_a_calibration_of_every_label(images, capsys):
    probabilities, targets = drawn(images, 80)
    names = tuple(map(str, range(80)))
    splits = np.full(images, Split.VALIDATION, np.int8)
    predictions = Predictions(np.arange(images), splits, probabilities, targets.astype(np.int8), names)
    times = race(1, temperature=lambda: fit(predictions, "temperature"), platt=lambda: fit(predictions, "platt"))
    with capsys.disabled():
        print(f"\ncalibration {images:,} x 80: {times['temperature']:.0f} ms, per label {times['platt']:.0f} ms")
