"""Query2Label: a small transformer in which every label has a query of its own.

After Liu et al. 2021, "Query2Label: A Simple Transformer Way to Multi-Label Classification", with one encoder and two
decoder layers, whose queries do not look at each other.
"""

import math
from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn

_HEADS = 4
_FEED_FORWARD = 2048
_DROPOUT = 0.1
_DECODER_LAYERS = 2
_TEMPERATURE = 10_000.0


class Query2LabelHead(nn.Module):
    """Encoder and decoder over the feature map, then one product per label.

    Args:
        in_channels: S, channels of the feature map.
        num_labels: C.
        embed_dim: width of the transformer, a multiple of 4; None for the feature map's, rounded up to one of 8.

    Attributes:
        label_axes: the tensors that have a row for every label, and the axis of the rows.
    """

    label_axes: ClassVar[Mapping[str, int]] = {"queries": 0, "weight": 0, "bias": 0}

    def __init__(self, in_channels: int, num_labels: int, *, embed_dim: int | None = None) -> None:
        super().__init__()
        width = embed_dim or -(-in_channels // 8) * 8
        self.project = nn.Conv2d(in_channels, width, 1)
        self.queries = nn.Parameter(torch.randn(num_labels, width))
        self.encoder = _Layer(width)
        self.decoder = nn.ModuleList(_Layer(width) for _ in range(_DECODER_LAYERS))
        self.norm = nn.LayerNorm(width)
        bound = 1 / math.sqrt(width)
        self.weight = nn.Parameter(torch.empty(num_labels, width).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.zeros(num_labels))

    def forward(self, features: Tensor) -> Tensor:
        """Logits (N, C) of a feature map (N, S, H, W)."""
        projected = self.project(features)
        positions = sine_positions(projected)
        memory = projected.flatten(2).transpose(1, 2)
        places = memory + positions
        memory = self.encoder(memory, queries=places, keys=places, values=memory)
        keys = memory + positions
        answers = torch.zeros_like(self.queries).expand(memory.shape[0], -1, -1)
        for layer in self.decoder:
            answers = layer(answers, queries=answers + self.queries, keys=keys, values=memory)
        logits: Tensor = (self.norm(answers) * self.weight).sum(dim=2) + self.bias
        return logits


class _Layer(nn.Module):
    """Attention and a feed-forward network, each added and then normalised."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(width, _HEADS, dropout=_DROPOUT, batch_first=True)
        self.norm_attention = nn.LayerNorm(width)
        self.feed_forward = nn.Sequential(
            nn.Linear(width, _FEED_FORWARD), nn.ReLU(), nn.Dropout(_DROPOUT), nn.Linear(_FEED_FORWARD, width)
        )
        self.norm_feed_forward = nn.LayerNorm(width)
        self.dropout = nn.Dropout(_DROPOUT)

    def forward(self, stream: Tensor, *, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """The stream (N, L, E) after the layer; keys and values are (N, T, E)."""
        seen = self.attention(queries, keys, values, need_weights=False)[0]
        stream = self.norm_attention(stream + self.dropout(seen))
        after: Tensor = self.norm_feed_forward(stream + self.dropout(self.feed_forward(stream)))
        return after


def sine_positions(features: Tensor) -> Tensor:
    """Sines and cosines of the places of a feature map (N, E, H, W), E a multiple of 4.

    After Carion et al. 2020 (DETR): rows and columns are counted from 1 and scaled so that the last is at 2π; the
    first half of the channels tells the row, the second the column; sines and cosines take turns.

    Returns:
        (H·W, E), rows one after the other.
    """
    _, width, rows, columns = features.shape
    steps = torch.arange(width // 4, device=features.device, dtype=torch.float32)
    wavelengths = _TEMPERATURE ** (2 * steps / (width // 2))
    parts = []
    for count, shape in ((rows, (rows, 1, -1)), (columns, (1, columns, -1))):
        place = torch.arange(1, count + 1, device=features.device, dtype=torch.float32) / count * 2 * math.pi
        angles = place[:, None] / wavelengths
        waves = torch.stack((angles.sin(), angles.cos()), dim=2).flatten(1)
        parts.append(waves.reshape(shape).expand(rows, columns, -1))
    return torch.cat(parts, dim=2).flatten(0, 1).to(features.dtype)
