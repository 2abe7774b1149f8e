"""Walks through the grid of a large project and prints what it took as JSON; started by test_grid_speed.py.

Arguments: the project's folder, and for how many images from the first on the thumbnails are there; for 0 the project
is opened and no more. The window is a real one, on whatever platform QT_QPA_PLATFORM names.
"""

import gc
import json
import random
import resource
import sys
import time
from pathlib import Path

import numpy as np
import psutil
from PySide6.QtCore import QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from core.project.query import parse
from core.settings import Settings, save_settings, settings_path
from gui.app import make_application
from gui.main_window import MainWindow

FRAME_SECONDS = 1 / 60
SIZE = QSize(1600, 1000)


class Walk:
    """One window on one project."""

    def __init__(self, folder):
        save_settings(Settings(warm_worker=False), settings_path())
        self.app = make_application([])
        self.window = MainWindow()
        self.window.resize(SIZE)
        self.window.show()
        self.settle(0.3)
        start, used = time.perf_counter(), time.thread_time()
        self.window.open_project(folder)
        self.label = self.window.workspace("label")
        self.grid = self.label.grid
        self.window.repaint()
        self.app.processEvents()
        self.first_screen = time.perf_counter() - start
        self.first_screen_used = time.thread_time() - used
        self.wait_until_filled()
        self.first_filled = time.perf_counter() - start

    def settle(self, seconds):
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            self.app.processEvents()
            time.sleep(0.002)

    def is_filled(self):
        """Whether every cell that is seen has its picture, in its size."""
        grid, thumbnails = self.grid, self.window.session.thumbnails
        box, seen = grid._box(), grid._rows_in(grid.viewport().rect())
        ids = grid._model.image_ids(np.array(seen, np.int64)).tolist()
        return not grid._wishes_stale and all(box in thumbnails._pixmaps.get(one, {}) for one in ids)

    def wait_until_filled(self, limit=5.0):
        end = time.perf_counter() + limit
        while not self.is_filled() and time.perf_counter() < end:
            self.app.processEvents()
            time.sleep(0.001)
        return self.is_filled()

    def frames(self, count, move):
        """Milliseconds of the GUI thread for each frame: of its processor, and of the clock."""
        processor, clock = [], []
        for number in range(count):
            end = time.perf_counter() + FRAME_SECONDS
            used, longest = time.thread_time(), 0.0
            move(number)
            while True:
                start = time.perf_counter()
                self.app.processEvents()
                longest = max(longest, time.perf_counter() - start)
                left = end - time.perf_counter()
                if left <= 0:
                    break
                time.sleep(min(0.004, left))
            processor.append((time.thread_time() - used) * 1000)
            clock.append(longest * 1000)
        return {"processor": _spread(processor), "clock": _spread(clock)}

    def wheel(self, degrees):
        at = QPointF(self.grid.viewport().rect().center())
        event = QWheelEvent(
            at, self.grid.viewport().mapToGlobal(at), QPoint(), QPoint(0, degrees), Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(self.grid.viewport(), event)

    def jumps(self, rows):
        """Milliseconds until the pictures around each row are seen."""
        took = []
        for row in rows:
            start = time.perf_counter()
            self.grid.scrollTo(self.grid._model.index(row), self.grid.ScrollHint.PositionAtCenter)
            self.app.processEvents()
            if self.wait_until_filled():
                took.append((time.perf_counter() - start) * 1000)
        return {"jumps": len(took), **_spread(took)}

    def timed(self, work):
        """Milliseconds of the GUI thread's processor for an action and what it sets off."""
        self.settle(0.1)
        used = time.thread_time()
        work()
        self.app.processEvents()
        return round((time.thread_time() - used) * 1000, 1)


def _spread(values):
    p50, p99 = np.percentile(values, [50, 99])
    return {"p50": round(float(p50), 2), "p99": round(float(p99), 2), "max": round(max(values), 2)}


def main():
    """Walk."""
    walk = Walk(Path(sys.argv[1]))
    warm = int(sys.argv[2])
    grid, session = walk.grid, walk.window.session
    bar, count = grid.verticalScrollBar(), len(session.store.image_ids)
    height = grid.cell_size().height()
    found = {
        "images": count,
        "seen": len(grid._rows_in(grid.viewport().rect())),
        "first_screen": round(walk.first_screen, 3),
        "first_screen_processor": round(walk.first_screen_used, 3),
        "first_filled": round(walk.first_filled, 3),
        "rss_open": psutil.Process().memory_info().rss // 2**20,
    }
    if not warm:
        _end(walk, found)
        return
    # 2.5 notches of the wheel a frame, then back
    walk.settle(1.0)
    found["wheel"] = walk.frames(240, lambda number: walk.wheel(-300 if number < 160 else 300))
    # the bar is dragged: each frame shows other images
    lines = warm // grid._cells.columns
    found["bar"] = walk.frames(240, lambda number: bar.setValue(number * lines // 240 * height + number % 7 * 31))
    numbers = random.Random(0)
    found["jump"] = walk.jumps([numbers.randrange(warm) for _ in range(40)])
    found["cold_jump"] = walk.jumps([numbers.randrange(warm, count) for _ in range(10)])
    found["select_all"] = walk.timed(grid.selectAll)
    found["select_all_of_grid"] = _of_grid(walk, grid.selectAll)
    found["invert"] = walk.timed(grid.invert_selection)
    grid.go_to(count // 2)
    found["filter"] = walk.timed(lambda: grid._model.set_query(parse("label0", session.store.labels)))
    found["sort"] = walk.timed(lambda: grid._model.set_query(parse("sort:-labels", session.store.labels)))
    found["all"] = walk.timed(lambda: grid._model.set_query(parse("", session.store.labels)))
    found["sections"] = walk.timed(lambda: grid.set_sections(True))
    found["wheel_sections"] = walk.frames(120, lambda number: walk.wheel(-300))
    grid.set_sections(False)
    found["size"] = walk.timed(lambda: grid.set_thumbnail_size(96))
    found["small"] = walk.frames(120, lambda number: bar.setValue(number * 3001))
    found["small_seen"] = len(grid._rows_in(grid.viewport().rect()))
    gc.collect()
    found["rss"] = psutil.Process().memory_info().rss // 2**20
    found["rss_peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    _end(walk, found)


def _end(walk, found):
    sys.stdout.write(json.dumps(found))
    sys.stdout.flush()
    walk.window.shut_down()
    walk.window.close()


def _of_grid(walk, work):
    """As `timed`, without those who listen to the selection."""
    grid = walk.grid
    grid.clearSelection()
    walk.app.processEvents()
    grid.selectionModel().blockSignals(True)
    used = time.thread_time()
    work()
    grid._forget_selection()
    grid.selected_rows()
    took = round((time.thread_time() - used) * 1000, 1)
    grid.selectionModel().blockSignals(False)
    grid.go_to(0)
    return took


if __name__ == "__main__":
    main()
