"""The loss that a recipe asks for."""

from dataclasses import dataclass
from typing import Self

from torch import Tensor

from core.learning.losses.asymmetric import asymmetric_loss
from core.learning.losses.asymmetric_angular_margin import asymmetric_angular_margin_loss
from core.learning.losses.binary_cross_entropy import binary_cross_entropy, positive_weights
from core.learning.losses.cross_entropy import cross_entropy
from core.learning.losses.influence_balanced import influence_balanced_loss
from core.learning.losses.masking import Reduction
from core.recipes.recipe import LossConfig


@dataclass(frozen=True, eq=False)
class LabelCounts:
    """How often each label occurs in the training images.

    Attributes:
        positives: int64 (C,), images with the label.
        known: int64 (C,), images on which its state is known.
    """

    positives: Tensor
    known: Tensor

    @classmethod
    def of(cls, targets: Tensor, known: Tensor) -> Self:
        """Count targets (N, C) in {0, 1} where known, bool (N, C)."""
        return cls(positives=((targets > 0) & known).sum(dim=0), known=known.sum(dim=0))


@dataclass(frozen=True, eq=False, kw_only=True)
class Loss:
    """A loss with its recipe's settings.

    Attributes:
        config: the recipe's section.
        scale: what the head's outputs are multiplied by to become logits.
        positive_weights: of binary cross-entropy, float32 (C,); None for none.
        class_counts: of the training images, int64 (C,).
    """

    config: LossConfig
    scale: float
    positive_weights: Tensor | None
    class_counts: Tensor

    @property
    def needs_features(self) -> bool:
        """Whether it must be given the head's pooled inputs while training."""
        return self.config.name == "influence_balanced"

    def starts_to_balance(self, epoch: int) -> bool:
        """Whether an epoch, from 1, is the first with another loss than the epoch before."""
        return self.config.name == "influence_balanced" and epoch == self.config.influence_start + 1 > 1

    def __call__(
        self,
        logits: Tensor,
        targets: Tensor,
        *,
        known: Tensor,
        reduction: Reduction,
        features: Tensor | None = None,
        epoch: int = 1,
    ) -> Tensor:
        """The loss of logits (N, C).

        Args:
            logits: (N, C), cosines of a cosine head multiplied by the scale.
            targets: (N, C) in [0, 1]; one-hot, or soft, for the losses of one label per image.
            known: bool (N, C), where the target counts.
            reduction: "sum", "mean": that sum divided by N, or "none".
            features: (N, S), the head's pooled inputs, where `needs_features`; scoring an epoch of plain cross-entropy,
                such as the first, does without.
            epoch: from 1.
        """
        config = self.config
        match config.name:
            case "binary_cross_entropy":
                weights = None if self.positive_weights is None else self.positive_weights.to(logits.device)
                return binary_cross_entropy(
                    logits,
                    targets,
                    known=known,
                    positive_weights=weights,
                    label_smoothing=config.label_smoothing,
                    reduction=reduction,
                )
            case "asymmetric":
                return asymmetric_loss(
                    logits,
                    targets,
                    known=known,
                    gamma_positive=config.gamma_positive,
                    gamma_negative=config.gamma_negative,
                    clip=config.clip,
                    detach_focal_weight=config.detach_focal_weight,
                    reduction=reduction,
                )
            case "asymmetric_angular_margin":
                return asymmetric_angular_margin_loss(
                    logits.float() / self.scale,
                    targets,
                    known=known,
                    scale=self.scale,
                    margin=config.margin,
                    positive_weight=config.positive_weight,
                    gamma_positive=config.gamma_positive,
                    gamma_negative=config.gamma_negative,
                    clip=config.clip,
                    label_smoothing=config.label_smoothing,
                    reduction=reduction,
                )
            case "cross_entropy":
                return cross_entropy(
                    logits, targets, known=known, label_smoothing=config.label_smoothing, reduction=reduction
                )
            case "influence_balanced":
                return influence_balanced_loss(
                    logits,
                    targets,
                    features,
                    class_counts=self.class_counts.to(logits.device),
                    known=known,
                    epoch=epoch,
                    start_epoch=config.influence_start,
                    alpha=config.influence_alpha,
                    reduction=reduction,
                )
            case other:
                raise ValueError(f"there is no loss {other!r}")


def loss_of(config: LossConfig, *, scale: float, counts: LabelCounts) -> Loss:
    """The loss that a recipe asks for.

    Args:
        config: the recipe's section.
        scale: what the head's outputs are multiplied by to become logits.
        counts: of the training images.
    """
    weights = positive_weights(counts.positives, counts.known) if config.balance_positives else None
    return Loss(config=config, scale=scale, positive_weights=weights, class_counts=counts.positives)
