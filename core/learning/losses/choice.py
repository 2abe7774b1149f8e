"""The loss that a recipe asks for."""

from typing import Protocol

from torch import Tensor

from core.learning.losses.asymmetric_angular_margin import asymmetric_angular_margin_loss
from core.learning.losses.binary_cross_entropy import binary_cross_entropy
from core.learning.losses.masking import Reduction
from core.recipes.recipe import LossConfig


class Loss(Protocol):
    """A loss with its recipe's settings."""

    def __call__(self, logits: Tensor, targets: Tensor, *, known: Tensor, reduction: Reduction) -> Tensor:
        """The loss of logits (N, C)."""


def loss_of(config: LossConfig, *, scale: float) -> Loss:
    """The loss that a recipe asks for.

    Args:
        config: the recipe's section.
        scale: what the head's outputs are multiplied by to become logits.
    """

    def angular_margin(logits: Tensor, targets: Tensor, *, known: Tensor, reduction: Reduction) -> Tensor:
        return asymmetric_angular_margin_loss(
            logits.float() / scale,
            targets,
            known=known,
            scale=scale,
            margin=config.margin,
            positive_weight=config.positive_weight,
            gamma_positive=config.gamma_positive,
            gamma_negative=config.gamma_negative,
            clip=config.clip,
            label_smoothing=config.label_smoothing,
            reduction=reduction,
        )

    def cross_entropy(logits: Tensor, targets: Tensor, *, known: Tensor, reduction: Reduction) -> Tensor:
        return binary_cross_entropy(
            logits, targets, known=known, label_smoothing=config.label_smoothing, reduction=reduction
        )

    return {"asymmetric_angular_margin": angular_margin, "binary_cross_entropy": cross_entropy}[config.name]
