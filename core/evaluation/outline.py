"""Thinning a curve for drawing."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def outline(places: NDArray[np.floating[Any]], *values: NDArray[np.floating[Any]], max_points: int) -> NDArray[np.intp]:
    """Points that suffice to draw curves with the same outline.

    In each narrow band of places the points of each curve's highest and lowest value stay.

    Args:
        places: (K,), where the points lie along the axis, never falling.
        values: one (K,) or more, the curves at those places.
        max_points: how many to keep at most, at least 6 for each curve.

    Returns:
        Indices of the points to keep, ascending, always with the first and the last; all where they are few enough.
    """
    points = len(places)
    if points <= max_points:
        return np.arange(points)
    wide = max_points // (2 * len(values)) - 2
    span = places[-1] - places[0]
    bands = np.floor((places - places[0]) * (wide / span if span else 0.0)).astype(np.int64)
    # the points of a band lie side by side
    starts = np.flatnonzero(np.diff(bands, prepend=-1))
    band = np.repeat(np.arange(len(starts)), np.diff(starts, append=points))
    kept = [np.array([0, points - 1])]
    for curve in values:
        for extreme in (np.minimum, np.maximum):
            reached = np.flatnonzero(curve == extreme.reduceat(curve, starts)[band])
            kept.append(reached[np.flatnonzero(np.diff(band[reached], prepend=-1))])
    return np.unique(np.concatenate(kept))
