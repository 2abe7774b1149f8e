"""Where the cells of a grid are: all of one size, in lines, below a header for each section; none is remembered."""

import bisect
import itertools
from collections.abc import Sequence

from PySide6.QtCore import QRect


class CellLayout:
    """Places of n cells in content coordinates, left to right; a view mirrors and scrolls them.

    Finding a cell takes a bisection over the sections, and none where there is one.

    Attributes:
        columns: cells in a line.
        width: of a cell, in pixels.
        height: of a cell, in pixels.
        header: height of a section's header in pixels; 0 where there is but one section without one.
        starts: first row of each section, and the number of rows at the end.
        tops: top of each section, and the height of everything at the end.
    """

    def __init__(self, counts: Sequence[int], *, columns: int, width: int, height: int, header: int = 0) -> None:
        """Lay out sections.

        Args:
            counts: cells of each section, each at least 1.
            columns: as the attribute, at least 1.
            width: as the attribute.
            height: as the attribute.
            header: as the attribute.
        """
        self.columns, self.width, self.height, self.header = columns, width, height, header
        lines = [-(-count // columns) for count in counts]
        self.starts = list(itertools.accumulate(counts, initial=0))
        self.tops = list(itertools.accumulate((header + one * height for one in lines), initial=0))
        self._lines = list(itertools.accumulate(lines, initial=0))

    @property
    def count(self) -> int:
        """Number of cells."""
        return self.starts[-1]

    @property
    def content_height(self) -> int:
        """Height of everything."""
        return self.tops[-1]

    @property
    def sections(self) -> int:
        """Number of sections."""
        return len(self.starts) - 1

    def section_of(self, row: int) -> int:
        """The section of a row."""
        return bisect.bisect_right(self.starts, row) - 1

    def section_at(self, y: int) -> int:
        """The section at a height, the first or the last beyond them; -1 when there is none."""
        return min(max(0, bisect.bisect_right(self.tops, y) - 1), self.sections - 1)

    def origin(self, row: int) -> tuple[int, int]:
        """Left and top of the cell of a row."""
        section = self.section_of(row) if self.header else 0
        line, column = divmod(row - self.starts[section], self.columns)
        return column * self.width, self.tops[section] + self.header + line * self.height

    def place(self, row: int) -> QRect:
        """The cell of a row."""
        return QRect(*self.origin(row), self.width, self.height)

    def row_at(self, x: int, y: int) -> int:
        """The row of the cell at a point; -1 where there is none."""
        if not 0 <= y < self.content_height or not 0 <= x < self.columns * self.width:
            return -1
        section = self.section_at(y)
        inside = y - self.tops[section] - self.header
        row = self.starts[section] + inside // self.height * self.columns + x // self.width
        return row if inside >= 0 and row < self.starts[section + 1] else -1

    def rows_between(self, top: int, bottom: int) -> range:
        """Rows of which something is between two heights, the lower one left out."""
        if not self.count or bottom <= 0 or top >= self.content_height:
            return range(0)
        return range(self._first_from(max(0, top)), self._end_until(min(bottom, self.content_height)))

    def sections_between(self, top: int, bottom: int) -> range:
        """Sections of which something is between two heights."""
        if not self.count or bottom <= 0 or top >= self.content_height:
            return range(0)
        return range(self.section_at(max(0, top)), self.section_at(bottom - 1) + 1)

    def rows_in(self, area: QRect) -> list[tuple[int, int]]:
        """First and last rows of the runs of cells that an area touches."""
        left = max(0, area.left() // self.width)
        right = min(self.columns - 1, area.right() // self.width)
        rows = self.rows_between(area.top(), area.bottom() + 1)
        if left > right or not rows or area.right() < 0:
            return []
        if left == 0 and right == self.columns - 1:
            return [(rows[0], rows[-1])]
        runs: list[tuple[int, int]] = []
        for section in range(self.section_of(rows[0]), self.section_of(rows[-1]) + 1):
            start, end = self.starts[section], self.starts[section + 1]
            first = (max(rows[0], start) - start) // self.columns
            last = (min(rows[-1], end - 1) - start) // self.columns
            for line in range(first, last + 1):
                begin = start + line * self.columns
                if begin + left < end:
                    runs.append((begin + left, min(begin + right, end - 1)))
        return runs

    def moved(self, row: int, lines: int) -> int:
        """The row some lines below (or above), in the same column or the last before it; kept within the lines."""
        section = self.section_of(row)
        line, column = divmod(row - self.starts[section], self.columns)
        goal = min(max(0, self._lines[section] + line + lines), self._lines[-1] - 1)
        there = bisect.bisect_right(self._lines, goal) - 1
        wanted = self.starts[there] + (goal - self._lines[there]) * self.columns + column
        return min(wanted, self.starts[there + 1] - 1)

    def _first_from(self, y: int) -> int:
        section = self.section_at(y)
        line = max(0, y - self.tops[section] - self.header) // self.height
        return min(self.starts[section] + line * self.columns, self.starts[section + 1] - 1)

    def _end_until(self, y: int) -> int:
        section = self.section_at(y - 1)
        lines = -(-max(0, y - self.tops[section] - self.header) // self.height)
        return min(self.starts[section] + lines * self.columns, self.starts[section + 1])
