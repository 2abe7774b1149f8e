"""ML-GCN: the classifiers of the labels come out of a graph of the labels.

After Chen et al. 2019, "Multi-Label Image Recognition with Graph Convolutional Networks".
"""

from collections.abc import Mapping
from typing import ClassVar

from torch import Tensor, nn

from core.learning.models.heads.label_branch import Nodes
from core.learning.models.label_graph import LabelGraph

_HIDDEN = 1024


class MLGCNHead(nn.Module):
    """Global maximum pooling, then products with classifiers that two graph convolutions make of label vectors.

    Args:
        in_channels: S, channels of the feature map.
        graph: of the C labels.

    Attributes:
        label_axes: the tensors that have a row for every label: none, for labels are told apart by the graph.
    """

    label_axes: ClassVar[Mapping[str, int]] = {}

    def __init__(self, in_channels: int, graph: LabelGraph) -> None:
        super().__init__()
        self.classifiers = Nodes(graph, layer="gcn", hidden=_HIDDEN, out_channels=in_channels)

    def forward(self, features: Tensor) -> Tensor:
        """Logits (N, C) of a feature map (N, S, H, W)."""
        classifiers: Tensor = self.classifiers()
        return features.amax(dim=(2, 3)) @ classifiers.T
