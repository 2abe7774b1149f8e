"""How the learning rate goes, as functions of the step: a resumed run asks again and remembers nothing."""

import math

from core.recipes.recipe import TrainingConfig


def learning_rate(config: TrainingConfig, step: int, total: int) -> float:
    """The learning rate of a step.

    Args:
        config: of the run.
        step: from 0.
        total: steps of the whole run.
    """
    if config.schedule == "constant":
        return config.learning_rate
    return one_cycle(step, total, peak=config.learning_rate, warm_up=config.warm_up)


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
    summit = warm_up * total - 1
    if 0 < summit >= step:
        return _cosine(start, peak, step / summit)
    return _cosine(peak, start / end_divisor, (step - summit) / max(total - 1 - summit, 1e-9))


def _cosine(first: float, last: float, share: float) -> float:
    return last + (first - last) / 2 * (1 + math.cos(math.pi * min(share, 1.0)))
