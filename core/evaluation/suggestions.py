"""What a trained network says of images that were not in its training, kept with its run and added to later."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from core.errors import MultihotError
from core.files import replacing, what_is_wrong

#: Its name in a run's folder, beside the predictions.
SUGGESTIONS_FILE: Final = "suggestions.npz"


@dataclass(frozen=True, eq=False)
class Suggestions:
    """Probabilities of S images and C labels, and what the files were when they were looked at.

    Attributes:
        image_ids: int64 (S,), the project's numbers of the images, ascending.
        identities: int64 (S, 2), bytes and time of change, in nanoseconds since 1970, of each file.
        probabilities: float32 (S, C) in [0, 1], as the network gives them; neither calibrated nor cut.
        label_names: the C labels in the order of the columns.
    """

    image_ids: NDArray[np.int64]
    identities: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    label_names: tuple[str, ...]

    def __post_init__(self) -> None:
        images, labels = self.probabilities.shape
        shapes = (self.image_ids.shape, self.identities.shape, (len(self.label_names),))
        if shapes != ((images,), (images, 2), (labels,)):
            raise ValueError(f"scores of {images} images and {labels} labels do not fit the shapes {shapes}")
        if (np.diff(self.image_ids) <= 0).any():
            raise ValueError("image ids ascend, and none is there twice")

    @classmethod
    def none(cls, label_names: tuple[str, ...]) -> Self:
        """Of no image yet."""
        labels = len(label_names)
        return cls(np.zeros(0, np.int64), np.zeros((0, 2), np.int64), np.zeros((0, labels), np.float32), label_names)

    def with_more(
        self, image_ids: NDArray[np.int64], identities: NDArray[np.int64], probabilities: NDArray[np.float32]
    ) -> Self:
        """The same with further images; one that is there already is replaced.

        Args:
            image_ids: int64 (n,), in any order, none of them twice.
            identities: int64 (n, 2).
            probabilities: float32 (n, C).
        """
        others = ~np.isin(self.image_ids, image_ids)
        ids = np.concatenate((self.image_ids[others], image_ids))
        order = np.argsort(ids)
        return type(self)(
            ids[order],
            np.concatenate((self.identities[others], identities))[order],
            np.concatenate((self.probabilities[others], probabilities))[order],
            self.label_names,
        )

    def missing(self, image_ids: Sequence[int], paths: Sequence[str]) -> list[int]:
        """Which images have no score here, or one of a file that has changed since; looks at every file.

        Args:
            image_ids: of n images.
            paths: of their files.

        Returns:
            Their places in `image_ids`.
        """
        known = dict(zip(self.image_ids.tolist(), map(tuple, self.identities.tolist()), strict=True))
        return [
            place
            for place, (image_id, path) in enumerate(zip(image_ids, paths, strict=True))
            if image_id not in known or known[image_id] != identity_of(Path(path))
        ]

    def save(self, path: Path) -> None:
        """Write a .npz file, replacing one that is there in one step."""
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.savez(
                file,
                image_ids=self.image_ids.astype(np.int64),
                identities=self.identities.astype(np.int64),
                probabilities=self.probabilities.astype(np.float32),
                label_names=np.array(self.label_names, dtype=np.str_),
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
                    identities=arrays["identities"],
                    probabilities=arrays["probabilities"],
                    label_names=tuple(arrays["label_names"].tolist()),
                )
        except (OSError, EOFError, ValueError, KeyError, TypeError, BadZipFile) as error:
            raise MultihotError(
                f"The scores in {path} cannot be read ({what_is_wrong(error)}).",
                next_step="Delete the file and score the images again.",
            ) from error

    @classmethod
    def of_run(cls, folder: Path, label_names: tuple[str, ...]) -> Self:
        """Those kept in a run's folder; of no image where there are none, or where their file is of no use.

        A file that is damaged or of other labels holds nothing that scoring again would not give.
        """
        try:
            kept = cls.load(folder / SUGGESTIONS_FILE)
        except MultihotError:
            return cls.none(label_names)
        return kept if kept.label_names == label_names else cls.none(label_names)


def identity_of(path: Path) -> tuple[int, int]:
    """What a file is known by: its size in bytes and its time of change; (-1, -1) where it cannot be found."""
    try:
        facts = path.stat()
    except OSError:
        return -1, -1
    return facts.st_size, facts.st_mtime_ns
