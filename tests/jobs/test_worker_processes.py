"""Real worker processes that succeed, fail, abort, hang, flood and get killed."""

import ast
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from core.errors import JobError
from core.jobs import owner, start
from core.jobs.events import Progress, RunFailed, RunFinished, StepEnded
from core.jobs.folder import JobFolder, RunState
from core.jobs.follow import Follower
from core.jobs.worker import EXIT_REFUSED, EXIT_UNHEARD
from core.paths import child_environment

WORKER = Path(__file__).with_name("pretend_worker.py")

posix_only = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="as Linux has it")


def work_by_hand(folder: Path) -> subprocess.CompletedProcess:
    command = [sys.executable, str(WORKER), str(folder)]
    return subprocess.run(command, env=child_environment(), capture_output=True, text=True, check=False)


def process_of(folder: JobFolder) -> psutil.Process:
    holder = owner.read(folder.path)
    assert holder is not None
    process = holder.process()
    assert process is not None
    return process


def test_a_job_is_prepared_then_running_then_finished(job, wait_until_ended):
    folder = job("succeed")
    assert folder.state() is RunState.PREPARED
    start.start(folder.path)
    assert wait_until_ended(folder) is RunState.FINISHED
    progress, finished = Follower(folder.path).read()
    assert (progress.stage, finished.best_epoch) == ("Reading “bilder”", 1)
    assert folder.last_error() is None


def test_the_folder_counts_as_running_as_soon_as_start_returns(job, wait_until_ended):
    folder = job("last")
    start.start(folder.path)
    assert folder.state() is RunState.RUNNING
    assert wait_until_ended(folder) is RunState.FINISHED


@posix_only
def test_the_worker_is_nice_and_in_a_session_of_its_own(job):
    folder = job("hang")
    start.start(folder.path)
    follower = Follower(folder.path)
    while not follower.read():
        pass
    worker = process_of(folder)
    assert worker.nice() >= 10
    assert os.getsid(worker.pid) == worker.pid


@linux_only
def test_the_worker_keeps_memory_and_yields_cores_unless_the_user_says_otherwise(job, wait_until_ended, monkeypatch):
    monkeypatch.setenv("MALLOC_TOP_PAD_", "4096")
    folder = job("succeed")
    start.start(folder.path)
    wait_until_ended(folder)
    environment = ast.literal_eval((folder.path / "environment").read_text())
    assert environment["MALLOC_MMAP_MAX_"] == "0"
    assert environment["MALLOC_TOP_PAD_"] == "4096"
    assert environment["OMP_WAIT_POLICY"] == "PASSIVE"


def test_an_error_of_the_user_is_told_with_its_next_step_and_no_traceback(job, wait_until_ended):
    folder = job("refuse")
    start.start(folder.path)
    assert wait_until_ended(folder) is RunState.FAILED
    error = folder.last_error()
    assert (error.sentence, error.next_step) == ("The weights do not fit.", "Choose others.")
    assert error.traceback == ""


def test_a_bug_is_told_with_its_traceback(job, wait_until_ended):
    folder = job("stumble")
    start.start(folder.path)
    assert wait_until_ended(folder) is RunState.FAILED
    error = folder.last_error()
    assert "ZeroDivisionError: a mistake of ours" in error.sentence
    assert "in stumble" in error.traceback
    assert "in stumble" in folder.log.read_text()


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("run_out_of_memory", "The memory was not enough"),
        ("fill_the_disk", "is full"),
        ("say_nothing", "before it had a result"),
        ("brew_coffee", "cannot do the job “brew_coffee”"),
    ],
)
def test_what_machines_do_is_told_in_a_sentence(job, wait_until_ended, kind, sentence):
    folder = job(kind)
    start.start(folder.path)
    assert wait_until_ended(folder) is RunState.FAILED
    assert sentence in folder.last_error().sentence


def test_a_damaged_job_is_told(job, wait_until_ended):
    folder = job("succeed")
    (folder.path / "job.json").write_text("{")
    start.start(folder.path)
    assert wait_until_ended(folder) is RunState.FAILED
    assert "damaged" in folder.last_error().sentence


def test_what_a_job_prints_is_in_its_log(job, wait_until_ended):
    folder = job("say_nothing")
    start.start(folder.path)
    wait_until_ended(folder)
    assert "said on stdout" in folder.log.read_text()


def test_a_crash_leaves_the_job_interrupted_and_startable(job, wait_until_ended):
    folder = job("abort")
    start.start(folder.path)
    assert wait_until_ended(folder) is RunState.INTERRUPTED
    assert "interrupted" in folder.last_error().sentence
    (folder.path / "job.json").write_text('{"kind": "succeed"}')
    start.start(folder.path)
    assert wait_until_ended(folder) is RunState.FINISHED


def test_kill_ends_a_hanging_worker_and_its_children(job, wait_for):
    folder = job("hang")
    start.start(folder.path)
    wait_for((folder.path / "child").exists)
    wait_for(lambda: (folder.path / "child").read_text())
    child = psutil.Process(int((folder.path / "child").read_text()))
    start.kill(folder.path)
    assert folder.state() is RunState.INTERRUPTED
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
    start.kill(folder.path)  # nobody is there any more, which is well


@posix_only
def test_a_worker_that_was_killed_by_the_system_can_be_started_again(job, wait_for, wait_until_ended):
    folder = job("obey")
    start.start(folder.path)
    wait_for(lambda: folder.events.exists() and folder.events.stat().st_size)
    process_of(folder).send_signal(signal.SIGKILL)
    assert wait_until_ended(folder) is RunState.INTERRUPTED
    start.start(folder.path)
    wait_for(lambda: folder.events.read_bytes().count(b"\n") == 2)
    folder.send("stop")
    assert wait_until_ended(folder) is RunState.STOPPED


def test_pause_and_going_on(job, wait_for, wait_until_ended):
    folder = job("obey")
    start.start(folder.path)
    folder.send("pause")
    assert wait_until_ended(folder) is RunState.PAUSED
    start.start(folder.path)
    assert folder.state() is RunState.RUNNING  # what the last worker said counts no more, nor what was asked of it
    wait_for(lambda: folder.events.read_bytes().count(b"\n") == 3)
    assert folder.state() is RunState.RUNNING
    folder.send("stop")
    assert wait_until_ended(folder) is RunState.STOPPED


def test_a_flood_of_events_is_followed_to_its_end(job, wait_until_ended):
    folder = job("flood")
    start.start(folder.path)
    follower = Follower(folder.path)
    steps = []
    finished = None
    while finished is None:
        events = follower.read(limit=5_000)
        assert len(events) <= 5_000
        steps += [event.step for event in events if isinstance(event, StepEnded)]
        finished = next((event for event in events if isinstance(event, RunFinished)), None)
        assert events or folder.state() is not RunState.FAILED
    assert steps == list(range(200_000))
    assert wait_until_ended(folder) is RunState.FINISHED


def test_a_running_job_is_not_started_twice(job):
    folder = job("hang")
    start.start(folder.path)
    with pytest.raises(JobError, match="already works"):
        start.start(folder.path)
    second = work_by_hand(folder.path)
    assert second.returncode == EXIT_REFUSED
    assert "already works" in second.stderr
    assert folder.state() is RunState.RUNNING


def test_a_worker_can_be_started_by_hand_and_forgets_what_was_asked_before(job, wait_until_ended):
    folder = job("succeed")
    folder.send("stop")
    done = work_by_hand(folder.path)
    assert done.returncode == 0
    assert folder.state() is RunState.FINISHED
    assert folder.command() == "continue"


def test_a_missing_folder_is_refused(tmp_path, pretend):
    with pytest.raises(JobError, match="There is no folder"):
        start.start(tmp_path / "nowhere")
    done = work_by_hand(tmp_path / "nowhere")
    assert (done.returncode, "There is no folder" in done.stderr) == (EXIT_REFUSED, True)


@linux_only
def test_a_worker_whose_events_cannot_be_written_ends_with_its_own_code(job):
    folder = job("succeed")
    folder.events.symlink_to("/dev/full")
    done = work_by_hand(folder.path)
    assert done.returncode == EXIT_UNHEARD
    assert "No space left" in done.stderr


@posix_only
def test_a_worker_ends_when_its_folder_is_deleted(job, wait_for):
    folder = job("obey")
    start.start(folder.path)
    wait_for(lambda: folder.events.exists() and folder.events.stat().st_size)
    worker = process_of(folder)
    shutil.rmtree(folder.path)
    wait_for(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)


def test_the_worker_shows_that_it_lives(job, wait_for):
    folder = job("hang")
    start.start(folder.path)
    begun = (folder.path / owner.LOCK_FILE).stat().st_mtime
    wait_for(lambda: (folder.path / owner.LOCK_FILE).stat().st_mtime > begun + 1.5)


@posix_only
def test_a_run_goes_on_when_the_program_that_started_it_is_killed(job, wait_until_ended):
    folder = job("last")
    window = subprocess.Popen(
        [sys.executable, "-c", WINDOW, str(WORKER), str(folder.path), "start"],
        env=child_environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    with window:
        assert window.stdout.readline() == "started\n"
        window.kill()
    assert folder.state() is RunState.RUNNING
    assert wait_until_ended(folder) is RunState.FINISHED


@posix_only
def test_a_warm_worker_ends_with_the_program_that_warmed_it(tmp_path, wait_for):
    window = subprocess.Popen(
        [sys.executable, "-c", WINDOW, str(WORKER), str(tmp_path), "warm_up"],
        env=child_environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    with window:
        assert window.stdout.readline() == "started\n"
        (worker,) = psutil.Process(window.pid).children()
        window.kill()
    wait_for(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)


WINDOW = """
import sys, time
from pathlib import Path
from core.jobs import start
worker, folder, what = sys.argv[1:]
start.module_command = lambda _module, *arguments: [sys.executable, worker, *arguments]
start.start(Path(folder)) if what == "start" else start.warm_up()
print("started", flush=True)
time.sleep(600)
"""


def test_a_program_that_ends_after_its_jobs_has_taken_their_exit_codes(job):
    folder = job("succeed")
    program = WINDOW.replace(
        "time.sleep(600)",
        "from core.jobs.folder import JobFolder\n"
        "while JobFolder(Path(folder)).state() != 'finished': time.sleep(0.01)\n"
        "time.sleep(0.5)",
    )
    ended = subprocess.run(
        [sys.executable, "-W", "always", "-c", program, str(WORKER), str(folder.path), "start"],
        env=child_environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "ResourceWarning" not in ended.stderr


def test_a_job_is_handed_to_the_warm_worker(job, wait_until_ended):
    folder = job("obey")
    start.warm_up()
    (warm,) = psutil.Process().children()
    start.start(folder.path)
    assert process_of(folder).pid == warm.pid
    folder.send("stop")
    assert wait_until_ended(folder) is RunState.STOPPED


def test_a_warm_worker_takes_a_job_before_it_is_warm(job, monkeypatch, wait_until_ended):
    monkeypatch.setenv("WARM_UP_SECONDS", "1")
    folder = job("say_nothing")
    start.warm_up()
    (warm,) = psutil.Process().children()
    start.start(folder.path)
    assert process_of(folder).pid == warm.pid
    assert wait_until_ended(folder) is RunState.FAILED
    assert "said on stdout" in folder.log.read_text()


def test_a_job_that_the_warm_worker_ends_at_once_is_not_worked_again(job, wait_for):
    folder = job("refuse")
    start.warm_up()
    start.start(folder.path)
    wait_for(lambda: all(one.status() == psutil.STATUS_ZOMBIE for one in psutil.Process().children()))
    assert [type(event) for event in Follower(folder.path).read()] == [RunFailed]


def test_another_worker_is_warmed_up_only_when_asked(job, wait_until_ended):
    start.warm_up()
    (warm,) = psutil.Process().children()
    first, second = job("obey"), job("obey")
    start.start(first.path, warm_up_next=True)
    assert len(psutil.Process().children()) == 2
    start.start(second.path)
    assert len(psutil.Process().children()) == 2
    assert process_of(first).pid == warm.pid != process_of(second).pid


def test_a_warm_worker_that_died_is_replaced_by_a_cold_one(job, wait_until_ended):
    start.warm_up()
    (warm,) = psutil.Process().children()
    warm.kill()
    warm.wait(5)
    folder = job("succeed")
    start.start(folder.path)
    assert wait_until_ended(folder) is RunState.FINISHED


@posix_only
def test_a_warm_worker_that_does_not_answer_is_replaced_by_a_cold_one(job, wait_until_ended, monkeypatch):
    monkeypatch.setattr(start, "_HAND_OVER_S", 0.3)
    start.warm_up()
    (warm,) = psutil.Process().children()
    warm.suspend()
    folder = job("succeed")
    start.start(folder.path)
    assert wait_until_ended(folder) is RunState.FINISHED
    assert not warm.is_running()


def test_cool_down_ends_the_warm_worker(pretend):
    start.warm_up()
    (warm,) = psutil.Process().children()
    start.cool_down()
    assert not warm.is_running()
    start.cool_down()


def test_progress_of_a_killed_and_restarted_job_is_not_torn(job, wait_for, wait_until_ended):
    folder = job("succeed")
    folder.events.write_bytes(b'{"type": "Progress", "stage": "Rea')
    start.start(folder.path)
    assert wait_until_ended(folder) is RunState.FINISHED
    assert [type(event) for event in Follower(folder.path).read()] == [Progress, RunFinished]


def test_the_last_error_of_a_crash_is_what_the_log_says(job, wait_until_ended):
    folder = job("abort")
    folder.log.write_text("Fatal Python error: Segmentation fault\n")
    start.start(folder.path)
    wait_until_ended(folder)
    error = folder.last_error()
    assert isinstance(error, RunFailed)
    assert "Segmentation fault" in error.traceback


def test_the_worker_of_the_program_starts_without_torch_and_refuses_a_job_it_does_not_know(tmp_path, wait_until_ended):
    (tmp_path / "job.json").write_text('{"kind": "brew_coffee"}')
    start.start(tmp_path)
    assert wait_until_ended(JobFolder(tmp_path)) is RunState.FAILED
    assert "brew_coffee" in JobFolder(tmp_path).last_error().sentence
