"""Putting a project together again from what its damaged file still says and what a backup said."""

import contextlib
import json
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.labels import LabelState, Split
from core.project.edits import AnnotationEdit, DisputeEdit, Edit, NoteEdit, pack, unpack
from core.project.labels.palette import PALETTE
from core.project.rescue.pages import Pages, Row, TableRows, Value
from core.project.rescue.tables import MAKES_SENSE, Table, is_allowed, key_of, row_id_of

# numbers of rows are given from 1 on; a higher one is damaged
_MOST = 2**30


@dataclass(slots=True)
class Tally:
    """Where the rows of a table came from.

    Attributes:
        found: read from the damaged file.
        restored: taken from the backup, as they were then.
        rebuilt: put together from other tables, indexes and the undo journal.
        lost: known to have been there, and neither.
    """

    found: int = 0
    restored: int = 0
    rebuilt: int = 0
    lost: int = 0

    @property
    def kept(self) -> int:
        """How many there are in the end."""
        return self.found + self.restored + self.rebuilt

    def drop(self, count: int) -> None:
        """So many of the rows that were found could not be used."""
        self.lost += count
        self.found -= min(count, self.found)


@dataclass(slots=True)
class Merge:
    """The rows of a project as far as they are known; `run` puts them together.

    Attributes:
        tables: of the schema, by name.
        found: what the damaged file says of the tables with row numbers.
        records: what it says of the others, and whether that is all.
        backup: the rows of the backup, by table; empty without one.
        image_index: records (root, path, image) of the index of paths.
        splits: splits of images, by id, as the newest run had them.
        highest: the highest numbers ever given, by table, as far as they are known; `run` raises them.
        rows: the result, by table.
        tallies: where they came from, by table.
    """

    tables: Mapping[str, Table]
    found: dict[str, TableRows]
    records: dict[str, tuple[list[Row], bool]]
    backup: Mapping[str, list[Row]]
    image_index: list[Row]
    splits: Mapping[int, int]
    highest: dict[str, int]
    rows: dict[str, list[Row]] = field(default_factory=dict)
    tallies: dict[str, Tally] = field(default_factory=dict)

    def run(self) -> None:
        """Put the rows together."""
        self._refuse_nonsense()
        for name, table in self.tables.items():
            if table.has_row_ids:
                found = self.found[name]
                merged = dict(found.rows)
                tally = Tally(found=len(merged))
                for row in self.backup.get(name, ()) if name not in ("edit", "annotation") else ():
                    row_id = row_id_of(table, row)
                    if found.is_lost(row_id):
                        merged[row_id] = row
                        tally.restored += 1
                self.rows[name] = [merged[one] for one in sorted(merged)]
            else:
                self.rows[name], tally = self._unnumbered(table)
            self.tallies[name] = tally
        self._tell_images_apart()
        self._rebuild_images()
        self._annotate()
        self._name_labels()
        self._trim_journal()
        self._drop_strays()
        self._clean_journal()
        if not self.rows["project"]:
            self.rows["project"] = [("multi-label",)]

    def _unnumbered(self, table: Table) -> tuple[list[Row], Tally]:
        """The rows of a table without row numbers: it is not known which of the backup's were deleted since."""
        records, is_whole = self.records[table.name]
        fitting = [one for one in records if len(one) == len(table.columns) and is_allowed(table, one)]
        merged = {key_of(table, one): one for one in fitting}
        tally = Tally(found=len(merged))
        if not is_whole:
            old = {key_of(table, one): one for one in self.backup.get(table.name, ())}
            tally.restored = len(old.keys() - merged.keys())
            merged = {**old, **merged}
        return list(merged.values()), tally

    def _refuse_nonsense(self) -> None:
        """Take rows for lost that read well but hold what no program of ours wrote."""
        for name, table in self.tables.items():
            checks = [
                (place, MAKES_SENSE[name, one.name])
                for place, one in enumerate(table.columns)
                if (name, one.name) in MAKES_SENSE
            ]
            if table.has_row_ids:
                found = self.found[name]
                for row_id, row in list(found.rows.items()):
                    if not (0 < row_id < _MOST and all(check(row[place]) for place, check in checks)):
                        found.lose(row_id)

    def _tell_images_apart(self) -> None:
        """Give images that have the path of another their own, by the backup or the index: one of them is damaged."""
        table, tally = self.tables["image"], self.tallies["image"]
        old = {row_id_of(table, row): row for row in self.backup.get("image", ())}
        own: dict[Value, tuple[Value, ...]] = {image: row[1:3] for image, row in old.items()}
        own.update({record[2]: record[:2] for record in self.image_index if len(record) == 3})
        taken = Counter(row[1:3] for row in self.rows["image"])
        for place, row in enumerate(self.rows["image"]):
            image = row_id_of(table, row)
            path = own.get(image, row[1:3])
            if taken[row[1:3]] > 1 and not taken[path]:
                taken[row[1:3]] -= 1
                taken[path] += 1
                is_old = image in old and old[image][1:3] == path
                self.rows["image"][place] = old[image] if is_old else (row[0], *path, *row[3:])
                tally.found -= 1
                tally.restored, tally.rebuilt = tally.restored + is_old, tally.rebuilt + (not is_old)

    def _rebuild_images(self) -> None:
        """Find the paths of lost images in the index of paths, and give folders that are lost a name."""
        table, found, tally = self.tables["image"], self.found["image"], self.tallies["image"]
        known = {row_id_of(table, row) for row in self.rows["image"]}
        taken = {(row[1], row[2]) for row in self.rows["image"]}
        for record in self.image_index:
            root, path, image = (*record, None, None, None)[:3]
            if not (
                isinstance(root, int)
                and 0 < root < _MOST
                and isinstance(path, str)
                and isinstance(image, int)
                and 0 < image < _MOST
            ):
                continue
            if image not in known and found.is_lost(image) and (root, path) not in taken and "\0" not in path:
                split = self.splits.get(image, Split.UNASSIGNED)
                self.rows["image"].append(table.row(id=image, root_id=root, path=path, split=int(split)))
                known.add(image)
                tally.rebuilt += 1
        self.rows["image"].sort(key=lambda row: row_id_of(table, row))
        mentioned = known | {row_id_of(self.tables["annotation"], row) for row in self.rows["annotation"]}
        # images are never removed, so that their numbers have no holes
        self.highest["image"] = max([self.highest.get("image", 0), *mentioned, *self.splits])
        tally.lost = self.highest["image"] - len(known)
        roots = {_number(row) for row in self.rows["root"]}
        for missing in sorted({int(row[1] or 0) for row in self.rows["image"]} - roots):
            # the person can say where it is with Find moved images
            self.rows["root"].append((missing, f"lost-folder-{missing}"))
            self.tallies["root"].lost += 1

    def _annotate(self) -> None:
        """Annotations of images that are in a gap: from the backup, brought up to date by the undo journal."""
        table, found, tally = self.tables["annotation"], self.found["annotation"], self.tallies["annotation"]
        images = [row_id_of(self.tables["image"], row) for row in self.rows["image"]]
        gap = np.array([one for one in images if found.is_lost(one)], np.int64)
        old = {row_id_of(table, row): row for row in self.backup.get("annotation", ())}
        replayed = _Replay(table, gap, old, width=self._width())
        if len(gap):
            replayed.run(*self._steps())
        for place, image in enumerate(gap.tolist()):
            if replayed.touched[place]:
                self.rows["annotation"].append(replayed.row(place))
                tally.rebuilt += 1
            elif image in old:
                self.rows["annotation"].append(old[image])
                tally.restored += 1
            else:
                # it may never have had one
                tally.lost += 1

    def _steps(self) -> tuple[list[list[Edit]], list[list[Edit]]]:
        """Steps of the journal to take back since the backup, newest first, and those to do, oldest first."""
        table, found = self.tables["edit"], self.found["edit"]
        undone, edits = table.place("undone") or 0, table.place("edits") or 0
        now = {i: row for i, row in found.rows.items() if not row[undone]}
        then = {row_id_of(table, row): row for row in self.backup.get("edit", ()) if not row[undone]}
        # older steps are gone because the journal keeps only so many
        oldest = min(found.rows, default=0)
        back = [i for i in sorted(then, reverse=True) if i >= oldest and i not in now and not found.is_lost(i)]
        on = [i for i in sorted(now) if i not in then]
        return [
            [edit.reversed() for edit in reversed(_unpacked(then[i][edits]))] for i in back
        ], [_unpacked(now[i][edits]) for i in on]  # fmt: skip

    def _name_labels(self) -> None:
        """Give labels that are lost, but of which annotations are left, a name, so that these are seen."""
        table, tally = self.tables["label"], self.tallies["label"]
        known = {row_id_of(table, row) for row in self.rows["label"]}
        last = max((int(row[table.place("position") or 0] or 0) for row in self.rows["label"]), default=0)
        for label in range(1, self._width() + 1):
            if label not in known:
                last += 1
                color = PALETTE[label % len(PALETTE)]
                row = table.row(id=label, name=f"lost label {label}", color=color, position=last)
                self.rows["label"].append(row)
                tally.lost += 1

    def _width(self) -> int:
        """The highest number of a label that is known or of which there are annotations."""
        table = self.tables["annotation"]
        states = table.place("states") or 0
        labels = [row_id_of(self.tables["label"], row) for row in self.rows["label"]]
        used = [len(bytes(row[states]).rstrip(b"\xff")) for row in self.rows["annotation"]]  # type: ignore[arg-type]
        return max([*labels, *used], default=0)

    def _trim_journal(self) -> None:
        """Keep the steps that are newer than any that is lost: one cannot go back beyond a hole."""
        found, tally = self.found["edit"], self.tallies["edit"]
        if not found.gaps:
            return
        kept = {i: row for i, row in found.rows.items() if i > found.gaps[-1][1]}
        undone = self.tables["edit"].place("undone") or 0
        # nothing that was done is left: the step to be redone first may be in the hole
        if all(row[undone] for row in kept.values()):
            kept = {}
        # how many were in the hole nobody knows
        tally.found, tally.lost = len(kept), len(found.rows) - len(kept) + 1
        self.rows["edit"] = [kept[i] for i in sorted(kept)]

    def _drop_strays(self) -> None:
        """Leave out what is said of images and labels that are not there any more."""
        images = {row_id_of(self.tables["image"], row) for row in self.rows["image"]}
        labels = {row_id_of(self.tables["label"], row) for row in self.rows["label"]}
        for name, table in self.tables.items():
            for column, known in (("image_id", images), ("label_id", labels)):
                place = table.place(column)
                if place is None:
                    continue
                kept = [row for row in self.rows[name] if row[place] in known]
                self.tallies[name].drop(len(self.rows[name]) - len(kept))
                self.rows[name] = kept

    def _clean_journal(self) -> None:
        """Take out of the undo journal what it says of images and labels that are lost: it could not be undone."""
        if not any(found.gaps for found in self.found.values()):
            return
        images = np.array([_number(row) for row in self.rows["image"]], np.int64)
        labels = np.array([_number(row) for row in self.rows["label"]], np.int64)
        place = self.tables["edit"].place("edits") or 0
        cleaned = []
        for row in self.rows["edit"]:
            edits = _unpacked(row[place])
            kept = [one for edit in edits if (one := _only(edit, images, labels)) is not None]
            if kept:
                cleaned.append((*row[:place], pack(kept), *row[place + 1 :]))
        self.tallies["edit"].drop(len(self.rows["edit"]) - len(cleaned))
        self.rows["edit"] = cleaned


class _Replay:
    """The annotations of some images, as the undo journal tells them."""

    def __init__(self, table: Table, images: NDArray[np.int64], old: Mapping[int, Row], *, width: int) -> None:
        self._table, self._images = table, images
        self._states = np.full((len(images), width), LabelState.UNKNOWN, np.int8)
        self._review = np.zeros(len(images), np.int8)
        self._flagged = np.zeros(len(images), np.bool_)
        self._reviewed_at = np.full(len(images), np.nan)
        self.touched = np.zeros(len(images), np.bool_)
        review, flagged, at = self._review_place(), table.place("flagged"), table.place("reviewed_at")
        for place, image in enumerate(images.tolist()):
            if image in old:
                blob = np.frombuffer(old[image][table.place("states") or 0], np.int8)[:width]  # type: ignore[arg-type]
                self._states[place, : len(blob)] = blob
                self._review[place] = int(old[image][review] or 0)
                self._flagged[place] = bool(flagged is not None and old[image][flagged])
                when = None if at is None else old[image][at]
                self._reviewed_at[place] = when if isinstance(when, int | float) else np.nan

    def run(self, back: Iterable[list[Edit]], on: Iterable[list[Edit]]) -> None:
        """Take some steps back and do others."""
        for step in (*back, *on):
            for edit in step:
                if isinstance(edit, AnnotationEdit):
                    self._apply(edit)

    def row(self, place: int) -> Row:
        """The row of an image for the table."""
        values: dict[str, Value] = {
            "image_id": int(self._images[place]),
            "states": self._states[place].tobytes(),
            self._table.columns[self._review_place()].name: int(self._review[place]),
            "flagged": int(self._flagged[place]),
        }
        if not np.isnan(self._reviewed_at[place]):
            values["reviewed_at"] = float(self._reviewed_at[place])
        return self._table.row(**values)

    def _apply(self, edit: AnnotationEdit) -> None:
        if not len(edit.label_ids) and not len(edit.image_ids):
            return
        places = np.searchsorted(self._images, edit.image_ids)
        places = np.minimum(places, len(self._images) - 1)
        here = self._images[places] == edit.image_ids
        rows, labels = places[here], edit.label_ids <= self._states.shape[1]
        self._states[np.ix_(rows, edit.label_ids[labels] - 1)] = edit.after[np.ix_(here, labels)]
        self._review[rows] = edit.review_after[here]
        self._flagged[rows] = edit.flagged_after[here]
        if edit.reviewed_at_after is not None:
            self._reviewed_at[rows] = edit.reviewed_at_after[here]
        self.touched[rows] = True

    def _review_place(self) -> int:
        # the first schemas called it so
        place = self._table.place("review")
        return (self._table.place("reviewed") if place is None else place) or 0


def _only(edit: Edit, images: NDArray[np.int64], labels: NDArray[np.int64]) -> Edit | None:
    """What an edit says of some images and labels: itself when that is all, None when it is nothing."""
    if isinstance(edit, AnnotationEdit):
        rows, columns = np.isin(edit.image_ids, images), np.isin(edit.label_ids, labels)
        if rows.all() and columns.all():
            return edit
        part = np.ix_(rows, columns)
        return AnnotationEdit(
            edit.image_ids[rows], edit.label_ids[columns], edit.before[part], edit.after[part],
            edit.review_before[rows], edit.review_after[rows], edit.flagged_before[rows], edit.flagged_after[rows],
            None if edit.reviewed_at_before is None else edit.reviewed_at_before[rows],
            None if edit.reviewed_at_after is None else edit.reviewed_at_after[rows],
        ) if rows.any() else None  # fmt: skip
    known, ids = set(images.tolist()), set(labels.tolist())
    if isinstance(edit, NoteEdit):
        notes = [tuple(one for one in side if one[0] in known) for side in (edit.before, edit.after)]
        return NoteEdit(*notes) if any(notes) else None
    if isinstance(edit, DisputeEdit):
        disputes = [
            tuple(one for one in side if one[0] in known and one[1] in ids) for side in (edit.before, edit.after)
        ]
        return DisputeEdit(*disputes) if any(disputes) else None
    return edit


def _number(row: Row) -> int:
    """The number of a row of a table whose first column it is."""
    return int(row[0] or 0)


def read_damaged(
    pages: Pages, tables: Mapping[str, Table], roots: Mapping[str, int], *, images: int
) -> tuple[dict[str, TableRows], dict[str, tuple[list[Row], bool]]]:
    """Read what can be read of every table.

    Args:
        pages: of the damaged file.
        tables: of its schema.
        roots: the pages where its tables begin, as far as it says so itself.
        images: how many there were at least.

    Returns:
        Rows of the tables with row numbers, and records of the others with whether that is all.
    """
    found: dict[str, TableRows] = {}
    records: dict[str, tuple[list[Row], bool]] = {}
    for name, table in tables.items():
        root = roots.get(name, table.root)
        if table.has_row_ids:
            found[name] = pages.table(root, table.columns)
        else:
            records[name] = pages.index(root)
    last = max(found["image"].rows, default=0)
    if not found["image"].gaps and last < images:
        # a page without rows is where pages with rows were
        found["image"].gaps.append((last, images))
    pages.find_orphans({name: (tables[name].columns, rows) for name, rows in found.items()})
    return found, records


def _unpacked(data: Value) -> list[Edit]:
    with contextlib.suppress(ValueError, KeyError, TypeError, zlib.error, json.JSONDecodeError):
        return unpack(data)  # type: ignore[arg-type]
    return []
