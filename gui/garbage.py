"""Collecting Python's garbage on the GUI thread only, a little at a time.

Python collects cycles in whichever thread happens to allocate. When such a cycle holds a Qt object, the object is
destroyed in a thread that is not its own, and Qt crashes. And a collection that looks at all objects of the program
takes a tenth of a second, in the middle of a drag or a live curve.
"""

import gc

from PySide6.QtCore import QObject, QTimer

TICK_MS = 1_000
# every so many ticks what has been made since the last time is looked at as a whole, and then left alone
TICKS_PER_ROUND = 30
# so many objects are looked at within a frame; more have come with a workspace or a project, and stay
MOST_OBJECTS = 20_000


class GarbageCollector(QObject):
    """Does what Python's own collector would, from a timer of the thread that made it."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ticks = 0
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._on_timeout)

    def start(self) -> None:
        """Take over from Python's own collector; what lives now is taken for long-lived."""
        gc.disable()
        gc.freeze()
        self._timer.start()

    def stop(self) -> None:
        """Hand over to Python's own collector again."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()

    def collect_all(self) -> None:
        """Look at everything once, also at what was taken for long-lived: when a project was closed."""
        gc.unfreeze()
        gc.collect()
        gc.freeze()

    def _on_timeout(self) -> None:
        self._ticks += 1
        is_round = self._ticks % TICKS_PER_ROUND == 0
        made_since = gc.get_count()[0] + (len(gc.get_objects(generation=2)) if is_round else 0)
        if made_since < MOST_OBJECTS:
            gc.collect(2 if is_round else 1)
        if is_round or made_since >= MOST_OBJECTS:
            gc.freeze()
