"""Bringing annotations that were read from a file into a project."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import FormatError
from core.formats.annotations import Annotations
from core.labels import MULTI_CLASS, LabelState, Split
from core.project.changes import Changes
from core.project.edits import KEEP, changes_of
from core.project.labels.one_class import with_several
from core.project.store import Store

# In place of a row number.
_NONE, _SEVERAL = -1, -2


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did.

    Attributes:
        matched: number of file names that are images of the project.
        unmatched: file names that are not in the project.
        ambiguous: file names that several images bear in different folders; nothing was imported for them.
        refused: file names with several present labels, where an image of the project has one; nothing was imported
            for them.
        labels_added: names of labels that the project did not have.
        splits_set: number of images that were put in a split.
        splits_kept: number of images for which the file names another split than the one that they have and keep.
        changes: what changed in the project.
    """

    matched: int
    unmatched: tuple[str, ...]
    ambiguous: tuple[str, ...]
    refused: tuple[str, ...]
    labels_added: tuple[str, ...]
    splits_set: int
    splits_kept: int
    changes: Changes


def import_annotations(store: Store, annotations: Annotations) -> ImportReport:
    """Set what the file knows, as one step of undo; what is unknown in the file stays as it is in the project.

    An image that has a split keeps it, and one that is put in a split stays there when the import is undone.

    File names are matched by their path relative to the folder of images, else by the bare name where only one image
    has it. An image whose labels are all known afterwards counts as reviewed.

    Raises:
        FormatError: no file name is an image of the project, or all those have several labels where one is allowed.
    """
    rows, unmatched, ambiguous = _matched(store, annotations)
    lines = np.flatnonzero(rows >= 0)
    if not len(lines):
        raise _nothing_matched(store, annotations, ambiguous)
    refused: tuple[str, ...] = ()
    if store.task == MULTI_CLASS:
        several = with_several(annotations.states[lines])
        refused = tuple(annotations.filenames[line] for line in lines[several])
        lines = lines[~several]
        if not len(lines):
            raise FormatError(
                f"Every image in {annotations.source} has several labels, and those of {store.name} have one.",
                next_step="Import it into a multi-label project.",
            )
    image_ids = store.image_ids[rows[lines]]
    text = f"{annotations.source} imported: {len(lines):,} image{'s' if len(lines) > 1 else ''}"
    with store.step(text) as edits:
        known = {label.name.casefold() for label in store.labels}
        labels_added = [name for name in annotations.label_names if name.casefold() not in known]
        store.add_labels(labels_added)
        column = {label.name.casefold(): index for index, label in enumerate(store.labels)}
        columns = [column[name.casefold()] for name in annotations.label_names]
        states = np.full((len(lines), len(column)), KEEP, np.int8)
        states[:, columns] = np.where(annotations.states[lines] == LabelState.UNKNOWN, KEEP, annotations.states[lines])
        before = store.states[rows[lines]]
        complete = (np.where(states == KEEP, before, states) != LabelState.UNKNOWN).all(axis=1) & bool(columns)
        if store.task == MULTI_CLASS:
            # its label makes all others known
            complete |= (states == LabelState.PRESENT).any(axis=1)
        store.set_matrix(
            image_ids,
            [label.id for label in store.labels],
            states,
            reviewed=complete | store.reviewed[rows[lines]],
            text=text,
        )
        splits, had = annotations.splits[lines], store.splits[rows[lines]]
        named, free = splits != Split.UNASSIGNED, had == Split.UNASSIGNED
        store.set_splits(dict(zip(image_ids.tolist(), map(Split, splits.tolist()), strict=True)))
    changes = changes_of(edits, text)
    splits_set = int((named & free).sum())
    if splits_set:
        changes = replace(changes, text=text, splits=True)
    splits_kept = int((named & ~free & (splits != had)).sum())
    return ImportReport(
        len(lines), unmatched, ambiguous, refused, tuple(labels_added), splits_set, splits_kept, changes
    )


def _nothing_matched(store: Store, annotations: Annotations, ambiguous: Sequence[str]) -> FormatError:
    count = len(annotations.filenames)
    names = f"None of the {count:,} file names" if count > 1 else "The only file name"
    if ambiguous:
        return FormatError(
            f"{names} in {annotations.source} tells which image of {store.name} it is: "
            f"{ambiguous[0]} is in several folders.",
            next_step="Write the path of each image below its folder, such as sub/name.jpg.",
        )
    return FormatError(
        f"{names} in {annotations.source} is {'an' if count > 1 else 'no'} image of {store.name}.",
        next_step="Add the folder that holds the images first.",
    )


def _matched(store: Store, annotations: Annotations) -> tuple[NDArray[np.int64], tuple[str, ...], tuple[str, ...]]:
    """The row (n,) of each file name or a negative number, the names of no image, and those of several."""
    filenames = annotations.filenames
    if annotations.root is not None:
        rows = _matched_in(store, annotations.root, filenames)
    else:
        rows = _matched_anywhere(store, filenames)
    unmatched, ambiguous = (
        tuple(name for name, row in zip(filenames, rows, strict=True) if row == kind) for kind in (_NONE, _SEVERAL)
    )
    return np.array(rows, np.int64), unmatched, ambiguous


def _matched_in(store: Store, root: Path, filenames: Sequence[str]) -> list[int]:
    """The rows of files of a folder: those very files, or where there is none of them, those of a copy of it.

    Not by the bare name: other folders have a `0001.jpg` as well.
    """
    by_whole_path = _rows_by(Path(path).as_posix() for path in store.image_paths(store.image_ids))
    rows = [by_whole_path.get(f"{root.as_posix()}/{name}", _NONE) for name in filenames]
    if max(rows, default=_NONE) == _NONE:
        by_path = _rows_by(store.paths)
        rows = [by_path.get(name, _NONE) for name in filenames]
    return rows


def _matched_anywhere(store: Store, filenames: Sequence[str]) -> list[int]:
    """The rows of file names, by path or else by a bare name that only one image has."""
    by_path = _rows_by(store.paths)
    if any(Path(name).is_absolute() for name in filenames):
        by_path |= _rows_by(Path(path).as_posix() for path in store.image_paths(store.image_ids))
    by_base_name = _rows_by(path.rpartition("/")[2] for path in store.paths)
    rows = [by_path.get(name, _NONE) for name in filenames]
    taken = set(rows)
    for index, name in enumerate(filenames):
        if rows[index] == _NONE:
            row = by_base_name.get(name.rpartition("/")[2], _NONE)
            rows[index] = _SEVERAL if row in taken and row != _NONE else row
            taken.add(row)
    return rows


def _rows_by(names: Iterable[str]) -> dict[str, int]:
    """The row of each name, `_SEVERAL` for a name that comes more than once."""
    rows: dict[str, int] = {}
    for row, name in enumerate(names):
        rows[name] = _SEVERAL if name in rows else row
    return rows
