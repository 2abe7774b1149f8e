import json
import sys
import time
from pathlib import Path

import psutil
import pytest

from core.jobs import start
from core.jobs.folder import JobFolder, RunState

WORKER = Path(__file__).with_name("pretend_worker.py")


@pytest.fixture(autouse=True)
def no_process_left():
    """Every process that a test starts, directly or not, has ended when the test has."""
    yield
    start.cool_down()
    left = psutil.Process().children(recursive=True)
    running = [one for one in left if one.status() != psutil.STATUS_ZOMBIE]
    _, alive = psutil.wait_procs(running, timeout=5)
    for one in alive:
        one.kill()
    for one in left:
        one.wait(5)
    assert not alive, f"left running: {alive}"


@pytest.fixture
def pretend(monkeypatch):
    """Let `start` launch the worker with the pretended jobs."""
    monkeypatch.setattr(start, "module_command", lambda _module, *arguments: [sys.executable, str(WORKER), *arguments])


@pytest.fixture
def job(tmp_path, pretend):
    """Makes the folder of a job of a kind; its worker is dead at the test's end."""
    made = []

    def make(kind, **values):
        folder = tmp_path / f"job {len(made)} é"
        folder.mkdir()
        (folder / "job.json").write_text(json.dumps({"kind": kind, **values}))
        made.append(folder)
        return JobFolder(folder)

    yield make
    for folder in made:
        start.kill(folder)


@pytest.fixture
def wait_for():
    """Waits until a question is answered with yes."""

    def wait(question, seconds=20.0):
        deadline = time.monotonic() + seconds
        while not question():
            assert time.monotonic() < deadline, "waited in vain"
            time.sleep(0.01)

    return wait


@pytest.fixture
def wait_until_ended(wait_for):
    """Waits until nobody works in a job's folder; the state then."""

    def wait(folder, seconds=20.0):
        wait_for(lambda: folder.state() is not RunState.RUNNING, seconds)
        return folder.state()

    return wait
