"""Cross-entropy over the labels of an image that has exactly one of them."""

import torch
from torch import Tensor
from torch.nn import functional

from core.learning.losses.masking import Reduction, masked, reduce


def cross_entropy(
    logits: Tensor,
    targets: Tensor,
    *,
    known: Tensor | None = None,
    class_weights: Tensor | None = None,
    label_smoothing: float = 0.0,
    reduction: Reduction = "sum",
) -> Tensor:
    """Cross-entropy of a softmax over the known labels of each image.

    With p = softmax(logits), targets y and weights w, an image costs -sum_c w_c y_c log p_c. An unknown label is left
    out of the softmax: it may be the right answer or not. An image without a known positive says nothing and costs 0.

    Args:
        logits: (N, C); computed in float32 at least, also inside autocast.
        targets: (N, C) in [0, 1], one-hot or soft; negative means unknown.
        known: bool (N, C), where the target counts; None counts all that are not negative.
        class_weights: w (C,), at least 0; None for 1. They do not divide the mean.
        label_smoothing: e in [0, 1); targets become y (1 - e) + e / K over the K known labels of the image.
        reduction: "sum" over the images, "mean": that sum divided by N, "none": (N,).

    Returns:
        The loss; unknown elements have gradient 0.
    """
    logits, targets, known = masked(logits, targets, known)
    has_positive = (targets > 0).any(dim=1)
    if label_smoothing:
        num_known = known.sum(dim=1, keepdim=True).clamp(min=1)
        targets = torch.where(known, targets * (1 - label_smoothing) + label_smoothing / num_known, 0.0)
    # finite, since times a target of 0 it must be 0
    log_p = functional.log_softmax(logits.masked_fill(~known, torch.finfo(logits.dtype).min), dim=1)
    losses = -targets * log_p
    if class_weights is not None:
        losses = losses * class_weights
    return reduce(losses.sum(dim=1), has_positive, reduction)
