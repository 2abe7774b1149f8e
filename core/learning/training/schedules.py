"""How learning rate and momentum go.

All but the plateau are functions of the step: a resumed run asks again and remembers nothing.
"""

import math
from dataclasses import dataclass

from core.recipes.recipe import TrainingConfig

_HIGH_MOMENTUM, _LOW_MOMENTUM = 0.95, 0.85
_SMALLEST_CHANGE = 1e-8
"""torch's: a plateau changes a learning rate by no less."""


def learning_rate(config: TrainingConfig, step: int, total: int, *, peak: float | None = None) -> float:
    """The learning rate of a step.

    Args:
        config: of the run.
        step: from 0.
        total: steps of the whole run.
        peak: what a plateau has come to; None for the recipe's learning rate.
    """
    peak = config.learning_rate if peak is None else peak
    if config.schedule == "one_cycle":
        return one_cycle(step, total, peak=peak, warm_up=config.warm_up)
    if step < config.warm_up_steps:
        return peak * (step + 1) / config.warm_up_steps
    if config.schedule == "cosine":
        steps = max(total - config.warm_up_steps, 1)
        return _cosine(peak, min(config.minimum_rate, peak), (step - config.warm_up_steps) / steps)
    return peak


def momentum(config: TrainingConfig, step: int, total: int) -> float:
    """The momentum of a step, or the first beta: with `cycle_momentum` it falls while one_cycle's rate rises, and back.

    Args:
        config: of the run.
        step: from 0.
        total: steps of the whole run.
    """
    if not config.cycle_momentum or config.schedule != "one_cycle":
        return config.momentum
    return _rise_and_fall(
        step, total, start=_HIGH_MOMENTUM, summit=_LOW_MOMENTUM, end=_HIGH_MOMENTUM, warm_up=config.warm_up
    )


def is_warming_up(config: TrainingConfig, steps_done: int, total: int) -> bool:
    """Whether the learning rate still rises after so many steps of `total`."""
    if config.schedule == "one_cycle":
        return steps_done < config.warm_up * total - 1
    return steps_done < config.warm_up_steps


def one_cycle(
    step: int, total: int, *, peak: float, warm_up: float, start_divisor: float = 100.0, end_divisor: float = 1000.0
) -> float:
    """Smith's one-cycle schedule: a cosine up to the peak, then a longer one down to almost nothing.

    Equal to `torch.optim.lr_scheduler.OneCycleLR`.

    Args:
        step: from 0 to total - 1.
        total: steps in all.
        peak: the highest value.
        warm_up: share of the steps in which it rises.
        start_divisor: peak / start_divisor is the first value.
        end_divisor: the first value / end_divisor is the last.
    """
    start = peak / start_divisor
    return _rise_and_fall(step, total, start=start, summit=peak, end=start / end_divisor, warm_up=warm_up)


@dataclass
class Plateau:
    """A learning rate that is lowered when the metric gains nothing any more.

    Equal to `torch.optim.lr_scheduler.ReduceLROnPlateau` with mode "max" and an absolute threshold.

    Attributes:
        rate: the learning rate.
        factor: what it is multiplied by.
        patience: epochs without gain that are waited for.
        threshold: gain that counts.
        minimum: the rate goes no lower.
        best: the best metric so far.
        waited: epochs without gain since the last gain.
    """

    rate: float
    factor: float
    patience: int
    threshold: float
    minimum: float
    best: float = -math.inf
    waited: int = 0

    @classmethod
    def of(cls, config: TrainingConfig) -> "Plateau":
        """The plateau that a recipe asks for, before the first epoch."""
        return cls(
            rate=config.learning_rate,
            factor=config.plateau_factor,
            patience=config.plateau_patience,
            threshold=config.plateau_threshold,
            minimum=config.minimum_rate,
        )

    def update(self, metric: float) -> None:
        """Take in the metric of an epoch, the higher the better."""
        if metric > self.best + self.threshold:
            self.best, self.waited = metric, 0
            return
        self.waited += 1
        if self.waited > self.patience:
            lower = max(self.rate * self.factor, self.minimum)
            if self.rate - lower > _SMALLEST_CHANGE:
                self.rate = lower
            self.waited = 0


def _rise_and_fall(step: int, total: int, *, start: float, summit: float, end: float, warm_up: float) -> float:
    """Two half waves: from the start to the summit in the `warm_up` share of the steps, then to the end."""
    top = warm_up * total - 1
    if 0 < top >= step:
        return _cosine(start, summit, step / top)
    return _cosine(summit, end, (step - top) / max(total - 1 - top, 1e-9))


def _cosine(first: float, last: float, share: float) -> float:
    return last + (first - last) / 2 * (1 + math.cos(math.pi * min(share, 1.0)))
