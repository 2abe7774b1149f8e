"""Losses with a known mask, one file each."""

from core.learning.losses.asymmetric import asymmetric_loss
from core.learning.losses.asymmetric_angular_margin import asymmetric_angular_margin_loss, compute_scale
from core.learning.losses.binary_cross_entropy import binary_cross_entropy, positive_weights
from core.learning.losses.cross_entropy import cross_entropy
from core.learning.losses.influence_balanced import influence_balanced_loss

__all__ = [
    "asymmetric_angular_margin_loss",
    "asymmetric_loss",
    "binary_cross_entropy",
    "compute_scale",
    "cross_entropy",
    "influence_balanced_loss",
    "positive_weights",
]
