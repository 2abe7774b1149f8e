"""In which band a label's threshold may lie: drawn again and again from the images it is tuned on."""

import functools
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from core.evaluation.bootstrap import threshold_band
from core.evaluation.predictions import Predictions
from core.evaluation.tuning import find_thresholds
from core.project.runs.run_list import Run
from gui import background
from gui.inspect.inspection import Inspection
from gui.inspect.tuner import Wish

Band = tuple[float, float]

# labels that are only passed by on the way to another one are not worth the work
WAIT_MS = 150


class Bands(QObject):
    """Computes bands off the GUI thread, and keeps them while the run is looked at.

    Signals:
        changed: a band is there that was asked for.
    """

    changed = Signal()

    def __init__(self, inspection: Inspection, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._inspection = inspection
        self._run: Run | None = None
        self._known: dict[tuple[int, Wish], Band | None] = {}
        self._last: dict[int, Band | None] = {}
        self._wanted: tuple[int, Wish] | None = None
        self._at_work: tuple[int, Wish] | None = None
        self._request: background.Request | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(WAIT_MS)
        self._timer.timeout.connect(self._compute)

    def get(self, label: int, wish: Wish) -> Band | None:
        """The band of a label, or that of its wish before while the new one is computed; None without one."""
        self._forget_others()
        if wish.objective.kind == "fixed":
            return None
        return self._known.get((label, wish), self._last.get(label))

    def ask(self, label: int, wish: Wish) -> None:
        """Compute the band of a label soon, unless that was done or another one is asked for before."""
        self._forget_others()
        self._wanted = None if wish.objective.kind == "fixed" or (label, wish) in self._known else (label, wish)
        if self._wanted != self._at_work:
            self._stop()
        self._timer.start()

    def _stop(self) -> None:
        """What is at work is no longer wanted."""
        if self._request is not None:
            self._request.cancel()
        self._request = self._at_work = None

    def _compute(self) -> None:
        scored = self._inspection.scored
        if self._wanted in (None, self._at_work) or scored is None or scored.is_multi_class:
            return
        assert self._wanted is not None
        label, wish = self._wanted
        work = functools.partial(_band, scored.everything, label, wish)
        done: Callable[[Band | None], None] = functools.partial(self._on_band, scored.run, label, wish)
        # where it cannot be tuned there is no band, and tuning says why
        self._at_work = self._wanted
        self._request = background.run(self, work, done, lambda _: self._stop())

    def _on_band(self, run: Run, label: int, wish: Wish, band: Band | None) -> None:
        self._forget_others()
        self._stop()
        if run == self._run:
            self._known[label, wish] = self._last[label] = band
            self.changed.emit()

    def _forget_others(self) -> None:
        """Forget the bands of another run."""
        if self._inspection.run != self._run:
            self._run = self._inspection.run
            self._known.clear()
            self._last.clear()
            self._stop()


def _band(everything: Predictions, label: int, wish: Wish) -> Band | None:
    """The band in which a label's threshold would lie if it were tuned on other images of the same kind."""
    seen = everything.of(*wish.splits)
    present, known = seen.targets[:, label], seen.known[:, label]
    if not present.any():
        return None
    if wish.shrink != "on":
        aim = wish.objective.among(len(seen.image_ids))
        return threshold_band(seen.probabilities[:, label], present, aim, known=known)
    found = find_thresholds(everything, wish.objective, on=wish.on, shrink="on", labels=(label,))
    return float(found.low[label]), float(found.high[label])
