"""Mix-up of Zhang and others, 2018, for targets of many labels some of which are unknown."""

import numpy as np
import torch
from torch import Tensor

from core.learning.data.batches import Batch


def mixup(batch: Batch, *, alpha: float, seed: int) -> Batch:
    """Blend every example with another of its batch, all in one proportion lam, drawn from Beta(alpha, alpha).

    Args:
        batch: on any device, where the work is done.
        alpha: above 0; 1 draws all proportions alike, a small one seldom blends much.
        seed: of proportion and pairs.

    Returns:
        Inputs lam x + (1 - lam) x', of the same type, images rounded; targets lam y + (1 - lam) y'. A label counts
        where it is known of both.
    """
    rng = np.random.default_rng(seed)
    share = float(rng.beta(alpha, alpha))
    partner = torch.from_numpy(rng.permutation(len(batch.inputs))).to(batch.inputs.device)
    known = batch.known & batch.known[partner]
    targets = _blend(batch.targets, batch.targets[partner], share)
    return Batch(_blend(batch.inputs, batch.inputs[partner], share), torch.where(known, targets, 0.0), known)


def _blend(one: Tensor, other: Tensor, share: float) -> Tensor:
    """Of the same type: share * one + (1 - share) * other."""
    if one.is_floating_point():
        return torch.lerp(other, one, share)
    return torch.lerp(other.float(), one.float(), share).round_().to(one.dtype)
