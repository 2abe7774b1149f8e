"""The features of a frozen backbone, computed once."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.learning.data.batches import to_tensor
from core.learning.data.pixel_cache import Pixels
from core.learning.models.net import Net


def compute_features(
    net: Net,
    pixels: Pixels,
    rows: NDArray[np.int64],
    *,
    device: torch.device,
    batch_size: int,
    progress: Callable[[int, int], bool],
) -> Tensor | None:
    """What the head sees of some images.

    Args:
        net: in evaluation mode for this; on the device.
        pixels: of all images.
        rows: int64 (N,), the images wanted.
        device: where to compute.
        batch_size: images at a time.
        progress: called with images done and images in all; when it returns False, the work ends.

    Returns:
        float32 (N, S, 1, 1), on the device; None when `progress` ended the work.
    """
    net.eval()
    parts: list[Tensor] = []
    with torch.inference_mode():
        for start in range(0, len(rows), batch_size):
            images = to_tensor(pixels.batch(rows[start : start + batch_size])).to(device)
            parts.append(net.features(images).clone())
            if not progress(min(start + batch_size, len(rows)), len(rows)):
                return None
    return torch.cat(parts)
