"""Graph re-weighting: the label graph says which channels of the feature map matter; figure 1 of the paper.

After Prokofiev and Sovrasov 2022, "Combining Metric Learning and Attention Heads For Accurate and Efficient Multilabel
Image Classification".
"""

from torch import Tensor, nn

from core.learning.models.heads.label_branch import ChannelWeights, Nodes
from core.learning.models.label_graph import LabelGraph


class GraphReweighting(nn.Module):
    """Multiplies the channels of the feature map by factors made of the label graph, in front of any head.

    Args:
        in_channels: S, channels of the feature map.
        graph: of the C labels.
        head: takes the re-weighted feature map (N, S, H, W), gives (N, C).
        layer: "gat" for graph attention, "gcn" for graph convolution.
        sigmoid: whether the factors are squashed to between 0 and 1.
    """

    def __init__(
        self, in_channels: int, graph: LabelGraph, head: nn.Module, *, layer: str = "gat", sigmoid: bool = False
    ) -> None:
        super().__init__()
        nodes = Nodes(graph, layer=layer, hidden=in_channels, out_channels=in_channels)
        self.factors = ChannelWeights(nodes, sigmoid=sigmoid)
        self.head = head

    def forward(self, features: Tensor) -> Tensor:
        """What the head says (N, C) of a feature map (N, S, H, W)."""
        factors: Tensor = self.factors()
        scores: Tensor = self.head(features * factors[:, None, None])
        return scores
