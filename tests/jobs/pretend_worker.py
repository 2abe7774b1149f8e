"""The worker with jobs that need no torch; started by the tests as a process of its own."""

import errno
import faulthandler
import os
import subprocess
import sys
import time

from core.errors import WeightsError
from core.jobs.events import Progress, RunFinished, RunPaused, StepEnded
from core.jobs.worker import main

FINISHED = RunFinished(
    epochs=2, best_epoch=1, validation_map=0.5, stopped=False, skipped_images=0, seconds=1.0, time=1.0
)
STOPPED = RunFinished(epochs=1, best_epoch=1, validation_map=None, stopped=True, skipped_images=0, seconds=1.0)


def succeed(folder, emit, control):
    (folder / "environment").write_text(repr(dict(os.environ)))
    emit(Progress(stage="Reading “bilder”", done=1, total=1))
    emit(FINISHED)


def refuse(folder, emit, control):
    raise WeightsError("The weights do not fit.", next_step="Choose others.")


def stumble(folder, emit, control):
    emit(Progress(stage="Reading images", done=1, total=1))
    raise ZeroDivisionError("a mistake of ours")


def run_out_of_memory(folder, emit, control):
    raise RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory")


def fill_the_disk(folder, emit, control):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder / "last.ckpt"))


def say_nothing(folder, emit, control):
    print("said on stdout")


def abort(folder, emit, control):
    faulthandler.disable()
    os.abort()


def hang(folder, emit, control):
    """Hang, with a child that hangs too."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    (folder / "child").write_text(str(child.pid))
    emit(Progress(stage="Hanging", done=0, total=0))
    time.sleep(600)


def flood(folder, emit, control):
    for step in range(200_000):
        emit(StepEnded(epoch=1, step=step, loss=0.1, learning_rate=0.1, images_per_second=1.0, eta_seconds=1.0))
    emit(FINISHED)


def obey(folder, emit, control):
    """Work until somebody asks for something else."""
    emit(Progress(stage="Working", done=0, total=0))
    while control() == "continue":
        time.sleep(0.01)
    emit(RunPaused(epoch=1, step=1) if control() == "pause" else STOPPED)


def last(folder, emit, control):
    """Be done in a second, whoever lives or dies meanwhile."""
    time.sleep(1)
    emit(FINISHED)


def warm_up():
    if delay := os.environ.get("WARM_UP_SECONDS"):
        time.sleep(float(delay))


RUNNERS = {
    one.__name__: one
    for one in (
        succeed, refuse, stumble, run_out_of_memory, fill_the_disk, say_nothing, abort, hang, flood, obey, last
    )
}  # fmt: skip

if __name__ == "__main__":
    sys.exit(main(runners=RUNNERS, warm_up=warm_up))
