"""Reading the write-ahead log of an SQLite file, up to the last commit that is whole."""

import struct


def logged_pages(log: bytes) -> tuple[bytes | None, int, dict[int, bytes]]:
    """The first page of the file and all pages in a write-ahead log, up to its last commit, and their size."""
    if len(log) < 32:
        return None, 0, {}
    magic, _, size, _, *salts, first, second = struct.unpack(">8I", log[:32])
    if magic & ~1 != 0x377F0682 or not 512 <= size <= 65536:
        return None, 0, {}
    order = ">" if magic & 1 else "<"
    sums = _checksum(log[:24], (0, 0), order)
    if sums != (first, second):
        return None, 0, {}
    pages: dict[int, bytes] = {}
    waiting: dict[int, bytes] = {}
    for start in range(32, len(log) - size - 23, size + 24):
        number, committed, *frame_salts, first, second = struct.unpack(">6I", log[start : start + 24])
        if frame_salts != salts:
            break
        page = log[start + 24 : start + 24 + size]
        sums = _checksum(page, _checksum(log[start : start + 8], sums, order), order)
        if sums != (first, second):
            break
        waiting[number] = page
        if committed:
            pages.update(waiting)
            waiting = {}
    return pages.get(1), size, pages


def _checksum(data: bytes, sums: tuple[int, int], order: str) -> tuple[int, int]:
    """SQLite's sum over a part of its log, which goes on from the sums of the part before."""
    first, second = sums
    words = iter(struct.unpack(f"{order}{len(data) // 4}I", data))
    for one, other in zip(words, words, strict=True):
        first = (first + one + second) & 0xFFFFFFFF
        second = (second + other + first) & 0xFFFFFFFF
    return first, second
