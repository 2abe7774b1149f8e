"""Binary cross-entropy, each label a yes-or-no question of its own."""

import torch
from torch import Tensor
from torch.nn import functional

from core.learning.losses.masking import Reduction, masked, reduce


def positive_weights(counts: Tensor, num_known: Tensor) -> Tensor:
    """Weights of positives with which a label's positives and its negatives weigh the same in all.

    Args:
        counts: (C,), known positives of each label.
        num_known: (C,), images on which each label is known.

    Returns:
        float32 (C,): negatives divided by positives; 1 for a label that lacks either.
    """
    negatives = num_known - counts
    is_mixed = (counts > 0) & (negatives > 0)
    return torch.where(is_mixed, negatives / counts.clamp(min=1), 1.0).float()


def binary_cross_entropy(
    logits: Tensor,
    targets: Tensor,
    *,
    known: Tensor | None = None,
    positive_weights: Tensor | None = None,
    label_smoothing: float = 0.0,
    reduction: Reduction = "sum",
) -> Tensor:
    """Binary cross-entropy over the known elements.

    With p = sigmoid(logit), target y and weight w, an element costs -w y log p - (1 - y) log(1 - p).

    Args:
        logits: (N, C); computed in float32 at least, also inside autocast.
        targets: (N, C) in [0, 1], soft ones allowed; negative means unknown.
        known: bool (N, C), where the target counts; None counts all that are not negative.
        positive_weights: w (C,), at least 0; None for 1.
        label_smoothing: e in [0, 0.5); targets become y (1 - e) + e / 2.
        reduction: "sum" over all elements, "mean": that sum divided by N, "none": (N, C).

    Returns:
        The loss; unknown elements cost 0 and have gradient 0.
    """
    logits, targets, known = masked(logits, targets, known)
    targets = targets * (1 - label_smoothing) + label_smoothing / 2
    losses = functional.binary_cross_entropy_with_logits(logits, targets, pos_weight=positive_weights, reduction="none")
    return reduce(losses, known, reduction)
