import gc
import threading
import weakref

import pytest

from gui.garbage import MOST_OBJECTS, TICKS_PER_ROUND, GarbageCollector


class Cycle:
    """Garbage that only the collector finds, and that tells which thread it died in."""

    def __init__(self, deaths):
        self.itself = self
        weakref.finalize(self, lambda: deaths.append(threading.current_thread()))


@pytest.fixture
def collector(qapp, monkeypatch):
    monkeypatch.setattr("gui.garbage.TICK_MS", 10)
    was_enabled = gc.isenabled()
    one = GarbageCollector()
    one.start()
    yield one
    one.stop()
    if not was_enabled:
        gc.disable()


def allocate_much():
    kept = []
    for _ in range(200_000):
        kept.append([])
        if len(kept) > 10_000:
            kept.clear()


def test_a_thread_that_allocates_does_not_collect_what_the_window_left(qtbot, collector):
    deaths = []
    Cycle(deaths)
    worker = threading.Thread(target=allocate_much)
    worker.start()
    worker.join()
    assert deaths == []
    qtbot.waitUntil(lambda: deaths == [threading.main_thread()])


def test_many_new_objects_are_taken_for_long_lived_instead_of_being_looked_at(collector):
    kept = [[] for _ in range(2 * MOST_OBJECTS)]
    before = gc.get_freeze_count()
    collector._on_timeout()
    assert gc.get_freeze_count() >= before + len(kept)


def test_garbage_that_was_taken_for_long_lived_is_found_when_asked_for(qtbot, collector):
    deaths = []
    one = Cycle(deaths)
    for _ in range(TICKS_PER_ROUND):
        collector._on_timeout()
    del one
    qtbot.wait(30)
    collector.collect_all()
    assert len(deaths) == 1


def test_pythons_own_collector_is_back_when_it_is_stopped(collector):
    collector.stop()
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0
