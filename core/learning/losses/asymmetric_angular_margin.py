"""The asymmetric angular margin loss of Prokofiev and Sovrasov, 2022."""

import math

import torch
from torch import Tensor
from torch.nn import functional

from core.learning.losses.masking import Reduction, focal_weight, masked, reduce


def compute_scale(num_labels: int) -> float:
    """The scale s chosen from the number of labels K: sqrt(5) ln(K - 1), between 7 and 30."""
    return min(max(math.sqrt(5) * math.log(num_labels - 1), 7.0), 30.0) if num_labels > 1 else 7.0


def asymmetric_angular_margin_loss(
    cosines: Tensor,
    targets: Tensor,
    *,
    known: Tensor | None = None,
    scale: float,
    margin: float = 0.0,
    positive_weight: float = 0.7,
    gamma_positive: float = 0.0,
    gamma_negative: float = 1.0,
    clip: float = 0.0,
    label_smoothing: float = 0.0,
    reduction: Reduction = "sum",
) -> Tensor:
    """Binary cross-entropy on scaled cosines with a margin, a weight and focusing for each side.

    With p = sigmoid(s (cos - m)) and q = sigmoid(-s (cos + m)), an element costs
    -w (k/s y log p + (1-k)/s (1-y) log q), where w = (y q + (1-y) p) ^ (g+ y + g- (1-y)).
    The gradient flows through w. The exponents follow the authors' code; the paper's equation prints them swapped.

    Args:
        cosines: (N, C) in [-1, 1]; computed in float32 at least, also inside autocast.
        targets: (N, C) in [0, 1], soft ones allowed; negative means unknown.
        known: bool (N, C), where the target counts; None counts all that are not negative.
        scale: s > 0.
        margin: m.
        positive_weight: k in [0, 1].
        gamma_positive: g+, at least 0.
        gamma_negative: g-, at least 0.
        clip: with any gamma above 0, q becomes min(q + clip, 1), in w too: very easy negatives then cost nothing. 0 is
            the paper's formula, 0.05 the authors' code.
        label_smoothing: e; a target of 0 becomes e, any other y (1 - e).
        reduction: "sum" over all elements, "mean": that sum divided by N, "none": (N, C).

    Returns:
        The loss; unknown elements cost 0 and have gradient 0.
    """
    if scale <= 0:
        raise ValueError(f"scale must be above 0, not {scale}")
    cosines, targets, known = masked(cosines, targets, known)
    if label_smoothing:
        smoothed = torch.where(targets == 0, label_smoothing, targets * (1 - label_smoothing))
        targets = torch.where(known, smoothed, targets)
    positive_logits = scale * (cosines - margin)
    negative_logits = -scale * (cosines + margin)
    log_p = functional.logsigmoid(positive_logits)
    log_q = functional.logsigmoid(negative_logits)
    q = torch.sigmoid(negative_logits)
    focused = gamma_positive > 0 or gamma_negative > 0
    if focused and clip > 0:
        q = (q + clip).clamp(max=1.0)
        # q is at least `clip` now, so its logarithm needs no stable form
        log_q = q.log()
    losses = -(positive_weight * targets * log_p + (1 - positive_weight) * (1 - targets) * log_q) / scale
    if focused:
        base = targets * q + (1 - targets) * torch.sigmoid(positive_logits)
        losses = losses * focal_weight(base, targets, gamma_positive=gamma_positive, gamma_negative=gamma_negative)
    return reduce(losses, known, reduction)
