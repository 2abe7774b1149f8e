"""Ctrl+C while a training goes on."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from core.jobs.folder import JobFolder, RunState
from core.paths import child_environment

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")

WORKER = Path(__file__).with_name("pretend_training.py")
TERMINAL = """
import sys
from core.cli.main import main
from core.jobs import start
worker, project, epochs = sys.argv[1:]
recipe = ["--recipe", "resnet18-frozen", "--set", "pretrained=false", "--epochs", epochs]
start.module_command = lambda _module, *arguments: [sys.executable, worker, *arguments]
sys.exit(main(["train", project, *recipe, "--json"]))
"""


@pytest.fixture
def terminal(project):
    """A training in a terminal of its own that goes on for about five seconds."""
    with subprocess.Popen(
        [sys.executable, "-c", TERMINAL, str(WORKER), str(project), "99"],
        env=child_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    ) as terminal:  # fmt: skip
        yield terminal
        terminal.kill()


def wait_for_an_epoch(terminal):
    while "EpochEnded" not in (line := terminal.stdout.readline()):
        assert line, terminal.stderr.read()


def test_the_first_press_stops_and_keeps_the_best(terminal, project):
    wait_for_an_epoch(terminal)
    terminal.send_signal(signal.SIGINT)
    out, err = terminal.communicate(timeout=20)
    assert terminal.returncode == 0
    assert "Ctrl+C again" in err
    assert '"stopped": true' in out.splitlines()[-1]
    assert JobFolder(project / "runs" / "0001").state() is RunState.STOPPED


def test_the_second_press_kills(terminal, project):
    wait_for_an_epoch(terminal)
    (worker,) = psutil.Process(terminal.pid).children()
    worker.suspend()  # it does not obey any more
    terminal.send_signal(signal.SIGINT)
    assert "Ctrl+C again" in terminal.stderr.readline()
    terminal.send_signal(signal.SIGINT)
    out, err = terminal.communicate(timeout=20)
    assert terminal.returncode == 1
    assert "ended before it was done" in err
    last = json.loads(out.splitlines()[-1])
    assert last["error"] == "It was ended before it was done."
    assert last["next_step"] == f"To go on with it: multihot train {project} --resume 1"
    assert JobFolder(project / "runs" / "0001").state() is RunState.INTERRUPTED
    assert not worker.is_running()


def test_being_terminated_ends_the_training_too(terminal, project):
    wait_for_an_epoch(terminal)
    (worker,) = psutil.Process(terminal.pid).children()
    terminal.terminate()
    terminal.communicate(timeout=20)
    assert terminal.returncode == 1
    assert JobFolder(project / "runs" / "0001").state() is RunState.INTERRUPTED
    assert not worker.is_running()
