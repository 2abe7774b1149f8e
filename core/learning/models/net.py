"""The network: pixels in, logits out; a timm backbone, its own neck, and a head of ours."""

import torch
from torch import Tensor, nn

from core.images.preprocessing import Preprocessing
from core.learning.losses import compute_scale
from core.learning.models.backbone import Backbone, build_backbone, channels_of, normalisation
from core.learning.models.heads.cosine import CosineHead
from core.learning.models.heads.linear import LinearHead
from core.recipes.recipe import Recipe


class Net(nn.Module):
    """Normalisation, backbone, neck and head.

    Attributes:
        backbone: the timm model without its classifier.
        head: takes a feature map (N, S, H, W), gives (N, C).
        scale: what the head's outputs are multiplied by to become logits; 1 unless they are cosines.
        frozen: whether the backbone stays in evaluation mode, without gradients.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, backbone: Backbone, head: nn.Module, *, scale: float, frozen: bool) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = head
        self.scale = scale
        self.frozen = frozen
        # not saved: they follow from the backbone's name
        mean, std = normalisation(backbone)
        self.register_buffer("mean", torch.tensor(mean).view(3, 1, 1) * 255, persistent=False)
        self.register_buffer("std", torch.tensor(std).view(3, 1, 1) * 255, persistent=False)
        self.backbone.requires_grad_(not frozen)

    def forward(self, images: Tensor) -> Tensor:
        """Logits (N, C) of images uint8 (N, 3, H, W)."""
        return self.logits(self.features(images))

    def features(self, images: Tensor) -> Tensor:
        """What the head sees of images uint8 (N, 3, H, W): timm's pooled features as a map (N, S, 1, 1)."""
        inputs = (images.float() - self.mean) / self.std
        pooled = self.backbone.forward_head(self.backbone.forward_features(inputs), pre_logits=True)
        return pooled[:, :, None, None]

    def logits(self, features: Tensor) -> Tensor:
        """Logits (N, C) of a feature map (N, S, H, W)."""
        outputs: Tensor = self.head(features)
        return self.scale * outputs

    def train(self, mode: bool = True) -> "Net":
        """Switch to training or evaluation; a frozen backbone's batch-norm keeps its statistics in both."""
        super().train(mode)
        if self.frozen:
            self.backbone.eval()
        return self


def build_net(recipe: Recipe, num_labels: int) -> Net:
    """Make the network of a recipe, with random weights from torch's global generator.

    Raises:
        RecipeError: timm has no such backbone, or it cannot take the recipe's size.
    """
    backbone = build_backbone(recipe.model.backbone, recipe.input.size)
    channels = channels_of(backbone)
    if recipe.model.head == "cosine":
        head: nn.Module = CosineHead(channels, num_labels, dropout=recipe.model.dropout)
        scale = recipe.loss.scale or compute_scale(num_labels)
    else:
        head, scale = LinearHead(channels, num_labels, dropout=recipe.model.dropout), 1.0
    return Net(backbone, head, scale=scale, frozen=recipe.model.frozen)


def preprocessing_of(net: Net, size: int) -> Preprocessing:
    """How an image becomes the input of a network of a size in pixels."""
    mean, std = normalisation(net.backbone)
    return Preprocessing(width=size, height=size, mean=mean, std=std)
