"""Working a job in its own process while the terminal waits; Ctrl+C stops it, a second one ends it at once."""

import contextlib
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

from core import errors
from core.cli.output import Output, duration
from core.errors import JobError, MultihotError
from core.jobs import start
from core.jobs.events import EpochEnded, Event, ImageSkipped, Outcome, Progress, RunFailed, RunStarted, StepEnded
from core.jobs.folder import JobFolder, RunState
from core.jobs.follow import Follower

_LOOK_EVERY_S = 0.1


def work(folder: Path, output: Output, *, on_event: Callable[[Event], None] | None = None) -> Outcome:
    """Start a job that was never started before, show its events and wait for its end.

    Args:
        folder: the job's.
        output: where the events are shown.
        on_event: called with each event too.

    Returns:
        The worker's last word, which is no `RunFailed`.

    Raises:
        MultihotError: the one that it failed with; a JobError when it was killed or crashed.
    """
    job = JobFolder(folder)
    follower = Follower(folder)
    presses = 0
    with _interrupts() as pressed:
        start.start(folder)
        while True:
            # asked before reading: what is said until then is read for sure
            is_running = job.state() is RunState.RUNNING
            events = follower.read()
            for event in events:
                show(event, output)
                if on_event is not None:
                    on_event(event)
            if presses < len(pressed):
                presses = len(pressed)
                _obey(job, presses, output)
            if not is_running and not events:
                break
            if not events:
                time.sleep(_LOOK_EVERY_S)
    return _end(job, was_killed=presses > 1)


def show(event: Event, output: Output) -> None:
    """Say an event to a person, and stream it to a program."""
    output.stream(event.encode())
    match event:
        case RunStarted():
            output.say(
                f"Run {event.run}: {event.recipe} on {event.device}; {event.train_images:,} images to train on, "
                f"{event.validation_images:,} to validate, {len(event.labels)} labels."
            )
        case Progress(total=0):
            output.progress(f"{event.stage}: {event.done:,}")
        case Progress():
            output.progress(f"{event.stage}: {event.done:,} of {event.total:,}")
        case ImageSkipped():
            output.warn(f"Left out: {event.sentence}")
        case StepEnded():
            output.progress(
                f"Epoch {event.epoch}, step {event.step}: loss {event.loss:.4f}, "
                f"{event.images_per_second:.0f} images/s, {duration(event.eta_seconds)} left"
            )
        case EpochEnded(is_best=True):
            output.say(_epoch_line(event))
        case EpochEnded():
            output.progress(_epoch_line(event))
        case _:
            pass


def _epoch_line(event: EpochEnded) -> str:
    parts = [f"Epoch {event.epoch:3d}: loss {event.train_loss:.4f}"]
    if event.validation_loss is not None:
        parts.append(f"validation loss {event.validation_loss:.4f}")
    if event.validation_map is not None:
        parts.append(f"mAP {event.validation_map:.4f}{' (best)' if event.is_best else ''}")
    return ", ".join([*parts, f"{duration(event.eta_seconds)} left"])


def _obey(job: JobFolder, presses: int, output: Output) -> None:
    if presses == 1:
        output.warn("Stopping and keeping the best so far. Press Ctrl+C again to end it at once.")
        job.send("stop")
    else:
        start.kill(job.path)


def _end(job: JobFolder, *, was_killed: bool) -> Outcome:
    outcome = job.outcome()
    if outcome is not None and not isinstance(outcome, RunFailed):
        return outcome
    if was_killed:
        raise JobError("It was ended by Ctrl+C; its folder is kept.", next_step=f"See {job.path}.")
    failure = job.last_error()
    if failure is None:
        raise JobError(f"Nobody works in {job.path} any more.")
    details = f"Details: {job.log}." if failure.traceback else ""
    kind: type[MultihotError] = getattr(errors, failure.error, JobError)
    raise kind(failure.sentence, next_step=" ".join(filter(None, [failure.next_step, details])))


@contextlib.contextmanager
def _interrupts() -> Iterator[list[int]]:
    """Collect Ctrl+C instead of ending; the worker, in a session of its own, does not notice the key."""
    pressed: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        pressed.append(number)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)
