"""What turns a feature map (N, S, H, W) into logits or cosines (N, C), one file each."""

from core.learning.models.heads.cosine import CosineHead
from core.learning.models.heads.csra import CSRAHead
from core.learning.models.heads.graph_reweighting import GraphReweighting
from core.learning.models.heads.linear import LinearHead
from core.learning.models.heads.ml_decoder import MLDecoderHead
from core.learning.models.heads.ml_gcn import MLGCNHead
from core.learning.models.heads.query2label import Query2LabelHead

__all__ = [
    "CSRAHead",
    "CosineHead",
    "GraphReweighting",
    "LinearHead",
    "MLDecoderHead",
    "MLGCNHead",
    "Query2LabelHead",
]
