"""Heat maps kept in a folder, so that a second look at an image is immediate."""

import contextlib
from pathlib import Path
from typing import Final
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from core.files import replacing

# to be raised when heat maps are computed in another way
_FORMAT: Final = 1


class HeatMapStore:
    """What speaks for each label in images, as one model sees it; forgotten when an image or the model changes."""

    def __init__(self, folder: Path, *, model: Path) -> None:
        """Use a folder.

        Args:
            folder: of this model's heat maps alone; made by the first `put`.
            model: a file that is written anew with the model.
        """
        self.folder = folder
        self._model = model

    def get(self, image_id: int, path: Path) -> NDArray[np.float32] | None:
        """The kept heat maps of an image, float32 (C, h, w) in [0, 1]; None where there are none, or old ones.

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
                maps: NDArray[np.float32] = arrays["maps"]
                return maps
        return None

    def put(self, image_id: int, path: Path, maps: NDArray[np.float32]) -> None:
        """Keep the heat maps (C, h, w) of an image.

        Raises:
            OSError: the folder cannot be written, or the image or the model is gone.
        """
        made_of = self._made_of(path)
        self.folder.mkdir(parents=True, exist_ok=True)
        with replacing(self._file(image_id)) as temporary:
            np.savez_compressed(temporary, maps=maps.astype(np.float32), made_of=np.array(made_of, np.int64))

    def _file(self, image_id: int) -> Path:
        return self.folder / f"{image_id}.npz"

    def _made_of(self, path: Path) -> list[int]:
        """What tells this state of image and model from others."""
        image, model = path.stat(), self._model.stat()
        return [_FORMAT, image.st_mtime_ns, image.st_size, model.st_mtime_ns, model.st_size]


def heat_map_folder(project: Path, run_id: int) -> Path:
    """Where a project keeps the heat maps of a run."""
    return project / "cache" / "heat-maps" / f"{run_id:04d}"
