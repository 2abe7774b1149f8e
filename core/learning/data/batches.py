"""Training batches: the same ones in the same order for the same seed, from any step on."""

from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from core.labels import LabelState
from core.learning.data.augmentation import Augmentation
from core.learning.data.pixel_cache import Pixels
from core.learning.data.seeds import seed_of

_ORDER, _AUGMENTATION = 0, 1
"""What a seed is for: numbers that keep the streams of random choices apart."""


class Batch(NamedTuple):
    """What one step sees.

    Attributes:
        inputs: images uint8 (N, 3, H, W), channels last in memory, or a feature map float32 (N, S, H, W).
        targets: float32 (N, C) in {0, 1}; 0 where unknown.
        known: bool (N, C), where the target counts.
    """

    inputs: Tensor
    targets: Tensor
    known: Tensor


class TrainingData(Protocol):
    """Where a training's batches come from."""

    steps_per_epoch: int

    def batches(self, epoch: int, *, skip: int = 0) -> Iterator[Batch]:
        """The batches of an epoch (from 1) without the first `skip`, which a resumed run has seen."""


def targets_of(states: NDArray[np.int8]) -> tuple[Tensor, Tensor]:
    """Targets float32 and known mask bool, both (N, C), of states (N, C)."""
    return (
        torch.from_numpy((states == LabelState.PRESENT).astype(np.float32)),
        torch.from_numpy(states != LabelState.UNKNOWN),
    )


def to_tensor(images: NDArray[np.uint8]) -> Tensor:
    """Images uint8 (N, H, W, 3) as (N, 3, H, W) without a copy: channels last in memory."""
    return torch.from_numpy(images).permute(0, 3, 1, 2)


class FeatureBatches:
    """Batches of features that a frozen backbone computed once.

    Args:
        features: float32 (N, S, H, W), on the device.
        states: int8 (N, C).
        batch_size: largest number of images in a batch.
        seed: of the order.
    """

    def __init__(self, features: Tensor, states: NDArray[np.int8], *, batch_size: int, seed: int) -> None:
        targets, known = targets_of(states)
        self._tensors = features, targets.to(features.device), known.to(features.device)
        self._batch_size = batch_size
        self._seed = seed
        self.steps_per_epoch = _num_batches(len(features), batch_size)

    def batches(self, epoch: int, *, skip: int = 0) -> Iterator[Batch]:
        """The batches of an epoch (from 1) without the first `skip`."""
        for rows in _order(len(self._tensors[0]), self._batch_size, seed=self._seed, epoch=epoch)[skip:]:
            chosen = torch.from_numpy(rows).to(self._tensors[0].device)
            features, targets, known = self._tensors
            yield Batch(features[chosen], targets[chosen], known[chosen])


class ImageBatches:
    """Batches of augmented images.

    Args:
        pixels: of all images.
        rows: int64 (N,), the training images among them.
        states: int8 (N, C), of those rows.
        augmentation: varies an image.
        batch_size: largest number of images in a batch.
        seed: of order and augmentation.
        workers: processes that prepare batches; 0 prepares them between the steps, best where the CPU trains.
    """

    def __init__(
        self,
        pixels: Pixels,
        rows: NDArray[np.int64],
        states: NDArray[np.int8],
        *,
        augmentation: Augmentation,
        batch_size: int,
        seed: int,
        workers: int,
    ) -> None:
        self.steps_per_epoch = _num_batches(len(rows), batch_size)
        self._sampler = _EpochSampler(len(rows), batch_size, seed)
        self._loader: DataLoader[Batch] = DataLoader(
            _AugmentedImages(pixels, rows, states, augmentation, seed),
            batch_sampler=self._sampler,
            num_workers=workers,
            persistent_workers=workers > 0,
            collate_fn=_as_it_is,
            pin_memory=torch.cuda.is_available(),
        )

    def batches(self, epoch: int, *, skip: int = 0) -> Iterator[Batch]:
        """The batches of an epoch (from 1) without the first `skip`."""
        self._sampler.start(epoch, skip)
        return iter(self._loader)


class _EpochSampler(Sampler[list[tuple[int, int]]]):
    """Gives a batch as pairs of epoch and image: the workers live through all epochs and must be told which it is."""

    def __init__(self, count: int, batch_size: int, seed: int) -> None:
        self._count = count
        self._batch_size = batch_size
        self._seed = seed
        self.start(1, 0)

    def start(self, epoch: int, skip: int) -> None:
        self._epoch = epoch
        self._skip = skip

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        for rows in _order(self._count, self._batch_size, seed=self._seed, epoch=self._epoch)[self._skip :]:
            yield [(self._epoch, image) for image in rows.tolist()]


class _AugmentedImages(Dataset[Batch]):
    def __init__(
        self,
        pixels: Pixels,
        rows: NDArray[np.int64],
        states: NDArray[np.int8],
        augmentation: Augmentation,
        seed: int,
    ) -> None:
        self._pixels = pixels
        self._rows = rows
        self._targets, self._known = targets_of(states)
        self._augmentation = augmentation
        self._seed = seed

    def __getitems__(self, items: list[tuple[int, int]]) -> Batch:
        """A whole batch at once."""
        images = [
            self._augmentation(
                self._pixels[int(self._rows[image])], seed=seed_of(self._seed, _AUGMENTATION, epoch, image)
            )
            for epoch, image in items
        ]
        chosen = torch.tensor([image for _, image in items])
        return Batch(to_tensor(np.stack(images)), self._targets[chosen], self._known[chosen])


def _as_it_is(batch: Any) -> Any:  # noqa: ANN401  the loader thinks that it is a list of examples
    return batch


def _num_batches(count: int, batch_size: int) -> int:
    """Batches in an epoch, each of two images at least: batch-norm has no variance of one."""
    return max(min(-(-count // batch_size), count // 2), 1)


def _order(count: int, batch_size: int, *, seed: int, epoch: int) -> list[NDArray[np.int64]]:
    """An epoch's batches in a random order, their sizes as equal as can be, so that none has a handful of images."""
    order = np.random.default_rng(seed_of(seed, _ORDER, epoch)).permutation(count)
    return np.array_split(order, _num_batches(count, batch_size))
