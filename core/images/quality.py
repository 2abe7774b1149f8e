"""What can be said of a photo without knowing what it shows: how bright it is, and how sharp."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

#: Longest side in pixels at which sharpness is measured, so that images of all sizes compare.
MEASURED_PX: Final = 128


def brightness(image: NDArray[np.uint8]) -> float:
    """The mean luma of an image, by ITU-R BT.601.

    Args:
        image: uint8 (H, W, 3), RGB.

    Returns:
        In [0, 1], 0 for black and 1 for white.
    """
    return float(np.asarray(_grey(image)).mean()) / 255


def sharpness(image: NDArray[np.uint8]) -> float:
    """The variance of the Laplacian of a small grey version (Pech-Pacheco et al., ICPR 2000); low for a blurred photo.

    It depends on what is shown, too: a clear sky has no edges. It tells which of many images are worth a look.

    Args:
        image: uint8 (H, W, 3), RGB; scaled down to a longest side of `MEASURED_PX` where it is larger.

    Returns:
        At least 0, of luma from 0 to 255; 0 where a side is shorter than 3 pixels.
    """
    grey = _grey(image)
    longest = max(grey.size)
    if longest > MEASURED_PX:
        width, height = (max(1, round(side * MEASURED_PX / longest)) for side in grey.size)
        grey = grey.resize((width, height), Image.Resampling.BILINEAR)
    luma = np.asarray(grey, np.float32)
    if min(luma.shape) < 3:
        return 0.0
    edges = luma[:-2, 1:-1] + luma[2:, 1:-1] + luma[1:-1, :-2] + luma[1:-1, 2:] - 4 * luma[1:-1, 1:-1]
    return float(edges.var())


def _grey(image: NDArray[np.uint8]) -> Image.Image:
    return Image.fromarray(image).convert("L")
