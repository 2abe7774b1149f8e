"""Reversible edits: what was, what is, and how both are packed into the journal."""

import json
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.project.changes import Changes

# A value in a matrix of states to be set: leave the state as it is.
KEEP = -2


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One row of the label table; `deleted` keeps the row, so that undo finds its annotations untouched."""

    id: int
    name: str
    color: str
    shortcut: str
    position: int
    deleted: bool


@dataclass(frozen=True, eq=False, slots=True)
class LabelEdit:
    """Rows of the label table, as they were and as they are."""

    before: tuple[LabelRow, ...]
    after: tuple[LabelRow, ...]

    def reversed(self) -> "LabelEdit":
        """The edit that takes this one back."""
        return LabelEdit(self.after, self.before)


@dataclass(frozen=True, eq=False, slots=True)
class AnnotationEdit:
    """States of some labels, and the reviewed flag, of some images.

    Attributes:
        image_ids: int64 (n,).
        label_ids: int64 (k,).
        before: int8 (n, k) in {1, 0, -1}.
        after: int8 (n, k) in {1, 0, -1}.
        reviewed_before: bool (n,).
        reviewed_after: bool (n,).
    """

    image_ids: NDArray[np.int64]
    label_ids: NDArray[np.int64]
    before: NDArray[np.int8]
    after: NDArray[np.int8]
    reviewed_before: NDArray[np.bool_]
    reviewed_after: NDArray[np.bool_]

    def reversed(self) -> "AnnotationEdit":
        """The edit that takes this one back."""
        return AnnotationEdit(
            self.image_ids, self.label_ids, self.after, self.before, self.reviewed_after, self.reviewed_before
        )


Edit = LabelEdit | AnnotationEdit


def changes_of(edits: Sequence[Edit], text: str) -> Changes:
    """What a list of edits changes."""
    annotated: set[int] = set()
    for edit in edits:
        if isinstance(edit, AnnotationEdit):
            annotated.update(edit.image_ids.tolist())
    return Changes(
        text=text if edits else "",
        labels=any(isinstance(edit, LabelEdit) for edit in edits),
        annotations=frozenset(annotated),
    )


def pack(edits: Sequence[Edit]) -> bytes:
    """Edits as compressed bytes: a line of JSON, then the arrays it describes, one behind the other."""
    header: list[dict[str, Any]] = []
    body: list[bytes] = []
    for edit in edits:
        if isinstance(edit, LabelEdit):
            before, after = ([asdict(row) for row in rows] for rows in (edit.before, edit.after))
            header.append({"kind": "labels", "before": before, "after": after})
            continue
        arrays = [getattr(edit, name) for name in edit.__dataclass_fields__]
        header.append({"kind": "annotations", "arrays": [[array.dtype.str, array.shape] for array in arrays]})
        body.extend(array.tobytes() for array in arrays)
    # level 1: a bulk edit is some MB of long repetitions, and the person waits for it
    return zlib.compress(b"\n".join([json.dumps(header).encode(), b"".join(body)]), level=1)


def unpack(data: bytes) -> list[Edit]:
    """The edits that `pack` wrote."""
    header, body = zlib.decompress(data).split(b"\n", 1)
    edits: list[Edit] = []
    offset = 0
    for entry in json.loads(header):
        if entry["kind"] == "labels":
            before, after = (tuple(LabelRow(**row) for row in entry[side]) for side in ("before", "after"))
            edits.append(LabelEdit(before, after))
            continue
        arrays = []
        for dtype, shape in entry["arrays"]:
            count = int(np.prod(shape))
            arrays.append(np.frombuffer(body, dtype, count, offset).reshape(shape))
            offset += arrays[-1].nbytes
        # early versions undid splits, too; now they stay
        if entry["kind"] == "annotations":
            edits.append(AnnotationEdit(*arrays))
    return edits
