"""Networks of torchvision as backbones, with the same face as timm's."""

from dataclasses import dataclass

import torchvision
from torch import Tensor, nn

from core.errors import RecipeError

#: What names of torchvision's networks begin with.
PREFIX = "torchvision/"


@dataclass(frozen=True, kw_only=True)
class _Facts:
    """Where a network of torchvision ends and what comes out there.

    Attributes:
        layers: names of the parts that make the feature map, in order.
        neck: names of the parts between pooling and the classifier.
        classifier: the last layer, which is left out.
        channels: of the feature map.
        pooled: features behind the neck.
        smallest: pixels; of smaller images nothing is left for the last layers.
        half: whether its published weights want inputs with mean and standard deviation one half.
    """

    layers: tuple[str, ...]
    neck: tuple[str, ...] = ()
    classifier: str = "fc"
    channels: int
    pooled: int
    smallest: int = 32
    half: bool = False


_NETWORKS = {
    # the neck keeps two of the three linear layers
    "alexnet": _Facts(
        layers=("features",), neck=("classifier",), classifier="classifier.6", channels=256, pooled=4096, smallest=64
    ),
    # trained in another framework: torchvision's own transform_input turns ImageNet's normalisation into one half
    "googlenet": _Facts(
        layers=(
            "conv1", "maxpool1", "conv2", "conv3", "maxpool2", "inception3a", "inception3b", "maxpool3",
            "inception4a", "inception4b", "inception4c", "inception4d", "inception4e", "maxpool4",
            "inception5a", "inception5b",
        ),
        neck=("dropout",), channels=1024, pooled=1024, half=True,
    ),
    "resnet18": _Facts(
        layers=("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4"), channels=512, pooled=512
    ),
}  # fmt: skip


class TorchvisionBackbone(nn.Module):
    """A network of torchvision without its last layer; its weights have torchvision's own names.

    Attributes:
        pretrained_cfg: as timm's: architecture, mean, std, classifier; `url` of torchvision's weights.
        num_features: channels of the feature map.
        head_hidden_size: features behind the neck.
        neck: names of the parts between pooling and the classifier.
    """

    def __init__(self, name: str, facts: _Facts) -> None:
        super().__init__()
        # no auxiliary classifiers: they only helped to train the published weights
        options = {"aux_logits": False, "init_weights": False} if name == "googlenet" else {}
        network = torchvision.models.get_model(name, **options)
        network.get_submodule(facts.classifier.rpartition(".")[0]).register_module(
            facts.classifier.rpartition(".")[2], nn.Identity()
        )
        for part, module in network.named_children():
            self.register_module(part, module)
        self._facts = facts
        weights = torchvision.models.get_model_weights(name).DEFAULT
        transforms = weights.transforms()
        self.pretrained_cfg = {
            "architecture": PREFIX + name,
            "mean": (0.5, 0.5, 0.5) if facts.half else tuple(transforms.mean),
            "std": (0.5, 0.5, 0.5) if facts.half else tuple(transforms.std),
            "classifier": facts.classifier,
            "url": weights.url,
        }
        self.num_features = facts.channels
        self.head_hidden_size = facts.pooled
        self.neck = facts.neck

    def forward_features(self, inputs: Tensor) -> Tensor:
        """The feature map (N, channels, H, W) of normalised images."""
        for name in self._facts.layers:
            inputs = self.get_submodule(name)(inputs)
        return inputs

    def forward_head(self, features: Tensor, *, pre_logits: bool) -> Tensor:
        """The pooled features (N, pooled); there are no logits to be had."""
        assert pre_logits
        pooled: Tensor = self.get_submodule("avgpool")(features).flatten(1)
        for name in self.neck:
            pooled = self.get_submodule(name)(pooled)
        return pooled


def build_torchvision(name: str, size: int) -> TorchvisionBackbone:
    """Make a network of torchvision without a classifier, with random weights.

    Args:
        name: with the prefix.
        size: width and height of the images in pixels.

    Raises:
        RecipeError: there is no such network here, or it cannot take images of that size.
    """
    facts = _NETWORKS.get(name.removeprefix(PREFIX))
    if facts is None:
        known = ", ".join(PREFIX + one for one in _NETWORKS)
        raise RecipeError(f"There is no backbone “{name}”.", next_step=f"Of torchvision's there are {known}.")
    if size < facts.smallest:
        raise RecipeError(
            f"The backbone {name} cannot take images of {size} × {size} px.",
            next_step=f"It takes {facts.smallest} px and more.",
        )
    return TorchvisionBackbone(name.removeprefix(PREFIX), facts)
