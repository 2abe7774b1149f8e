"""Versions: what people said of the images at some time, kept under a name, to compare with and to bring back."""

import itertools
import json
import time
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import ProjectError
from core.labels import UNKNOWN, LabelState, Review
from core.project.changes import Changes
from core.project.edits import LabelRow, RuleRow
from core.project.state import ProjectState
from core.project.store import Store

# Two bits per state, four states per byte; written into the header, so that another way can follow.
_FORMAT = 1
_PER_BYTE = 4


@dataclass(frozen=True, slots=True)
class Version:
    """What is known of a version without unpacking it.

    Attributes:
        id: its number within the project, never used again.
        name: what people call it; several may have the same.
        created: seconds since 1970.
        images: images of the project at that time.
        annotated: images of which the state of some label was known.
        annotations: known states of labels on images.
        reviewed: images that were reviewed.
    """

    id: int
    name: str
    created: float
    images: int
    annotated: int
    annotations: int
    reviewed: int


@dataclass(frozen=True, slots=True)
class PackedVersion:
    """A version ready to be written: packing takes a tenth of a second, which a thread can do."""

    facts: str
    data: bytes


@dataclass(frozen=True, slots=True)
class LabelDifference:
    """What became of one label from one state of a project to another, on the images that both have.

    Attributes:
        label_id: of the label, which both have.
        name: in the second.
        present: images on which it became present.
        absent: images on which it became absent.
        unknown: images on which it became unknown.
        images: images on which it changed: the sum of the three.
    """

    label_id: int
    name: str
    present: int
    absent: int
    unknown: int

    @property
    def images(self) -> int:
        """Images on which it changed."""
        return self.present + self.absent + self.unknown


@dataclass(frozen=True, eq=False)
class VersionDifference:
    """What the second of two states of a project has that the first has not, and the other way round.

    Attributes:
        labels: the labels of both whose annotations changed, in the order of the second.
        added_labels: names of the labels that only the second has.
        removed_labels: names of those that only the first has.
        renamed_labels: the name in the first and in the second.
        changed_images: ids of images (n,) on which some label of both changed.
        review_images: ids of images (n,) with another review or flag.
        note_images: ids of images (n,) with another note.
        added_images: ids of images (n,) that only the second has.
        removed_images: ids of images (n,) that only the first has.
        rules_changed: whether the rules are others.
    """

    labels: tuple[LabelDifference, ...]
    added_labels: tuple[str, ...]
    removed_labels: tuple[str, ...]
    renamed_labels: tuple[tuple[str, str], ...]
    changed_images: NDArray[np.int64]
    review_images: NDArray[np.int64]
    note_images: NDArray[np.int64]
    added_images: NDArray[np.int64]
    removed_images: NDArray[np.int64]
    rules_changed: bool
    _image_ids: NDArray[np.int64] = field(repr=False)
    _before: NDArray[np.int8] = field(repr=False)
    _after: NDArray[np.int8] = field(repr=False)
    _places: dict[int, int] = field(repr=False)

    def __bool__(self) -> bool:
        return bool(
            self.labels
            or self.added_labels
            or self.removed_labels
            or self.renamed_labels
            or len(self.review_images)
            or len(self.note_images)
            or len(self.added_images)
            or len(self.removed_images)
            or self.rules_changed
        )

    def images_of(self, label_id: int, became: LabelState | None = None) -> NDArray[np.int64]:
        """Ids of the images (n,) on which a label changed.

        Args:
            label_id: one of `labels`.
            became: only those on which it became this; None for all.
        """
        column = self._places[label_id]
        before, after = self._before[:, column], self._after[:, column]
        changed = before != after
        found: NDArray[np.int64] = self._image_ids[changed if became is None else changed & (after == became)]
        return found


def save_version(store: Store, name: str, *, now: float | None = None) -> Version:
    """Keep what people said until now under a name; not a step of undo.

    Args:
        store: the open project.
        name: what people call it.
        now: seconds since 1970; None for the clock's.

    Raises:
        ProjectError: the name is empty, or the disk is full or read-only.
    """
    return write_version(store, name, pack_state(store.state()), now=now)


def write_version(store: Store, name: str, packed: PackedVersion, *, now: float | None = None) -> Version:
    """As `save_version`, of what was packed before."""
    name = _checked(name)
    created = time.time() if now is None else now
    with store.database.transaction() as connection:
        cursor = connection.execute(
            "INSERT INTO version (name, created, facts, state) VALUES (?, ?, ?, ?)",
            (name, created, packed.facts, packed.data),
        )
    return _version(cursor.lastrowid or 0, name, created, packed.facts)


def versions(store: Store) -> list[Version]:
    """The versions of a project, newest first."""
    with store.database.reading():
        rows = store.database.connection.execute("SELECT id, name, created, facts FROM version ORDER BY id DESC")
        return [_version(*row) for row in rows]


def read_version(store: Store, version_id: int) -> bytes:
    """A version as it is kept, for `unpack_state`, which a thread can do.

    Raises:
        ProjectError: there is none of that number.
    """
    with store.database.reading():
        row = store.database.connection.execute("SELECT state FROM version WHERE id = ?", (version_id,)).fetchone()
    if row is None:
        raise ProjectError(f"There is no version {version_id} in this project.", next_step="Choose another version.")
    return bytes(row[0])


def load_version(store: Store, version_id: int) -> ProjectState:
    """What people had said when a version was saved.

    Raises:
        ProjectError: there is none of that number, or it is damaged.
    """
    return unpack_state(read_version(store, version_id))


def restore_version(store: Store, state: ProjectState, *, name: str, before: str) -> Changes:
    """Bring a version back, as one step of undo, after the present state was saved as a version, too.

    Args:
        store: the open project.
        state: of the version.
        name: of the version.
        before: the name for the present state.

    Raises:
        ProjectError: the disk is full or read-only; nothing is brought back then.
    """
    save_version(store, before)
    changes = store.restore(state, text=f"Version “{name}” restored")
    return replace(changes, text=changes.text or f"Version “{name}” is what there is now", versions=True)


def rename_version(store: Store, version_id: int, name: str) -> None:
    """Give a version another name.

    Raises:
        ProjectError: the name is empty, or the disk is full or read-only.
    """
    name = _checked(name)
    with store.database.transaction() as connection:
        connection.execute("UPDATE version SET name = ? WHERE id = ?", (name, version_id))


def delete_version(store: Store, version_id: int) -> None:
    """Delete a version; not undoable. The project itself stays as it is."""
    with store.database.transaction() as connection:
        connection.execute("DELETE FROM version WHERE id = ?", (version_id,))


def pack_state(state: ProjectState) -> PackedVersion:
    """What people said, as bytes, and what is to be known of it without unpacking; for a thread where it is much."""
    header = {
        "format": _FORMAT,
        "labels": [asdict(row) for row in state.label_rows],
        "rules": [asdict(row) for row in state.rule_rows],
        "notes": list(state.notes.items()),
        "shape": state.matrix.shape,
    }
    body = [
        state.image_ids.astype("<i8").tobytes(),
        # a label's states lie together: long runs of the same
        _pressed(np.ascontiguousarray(state.matrix.T)),
        state.review.astype("i1").tobytes(),
        np.packbits(state.flagged).tobytes(),
        state.reviewed_at.astype("<f8").tobytes(),
    ]
    known = state.matrix[:, _kept_columns(state)] != UNKNOWN
    facts = {
        "images": len(state.image_ids),
        "annotated": int(np.count_nonzero(known.any(axis=1))),
        "annotations": int(np.count_nonzero(known)),
        "reviewed": int(np.count_nonzero(state.review == Review.REVIEWED)),
    }
    # level 1: the person waits for it
    data = zlib.compress(b"\n".join([json.dumps(header).encode(), b"".join(body)]), level=1)
    return PackedVersion(json.dumps(facts), data)


def unpack_state(data: bytes) -> ProjectState:
    """What `pack_state` packed.

    Raises:
        ProjectError: it is damaged, or a newer version of the program packed it.
    """
    try:
        text, body = zlib.decompress(data).split(b"\n", 1)
        header: dict[str, Any] = json.loads(text)
        if header["format"] == _FORMAT:
            return _unpacked(header, body)
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        raise ProjectError("This version is damaged.", next_step="Choose another version, or a backup.") from error
    raise ProjectError("This version was saved by a newer version of Multihot.", next_step="Update Multihot.")


def compare(before: ProjectState, after: ProjectState) -> VersionDifference:
    """Compare two states of one project; images and labels are the same where their numbers are.

    Args:
        before: the first.
        after: the second.
    """
    common, old_rows, new_rows = np.intersect1d(
        before.image_ids, after.image_ids, assume_unique=True, return_indices=True
    )
    old_names, new_names = _names(before), _names(after)
    both = [label_id for label_id in new_names if label_id in old_names]
    columns = np.array(both, np.int64) - 1
    then, now = (_states(state.matrix, rows, columns) for state, rows in ((before, old_rows), (after, new_rows)))
    differs = then != now
    differences = []
    for place, label_id in enumerate(both):
        became = now[differs[:, place], place]
        if len(became):
            counts = [int(np.count_nonzero(became == state)) for state in _STATES]
            differences.append(LabelDifference(label_id, new_names[label_id], *counts))
    other_review = (before.review[old_rows] != after.review[new_rows]) | (
        before.flagged[old_rows] != after.flagged[new_rows]
    )
    noted = sorted(i for i in {*before.notes, *after.notes} if before.notes.get(i) != after.notes.get(i))
    rules = [{row for row in state.rule_rows if not row.deleted} for state in (before, after)]
    return VersionDifference(
        labels=tuple(differences),
        added_labels=tuple(name for label_id, name in new_names.items() if label_id not in old_names),
        removed_labels=tuple(name for label_id, name in old_names.items() if label_id not in new_names),
        renamed_labels=tuple((old_names[i], new_names[i]) for i in both if old_names[i] != new_names[i]),
        changed_images=common[differs.any(axis=1)],
        review_images=common[other_review],
        note_images=np.array(noted, np.int64),
        added_images=np.setdiff1d(after.image_ids, common, assume_unique=True),
        removed_images=np.setdiff1d(before.image_ids, common, assume_unique=True),
        rules_changed=rules[0] != rules[1],
        _image_ids=common,
        _before=then,
        _after=now,
        _places={label_id: place for place, label_id in enumerate(both)},
    )


_STATES = (LabelState.PRESENT, LabelState.ABSENT, LabelState.UNKNOWN)


def _checked(name: str) -> str:
    name = name.strip()
    if not name:
        raise ProjectError("A version needs a name.", next_step="Type one.")
    return name


def _version(version_id: int, name: str, created: float, facts: str) -> Version:
    known = json.loads(facts)
    counts = (int(known.get(key, 0)) for key in ("images", "annotated", "annotations", "reviewed"))
    return Version(version_id, name, created, *counts)


def _unpacked(header: dict[str, Any], body: bytes) -> ProjectState:
    images, width = header["shape"]
    ends = np.cumsum([0, images * 8, -(-images * width // _PER_BYTE), images, -(-images // 8), images * 8])
    if ends[-1] != len(body):
        raise ValueError("cut off")
    ids, states, review, flagged, reviewed_at = (body[start:end] for start, end in itertools.pairwise(ends))
    return ProjectState(
        label_rows=tuple(LabelRow(**{**row, "examples": tuple(row["examples"])}) for row in header["labels"]),
        rule_rows=tuple(RuleRow(**{**row, "label_ids": tuple(row["label_ids"])}) for row in header["rules"]),
        image_ids=np.frombuffer(ids, "<i8").astype(np.int64),
        matrix=_released(states, width * images).reshape(width, images).T,
        review=np.frombuffer(review, np.int8),
        flagged=np.unpackbits(np.frombuffer(flagged, np.uint8), count=images).astype(np.bool_),
        notes={int(image_id): text for image_id, text in header["notes"]},
        reviewed_at=np.frombuffer(reviewed_at, "<f8").astype(np.float64),
    )


def _pressed(states: NDArray[np.int8]) -> bytes:
    """States in two bits each; their number is made up to a multiple of four."""
    flat = states.ravel().view(np.uint8) & 3
    flat = np.append(flat, np.zeros(-len(flat) % _PER_BYTE, np.uint8)).reshape(-1, _PER_BYTE)
    return (flat[:, 0] | flat[:, 1] << 2 | flat[:, 2] << 4 | flat[:, 3] << 6).astype(np.uint8).tobytes()


def _released(data: bytes, count: int) -> NDArray[np.int8]:
    """The states (count,) that `_pressed` pressed."""
    packed = np.frombuffer(data, np.uint8)
    flat = np.empty((len(packed), _PER_BYTE), np.uint8)
    for place in range(_PER_BYTE):
        flat[:, place] = packed >> 2 * place & 3
    # 3 are the two lowest bits of -1
    return np.where(flat == 3, 255, flat).astype(np.uint8).view(np.int8).ravel()[:count]


def _names(state: ProjectState) -> dict[int, str]:
    """Names of the labels that are not deleted, by id, in their order."""
    rows = sorted((row for row in state.label_rows if not row.deleted), key=lambda row: row.position)
    return {row.id: row.name for row in rows}


def _kept_columns(state: ProjectState) -> NDArray[np.int64]:
    width = state.matrix.shape[1]
    return np.array([label_id - 1 for label_id in _names(state) if label_id <= width], np.int64)


def _states(
    matrix: NDArray[np.int8], rows: Sequence[int] | NDArray[np.intp], columns: NDArray[np.int64]
) -> NDArray[np.int8]:
    """States int8 (n, k), a label's together in memory; unknown for labels that are newer than the matrix."""
    states = np.full((len(rows), len(columns)), LabelState.UNKNOWN, np.int8, order="F")
    whole = len(rows) == len(matrix)
    for place, column in enumerate(columns.tolist()):
        if column < matrix.shape[1]:
            states[:, place] = matrix[:, column] if whole else matrix[rows, column]
    return states
