"""Reading the images and annotations of a project from its database, a column at a time.

SQLite hands each value over as an object of Python, which for 100,000 images takes some 400 ms. Values that SQLite
strings together first come as one text per column, in a third of that.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from core.labels import LabelState, Review, Split

PORTION = 200_000
"""Ids that are read at once; SQLite has no text of more than 1,000,000,000 bytes."""

# ids are given from 1 on; a damaged one would have to be looked for through all that are below it
_MOST = 2**31

_T = TypeVar("_T", bound=np.generic)

_UNKNOWN_BYTE = b"\xff"


@dataclass(frozen=True, slots=True)
class ImageColumns:
    """All images, by ascending id.

    Attributes:
        ids: int64 (N,).
        root_ids: int64 (N,), of the folders that the paths are relative to.
        paths: N paths.
        splits: int8 (N,).
        sizes: int64 (N,), bytes.
        widths: int32 (N,), pixels; 0 where nobody knows.
        heights: int32 (N,), pixels; 0 where nobody knows.
    """

    ids: NDArray[np.int64]
    root_ids: NDArray[np.int64]
    paths: list[str]
    splits: NDArray[np.int8]
    sizes: NDArray[np.int64]
    widths: NDArray[np.int32]
    heights: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class AnnotationColumns:
    """What was said of images, by ascending id of the image.

    Attributes:
        image_ids: int64 (n,).
        states: int8 (n, W), a column for each label id from 1 on.
        review: int8 (n,).
        flagged: bool (n,).
        reviewed_at: float64 (n,), seconds since 1970, NaN where nobody knows.
    """

    image_ids: NDArray[np.int64]
    states: NDArray[np.int8]
    review: NDArray[np.int8]
    flagged: NDArray[np.bool_]
    reviewed_at: NDArray[np.float64]


def image_columns(connection: sqlite3.Connection) -> ImageColumns:
    """Read all images.

    Raises:
        ValueError: a row was written by no program of ours.
    """
    paths: list[str] = []
    numbers: list[list[NDArray[np.int64]]] = []
    for first, last in _portions(connection, "image", "id"):
        count, text, *columns = connection.execute(
            """SELECT count(*), group_concat(path, char(0)), group_concat(id, ' '), group_concat(root_id, ' '),
                group_concat(split, ' '), group_concat(size, ' '), group_concat(coalesce(width, 0), ' '),
                group_concat(coalesce(height, 0), ' ')
                FROM (SELECT * FROM image WHERE id BETWEEN ? AND ? ORDER BY id)""",
            (first, last),
        ).fetchone()
        some = text.split("\0") if count else []
        _check(len(some), count)
        paths += some
        numbers.append([_numbers(column, count) for column in columns])
    joined = [np.concatenate(column) for column in zip(*numbers, strict=True)] or [np.empty(0, np.int64)] * 6
    ids, root_ids, splits, sizes, widths, heights = joined
    _check_range(splits, Split)
    return ImageColumns(
        ids, root_ids, paths, _fitted(splits, np.int8), sizes, _fitted(widths, np.int32), _fitted(heights, np.int32)
    )


def annotation_columns(connection: sqlite3.Connection, width: int) -> AnnotationColumns:
    """Read all annotations.

    Args:
        connection: to the database.
        width: W, the highest label id; labels that are younger than what was said of an image are unknown on it.

    Raises:
        ValueError: a row was written by no program of ours.
    """
    numbers: list[list[NDArray[np.int64]]] = []
    states = [np.empty((0, width), np.int8)]
    for first, last in _portions(connection, "annotation", "image_id"):
        count, least, most, blob, *columns = connection.execute(
            """SELECT count(*), min(length(states)), max(length(states)), CAST(group_concat(states, '') AS BLOB),
                group_concat(image_id, ' '), group_concat(review, ' '), group_concat(flagged, ' ')
                FROM (SELECT * FROM annotation WHERE image_id BETWEEN ? AND ? ORDER BY image_id)""",
            (first, last),
        ).fetchone()
        if count and not least == most == width:
            blob = b"".join(
                blob.ljust(width, _UNKNOWN_BYTE)
                for (blob,) in connection.execute(
                    "SELECT states FROM annotation WHERE image_id BETWEEN ? AND ? ORDER BY image_id", (first, last)
                )
            )
        _check(len(blob or b""), count * width)
        states.append(np.frombuffer(blob or b"", np.int8).reshape(count, width))
        numbers.append([_numbers(column, count) for column in columns])
    joined = [np.concatenate(column) for column in zip(*numbers, strict=True)] or [np.empty(0, np.int64)] * 3
    image_ids, review, flagged = joined
    reviewed_at = np.full(len(image_ids), np.nan)
    # a time as text would not be the same to the last bit
    times = connection.execute("SELECT image_id, reviewed_at FROM annotation WHERE reviewed_at IS NOT NULL").fetchall()
    if times:
        known, seconds = zip(*times, strict=True)
        reviewed_at[np.searchsorted(image_ids, np.array(known, np.int64))] = seconds
    whole = states[1] if len(states) == 2 else np.concatenate(states)
    _check_range(whole, LabelState)
    _check_range(review, Review)
    return AnnotationColumns(image_ids, whole, _fitted(review, np.int8), flagged.astype(np.bool_), reviewed_at)


def _portions(connection: sqlite3.Connection, table: str, key: str) -> Iterator[tuple[int, int]]:
    """First and last keys of what is read at once."""
    # two questions: each finds its end of the table without going through it
    (lowest,) = connection.execute(f"SELECT min({key}) FROM {table}").fetchone()
    (highest,) = connection.execute(f"SELECT max({key}) FROM {table}").fetchone()
    if lowest is not None:
        if not 0 < lowest <= highest < _MOST:
            raise ValueError(f"{table} has numbers from {lowest} to {highest}")
        for first in range(lowest, highest + 1, PORTION):
            yield first, min(first + PORTION - 1, highest)


def _numbers(text: str | None, count: int) -> NDArray[np.int64]:
    """Numbers with spaces between them, (count,)."""
    try:
        numbers = np.fromstring(text or "", np.int64, sep=" ") if count else np.empty(0, np.int64)
    except DeprecationWarning as error:
        # some versions of numpy warn of what others refuse
        raise ValueError(str(error)) from error
    _check(len(numbers), count)
    return numbers


def _fitted(numbers: NDArray[np.int64], kind: type[_T]) -> NDArray[_T]:
    """Numbers (n,) in fewer bytes."""
    fitted = numbers.astype(kind)
    if not np.array_equal(fitted, numbers):
        raise ValueError("a number is too large")
    return fitted


def _check_range(numbers: NDArray[np.signedinteger[Any]], meaning: type[IntEnum]) -> None:
    """All numbers are to mean something."""
    if numbers.size and not min(meaning) <= numbers.min() <= numbers.max() <= max(meaning):
        raise ValueError(f"{numbers.min()} or {numbers.max()} is no {meaning.__name__}")


def _check(found: int, expected: int) -> None:
    """Every row is to give a value; one that gives none was written by no program of ours."""
    if found != expected:
        raise ValueError(f"{expected:,} values were expected and {found:,} found")
