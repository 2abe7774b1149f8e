"""The process that works a job: `python -m core.jobs.worker FOLDER`.

`--warm` imports torch at once and waits on stdin for the folder, one line of JSON; it ends when stdin does, which is
when the window that started it is gone. `--check` prints as JSON what it would work with.
"""

import argparse
import contextlib
import errno
import faulthandler
import json
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from core.errors import JobError, MultihotError
from core.jobs import owner
from core.jobs.events import Event, RunFailed
from core.jobs.folder import JobFolder
from core.jobs.job import Command, ExplainJob, ExportJob, PreviewJob, ScoreJob, TrainJob, kind_of
from core.jobs.writer import EventWriter

EXIT_DONE = 0
EXIT_FAILED = 1
EXIT_UNHEARD = 3
"""The events cannot be written, or the folder is gone."""
EXIT_REFUSED = 4
"""Another worker has the folder."""

_NICENESS = 10
_CONTROL_INTERVAL_S = 0.1
_HEARTBEAT_INTERVAL_S = 1.0
_TRACEBACK_CHARACTERS = 20_000


class Runner(Protocol):
    """Works one kind of job: reads its folder, emits events of which the last is an `Outcome`, obeys the control."""

    def __call__(self, folder: Path, emit: Callable[[Event], None], control: Callable[[], Command]) -> None:
        """Work the job; raises a `MultihotError` for what a person can mend."""


def _train(folder: Path, emit: Callable[[Event], None], control: Callable[[], Command]) -> None:
    from core.learning.training.trainer import train

    train(TrainJob.load(folder), folder, emit, control)


def _export(folder: Path, emit: Callable[[Event], None], control: Callable[[], Command]) -> None:
    from core.learning.onnx_export import export

    export(ExportJob.load(folder), folder, emit, control)


def _preview(folder: Path, emit: Callable[[Event], None], control: Callable[[], Command]) -> None:
    from core.learning.preview import preview

    preview(PreviewJob.load(folder), folder, emit, control)


def _explain(folder: Path, emit: Callable[[Event], None], control: Callable[[], Command]) -> None:
    from core.learning.explain import explain

    explain(ExplainJob.load(folder), folder, emit, control)


def _score(folder: Path, emit: Callable[[Event], None], control: Callable[[], Command]) -> None:
    from core.learning.score_images import score_images

    score_images(ScoreJob.load(folder), folder, emit, control)


def _import_learning() -> None:
    import core.learning.training.trainer  # noqa: F401


RUNNERS: Mapping[str, Runner] = {
    TrainJob.kind: _train,
    ExportJob.kind: _export,
    PreviewJob.kind: _preview,
    ExplainJob.kind: _explain,
    ScoreJob.kind: _score,
}


def main(
    argv: Sequence[str] | None = None,
    *,
    runners: Mapping[str, Runner] = RUNNERS,
    warm_up: Callable[[], None] = _import_learning,
) -> int:
    """Work one job.

    Args:
        argv: the arguments; None for those of the process.
        runners: what works each kind of job.
        warm_up: what is done before a folder is given.

    Returns:
        The exit code of the process.
    """
    parser = argparse.ArgumentParser(prog="worker", description=__doc__)
    way = parser.add_mutually_exclusive_group(required=True)
    way.add_argument("folder", nargs="?", type=Path, help="the job's folder")
    way.add_argument("--warm", action="store_true", help="get ready, then read the folder from stdin")
    way.add_argument("--check", action="store_true", help="print versions and devices as JSON")
    arguments = parser.parse_args(argv)
    faulthandler.enable()
    _be_nice()
    if arguments.check:
        return _check()
    if arguments.warm:
        folder = _wait_for_folder(warm_up)
    else:
        folder = arguments.folder.absolute()
        try:
            _take(folder)
        except MultihotError as error:
            print(error, file=sys.stderr)
            return EXIT_REFUSED
    return _work(folder, runners)


def _work(folder: Path, runners: Mapping[str, Runner]) -> int:
    try:
        with contextlib.closing(EventWriter(folder)) as writer:
            try:
                kind = kind_of(folder)
                if kind not in runners:
                    raise JobError(f"This version cannot do the job “{kind}”.", next_step="Update Multihot.")
                runners[kind](folder, writer, _Control(JobFolder(folder)))
                if writer.outcome is None:
                    raise JobError("The job was stopped before it had a result.")
            except Exception as error:  # the border of this process: whoever follows the events must hear of it
                traceback.print_exc()
                if writer.outcome is None:
                    writer(_failure(error))
            return EXIT_FAILED if isinstance(writer.outcome, RunFailed) else EXIT_DONE
    except OSError:
        traceback.print_exc()
        return EXIT_UNHEARD


class _Control:
    """Reads what a person asks, but not at every step of a fast training."""

    def __init__(self, folder: JobFolder) -> None:
        self._folder = folder
        self._next_look = 0.0
        self._command: Command = "continue"

    def __call__(self) -> Command:
        if time.monotonic() >= self._next_look:
            self._command = self._folder.command()
            self._next_look = time.monotonic() + _CONTROL_INTERVAL_S
        return self._command


def _take(folder: Path) -> None:
    """Make this process the folder's owner and keep showing that it lives.

    Raises:
        JobError: there is no such folder, or another worker has it.
    """
    with owner.deciding(folder):
        holder = owner.read(folder)
        process = holder.process() if holder else None
        # the starter names the process it launched; on Windows that is the parent of this one, a small launcher
        is_ours = process is not None and process.pid in (os.getpid(), os.getppid())
        if process is not None and not is_ours:
            raise JobError(f"Process {process.pid} already works in {folder}.")
        if not is_ours:
            JobFolder(folder).send("continue")
        owner.write(folder, os.getpid(), events_before=holder.events_before if holder and is_ours else None)
    threading.Thread(target=_beat, args=(folder,), name="heartbeat", daemon=True).start()


def _beat(folder: Path) -> None:
    while True:
        time.sleep(_HEARTBEAT_INTERVAL_S)
        try:
            owner.beat(folder)
        except FileNotFoundError:
            # the run was deleted: its result would go nowhere
            os._exit(EXIT_UNHEARD)


def _wait_for_folder(warm_up: Callable[[], None]) -> Path:
    """Get ready while another thread waits for the folder and takes it as soon as it is named."""
    given: list[Path] = []
    is_given = threading.Event()

    def wait() -> None:
        line = sys.stdin.readline()
        if not line:
            os._exit(EXIT_DONE)
        folder = Path(json.loads(line))
        try:
            _take(folder)
            _print_into(JobFolder(folder).log)
        except (MultihotError, OSError):
            os._exit(EXIT_REFUSED)
        given.append(folder)
        is_given.set()

    threading.Thread(target=wait, name="wait for folder", daemon=True).start()
    # what is missing here is told by the job, which needs it too
    with contextlib.suppress(Exception):
        warm_up()
    is_given.wait()
    return given[0]


def _print_into(log: Path) -> None:
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)


def _be_nice() -> None:
    # on Windows the starter asks for it
    if hasattr(os, "setpriority"):
        own = os.getpriority(os.PRIO_PROCESS, 0)
        os.setpriority(os.PRIO_PROCESS, 0, max(own, _NICENESS))


def _failure(error: Exception) -> RunFailed:
    """What to tell a person about an error."""
    if isinstance(error, MultihotError):
        return RunFailed(sentence=error.sentence, next_step=error.next_step, error=type(error).__name__)
    details = "".join(traceback.format_exception(error))[-_TRACEBACK_CHARACTERS:]
    if _is_out_of_memory(error):
        return RunFailed(
            sentence="The memory was not enough for this job.",
            next_step="Close other programs, or choose a smaller batch, a smaller image size or a smaller recipe.",
            traceback=details,
        )
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        where = f" that holds {error.filename}" if error.filename else ""
        return RunFailed(sentence=f"The disk{where} is full.", next_step="Free some space.", traceback=details)
    return RunFailed(
        sentence=f"A mistake in the program ended the job ({type(error).__name__}: {error}).",
        next_step="Please report it with the details.",
        traceback=details,
    )


def _is_out_of_memory(error: Exception) -> bool:
    # torch is not imported here; its error for the device has its own type, the one for the CPU only its words
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"
        or (isinstance(error, RuntimeError) and "can't allocate memory" in str(error))
    )


def _check() -> int:
    import timm
    import torch
    import torchvision

    devices = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    versions = {"torch": torch.__version__, "torchvision": torchvision.__version__, "timm": timm.__version__}
    print(json.dumps({"versions": versions, "cuda_devices": devices, "threads": torch.get_num_threads()}))
    return EXIT_DONE


if __name__ == "__main__":
    sys.exit(main())
