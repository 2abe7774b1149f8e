"""`multihot evaluate PROJECT`."""

import argparse

from core.cli.choosing import add_project, add_run, finished_run
from core.cli.output import Output, number
from core.cli.scores import SPLITS, predictions_of
from core.evaluation.report import Report, evaluate
from core.evaluation.threshold_file import ThresholdSet


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Tell the parser the command's arguments."""
    add_project(parser)
    add_run(parser)
    parser.add_argument("--split", choices=tuple(SPLITS), default="validation")


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Say the scores of a run with its thresholds."""
    chosen = finished_run(arguments.project, arguments.run)
    predictions = predictions_of(chosen, arguments.split)
    report = evaluate(predictions, ThresholdSet.of_run(chosen.folder, predictions.label_names).values)
    show(report, output, title=f"Run {chosen.id} on {len(predictions.image_ids):,} images of {arguments.split}")
    output.result({"run": chosen.id, "split": arguments.split, **report.to_dict()})
    return 0


def show(report: Report, output: Output, *, title: str) -> None:
    """Say the scores to a person."""
    output.say(f"{title}: mAP {number(report.map, decimals=4)}")
    output.say(
        f"  overall    precision {number(report.overall_precision)}  recall {number(report.overall_recall)}  "
        f"F1 {number(report.overall_f1)}"
    )
    output.say(
        f"  per class  precision {number(report.class_precision)}  recall {number(report.class_recall)}  "
        f"F1 {number(report.class_f1)}"
    )
    output.say("")
    columns = ("label", "support", "AP", "precision", "recall", "F1", "threshold")
    output.table(
        columns,
        [
            (
                one.name, f"{one.support:,}", number(one.ap), number(one.precision), number(one.recall), number(one.f1),
                number(one.threshold),
            )
            for one in report.labels
        ],
    )  # fmt: skip
