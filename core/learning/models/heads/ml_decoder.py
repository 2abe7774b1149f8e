"""ML-Decoder: queries look at the feature map, and each answers for a group of labels.

After Ridnik et al. 2021, "ML-Decoder: Scalable and Versatile Classification Head". The queries do not look at each
other, so the cost grows with their number and not with its square.
"""

import math
from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.learning.models.heads.precision import full_precision

_MOST_GROUPS = 100
_HEADS = 8
_FEED_FORWARD = 2048
_DROPOUT = 0.1


class MLDecoderHead(nn.Module):
    """One decoder layer without self-attention, then a linear layer for each group of labels.

    Label k belongs to group k // labels_per_group; the last groups may have fewer labels, or none.

    Args:
        in_channels: S, channels of the feature map.
        num_labels: C.
        num_groups: L, queries; None for one per label, 100 at most. More than C make C.
        embed_dim: width of the decoder, a multiple of 8.
        cosine: whether to give cosines in [-1, 1], without bias, instead of logits.

    Attributes:
        label_axes: the tensors that have a row for every label, and the axis of the rows.
        labels_per_group: the smallest number that gives every label a place.
    """

    label_axes: ClassVar[Mapping[str, int]] = {"weight": 0, "bias": 0}

    def __init__(
        self,
        in_channels: int,
        num_labels: int,
        num_groups: int | None = None,
        embed_dim: int = 768,
        cosine: bool = False,
    ) -> None:
        super().__init__()
        groups = min(num_groups or _MOST_GROUPS, num_labels)
        self.num_labels = num_labels
        self.labels_per_group = -(-num_labels // groups)
        self.embed = nn.Linear(in_channels, embed_dim)
        # random directions that stay what they are: the layers around them learn to use them
        self.queries = nn.Parameter(torch.randn(groups, embed_dim), requires_grad=False)
        self.norm_queries = nn.LayerNorm(embed_dim)
        self.attention = nn.MultiheadAttention(embed_dim, _HEADS, dropout=_DROPOUT, batch_first=True)
        self.norm_attention = nn.LayerNorm(embed_dim)
        self.feed_forward = nn.Sequential(
            nn.Linear(embed_dim, _FEED_FORWARD), nn.ReLU(), nn.Dropout(_DROPOUT), nn.Linear(_FEED_FORWARD, embed_dim)
        )
        self.norm_feed_forward = nn.LayerNorm(embed_dim)
        self.dropout = nn.Dropout(_DROPOUT)
        places = groups * self.labels_per_group
        # Xavier's for the tensor (groups, width, labels per group) of the authors
        deviation = math.sqrt(2 / ((groups + embed_dim) * self.labels_per_group))
        self.weight = nn.Parameter(torch.randn(places, embed_dim) * deviation)
        self.bias = None if cosine else nn.Parameter(torch.zeros(num_labels))

    def forward(self, features: Tensor) -> Tensor:
        """Logits or cosines (N, C) of a feature map (N, S, H, W)."""
        # in this order an exported file also takes no images at all; onnxruntime fails on a plain transpose there
        tokens = self.embed(features.permute(0, 2, 3, 1)).flatten(1, 2)
        memory = functional.relu(tokens) if self.bias is not None else functional.leaky_relu(tokens, 0.2)
        answers = self._decode(memory)
        if self.bias is not None:
            return self._by_label(answers, self.weight) + self.bias
        with full_precision(features.device):
            directions = functional.normalize(answers.float(), dim=2)
            return self._by_label(directions, functional.normalize(self.weight, dim=1)).clamp(-1.0, 1.0)

    def _decode(self, memory: Tensor) -> Tensor:
        """What the queries (L, E) make of the tokens (N, H·W, E): (N, L, E)."""
        queries = self.queries.expand(memory.shape[0], -1, -1)
        queries = self.norm_queries(queries + self.dropout(queries))
        seen = self.attention(queries, memory, memory, need_weights=False)[0]
        queries = self.norm_attention(queries + self.dropout(seen))
        answers: Tensor = self.norm_feed_forward(queries + self.dropout(self.feed_forward(queries)))
        return answers

    def _by_label(self, answers: Tensor, weight: Tensor) -> Tensor:
        """Products (N, C) of the answers (N, L, E) with the rows of their labels."""
        grouped = weight.view(-1, self.labels_per_group, weight.shape[1])
        return torch.einsum("nle,lke->nlk", answers, grouped).flatten(1)[:, : self.num_labels]
