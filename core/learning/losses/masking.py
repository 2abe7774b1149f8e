"""What the losses share: the known mask and the reduction."""

from typing import Literal

import torch
from torch import Tensor

Reduction = Literal["sum", "mean", "none"]


def masked(scores: Tensor, targets: Tensor, known: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
    """Prepare the arguments of a loss.

    Args:
        scores: (N, C) logits or cosines, of any float type.
        targets: (N, C) in [0, 1], of any type; a negative one is unknown.
        known: bool (N, C), where the target counts; None where it is not negative.

    Returns:
        Scores in float32 at least, targets of the same type, and the mask. Unknown elements are replaced by constants,
        so that not even a NaN there reaches the loss or the gradient.
    """
    if scores.shape != targets.shape or (known is not None and known.shape != targets.shape):
        shapes = f"{tuple(scores.shape)}, {tuple(targets.shape)}" + (
            f", {tuple(known.shape)}" if known is not None else ""
        )
        raise ValueError(f"scores, targets and known must have one shape (N, C), not {shapes}")
    known = targets >= 0 if known is None else known.bool() & (targets >= 0)
    if scores.dtype not in (torch.float32, torch.float64):
        scores = scores.float()
    zero = scores.new_zeros(())
    return torch.where(known, scores, zero), torch.where(known, targets.to(scores.dtype), zero), known


def focal_weight(base: Tensor, targets: Tensor, *, gamma_positive: float, gamma_negative: float) -> Tensor:
    """The power base ^ (g+ y + g- (1 - y)) of a base in [0, 1] for targets y, each (N, C)."""
    # a power below 1 has no finite slope at 0
    base = base.clamp(min=torch.finfo(base.dtype).tiny)
    return base ** (gamma_positive * targets + gamma_negative * (1 - targets))


def reduce(losses: Tensor, known: Tensor, reduction: Reduction) -> Tensor:
    """Drop unknown losses and reduce: to the sum, to the sum over N, or not at all.

    Args:
        losses: (N, C) of elements or (N,) of images.
        known: bool, of the same shape.
        reduction: "sum", "mean" or "none".
    """
    losses = torch.where(known, losses, losses.new_zeros(()))
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return losses.sum() / max(len(losses), 1)
    raise ValueError(f"reduction must be sum, mean or none, not {reduction!r}")
