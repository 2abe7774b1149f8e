"""The plain head: pool the feature map, then one linear layer."""

from collections.abc import Mapping
from typing import ClassVar

from torch import Tensor, nn

from core.learning.models.heads.pooling import pool


class LinearHead(nn.Module):
    """Global pooling and a linear layer.

    Args:
        in_channels: S, channels of the feature map.
        num_labels: C.
        dropout: share of the pooled features dropped while training.
        pooling: "average" or "average+max".

    Attributes:
        label_axes: the tensors that have a row for every label, and the axis of the rows.
    """

    label_axes: ClassVar[Mapping[str, int]] = {"linear.weight": 0, "linear.bias": 0}

    def __init__(self, in_channels: int, num_labels: int, *, dropout: float = 0.0, pooling: str = "average") -> None:
        super().__init__()
        self.pooling = pooling
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(in_channels, num_labels)
        # starting at probability 1/2 everywhere, not at random answers, spares a pretrained backbone the first jolt
        nn.init.normal_(self.linear.weight, std=0.01)
        nn.init.zeros_(self.linear.bias)

    def forward(self, features: Tensor) -> Tensor:
        """Logits (N, C) of a feature map (N, S, H, W)."""
        logits: Tensor = self.linear(self.dropout(pool(features, self.pooling)))
        return logits
