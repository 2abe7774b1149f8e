"""Drawn probabilities, targets and masks of many kinds: few images, ties, constants, rare labels, either precision."""

import numpy as np
import pytest


def draw(seed):
    """Probabilities (N, C), targets (N, C) and known (N, C), or None in a fifth of the cases."""
    rng = np.random.default_rng(seed)
    images, labels = int(rng.integers(1, 60)), int(rng.integers(1, 7))
    probabilities = rng.random((images, labels))
    kind = seed % 6
    if kind == 1:
        probabilities = probabilities.round(1)
    elif kind == 2:
        probabilities = rng.choice([0.0, 0.25, 1.0], (images, labels))
    elif kind == 3:
        probabilities[:] = rng.random(labels)
    elif kind == 4:
        # neighbours among the float32 numbers
        probabilities = (0.3 + rng.integers(0, 9, (images, labels)) * 2.0**-25).astype(np.float32)
    if seed // 6 % 2:
        probabilities = probabilities.astype(np.float32)
    targets = rng.random((images, labels)) < rng.choice([0.02, 0.3, 0.8], labels)
    known = (
        None if seed % 5 == 0 else rng.random((images, labels)) < rng.choice([0.0, 0.5, 1.0], labels, p=[0.1, 0.6, 0.3])
    )
    return probabilities, targets, known


def columns(probabilities, targets, known):
    """The known scores and targets of each label."""
    for label in range(probabilities.shape[1]):
        rows = slice(None) if known is None else known[:, label]
        yield label, probabilities[rows, label], targets[rows, label]


many_draws = pytest.mark.parametrize("seeds", [range(first, first + 60) for first in range(0, 300, 60)], ids=str)
