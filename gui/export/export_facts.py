"""What there is to say of a run before and after its export, read from its folder; no Qt."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.deploy.report import ExportReport
from core.errors import MultihotError
from core.evaluation.calibration import Calibration
from core.evaluation.threshold_file import ThresholdSet
from core.jobs.folder import JobFolder, RunState
from core.jobs.job import ExportJob
from core.labels import MULTI_CLASS
from core.recipes.recipe import Recipe, from_toml
from gui.inspect.scored_split import load_predictions
from gui.train.run_facts import RunFacts

# weights are float32
_BYTES_PER_PARAMETER = 4


@dataclass(frozen=True, eq=False)
class ExportFacts:
    """What an export would write, and what the last one wrote.

    Attributes:
        run: the run.
        recipe: it was trained with.
        label_names: in the order of the outputs' columns.
        thresholds: of the run, where an image may have several labels.
        calibration: of the run's probabilities, which goes into the file.
        report: of the last export of this run whose file is still there; None without one.
    """

    run: RunFacts
    recipe: Recipe
    label_names: tuple[str, ...]
    thresholds: ThresholdSet
    calibration: Calibration
    report: ExportReport | None

    @property
    def is_choice(self) -> bool:
        """Whether an image has one label, so that the file chooses one and has no thresholds."""
        return self.recipe.task == MULTI_CLASS

    @property
    def thresholds_in_file(self) -> NDArray[np.float64]:
        """The thresholds (C,) of the file, which decide on calibrated probabilities as the run's on its own."""
        return self.calibration.apply_to_thresholds(self.thresholds.values)

    def renewed(self) -> "ExportFacts":
        """The same with the thresholds and the calibration that the run has now.

        Raises:
            MultihotError: a file of the run is damaged.
        """
        folder = self.run.run.folder
        return replace(
            self,
            thresholds=ThresholdSet.of_run(folder, self.label_names),
            calibration=Calibration.of_run(folder, self.label_names, self.calibration.task),
        )

    @property
    def expected_bytes(self) -> int:
        """About how large the file will be."""
        return self.run.parameters * _BYTES_PER_PARAMETER


def read_export_facts(run: RunFacts) -> ExportFacts:
    """Read them; off the GUI thread.

    Raises:
        MultihotError: a file of the run is damaged.
    """
    predictions = load_predictions(run.run)
    label_names = predictions.label_names
    return ExportFacts(
        run=run,
        recipe=from_toml(run.run.folder / "recipe.toml"),
        label_names=label_names,
        thresholds=ThresholdSet.of_run(run.run.folder, label_names),
        calibration=Calibration.of_run(run.run.folder, label_names, predictions.task),
        report=_last_report(run.run.folder / "exports"),
    )


def _last_report(exports: Path) -> ExportReport | None:
    if not exports.is_dir():
        return None
    for folder in sorted(exports.iterdir(), reverse=True):
        try:
            if JobFolder(folder).state() is RunState.FINISHED and Path(ExportJob.load(folder).out).is_file():
                return ExportReport.load(folder / "report.json")
        except MultihotError:
            # a folder that was damaged since says nothing about the others
            continue
    return None
