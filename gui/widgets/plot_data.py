"""The numbers behind a plot as a table that other programs read; no Qt."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

# what a cell holds where a series has no such column, or no number
_NOTHING = ""


@dataclass(frozen=True, eq=False)
class DataSeries:
    """One line, or one set of points or bars.

    Attributes:
        name: what it is called.
        columns: its numbers or words by the names of the columns, with their units; each of the shape (n,).
    """

    name: str
    columns: Mapping[str, Sequence[str] | NDArray[Any]]


def as_table(series: Sequence[DataSeries], *, delimiter: str = ",") -> str:
    """Write series below each other: their names in the first column, then every column that one of them has.

    Numbers are written so that reading them gives the same ones again; what a series does not have is left empty, and
    so is NaN.

    Args:
        series: in the order in which they are written.
        delimiter: between the cells.

    Returns:
        Lines of text, the first with the names of the columns.
    """
    names = list(dict.fromkeys(name for one in series for name in one.columns))
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(["series", *names])
    for one in series:
        columns = [_cells(one.columns[name]) for name in one.columns]
        places = [names.index(name) for name in one.columns]
        for values in zip(*columns, strict=True):
            row = [_NOTHING] * len(names)
            for place, value in zip(places, values, strict=True):
                row[place] = value
            writer.writerow([one.name, *row])
    return text.getvalue()


def _cells(values: Sequence[str] | NDArray[Any]) -> list[str]:
    # tolist gives Python's own numbers, whose repr is the shortest that reads as the same number
    return [
        value if isinstance(value, str) else _NOTHING if value != value else repr(value)
        for value in np.asarray(values).tolist()
    ]
