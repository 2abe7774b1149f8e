"""The asymmetric loss of Ridnik and others, 2021."""

import torch
from torch import Tensor
from torch.nn import functional

from core.learning.losses.masking import Reduction, focal_weight, masked, reduce


def asymmetric_loss(
    logits: Tensor,
    targets: Tensor,
    *,
    known: Tensor | None = None,
    gamma_positive: float = 0.0,
    gamma_negative: float = 4.0,
    clip: float = 0.05,
    detach_focal_weight: bool = True,
    reduction: Reduction = "sum",
) -> Tensor:
    """Binary cross-entropy that focuses on hard positives and hard negatives, each as much as is asked for.

    With p = sigmoid(logit) and q = min(1 - p + clip, 1), an element costs -w (y log p + (1 - y) log q), where
    w = (1 - (y p + (1 - y) q)) ^ (g+ y + g- (1 - y)). The authors' code keeps logarithms above log 1e-8; here they are
    exact.

    Args:
        logits: (N, C); computed in float32 at least, also inside autocast.
        targets: (N, C) in [0, 1], soft ones allowed; negative means unknown.
        known: bool (N, C), where the target counts; None counts all that are not negative.
        gamma_positive: g+, at least 0.
        gamma_negative: g-, at least 0.
        clip: in [0, 1); negatives with p at most this cost nothing.
        detach_focal_weight: let no gradient flow through w, as in the authors' trainings.
        reduction: "sum" over all elements, "mean": that sum divided by N, "none": (N, C).

    Returns:
        The loss; unknown elements cost 0 and have gradient 0.
    """
    logits, targets, known = masked(logits, targets, known)
    p = torch.sigmoid(logits)
    # not 1 - p, which has no digits left where p is nearly 1
    not_p, not_q = torch.sigmoid(-logits), p
    log_q = functional.logsigmoid(-logits)
    if clip > 0:
        not_q = (p - clip).clamp(min=0.0)
        # at least `clip`, so that its logarithm needs no stable form
        log_q = (not_p + clip).clamp(max=1.0).log()
    losses = -(targets * functional.logsigmoid(logits) + (1 - targets) * log_q)
    if gamma_positive > 0 or gamma_negative > 0:
        base = targets * not_p + (1 - targets) * not_q
        if detach_focal_weight:
            base = base.detach()
        losses = losses * focal_weight(base, targets, gamma_positive=gamma_positive, gamma_negative=gamma_negative)
    return reduce(losses, known, reduction)
