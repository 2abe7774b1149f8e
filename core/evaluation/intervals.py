"""Intervals of shares and of their differences that hold for few images, too."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

# the quantile of the normal distribution for 95 % between both sides
_Z: Final = 1.959963984540054


def wilson(part: float, whole: float) -> tuple[float, float]:
    """The 95 % interval of a share, after Wilson (1927).

    Unlike the share plus or minus two standard errors it stays within [0, 1] and has a width where the share is 0 or 1.

    Args:
        part: how many of `whole`; need not be whole numbers, as of an effective sample size.
        whole: out of how many, at least 0.

    Returns:
        The lower and the upper end; 0 and 1 of nothing.
    """
    if whole <= 0:
        return 0.0, 1.0
    share, z2 = part / whole, _Z * _Z
    middle = (share + z2 / (2 * whole)) / (1 + z2 / whole)
    reach = _Z * np.sqrt(share * (1 - share) / whole + z2 / (4 * whole * whole)) / (1 + z2 / whole)
    return float(max(middle - reach, 0.0)), float(min(middle + reach, 1.0))


def difference(one: tuple[float, float, float], other: tuple[float, float, float]) -> tuple[float, float]:
    """The 95 % interval of `one` less `other`, of two independent figures with intervals of their own.

    Newcombe's hybrid score interval (Statistics in Medicine 17, 1998, method 10) for shares, which Zou & Donner
    (Statistics in Medicine 27, 2008) show to hold for any two figures.

    Args:
        one: a figure and the lower and upper end of its interval.
        other: the same of what is taken away.
    """
    (a, low_a, high_a), (b, low_b, high_b) = one, other
    return a - b - float(np.hypot(a - low_a, high_b - b)), a - b + float(np.hypot(high_a - a, b - low_b))


def clustered_share(part: NDArray[np.int64], whole: NDArray[np.int64]) -> tuple[float, float, float]:
    """The share Σ part / Σ whole over images and its 95 % interval.

    The decisions on one image go together, so they are worth fewer than their number: the interval is Wilson's for
    their number divided by the design effect, the variance of the share by images over that by single decisions (Kish,
    Survey Sampling, 1965, 5.4). Where all are right or all wrong no variance can be seen; then each image counts once.

    Args:
        part: int64 (n,), what counts on each image, at most `whole`.
        whole: int64 (n,), out of how many.

    Returns:
        The share, 0 of nothing, and the lower and the upper end.
    """
    number, images = int(whole.sum()), int(np.count_nonzero(whole))
    if not number:
        return 0.0, *wilson(0, 0)
    share = int(part.sum()) / number
    effective = float(images)
    if 0 < share < 1 and images > 1:
        variance = float(((part - share * whole) ** 2).sum()) / number**2 * images / (images - 1)
        effective = number / max(variance * number / (share * (1 - share)), 1.0)
    return share, *wilson(share * effective, effective)
