"""CSRA: class-specific residual attention.

After Zhu and Wu 2021, "Residual Attention: A Simple but Effective Method for Multi-Label Recognition".
"""

import math
from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

#: Temperatures by the number of attention heads; infinity attends to the place with the highest score.
TEMPERATURES: Mapping[int, tuple[float, ...]] = {
    1: (1.0,),
    2: (1.0, math.inf),
    4: (1.0, 2.0, 4.0, math.inf),
    6: (1.0, 2.0, 3.0, 4.0, 5.0, math.inf),
    8: (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, math.inf),
}


class CSRAHead(nn.Module):
    """A score for every label at every place; a label's logit is their average plus what attention picks out of them.

    Args:
        in_channels: S, channels of the feature map.
        num_labels: C.
        attention_heads: one of `TEMPERATURES`; the logits of the heads are added up.
        attention_weight: λ, weight of the attention beside the average.

    Attributes:
        label_axes: the tensors that have a row for every label, and the axis of the rows.
    """

    label_axes: ClassVar[Mapping[str, int]] = {"weight": 1}

    def __init__(
        self, in_channels: int, num_labels: int, *, attention_heads: int = 1, attention_weight: float = 0.1
    ) -> None:
        super().__init__()
        self.temperatures = TEMPERATURES[attention_heads]
        self.attention_weight = attention_weight
        self.weight = nn.Parameter(torch.randn(attention_heads, num_labels, in_channels))

    def forward(self, features: Tensor) -> Tensor:
        """Logits (N, C) of a feature map (N, S, H, W)."""
        directions = functional.normalize(self.weight, dim=2)
        # in this order an exported file also takes no images at all; onnxruntime fails on a plain transpose there
        places = features.permute(0, 2, 3, 1)
        logits = []
        for direction, temperature in zip(directions, self.temperatures, strict=True):
            scores = functional.linear(places, direction).flatten(1, 2)
            if math.isinf(temperature):
                attended = scores.amax(dim=1)
            else:
                attended = (functional.softmax(temperature * scores, dim=1) * scores).sum(dim=1)
            logits.append(scores.mean(dim=1) + self.attention_weight * attended)
        return torch.stack(logits).sum(dim=0)
