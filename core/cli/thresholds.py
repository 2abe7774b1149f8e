"""`multihot thresholds PROJECT --objective f1 --on validation`."""

import argparse

from core.cli.choosing import add_project, add_run, finished_run
from core.cli.output import Output, number
from core.cli.scores import predictions_of
from core.evaluation.threshold_file import THRESHOLDS_FILE, ThresholdSet
from core.evaluation.thresholds import TunedThresholds, best_f_beta
from core.project.runs import Run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Tell the parser the command's arguments."""
    add_project(parser)
    add_run(parser)
    parser.add_argument("--objective", choices=("f1",), default="f1", help="what each label's threshold maximises")
    parser.add_argument("--on", choices=("validation", "train"), default="validation", help="the split to tune on")


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Tune the thresholds of a run and save them with it."""
    chosen = finished_run(arguments.project, arguments.run)
    names, tuned = tune(chosen, arguments.on)
    rows = list(zip(names, tuned.values.tolist(), tuned.f_beta.tolist(), strict=True))
    output.say(f"Thresholds of run {chosen.id}, tuned for F1 on {arguments.on}:")
    output.table(("label", "threshold", "F1"), [(name, number(value), number(f1)) for name, value, f1 in rows])
    output.result(
        {
            "run": chosen.id,
            "objective": arguments.objective,
            "on": arguments.on,
            "labels": [{"name": name, "threshold": value, "f1": f1} for name, value, f1 in rows],
        }
    )
    return 0


def tune(run: Run, split: str) -> tuple[tuple[str, ...], TunedThresholds]:
    """Choose the thresholds that give the best F1 per label on a split, and save them with the run.

    Returns:
        The label names, and what was tuned in their order.
    """
    predictions = predictions_of(run, split)
    tuned = best_f_beta(predictions.probabilities, predictions.targets, known=predictions.known)
    ThresholdSet(predictions.label_names, tuned.values, objective="f1", tuned_on=split).save(
        run.folder / THRESHOLDS_FILE
    )
    return predictions.label_names, tuned
