"""`multihot export PROJECT --out FILE`."""

import argparse
from pathlib import Path

from core.cli.choosing import add_project, add_run, finished_run
from core.cli.following import work
from core.cli.output import Output
from core.errors import JobError
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


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Export and verify."""
    chosen = finished_run(arguments.project, arguments.run)
    output.result(result_of(chosen, export(chosen, arguments.out, output)))
    return 0


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
