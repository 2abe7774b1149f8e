"""Multi-hot CSV: `filename,cat,dog`, then 1 (present), 0 (absent) or nothing (unknown) for each label.

A column called `split` holds train, validation (or val, valid) or test; a column called `group` beside it is ignored.
"""

import codecs
import contextlib
import csv
import io
import re
import stat
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.errors import FormatError, ProjectError
from core.files import write_atomically
from core.formats.annotations import Annotations
from core.images import SUFFIXES
from core.labels import LabelState, Split
from core.project.labels.label_rows import check_label_name
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
# The names of the columns, up to the first line break outside quotes; and what Excel writes before them.
_first_line = re.compile(r'(?:"[^"]*"|[^"\r\n])*').match
_quoted = re.compile(r'"[^"]*"')
_told_delimiter = re.compile(r'"?sep=([,;\t])"?[\r\n]', re.IGNORECASE).match
_FIRST_LINE_IS = "The first line names the columns: filename, then one for each label."
TABLES = ("labels.csv", "splits.csv")
"""The names of the two tables in a folder."""


def read(path: Path) -> Annotations:
    """Read a table, or the `labels.csv` and `splits.csv` of a folder.

    The delimiter (comma, semicolon or tab) and the encoding (UTF-8, UTF-16 or Windows-1252) are found out.

    Raises:
        FormatError: a file is missing or not such a table; it names the file and the line.
    """
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise _unreadable(path, error) from error
    if not stat.S_ISDIR(mode):
        # to read a pipe would take for ever
        if not stat.S_ISREG(mode):
            raise FormatError(f"{path} is not a file.", next_step="Choose a CSV file.")
        return _read_table(path)
    tables = [path / name for name in TABLES if (path / name).is_file()]
    if not tables:
        raise FormatError(
            f"{path} is a folder, and there is neither a {' nor a '.join(TABLES)} in it.",
            next_step="Choose a CSV file, or a folder that holds these.",
        )
    return _joined(path.name, [_read_table(table) for table in tables])


def write(store: Store, path: Path) -> None:
    """Write the states of all images of a project; a file name is relative to the folder the image was added from.

    Images of two folders that have the same relative path are written with their whole path.

    Raises:
        FormatError: the file cannot be written.
    """
    times = Counter(store.paths)
    if path.is_dir():
        raise FormatError(f"{path} is a folder.", next_step="Name a file in it.")
    text = io.StringIO()
    names = ["filename", *(label.name for label in store.labels)]
    # quoted, so that no reader takes what is in a name for the delimiter
    confusing = any(";" in name for name in names)
    heading = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL if confusing else csv.QUOTE_MINIMAL)
    heading.writerow(names)
    table = csv.writer(text, lineterminator="\n")
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
            raise _wrong(path, line, "the file name is missing.")
        if first_seen.setdefault(filename, line) != line:
            raise _wrong(path, line, f"{filename} is on line {first_seen[filename]} already.")

    splits = np.full(len(rows), Split.UNASSIGNED, np.int8)
    labels = dict(enumerate(header[1:], start=1))
    split_column = next((column for column, name in labels.items() if name.casefold() == "split"), None)
    # a label may be called so, too
    if split_column and not all(row[split_column] in _STATES for row in rows):
        labels = {column: name for column, name in labels.items() if name.casefold() not in ("split", "group")}
        for index, (row, line) in enumerate(zip(rows, lines, strict=True)):
            word = row[split_column].casefold()
            if word not in _SPLITS:
                raise _wrong(path, line, f"“{row[split_column]}” is not train, validation, test or empty.")
            splits[index] = _SPLITS[word]

    states = np.empty((len(rows), len(labels)), np.int8)
    for index, row in enumerate(rows):
        try:
            states[index] = [_STATES[row[column]] for column in labels]
        except KeyError:
            column = next(column for column in labels if row[column] not in _STATES)
            raise _wrong(
                path,
                lines[index],
                f"“{row[column]}” is not 1 (present), 0 (absent) or empty (unknown).",
                column=labels[column],
            ) from None
    return Annotations(path.name, tuple(filenames), tuple(labels.values()), states, splits)


def _parsed(path: Path) -> tuple[list[str], list[list[str]], list[int]]:
    """The column names, the other rows with as many cells each, and the number of the line each ends on."""
    text = _decoded(path)
    told = _told_delimiter(text)
    first_line = _first_line(text)
    outside_quotes = _quoted.sub("", first_line[0] if first_line else "")
    delimiter = told[1] if told else max(",;\t", key=outside_quotes.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    try:
        if told:
            next(reader)
        header_line = reader.line_num + 1
        header = [name.strip() for name in next(reader, [])]
        # spreadsheets end every line with the delimiters of columns that were used once
        while header and not header[-1]:
            header.pop()
        _check_header(path, header_line, header)
        for cells in reader:
            row = [cell.strip() for cell in cells]
            if not any(row):
                continue
            if len(row) < len(header) or any(row[len(header) :]):
                cells_are = f"{len(row)} cell{'s' if len(row) > 1 else ''}"
                raise _wrong(path, reader.line_num, f"{cells_are} where the first line names {len(header)}.")
            rows.append(row[: len(header)])
            lines.append(reader.line_num)
    except csv.Error as error:
        raise _wrong(path, reader.line_num, f"{error}.") from error
    if not rows:
        raise FormatError(
            f"{path.name} has a header line but no images.", next_step="Add a line for each image below it."
        )
    return header, rows, lines


def _check_header(path: Path, line: int, header: Sequence[str]) -> None:
    # an export of a project whose labels are digits begins with "filename"
    values = header and header[0].casefold() != "filename" and all(name in _STATES for name in header[1:])
    if header and (Path(header[0]).suffix.lower() in SUFFIXES or (len(header) > 1 and values)):
        raise _wrong(path, line, "there is an image where the names of the columns must be.", next_step=_FIRST_LINE_IS)
    if len(header) < 2:
        there = "there is only one column" if header else "the line is empty"
        raise _wrong(path, line, f"{there}.", next_step=_FIRST_LINE_IS)
    seen = set()
    for column, name in enumerate(header[1:], start=2):
        if not name:
            raise _wrong(path, line, f"column {column} has no name.", next_step=_FIRST_LINE_IS)
        if name.casefold() in seen:
            raise _wrong(path, line, f"two columns are called “{name}”.")
        seen.add(name.casefold())
        try:
            check_label_name(name)
        except ProjectError as error:
            raise _wrong(path, line, error.sentence, column=str(column), next_step=error.next_step) from error


def _wrong(
    path: Path, line: int, what: str, *, column: str | None = None, next_step: str = "Mend it and import again."
) -> FormatError:
    """The error about a line, or about a cell of it."""
    where = f"line {line}" if column is None else f"line {line}, column “{column}”"
    return FormatError(f"{path.name}, {where}: {what}", next_step=next_step)


def _unreadable(path: Path, error: OSError) -> FormatError:
    return FormatError(f"{path} cannot be read: {error.strerror}.", next_step="Choose another file.")


def _decoded(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error
    if not data.strip():
        raise FormatError(f"{path.name} is empty.", next_step=_FIRST_LINE_IS)
    marked = [encoding for mark, encoding in _BYTE_ORDER_MARKS.items() if data.startswith(mark)]
    for encoding in marked or ["utf-8", "cp1252"]:
        with contextlib.suppress(UnicodeDecodeError):
            text = data.decode(encoding)
            # every other byte of UTF-16 is zero
            if "\0" not in text:
                return text
    raise FormatError(
        f"{path.name} is not text in UTF-8, UTF-16 with BOM or Windows-1252.", next_step="Save it as UTF-8."
    )


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
