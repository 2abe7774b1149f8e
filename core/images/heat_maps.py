"""Heat maps kept in a folder, so that a second look at an image is immediate."""

import contextlib
import os
from pathlib import Path
from typing import Final
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from core.files import replacing

# to be raised when heat maps are computed in another way
_FORMAT: Final = 2
# of one model: some thousands of images with 80 labels on maps of 16 x 16 places
_MOST_BYTES: Final = 100_000_000
# a look at the folder takes some milliseconds when it is full
_LOOK_EVERY: Final = 50


class HeatMapStore:
    """What speaks for each label in images, as one model sees it; forgotten when an image or the model changes.

    The oldest are forgotten as well where they would take more than 100 MB.
    """

    def __init__(self, folder: Path, *, model: Path) -> None:
        """Use a folder.

        Args:
            folder: of this model's heat maps alone; made by the first `put`.
            model: a file that is written anew with the model.
        """
        self.folder = folder
        self._model = model
        self._put = 0

    def get(self, image_id: int, path: Path) -> NDArray[np.float32] | None:
        """The kept heat maps of an image, float32 (C, h, w) in [0, 1], in steps of 1/255; None without, or of old ones.

        Args:
            image_id: the project's number of the image.
            path: its file.
        """
        with (
            contextlib.suppress(OSError, EOFError, ValueError, KeyError, BadZipFile),
            # opened here: numpy leaves a damaged file open
            self._file(image_id).open("rb") as file,
            np.load(file, allow_pickle=False) as arrays,
        ):
            if arrays["made_of"].tolist() == self._made_of(path):
                maps: NDArray[np.float32] = arrays["maps"] / np.float32(255)
                return maps
        return None

    def put(self, image_id: int, path: Path, maps: NDArray[np.float32]) -> None:
        """Keep the heat maps of an image.

        Args:
            image_id: the project's number of the image.
            path: its file.
            maps: float32 (C, h, w) in [0, 1].

        Raises:
            OSError: the folder cannot be written, or the image or the model is gone.
        """
        made_of = self._made_of(path)
        self.folder.mkdir(parents=True, exist_ok=True)
        with replacing(self._file(image_id)) as temporary:
            steps = np.rint(maps * 255).astype(np.uint8)
            np.savez_compressed(temporary, maps=steps, made_of=np.array(made_of, np.int64))
        self._put += 1
        if self._put % _LOOK_EVERY == 1:
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        # another program may forget the same
        with contextlib.suppress(OSError), os.scandir(self.folder) as entries:
            files = sorted((one.stat().st_mtime_ns, one.stat().st_size, one.path) for one in entries)
            surplus = sum(size for _, size, _ in files) - _MOST_BYTES
            for _, size, path in files:
                if surplus <= 0:
                    break
                Path(path).unlink()
                surplus -= size

    def _file(self, image_id: int) -> Path:
        return self.folder / f"{image_id}.npz"

    def _made_of(self, path: Path) -> list[int]:
        """What tells this state of image and model from others."""
        image, model = path.stat(), self._model.stat()
        return [_FORMAT, image.st_mtime_ns, image.st_size, model.st_mtime_ns, model.st_size]


def heat_map_folder(project: Path, run_id: int) -> Path:
    """Where a project keeps the heat maps of a run."""
    return project / "cache" / "heat-maps" / f"{run_id:04d}"
