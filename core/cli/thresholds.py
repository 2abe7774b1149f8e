"""`multihot thresholds PROJECT --objective f1 --on validation`."""

import argparse

from core.cli.choosing import add_project, add_run, finished_run
from core.cli.output import Output, number
from core.cli.scores import before_after_rows
from core.evaluation.predictions import PREDICTIONS_FILE, Predictions
from core.evaluation.threshold_file import THRESHOLDS_FILE
from core.evaluation.tuning import On, Tuned, tune
from core.project.runs import Run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Tell the parser the command's arguments."""
    add_project(parser)
    add_run(parser)
    parser.add_argument("--objective", choices=("f1",), default="f1", help="what each label's threshold maximises")
    parser.add_argument(
        "--on",
        choices=("validation", "train"),
        default="validation",
        help="the split to tune on (default: %(default)s; the paper tunes on train)",
    )


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Tune the thresholds of a run and save them with it."""
    chosen = finished_run(arguments.project, arguments.run)
    tuned = tune_run(chosen, arguments.on)
    names, values = tuned.thresholds.label_names, tuned.thresholds.values.tolist()
    rows = list(zip(names, values, tuned.f1.tolist(), strict=True))
    output.say(f"Thresholds of run {chosen.id}, tuned for F1 on {arguments.on}:")
    output.table(("label", "threshold", "F1"), [(name, number(value), number(f1)) for name, value, f1 in rows])
    compared = tuned.compared
    same = " (the images that they were tuned on, so that this is rosy)" if compared.split == arguments.on else ""
    output.say(f"\nWhat that changes on {compared.images:,} images of {compared.split}{same}:")
    output.table(("figure", "at 0.5", "tuned", "change"), before_after_rows(compared))
    if compared.warning:
        output.warn(compared.warning)
    output.result(
        {
            "run": chosen.id,
            "objective": arguments.objective,
            "on": arguments.on,
            "labels": [{"name": name, "threshold": value, "f1": f1} for name, value, f1 in rows],
            "before_after": compared.to_dict(),
        }
    )
    return 0


def tune_run(run: Run, split: On) -> Tuned:
    """Choose the thresholds that give the best F1 per label on a split, and save them with the run.

    Raises:
        MultihotError: the run has no scores of that split, or it decides without thresholds.
    """
    tuned = tune(Predictions.load(run.folder / PREDICTIONS_FILE), on=split)
    tuned.thresholds.save(run.folder / THRESHOLDS_FILE)
    return tuned
