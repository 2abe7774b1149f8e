"""The network: pixels in, logits out; a timm backbone, its own neck, and a head of ours."""

import torch
from torch import Tensor, nn

from core.images.preprocessing import Preprocessing
from core.learning.losses import compute_scale
from core.learning.models.backbone import Backbone, build_backbone, channels_of, normalisation
from core.learning.models.heads.cosine import CosineHead
from core.learning.models.heads.linear import LinearHead
from core.recipes.recipe import Recipe


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


class Net(nn.Module):
    """Normalisation, backbone, neck and head.

    Attributes:
        backbone: the timm model without its classifier.
        head: takes a feature map (N, S, H, W), gives logits (N, C).
        frozen: whether the backbone stays in evaluation mode, without gradients.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, backbone: Backbone, head: nn.Module, *, frozen: bool) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = head
        self.frozen = frozen
        # not saved: they follow from the backbone's name
        mean, std = normalisation(backbone)
        self.register_buffer("mean", torch.tensor(mean).view(3, 1, 1) * 255, persistent=False)
        self.register_buffer("std", torch.tensor(std).view(3, 1, 1) * 255, persistent=False)
        self.backbone.requires_grad_(not frozen)

    def forward(self, images: Tensor) -> Tensor:
        """Logits (N, C) of images uint8 (N, 3, H, W)."""
        logits: Tensor = self.head(self.features(images))
        return logits

    def features(self, images: Tensor) -> Tensor:
        """What the head sees of images uint8 (N, 3, H, W): timm's pooled features as a map (N, S, 1, 1)."""
        inputs = (images.float() - self.mean) / self.std
        pooled = self.backbone.forward_head(self.backbone.forward_features(inputs), pre_logits=True)
        return pooled[:, :, None, None]

    @property
    def scale(self) -> float:
        """What the loss divides logits by to have the head's cosines; 1 for a head without cosines."""
        return self.head.scale if isinstance(self.head, Scaled) else 1.0

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
    dropout = recipe.model.dropout
    head: nn.Module
    if recipe.model.head == "cosine":
        head = CosineHead(channels, num_labels, dropout=dropout)
        head = Scaled(head, recipe.loss.scale or compute_scale(num_labels))
    else:
        head = LinearHead(channels, num_labels, dropout=dropout)
    return Net(backbone, head, frozen=recipe.model.frozen)


def preprocessing_of(net: Net, size: int) -> Preprocessing:
    """How an image becomes the input of a network of a size in pixels."""
    mean, std = normalisation(net.backbone)
    return Preprocessing(width=size, height=size, mean=mean, std=std)
