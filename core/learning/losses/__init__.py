"""Losses with a known mask, one file each."""

from core.learning.losses.asymmetric_angular_margin import asymmetric_angular_margin_loss, compute_scale
from core.learning.losses.binary_cross_entropy import binary_cross_entropy

__all__ = ["asymmetric_angular_margin_loss", "binary_cross_entropy", "compute_scale"]
