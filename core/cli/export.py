"""`multihot export PROJECT --out FILE`."""

import argparse
from pathlib import Path

from core.cli.choosing import add_project, add_run, finished_run
from core.cli.following import work
from core.cli.output import Output, check_replaceable
from core.deploy.predict import Predictor
from core.errors import JobError, ModelError
from core.evaluation.predictions import PREDICTIONS_FILE, Predictions
from core.evaluation.threshold_file import ThresholdSet
from core.jobs.events import ExportFinished
from core.jobs.train import prepare_export
from core.project.runs import Run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Tell the parser the command's arguments."""
    add_project(parser)
    add_run(parser)
    parser.add_argument("--out", metavar="FILE", type=Path, required=True, help="the ONNX file to write")
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
    output.result(result_of(chosen, export(chosen, out, output)))
    return 0


def _is_model(path: Path) -> bool:
    """Whether Multihot wrote a model."""
    try:
        Predictor(path)
    except ModelError:
        return False
    return True


def export(run: Run, out: Path, output: Output) -> ExportFinished:
    """Export a run's model with its thresholds and compare the file with the network it came from.

    Raises:
        MultihotError: it cannot be started, failed, was ended, or the file does not say what the network says.
    """
    # the names alone: a run without a readable validation image has a model, too
    thresholds = ThresholdSet.of_run(run.folder, Predictions.load(run.folder / PREDICTIONS_FILE).label_names)
    outcome = work(prepare_export(run, out, thresholds.values.tolist()), output)
    if not isinstance(outcome, ExportFinished):
        raise JobError("The export ended without a file.")
    output.say(
        f"{outcome.path}: compared with the network on {outcome.images_checked:,} images, largest difference "
        f"{outcome.max_abs_difference:.1e}, decisions {'equal' if outcome.decisions_equal else 'NOT equal'}."
    )
    return outcome


def result_of(run: Run, outcome: ExportFinished) -> dict[str, object]:
    """What `export --json` ends with."""
    return {
        "run": run.id,
        "path": outcome.path,
        "max_abs_difference": outcome.max_abs_difference,
        "decisions_equal": outcome.decisions_equal,
        "images_checked": outcome.images_checked,
    }
