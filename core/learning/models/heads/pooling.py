"""From a feature map to one vector per image."""

from torch import Tensor


def pool(features: Tensor, pooling: str) -> Tensor:
    """Pool over all places.

    Args:
        features: feature map (N, S, H, W).
        pooling: "average", or "average+max" for the sum of both.

    Returns:
        (N, S).
    """
    average = features.mean(dim=(2, 3))
    return average + features.amax(dim=(2, 3)) if pooling == "average+max" else average
