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
    """Random crop, RandAugment, cutout and mirroring, in this order, as far as the recipe asks for them.

    They work on Pillow images, on which torchvision's RandAugment takes a third of the time that it takes on tensors.
    """

    def __init__(self, config: AugmentationConfig, *, size: int) -> None:
        transforms: list[Callable[[Image.Image], Image.Image]] = []
        if config.crop_scale < 1:
            transforms.append(v2.RandomResizedCrop(size, scale=(config.crop_scale, 1.0)))
        if config.rand_augment:
            transforms.append(v2.RandAugment(config.rand_augment, config.rand_augment_magnitude, fill=list(_FILL)))
        if config.cutout:
            transforms.append(_Cutout(config.cutout, side=config.cutout_size))
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


class _Cutout:
    """Paints over a rectangle, as DeVries and Taylor's cutout of 2017, but in a random colour.

    Its middle is anywhere in the image, so that a part of it may lie outside.

    Args:
        share: of the images, in [0, 1].
        side: width and height of the rectangle as a share of the image's.
    """

    def __init__(self, share: float, *, side: float) -> None:
        self._share = share
        self._side = side

    def __call__(self, image: Image.Image) -> Image.Image:
        """The image itself or a copy with the rectangle; draws from torch's global generator."""
        is_wanted, x, y, *colour = torch.rand(6).tolist()
        if is_wanted >= self._share:
            return image
        width, height = round(self._side * image.width), round(self._side * image.height)
        left, top = int(x * image.width) - width // 2, int(y * image.height) - height // 2
        image = image.copy()
        red, green, blue = (int(256 * one) for one in colour)
        # what lies outside is left out
        image.paste((red, green, blue), (left, top, left + width, top + height))
        return image
