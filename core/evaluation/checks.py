"""The checks that every metric makes of what it is given."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

#: float32 or float64, whatever the network gave; it is never rounded.
Probabilities = NDArray[np.floating[Any]]


def check_scores(
    probabilities: ArrayLike, targets: ArrayLike, known: ArrayLike | None = None
) -> tuple[Probabilities, NDArray[np.bool_], NDArray[np.bool_] | None]:
    """Check that probabilities, targets and known mask fit together, and give them their types.

    Args:
        probabilities: numbers (N, C) in [0, 1]; float32 and float64 are kept, others become float64.
        targets: bool or 0/1 (N, C); where `known` is False it may hold anything.
        known: bool or 0/1 (N, C), True where the target counts; None means everywhere.

    Returns:
        The three with their types; targets are False where unknown, and the mask is None where all is known.

    Raises:
        ValueError: shapes differ, or a value is NaN or outside its range.
    """
    scores = _unit_interval(np.asarray(probabilities))
    if scores.ndim != 2:
        raise ValueError(f"probabilities have the shape (images, labels), not {scores.shape}")
    mask = None if known is None else _booleans(np.asarray(known), "known", scores.shape)
    if mask is None or mask.all():
        return scores, _booleans(np.asarray(targets), "targets", scores.shape), None
    given = np.asarray(targets)
    if given.shape != scores.shape:
        raise ValueError(f"targets have the shape of the probabilities, {scores.shape}, not {given.shape}")
    return scores, _booleans(np.where(mask, given, False), "targets", scores.shape), mask


def check_thresholds(thresholds: ArrayLike, *, labels: int, dtype: DTypeLike) -> NDArray[Any]:
    """Check thresholds and give them the precision of the probabilities.

    An exported model holds its thresholds as float32 beside float32 probabilities. Rounding them here in the same
    way makes a decision in the window the decision of the exported file.

    Args:
        thresholds: a number or (C,).
        labels: C.
        dtype: type of the probabilities.

    Returns:
        (C,), of the type `dtype`.

    Raises:
        ValueError: the shape does not fit or a value is NaN.
    """
    values = np.asarray(thresholds, dtype=np.float64)
    if values.shape not in ((), (labels,)):
        raise ValueError(f"thresholds are one number or {labels} numbers, not of the shape {values.shape}")
    if np.isnan(values).any():
        raise ValueError("thresholds are numbers, not NaN")
    return np.broadcast_to(values.astype(dtype), (labels,))


def _unit_interval(values: NDArray[Any]) -> Probabilities:
    """Check that all values lie in [0, 1]; -0.0 becomes 0.0, so that bit patterns order as numbers do."""
    if values.dtype not in (np.float32, np.float64):
        values = values.astype(np.float64)
    # as unsigned integers negative numbers, infinity and NaN all lie above 1.0, so one pass finds them
    bits = values.view(f"u{values.itemsize}")
    if bits.size and bits.max() > np.ones((), values.dtype).view(bits.dtype):
        if not np.all((values >= 0) & (values <= 1)):
            raise ValueError("probabilities lie in [0, 1] and are not NaN; put logits through a sigmoid first")
        values = np.abs(values)
    return values


def _booleans(values: NDArray[Any], name: str, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Check that values are of a shape and all True or False, or 1 or 0."""
    if values.shape != shape:
        raise ValueError(f"{name} have the shape of the probabilities, {shape}, not {values.shape}")
    if values.dtype == np.bool_:
        return values
    result: NDArray[np.bool_] = values == 1
    if not np.all(result | (values == 0)):
        raise ValueError(f"{name} are 0 or 1 wherever they count; mask what is unknown")
    return result
