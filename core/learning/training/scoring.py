"""Probabilities and loss of a network on images, with evaluation transforms."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from core.evaluation.metrics import average_precision
from core.learning.data.batches import targets_of
from core.learning.losses.choice import Loss
from core.learning.training.divergence import check_finite

InputsOf = Callable[[NDArray[np.int64]], Tensor]
"""Gives the module's inputs, on the device, for rows of the data."""


@dataclass(frozen=True, eq=False)
class Score:
    """How good a network is on some images.

    Attributes:
        loss: per image.
        average_precision: float (C,), NaN for a label without a positive.
    """

    loss: float
    average_precision: NDArray[np.float64]

    @property
    def map(self) -> float | None:
        """Mean average precision over the labels that have a positive; None when none has."""
        defined = self.average_precision[~np.isnan(self.average_precision)]
        return float(defined.mean()) if len(defined) else None

    @property
    def rank(self) -> tuple[float, float]:
        """What is compared: the mAP, and where that is equal or undefined the loss."""
        return rank(self.map, self.loss)


def rank(mean_average_precision: float | None, loss: float) -> tuple[float, float]:
    """What two scores are compared by; the larger is the better."""
    return mean_average_precision or 0.0, -loss


def score(
    module: nn.Module,
    inputs_of: InputsOf,
    rows: NDArray[np.int64],
    states: NDArray[np.int8],
    *,
    loss: Loss,
    batch_size: int,
) -> Score:
    """Score a module in evaluation mode.

    Args:
        module: gives logits (N, C); left in evaluation mode.
        inputs_of: gives its inputs.
        rows: int64 (N,), at least one.
        states: int8 (N, C), of those rows.
        loss: of the recipe.
        batch_size: images at a time.

    Raises:
        JobError: the training diverged.
    """
    logits = torch.cat(list(_logits(module, inputs_of, rows, batch_size=batch_size)))
    targets, known = targets_of(states)
    value = loss(logits, targets, known=known, reduction="mean").item()
    check_finite(value)
    return Score(value, average_precision(_probabilities(logits), targets.numpy() > 0, known.numpy()))


def predict(
    module: nn.Module,
    inputs_of: InputsOf,
    rows: NDArray[np.int64],
    *,
    batch_size: int,
    progress: Callable[[int, int], object],
) -> NDArray[np.float32]:
    """Probabilities float32 (N, C) of a module in evaluation mode for rows (N,); reports images done and in all."""
    parts: list[Tensor] = []
    for logits in _logits(module, inputs_of, rows, batch_size=batch_size):
        parts.append(logits)
        progress(min(len(parts) * batch_size, len(rows)), len(rows))
    return _probabilities(torch.cat(parts))


def _logits(module: nn.Module, inputs_of: InputsOf, rows: NDArray[np.int64], *, batch_size: int) -> Iterator[Tensor]:
    """Logits float32 on the CPU, batch by batch; without mixed precision, as the exported model computes."""
    module.eval()
    for start in range(0, len(rows), batch_size):
        with torch.inference_mode():
            logits = module(inputs_of(rows[start : start + batch_size])).float().cpu()
        yield logits


def _probabilities(logits: Tensor) -> NDArray[np.float32]:
    result: NDArray[np.float32] = torch.sigmoid(logits).numpy()
    return result
