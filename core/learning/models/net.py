"""The network: pixels in, logits out; a backbone, its own neck, and a head of ours."""

import torch
from torch import Tensor, nn

from core.images.preprocessing import Preprocessing
from core.learning.losses import compute_scale
from core.learning.models.backbone import Backbone, as_map, build_backbone, channels_of, normalisation
from core.learning.models.heads.choice import Scaled, build_head
from core.learning.models.heads.label_branch import fold_branches
from core.learning.models.label_graph import LabelGraph
from core.recipes.recipe import ModelConfig, Recipe


class Net(nn.Module):
    """Normalisation, backbone, neck and head.

    Attributes:
        config: what it was made of.
        backbone: the model without its classifier, and without its neck where the head wants the whole map.
        head: takes a feature map (N, S, H, W), gives logits (N, C).
        frozen: whether the backbone stays in evaluation mode, without gradients.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, config: ModelConfig, *, backbone: Backbone, head: nn.Module) -> None:
        super().__init__()
        self.config = config
        self.backbone = backbone
        self.head = head
        self.frozen = config.frozen
        # not saved: they follow from the backbone's name
        mean, std = normalisation(backbone)
        self.register_buffer("mean", torch.tensor(mean).view(3, 1, 1) * 255, persistent=False)
        self.register_buffer("std", torch.tensor(std).view(3, 1, 1) * 255, persistent=False)
        self.backbone.requires_grad_(not self.frozen)

    def forward(self, images: Tensor) -> Tensor:
        """Logits (N, C) of images uint8 (N, 3, H, W)."""
        logits: Tensor = self.head(self.features(images))
        return logits

    def features(self, images: Tensor) -> Tensor:
        """What the head sees of images uint8 (N, 3, H, W).

        Returns:
            The whole feature map (N, S, H, W) where the head wants it; else the backbone's own pooled features as a
            map (N, S, 1, 1).
        """
        return self.head_input(self.backbone.forward_features(self.normalised(images)))

    def normalised(self, images: Tensor) -> Tensor:
        """What the backbone sees, float32 (N, 3, H, W), of images uint8 (N, 3, H, W)."""
        return (images.float() - self.mean) / self.std

    def head_input(self, features: Tensor) -> Tensor:
        """As `features` gives it, of what the backbone's `forward_features` gave."""
        if self.config.uses_map:
            return as_map(self.backbone, features)
        return self.backbone.forward_head(features, pre_logits=True)[:, :, None, None]

    def load_run_state(self, state: dict[str, Tensor]) -> None:
        """Load the weights of a run of the same recipe; `state` may have a neck, which older versions always kept."""
        if self.config.uses_map:
            own = self.state_dict()
            state = {name: one for name, one in state.items() if name in own or not name.startswith("backbone.")}
        self.load_state_dict(state)

    def fold(self) -> None:
        """Replace what the head computes from the label graph alone by its value, in evaluation mode, for good.

        The outputs stay the same. Its parameters are gone then, so that neither training nor loading goes on.
        """
        fold_branches(self)

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


def build_net(recipe: Recipe, num_labels: int, *, graph: LabelGraph | None = None) -> Net:
    """Make the network of a recipe, with random weights from torch's global generator.

    Args:
        recipe: names backbone, size, head and scale.
        num_labels: C.
        graph: of the labels, for heads that want one; see `build_head` for None.

    Raises:
        RecipeError: there is no such backbone, it cannot take the recipe's size, or head and graph do not go together.
    """
    config = recipe.model
    backbone = build_backbone(config.backbone, recipe.input.size, neck=not config.uses_map)
    channels = backbone.num_features if config.uses_map else channels_of(backbone)
    scale = recipe.loss.scale or compute_scale(num_labels)
    head = build_head(config, channels=channels, num_labels=num_labels, scale=scale, graph=graph)
    return Net(config, backbone=backbone, head=head)


def preprocessing_of(net: Net, size: int) -> Preprocessing:
    """How an image becomes the input of a network of a size in pixels."""
    mean, std = normalisation(net.backbone)
    return Preprocessing(width=size, height=size, mean=mean, std=std)
