"""Drawing examples of what a recipe's augmentation makes of images: what the network will see."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from core.errors import ImageError
from core.files import replacing
from core.images.decode import decode
from core.images.preprocessing import Preprocessing
from core.jobs.events import Event, ImageSkipped, PreviewFinished
from core.jobs.job import Command, PreviewJob
from core.learning.data.augmentation import Augmentation
from core.learning.data.batches import Batch, to_tensor
from core.learning.data.mixup import mixup
from core.learning.data.seeds import seed_of
from core.recipes.recipe import AugmentationConfig, from_toml

EXAMPLES_FILE = "examples.npz"

_AUGMENTATION, _MIXUP = 0, 1
"""What a seed is for: numbers that keep the streams of random choices apart."""


def preview(job: PreviewJob, folder: Path, emit: Callable[[Event], None], control: Callable[[], Command]) -> None:
    """Write `examples.npz` into the job's folder, which holds `recipe.toml`; no network is built.

    The file's `images` are uint8 (n, copies, H, W, 3) of the n images that can be read, in the job's order; the first
    copy is the image as it is scored. With mix-up, an image is blended with another one of the job. All copies are the
    image itself where the backbone is frozen, which sees each image once.

    Args:
        job: what was asked for.
        folder: of the job.
        emit: takes the events; the last is PreviewFinished.
        control: asked between the images; anything but "continue" ends the job without a file.

    Raises:
        RecipeError: the recipe cannot be read.
    """
    recipe = from_toml(folder / "recipe.toml")
    size = recipe.input.size
    # only the network knows mean and std, which a picture does not show
    preprocessing = Preprocessing(width=size, height=size, mean=(0.5,) * 3, std=(0.5,) * 3)
    images: list[NDArray[np.uint8]] = []
    for path in job.paths:
        if control() != "continue":
            return
        try:
            images.append(preprocessing.prepare(decode(Path(path))))
        except ImageError as error:
            emit(ImageSkipped(path=path, sentence=error.sentence))
    examples = np.empty((len(images), job.copies, size, size, 3), np.uint8)
    for copy in range(job.copies if images else 0):
        seen = np.stack(images)
        as_it_is = copy == 0 or recipe.model.frozen
        examples[:, copy] = seen if as_it_is else _vary(seen, recipe.augmentation, seed=seed_of(job.seed, copy))
    with replacing(folder / EXAMPLES_FILE) as temporary:
        np.savez(temporary, images=examples)
    emit(PreviewFinished(file=EXAMPLES_FILE))


def _vary(images: NDArray[np.uint8], config: AugmentationConfig, *, seed: int) -> NDArray[np.uint8]:
    """Images uint8 (n, H, W, 3) as a batch of training has them."""
    augmentation = Augmentation(config, size=images.shape[1])
    varied = np.stack(
        [augmentation(image, seed=seed_of(seed, _AUGMENTATION, number)) for number, image in enumerate(images)]
    )
    if not config.mixup:
        return varied
    no_targets = torch.zeros(len(images), 0)
    batch = mixup(
        Batch(to_tensor(varied), no_targets, no_targets.bool()), alpha=config.mixup, seed=seed_of(seed, _MIXUP)
    )
    return batch.inputs.permute(0, 2, 3, 1).numpy()
