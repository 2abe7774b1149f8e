"""The thread that stands between the window and a job in another process."""

import threading
import time
from pathlib import Path

from PySide6.QtCore import QObject, QThread, Signal

from core.errors import MultihotError
from core.jobs.events import Event, RunFailed
from core.jobs.folder import JobFolder, RunState
from core.jobs.follow import Follower
from core.jobs.job import Command
from core.jobs.start import kill, start

# 20 signals a second at most, none with more events than the GUI thread takes in within a few milliseconds
SIGNAL_GAP_SECONDS = 0.05
MOST_EVENTS_PER_SIGNAL = 2_000
# the state costs a look at the process table: not with every batch
STATE_GAP_SECONDS = 0.25


class TrainerThread(QThread):
    """Starts the worker of a job's folder, follows its events, and hands it what people ask for.

    The job's files are read and written, and its process is started and killed, on this thread only: each can take
    longer than a frame. The thread ends by itself when the worker has ended or died; `leave` ends it earlier and lets
    the worker go on, for a window that closes.

    Signals:
        events_read: list[Event], new ones in order; at most 20 a second, each bounded.
        state_read: RunState, when it changed.
    """

    events_read = Signal(object)
    state_read = Signal(object)

    def __init__(self, folder: Path, *, start_worker: bool, parent: QObject | None = None) -> None:
        """Prepare; `start()` begins.

        Args:
            folder: the job's folder, with its `job.json`.
            start_worker: start a worker first; False takes up one that is at work.
            parent: owner in Qt's sense.
        """
        super().__init__(parent)
        self.folder = folder
        self._job = JobFolder(folder)
        self._start_worker = start_worker
        self._wake = threading.Event()
        self._leaving = threading.Event()
        self._asked: list[Command] = []
        self._kill_asked = threading.Event()
        self._last_signal = 0.0
        self._state: RunState | None = None

    def ask(self, command: Command) -> None:
        """Send the worker a command; it is written within a moment, never by the caller."""
        self._asked.append(command)
        self._wake.set()

    def kill(self) -> None:
        """End the worker's whole process tree now; its last checkpoint stays."""
        self._kill_asked.set()
        self._wake.set()

    def leave(self) -> None:
        """End this thread within a moment and let the worker go on."""
        self._leaving.set()
        self._wake.set()

    def run(self) -> None:
        """Start, then follow until the job has ended."""
        if self._start_worker:
            try:
                start(self.folder)
            except MultihotError as error:
                self.events_read.emit([RunFailed(sentence=error.sentence, next_step=error.next_step)])
                self._tell_state(RunState.FAILED)
                return
        follower = Follower(self.folder)
        next_look = 0.0
        while not self._leaving.is_set():
            self._pass_on()
            now = time.monotonic()
            state = None
            if now >= next_look:
                # asked before the events are read: then none that was written before the end is missed
                state = self._job.state()
                next_look = now + STATE_GAP_SECONDS
            self._publish_all(follower)
            if state is not None:
                self._tell_state(state)
                if state is not RunState.RUNNING:
                    return
            self._wake.wait(SIGNAL_GAP_SECONDS)
            self._wake.clear()

    def _pass_on(self) -> None:
        if self._kill_asked.is_set():
            self._kill_asked.clear()
            kill(self.folder)
        while self._asked:
            self._job.send(self._asked.pop(0))

    def _publish_all(self, follower: Follower) -> None:
        while events := follower.read(MOST_EVENTS_PER_SIGNAL):
            pause = self._last_signal + SIGNAL_GAP_SECONDS - time.monotonic()
            if pause > 0 and self._leaving.wait(pause):
                return
            self._publish(events)
            self._pass_on()

    def _publish(self, events: list[Event]) -> None:
        self.events_read.emit(events)
        self._last_signal = time.monotonic()

    def _tell_state(self, state: RunState) -> None:
        if state is not self._state:
            self._state = state
            self.state_read.emit(state)
