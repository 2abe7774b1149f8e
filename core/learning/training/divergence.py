"""Noticing that a training has lost its way."""

import math

from core.errors import JobError


class DivergedError(JobError):
    """A loss is infinite or no number, from which no training comes back."""


def check_finite(loss: float) -> None:
    """Raise a DivergedError when a loss is infinite or no number."""
    if not math.isfinite(loss):
        raise DivergedError(
            "The training diverged: its loss is no number any more.",
            next_step="Train again with a lower training.learning_rate.",
        )
