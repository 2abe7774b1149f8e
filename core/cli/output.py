"""What a command says: sentences for a person, or one JSON object for a program."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from core.errors import ModelError
from core.jobs.events import finite


class OutputLostError(Exception):
    """Stdout takes no more: whoever read it has gone, or its disk is full; the cause is the system's error."""


class Output:
    """Where a command's words go.

    Sentences and tables go to stdout for a person and nowhere for a program; the result goes to stdout as one line of
    JSON, the last one, for a program and nowhere for a person. Warnings go to stderr for both. Every method that writes
    to stdout may raise `OutputLostError`.
    """

    def __init__(self, *, is_json: bool) -> None:
        self.is_json = is_json
        self._shows_progress = not is_json and sys.stderr.isatty()
        self._has_progress_line = False

    def say(self, text: str) -> None:
        """A sentence for a person."""
        self._clear_progress()
        if not self.is_json:
            _print(text)

    def table(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Rows for a person; all columns but the first are aligned to the right."""
        widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
        for row in (header, *rows):
            first, *others = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
            self.say("  ".join([first.strip().ljust(widths[0]), *others]).rstrip())

    def progress(self, text: str) -> None:
        """A line that the next one replaces; only on a terminal."""
        if self._shows_progress:
            # clear to the line's end: the line before may have been longer
            print(f"\r{text}\x1b[K", end="", file=sys.stderr, flush=True)
            self._has_progress_line = True

    def stream(self, line: str) -> None:
        """A line of JSON before the result, for a program."""
        if self.is_json:
            _print(line)

    def result(self, values: Mapping[str, object]) -> None:
        """The result, for a program."""
        self._clear_progress()
        if self.is_json:
            _print(json.dumps(finite(dict(values)), ensure_ascii=False, allow_nan=False))

    def error(self, sentence: str, *, next_step: str = "", command: str = "multihot") -> None:
        """Why the command ended without a result: the last line for a program, and a sentence on stderr."""
        self.warn(f"{command}: {sentence} {next_step}".rstrip())
        self.result({"error": sentence, "next_step": next_step})

    def warn(self, text: str) -> None:
        """A sentence on stderr."""
        self._clear_progress()
        print(text, file=sys.stderr, flush=True)

    def _clear_progress(self) -> None:
        if self._has_progress_line:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
            self._has_progress_line = False


def check_replaceable(path: Path, *, own: Callable[[Path], bool], kind: str) -> None:
    """Refuse to write over a file that Multihot did not write.

    Args:
        path: the file to write.
        own: whether a file there is one that Multihot wrote.
        kind: what that would be, such as "a model".

    Raises:
        ModelError: it is not.
    """
    if path.exists() and not own(path):
        raise ModelError(
            f"{path} is there already, and is not {kind} that Multihot wrote.",
            next_step="Choose another name, or replace it with --force.",
        )


def _print(line: str) -> None:
    try:
        print(line, flush=True)
    except OSError as error:
        raise OutputLostError from error


def duration(seconds: float) -> str:
    """Seconds in words: "8 s", "3 min 20 s", "2 h 05 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole // 60 % 60:02d} min"


def number(value: float | None, *, decimals: int = 3) -> str:
    """A number, or a dash where there is none."""
    return "–" if value is None or value != value else f"{value:.{decimals}f}"
