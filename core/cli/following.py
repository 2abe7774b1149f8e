"""Working a job in its own process while the terminal waits.

Ctrl+C stops the job and keeps the best; a second one, or being terminated, ends it at once.
"""

import contextlib
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from core import errors
from core.cli.output import Output, duration, number
from core.errors import JobError, MultihotError
from core.jobs import start
from core.jobs.events import (
    EarlyStopped,
    EpochEnded,
    Event,
    ImageSkipped,
    ImagesScored,
    LearningRateChosen,
    LearningRateTried,
    Note,
    Outcome,
    Progress,
    RunFailed,
    RunStarted,
    StepEnded,
)
from core.jobs.folder import JobFolder, RunState
from core.jobs.follow import Follower

_LOOK_EVERY_S = 0.1


def work(folder: Path, output: Output, *, go_on: str = "") -> Outcome:
    """Start a job, or go on with it, show its new events and wait for its end.

    Args:
        folder: the job's.
        output: where the events are shown.
        go_on: the command that goes on with the job when it was ended before it was done, if there is one.

    Returns:
        The worker's last word, which is no `RunFailed`.

    Raises:
        MultihotError: the one that it failed with; a JobError when it was killed or crashed.
    """
    job = JobFolder(folder)
    follower = Follower(folder)
    while follower.read():
        pass  # what was said before it was paused or interrupted
    obeyed = 0
    with _signals() as caught:
        start.start(folder)
        while True:
            # asked before reading: what is said until then is read for sure
            is_running = job.state() is RunState.RUNNING
            events = follower.read()
            for event in events:
                show(event, output)
            if obeyed < len(caught):
                obeyed = len(caught)
                _obey(job, caught, output)
            if not is_running and not events:
                break
            if not events:
                time.sleep(_LOOK_EVERY_S)
    return _end(job, was_killed=_asks_to_kill(caught), go_on=go_on)


def show(event: Event, output: Output) -> None:
    """Say an event to a person, and stream it to a program."""
    output.stream(event.encode())
    match event:
        case RunStarted():
            output.say(
                f"Run {event.run}: {event.recipe} on {event.device}; {event.train_images:,} images to train on, "
                f"{event.validation_images:,} to validate, {len(event.labels)} labels."
            )
            if event.validation_images == 0:
                output.warn("Note: No validation image can be read, so nothing will tell how good the model is.")
        case Progress(total=0):
            output.progress(f"{event.stage}: {event.done:,}")
        case Progress():
            output.progress(f"{event.stage}: {event.done:,} of {event.total:,}")
        case ImagesScored():
            output.progress(
                f"Scoring images: {event.done:,} of {event.total:,}, "
                f"{number(event.images_per_second, decimals=1)} images/s{_left(event.eta_seconds)}"
            )
        case ImageSkipped():
            output.warn(f"Left out: {event.sentence}")
        case Note():
            output.say(event.sentence)
        case LearningRateTried(loss=None):
            output.say(_trial_line(event))
        case LearningRateTried():
            # one of the many steps of a range test, whose end says what they came to
            output.progress(_trial_line(event))
        case LearningRateChosen():
            output.say(f"Learning rate {event.learning_rate:.3g}: {event.reason}.")
        case EarlyStopped():
            output.say(f"Ends at epoch {event.epoch}: {event.reason}.")
        case StepEnded():
            output.progress(
                f"Epoch {event.epoch}, step {event.step}: loss {number(event.loss, decimals=4)}, "
                f"{number(event.images_per_second, decimals=0)} images/s{_left(event.eta_seconds)}"
            )
        case EpochEnded():
            output.say(_epoch_line(event))
        case _:
            pass


def _epoch_line(event: EpochEnded) -> str:
    parts = [f"Epoch {event.epoch:3d}: loss {number(event.train_loss, decimals=4)}"]
    if event.validation_loss is not None:
        parts.append(f"validation loss {event.validation_loss:.4f}")
    # the first is what epochs are compared by
    figures = {"top-1": event.top1, "mAP": event.validation_map}
    said = [f"{name} {value:.4f}" for name, value in figures.items() if value is not None]
    remarks = [*(["best"] if event.is_best else []), *(["averaged weights"] if event.is_average else [])]
    if said and remarks:
        said[0] += f" ({', '.join(remarks)})"
    parts += said
    return ", ".join(parts) + _left(event.eta_seconds)


def _trial_line(event: LearningRateTried) -> str:
    parts = [f"Looking for a learning rate, {event.trial} of {event.trials}: {event.learning_rate:.3g}"]
    if event.loss is not None:
        parts.append(f"loss {event.loss:.4f}")
    if event.validation_map is not None:
        parts.append(f"mAP {event.validation_map:.4f}")
    if event.top1 is not None:
        parts.append(f"top-1 {event.top1:.4f}")
    if event.pruned:
        parts[-1] += " (given up)"
    return ", ".join(parts)


def _left(seconds: float | None) -> str:
    # numbers that are not finite come out of the file as None
    return "" if seconds is None else f", {duration(seconds)} left"


def _obey(job: JobFolder, caught: list[int], output: Output) -> None:
    if _asks_to_kill(caught):
        start.kill(job.path)
    else:
        output.warn("Stopping and keeping the best so far. Press Ctrl+C again to end it at once.")
        job.send("stop")


def _asks_to_kill(caught: list[int]) -> bool:
    return len(caught) > 1 or signal.SIGTERM in caught


def _end(job: JobFolder, *, was_killed: bool, go_on: str) -> Outcome:
    outcome = job.outcome()
    if outcome is not None and not isinstance(outcome, RunFailed):
        return outcome
    if was_killed:
        next_step = f"To go on with it: {go_on}" if go_on else f"Its folder is kept: {job.path}."
        raise JobError("It was ended before it was done.", next_step=next_step)
    failure = job.last_error()
    if failure is None:
        raise JobError(f"Nobody works in {job.path} any more.")
    details = f"Details: {job.log}." if failure.traceback else ""
    kind: type[MultihotError] = getattr(errors, failure.error, JobError)
    command = f"The command: {go_on}" if go_on and job.state() is RunState.INTERRUPTED else ""
    raise kind(failure.sentence, next_step=" ".join(filter(None, [failure.next_step, details, command])))


@contextlib.contextmanager
def _signals() -> Iterator[list[int]]:
    """Collect Ctrl+C and requests to terminate; the worker, in a session of its own, gets neither."""
    caught: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        caught.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
