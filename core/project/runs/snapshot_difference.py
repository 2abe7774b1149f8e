"""What people changed between two snapshots of one project."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.labels import LabelState
from core.project.runs.snapshot import Snapshot
from core.project.words import images


@dataclass(frozen=True, slots=True)
class LabelChanges:
    """Changes of one label's annotations on the images that both snapshots have.

    Attributes:
        name: the label's, in the later snapshot.
        present: images on which it became present.
        absent: images on which it became absent.
        unknown: images on which it became unknown.
    """

    name: str
    present: int
    absent: int
    unknown: int


@dataclass(frozen=True)
class SnapshotDifference:
    """What the second snapshot has that the first has not, and the other way round.

    Attributes:
        added_images: paths of the images that only the second has.
        removed_images: paths of those that only the first has.
        moved_images: images of both whose split is another.
        added_labels: names of the labels that only the second has.
        removed_labels: names of those that only the first has.
        renamed_labels: the name in the first and in the second snapshot.
        changed_labels: the labels of both whose annotations changed, in the order of the second snapshot.
    """

    added_images: tuple[str, ...]
    removed_images: tuple[str, ...]
    moved_images: int
    added_labels: tuple[str, ...]
    removed_labels: tuple[str, ...]
    renamed_labels: tuple[tuple[str, str], ...]
    changed_labels: tuple[LabelChanges, ...]

    def lines(self) -> list[str]:
        """The differences for a person, a line each; none where the snapshots are alike."""
        lines = [f"{sign} {images(len(paths))}" for sign, paths in self._signed(images=True) if paths]
        lines += [f"{sign} label “{name}”" for sign, names in self._signed(images=False) for name in names]
        lines += [f"~ label “{before}” renamed to “{after}”" for before, after in self.renamed_labels]
        lines += [f"~ {images(self.moved_images)} in another split"] if self.moved_images else []
        for one in self.changed_labels:
            counts = {"present": one.present, "absent": one.absent, "unknown": one.unknown}
            words = ", ".join(f"{state} on {images(count)}" for state, count in counts.items() if count)
            lines.append(f"~ label “{one.name}” now {words}")
        return lines

    def to_dict(self) -> dict[str, Any]:
        """Numbers, strings, lists and dictionaries for JSON."""
        return asdict(self)

    def _signed(self, *, images: bool) -> list[tuple[str, tuple[str, ...]]]:
        removed, added = (
            (self.removed_images, self.added_images) if images else (self.removed_labels, self.added_labels)
        )
        return [("-", removed), ("+", added)]


def snapshot_difference(before: Snapshot, after: Snapshot) -> SnapshotDifference:
    """Compare two snapshots of one project; images and labels are the same where their numbers are.

    Args:
        before: the earlier one.
        after: the later one.
    """
    _, old_rows, new_rows = np.intersect1d(before.image_ids, after.image_ids, assume_unique=True, return_indices=True)
    names = dict(zip(before.label_ids.tolist(), before.label_names, strict=True))
    later_names = dict(zip(after.label_ids.tolist(), after.label_names, strict=True))
    columns = {label_id: column for column, label_id in enumerate(before.label_ids.tolist())}
    changed = []
    for column, (label_id, name) in enumerate(later_names.items()):
        if label_id in columns:
            then, now = before.states[old_rows, columns[label_id]], after.states[new_rows, column]
            counts = [
                int(np.count_nonzero((then != now) & (now == state)))
                for state in (LabelState.PRESENT, LabelState.ABSENT, LabelState.UNKNOWN)
            ]
            changed += [LabelChanges(name, *counts)] if any(counts) else []
    return SnapshotDifference(
        added_images=_paths(after, new_rows),
        removed_images=_paths(before, old_rows),
        moved_images=int(np.count_nonzero(before.splits[old_rows] != after.splits[new_rows])),
        added_labels=tuple(name for label_id, name in later_names.items() if label_id not in names),
        removed_labels=tuple(name for label_id, name in names.items() if label_id not in later_names),
        renamed_labels=tuple(
            (name, later_names[label_id]) for label_id, name in names.items() if later_names.get(label_id, name) != name
        ),
        changed_labels=tuple(changed),
    )


def _paths(snapshot: Snapshot, common: NDArray[np.intp]) -> tuple[str, ...]:
    """Paths of the images whose rows are not among the common ones."""
    rows = np.setdiff1d(np.arange(len(snapshot.paths)), common, assume_unique=True)
    return tuple(snapshot.paths[row] for row in rows.tolist())
