"""The annotations that a run was trained on, as they were when it began."""

import hashlib
import json
import zipfile
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from core.errors import ProjectError
from core.files import replacing
from core.labels import MULTI_LABEL, Split, Task
from core.project.labels.one_class import annotated_images
from core.project.store import Store


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Images, states and splits, fixed for ever.

    Attributes:
        image_ids: int64 (N,).
        paths: N absolute paths.
        states: int8 (N, C) in {1, 0, -1}.
        splits: int8 (N,), values of `Split`.
        label_ids: int64 (C,).
        label_names: C names, in the order of the columns.
        task: of the project; in a multi-class one at most one label of an image is present.
    """

    image_ids: NDArray[np.int64]
    paths: tuple[str, ...]
    states: NDArray[np.int8]
    splits: NDArray[np.int8]
    label_ids: NDArray[np.int64]
    label_names: tuple[str, ...]
    task: Task = MULTI_LABEL

    @cached_property
    def hash(self) -> str:
        """SHA-256 of images, states, splits and labels, hexadecimal; folders do not count, so it can be moved."""
        # by hand: the paths may be of another system than the one that asks
        names = [path.replace("\\", "/").rpartition("/")[2] for path in self.paths]
        # left out where it is multi-label, as it was before there was another
        task = [] if self.task == MULTI_LABEL else [self.task]
        digest = hashlib.sha256(json.dumps([self.label_names, names, *task]).encode())
        for array in (self.image_ids, self.label_ids, self.splits, self.states):
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    def save(self, path: Path) -> None:
        """Write it as `.npz`."""
        with replacing(path) as temporary:
            np.savez_compressed(
                temporary,
                image_ids=self.image_ids,
                states=self.states,
                splits=self.splits,
                label_ids=self.label_ids,
                # as JSON: an array of texts would need pickle or four bytes a character
                texts=np.frombuffer(json.dumps([self.paths, self.label_names, self.task]).encode(), np.uint8),
            )

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            ProjectError: the file is missing or damaged.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                # the first versions wrote no task
                paths, label_names, task = [*json.loads(file["texts"].tobytes()), MULTI_LABEL][:3]
                return cls(
                    file["image_ids"], tuple(paths), file["states"], file["splits"],
                    file["label_ids"], tuple(label_names), task,
                )  # fmt: skip
        except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error) as error:
            raise ProjectError(
                f"{path} is missing or damaged, so the run cannot be repeated.", next_step="Train a new one."
            ) from error


def take_snapshot(store: Store) -> Snapshot:
    """The images of a project that have a split and are annotated: a known state, or the label of a multi-class one."""
    rows = np.flatnonzero((store.splits != Split.UNASSIGNED) & annotated_images(store.states, store.task))
    image_ids = store.image_ids[rows]
    return Snapshot(
        image_ids=image_ids,
        paths=tuple(store.image_paths(image_ids)),
        states=store.states[rows],
        splits=store.splits[rows],
        label_ids=np.array([label.id for label in store.labels], np.int64),
        label_names=tuple(label.name for label in store.labels),
        task=store.task,
    )
