"""`multihot export PROJECT --out FILE`."""

import argparse
from pathlib import Path
from typing import Final, Literal

from core.cli.choosing import add_project, add_run, finished_run
from core.cli.following import work
from core.cli.output import Output, check_replaceable, number
from core.deploy.predict import Predictor
from core.errors import JobError, ModelError
from core.evaluation.calibration import FEWEST, METHODS, Calibration, Method, fit, judge
from core.evaluation.predictions import PREDICTIONS_FILE, Predictions
from core.evaluation.threshold_file import ThresholdSet
from core.jobs.events import ExportFinished
from core.jobs.train import prepare_export
from core.project.runs.run_list import Run

AS_IN_RUN: Final = "run"
"""The calibration that was chosen for the run."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Tell the parser the command's arguments."""
    add_project(parser)
    add_run(parser)
    parser.add_argument("--out", metavar="FILE", type=Path, required=True, help="the ONNX file to write")
    parser.add_argument(
        "--calibration",
        choices=(*METHODS, AS_IN_RUN),
        default=AS_IN_RUN,
        help="make probabilities mean shares, fitted on validation; run: what was chosen for the run in the window",
    )
    parser.add_argument("--force", action="store_true", help="replace FILE even if Multihot did not write it")


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Export and verify."""
    out: Path = arguments.out
    if out.suffix.lower() != ".onnx":
        raise ModelError(
            f"The name of a model ends with .onnx, not as {out.name}.", next_step=f"Pass --out {out}.onnx."
        )
    if not arguments.force:
        check_replaceable(out, own=_is_model, kind="a model")
    chosen = finished_run(arguments.project, arguments.run)
    output.result(result_of(chosen, export(chosen, out, output, calibration=arguments.calibration)))
    return 0


def _is_model(path: Path) -> bool:
    """Whether Multihot wrote a model."""
    try:
        Predictor(path)
    except ModelError:
        return False
    return True


def export(
    run: Run, out: Path, output: Output, *, calibration: Method | Literal["run"] = "run"
) -> tuple[ExportFinished, Calibration]:
    """Export a run's model with its thresholds and compare the file with the network it came from.

    Args:
        run: finished.
        out: the file to write.
        output: told about it.
        calibration: a method to fit on validation, or "run" for what was chosen for the run.

    Returns:
        What the worker said at last, and the calibration that is in the file.

    Raises:
        MultihotError: it cannot be started, failed, was ended, or the file does not say what the network says.
    """
    # for the names at least: a run without a readable validation image has a model, too
    predictions = Predictions.load(run.folder / PREDICTIONS_FILE)
    thresholds = ThresholdSet.of_run(run.folder, predictions.label_names)
    if calibration == AS_IN_RUN:
        chosen = Calibration.of_run(run.folder, predictions.label_names, predictions.task)
    else:
        chosen = fit(predictions, calibration)
    if not chosen.is_none:
        _say(chosen, predictions, output)
    outcome = work(prepare_export(run, out, thresholds.values.tolist(), calibration=chosen), output)
    if not isinstance(outcome, ExportFinished):
        raise JobError("The export ended without a file.")
    output.say(
        f"{outcome.path}: compared with the network on {outcome.images_checked:,} images, largest difference "
        f"{outcome.max_abs_difference:.1e}, decisions {'equal' if outcome.decisions_equal else 'NOT equal'}."
    )
    return outcome, chosen


def _say(calibration: Calibration, predictions: Predictions, output: Output) -> None:
    """What the calibration is, and what it changes."""
    change = judge(predictions, calibration)
    output.say(
        f"Calibration: {calibration.title}. Calibration error on {change.images:,} images of {change.split}: "
        f"{number(change.before)} before, {number(change.after)} after. Decisions stay the same."
    )
    if calibration.borrowed:
        output.say(
            f"Fewer than {FEWEST} images with or without the label, so the temperature of all labels for: "
            f"{', '.join(calibration.borrowed)}."
        )


def result_of(run: Run, exported: tuple[ExportFinished, Calibration]) -> dict[str, object]:
    """What `export --json` ends with."""
    outcome, calibration = exported
    return {
        "run": run.id,
        "path": outcome.path,
        "max_abs_difference": outcome.max_abs_difference,
        "decisions_equal": outcome.decisions_equal,
        "images_checked": outcome.images_checked,
        "calibration": calibration.method,
    }
