"""One job at work that scores images: its process, how far it has come, and how it ended."""

from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from core.jobs.events import Event, ImagesScored, RunFailed, ScoreFinished
from gui.train.trainer_thread import TrainerThread

# asked to end, the worker finishes the images it is at and writes; one that does not is killed
PATIENCE_MS = 15_000


class Scoring(QObject):
    """Follows the worker that scores images until it has ended.

    Attributes:
        folder: the job's.
        is_cancelled: whether it was asked to end.

    Signals:
        progressed: ImagesScored.
        ended: ScoreFinished; a RunFailed; or None where it was killed because it did not obey.
    """

    progressed = Signal(object)
    ended = Signal(object)

    def __init__(self, folder: Path, *, start_worker: bool, parent: QObject | None = None) -> None:
        """Begin to follow.

        Args:
            folder: the job's, with its `job.json`.
            start_worker: start a worker first; False takes up one that is at work.
            parent: owner in Qt's sense.
        """
        super().__init__(parent)
        self.folder = folder
        self.is_cancelled = False
        self._outcome: ScoreFinished | RunFailed | None = None
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(PATIENCE_MS)
        self._thread = TrainerThread(folder, start_worker=start_worker, parent=self)

        self._patience.timeout.connect(self._thread.kill)
        self._thread.events_read.connect(self._on_events_read)
        self._thread.finished.connect(self._on_thread_finished)
        self._thread.start()

    def cancel(self) -> None:
        """Ask the worker to end and to keep what is done; one that does not obey within some seconds is killed."""
        self.is_cancelled = True
        self._thread.ask("stop")
        self._patience.start()

    def let_go(self) -> None:
        """Follow no more; the worker goes on. Waits for the thread, which ends within a moment."""
        self._thread.finished.disconnect(self._on_thread_finished)
        self._patience.stop()
        self._thread.leave()
        self._thread.wait()

    def _on_events_read(self, events: list[Event]) -> None:
        last: ImagesScored | None = None
        for event in events:
            match event:
                case ImagesScored():
                    last = event
                case ScoreFinished() | RunFailed():
                    self._outcome = event
                case _:
                    pass
        if last is not None:
            self.progressed.emit(last)

    def _on_thread_finished(self) -> None:
        self._patience.stop()
        outcome = self._outcome
        if outcome is None and not self.is_cancelled:
            outcome = RunFailed(
                sentence="The process that scores images ended before it was done.",
                next_step="Score them again: what was done is kept.",
            )
        self.ended.emit(outcome)
