"""One run at work, as the window sees it."""

from typing import Literal

from PySide6.QtCore import QObject, QTimer, Signal

from core.jobs.events import Event
from core.jobs.folder import RunState
from core.project.runs.run_list import Run
from gui.train.history import RunHistory
from gui.train.trainer_thread import TrainerThread

# a worker that has not obeyed by then may be stuck: killing it is offered
PATIENCE_MS = 10_000

Wish = Literal["", "pause", "stop", "kill", "discard"]


class FollowedRun(QObject):
    """A run whose worker is at work, or was a moment ago.

    Attributes:
        run: as the project knows it.
        history: its curves and state so far.
        state: of its folder, as last seen.
        asked: what was asked while the worker has not obeyed yet.
        can_kill: whether killing it is offered, because it does not obey or was asked twice.

    Signals:
        grew: list[Event], new ones in order; the history has them already.
        changed: the state, or what was asked, is another.
        ended: the worker has ended or died, and all its events were read.
    """

    grew = Signal(object)
    changed = Signal()
    ended = Signal()

    def __init__(self, run: Run, *, start_worker: bool, parent: QObject | None = None) -> None:
        """Begin to follow.

        Args:
            run: as the project knows it.
            start_worker: start a worker first; False takes up one that is at work.
            parent: owner in Qt's sense.
        """
        super().__init__(parent)
        self.run = run
        self.history = RunHistory()
        self.state = RunState.RUNNING
        self.asked: Wish = ""
        self.can_kill = False
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(PATIENCE_MS)
        self._thread = TrainerThread(run.folder, start_worker=start_worker, parent=self)

        self._patience.timeout.connect(self._on_patience_timeout)
        self._thread.events_read.connect(self._on_events_read)
        self._thread.state_read.connect(self._on_state_read)
        self._thread.finished.connect(self._on_thread_finished)
        self._thread.start()

    @property
    def is_running(self) -> bool:
        """Whether its worker is at work."""
        return self.state == RunState.RUNNING

    def pause(self) -> None:
        """Ask the worker to write a checkpoint and end."""
        self._ask("pause")
        self._thread.ask("pause")

    def stop(self) -> None:
        """Ask the worker to finish its step and keep the best model; asked again, killing it is offered."""
        if self.asked == "stop":
            self._on_patience_timeout()
            return
        self._ask("stop")
        self._thread.ask("stop")

    def kill(self, *, discard: bool = False) -> None:
        """End the worker's process tree at once.

        Args:
            discard: the run is to be deleted when it has ended.
        """
        self._ask("discard" if discard else "kill")
        self._thread.kill()

    def let_go(self) -> None:
        """Follow no more; the worker goes on. Waits for the thread, which ends within a moment."""
        self._patience.stop()
        self._thread.leave()
        self._thread.wait()

    def _ask(self, wish: Wish) -> None:
        self.asked = wish
        self._patience.start()
        self.changed.emit()

    def _on_patience_timeout(self) -> None:
        self.can_kill = True
        self.changed.emit()

    def _on_events_read(self, events: list[Event]) -> None:
        self.history.add(events)
        self.grew.emit(events)

    def _on_state_read(self, state: RunState) -> None:
        if state != self.state:
            self.state = state
            self.changed.emit()

    def _on_thread_finished(self) -> None:
        self._patience.stop()
        if not self.is_running:
            self.can_kill = False
            self.ended.emit()
