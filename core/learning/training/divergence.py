"""Noticing that a training has lost its way."""

import math

from core.errors import JobError


def check_finite(loss: float) -> None:
    """Raise a JobError when a loss is infinite or no number, from which no training comes back."""
    if not math.isfinite(loss):
        raise JobError(
            "The training diverged: its loss is no number any more.",
            next_step="Train again with a lower training.learning_rate.",
        )
