"""Starting a job's worker, keeping one warm for the next, and killing one with all its children.

Starting waits for the worker to take the folder, some tenths of a second: call it off the window's thread.
"""

import atexit
import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from core.errors import JobError
from core.jobs import owner
from core.jobs.folder import JobFolder, RunState
from core.paths import child_environment, module_command

# Both must be in the environment before the process starts. The user's own settings go before them.
# Threads of OpenMP that wait by spinning, as they do by default, take the cores from those they wait for as soon as
# anything else runs: on two busy cores training is 3 to 14 times as fast when they sleep.
_THREADS = {"OMP_WAIT_POLICY": "PASSIVE"}
# glibc gives each large tensor back to the system and takes it again, a page fault for every 4 KiB of it: training is
# up to twice as fast when it keeps them.
_ALLOCATOR = {
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": str(2**40),
    "MALLOC_TOP_PAD_": str(64 * 2**20),
}
_HAND_OVER_S = 5.0
_END_S = 10.0

_lock = threading.Lock()
_warm: subprocess.Popen[bytes] | None = None
# workers outlive this process by design; while it lives it keeps them, to collect their exit codes
_launched: list[subprocess.Popen[bytes]] = []


def start(folder: Path, *, warm_up_next: bool = False) -> None:
    """Start, or start again, the job that `job.json` in the folder describes; it goes on if this process ends.

    Args:
        folder: the job's.
        warm_up_next: whether to warm up another worker if this job takes the warm one.

    Raises:
        JobError: the job already runs, or no worker could be started.
    """
    folder = folder.absolute()
    _let_the_last_one_end(folder)
    with owner.deciding(folder):
        JobFolder(folder).send("continue")
    with _lock:
        if _hand_over(folder):
            if warm_up_next:
                _warm_up()
            return
        _start_cold(folder)


def warm_up() -> None:
    """Start a worker that imports torch and waits for the next `start`; it ends with this process. Returns at once."""
    with _lock:
        _warm_up()


def cool_down() -> None:
    """End the warm worker, if there is one, and give its memory back."""
    global _warm
    with _lock:
        if _warm is not None:
            _end(_warm)
            _warm = None


def kill(folder: Path) -> None:
    """End the folder's worker and all its children at once; the job is then interrupted and can be started again.

    Args:
        folder: the job's; nothing happens when nobody works in it.
    """
    holder = owner.read(folder.absolute())
    process = holder.process() if holder else None
    if process is not None:
        _kill_tree(process)


def _let_the_last_one_end(folder: Path) -> None:
    """Wait for a worker that has said its last word, and refuse a folder whose worker has not."""
    holder = owner.read(folder)
    process = holder.process() if holder else None
    if process is None:
        return
    if JobFolder(folder).state() is RunState.RUNNING:
        raise JobError(f"Process {process.pid} already works in {folder}.")
    if not _have_ended([process]):
        _kill_tree(process)


def _start_cold(folder: Path) -> None:
    with owner.deciding(folder):
        holder = owner.read(folder)
        if holder is not None and holder.process():
            raise JobError(f"Process {holder.pid} already works in {folder}.")
        try:
            with JobFolder(folder).log.open("ab") as log:
                process = _launch(str(folder), stdin=subprocess.DEVNULL, log=log.fileno())
        except OSError as error:
            raise JobError(f"The worker could not be started: {error}.") from error
        # so that the folder counts as taken from now on, not only when Python is up
        with contextlib.suppress(psutil.NoSuchProcess):
            owner.write(folder, process.pid)


def _hand_over(folder: Path) -> bool:
    """Give the folder to the warm worker; whether it took it."""
    global _warm
    if _warm is None:
        return False
    worker, _warm = _warm, None
    assert worker.stdin is not None
    before = owner.read(folder)
    try:
        worker.stdin.write(json.dumps(str(folder)).encode() + b"\n")
        worker.stdin.close()
    except OSError:
        _end(worker)
        return False
    deadline = time.monotonic() + _HAND_OVER_S
    while True:
        # asked before looking: a short job may be over by now
        is_over = worker.poll() is not None or time.monotonic() > deadline
        if owner.read(folder) != before:
            _launched.append(worker)
            return True
        if is_over:
            _end(worker)
            return False
        time.sleep(0.02)


def _warm_up() -> None:
    global _warm
    if _warm is not None and _warm.poll() is not None:
        _end(_warm)
        _warm = None
    if _warm is None:
        # without it the next job starts a worker of its own, and says what is wrong
        with contextlib.suppress(OSError):
            _warm = _launch("--warm", stdin=subprocess.PIPE, log=subprocess.DEVNULL)


def _launch(argument: str, *, stdin: int, log: int) -> subprocess.Popen[bytes]:
    settings = {**_THREADS, **(_ALLOCATOR if sys.platform == "linux" else {})}
    environment = {**settings, **child_environment(), "PYTHONUNBUFFERED": "1"}
    flags = 0
    if sys.platform == "win32":
        flags = (
            subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.BELOW_NORMAL_PRIORITY_CLASS
        )
    process = subprocess.Popen(
        module_command("core.jobs.worker", argument),
        stdin=stdin,
        stdout=log,
        stderr=subprocess.STDOUT if log != subprocess.DEVNULL else subprocess.DEVNULL,
        env=environment,
        start_new_session=os.name == "posix",
        creationflags=flags,
    )
    _collect()
    if stdin != subprocess.PIPE:
        _launched.append(process)
    return process


@atexit.register
def _collect() -> None:
    """Take the exit codes of the workers that have ended."""
    _launched[:] = [one for one in _launched if one.poll() is None]


def _end(worker: subprocess.Popen[bytes]) -> None:
    if worker.stdin is not None:
        with contextlib.suppress(OSError):
            worker.stdin.close()
    with contextlib.suppress(psutil.NoSuchProcess):
        _kill_tree(psutil.Process(worker.pid))
    worker.wait()


def _kill_tree(process: psutil.Process) -> None:
    """Kill a process and its descendants, whether or not they end by themselves meanwhile."""
    tree = [process]
    with contextlib.suppress(psutil.NoSuchProcess):
        # halted, so that it starts no more children while they are counted
        process.suspend()
        tree += process.children(recursive=True)
    for one in tree:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.kill()
    _have_ended(tree)


def _have_ended(processes: Sequence[psutil.Process]) -> bool:
    """Wait a while for processes to end; whether they did.

    One whose parent does not ask for its exit code counts as ended, which psutil's own waiting does not know.
    """
    deadline = time.monotonic() + _END_S
    while not all(map(_has_ended, processes)):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def _has_ended(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
