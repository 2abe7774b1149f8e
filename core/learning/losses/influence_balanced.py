"""The influence-balanced loss of Park and others, 2021, for classes of very different sizes."""

import torch
from torch import Tensor
from torch.nn import functional

from core.learning.losses.cross_entropy import cross_entropy
from core.learning.losses.masking import Reduction, masked, reduce

_EPSILON = 0.001
"""Keeps the factor finite; as in the reference."""


def influence_balanced_loss(
    logits: Tensor,
    targets: Tensor,
    features: Tensor | None,
    *,
    class_counts: Tensor,
    known: Tensor | None = None,
    epoch: int,
    start_epoch: int = 5,
    alpha: float = 1000.0,
    reduction: Reduction = "sum",
) -> Tensor:
    """Cross-entropy that, after some plain epochs, weighs an image less the more it pulls at the last layer.

    An image then costs its cross-entropy with class weights, times alpha / (|softmax - y|_1 |features|_1 + 0.001). The
    weights are in proportion to 1 / n_c and 1 on average. The gradient flows through the factor.

    Args:
        logits: (N, C); computed in float32 at least, also inside autocast.
        targets: (N, C) in [0, 1], one-hot or soft; negative means unknown.
        features: (N, S), the inputs of the layer that gave the logits; None does in the plain epochs.
        class_counts: n (C,), training images of each class. A class without any has weight 1 and does not count in the
            average.
        known: bool (N, C), where the target counts; None counts all that are not negative.
        epoch: from 1.
        start_epoch: epochs of plain cross-entropy before the balancing begins.
        alpha: above 0.
        reduction: "sum" over the images, "mean": that sum divided by N, "none": (N,).

    Returns:
        The loss; unknown elements have gradient 0, and an image without a known positive costs 0.
    """
    if epoch <= start_epoch:
        return cross_entropy(logits, targets, known=known, reduction=reduction)
    if features is None or features.ndim != 2 or len(features) != len(logits):
        shape = None if features is None else tuple(features.shape)
        raise ValueError(f"features must have the shape ({len(logits)}, S), not {shape}")
    logits, targets, known = masked(logits, targets, known)
    has_positive = (targets > 0).any(dim=1)
    weighted = cross_entropy(logits, targets, known=known, class_weights=_class_weights(class_counts), reduction="none")
    probabilities = functional.softmax(logits.masked_fill(~known, torch.finfo(logits.dtype).min), dim=1)
    pull = (probabilities - targets).abs().sum(dim=1)
    # an image that costs nothing must not bring in its features, which may be no numbers
    size = torch.where(has_positive[:, None], features.to(logits.dtype), 0.0).abs().sum(dim=1)
    return reduce(weighted * (alpha / (pull * size + _EPSILON)), has_positive, reduction)


def _class_weights(counts: Tensor) -> Tensor:
    """Weights float32 (C,) in proportion to 1 / counts, 1 on average over the classes that occur."""
    occurs = counts > 0
    inverse = torch.where(occurs, 1 / counts.clamp(min=1), 0.0)
    return torch.where(occurs, inverse * (occurs.sum() / inverse.sum()), 1.0).float()
