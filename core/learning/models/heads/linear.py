"""The plain head: average over the feature map, then one linear layer."""

import torch
from torch import Tensor, nn


class LinearHead(nn.Module):
    """Global average pooling and a linear layer.

    Args:
        in_channels: S, channels of the feature map.
        num_labels: C.
        dropout: share of the pooled features dropped while training.
    """

    def __init__(self, in_channels: int, num_labels: int, *, dropout: float = 0.0) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(in_channels, num_labels)
        # starting at probability 1/2 everywhere, not at random answers, spares a pretrained backbone the first jolt
        nn.init.normal_(self.linear.weight, std=0.01)
        nn.init.zeros_(self.linear.bias)

    def forward(self, features: Tensor) -> Tensor:
        """Logits (N, C) of a feature map (N, S, H, W)."""
        logits: Tensor = self.linear(self.dropout(torch.mean(features, dim=(2, 3))))
        return logits
