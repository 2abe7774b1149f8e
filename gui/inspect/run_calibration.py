"""The calibration of the run that is looked at: chosen, fitted off the GUI thread, and kept in the run's folder."""

import functools
from dataclasses import dataclass

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


class RunCalibration(QObject):
    """Owns the choice of calibration of one run at a time.

    Signals:
        changed: another calibration, or `measured` has come or gone.
        busy_changed: bool, whether a choice is being fitted.
    """

    changed = Signal()
    busy_changed = Signal(bool)

    def __init__(self, inspection: Inspection, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._inspection = inspection
        self._asked: ScoredSplit | None = None
        self._of: ScoredSplit | None = None
        self._measured: Measured | None = None
        inspection.scored_changed.connect(self._on_scored_changed)

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
            self._work(scored, functools.partial(_kept, scored))

    def choose(self, method: Method) -> None:
        """Fit on validation, and keep it as the run's choice."""
        scored = self._inspection.scored
        if scored is not None:
            self._asked = scored
            self.busy_changed.emit(True)
            self._work(scored, functools.partial(_fitted, scored, method))

    def _work(self, scored: ScoredSplit, work: functools.partial[Measured]) -> None:
        done = functools.partial(self._on_measured, scored)
        failed = functools.partial(self._on_failed, scored)
        background.run(self, work, done, failed, key="calibration")

    def _on_scored_changed(self) -> None:
        self.busy_changed.emit(False)
        self.changed.emit()

    def _on_measured(self, scored: ScoredSplit, measured: Measured) -> None:
        if scored is self._inspection.scored:
            self._of, self._measured = scored, measured
            self.busy_changed.emit(False)
            self.changed.emit()

    def _on_failed(self, scored: ScoredSplit, error: MultihotError) -> None:
        self.busy_changed.emit(False)
        self.changed.emit()
        self._inspection.failed.emit(error)
        if scored is self._inspection.scored and self.measured is None:
            # what cannot be read can still be chosen anew
            none = Calibration.none(scored.label_names, scored.predictions.task)
            self._work(scored, functools.partial(_measure, scored, none))


def _reliabilities(predictions: Predictions) -> tuple[Reliability, ...]:
    targets, known = predictions.targets, predictions.known
    return tuple(
        reliability(predictions.probabilities[:, label], targets[:, label], known=known[:, label])
        for label in range(len(predictions.label_names))
    )


def _kept(scored: ScoredSplit) -> Measured:
    everything = scored.everything
    return _measure(scored, Calibration.of_run(scored.run.folder, everything.label_names, everything.task))


def _fitted(scored: ScoredSplit, method: Method) -> Measured:
    calibration = fit(scored.everything, method)
    try:
        calibration.save(scored.run.folder)
    except OSError as error:
        raise MultihotError(
            f"The calibration cannot be written to {scored.run.folder} ({error.strerror}).",
            next_step="Make room or give the folder free, then choose it again.",
        ) from error
    return _measure(scored, calibration)


def _measure(scored: ScoredSplit, calibration: Calibration) -> Measured:
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
