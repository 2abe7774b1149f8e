"""A moving average of a module's whole state, which often does better than the state itself."""

import copy

import torch
from torch import Tensor, nn


class Ema:
    """Exponential moving average of parameters and buffers.

    Each update makes the average decay · average + (1 - decay) · state, so that it spans about the last
    1 / (1 - decay) updates. In a run that is no longer than that the first weights would outweigh all that was learnt:
    there the decay warms up and is at most (1 + n) / (10 + n) in the n-th update, so that the average spans about the
    last tenth of the run so far, and a run of a hundred steps profits like one of a hundred thousand.

    Args:
        module: what is averaged; copied.
        decay: in [0, 1); upper bound where it warms up.
        warm_up: whether the decay warms up.
    """

    def __init__(self, module: nn.Module, decay: float, *, warm_up: bool = True) -> None:
        self.module = copy.deepcopy(module).eval().requires_grad_(False)
        self.decay = decay
        self.warm_up = warm_up
        self.updates = 0

    def update(self, module: nn.Module) -> None:
        """Take in the module's state after a step."""
        self.updates += 1
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates)) if self.warm_up else self.decay
        averaged, current, whole, whole_current = self._pairs(module)
        with torch.no_grad():
            torch._foreach_lerp_(averaged, current, 1 - decay)
            for average, value in zip(whole, whole_current, strict=True):
                average.copy_(value)

    def _pairs(self, module: nn.Module) -> tuple[list[Tensor], list[Tensor], list[Tensor], list[Tensor]]:
        """Tensors of the average and of the module: those with fractions, then counters, which are copied."""
        pairs = list(zip(self.module.state_dict().values(), module.state_dict().values(), strict=True))
        fractions = [pair for pair in pairs if pair[0].is_floating_point()]
        counters = [pair for pair in pairs if not pair[0].is_floating_point()]
        return (
            [one for one, _ in fractions],
            [one for _, one in fractions],
            [one for one, _ in counters],
            [one for _, one in counters],
        )
