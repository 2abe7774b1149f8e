"""The head of metric learning: the cosine between an image's features and a direction for each label."""

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.learning.models.heads.pooling import pool
from core.learning.models.heads.precision import full_precision


class CosineHead(nn.Module):
    """Global pooling, then cosines with one unit vector per label; no bias.

    Args:
        in_channels: S, channels of the feature map.
        num_labels: C.
        dropout: share of the pooled features dropped while training.
        pooling: "average" or "average+max".

    Attributes:
        label_axes: the tensors that have a row for every label, and the axis of the rows.
    """

    label_axes: ClassVar[Mapping[str, int]] = {"weight": 0}

    def __init__(self, in_channels: int, num_labels: int, *, dropout: float = 0.0, pooling: str = "average") -> None:
        super().__init__()
        self.pooling = pooling
        self.dropout = nn.Dropout(dropout)
        self.weight = nn.Parameter(functional.normalize(torch.randn(num_labels, in_channels), dim=1))

    def forward(self, features: Tensor) -> Tensor:
        """Cosines (N, C) in [-1, 1] of a feature map (N, S, H, W)."""
        with full_precision(features.device):
            pooled = self.dropout(pool(features.float(), self.pooling))
            cosines = functional.linear(functional.normalize(pooled, dim=1), functional.normalize(self.weight, dim=1))
        return cosines.clamp(-1.0, 1.0)
