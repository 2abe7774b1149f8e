"""The feature extractor: a timm or torchvision model without its classifier."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import timm
from torch import Tensor, nn

from core.errors import RecipeError
from core.learning.models.torchvision_backbone import PREFIX, TorchvisionBackbone, build_torchvision

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


# what timm's models have behind the feature map
_NECK = ("head", "fc_norm", "pre_logits")
# behind the map of some families, before that of others
_LATE_NECK = ("conv_head", "norm_head")


def build_backbone(name: str, size: int, *, neck: bool = True) -> Backbone:
    """Make a model without a classifier, with random weights from torch's global generator.

    Args:
        name: timm's name of it, or torchvision's behind "torchvision/".
        size: width and height of the images in pixels.
        neck: whether it keeps what it has between its feature map and the classifier; without, `forward_head` is not to
            be called.

    Raises:
        RecipeError: there is no such model, or it cannot take images of that size.
    """
    build: Callable[[str, int], Any] = build_torchvision if name.startswith(PREFIX) else _build_timm
    backbone: Backbone = build(name, size)
    if not neck:
        for part in _neck_parts(backbone):
            backbone.register_module(part, nn.Identity())
    return backbone


def neck_of(backbone: Backbone) -> dict[str, Tensor]:
    """The weights that a backbone has between its feature map and the classifier, by their names."""
    parts = tuple(f"{part}." for part in _neck_parts(backbone))
    return {name: tensor for name, tensor in backbone.state_dict().items() if name.startswith(parts)}


def _neck_parts(backbone: nn.Module) -> tuple[str, ...]:
    if isinstance(backbone, TorchvisionBackbone):
        return backbone.neck
    is_late = getattr(backbone, "head_hidden_size", None) != backbone.num_features
    return tuple(part for part in (*_NECK, *(_LATE_NECK if is_late else ())) if hasattr(backbone, part))


def _build_timm(name: str, size: int) -> Backbone:
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


def as_map(backbone: Backbone, features: Tensor) -> Tensor:
    """What `forward_features` gave, as a feature map (N, S, H, W) with `num_features` channels.

    The tokens of a transformer's patches take their places again; tokens for the whole image are left out.

    Raises:
        RecipeError: the backbone's tokens have no places.
    """
    if features.ndim == 4:
        return features.permute(0, 3, 1, 2) if getattr(backbone, "output_fmt", "NCHW") == "NHWC" else features
    patches = features[:, getattr(backbone, "num_prefix_tokens", 0) :] if features.ndim == 3 else features
    rows, columns = getattr(getattr(backbone, "patch_embed", None), "grid_size", None) or (0, 0)
    if features.ndim != 3 or patches.shape[1] != rows * columns:
        raise RecipeError(
            f"The backbone {backbone.pretrained_cfg['architecture']} gives no feature map.",
            next_step="Choose the head linear or cosine, with pooling average and without a graph.",
        )
    return patches.transpose(1, 2).reshape(patches.shape[0], -1, rows, columns)


def normalisation(backbone: Backbone) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Mean and standard deviation, in units of 1 for white, that the backbone's published weights were trained with."""
    red, green, blue = backbone.pretrained_cfg["mean"]
    std_red, std_green, std_blue = backbone.pretrained_cfg["std"]
    return (red, green, blue), (std_red, std_green, std_blue)
