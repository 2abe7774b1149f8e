"""Keeping a run's sets of thresholds in its file, beside others who write it too; no Qt."""

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.errors import MultihotError
from core.evaluation.threshold_file import THRESHOLDS_FILE, ThresholdBook
from core.evaluation.threshold_merge import Merged, merge, same_book

DAMAGED_FILE: Final = "thresholds.damaged.json"
"""What a file that cannot be read is called once it had to make room."""


@dataclass(frozen=True, eq=False)
class Kept:
    """The answer to a request to write.

    Attributes:
        number: of the request.
        asked: what was to be written.
        merged: what is in the file now, together with what others had written.
    """

    number: int
    asked: ThresholdBook
    merged: Merged


class ThresholdKeeper:
    """Writes the file of one run from any thread; an older request never replaces a newer one.

    Whoever asks takes over the answer before asking again, so that what others wrote is in what is asked next.
    """

    def __init__(self, folder: Path, book: ThresholdBook) -> None:
        """Keep.

        Args:
            folder: of the run.
            book: what its file says, or stands for where there is no file.
        """
        self._folder = folder
        self._base = book
        self._lock = threading.Lock()
        self._given = 0
        self._last: Kept | None = None

    def number(self) -> int:
        """A number for the next request; called on the GUI thread."""
        self._given += 1
        return self._given

    def last_answer(self) -> Kept | None:
        """The newest answer, that of a request which is being worked on included."""
        with self._lock:
            return self._last

    def sync(self, number: int, book: ThresholdBook) -> Kept | None:
        """Write sets, together with what others wrote since the last time.

        Args:
            number: of this request.
            book: all sets, as they are to be.

        Returns:
            What is in the file now; None where a newer request was answered already.

        Raises:
            MultihotError: the file is damaged or of other labels and there is nothing to write in its place, or it
                cannot be written.
        """
        with self._lock:
            if self._last is not None and number < self._last.number:
                return None
            path = self._folder / THRESHOLDS_FILE
            # a file that was deleted says nothing new
            theirs = self._theirs(book) if path.exists() else self._base
            merged = merge(self._base, book, theirs)
            if not same_book(merged.book, theirs):
                self._write(path, merged.book)
            self._base = merged.book
            self._last = Kept(number, book, merged)
            return self._last

    def _theirs(self, book: ThresholdBook) -> ThresholdBook:
        """What the file says; one that cannot be read makes room for what is to be written."""
        try:
            return ThresholdBook.of_run(self._folder, book.label_names)
        except MultihotError as error:
            if same_book(book, self._base):
                raise MultihotError(
                    error.sentence, next_step=f"The first change keeps it as {DAMAGED_FILE} and begins anew."
                ) from error
            self._set_aside()
            return self._base

    def _set_aside(self) -> None:
        try:
            (self._folder / THRESHOLDS_FILE).replace(self._folder / DAMAGED_FILE)
        except OSError as error:
            raise MultihotError(
                f"{self._folder / THRESHOLDS_FILE} can neither be read nor set aside ({error.strerror}).",
                next_step="Thresholds are kept until the window is closed, and written with the next change.",
            ) from error

    def _write(self, path: Path, book: ThresholdBook) -> None:
        try:
            book.save(path)
        except OSError as error:
            raise MultihotError(
                f"The thresholds cannot be written to {path} ({error.strerror}).",
                next_step="They are kept until the window is closed, and written with the next change.",
            ) from error
