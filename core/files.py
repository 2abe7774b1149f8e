"""Writing files so that a crash leaves the old one or the new one, never half of either."""

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a path to write to, beside `path`, that takes its place when the block ends without an error.

    Args:
        path: the file to create or replace; its folder exists.

    Yields:
        The path of a file to create, in the same folder and with the same ending.
    """
    temporary = path.with_name(f".{path.stem}-{secrets.token_hex(4)}{path.suffix}")
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_atomically(path: Path, data: bytes | str) -> None:
    """Create or replace a file in one step; text is written as UTF-8."""
    with replacing(path) as temporary:
        temporary.write_bytes(data.encode() if isinstance(data, str) else data)


def what_is_wrong(error: Exception) -> str:
    """Why a file cannot be read, in words for people: what the system says, or that it is damaged."""
    return (error.strerror if isinstance(error, OSError) else None) or "the file is damaged"
