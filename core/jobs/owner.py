"""Which process works in a job's folder: the lock file with its pid and start time, touched as a heartbeat."""

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import filelock
import psutil

from core.errors import JobError
from core.files import write_atomically
from core.jobs.events import EVENTS_FILE

LOCK_FILE = "worker.lock"

# the system tells a process's start as ticks since boot plus the time of boot, which moves when the clock is set right
_CLOCK_TOLERANCE_S = 5.0


@dataclass(frozen=True, slots=True)
class Owner:
    """A process that works, or worked, in a job's folder.

    Attributes:
        pid: its number, which the system may have given to another process since.
        started: when it was started, seconds since the epoch; tells it from another process of that number.
        events_before: size of `events.jsonl` when it took the folder, bytes: what lies before was said by others.
    """

    pid: int
    started: float
    events_before: int

    def process(self) -> psutil.Process | None:
        """The process while it lives; None after its end, even if nobody has asked for its exit code yet."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < _CLOCK_TOLERANCE_S
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None


def read(folder: Path) -> Owner | None:
    """The last process that took the folder, dead or alive; None when there was none."""
    try:
        values = json.loads((folder / LOCK_FILE).read_text(encoding="utf-8"))
        return Owner(pid=values["pid"], started=values["started"], events_before=values["events_before"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


@contextlib.contextmanager
def deciding(folder: Path) -> Iterator[None]:
    """Keep other processes from taking the folder while this one looks and takes it.

    Raises:
        JobError: another process did not come to a decision within ten seconds, or the folder is missing or cannot be
            written.
    """
    if not folder.is_dir():
        raise JobError(f"There is no folder {folder}.")
    try:
        with filelock.FileLock(folder / ".worker.mutex", timeout=10):
            yield
    except filelock.Timeout as error:
        raise JobError(f"{folder} is being started by another program.", next_step="Try again.") from error
    except OSError as error:
        raise JobError(f"{folder} cannot be written: {error.strerror}.") from error


def write(folder: Path, pid: int, *, events_before: int | None = None) -> None:
    """Make a process the owner of the folder; call it while `deciding`.

    Args:
        folder: the job's.
        pid: of a living process.
        events_before: see `Owner`; None for the present size of `events.jsonl`.
    """
    if events_before is None:
        events = folder / EVENTS_FILE
        events_before = events.stat().st_size if events.exists() else 0
    owner = Owner(pid=pid, started=psutil.Process(pid).create_time(), events_before=events_before)
    write_atomically(folder / LOCK_FILE, json.dumps(asdict(owner)))


def beat(folder: Path) -> None:
    """Show whoever looks into the folder that the owner lives, and find out whether the folder is still there.

    Raises:
        FileNotFoundError: the folder was deleted.
    """
    os.utime(folder / LOCK_FILE)
