"""The paths of a project's images, made ready to be searched: once for a list of images, and on for new ones."""

import itertools
import re
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from core.project.query.patterns import compiled, is_pattern

_DIGITS = re.compile(r"([0-9]+)")
# kept answers; each is a byte per image
_MOST_ANSWERS = 16
# of a path in bytes; all are padded to the longest, and one of 30,000 must not cost 3 GB
_WIDEST = 512
# names whose numbers are read in one call
_AT_ONCE = 5_000


class PathIndex:
    """Paths, casefolded, and the folders they are in. Nothing in it changes; what it computes it keeps.

    Attributes:
        names: N paths, casefolded.
        folders: the F folders that images are in, casefolded, "" for none, in the order they are met.
        folder_numbers: int32 (N,), indices into `folders`.
    """

    def __init__(self, paths: Sequence[str], before: "PathIndex | None" = None) -> None:
        """Use `of`."""
        self._paths = list(paths)
        # the table of the first paths, when it was needed
        self._older: NDArray[np.bytes_] | None = None if before is None else before.__dict__.get("_table")
        known = 0 if before is None else len(before.names)
        added = [path.casefold() for path in self._paths[known:]]
        numbers = {} if before is None else dict(before._numbers)
        new = np.fromiter(
            [numbers.setdefault(path.rpartition("/")[0], len(numbers)) for path in added], np.int32, len(added)
        )
        self.names: list[str] = added if before is None else before.names + added
        self._numbers: dict[str, int] = numbers
        self.folders = list(numbers)
        self.folder_numbers: NDArray[np.int32] = new if before is None else np.append(before.folder_numbers, new)
        self._answers: dict[tuple[str, str], NDArray[np.bool_]] = {}

    @classmethod
    def of(cls, paths: Sequence[str], before: Self | None = None) -> Self:
        """The index of some paths.

        Args:
            paths: N paths with "/".
            before: an index that may be of the same paths or of the first of them; it is then used.
        """
        if before is not None:
            known = len(before._paths)
            first = paths if len(paths) == known else paths[:known]
            # the texts are mostly the same objects, which makes this 1 ms for 100,000; a copy would take 4 more
            if len(paths) >= known and before._paths == (first if isinstance(first, list) else list(first)):
                return before if len(paths) == known else cls(paths, before)
        return cls(paths)

    def __len__(self) -> int:
        return len(self.names)

    def prepare(self) -> None:
        """Compute what the first search and the first `sort:name` would wait for; 0.2 s for 100,000, in a thread."""
        _ = self._table, self._is_ascii, self.natural_rank

    def named(self, pattern: str) -> NDArray[np.bool_]:
        """The images (N,) whose path contains a text.

        With * or ? in it, those that have a path, or an end of it that begins behind a "/", as the pattern describes.
        """
        return self._answered("name", pattern, self._named)

    def in_folder(self, pattern: str) -> NDArray[np.bool_]:
        """The images (N,) in a folder and below it.

        With * or ? in it, in each folder that the pattern describes; a * stands for "/" as well, and `b/*` means b too.
        A full stop alone means no folder.
        """
        return self._answered("folder", pattern, self._in_folder)

    @cached_property
    def natural_rank(self) -> NDArray[np.int32]:
        """Place (N,) of each path in natural order, in which 2 comes before 10 and 007 is 7; equal ones share it.

        Takes some 0.1 s for 100,000 paths when first asked for: ask in a thread.
        """
        # folders are few: most numbers are read once for all images in one
        folders = [key and f"{key}\1" for key in _natural_keys(self.folders)]
        names = _natural_keys([name.rpartition("/")[2] for name in self.names])
        keys = [folders[number] + key for number, key in zip(self.folder_numbers.tolist(), names, strict=True)]
        if max(map(len, keys), default=0) <= _WIDEST // 4:
            # bytes of UTF-8 have the order of the letters; numpy sorts them while other threads go on
            table = np.array([key.encode(errors="surrogatepass") for key in keys], "S")
            rows = np.argsort(table, kind="stable")
            differs = table[rows[1:]] != table[rows[:-1]]
        else:
            rows = np.array(sorted(range(len(keys)), key=keys.__getitem__), np.int64)
            differs = np.array([keys[one] != keys[other] for one, other in itertools.pairwise(rows.tolist())], np.bool_)
        ranks = np.empty(len(keys), np.int32)
        ranks[rows[:1]] = 0
        ranks[rows[1:]] = np.cumsum(differs, dtype=np.int32)
        return ranks

    @cached_property
    def _table(self) -> NDArray[np.bytes_] | None:
        """The paths with a "/" in front as bytes (N,) of one width, which numpy searches 20 times faster than Python.

        None when a path is so long that it would take too much memory.
        """
        older = np.empty(0, "S1") if self._older is None else self._older
        self._older = None
        added = [f"/{name}".encode(errors="surrogatepass") for name in self.names[len(older) :]]
        if max(map(len, added), default=0) > _WIDEST:
            return None
        return np.concatenate([older, np.array(added, "S")]) if added else older

    @cached_property
    def _is_ascii(self) -> bool:
        """Whether a letter is a byte everywhere."""
        return all(map(str.isascii, self.names))

    def _answered(self, kind: str, pattern: str, search: Callable[[str], NDArray[np.bool_]]) -> NDArray[np.bool_]:
        answer = self._answers.get((kind, pattern))
        if answer is None:
            if len(self._answers) >= _MOST_ANSWERS:
                self._answers.clear()
            answer = search(pattern)
            answer.flags.writeable = False
            self._answers[kind, pattern] = answer
        return answer

    def _named(self, pattern: str) -> NDArray[np.bool_]:
        if not is_pattern(pattern):
            return self._containing(pattern)
        if self._table is not None and ("?" not in pattern or self._is_ascii):
            return _describes(self._table, pattern)
        passing = np.ones(len(self.names), np.bool_)
        for part in re.split(r"[*?]+", pattern):
            if part:
                passing &= self._containing(part)
        match = compiled(f"*/{pattern}").match
        rows = np.flatnonzero(passing)
        passing[rows] = [match(f"/{self.names[row]}") is not None for row in rows.tolist()]
        return passing

    def _containing(self, text: str) -> NDArray[np.bool_]:
        if self._table is None or "\0" in text:
            return np.fromiter([text in name for name in self.names], np.bool_, len(self.names))
        found = np.strings.find(self._table, text.encode(errors="surrogatepass"), 1)
        return np.asarray(found >= 0)

    def _in_folder(self, pattern: str) -> NDArray[np.bool_]:
        if pattern == ".":
            chosen = [not folder for folder in self.folders]
        elif is_pattern(pattern):
            pattern = pattern.rstrip("/")
            whole, below = compiled(pattern).match, compiled(f"{pattern}/*").match
            chosen = [
                whole(name) is not None or below(name) is not None
                for name in (f"{folder}/" if folder else "" for folder in self.folders)
            ]
        else:
            start = pattern.rstrip("/") + "/"
            chosen = [f"{folder}/".startswith(start) for folder in self.folders]
        answer: NDArray[np.bool_] = np.array(chosen, np.bool_)[self.folder_numbers]
        return answer


def _describes(table: NDArray[np.bytes_], pattern: str) -> NDArray[np.bool_]:
    """Which paths (N,), each with "/" in front, end in what a pattern describes; with ? in it they must be ASCII."""
    answer = np.zeros(len(table), np.bool_)
    *parts, last = [part.encode(errors="surrogatepass") for part in re.split(r"\*+", f"*/{pattern}")]
    rows = np.arange(len(table))
    places: NDArray[np.int64] = np.zeros(len(table), np.int64)
    for part in filter(None, parts):
        found = _places(table, part, places)
        is_found = found >= 0
        rows, table, places = rows[is_found], table[is_found], found[is_found] + len(part)
    ends = np.strings.str_len(table) - len(last)
    is_end = ends >= places
    if last:
        is_end[is_end] = _stands(table[is_end], last, ends[is_end])
    answer[rows[is_end]] = True
    return answer


def _places(table: NDArray[np.bytes_], part: bytes, starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where a part of a pattern stands first in each text (n,), from some places on; -1 where it does not."""
    head = max(part.split(b"?"), key=len)
    if head == part:
        return np.strings.find(table, part, starts).astype(np.int64)
    offset = part.index(head)
    found = np.full(len(table), -1, np.int64)
    rows = np.arange(len(table))
    while len(rows):
        places = np.strings.find(table[rows], head, starts + offset) - offset
        is_there = places + offset >= 0
        rows, places = rows[is_there], places[is_there]
        stands = _stands(table[rows], part, places)
        found[rows[stands]] = places[stands]
        rows, starts = rows[~stands], places[~stands] + 1
    return found


def _stands(table: NDArray[np.bytes_], part: bytes, places: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether a part of a pattern stands in each text (n,) at a place."""
    answer = np.ones(len(table), np.bool_)
    letters = table.view(np.uint8).reshape(len(table), table.itemsize)
    for piece in re.finditer(rb"\?|[^?]+", part):
        at = places + piece.start()
        if piece[0] == b"?":
            letter = letters[np.arange(len(table)), np.minimum(at, table.itemsize - 1)]
            answer &= (at < table.itemsize) & (letter != 0) & (letter != ord("/"))
        else:
            answer &= np.strings.startswith(table, piece[0], at)
    return answer


def _natural_keys(names: Sequence[str]) -> list[str]:
    """Texts that sort as the names do in natural order: the length of a number stands in front of it."""
    numbers: dict[str, str] = {}
    keys: list[str] = []
    # a call for each name takes three times as long, and one for all would not let other threads come between
    for some in (names[start : start + _AT_ONCE] for start in range(0, len(names), _AT_ONCE)):
        # "/" sorts before all else
        pieces = _DIGITS.split("\0".join(some).replace("/", "\1"))
        for digits in pieces[1::2]:
            if digits not in numbers:
                numbers[digits] = _sortable(digits)
        pieces[1::2] = [numbers[digits] for digits in pieces[1::2]]
        keys += "".join(pieces).split("\0")
    return keys


def _sortable(digits: str) -> str:
    bare = digits.lstrip("0") or "0"
    # between "0" and "?" for all but the longest numbers, so that numbers stay before letters
    length = chr(ord("0") + len(bare)) if len(bare) < 15 else "?" + chr(0x100 + len(bare))
    return length + bare
