"""Fitting the slope and the offset of logits by maximum likelihood."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

#: The slopes that a fit may give: above 0, so that no order changes, and not so steep that rounding decides.
SLOPES: Final = (0.05, 20.0)

# what a last step of Newton's method may still win per image; the cost of many is not known to more digits
_SETTLED: Final = 1e-14
_MOST_STEPS: Final = 100
# the numbers between 0 or 1 and its neighbour in float32 of which half round to either
_LOWEST: Final = 2.0**-150
_HIGHEST: Final = 1 - 2.0**-25


def logits_of(probabilities: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """The logits of float32 probabilities in [0, 1]; of 0 and 1 those of the numbers that just round to them."""
    clipped: NDArray[np.float64] = np.clip(probabilities, _LOWEST, _HIGHEST, dtype=np.float64)
    return np.log(clipped) - np.log1p(-clipped)


def logs_of(probabilities: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """The logarithms of float32 probabilities in [0, 1]; of 0 that of the number that just rounds to it."""
    logs: NDArray[np.float64] = np.log(np.maximum(probabilities, _LOWEST, dtype=np.float64))
    return logs


def sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 / (1 + exp(-z)), 0 for logits whose exponential is too large for a number."""
    with np.errstate(over="ignore"):
        shares: NDArray[np.float64] = 1 / (1 + np.exp(-logits))
    return shares


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """exp(z) / Σ exp(z) over the last axis."""
    powers: NDArray[np.float64] = np.exp(logits - logits.max(axis=-1, keepdims=True))
    powers /= powers.sum(axis=-1, keepdims=True)
    return powers


def fit_line(logits: NDArray[np.float64], present: NDArray[np.bool_]) -> tuple[float, float]:
    """Fit a and b so that sigmoid(a z + b) is the share of positives (Platt 1999).

    Positives count as (P + 1) / (P + 2) and negatives as 1 / (M + 2), as Platt has it against too sure a fit. The cost
    is convex; Newton's method with halved steps finds its least, as Lin, Lin and Weng (2007) do.

    Args:
        logits: float64 (N,), z.
        present: bool (N,), P positives and M negatives.

    Returns:
        a within SLOPES, and the best b for it.
    """
    positives = int(np.count_nonzero(present))
    negatives = len(present) - positives
    targets = np.where(present, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    prior = float(np.log((positives + 1) / (negatives + 1)))
    slope, offset = _newton(logits, targets, start=(0.0, prior))
    if SLOPES[0] <= slope <= SLOPES[1]:
        return slope, offset
    # the least within bounds of a convex cost lies on the bound that was passed
    slope = min(max(slope, SLOPES[0]), SLOPES[1])
    return slope, _newton(slope * logits, targets, start=(1.0, prior - slope * float(logits.mean())), turning=False)[1]


def fit_slope(logits: NDArray[np.float64], present: NDArray[np.bool_]) -> float:
    """Fit a so that sigmoid(a z) is the share of positives; 1 / a is the temperature.

    Args:
        logits: float64 (N,), z.
        present: bool (N,).

    Returns:
        a within SLOPES.
    """

    def derivatives(slope: float) -> tuple[float, float]:
        shares = sigmoid(slope * logits)
        return _sum(logits, shares - present), _sum(logits**2, shares * (1 - shares))

    return _least(derivatives)


def fit_slope_of_choice(logs: NDArray[np.float64], chosen: NDArray[np.integer[Any]]) -> float:
    """Fit a so that softmax(a log p) is the share of each label (Guo, Pleiss, Sun and Weinberger 2017).

    Args:
        logs: float64 (N, C), log p.
        chosen: int (N,), the label that is present.

    Returns:
        a within SLOPES.
    """
    of_present = float(logs[np.arange(len(logs)), chosen].sum())

    def derivatives(slope: float) -> tuple[float, float]:
        shares = softmax(slope * logs)
        means = (shares * logs).sum(axis=1)
        return float(means.sum()) - of_present, float(((shares * logs**2).sum(axis=1) - means**2).sum())

    return _least(derivatives)


def _least(derivatives: Callable[[float], tuple[float, float]]) -> float:
    """Where a convex cost of the slope is least within SLOPES, from its first two derivatives."""
    low, high = SLOPES
    slope = 1.0
    for _ in range(_MOST_STEPS):
        first, second = derivatives(slope)
        if first > 0:
            high = slope
        else:
            low = slope
        better = slope - first / second if second > 0 else low
        if not low < better < high:
            better = (low * high) ** 0.5
        if abs(better - slope) <= 1e-8 * slope:
            return better
        slope = better
    return slope


def _newton(
    logits: NDArray[np.float64], targets: NDArray[np.float64], *, start: tuple[float, float], turning: bool = True
) -> tuple[float, float]:
    """Slope and offset of the least cross-entropy; the offset alone where not `turning`."""
    slope, offset = start
    cost = _cost(slope * logits + offset, targets)
    for _ in range(_MOST_STEPS):
        shares = sigmoid(slope * logits + offset)
        weights, excess = shares * (1 - shares), shares - targets
        # about the weighted mean of the logits, slope and height do not depend on each other
        weight = float(weights.sum())
        middle = _sum(weights, logits) / weight
        spread = logits - middle
        bend, torque, force = _sum(weights, spread**2), _sum(excess, spread), float(excess.sum())
        turn = -torque / bend if turning and bend > 0 else 0.0
        lift = -force / weight - turn * middle
        descent = -(force**2) / weight + (torque * turn)
        if -descent <= _SETTLED * len(logits):
            break
        step = 1.0
        while (lower := _cost((slope + step * turn) * logits + offset + step * lift, targets)) > (
            cost + 1e-4 * step * descent
        ):
            step /= 2
            if step < 1e-10:
                # nothing is left to win but rounding
                return slope, offset
        slope, offset, cost = slope + step * turn, offset + step * lift, lower
    return slope, offset


def _sum(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Σ of the products; the threads of a matrix library wait for each other where the processor is busy."""
    return float((one * other).sum())


def _cost(logits: NDArray[np.float64], targets: NDArray[np.float64]) -> float:
    """Cross-entropy of logits and targets in [0, 1]."""
    return float((np.logaddexp(0, logits) - targets * logits).sum())
