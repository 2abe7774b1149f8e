"""What every format of annotations is read into."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False, slots=True)
class Annotations:
    """Annotations as a file tells them, before they meet the images of a project.

    Attributes:
        source: name of the file or folder they were read from.
        filenames: N paths with "/", each once.
        label_names: C names, distinct regardless of case.
        states: int8 (N, C) in {1, 0, -1}.
        splits: int8 (N,), values of `Split`; `UNASSIGNED` where the file says nothing.
        root: the folder that the names are relative to; None where the file does not say.
    """

    source: str
    filenames: tuple[str, ...]
    label_names: tuple[str, ...]
    states: NDArray[np.int8]
    splits: NDArray[np.int8]
    root: Path | None = None
