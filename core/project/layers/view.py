"""What an open project holds, for reading."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.labels import Label, LabelState, Review, Rule, Task
from core.project.disk.database import Database
from core.project.layers.content import Content
from core.project.layers.facts import FactBook, ImageFacts
from core.project.state import ProjectState


class ProjectView:
    """The labels, images and annotations of an open project; SQLite holds the truth, arrays in memory mirror it.

    Arrays that are handed out are read-only views that show later edits; after a change of labels or images ask again.

    Attributes:
        folder: absolute path of the project.
        name: the folder's name.
        task: whether an image has any number of labels or one; in a multi-class project at most one is present.
        database: its SQLite file, for the modules of `core.project`.
    """

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder = folder
        self.name = folder.name
        self.database = database
        self._shown = Content(database.connection, folder)
        self._facts = FactBook(database)
        (task,) = database.connection.execute("SELECT task FROM project").fetchone()
        self.task: Task = task

    @property
    def _content(self) -> Content:
        """What is seen of the project."""
        return self._shown

    @property
    def labels(self) -> tuple[Label, ...]:
        """The labels in their order, which is that of the columns of `states`."""
        return self._content.labels

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules whose labels all exist; that a parent is present where its child is, is none of them."""
        return self._content.rules

    @property
    def image_ids(self) -> NDArray[np.int64]:
        """Ids of the images (N,), ascending: rows are in the order in which images were added."""
        return self._content.image_ids

    @property
    def paths(self) -> list[str]:
        """N paths, each relative to its root folder, with "/"."""
        return self._content.paths

    @property
    def states(self) -> NDArray[np.int8]:
        """States (N, C) in {1, 0, -1}, see `LabelState`; the states of one label lie together in memory."""
        return self._content.states

    @property
    def splits(self) -> NDArray[np.int8]:
        """Splits (N,), see `Split`."""
        return self._content.splits

    @property
    def review(self) -> NDArray[np.int8]:
        """How far a person came with each image (N,), see `Review`."""
        return self._content.review

    @property
    def reviewed(self) -> NDArray[np.bool_]:
        """Whether a person went over the image (N,), as it is now."""
        reviewed: NDArray[np.bool_] = self._content.review == int(Review.REVIEWED)
        return reviewed

    @property
    def reviewed_at(self) -> NDArray[np.float64]:
        """When that was (N,), seconds since 1970; NaN for the others, and where it was before this was kept."""
        return self._content.reviewed_at

    @property
    def flagged(self) -> NDArray[np.bool_]:
        """Whether a person put a flag on the image (N,)."""
        return self._content.flagged

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Sizes of the image files (N,) in bytes."""
        return self._content.sizes

    @property
    def widths(self) -> NDArray[np.int32]:
        """Widths (N,) in pixels, upright; 0 where nobody knows."""
        return self._content.widths

    @property
    def heights(self) -> NDArray[np.int32]:
        """Heights (N,) in pixels, upright; 0 where nobody knows."""
        return self._content.heights

    @property
    def notes(self) -> Mapping[int, str]:
        """Notes on images, by image id; none is empty."""
        return self._content.notes

    @property
    def disputes(self) -> Mapping[tuple[int, int], LabelState]:
        """What another project says otherwise and nobody decided yet, by image id and label id."""
        return self._content.disputes

    @property
    def problems(self) -> dict[int, str]:
        """Why an image cannot be shown, by image id."""
        return self._content.problems

    def states_of(self, image_ids: ArrayLike) -> NDArray[np.int8]:
        """A copy (n, C) of the states of images (n,)."""
        return self._content.block_of(self.rows_of(image_ids))

    def row_of(self, image_id: int) -> int:
        """The row of an image; KeyError when there is none."""
        return int(self.rows_of([image_id])[0])

    def rows_of(self, image_ids: ArrayLike) -> NDArray[np.int64]:
        """The rows (n,) of images (n,); KeyError when one is not there."""
        return self._content.rows_of(image_ids)

    def image_paths(self, image_ids: ArrayLike) -> list[str]:
        """Absolute paths of images (n,)."""
        return self._content.image_paths(self.rows_of(image_ids))

    def image_path(self, image_id: int) -> Path:
        """Absolute path of an image; the file may be missing."""
        return Path(self.image_paths([image_id])[0])

    def roots(self) -> list[Path]:
        """The folders that images were added from; some may be missing."""
        return list(self._content.roots.values())

    def missing_roots(self) -> list[Path]:
        """The folders that images were added from of which none is there any more; looks at the disk."""
        return [root for root in self.roots() if not (root.is_dir() and self._content.is_in(root, root=root))]

    def image_facts(self, image_id: int) -> ImageFacts:
        """What is known about an image file."""
        return self._facts.of(image_id)

    def content_hash(self, image_id: int) -> str:
        """SHA-256 of an image file, hexadecimal, computed when first asked for.

        Raises:
            ProjectError: the file cannot be read.
        """
        return self._facts.content_hash(image_id, self.image_path(image_id))

    def content_hashes(self) -> dict[int, str]:
        """The SHA-256 of image files, hexadecimal, by image id, as far as they are known."""
        rows = self.database.connection.execute("SELECT id, content_hash FROM image WHERE content_hash IS NOT NULL")
        return dict(rows)

    def state(self) -> ProjectState:
        """A copy of all that people said of the images until now."""
        return self._content.state()
