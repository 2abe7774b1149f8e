"""What a trained network said of every image, kept with its run."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Self
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from core.errors import MultihotError
from core.files import replacing, what_is_wrong
from core.labels import MULTI_CLASS, MULTI_LABEL, LabelState, Split, Task

PREDICTIONS_FILE = "predictions.npz"
"""Its name in the run's folder."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """Probabilities of `V` images and `C` labels, beside what people said of them when the run began.

    Attributes:
        image_ids: int64 (V,), the project's numbers of the images.
        splits: int8 (V,), `Split` of each image.
        probabilities: float32 (V, C) in [0, 1].
        states: int8 (V, C), `LabelState` of each label on each image.
        label_names: the C labels in the order of the columns.
        task: in multi-label a threshold decides on each probability; in multi-class those of an image add up to 1 and
            the highest decides.
    """

    image_ids: NDArray[np.int64]
    splits: NDArray[np.int8]
    probabilities: NDArray[np.float32]
    states: NDArray[np.int8]
    label_names: tuple[str, ...]
    task: Task = MULTI_LABEL

    def __post_init__(self) -> None:
        images, labels = self.probabilities.shape
        shapes = (self.image_ids.shape, self.splits.shape, self.states.shape, (len(self.label_names),))
        if shapes != ((images,), (images,), (images, labels), (labels,)):
            raise ValueError(f"predictions of {images} images and {labels} labels do not fit the shapes {shapes}")

    @property
    def is_multi_class(self) -> bool:
        """Whether the label of the highest probability is the decision, and thresholds play no part."""
        return self.task == MULTI_CLASS

    @cached_property
    def targets(self) -> NDArray[np.bool_]:
        """Bool (V, C): where a label is present; False where it is unknown. Kept, so not to be written to."""
        return _kept(self.states == LabelState.PRESENT)

    @cached_property
    def known(self) -> NDArray[np.bool_]:
        """Bool (V, C): where a person said whether the label is present. Kept, so not to be written to."""
        return _kept(self.states != LabelState.UNKNOWN)

    def of(self, *splits: Split) -> Self:
        """The predictions of the images in some splits."""
        return self.at(np.flatnonzero(np.isin(self.splits, splits)))

    def at(self, rows: NDArray[np.int64]) -> Self:
        """The predictions of some images.

        Args:
            rows: int64 (n,).
        """
        return replace(
            self,
            image_ids=self.image_ids[rows],
            splits=self.splits[rows],
            probabilities=self.probabilities[rows],
            states=self.states[rows],
        )

    def save(self, path: Path) -> None:
        """Write a .npz file, replacing one that is there in one step."""
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.savez(
                file,
                image_ids=self.image_ids.astype(np.int64),
                splits=self.splits.astype(np.int8),
                probabilities=self.probabilities.astype(np.float32),
                states=self.states.astype(np.int8),
                label_names=np.array(self.label_names, dtype=np.str_),
                task=np.array(self.task),
            )

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote; no code in the file is ever run.

        Raises:
            MultihotError: the file is missing or damaged.
        """
        try:
            # opened here: numpy leaves a damaged file open
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                return cls(
                    image_ids=arrays["image_ids"],
                    splits=arrays["splits"],
                    probabilities=arrays["probabilities"],
                    states=arrays["states"],
                    label_names=tuple(arrays["label_names"].tolist()),
                    # runs from before there were multi-class projects do not say it
                    task=arrays["task"].item() if "task" in arrays else MULTI_LABEL,
                )
        except (OSError, EOFError, ValueError, KeyError, TypeError, BadZipFile) as error:
            raise MultihotError(
                f"The scores in {path} cannot be read ({what_is_wrong(error)}).",
                next_step="Train again, or choose another run.",
            ) from error


def _kept(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    mask.setflags(write=False)
    return mask
