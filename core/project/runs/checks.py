"""What to know, and what to mend, before a training starts."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.errors import ProjectError
from core.labels import MULTI_CLASS, MULTI_LABEL, Label, LabelState, Split, Task
from core.project.labels.one_class import annotated_images

# Fewer teach a network little but their backgrounds.
FEWEST_IMAGES = 20
FEWEST_POSITIVES = 5


def check_trainable(
    states: NDArray[np.int8], splits: NDArray[np.int8], labels: Sequence[Label], *, task: Task = MULTI_LABEL
) -> None:
    """Refuse annotations that nothing can be learnt from.

    Args:
        states: int8 (N, C) in {1, 0, -1}.
        splits: int8 (N,), values of `Split`.
        labels: C labels.
        task: of the project.

    Raises:
        ProjectError: there are no labels, no annotated images in train or validation, or nothing to tell apart.
    """
    if not labels:
        raise ProjectError("The project has no labels.", next_step="Add a label and give it to some images.")
    annotated = annotated_images(states, task)
    if not annotated.any():
        raise ProjectError("No image has a label yet.", next_step=f"Label at least {FEWEST_IMAGES} images.")
    for split in (Split.TRAIN, Split.VALIDATION):
        if not (annotated & (splits == split)).any():
            raise ProjectError(f"No annotated image is in {split.name.lower()}.", next_step="Label some more images.")
    train = states[splits == Split.TRAIN]
    if task == MULTI_CLASS:
        if np.count_nonzero((train == LabelState.PRESENT).any(axis=0)) < 2:
            raise ProjectError(
                "All labelled images of train have the same label, so there is nothing to tell apart.",
                next_step="Give some images another label.",
            )
        return
    both = (train == LabelState.PRESENT).any(axis=0) & (train == LabelState.ABSENT).any(axis=0)
    if not both.any():
        raise ProjectError(
            "No label is present on one image of train and absent on another, so there is nothing to tell apart.",
            next_step="Say also which images do not have a label; Enter makes the remaining labels absent.",
        )


def training_warnings(
    states: NDArray[np.int8], splits: NDArray[np.int8], labels: Sequence[Label], *, task: Task = MULTI_LABEL
) -> list[str]:
    """Sentences about what will make a model poor, gravest first.

    Args:
        states: int8 (N, C) in {1, 0, -1}.
        splits: int8 (N,), values of `Split`.
        labels: C labels.
        task: of the project.
    """
    warnings = []
    annotated = int(annotated_images(states, task).sum())
    if annotated < FEWEST_IMAGES:
        images = "1 image is" if annotated == 1 else f"{annotated} images are"
        warnings.append(f"Only {images} annotated: label at least {FEWEST_IMAGES}.")
    in_train, in_validation = (states[splits == split] for split in (Split.TRAIN, Split.VALIDATION))
    train, validation = ((part == LabelState.PRESENT).sum(axis=0) for part in (in_train, in_validation))
    absent = (in_train == LabelState.ABSENT).sum(axis=0)
    for names, sentence in (
        (train == 0, "no positive image in train and cannot be learnt"),
        ((train > 0) & (absent == 0), "no negative image in train and will be predicted everywhere"),
        ((train > 0) & (train < FEWEST_POSITIVES), f"fewer than {FEWEST_POSITIVES} positive images in train"),
        ((train > 0) & (validation == 0), "no positive image in validation and will not be measured"),
    ):
        chosen = [f"“{label.name}”" for label, is_so in zip(labels, names, strict=True) if is_so]
        if chosen:
            warnings.append(f"{_listed(chosen)} {'has' if len(chosen) == 1 else 'have'} {sentence}.")
    return warnings


def _listed(names: Sequence[str]) -> str:
    """Some names as a list in a sentence; many are cut short."""
    shown = [*names[:5], f"{len(names) - 5} more"] if len(names) > 6 else list(names)
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
