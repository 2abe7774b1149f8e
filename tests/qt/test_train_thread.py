import time

import pytest

from core.jobs.events import EpochEnded, RunFailed, RunFinished, RunPaused, StepEnded
from core.jobs.folder import JobFolder, RunState
from core.jobs.train import prepare_training
from core.jobs.writer import EventWriter
from core.recipes.catalogue import recipe
from gui.train.trainer_thread import MOST_EVENTS_PER_SIGNAL, TrainerThread


class Listener:
    """Follows a folder and keeps what it was told."""

    def __init__(self, folder, *, start_worker):
        self.batches, self.states, self.times = [], [], []
        self.thread = TrainerThread(folder, start_worker=start_worker)
        self.thread.events_read.connect(self._on_events)
        self.thread.state_read.connect(self.states.append)
        self.thread.start()

    def _on_events(self, events):
        self.batches.append(events)
        self.times.append(time.monotonic())

    def events(self, kind):
        return [event for batch in self.batches for event in batch if isinstance(event, kind)]


@pytest.fixture
def run(annotated):
    return prepare_training(annotated.store, recipe("mobilenetv3-large-224"))


@pytest.fixture
def follow(qtbot, run):
    listeners = []

    def make(*, start_worker=True):
        one = Listener(run.folder, start_worker=start_worker)
        listeners.append(one)
        return one

    yield make
    for one in listeners:
        one.thread.leave()
        assert one.thread.wait(5000)


def test_a_training_is_followed_to_its_end(qtbot, follow, pretend):
    pretend("learn")
    one = follow()
    qtbot.waitUntil(one.thread.isFinished, timeout=20_000)
    qtbot.waitUntil(lambda: one.states and one.states[-1] == RunState.FINISHED)
    assert len(one.events(EpochEnded)) == 3
    assert len(one.events(RunFinished)) == 1


def test_a_training_is_paused(qtbot, follow, run, pretend):
    pretend("wait")
    one = follow()
    qtbot.waitUntil(lambda: bool(one.events(EpochEnded)), timeout=20_000)
    one.thread.ask("pause")
    qtbot.waitUntil(one.thread.isFinished, timeout=20_000)
    qtbot.waitUntil(lambda: one.states and one.states[-1] == RunState.PAUSED)
    assert one.events(RunPaused)


def test_a_worker_that_hangs_is_killed_and_the_thread_ends(qtbot, follow, run, pretend):
    pretend("hang")
    one = follow()
    qtbot.waitUntil(lambda: RunState.RUNNING in one.states, timeout=20_000)
    one.thread.kill()
    qtbot.waitUntil(one.thread.isFinished, timeout=20_000)
    qtbot.waitUntil(lambda: one.states[-1] == RunState.INTERRUPTED)


def test_a_failure_is_handed_on_with_its_sentence(qtbot, follow, pretend):
    pretend("refuse")
    one = follow()
    qtbot.waitUntil(one.thread.isFinished, timeout=20_000)
    qtbot.waitUntil(lambda: bool(one.events(RunFailed)))
    assert one.events(RunFailed)[0].sentence == "The weights do not fit."


def test_a_folder_that_cannot_be_started_is_a_failure_too(qtbot, follow, run, pretend):
    pretend("wait")
    first = follow()
    qtbot.waitUntil(lambda: RunState.RUNNING in first.states, timeout=20_000)
    second = follow()
    qtbot.waitUntil(second.thread.isFinished, timeout=20_000)
    qtbot.waitUntil(lambda: bool(second.events(RunFailed)))
    assert "already works" in second.events(RunFailed)[0].sentence


def test_leaving_ends_the_thread_at_once_and_lets_the_worker_go_on(qtbot, follow, run, pretend):
    pretend("wait")
    one = follow()
    qtbot.waitUntil(lambda: bool(one.events(EpochEnded)), timeout=20_000)
    begin = time.monotonic()
    one.thread.leave()
    assert one.thread.wait(2000)
    assert time.monotonic() - begin < 1
    assert JobFolder(run.folder).state() is RunState.RUNNING


def test_two_hundred_thousand_events_come_in_bounded_batches_at_most_twenty_a_second(qtbot, follow, run):
    line = StepEnded(epoch=1, step=7, loss=0.1, learning_rate=0.1, images_per_second=1.0, eta_seconds=1.0).encode()
    writer = EventWriter(run.folder)
    with (run.folder / "events.jsonl").open("w", encoding="utf-8") as file:
        file.write(f"{line}\n" * 200_000)
    writer(RunFinished(epochs=1, best_epoch=1, validation_map=0.5, stopped=False, skipped_images=0, seconds=1.0))
    writer.close()
    one = follow(start_worker=False)
    qtbot.waitUntil(one.thread.isFinished, timeout=60_000)
    qtbot.waitUntil(lambda: bool(one.events(RunFinished)))
    assert len(one.events(StepEnded)) == 200_000
    assert max(map(len, one.batches)) <= MOST_EVENTS_PER_SIGNAL
    assert len(one.times) / (one.times[-1] - one.times[0]) <= 21


def test_a_replayed_run_gives_the_same_events_as_its_file(qtbot, follow, finished_run):
    run = finished_run()
    one = Listener(run.folder, start_worker=False)
    qtbot.waitUntil(one.thread.isFinished, timeout=10_000)
    qtbot.waitUntil(lambda: bool(one.states))
    assert one.states == [RunState.FINISHED]
    assert len(one.events(StepEnded)) == 6
    assert one.thread.wait(1000)
