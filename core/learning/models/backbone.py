"""The feature extractor: a timm model without its classifier."""

from typing import TYPE_CHECKING, Any

import timm
from torch import Tensor, nn

from core.errors import RecipeError

if TYPE_CHECKING:

    class Backbone(nn.Module):
        """What every timm model offers, for the type checker; timm itself has no types.

        Attributes:
            pretrained_cfg: facts of its published weights: architecture, mean, std, hf_hub_id, classifier.
            num_features: channels of the feature map.
        """

        pretrained_cfg: dict[str, Any]
        num_features: int

        def forward_features(self, inputs: Tensor) -> Tensor:
            """The feature map, or the tokens, of normalised images (N, 3, H, W)."""

        def forward_head(self, features: Tensor, *, pre_logits: bool) -> Tensor:
            """The pooled features (N, S), behind timm's own neck where the model has one."""

else:
    Backbone = nn.Module


def build_backbone(name: str, size: int) -> Backbone:
    """Make a timm model without a classifier, with random weights from torch's global generator.

    Args:
        name: timm's name of it.
        size: width and height of the images in pixels.

    Raises:
        RecipeError: timm has no such model, or it cannot take images of that size.
    """
    if not timm.is_model(name):
        near = timm.list_models(f"*{name.split('_')[0]}*")[:8]
        raise RecipeError(
            f"timm has no backbone “{name}”.",
            next_step=f"Similar names: {', '.join(near)}." if near else "Look it up in timm.list_models().",
        )
    # only models whose weights depend on the size, such as vision transformers, take it
    fixed = timm.get_pretrained_cfg(name).fixed_input_size
    try:
        backbone: Backbone = timm.create_model(name, num_classes=0, **({"img_size": size} if fixed else {}))
    except (AssertionError, ValueError) as error:
        raise RecipeError(
            f"The backbone {name} cannot take images of {size} × {size} px.", next_step="Choose another size."
        ) from error
    return backbone


def channels_of(backbone: Backbone) -> int:
    """Number S of the pooled features behind the neck."""
    return int(getattr(backbone, "head_hidden_size", None) or backbone.num_features)


def normalisation(backbone: Backbone) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Mean and standard deviation, in units of 1 for white, that the backbone's published weights were trained with."""
    red, green, blue = backbone.pretrained_cfg["mean"]
    std_red, std_green, std_blue = backbone.pretrained_cfg["std"]
    return (red, green, blue), (std_red, std_green, std_blue)
