import os
import threading
import time

# before Qt is imported anywhere: tests need no screen
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import psutil
import pytest


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    """Settings, logs and thumbnails of the person who runs the tests stay untouched."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("MULTIHOT_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True)
def nothing_left_behind():
    """A test ends the threads and the processes that it started."""
    threads = set(threading.enumerate())
    processes = {one.pid for one in psutil.Process().children()}
    yield
    end = time.monotonic() + 3
    while True:
        left = [one for one in set(threading.enumerate()) - threads if one.is_alive() and not _is_foreign(one)]
        running = [
            one
            for one in psutil.Process().children()
            if one.pid not in processes and one.status() != psutil.STATUS_ZOMBIE
        ]
        if not left and not running:
            return
        if time.monotonic() > end:
            for one in running:
                one.kill()
                one.wait(5)
            pytest.fail(f"left behind: threads {left}, processes {running}")
        time.sleep(0.02)


def _is_foreign(thread):
    """Threads of Qt and of libraries' pools, which Python only heard of; they live as long as the process."""
    return isinstance(thread, threading._DummyThread) or thread.name.startswith(("tqdm", "pytest", "ThreadPool"))
