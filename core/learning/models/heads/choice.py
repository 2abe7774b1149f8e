"""The head that a recipe names."""

from torch import Tensor, nn

from core.errors import RecipeError
from core.learning.models.heads.cosine import CosineHead
from core.learning.models.heads.csra import TEMPERATURES, CSRAHead
from core.learning.models.heads.graph_reweighting import GraphReweighting
from core.learning.models.heads.linear import LinearHead
from core.learning.models.heads.ml_decoder import MLDecoderHead
from core.learning.models.heads.ml_gcn import MLGCNHead
from core.learning.models.heads.query2label import Query2LabelHead
from core.learning.models.label_graph import LabelGraph
from core.recipes.recipe import ModelConfig

#: The heads without what may be around them: scale, graph re-weighting and dropout.
PlainHead = LinearHead | CosineHead | MLDecoderHead | Query2LabelHead | CSRAHead | MLGCNHead

#: Heads whose outputs are cosines.
_COSINES = ("cosine", "ml_decoder_cosine")


class Scaled(nn.Module):
    """A head whose outputs are cosines, multiplied by a scale to become logits."""

    def __init__(self, head: nn.Module, scale: float) -> None:
        super().__init__()
        self.head = head
        self.scale = scale

    def forward(self, features: Tensor) -> Tensor:
        """Logits (N, C) of a feature map (N, S, H, W)."""
        cosines: Tensor = self.head(features)
        return self.scale * cosines


def build_head(
    config: ModelConfig, *, channels: int, num_labels: int, scale: float, graph: LabelGraph | None
) -> nn.Module:
    """Make a head, with random weights from torch's global generator.

    Args:
        config: names it.
        channels: S of the feature map that it will see.
        num_labels: C.
        scale: what cosines are multiplied by.
        graph: of the labels, for heads that want one; None gives them a graph without links, which is enough to count
            parameters or to load weights that were trained with a graph of that size.

    Returns:
        A module from (N, S, H, W) to logits (N, C); a `Scaled` where the head gives cosines.

    Raises:
        RecipeError: what the recipe asks for does not go together.
    """
    if graph is None and config.uses_graph:
        graph = LabelGraph.unlinked(num_labels)
    head = _plain_head(config, channels, num_labels=num_labels, graph=graph)
    if config.graph != "none":
        if config.head == "ml_gcn":
            raise RecipeError(
                "The head ml_gcn uses the label graph itself.", next_step="Set model.graph to none, or another head."
            )
        assert graph is not None
        head = GraphReweighting(channels, graph, head, layer=config.graph, sigmoid=config.graph_sigmoid)
    return Scaled(head, scale) if config.head in _COSINES else head


def _plain_head(config: ModelConfig, channels: int, *, num_labels: int, graph: LabelGraph | None) -> nn.Module:
    """The head without graph re-weighting and scale."""
    if config.head == "linear":
        return LinearHead(channels, num_labels, dropout=config.dropout, pooling=config.pooling)
    if config.head == "cosine":
        return CosineHead(channels, num_labels, dropout=config.dropout, pooling=config.pooling)
    head: nn.Module
    if config.head == "query2label":
        head = Query2LabelHead(channels, num_labels, embed_dim=config.embedding or None)
    elif config.head == "csra":
        if config.attention_heads not in TEMPERATURES:
            raise RecipeError(
                f"model.attention_heads cannot be {config.attention_heads}.",
                next_step=f"Allowed: {', '.join(map(str, TEMPERATURES))}.",
            )
        head = CSRAHead(
            channels,
            num_labels,
            attention_heads=config.attention_heads,
            attention_weight=config.attention_weight,
        )
    elif config.head == "ml_gcn":
        assert graph is not None
        head = MLGCNHead(channels, graph)
    else:
        head = MLDecoderHead(
            channels,
            num_labels,
            num_groups=config.groups or None,
            embed_dim=config.embedding or 768,
            cosine=config.head == "ml_decoder_cosine",
        )
    return nn.Sequential(nn.Dropout(config.dropout), head) if config.dropout else head
