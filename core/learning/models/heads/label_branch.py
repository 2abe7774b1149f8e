"""What graph heads compute from the label graph alone: layers over the labels as nodes."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.learning.models.label_graph import LabelGraph

_SLOPE = 0.2


class LabelBranch(nn.Module):
    """Something that follows from the label graph and the weights and from no image.

    `fold_branches` puts its value in its place once training is over.
    """


class Nodes(LabelBranch):
    """Two graph layers from the label vectors (C, D) to (C, S), LeakyReLU between them.

    Args:
        graph: of the labels.
        layer: "gcn" or "gat".
        hidden: width between the layers.
        out_channels: S.
    """

    vectors: Tensor
    adjacency: Tensor

    def __init__(self, graph: LabelGraph, *, layer: str, hidden: int, out_channels: int) -> None:
        super().__init__()
        self.register_buffer("vectors", torch.tensor(graph.vectors, dtype=torch.float32))
        self.register_buffer("adjacency", torch.tensor(graph.adjacency, dtype=torch.float32))
        make = GraphAttention if layer == "gat" else GraphConvolution
        self.first = make(self.vectors.shape[1], hidden)
        self.second = make(hidden, out_channels)

    def forward(self) -> Tensor:
        """One row per label (C, S)."""
        hidden = functional.leaky_relu(self.first(self.vectors, self.adjacency), _SLOPE)
        nodes: Tensor = self.second(hidden, self.adjacency)
        return nodes


class ChannelWeights(LabelBranch):
    """A factor for every channel of the feature map: the largest value of all nodes.

    Args:
        nodes: gives (C, S).
        sigmoid: whether factors are squashed to between 0 and 1.
    """

    def __init__(self, nodes: Nodes, *, sigmoid: bool) -> None:
        super().__init__()
        self.nodes = nodes
        self.sigmoid = sigmoid

    def forward(self) -> Tensor:
        """Factors (S,)."""
        weights = functional.leaky_relu(self.nodes(), _SLOPE).amax(dim=0)
        return torch.sigmoid(weights) if self.sigmoid else weights


class GraphConvolution(nn.Module):
    """Each node becomes the weighted sum of its neighbours' products (Kipf and Welling 2017), without bias."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        bound = 1 / math.sqrt(out_channels)
        self.weight = nn.Parameter(torch.empty(in_channels, out_channels).uniform_(-bound, bound))

    def forward(self, nodes: Tensor, adjacency: Tensor) -> Tensor:
        """Nodes (C, out) of nodes (C, in) and an adjacency (C, C)."""
        return adjacency @ (nodes @ self.weight)


class GraphAttention(nn.Module):
    """Each node attends to its neighbours (Veličković et al. 2018), one head."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(in_channels, out_channels))
        self.attention = nn.Parameter(torch.empty(2, out_channels, 1))
        nn.init.xavier_uniform_(self.weight, gain=1.414)
        # as of one column of twice the length
        bound = 1.414 * math.sqrt(6 / (2 * out_channels + 1))
        nn.init.uniform_(self.attention, -bound, bound)
        self.dropout = nn.Dropout(0.1)

    def forward(self, nodes: Tensor, adjacency: Tensor) -> Tensor:
        """Nodes (C, out) of nodes (C, in); positive entries of the adjacency (C, C) are links."""
        messages = nodes @ self.weight
        scores = functional.leaky_relu(messages @ self.attention[0] + (messages @ self.attention[1]).T, _SLOPE)
        shares = functional.softmax(scores.masked_fill(adjacency <= 0, -torch.inf), dim=1)
        return functional.elu(self.dropout(shares) @ messages)


class Constant(nn.Module):
    """A value that takes the place of a branch."""

    value: Tensor

    def __init__(self, value: Tensor) -> None:
        super().__init__()
        self.register_buffer("value", value)

    def forward(self) -> Tensor:
        """The value."""
        return self.value


def fold_branches(module: nn.Module) -> None:
    """Replace every branch inside a module that is in evaluation mode by its value."""
    for name, child in module.named_children():
        if isinstance(child, LabelBranch):
            with torch.no_grad():
                setattr(module, name, Constant(child()))
        else:
            fold_branches(child)
