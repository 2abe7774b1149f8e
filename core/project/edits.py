"""Reversible edits: what was, what is, and how both are packed into the journal."""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.labels import RuleKind
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
    description: str = ""
    parent: int | None = None
    examples: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One row of the rule table."""

    id: int
    kind: RuleKind
    name: str
    label_ids: tuple[int, ...]
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
class RuleEdit:
    """Rows of the rule table, as they were and as they are."""

    before: tuple[RuleRow, ...]
    after: tuple[RuleRow, ...]

    def reversed(self) -> "RuleEdit":
        """The edit that takes this one back."""
        return RuleEdit(self.after, self.before)


@dataclass(frozen=True, eq=False, slots=True)
class NoteEdit:
    """Notes on images, as they were and as they are: image id and text, which is empty for none."""

    before: tuple[tuple[int, str], ...]
    after: tuple[tuple[int, str], ...]

    def reversed(self) -> "NoteEdit":
        """The edit that takes this one back."""
        return NoteEdit(self.after, self.before)


@dataclass(frozen=True, eq=False, slots=True)
class DisputeEdit:
    """What somebody else says of a label on an image: image id, label id and state, `UNKNOWN` for nothing."""

    before: tuple[tuple[int, int, int], ...]
    after: tuple[tuple[int, int, int], ...]

    def reversed(self) -> "DisputeEdit":
        """The edit that takes this one back."""
        return DisputeEdit(self.after, self.before)


@dataclass(frozen=True, eq=False, slots=True)
class AnnotationEdit:
    """States of some labels, and how far the review came, of some images.

    Attributes:
        image_ids: int64 (n,).
        label_ids: int64 (k,).
        before: int8 (n, k) in {1, 0, -1}.
        after: int8 (n, k) in {1, 0, -1}.
        review_before: int8 (n,), values of `Review`.
        review_after: int8 (n,), values of `Review`.
        flagged_before: bool (n,).
        flagged_after: bool (n,).
        reviewed_at_before: float64 (n,), seconds since 1970, NaN for images that are not reviewed; None in steps of an
            early version, after which images count as reviewed when the step is made again or taken back.
        reviewed_at_after: float64 (n,), the same.
    """

    image_ids: NDArray[np.int64]
    label_ids: NDArray[np.int64]
    before: NDArray[np.int8]
    after: NDArray[np.int8]
    review_before: NDArray[np.int8]
    review_after: NDArray[np.int8]
    flagged_before: NDArray[np.bool_]
    flagged_after: NDArray[np.bool_]
    reviewed_at_before: NDArray[np.float64] | None = None
    reviewed_at_after: NDArray[np.float64] | None = None

    def reversed(self) -> "AnnotationEdit":
        """The edit that takes this one back."""
        return AnnotationEdit(
            self.image_ids, self.label_ids, self.after, self.before, self.review_after, self.review_before,
            self.flagged_after, self.flagged_before, self.reviewed_at_after, self.reviewed_at_before,
        )  # fmt: skip


Edit = LabelEdit | RuleEdit | NoteEdit | DisputeEdit | AnnotationEdit


def changes_of(edits: Sequence[Edit], text: str) -> Changes:
    """What a list of edits changes."""
    annotated: set[int] = set()
    for edit in edits:
        if isinstance(edit, AnnotationEdit):
            annotated.update(edit.image_ids.tolist())
        elif isinstance(edit, NoteEdit | DisputeEdit):
            annotated.update(entry[0] for entry in edit.after)
    return Changes(
        text=text if edits else "",
        labels=any(isinstance(edit, LabelEdit) for edit in edits),
        rules=any(isinstance(edit, RuleEdit) for edit in edits),
        annotations=frozenset(annotated),
    )


def pack(edits: Sequence[Edit]) -> bytes:
    """Edits as compressed bytes: a line of JSON, then the arrays it describes, one behind the other."""
    header: list[dict[str, Any]] = []
    body: list[bytes] = []
    for edit in edits:
        if isinstance(edit, AnnotationEdit):
            values = (getattr(edit, name) for name in edit.__dataclass_fields__)
            arrays = [array for array in values if array is not None]
            header.append({"kind": "annotations", "arrays": [[array.dtype.str, array.shape] for array in arrays]})
            body.extend(array.tobytes() for array in arrays)
        elif isinstance(edit, LabelEdit | RuleEdit):
            before, after = ([asdict(row) for row in rows] for rows in (edit.before, edit.after))
            kind = "labels" if isinstance(edit, LabelEdit) else "rules"
            header.append({"kind": kind, "before": before, "after": after})
        else:
            kind = "notes" if isinstance(edit, NoteEdit) else "disputes"
            header.append({"kind": kind, "before": edit.before, "after": edit.after})
    # level 1: a bulk edit is some MB of long repetitions, and the person waits for it
    return zlib.compress(b"\n".join([json.dumps(header).encode(), b"".join(body)]), level=1)


def unpack(data: bytes) -> list[Edit]:
    """The edits that `pack` wrote, also in an earlier version of the program."""
    header, body = zlib.decompress(data).split(b"\n", 1)
    edits: list[Edit] = []
    offset = 0
    for entry in json.loads(header):
        if entry["kind"] != "annotations" and "arrays" not in entry:
            edits.append(_rows_edit(entry))
            continue
        arrays: list[NDArray[Any]] = []
        for dtype, shape in entry["arrays"]:
            count = int(np.prod(shape))
            arrays.append(np.frombuffer(body, dtype, count, offset).reshape(shape))
            offset += arrays[-1].nbytes
        # early versions undid splits, too; now they stay
        if entry["kind"] == "annotations":
            edits.append(_annotation_edit(arrays))
    return edits


def _annotation_edit(arrays: list[NDArray[Any]]) -> AnnotationEdit:
    image_ids, label_ids, before, after, review_before, review_after, *later = arrays
    # until there were flags and unsure images, an image was reviewed or not
    none = np.zeros(len(image_ids), np.bool_)
    flagged_before, flagged_after, *times = later or (none, none)
    return AnnotationEdit(
        image_ids, label_ids, before, after, review_before.astype(np.int8), review_after.astype(np.int8),
        flagged_before, flagged_after, *times,
    )  # fmt: skip


def _rows_edit(entry: Mapping[str, Any]) -> Edit:
    kind, before, after = entry["kind"], entry["before"], entry["after"]
    if kind == "labels":
        return LabelEdit(_label_rows(before), _label_rows(after))
    if kind == "rules":
        return RuleEdit(_rule_rows(before), _rule_rows(after))
    if kind == "notes":
        return NoteEdit(tuple(map(tuple, before)), tuple(map(tuple, after)))
    return DisputeEdit(tuple(map(tuple, before)), tuple(map(tuple, after)))


def _label_rows(rows: Sequence[Mapping[str, Any]]) -> tuple[LabelRow, ...]:
    return tuple(LabelRow(**{**row, "examples": tuple(row.get("examples", ()))}) for row in rows)


def _rule_rows(rows: Sequence[Mapping[str, Any]]) -> tuple[RuleRow, ...]:
    return tuple(RuleRow(**{**row, "label_ids": tuple(row["label_ids"])}) for row in rows)
