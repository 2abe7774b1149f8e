"""Class folders: `train/CLASS/*.jpg`, `val/...` and `test/...`, or `CLASS/*.jpg` without splits; one label per image.

Deeper folders belong to the class above them. An image that is in no folder of a class has no known label.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from core.errors import FormatError, ProjectError
from core.formats.annotations import Annotations
from core.labels import LabelState, Split
from core.project.files.scan import natural_key, scan_folder
from core.project.labels.label_rows import check_label_name

_SPLITS = {
    "train": Split.TRAIN,
    "val": Split.VALIDATION,
    "valid": Split.VALIDATION,
    "validation": Split.VALIDATION,
    "test": Split.TEST,
}


def read(root: Path, *, cancelled: Callable[[], bool] = lambda: False) -> Annotations:
    """Read the labels, and the splits where there are any, from the folders that images are in.

    Args:
        root: the folder.
        cancelled: asked now and then; once it says yes, the answer is about the images found until then.

    Raises:
        FormatError: it is no such folder, or a folder has a name that no label may have.
        ProjectError: it cannot be listed.
    """
    return of_images(root, [image.relative_path for image in scan_folder(root, cancelled=cancelled)])


def of_images(root: Path, paths: Sequence[str]) -> Annotations:
    """As `read`, where the images were found already: their paths, relative to the folder, with "/".

    Raises:
        FormatError: as `read`.
    """
    annotations = recognised(root, paths)
    if annotations is None:
        raise FormatError(
            f"{root} does not hold a folder of images for each of several classes.",
            next_step="Choose the folder with train/CLASS/, val/CLASS/ and test/CLASS/ in it, or with CLASS/ alone.",
        )
    return annotations


def recognised(root: Path, paths: Sequence[str]) -> Annotations | None:
    """What the folders say of the image files in them.

    Images of a `train` without a `val` beside it have no split: some of them are needed to validate.

    Args:
        root: the folder.
        paths: of the images, relative to it, with "/".

    Returns:
        The annotations; None where there are not at least two classes.

    Raises:
        FormatError: a folder has a name that no label may have.
    """
    folders = [path.split("/")[:-1] for path in paths]
    splits = [_SPLITS.get(folder[0].casefold(), Split.UNASSIGNED) if folder else Split.UNASSIGNED for folder in folders]
    in_split = [
        folder[1] if split != Split.UNASSIGNED and len(folder) > 1 else None
        for folder, split in zip(folders, splits, strict=True)
    ]
    of_train = {name for name, split in zip(in_split, splits, strict=True) if name and split == Split.TRAIN}
    # images of other folders beside `train`, such as pictures for a manual, have no class
    classes = in_split if len(of_train) > 1 else [folder[0] if folder else None for folder in folders]
    if len(of_train) < 2:
        splits = [Split.UNASSIGNED] * len(paths)
    elif Split.VALIDATION not in splits:
        splits = [Split.UNASSIGNED if split == Split.TRAIN else split for split in splits]
    names = _label_names(root, [name for name in classes if name is not None])
    if len(names) < 2:
        return None
    states = np.full((len(paths), len(names)), LabelState.UNKNOWN, np.int8)
    column = {name.casefold(): index for index, name in enumerate(names)}
    rows = np.array([row for row, name in enumerate(classes) if name is not None], np.int64)
    states[rows] = LabelState.ABSENT
    states[rows, [column[name.strip().casefold()] for name in classes if name is not None]] = LabelState.PRESENT
    return Annotations(root.name, tuple(paths), names, states, np.array(splits, np.int8), root=root.resolve())


def _label_names(root: Path, folders: Sequence[str]) -> tuple[str, ...]:
    """The names of the classes in natural order, each once regardless of case."""
    names = {name.strip().casefold(): name.strip() for name in reversed(folders)}
    for name in names.values():
        try:
            check_label_name(name)
        except ProjectError as error:
            raise FormatError(
                f"A folder in {root} is called “{name}”: {error.sentence}", next_step="Rename it."
            ) from error
    return tuple(sorted(names.values(), key=natural_key))
