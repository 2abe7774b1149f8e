"""Everything a training needs before its first step: pixels, and for a frozen backbone its features."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from core.errors import JobError
from core.jobs.events import Event, ImageSkipped
from core.jobs.job import Command, TrainJob
from core.labels import Split
from core.learning.data.augmentation import Augmentation
from core.learning.data.batches import FeatureBatches, ImageBatches, TrainingData, to_tensor
from core.learning.data.pixel_cache import load_pixels
from core.learning.data.samplers import sampler_of
from core.learning.features import compute_features
from core.learning.models.net import Net, preprocessing_of
from core.learning.training.device import Device
from core.learning.training.meter import Stage
from core.learning.training.scoring import InputsOf
from core.project.runs.snapshot import Snapshot
from core.recipes.recipe import Recipe

_MAX_WORKERS = 8
_FEATURE_BATCH = 32


@dataclass(frozen=True, kw_only=True, eq=False)
class Prepared:
    """Images that can be read, and how they reach the network.

    Attributes:
        trained: the part of the network that is trained: all of it, or only its head.
        data: the training batches, inputs of `trained`.
        inputs_of: gives inputs of `trained` with evaluation transforms, on the device, for rows of the snapshot.
        rows: int64 (V,), rows of the snapshot whose images can be read.
        train_rows: int64, those of them in train; at least two.
        validation_rows: int64, those of them in validation.
        skipped: number of images that cannot be read.
    """

    trained: nn.Module
    data: TrainingData
    inputs_of: InputsOf
    rows: NDArray[np.int64]
    train_rows: NDArray[np.int64]
    validation_rows: NDArray[np.int64]
    skipped: int


def prepare(
    job: TrainJob,
    recipe: Recipe,
    snapshot: Snapshot,
    *,
    net: Net,
    new_labels: tuple[str, ...],
    device: Device,
    threads: int,
    emit: Callable[[Event], None],
    control: Callable[[], Command],
) -> Prepared | None:
    """Read the images, from the cache where it has them; images that cannot be read are named and left out.

    Returns:
        What the loop works with; None when a person asked to pause or stop meanwhile.

    Raises:
        JobError: fewer than two training images can be read.
    """
    pixels = load_pixels(
        snapshot.paths,
        preprocessing_of(net, recipe.input.size),
        Path(job.cache_folder),
        threads=threads,
        progress=Stage("Reading images", emit, control),
    )
    if pixels is None:
        return None
    for number, sentence in sorted(pixels.problems.items()):
        emit(ImageSkipped(path=snapshot.paths[number], sentence=sentence))
    readable = pixels.places[:, 0] >= 0
    rows = np.flatnonzero(readable)
    train_rows = np.flatnonzero(readable & (snapshot.splits == Split.TRAIN))
    if len(train_rows) < 2:
        # batch-norm has no variance of one image
        raise JobError(
            f"Of the training images {len(train_rows)} can be read; two are needed at least.",
            next_step="Label shows what is wrong with the others.",
        )
    train_states = snapshot.states[train_rows]
    batch_size = recipe.training.batch_size
    new = [number for number, name in enumerate(snapshot.label_names) if name in new_labels]
    sampler = sampler_of(recipe.training.sampler, train_states, new_labels=new)

    trained: nn.Module
    data: TrainingData
    if recipe.model.frozen:
        stage = Stage("Computing features", emit, control)
        features = compute_features(net, pixels, rows, device=device.place, batch_size=_FEATURE_BATCH, progress=stage)
        if features is None:
            return None
        # from a row of the snapshot to that of its features
        place = np.cumsum(readable) - 1
        trained = net.head
        data = FeatureBatches(
            features[place[train_rows]], train_states, sampler=sampler, batch_size=batch_size, seed=job.seed
        )

        def inputs_of(rows: NDArray[np.int64]) -> Tensor:
            return features[place[rows]]
    else:
        trained = net
        data = ImageBatches(
            pixels,
            train_rows,
            train_states,
            sampler=sampler,
            augmentation=Augmentation(recipe.augmentation, size=recipe.input.size),
            batch_size=batch_size,
            seed=job.seed,
            # a CPU that trains has nothing to spare for other processes
            workers=min(_MAX_WORKERS, threads - 1) if device.is_cuda else 0,
        )

        def inputs_of(rows: NDArray[np.int64]) -> Tensor:
            return to_tensor(pixels.batch(rows)).to(device.place, non_blocking=True)

    return Prepared(
        trained=trained,
        data=data,
        inputs_of=inputs_of,
        rows=rows,
        train_rows=train_rows,
        validation_rows=np.flatnonzero(readable & (snapshot.splits == Split.VALIDATION)),
        skipped=len(pixels.problems),
    )
