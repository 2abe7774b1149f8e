"""The calibration of the run that is looked at: chosen, fitted off the GUI thread, and kept in the run's folder."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from core.errors import MultihotError
from core.evaluation.before_after import judging_split
from core.evaluation.calibration import (
    Calibration,
    Method,
    Reliability,
    calibrated,
    expected_calibration_error,
    fit,
    reliability,
)
from core.evaluation.predictions import Predictions
from core.labels import Split
from gui import background
from gui.inspect.inspection import Inspection
from gui.inspect.scored_split import ScoredSplit


@dataclass(frozen=True, eq=False)
class Measured:
    """Probabilities before and after calibration, on the images on which it is judged.

    Attributes:
        calibration: the run's choice.
        shown: the split that is looked at.
        split: the one that was measured: another one where the calibration was fitted on that, and there is one.
        images: how many it has.
        before: of each label, as the network gives its probabilities.
        after: of each label, calibrated; without a calibration the same.
        error_before: expected calibration error over all labels, in [0, 1]; NaN where nothing is known.
        error_after: likewise, calibrated.
    """

    calibration: Calibration
    shown: Split
    split: Split
    images: int
    before: tuple[Reliability, ...]
    after: tuple[Reliability, ...]
    error_before: float
    error_after: float

    @property
    def is_elsewhere(self) -> bool:
        """Whether other images were measured than those that are looked at."""
        return self.split != self.shown

    @property
    def is_flattering(self) -> bool:
        """Whether it was measured on the images on which it was fitted."""
        return self.calibration.fitted_on == self.split.name.lower()


@dataclass(frozen=True, eq=False)
class _Fit:
    """A choice that is being fitted.

    Attributes:
        work: fits it.
        request: the same, off the GUI thread.
    """

    work: Callable[[], Calibration]
    request: background.Request


class RunCalibration(QObject):
    """Owns the choice of calibration of the runs of a project; what it measures is of the one that is looked at.

    A choice is kept in the run's folder once it is fitted, whichever run or split is looked at by then, unless another
    one of the same run takes its place.

    Signals:
        changed: another calibration, or `measured` has come or gone.
        busy_changed: bool, whether a choice is being fitted for the run that is looked at.
    """

    changed = Signal()
    busy_changed = Signal(bool)

    def __init__(self, inspection: Inspection, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._inspection = inspection
        self._asked: ScoredSplit | None = None
        self._of: ScoredSplit | None = None
        self._measured: Measured | None = None
        self._fits: dict[Path, _Fit] = {}
        inspection.scored_changed.connect(self._on_scored_changed)
        inspection.session.project_closed.connect(self._on_project_closed)

    @property
    def measured(self) -> Measured | None:
        """What it does; None while that is not known."""
        # who asks may hear of other scores before this does
        return self._measured if self._of is self._inspection.scored else None

    def ask(self) -> None:
        """Read and measure what the run has, unless that is known or under way."""
        scored = self._inspection.scored
        if scored is not None and scored is not self._asked:
            self._asked = scored
            self._measure(scored, functools.partial(_kept, scored))

    def choose(self, method: Method) -> None:
        """Fit on validation, and keep it as the run's choice."""
        scored = self._inspection.scored
        if scored is None:
            return
        self._asked = scored
        folder = scored.run.folder
        work = functools.partial(fit, scored.everything, method)
        done, failed = functools.partial(self._on_fitted, folder), functools.partial(self._on_not_fitted, folder)
        self._fits[folder] = _Fit(work, background.run(self, work, done, failed, key=f"fit {folder}"))
        self._tell_busy()

    def _measure(self, scored: ScoredSplit, work: Callable[[], Measured]) -> None:
        done = functools.partial(self._on_measured, scored)
        failed = functools.partial(self._on_not_measured, scored)
        background.run(self, work, done, failed, key="measure")

    def _on_fitted(self, folder: Path, calibration: Calibration) -> None:
        del self._fits[folder]
        if not self._save(folder, calibration):
            return
        scored = self._inspection.scored
        if scored is not None and scored is self._asked and scored.run.folder == folder:
            self._measure(scored, functools.partial(_measured, scored, calibration))
        else:
            self._tell_busy()

    def _save(self, folder: Path, calibration: Calibration) -> bool:
        try:
            # a few kB; a choice that was dropped meanwhile has written nothing
            calibration.save(folder)
        except OSError as error:
            self._tell_failed(
                MultihotError(
                    f"The calibration cannot be written to {folder} ({error.strerror}).",
                    next_step="Make room or give the folder free, then choose it again.",
                )
            )
            return False
        return True

    def _on_not_fitted(self, folder: Path, error: MultihotError) -> None:
        del self._fits[folder]
        self._tell_failed(error)

    def _on_measured(self, scored: ScoredSplit, measured: Measured) -> None:
        if scored is self._inspection.scored:
            self._of, self._measured = scored, measured
            self._tell_busy()
            self.changed.emit()

    def _on_not_measured(self, scored: ScoredSplit, error: MultihotError) -> None:
        self._tell_failed(error)
        if scored is self._inspection.scored and self.measured is None:
            # what cannot be read can still be chosen anew
            none = Calibration.none(scored.label_names, scored.predictions.task)
            self._measure(scored, functools.partial(_measured, scored, none))

    def _tell_failed(self, error: MultihotError) -> None:
        self._tell_busy()
        self.changed.emit()
        self._inspection.failed.emit(error)

    def _tell_busy(self) -> None:
        run = self._inspection.run
        self.busy_changed.emit(run is not None and run.folder in self._fits)

    def _on_scored_changed(self) -> None:
        self._tell_busy()
        self.changed.emit()

    def _on_project_closed(self) -> None:
        """Fit here what is not fitted yet, some tenths of a second: a choice is not lost with the window."""
        fits, self._fits = self._fits, {}
        for folder, one in fits.items():
            one.request.cancel()
            try:
                self._save(folder, one.work())
            except MultihotError as error:
                self._tell_failed(error)


def _reliabilities(predictions: Predictions) -> tuple[Reliability, ...]:
    targets, known = predictions.targets, predictions.known
    return tuple(
        reliability(predictions.probabilities[:, label], targets[:, label], known=known[:, label])
        for label in range(len(predictions.label_names))
    )


def _kept(scored: ScoredSplit) -> Measured:
    everything = scored.everything
    return _measured(scored, Calibration.of_run(scored.run.folder, everything.label_names, everything.task))


def _measured(scored: ScoredSplit, calibration: Calibration) -> Measured:
    split = scored.split
    if calibration.fitted_on is not None and split in (Split[calibration.fitted_on.upper()], Split.TRAIN):
        # the network knows the images of train by heart
        split = judging_split(scored.everything, [Split[calibration.fitted_on.upper()]])
    before = scored.predictions if split == scored.split else scored.everything.of(split)
    shares, error = _reliabilities(before), expected_calibration_error(before)
    after = before if calibration.is_none else calibrated(before, calibration)
    return Measured(
        calibration=calibration,
        shown=scored.split,
        split=split,
        images=len(before.image_ids),
        before=shares,
        after=shares if calibration.is_none else _reliabilities(after),
        error_before=error,
        error_after=error if calibration.is_none else expected_calibration_error(after),
    )
