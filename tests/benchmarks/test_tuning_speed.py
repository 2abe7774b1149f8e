"""How long thresholds of 100,000 images and 80 labels take to tune."""

import time

import numpy as np
import pytest

from core.evaluation.predictions import Predictions
from core.evaluation.tuning import find_thresholds
from core.labels import Split

pytestmark = pytest.mark.benchmark

IMAGES, LABELS = 100_000, 80


def test_one_label_is_tuned_in_little_of_the_time_of_all(capsys):
    rng = np.random.default_rng(0)
    states = (rng.random((IMAGES, LABELS)) < rng.uniform(0.002, 0.1, LABELS)).astype(np.int8)
    probabilities = np.clip(rng.normal(0.3 + 0.3 * states, 0.15), 0, 1).astype(np.float32)
    names = tuple(f"label {number}" for number in range(LABELS))
    splits = np.full(IMAGES, Split.VALIDATION, np.int8)
    predictions = Predictions(np.arange(IMAGES), splits, probabilities, states, names)
    support = states.sum(axis=0)
    rare, frequent = int(support.argmin()), int(support.argmax())
    # labels, whether they are pulled, and the seconds that they may take at most
    goals = (
        ("one label of many positives", [frequent], "auto", 0.5),
        ("one label that is not pulled", [rare], "off", 0.5),
        ("one label that is pulled", [rare], "on", 1.5),
        ("one label that may be pulled", [rare], "auto", 5.0),
        ("all labels, none pulled", None, "off", 2.0),
        ("all labels", None, "auto", 10.0),
    )
    for what, labels, shrink, goal in goals:
        start = time.perf_counter()
        find_thresholds(predictions, labels=labels, shrink=shrink, draws=0)
        seconds = time.perf_counter() - start
        with capsys.disabled():
            print(f"\n{what}: {seconds:.2f} s of {goal} s", end="")
        assert seconds < goal
