"""The features of a frozen backbone, computed once."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.errors import JobError
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
        float32 (N, S, H, W), on the device; None when `progress` ended the work.

    Raises:
        JobError: there is too little memory for them.
    """
    net.eval()
    result = torch.empty(0)
    with torch.inference_mode():
        for start in range(0, len(rows), batch_size):
            images = to_tensor(pixels.batch(rows[start : start + batch_size])).to(device)
            features = net.features(images)
            if start == 0:
                result = _allocate(len(rows), features)
            result[start : start + batch_size] = features
            if not progress(min(start + batch_size, len(rows)), len(rows)):
                return None
    return result


def _allocate(count: int, features: Tensor) -> Tensor:
    """Room for so many images' features."""
    try:
        return features.new_empty((count, *features.shape[1:]))
    except RuntimeError as error:
        gigabytes = count * features[0].numel() * features.element_size() / 1e9
        raise JobError(
            f"The features of {count:,} images need {gigabytes:.1f} GB of memory.",
            next_step="Choose a smaller input.size, a head that pools them, or set model.frozen to false.",
        ) from error
