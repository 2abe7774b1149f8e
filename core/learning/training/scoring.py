"""Probabilities and loss of a network on images, with evaluation transforms."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from core.evaluation.metrics import average_precision
from core.evaluation.multi_class import confusion_matrix, top1_of
from core.learning.data.batches import targets_of
from core.learning.losses.choice import Loss
from core.learning.training.divergence import check_finite

Rank = tuple[float, float, float]

InputsOf = Callable[[NDArray[np.int64]], Tensor]
"""Gives the module's inputs, on the device, for rows of the data."""


@dataclass(frozen=True, eq=False)
class Score:
    """How good a network is on some images.

    Attributes:
        loss: per image.
        average_precision: float (C,), NaN for a label without a positive.
        top1: share of the images with a present label on which it has the largest probability; None where an image may
            have any number of labels, or none has one.
    """

    loss: float
    average_precision: NDArray[np.float64]
    top1: float | None = None

    @property
    def map(self) -> float | None:
        """Mean average precision over the labels that have a positive; None when none has."""
        defined = self.average_precision[~np.isnan(self.average_precision)]
        return float(defined.mean()) if len(defined) else None

    @property
    def metric(self) -> float | None:
        """What should rise: top-1 where there is one, else the mAP; None without either."""
        return self.map if self.top1 is None else self.top1

    @property
    def rank(self) -> Rank:
        """What is compared: top-1, where that is equal or undefined the mAP, and then the loss."""
        return rank(self.top1, self.map, self.loss)


def rank(top1: float | None, mean_average_precision: float | None, loss: float) -> Rank:
    """What two scores are compared by; the larger is the better."""
    return top1 or 0.0, mean_average_precision or 0.0, -loss


def score(
    module: nn.Module,
    inputs_of: InputsOf,
    rows: NDArray[np.int64],
    states: NDArray[np.int8],
    *,
    loss: Loss,
    task: str,
    batch_size: int,
) -> Score:
    """Score a module in evaluation mode.

    Args:
        module: gives logits (N, C); left in evaluation mode.
        inputs_of: gives its inputs.
        rows: int64 (N,), at least one.
        states: int8 (N, C), of those rows.
        loss: of the recipe.
        task: of the recipe.
        batch_size: images at a time.

    Raises:
        JobError: the training diverged.
    """
    logits = torch.cat(list(_logits(module, inputs_of, rows, batch_size=batch_size)))
    targets, known = targets_of(states)
    # epoch 0 is one without balancing, which needs features
    value = loss(logits, targets, known=known, reduction="mean", epoch=0).item()
    check_finite(value)
    judged = _probabilities(logits, task), targets.numpy() > 0, known.numpy()
    top1 = top1_of(confusion_matrix(*judged)) if task == "multi-class" else math.nan
    return Score(value, average_precision(*judged), top1=None if math.isnan(top1) else top1)


def predict(
    module: nn.Module,
    inputs_of: InputsOf,
    rows: NDArray[np.int64],
    *,
    task: str,
    batch_size: int,
    progress: Callable[[int, int], object],
) -> NDArray[np.float32]:
    """Probabilities float32 (N, C) of a module in evaluation mode for rows (N,); reports images done and in all."""
    parts: list[Tensor] = []
    for logits in _logits(module, inputs_of, rows, batch_size=batch_size):
        parts.append(logits)
        progress(min(len(parts) * batch_size, len(rows)), len(rows))
    return _probabilities(torch.cat(parts), task)


def _logits(module: nn.Module, inputs_of: InputsOf, rows: NDArray[np.int64], *, batch_size: int) -> Iterator[Tensor]:
    """Logits float32 on the CPU, batch by batch; without mixed precision, as the exported model computes."""
    module.eval()
    for start in range(0, len(rows), batch_size):
        with torch.inference_mode():
            logits = module(inputs_of(rows[start : start + batch_size])).float().cpu()
        yield logits


def _probabilities(logits: Tensor, task: str) -> NDArray[np.float32]:
    """Each label's own where an image may have any number of them, else one distribution over all."""
    result: NDArray[np.float32] = (logits.softmax(1) if task == "multi-class" else logits.sigmoid()).numpy()
    return result
