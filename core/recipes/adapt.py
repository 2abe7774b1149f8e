"""Epochs, batch size and learning rate that suit the number of training images."""

import math
from collections.abc import Set
from dataclasses import dataclass, replace
from typing import Final

from core.recipes.recipe import Recipe


@dataclass(frozen=True)
class _Suits:
    """What suits up to a number of training images.

    Attributes:
        images: largest number of training images.
        batch_size: at most; a recipe's smaller one is kept.
        epochs: in place of the recipe's.
    """

    images: int
    batch_size: int
    epochs: int


# From small to large: a small set needs small batches, or too few steps are left to learn anything in. Sets that are
# larger than the last row's, those of the papers among them, are trained as the recipe says.
_TABLE: Final = (
    _Suits(images=60, batch_size=8, epochs=40),
    _Suits(images=150, batch_size=8, epochs=30),
    _Suits(images=1200, batch_size=16, epochs=20),
    _Suits(images=4500, batch_size=32, epochs=20),
)

# At the 0.1 of its authors, for 80 labels and ten thousands of images, ML-GCN diverges in small batches of few labels:
# of 252 photos with 6 labels at anything above 0.01. Its classifiers are products of layers, and meet pooled maxima
# that nothing normalises.
_ML_GCN_RATE: Final = 0.005


def adapt(recipe: Recipe, train_images: int, *, keep: Set[str] = frozenset()) -> tuple[Recipe, tuple[str, ...]]:
    """The recipe with epochs, batch size and learning rate for a number of training images, where it asks for that.

    Args:
        recipe: unchanged when its `training.adapt` is false.
        train_images: annotated images in train.
        keep: keys that a person set, such as "training.epochs", which stay as they are.

    Returns:
        The recipe, and sentences that say what was chosen and why; none when it does not ask for that.
    """
    training = recipe.training
    if not training.adapt:
        return recipe, ()
    batch_size, epochs, rate = training.batch_size, training.epochs, training.learning_rate
    row = next((one for one in _TABLE if train_images <= one.images), None)
    if row is not None and "training.batch_size" not in keep:
        batch_size = min(batch_size, row.batch_size)
    if row is not None and "training.epochs" not in keep:
        epochs = row.epochs
    if "training.learning_rate" not in keep and training.optimizer != "sgd":
        # Adam's step does not grow with the gradient, so its noise is kept by the square root of the batch size
        # (Malladi et al. 2022). With SGD the rate stays: a loss summed over the batch scales the step by itself, and
        # one averaged over it is far from what would diverge.
        rate = float(f"{rate * math.sqrt(batch_size / training.batch_size):.2g}")
    if "training.learning_rate" not in keep and row is not None and recipe.model.head == "ml_gcn":
        rate = min(rate, _ML_GCN_RATE)
    adapted = replace(
        training,
        batch_size=batch_size,
        epochs=epochs,
        learning_rate=rate,
        # The papers' averages span thousands of steps: after the hundreds that a small set has, what they began with,
        # which has learnt nothing, would outweigh the rest.
        ema_warm_up=training.ema_warm_up or (row is not None and "training.ema_warm_up" not in keep),
    )
    recipe = replace(recipe, training=adapted)
    return recipe, (_sentence(recipe, train_images, keep=keep, is_new_rate=rate != training.learning_rate),)


def _sentence(recipe: Recipe, train_images: int, *, keep: Set[str], is_new_rate: bool) -> str:
    training = recipe.training
    steps = math.ceil(train_images / training.batch_size) * training.epochs
    # two digits are as exact as a person reads them
    digits = 10 ** max(len(str(steps)) - 2, 0)

    def whose(key: str) -> str:
        return ", as set," if key in keep else ""

    if recipe.search.method != "none":
        rate = "the learning rate is searched first"
    elif "training.learning_rate" in keep:
        rate = f"the learning rate is {training.learning_rate:g}, as set"
    else:
        rate = f"the learning rate is {training.learning_rate:g}" + ("" if is_new_rate else ", as in the recipe")
    return (
        f"{train_images:,} training image{'s' if train_images != 1 else ''}: batches of {training.batch_size}"
        f"{whose('training.batch_size')} and {training.epochs} epoch{'s' if training.epochs != 1 else ''}"
        f"{whose('training.epochs') or ','} so that there are some {round(steps / digits) * digits:,} steps; {rate}."
    )
