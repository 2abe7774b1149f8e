"""Parameters and multiply-adds of the heads, by hand."""

import math
from dataclasses import dataclass

from core.recipes.recipe import CO_OCCURRENCE, ModelConfig

_FEED_FORWARD = 2048
_ML_GCN_HIDDEN = 1024
# of label vectors
_WIDEST = 300


@dataclass(frozen=True)
class Costs:
    """What a part of a network costs.

    Attributes:
        parameters: as it is trained.
        macs: multiply-adds of one image; what is computed of the labels alone is left out.
    """

    parameters: int
    macs: int = 0


def head_costs(model: ModelConfig, *, channels: int, cells: int, num_labels: int) -> Costs:
    """What the head of a recipe costs.

    Args:
        model: the recipe's section.
        channels: S of the feature map.
        cells: H·W of the feature map.
        num_labels: C.
    """
    head = _head(model, channels=channels, cells=cells, num_labels=num_labels)
    if model.graph == "none":
        return head
    graph = _graph(model, hidden=channels, channels=channels, num_labels=num_labels)
    return Costs(head.parameters + graph.parameters, head.macs)


def _head(model: ModelConfig, *, channels: int, cells: int, num_labels: int) -> Costs:
    weights = channels * num_labels
    match model.head:
        case "linear":
            return Costs(weights + num_labels, weights)
        case "cosine":
            return Costs(weights, weights)
        case "csra":
            return Costs(model.attention_heads * weights, model.attention_heads * weights * cells)
        case "ml_gcn":
            graph = _graph(model, hidden=_ML_GCN_HIDDEN, channels=channels, num_labels=num_labels)
            return Costs(graph.parameters, weights)
        case "query2label":
            return _query2label(model, channels=channels, cells=cells, num_labels=num_labels)
        case _:
            return _ml_decoder(model, channels=channels, cells=cells, num_labels=num_labels)


def _graph(model: ModelConfig, *, hidden: int, channels: int, num_labels: int) -> Costs:
    """Two layers from label vectors to channels, computed once before the network is used."""
    # the files of word vectors that people have are that wide, too
    width = min(num_labels, _WIDEST) if model.label_vectors == CO_OCCURRENCE else _WIDEST
    attention = 2 * (hidden + channels) if model.graph == "gat" else 0
    return Costs(width * hidden + hidden * channels + attention)


def _attention(width: int) -> int:
    """Parameters of a transformer's attention, its feed-forward network and their normalisation."""
    return 4 * (width + 1) * width + (2 * width + 1) * _FEED_FORWARD + width + 2 * 2 * width


def _query2label(model: ModelConfig, *, channels: int, cells: int, num_labels: int) -> Costs:
    width = model.embedding or math.ceil(channels / 8) * 8
    parameters = (
        (channels + 1) * width  # of the tokens
        + num_labels * width  # the queries
        + 3 * _attention(width)
        + 2 * width
        + num_labels * (width + 1)
    )
    encoder = 4 * cells * width**2 + 2 * cells**2 * width + 2 * cells * width * _FEED_FORWARD
    decoder = (
        2 * cells * width**2  # keys and values
        + 2 * num_labels * width**2  # queries and the attention's output
        + 2 * num_labels * cells * width
        + 2 * num_labels * width * _FEED_FORWARD
    )
    return Costs(parameters, cells * channels * width + encoder + 2 * decoder + num_labels * width)


def _ml_decoder(model: ModelConfig, *, channels: int, cells: int, num_labels: int) -> Costs:
    width = model.embedding or 768
    groups = min(model.groups or 100, num_labels)
    labels_per_group = math.ceil(num_labels / groups)
    has_bias = model.head == "ml_decoder"
    parameters = (
        (channels + 1) * width  # of the tokens
        + groups * width  # the queries
        + _attention(width)
        + 2 * width
        + groups * width * labels_per_group
        + (num_labels if has_bias else 0)
    )
    macs = (
        cells * channels * width
        + 2 * cells * width**2  # keys and values
        + 2 * groups * width**2  # queries and the attention's output
        + 2 * groups * cells * width
        + 2 * groups * width * _FEED_FORWARD
        + groups * width * labels_per_group
    )
    return Costs(parameters, macs)
