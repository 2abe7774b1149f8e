"""Reading the rows of a damaged SQLite file page by page, as far as its pages make sense.

SQLite itself gives up a table, or the file, at the first page that is wrong. Here each page is judged by itself: a file
without a header, one that was cut off and one with holes give all the rows that are not in the hole. The format is
that of https://www.sqlite.org/fileformat2.html.
"""

import bisect
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from core.project.rescue.log import logged_pages

Value = int | float | str | bytes | None
Row = tuple[Value, ...]

MAGIC = b"SQLite format 3\x00"
_HEADER = 100
_LOWEST, _HIGHEST = -(2**63), 2**63 - 1

_TABLE_LEAF, _TABLE_INTERIOR, _INDEX_LEAF, _INDEX_INTERIOR = 0x0D, 0x05, 0x0A, 0x02
_INTEGER_BYTES = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
_KINDS: dict[str, tuple[type, ...]] = {"INTEGER": (int,), "REAL": (int, float), "TEXT": (str,), "BLOB": (bytes,)}

# a tree of pages is no deeper in a file of any size
_DEPTH = 24


class UnreadableError(Exception):
    """A page or a record makes no sense."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table, as its schema says.

    Attributes:
        name: of the column.
        kind: "INTEGER", "REAL", "TEXT" or "BLOB".
        may_be_missing: whether NULL is allowed.
        is_row_id: whether it is the row's number, which is not kept in its record.
        default: the value in rows that are older than the column.
    """

    name: str
    kind: str
    may_be_missing: bool
    is_row_id: bool
    default: Value

    def allows(self, value: Value) -> bool:
        """Whether a record may have this value."""
        if self.is_row_id:
            return value is None
        if value is None:
            return self.may_be_missing
        # a hole of zeros reads as a text, too
        return isinstance(value, _KINDS[self.kind]) and not (isinstance(value, str) and "\0" in value)


@dataclass(slots=True)
class TableRows:
    """What could be read of a table.

    Attributes:
        rows: by row number.
        gaps: row numbers, of which the first is not in it, that were on pages that cannot be read; some of them may be
            among `rows`, as found elsewhere, and some never have been; ascending.
    """

    rows: dict[int, Row] = field(default_factory=dict)
    gaps: list[tuple[int, ...]] = field(default_factory=list)

    def is_lost(self, row_id: int) -> bool:
        """Whether a row was, or may have been, on a page that cannot be read, and is not among the rows."""
        return row_id not in self.rows and self.is_in_gap(row_id)

    def is_in_gap(self, row_id: int) -> bool:
        """Whether a row was, or may have been, on a page that cannot be read."""
        place = bisect.bisect_left(self.gaps, (row_id,)) - 1
        return place >= 0 and row_id <= self.gaps[place][1]

    def lose(self, row_id: int) -> None:
        """Take a row for lost that reads well but says what no row can say."""
        del self.rows[row_id]
        if not self.is_in_gap(row_id):
            bisect.insort(self.gaps, (row_id - 1, row_id))


class Pages:
    """The pages of a database file with those of its log in their places.

    Attributes:
        size: bytes of a page.
        has_header: whether the file begins as it must.
        user_version: of the schema; None without a header.
        application_id: says whose file it is; None without a header.
    """

    def __init__(self, data: bytes, log: bytes = b"") -> None:
        """Take a file.

        Args:
            data: of the database.
            log: of its write-ahead log; empty for none.
        """
        first, log_size, logged = logged_pages(log)
        self.size = _page_size(data) or log_size or 4096
        self._data = memoryview(data)
        self._logged = logged if log_size == self.size else {}
        header = first if first is not None and log_size == self.size else data[:_HEADER]
        self.has_header = header.startswith(MAGIC)
        reserved = header[20] if self.has_header else 0
        # no program of ours reserves bytes of a page
        self._usable = self.size - (reserved if reserved < 64 else 0)
        self.user_version = int.from_bytes(header[60:64], "big") if self.has_header else None
        self.application_id = int.from_bytes(header[68:72], "big") if self.has_header else None
        self._seen: set[int] = set()

    def __len__(self) -> int:
        return max([-(-len(self._data) // self.size), *self._logged])

    def table(self, root: int, columns: Sequence[Column]) -> TableRows:
        """The rows of a table, whose tree of pages begins at `root`."""
        found = TableRows()
        self._walk(root, _LOWEST, _HIGHEST, columns, found, 0)
        return found

    def index(self, root: int) -> tuple[list[Row], bool]:
        """The records of an index, or of a table without row numbers, and whether that is all of them."""
        records: list[Row] = []
        return records, self._walk_index(root, records, 0)

    def find_orphans(self, tables: Mapping[str, tuple[Sequence[Column], TableRows]]) -> None:
        """Add to tables the rows that lie in their gaps and on pages which no tree leads to any more.

        A page is told by the kinds of the values on it; one that may belong to two tables is left alone.

        Args:
            tables: columns and rows of tables, by name.
        """
        broken = {name: (columns, found) for name, (columns, found) in tables.items() if found.gaps}
        if not broken:
            return
        for number in range(2, len(self) + 1):
            if number in self._seen or self._kind(number) != _TABLE_LEAF:
                continue
            cells = [cell for cell in self._leaf_cells(number) if cell is not None]
            fitting = {
                name: rows
                for name, (columns, found) in broken.items()
                if (rows := {i: record for i, record in cells if found.is_lost(i) and _fits(record, columns)})
                and len(rows) == len([i for i, _ in cells if found.is_lost(i)])
            }
            if len(fitting) == 1:
                ((name, rows),) = fitting.items()
                columns, found = broken[name]
                found.rows.update((i, _whole(record, i, columns)) for i, record in rows.items())

    def _walk(self, number: int, low: int, high: int, columns: Sequence[Column], found: TableRows, depth: int) -> None:
        """Read the rows low < number <= high below a page; where it makes no sense they become a gap."""
        kind = self._kind(number)
        if number in self._seen or depth > _DEPTH:
            found.gaps.append((low, high))
        elif kind == _TABLE_INTERIOR:
            children = self._children(number, low, high)
            if children is None:
                found.gaps.append((low, high))
                return
            self._seen.add(number)
            for child, lower, upper in children:
                self._walk(child, lower, upper, columns, found, depth + 1)
        elif kind == _TABLE_LEAF:
            last, is_sound = low, True
            for cell in self._leaf_cells(number):
                if cell is None or not (last < cell[0] <= high and _fits(cell[1], columns)):
                    is_sound = False
                    continue
                last = cell[0]
                found.rows[last] = _whole(cell[1], last, columns)
            if is_sound or last > low:
                # else it may be a page of another table
                self._seen.add(number)
            if not is_sound:
                found.gaps.append((low, high))
        else:
            found.gaps.append((low, high))

    def _children(self, number: int, low: int, high: int) -> list[tuple[int, int, int]] | None:
        """Pages below a page of a table, each with the row numbers that it may have; None when it makes no sense."""
        page, start = self._page(number), self._start(number)
        children, lower = [], low
        try:
            for offset in _pointers(page, start, interior=True):
                key, _ = _varint(page, offset + 4)
                key = key - 2**64 if key > _HIGHEST else key
                if not lower <= key <= high:
                    return None
                children.append((int.from_bytes(page[offset : offset + 4], "big"), lower, key))
                lower = key
        except UnreadableError:
            return None
        return [*children, (int.from_bytes(page[start + 8 : start + 12], "big"), lower, high)]

    def _leaf_cells(self, number: int) -> Iterator[tuple[int, Row] | None]:
        """Row numbers and records of a page; None for one that makes no sense."""
        page, start = self._page(number), self._start(number)
        try:
            pointers = _pointers(page, start, interior=False)
        except UnreadableError:
            yield None
            return
        for offset in pointers:
            try:
                length, offset = _varint(page, offset)
                row_id, offset = _varint(page, offset)
                payload = self._payload(page, offset, length, most=self._usable - 35)
                yield row_id - 2**64 if row_id > _HIGHEST else row_id, _record(payload)
            except UnreadableError:
                yield None

    def _walk_index(self, number: int, records: list[Row], depth: int) -> bool:
        kind = self._kind(number)
        if number in self._seen or depth > _DEPTH or kind not in (_INDEX_LEAF, _INDEX_INTERIOR):
            return False
        self._seen.add(number)
        page, start = self._page(number), self._start(number)
        interior, is_sound = kind == _INDEX_INTERIOR, True
        try:
            pointers = _pointers(page, start, interior=interior)
        except UnreadableError:
            return False
        for offset in pointers:
            if interior:
                child = int.from_bytes(page[offset : offset + 4], "big")
                is_sound &= self._walk_index(child, records, depth + 1)
                offset += 4
            try:
                length, offset = _varint(page, offset)
                most = (self._usable - 12) * 64 // 255 - 23
                records.append(_record(self._payload(page, offset, length, most=most)))
            except UnreadableError:
                is_sound = False
        if interior:
            last = int.from_bytes(page[start + 8 : start + 12], "big")
            is_sound &= self._walk_index(last, records, depth + 1)
        return is_sound

    def _payload(self, page: bytes, offset: int, length: int, *, most: int) -> bytes:
        """The bytes of a record, of which `most` may be on its page and the rest is on pages of its own."""
        if length <= most:
            local = length
        else:
            least = (self._usable - 12) * 32 // 255 - 23
            local = least + (length - least) % (self._usable - 4)
            local = local if local <= most else least
        if offset + local > len(page) or length > len(self) * self.size:
            raise UnreadableError
        parts, left = [page[offset : offset + local]], length - local
        following = int.from_bytes(page[offset + local : offset + local + 4], "big")
        while left > 0:
            more = self._page(following)
            if not more or following == 1:
                raise UnreadableError
            parts.append(more[4 : 4 + min(left, self._usable - 4)])
            left -= len(parts[-1])
            following = int.from_bytes(more[:4], "big")
        return b"".join(parts)

    def _kind(self, number: int) -> int | None:
        page = self._page(number)
        return page[self._start(number)] if page else None

    def _start(self, number: int) -> int:
        return _HEADER if number == 1 else 0

    def _page(self, number: int) -> bytes:
        """A page, the first of which has number 1; empty when there is none or only a part of it."""
        if number in self._logged:
            return self._logged[number]
        start = (number - 1) * self.size
        whole = number >= 1 and start + self.size <= len(self._data)
        return bytes(self._data[start : start + self.size]) if whole else b""


def _pointers(page: bytes, start: int, *, interior: bool) -> list[int]:
    """Where the cells of a page are."""
    header = 12 if interior else 8
    count = int.from_bytes(page[start + 3 : start + 5], "big")
    first = start + header
    if first + 2 * count > len(page):
        raise UnreadableError
    pointers = list(struct.unpack(f">{count}H", page[first : first + 2 * count]))
    if any(not first + 2 * count <= one < len(page) for one in pointers):
        raise UnreadableError
    return pointers


def _varint(data: bytes, offset: int) -> tuple[int, int]:
    """A number of one to nine bytes, and where it ends."""
    value = 0
    try:
        for place in range(8):
            byte = data[offset + place]
            if byte < 0x80:
                return value << 7 | byte, offset + place + 1
            value = value << 7 | byte & 0x7F
        return value << 8 | data[offset + 8], offset + 9
    except IndexError:
        raise UnreadableError from None


def _record(payload: bytes) -> Row:
    """The values of a record."""
    end, offset = _varint(payload, 0)
    if not offset <= end <= len(payload):
        raise UnreadableError
    values: list[Value] = []
    body = end
    while offset < end:
        kind, offset = _varint(payload, offset)
        value, length = _value(payload, body, kind)
        values.append(value)
        body += length
    if offset != end or body != len(payload):
        raise UnreadableError
    return tuple(values)


def _value(payload: bytes, at: int, kind: int) -> tuple[Value, int]:
    """A value of a record, and how many bytes it takes."""
    if kind in (0, 8, 9):
        return (None if kind == 0 else kind - 8), 0
    length = 8 if kind == 7 else _INTEGER_BYTES.get(kind) or (kind - 12) // 2
    data = payload[at : at + length]
    if kind in (10, 11) or len(data) != length:
        raise UnreadableError
    if kind < 7:
        return int.from_bytes(data, "big", signed=True), length
    if kind == 7:
        (number,) = struct.unpack(">d", data)
        return number, length
    if kind % 2 == 0:
        return data, length
    try:
        return data.decode(), length
    except UnicodeDecodeError:
        raise UnreadableError from None


def _fits(record: Row, columns: Sequence[Column]) -> bool:
    """Whether a record may be one of a table; it has fewer values when columns were added after it was written."""
    return 0 < len(record) <= len(columns) and all(
        column.allows(value) for column, value in zip(columns, record, strict=False)
    )


def _whole(record: Row, row_id: int, columns: Sequence[Column]) -> Row:
    """A value for each column of a row."""
    values = [*record, *(column.default for column in columns[len(record) :])]
    return tuple(row_id if column.is_row_id else value for column, value in zip(columns, values, strict=True))


def _page_size(data: bytes) -> int | None:
    if not data.startswith(MAGIC):
        return None
    size = int.from_bytes(data[16:18], "big")
    size = 65536 if size == 1 else size
    return size if 512 <= size <= 65536 and size & (size - 1) == 0 else None
