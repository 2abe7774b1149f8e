"""One export at work: its process, how far it has come, and how it ended."""

from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from core.jobs.events import Event, ExportFinished, Progress, RunFailed
from core.jobs.folder import JobFolder
from gui.train.trainer_thread import TrainerThread

# asked to end, the worker tidies up behind itself; one that does not is killed
PATIENCE_MS = 5_000


class RunningExport(QObject):
    """Follows the worker of one export until it has ended.

    Signals:
        progressed: stage in words, and the share of it that is done in [0, 1], or None when that is not known.
        succeeded: ExportFinished.
        failed: RunFailed.
        cancelled: it was ended by `cancel`.
    """

    progressed = Signal(str, object)
    succeeded = Signal(object)
    failed = Signal(object)
    cancelled = Signal()

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        """Start the worker.

        Args:
            folder: the job's folder, with its `job.json`.
            parent: owner in Qt's sense.
        """
        super().__init__(parent)
        self.folder = folder
        self._outcome: ExportFinished | RunFailed | None = None
        self._is_cancelled = False
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(PATIENCE_MS)
        self._thread = TrainerThread(folder, start_worker=True, parent=self)

        self._patience.timeout.connect(self._thread.kill)
        self._thread.events_read.connect(self._on_events_read)
        self._thread.finished.connect(self._on_thread_finished)
        self._thread.start()

    def cancel(self) -> None:
        """Ask the worker to end; one that does not obey within some seconds is killed."""
        self._is_cancelled = True
        self._thread.ask("stop")
        self._patience.start()

    def let_go(self) -> None:
        """Follow no more; the worker goes on. Waits for the thread, which ends within a moment."""
        self._patience.stop()
        self._thread.leave()
        self._thread.wait()

    def _on_events_read(self, events: list[Event]) -> None:
        for event in events:
            match event:
                case Progress():
                    self.progressed.emit(event.stage, event.done / event.total if event.total else None)
                case ExportFinished() | RunFailed():
                    self._outcome = event
                case _:
                    pass

    def _on_thread_finished(self) -> None:
        self._patience.stop()
        if isinstance(self._outcome, ExportFinished):
            self.succeeded.emit(self._outcome)
        elif self._is_cancelled:
            self.cancelled.emit()
        else:
            interrupted = RunFailed(sentence="The export ended without a file.", next_step="Try it again.")
            self.failed.emit(self._outcome or JobFolder(self.folder).last_error() or interrupted)
