"""How training images are varied, the same way again in a repeated or resumed run."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torchvision.transforms import v2

from core.recipes.recipe import AugmentationConfig

#: Colour of the corners that a rotation or a shift uncovers.
_FILL = (128, 128, 128)


class Augmentation:
    """Random crop, RandAugment and mirroring, as far as the recipe asks for them.

    They work on Pillow images, on which torchvision's RandAugment takes a third of the time that it takes on tensors.
    """

    def __init__(self, config: AugmentationConfig, *, size: int) -> None:
        transforms: list[Callable[[Image.Image], Image.Image]] = []
        if config.crop_scale < 1:
            transforms.append(v2.RandomResizedCrop(size, scale=(config.crop_scale, 1.0)))
        if config.rand_augment:
            transforms.append(v2.RandAugment(config.rand_augment, config.rand_augment_magnitude, fill=list(_FILL)))
        if config.flip:
            transforms.append(v2.RandomHorizontalFlip())
        self._transforms = transforms

    def __call__(self, pixels: NDArray[np.uint8], *, seed: int) -> NDArray[np.uint8]:
        """Vary an image uint8 (H, W, 3); the same seed varies it the same way.

        Sets torch's global generator, which the transforms draw from.
        """
        if not self._transforms:
            return pixels
        torch.default_generator.manual_seed(seed)
        image = Image.fromarray(pixels)
        for transform in self._transforms:
            image = transform(image)
        return np.asarray(image)
