"""Sharpness-aware minimisation: descend by the gradient of the worst point near by."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


class SAM:
    """Sharpness-aware minimisation around any optimiser.

    From weights w with gradient g the first step climbs to w + e, e = rho · g / ‖g‖, with one norm over all parameters;
    the second goes back to w and lets the base optimiser descend by the gradient found at w + e (Foret et al. 2021).
    Adaptive, e = rho · w² · g / ‖w · g‖, so that scaling a layer changes nothing (ASAM, Kwon et al. 2021). A factor
    on all gradients, such as that of a GradScaler, does not change e.

    Each update of the weights is: gradients, `first_step`, `zero_grad`, gradients anew, `second_step`.

    Args:
        base_optimizer: makes the update.
        rho: radius of the neighbourhood, 0 or more; 0 leaves what the base optimiser does alone.
        adaptive: whether the radius is relative to the weights.
    """

    def __init__(self, base_optimizer: torch.optim.Optimizer, rho: float = 0.05, adaptive: bool = False) -> None:
        if rho < 0:
            raise ValueError(f"rho must be 0 or more, not {rho}")
        self.base_optimizer = base_optimizer
        self.rho = rho
        self.adaptive = adaptive
        self._moved: list[Tensor] = []
        self._weights: list[Tensor] = []

    def first_step(self) -> Tensor:
        """Climb to the worst point near by; the weights are remembered.

        Returns:
            The norm of the gradients, a scalar: not finite where they overflowed, and then the weights are worthless
            until `restore`.

        Raises:
            RuntimeError: it climbed already and did not go back, or there are no gradients.
        """
        if self._moved:
            raise RuntimeError("first_step came twice; second_step or restore goes back in between")
        parameters = [
            one for group in self.base_optimizer.param_groups for one in group["params"] if one.grad is not None
        ]
        if not parameters:
            raise RuntimeError("first_step needs gradients: call backward() on the loss before it")
        with torch.no_grad():
            ways: list[Tensor] = [one.grad for one in parameters]
            if self.adaptive:
                sizes = torch._foreach_abs(parameters)
                ways = list(torch._foreach_mul(ways, sizes))
            norm = nn.utils.get_total_norm(ways)
            if self.adaptive:
                ways = list(torch._foreach_mul(ways, sizes))
            self._moved, self._weights = parameters, [one.clone() for one in parameters]
            torch._foreach_add_(parameters, torch._foreach_mul(ways, self.rho / (norm + 1e-12)))
        return norm

    def restore(self) -> None:
        """Go back to the weights before `first_step`, to the bit.

        Raises:
            RuntimeError: there was no `first_step` since it last went back.
        """
        if not self._moved:
            raise RuntimeError("first_step comes before second_step and restore")
        with torch.no_grad():
            torch._foreach_copy_(self._moved, self._weights)
        self._moved, self._weights = [], []

    def second_step(self) -> None:
        """Go back, and let the base optimiser take its step with the present gradients.

        Raises:
            RuntimeError: there was no `first_step` since it last went back.
        """
        self.restore()
        self.base_optimizer.step()

    def zero_grad(self) -> None:
        """Forget the gradients."""
        self.base_optimizer.zero_grad()


@contextmanager
def frozen_statistics(module: nn.Module) -> Iterator[None]:
    """Keep batch-norm from taking in what it sees; it still normalises by the batch while training.

    The second pass is at weights nobody keeps, whose statistics would spoil the running ones.
    """
    tracking = [one for one in module.modules() if isinstance(one, _BatchNorm) and one.track_running_stats]
    for one in tracking:
        one.track_running_stats = False
    try:
        yield
    finally:
        for one in tracking:
            one.track_running_stats = True
