"""Binary cross-entropy, each label a yes-or-no question of its own."""

from torch import Tensor
from torch.nn import functional

from core.learning.losses.masking import Reduction, masked, reduce


def binary_cross_entropy(
    logits: Tensor,
    targets: Tensor,
    *,
    known: Tensor | None = None,
    label_smoothing: float = 0.0,
    reduction: Reduction = "sum",
) -> Tensor:
    """Binary cross-entropy over the known elements.

    With p = sigmoid(logit) and target y, an element costs -y log p - (1 - y) log(1 - p).

    Args:
        logits: (N, C); computed in float32 at least, also inside autocast.
        targets: (N, C) in [0, 1]; negative means unknown.
        known: bool (N, C), where the target counts; None counts all that are not negative.
        label_smoothing: e in [0, 0.5); targets become y (1 - e) + e / 2.
        reduction: "sum" over all elements, "mean": that sum divided by N, "none": (N, C).

    Returns:
        The loss; unknown elements cost 0 and have gradient 0.
    """
    logits, targets, known = masked(logits, targets, known)
    targets = targets * (1 - label_smoothing) + label_smoothing / 2
    return reduce(functional.binary_cross_entropy_with_logits(logits, targets, reduction="none"), known, reduction)
