"""Which training images an epoch draws, and in which order."""

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.labels import LabelState


class Sampler(Protocol):
    """Draws an epoch's images.

    Attributes:
        length: images in an epoch, the same for each; at least two where there are two images.
    """

    length: int

    def draw(self, rng: np.random.Generator) -> NDArray[np.int64]:
        """An epoch's images (length,), numbers in [0, N), in the order in which they come."""


class Shuffled:
    """Each image once.

    Args:
        num_images: N.
    """

    def __init__(self, num_images: int) -> None:
        self.length = num_images

    def draw(self, rng: np.random.Generator) -> NDArray[np.int64]:
        """All images in a random order."""
        return rng.permutation(self.length)


class Balanced:
    """All labels alike: int(N / K) rounds, each of which draws an image of every one of the K labels that occur.

    An image without a label is never drawn. A label's images all come before one of them comes again.

    Args:
        states: int8 (N, C), with at least one PRESENT.
    """

    def __init__(self, states: NDArray[np.int8]) -> None:
        images = [np.flatnonzero(column) for column in (states == LabelState.PRESENT).T]
        self._images = [one for one in images if len(one)]
        self._rounds = max(len(states) // len(self._images), 1)
        self.length = self._rounds * len(self._images)

    def draw(self, rng: np.random.Generator) -> NDArray[np.int64]:
        """Round after round, the labels of each in a random order."""
        columns = [_cycle(images, self._rounds, rng) for images in self._images]
        return rng.permuted(np.stack(columns, axis=1), axis=1).reshape(-1)


class NewLabels:
    """More of the images that have a new label: one of them to every int(sqrt(old / new)) of the others.

    As many images in an epoch as there are, up to a last round that is left out. Images of either kind all come before
    one of them comes again.

    Args:
        is_new: bool (N,), whether an image has a new label; some have, and no fewer have not.
    """

    def __init__(self, is_new: NDArray[np.bool_]) -> None:
        self._new, self._old = np.flatnonzero(is_new), np.flatnonzero(~is_new)
        self._ratio = int(math.sqrt(len(self._old) / len(self._new)))
        self._rounds = len(is_new) // (1 + self._ratio)
        self.length = self._rounds * (1 + self._ratio)

    def draw(self, rng: np.random.Generator) -> NDArray[np.int64]:
        """Round after round, one new image and `ratio` old ones in a random order."""
        new = _cycle(self._new, self._rounds, rng).reshape(self._rounds, 1)
        old = _cycle(self._old, self._rounds * self._ratio, rng).reshape(self._rounds, self._ratio)
        return rng.permuted(np.concatenate([new, old], axis=1), axis=1).reshape(-1)


def sampler_of(name: str, states: NDArray[np.int8], *, new_labels: Sequence[int] = ()) -> Sampler:
    """The sampler that a recipe asks for.

    Args:
        name: "shuffled", "balanced" or "new_labels".
        states: int8 (N, C), of the training images.
        new_labels: columns of the labels that the weights the run starts from do not know.

    Returns:
        The sampler; the plain one where no image has a label, or none has a new one. Also where most have a new one:
        the rule would then draw no others, and the old labels would be forgotten.
    """
    is_present = states == LabelState.PRESENT
    if name == "balanced" and is_present.any():
        return Balanced(states)
    if name == "new_labels":
        is_new = is_present[:, list(new_labels)].any(axis=1)
        if 0 < is_new.sum() <= len(states) / 2:
            return NewLabels(is_new)
    return Shuffled(len(states))


def _cycle(images: NDArray[np.int64], count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """So many of the images (n,): shuffled, and shuffled anew each time that all have been drawn."""
    decks = [rng.permutation(images) for _ in range(-(-count // len(images)))]
    return np.concatenate(decks)[:count]
