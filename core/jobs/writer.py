"""Writing a job's events, each one a whole line in the file before the call returns."""

import os
import threading
from pathlib import Path

from core.jobs.events import EVENTS_FILE, Event, Outcome


class EventWriter:
    """Appends events to `events.jsonl`; any thread may call it.

    Attributes:
        outcome: the worker's last word, once it is said.
    """

    def __init__(self, folder: Path) -> None:
        self._file = (folder / EVENTS_FILE).open("a+b", buffering=0)
        self._lock = threading.Lock()
        self._is_torn = self._ends_within_a_line()
        self.outcome: Outcome | None = None

    def __call__(self, event: Event) -> None:
        """Append an event.

        Raises:
            OSError: it could not be written, as on a full disk; the job cannot go on, since nobody would know.
        """
        with self._lock:
            # a line that a dead worker or a full disk left unfinished is ended first, so that only it is lost
            line = (b"\n" if self._is_torn else b"") + event.encode().encode() + b"\n"
            self._is_torn = True
            while line:
                line = line[self._file.write(line) :]
            self._is_torn = False
            if isinstance(event, Outcome):
                os.fsync(self._file.fileno())
                self.outcome = event

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _ends_within_a_line(self) -> bool:
        if self._file.seek(0, os.SEEK_END) == 0:
            return False
        self._file.seek(-1, os.SEEK_END)
        return self._file.read(1) != b"\n"
