"""Multi-hot CSV: `filename,cat,dog`, then 1 (present), 0 (absent) or nothing (unknown) for each label.

A column called `split` holds train, validation (or val, valid) or test; a column called `group` beside it is ignored.
"""

import codecs
import contextlib
import csv
import io
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.errors import FormatError
from core.files import write_atomically
from core.formats.annotations import Annotations
from core.labels import LabelState, Split
from core.project.store import Store

_STATES = {
    "1": LabelState.PRESENT,
    "1.0": LabelState.PRESENT,
    "0": LabelState.ABSENT,
    "0.0": LabelState.ABSENT,
    "": LabelState.UNKNOWN,
}
_SPLITS = {
    "train": Split.TRAIN,
    "val": Split.VALIDATION,
    "valid": Split.VALIDATION,
    "validation": Split.VALIDATION,
    "test": Split.TEST,
    "": Split.UNASSIGNED,
}
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# File names of the two tables in a folder.
_LABELS, _SPLITS_TABLE = "labels.csv", "splits.csv"


def read(path: Path) -> Annotations:
    """Read a table, or the `labels.csv` and `splits.csv` of a folder.

    The delimiter (comma, semicolon or tab) and the encoding (UTF-8, UTF-16 or Windows-1252) are found out.

    Raises:
        FormatError: a file is missing or not such a table; it names the file and the line.
    """
    if not path.is_dir():
        return _read_table(path)
    tables = [path / name for name in (_LABELS, _SPLITS_TABLE) if (path / name).is_file()]
    if not tables:
        raise FormatError(f"There is neither a {_LABELS} nor a {_SPLITS_TABLE} in {path}.")
    return _joined(path.name, [_read_table(table) for table in tables])


def write(store: Store, path: Path) -> None:
    """Write the states of all images of a project; a file name is relative to the folder the image was added from.

    Images of two folders that have the same relative path are written with their whole path.

    Raises:
        FormatError: the file cannot be written.
    """
    times = Counter(store.paths)
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["filename", *(label.name for label in store.labels)])
    words = {LabelState.PRESENT.value: "1", LabelState.ABSENT.value: "0", LabelState.UNKNOWN.value: ""}
    for image_id, name, states in zip(store.image_ids.tolist(), store.paths, store.states.tolist(), strict=True):
        filename = store.image_path(image_id).as_posix() if times[name] > 1 else name
        table.writerow([filename, *[words[state] for state in states]])
    try:
        write_atomically(path, text.getvalue())
    except OSError as error:
        raise FormatError(f"{path} cannot be written: {error.strerror}.", next_step="Choose another place.") from error


def _read_table(path: Path) -> Annotations:
    header, rows, lines = _parsed(path)
    filenames = [row[0].replace("\\", "/").removeprefix("./") for row in rows]
    first_seen: dict[str, int] = {}
    for filename, line in zip(filenames, lines, strict=True):
        if not filename:
            raise FormatError(f"{path.name}, line {line}: the file name is missing.")
        if first_seen.setdefault(filename, line) != line:
            raise FormatError(f"{path.name}, line {line}: {filename} is on line {first_seen[filename]} already.")

    splits = np.full(len(rows), Split.UNASSIGNED, np.int8)
    labels = dict(enumerate(header[1:], start=1))
    split_column = next((column for column, name in labels.items() if name.casefold() == "split"), None)
    # a label may be called so, too
    if split_column and not all(row[split_column] in _STATES for row in rows):
        labels = {column: name for column, name in labels.items() if name.casefold() not in ("split", "group")}
        for index, (row, line) in enumerate(zip(rows, lines, strict=True)):
            word = row[split_column].casefold()
            if word not in _SPLITS:
                raise FormatError(
                    f"{path.name}, line {line}: “{row[split_column]}” is not train, validation, test or empty."
                )
            splits[index] = _SPLITS[word]

    states = np.empty((len(rows), len(labels)), np.int8)
    for index, row in enumerate(rows):
        try:
            states[index] = [_STATES[row[column]] for column in labels]
        except KeyError:
            column = next(column for column in labels if row[column] not in _STATES)
            raise FormatError(
                f"{path.name}, line {lines[index]}, column “{labels[column]}”: "
                f"“{row[column]}” is not 1 (present), 0 (absent) or empty (unknown)."
            ) from None
    return Annotations(path.name, tuple(filenames), tuple(labels.values()), states, splits)


def _parsed(path: Path) -> tuple[list[str], list[list[str]], list[int]]:
    """The column names, the other rows with as many cells each, and the number of the line each ends on."""
    text = _decoded(path)
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    try:
        header = [name.strip() for name in next(reader, [])]
        # spreadsheets end every line with the delimiters of columns that were used once
        while header and not header[-1]:
            header.pop()
        _check_header(path, header)
        for cells in reader:
            row = [cell.strip() for cell in cells]
            if not any(row):
                continue
            if len(row) < len(header) or any(row[len(header) :]):
                raise FormatError(
                    f"{path.name}, line {reader.line_num}: {len(row)} cells where the first line names {len(header)}."
                )
            rows.append(row[: len(header)])
            lines.append(reader.line_num)
    except csv.Error as error:
        raise FormatError(f"{path.name}, line {reader.line_num}: {error}.") from error
    return header, rows, lines


def _check_header(path: Path, header: Sequence[str]) -> None:
    if len(header) < 2:
        raise FormatError(
            f"{path.name}, line 1: there is only one column.",
            next_step="The first line names the columns: filename, then one for each label.",
        )
    seen = set()
    for column, name in enumerate(header[1:], start=2):
        if not name:
            raise FormatError(f"{path.name}, line 1: column {column} has no name.")
        if name.casefold() in seen:
            raise FormatError(f"{path.name}, line 1: two columns are called “{name}”.")
        seen.add(name.casefold())


def _decoded(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FormatError(f"{path} cannot be read: {error.strerror}.") from error
    marked = [encoding for mark, encoding in _BYTE_ORDER_MARKS.items() if data.startswith(mark)]
    for encoding in marked or ["utf-8", "cp1252"]:
        with contextlib.suppress(UnicodeDecodeError):
            return data.decode(encoding)
    raise FormatError(f"{path.name} is not a text file.", next_step="Save the table as CSV in UTF-8.")


def _joined(source: str, tables: Sequence[Annotations]) -> Annotations:
    """One table of labels and one of splits, as one."""
    filenames = tuple(dict.fromkeys(name for table in tables for name in table.filenames))
    row = {name: index for index, name in enumerate(filenames)}
    label_names = tuple(name for table in tables for name in table.label_names)
    states = np.full((len(filenames), len(label_names)), LabelState.UNKNOWN, np.int8)
    splits = np.full(len(filenames), Split.UNASSIGNED, np.int8)
    column = 0
    for table in tables:
        rows = np.array([row[name] for name in table.filenames], np.int64)
        states[rows, column : column + len(table.label_names)] = table.states
        column += len(table.label_names)
        assigned = table.splits != Split.UNASSIGNED
        splits[rows[assigned]] = table.splits[assigned]
    return Annotations(source, filenames, label_names, states, splits)
