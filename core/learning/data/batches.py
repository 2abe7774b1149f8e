"""Training batches: the same ones in the same order for the same seed, from any step on."""

from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from torch.utils.data import Sampler as TorchSampler

from core.labels import LabelState
from core.learning.data.augmentation import Augmentation
from core.learning.data.pixel_cache import Pixels
from core.learning.data.samplers import Sampler
from core.learning.data.seeds import seed_of

_ORDER, _AUGMENTATION = 0, 1
"""What a seed is for: numbers that keep the streams of random choices apart."""


class Batch(NamedTuple):
    """What one step sees.

    Attributes:
        inputs: images uint8 (N, 3, H, W), channels last in memory, or a feature map float32 (N, S, H, W).
        targets: float32 (N, C) in [0, 1], soft after mix-up; 0 where unknown.
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


class EpochOrder:
    """Which images come in which batch of an epoch: the same for the same seed and epoch.

    Args:
        sampler: draws the images.
        batch_size: largest number of images in a batch.
        seed: of the draws.

    Attributes:
        steps_per_epoch: batches in an epoch.
    """

    def __init__(self, sampler: Sampler, *, batch_size: int, seed: int) -> None:
        self._sampler = sampler
        self._seed = seed
        # two images at least in each: batch-norm has no variance of one
        self.steps_per_epoch = max(min(-(-sampler.length // batch_size), sampler.length // 2), 1)

    def batches(self, epoch: int, *, skip: int = 0) -> Iterator[tuple[int, NDArray[np.int64]]]:
        """Each batch's place in the epoch, in images, and its images, without the first `skip` batches.

        Their sizes are as equal as can be, so that none has a handful of images.
        """
        images = self._sampler.draw(np.random.default_rng(seed_of(self._seed, _ORDER, epoch)))
        batches = np.array_split(images, self.steps_per_epoch)
        starts = np.cumsum([0, *map(len, batches)]).tolist()
        yield from list(zip(starts, batches, strict=False))[skip:]


class FeatureBatches:
    """Batches of features that a frozen backbone computed once.

    Args:
        features: float32 (N, S, H, W), on the device.
        states: int8 (N, C).
        sampler: draws an epoch's rows of them.
        batch_size: largest number of images in a batch.
        seed: of the order.
    """

    def __init__(
        self, features: Tensor, states: NDArray[np.int8], *, sampler: Sampler, batch_size: int, seed: int
    ) -> None:
        targets, known = targets_of(states)
        self._tensors = features, targets.to(features.device), known.to(features.device)
        self._order = EpochOrder(sampler, batch_size=batch_size, seed=seed)
        self.steps_per_epoch = self._order.steps_per_epoch

    def batches(self, epoch: int, *, skip: int = 0) -> Iterator[Batch]:
        """The batches of an epoch (from 1) without the first `skip`."""
        features, targets, known = self._tensors
        for _, rows in self._order.batches(epoch, skip=skip):
            chosen = torch.from_numpy(rows).to(features.device)
            yield Batch(features[chosen], targets[chosen], known[chosen])


class ImageBatches:
    """Batches of augmented images.

    Args:
        pixels: of all images.
        rows: int64 (N,), the training images among them.
        states: int8 (N, C), of those rows.
        sampler: draws an epoch's images, as numbers of `rows`.
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
        sampler: Sampler,
        augmentation: Augmentation,
        batch_size: int,
        seed: int,
        workers: int,
    ) -> None:
        order = EpochOrder(sampler, batch_size=batch_size, seed=seed)
        self.steps_per_epoch = order.steps_per_epoch
        self._drawn = _DrawnBatches(order)
        self._loader: DataLoader[Batch] = DataLoader(
            _AugmentedImages(pixels, rows, states, augmentation, seed),
            batch_sampler=self._drawn,
            num_workers=workers,
            persistent_workers=workers > 0,
            collate_fn=_as_it_is,
            pin_memory=torch.cuda.is_available(),
        )

    def batches(self, epoch: int, *, skip: int = 0) -> Iterator[Batch]:
        """The batches of an epoch (from 1) without the first `skip`."""
        self._drawn.start(epoch, skip)
        return iter(self._loader)


class _Drawn(NamedTuple):
    """One image of an epoch; the workers live through all epochs and must be told which it is.

    Attributes:
        epoch: from 1.
        place: in the epoch, from 0.
        image: its number; the same image may have several places.
    """

    epoch: int
    place: int
    image: int


class _DrawnBatches(TorchSampler[list[_Drawn]]):
    """Gives an epoch's batches to the loader."""

    def __init__(self, order: EpochOrder) -> None:
        self._order = order
        self.start(1, 0)

    def start(self, epoch: int, skip: int) -> None:
        self._epoch = epoch
        self._skip = skip

    def __iter__(self) -> Iterator[list[_Drawn]]:
        for start, images in self._order.batches(self._epoch, skip=self._skip):
            yield [_Drawn(self._epoch, place, image) for place, image in enumerate(images.tolist(), start)]


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

    def __getitems__(self, items: list[_Drawn]) -> Batch:
        """A whole batch at once."""
        images = [
            self._augmentation(
                self._pixels[int(self._rows[one.image])], seed=seed_of(self._seed, _AUGMENTATION, one.epoch, one.place)
            )
            for one in items
        ]
        chosen = torch.tensor([one.image for one in items])
        return Batch(to_tensor(np.stack(images)), self._targets[chosen], self._known[chosen])


def _as_it_is(batch: Any) -> Any:  # noqa: ANN401  the loader thinks that it is a list of examples
    return batch
