"""One optimiser update: forward, loss, backward, step."""

import torch
from torch import Tensor, nn

from core.learning.data.batches import Batch
from core.learning.data.mixup import mixup
from core.learning.data.seeds import seed_of
from core.learning.losses.choice import Loss
from core.learning.models.net import Net
from core.learning.training.device import Device
from core.learning.training.optimizers import build_optimizer, set_rates
from core.learning.training.sam import SAM, frozen_statistics
from core.recipes.recipe import Recipe

_STEP, _MIXUP = 2, 3
"""What a seed is for; see `core.learning.data.batches`."""


class Stepper:
    """Updates the weights of a module, batch by batch.

    Args:
        net: the whole network.
        trained: the part of it that the batches are inputs of: all of it, or its head.
        loss: of the recipe.
        recipe: its optimiser, mixed batches and sharpness-aware minimisation.
        seed: of dropout and the like.
        device: where.
        decays_all: whether biases and normalisation layers have weight decay like all else.

    Attributes:
        optimizer: with state.
        scaler: of the gradients where half precision needs it, with state.
    """

    def __init__(
        self,
        net: Net,
        trained: nn.Module,
        *,
        loss: Loss,
        recipe: Recipe,
        seed: int,
        device: Device,
        decays_all: bool = False,
    ) -> None:
        config = recipe.training
        self._net = net
        self._trained = trained
        self._loss = loss
        self._recipe = recipe
        self._seed = seed
        self._device = device
        self.optimizer = build_optimizer(trained, config, decays_all=decays_all)
        self.scaler = torch.GradScaler(device.place.type, enabled=device.half is torch.float16)
        self._sam = SAM(self.optimizer, config.sam_rho, adaptive=config.sam_adaptive) if config.sam_rho else None

    def __call__(self, batch: Batch, *, epoch: int, step: int, learning_rate: float, momentum: float) -> Tensor:
        """Update the weights once.

        Args:
            batch: what to learn from.
            epoch: from 1.
            step: from 0, in the whole run.
            learning_rate: of this step, for groups with no rate of their own.
            momentum: of this step, or first beta.

        Returns:
            The loss before the update, detached: the sum over the batch's images.
        """
        set_rates(self.optimizer, learning_rate=learning_rate, momentum=momentum)
        batch = Batch(*(one.to(self._device.place, non_blocking=True) for one in batch))
        # seeds for every step, so that a resumed run draws the same
        seed = seed_of(self._seed, _STEP, step)
        alpha = self._recipe.augmentation.mixup
        if alpha and self._trained is self._net:
            batch = mixup(batch, alpha=alpha, seed=seed_of(self._seed, _MIXUP, step))
        loss = self._backward(batch, epoch=epoch, seed=seed)
        if self._sam is not None:
            norm = self._sam.first_step()
            # an overflow is left to the scaler, which takes no step then
            if not self.scaler.is_enabled() or norm.isfinite():
                with frozen_statistics(self._trained):
                    self._backward(batch, epoch=epoch, seed=seed)
            self._sam.restore()
        self.scaler.step(self.optimizer)
        self.scaler.update()
        return loss

    def _backward(self, batch: Batch, *, epoch: int, seed: int) -> Tensor:
        """Put the gradients of the loss in place of those that are there; returns its sum over the images."""
        torch.manual_seed(seed)
        inputs, targets, known = batch
        with self._device.autocast():
            features = self._net.features(inputs) if self._trained is self._net else inputs
            logits = self._net.head(features)
        pooled = features.flatten(2).float().mean(2) if self._loss.needs_features else None
        loss = self._loss(logits, targets, known=known, reduction="sum", features=pooled, epoch=epoch)
        self.optimizer.zero_grad()
        self.scaler.scale(loss / self._divisor(known)).backward()  # type: ignore[no-untyped-call]
        return loss.detach()

    def _divisor(self, known: Tensor) -> Tensor | int:
        """What the sum of the loss over a batch is divided by, for a mask (N, C)."""
        match self._recipe.loss.reduction:
            case "element_mean":
                return known.sum().clamp(min=1)
            case "mean":
                return len(known)
            case _:
                return 1
