"""A job's folder as seen from outside: its state, its last words, and what a person asks of it."""

from enum import StrEnum
from pathlib import Path
from typing import get_args

from core.files import write_atomically
from core.jobs import owner
from core.jobs.events import (
    EVENTS_FILE,
    Event,
    ExplainFinished,
    ExportFinished,
    Outcome,
    PreviewFinished,
    RunFailed,
    RunFinished,
    RunPaused,
    ScoreFinished,
    decode,
)
from core.jobs.job import Command

# the worker cuts tracebacks so that its last event always fits
_TAIL_BYTES = 64 * 1024


class RunState(StrEnum):
    """What a job's folder holds."""

    PREPARED = "prepared"
    """No worker has been started in it."""
    RUNNING = "running"
    """A worker lives and has not said its last word."""
    PAUSED = "paused"
    FINISHED = "finished"
    STOPPED = "stopped"
    """Finished early because a person asked; what was done is kept."""
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    """The worker ended without a last word: killed, crashed, or the power went."""


class JobFolder:
    """One job's folder; every call looks at the files anew and takes the same time however long the job has run.

    Attributes:
        path: the folder.
        events: the file of events.
        log: the file with everything the worker printed, and the stacks if it crashed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.events = path / EVENTS_FILE
        self.log = path / "worker.log"
        self._control = path / "control"

    def state(self) -> RunState:
        """What the folder holds now."""
        holder = owner.read(self.path)
        outcome = self._outcome(holder)
        if outcome is not None:
            return _state_after(outcome)
        if holder is not None:
            return RunState.RUNNING if holder.process() else RunState.INTERRUPTED
        return RunState.INTERRUPTED if self.events.exists() else RunState.PREPARED

    def outcome(self) -> Outcome | None:
        """The last word of the last worker; None while it works, or when it ended without one."""
        return self._outcome(owner.read(self.path))

    def last_error(self) -> RunFailed | None:
        """Why the job failed or was interrupted; None in any other state."""
        outcome = self.outcome()
        if isinstance(outcome, RunFailed):
            return outcome
        if self.state() is RunState.INTERRUPTED:
            return RunFailed(
                sentence="The work was interrupted: its process ended before it was done.",
                next_step=f"Resume it to go on from its last checkpoint; {self.log.name} in its folder may say more.",
                traceback=_tail(self.log, since=0).decode(errors="replace"),
            )
        return None

    def why_no_model(self) -> str:
        """Why a run's folder holds no finished model, to follow "Run 7 has no model: "; empty when it holds one."""
        if not self.path.is_dir():
            return f"its folder {self.path} is missing."
        match self.state():
            case RunState.FINISHED | RunState.STOPPED:
                return ""
            case RunState.FAILED:
                failure = self.last_error()
                return f"it failed. {failure.sentence if failure else ''}".rstrip()
            case RunState.PREPARED:
                return "it was never started."
            case RunState.RUNNING:
                return "it is still running."
            case RunState.PAUSED:
                return "it is paused."
            case RunState.INTERRUPTED:
                return "it was interrupted."

    def send(self, command: Command) -> None:
        """Ask the worker to pause, or to stop and keep the best; it looks several times a second."""
        write_atomically(self._control, command)

    def command(self) -> Command:
        """What was last asked of the worker."""
        try:
            asked = self._control.read_text(encoding="utf-8")
        except FileNotFoundError:
            return "continue"
        return next((one for one in get_args(Command) if one == asked), "continue")

    def _outcome(self, holder: owner.Owner | None) -> Outcome | None:
        lines = _tail(self.events, since=holder.events_before if holder else 0).split(b"\n")
        # what follows the last line's end is a torn line, or nothing
        last: Event | None = decode(lines[-2].decode(errors="replace")) if len(lines) > 1 else None
        return last if isinstance(last, Outcome) else None


def _state_after(outcome: Outcome) -> RunState:
    match outcome:
        case RunPaused():
            return RunState.PAUSED
        case RunFinished(stopped=True) | ScoreFinished(stopped=True):
            return RunState.STOPPED
        case RunFinished() | ExportFinished() | PreviewFinished() | ExplainFinished() | ScoreFinished():
            return RunState.FINISHED
        case _:
            return RunState.FAILED


def _tail(path: Path, *, since: int) -> bytes:
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(since, size - _TAIL_BYTES))
            return file.read(_TAIL_BYTES)
    except FileNotFoundError:
        return b""
