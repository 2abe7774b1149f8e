"""Following a job: its new events, as they are written."""

from collections import deque
from pathlib import Path

from core.jobs.events import EVENTS_FILE, Event, decode

_CHUNK_BYTES = 256 * 1024


class Follower:
    """Reads the events of a job's folder once each, in order, whenever it is asked.

    The file need not be there yet. A line that is half written is waited for; lines that are no events this version
    knows are skipped. If the file becomes shorter it is another file, and is read from its start.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / EVENTS_FILE
        self._offset = 0
        self._torn = b""
        self._lines: deque[bytes] = deque()

    def read(self, limit: int = 10_000) -> list[Event]:
        """Take the events that are new since the last call.

        Args:
            limit: at most so many, so that a window can bound the work of one turn.

        Returns:
            The events, oldest first; fewer than `limit` when there are no more for now.
        """
        events: list[Event] = []
        while len(events) < limit:
            if not self._lines and not self._fill():
                break
            event = decode(self._lines.popleft().decode(errors="replace"))
            if event is not None:
                events.append(event)
        return events

    def _fill(self) -> bool:
        """Take whole lines from the file; whether there were any."""
        try:
            with self._path.open("rb") as file:
                if file.seek(0, 2) < self._offset:
                    self._offset, self._torn = 0, b""
                file.seek(self._offset)
                while chunk := file.read(_CHUNK_BYTES):
                    self._offset += len(chunk)
                    *lines, self._torn = (self._torn + chunk).split(b"\n")
                    self._lines.extend(lines)
                    if lines:
                        return True
        except FileNotFoundError:
            pass
        return False
