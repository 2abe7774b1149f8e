"""`multihot thresholds PROJECT --objective f1 --on validation`."""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, get_args

import numpy as np

from core.cli.choosing import add_project, add_run, finished_run
from core.cli.output import Output, number
from core.cli.scores import before_after_rows
from core.errors import MultihotError
from core.evaluation.objectives import BEST_F1, Objective
from core.evaluation.predictions import PREDICTIONS_FILE, Predictions
from core.evaluation.threshold_file import THRESHOLDS_FILE, ThresholdBook, checked_name
from core.evaluation.threshold_merge import free_name, write_merged
from core.evaluation.tuning import On, Shrink, Tuned, tune
from core.project.runs.run_list import Run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Tell the parser the command's arguments."""
    add_project(parser)
    add_run(parser)
    parser.add_argument(
        "--objective",
        metavar="WHAT",
        type=_objective,
        default=BEST_F1,
        help="what each label's threshold is for: f1, f0.5 or f2, the best F; precision=0.9 or recall=0.95, at least; "
        "cost=1:5, the least cost of false alarms and misses; capacity=50 or capacity=50/1000, at most so many alarms, "
        "among the images tuned on or among so many; fixed=0.3 (default: %(default)s)",
    )
    parser.add_argument(
        "--on",
        choices=get_args(On),
        default="validation",
        help="the split to tune on, or cross for five folds across train and validation (default: %(default)s; "
        "the paper tunes on train)",
    )
    parser.add_argument(
        "--shrink",
        choices=get_args(Shrink),
        default="auto",
        help="pull thresholds of labels with few positives towards the one that suits all; auto does so for the best F "
        "where it helps on folds of the images tuned on (default: %(default)s)",
    )
    parser.add_argument(
        "--label", metavar="NAME", action="append", help="tune this label only; can be repeated, others stay"
    )
    parser.add_argument("--name", metavar="SET", help="save as the set of this name, which becomes the run's choice")


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Tune the thresholds of a run and save them with it."""
    chosen, objective = finished_run(arguments.project, arguments.run), arguments.objective
    tuned = tune_run(
        chosen, arguments.on, objective=objective, shrink=arguments.shrink, labels=arguments.label,
        name=arguments.name, output=output,
    )  # fmt: skip
    thresholds, compared = tuned.thresholds, tuned.compared
    origins = thresholds.origins
    tuned_labels = _columns(thresholds.label_names, arguments.label)
    splits = origins[tuned_labels[0]].tuned_on
    some = "" if arguments.label is None else f" of {len(tuned_labels)} of {len(origins)} labels"
    if splits is None:
        output.say(f"Thresholds{some} of run {chosen.id}, {objective.title}.")
        output.say(f"Precision, recall and F1 are measured on {compared.split}:")
    else:
        output.say(f"Thresholds{some} of run {chosen.id}, tuned for {objective.title} on {splits}.")
        output.say(
            f"Positives and band are of those images; precision, recall and F1 are measured on {compared.split}:"
        )
    rows = _rows(tuned)
    output.table(
        ("label", "threshold", "90 % band", "positives", "precision", "recall", "F1"),
        [
            (
                one["name"], number(one["threshold"]), f"{number(one['low'])} to {number(one['high'])}",
                f"{one['support']:,}", number(one["precision"]), number(one["recall"]), number(one["f1"]),
            )
            for one in (rows[label] for label in tuned_labels)
        ],
    )  # fmt: skip
    if any(origins[label].shrunk for label in tuned_labels):
        output.say("Thresholds of labels with few positives are pulled towards the one that suits all labels.")
    same = " (the images that they were tuned on, so that this is rosy)" * (compared.split in (splits or "").split())
    output.say(f"\nWhat that changes on {compared.images:,} images of {compared.split}{same}:")
    output.table(("figure", "at 0.5", "tuned", "change"), before_after_rows(compared))
    output.say(f"Saved as “{thresholds.name}”, which export, evaluation and suggestions of this run use now.")
    unmet = [thresholds.label_names[label] for label in tuned_labels if not tuned.met[label]]
    few = [f"{rows[label]['name']} ({tuned.support[label]})" for label in tuned_labels if tuned.is_unreliable[label]]
    if few and objective.kind != "fixed":
        output.warn(f"Tuned on few positive images, so unreliable: {', '.join(few)}.")
    if unmet:
        output.warn(f"Not reached on {splits}: {objective.title}, for {', '.join(unmet)}.")
    missed = [f"{rows[label]['name']} ({number(rows[label][objective.kind])})" for label in tuned_labels
              if objective.kind in ("precision", "recall") and tuned.positives[label]
              and rows[label][objective.kind] < objective.value]  # fmt: skip
    if missed and compared.split not in (splits or "").split():
        output.warn(f"On {compared.split} not kept: {objective.title}, for {', '.join(missed)}.")
    if arguments.on == "train":
        output.warn("The network knows the images of train by heart, so bands on them look surer than they are.")
    if compared.warning:
        output.warn(compared.warning)
    before, after = compared.before, compared.after
    output.result(
        {
            "run": chosen.id,
            "objective": str(objective),
            "on": arguments.on,
            "shrink": arguments.shrink,
            "set": thresholds.name,
            "labels": rows,
            "macro_f1": {"0.5": before.macro_f1, "tuned": after.macro_f1},
            "overall_f1": {"0.5": before.overall_f1, "tuned": after.overall_f1},
            "evaluated_on": tuned.evaluated_on,
            "before_after": compared.to_dict(),
        }
    )
    return 0


def tune_run(
    run: Run,
    on: On,
    *,
    objective: Objective = BEST_F1,
    shrink: Shrink = "auto",
    labels: Sequence[str] | None = None,
    name: str | None = None,
    output: Output,
) -> Tuned:
    """Choose thresholds for a run, and save them with it as its chosen set.

    Args:
        run: the run.
        on: the images to tune on.
        objective: what each label's threshold is to achieve.
        shrink: whether to pull thresholds towards that of all labels together.
        labels: names of those to tune, None for all; the others keep what the set says, or the chosen one where it is
            new.
        name: of the set to save; None for the chosen one.
        output: where the progress goes.

    Raises:
        MultihotError: the run has no scores to tune on, it decides without thresholds, or it has no such label.
    """
    predictions = Predictions.load(run.folder / PREDICTIONS_FILE)
    names = predictions.label_names
    wanted = None if name is None else checked_name(name)
    book = ThresholdBook.of_run(run.folder, names)
    start = next((one for one in book.sets if one.name == wanted), book.current)
    tuned = tune(
        predictions, objective, on=on, shrink=shrink, labels=_columns(names, labels),
        start=replace(start, name=wanted or start.name),
        progress=lambda share: output.progress(f"Tuning the thresholds: {share:.0%}"),
    )  # fmt: skip
    ours = book.with_set(tuned.thresholds)
    if (
        start.by_hand
        and tuned.thresholds.name in book.names
        and not np.array_equal(start.values, tuned.thresholds.values)
    ):
        # what a hand set cannot be computed again
        kept = replace(start, name=free_name(start.name, book.names))
        ours = replace(ours, sets=(*ours.sets, kept))
        output.say(f"“{start.name}” had thresholds set by hand; it is kept as “{kept.name}”.")
    try:
        merged = write_merged(run.folder, book, ours)
    except OSError as error:
        raise MultihotError(
            f"The thresholds cannot be written to {run.folder / THRESHOLDS_FILE} ({error.strerror or error}).",
            next_step="Make its folder writable, and tune again.",
        ) from error
    for other in merged.kept:
        output.say(f"Another program changed the same set meanwhile; its thresholds are kept as “{other}”.")
    return tuned


def _objective(text: str) -> Objective:
    try:
        return Objective.parse(text)
    except MultihotError as error:
        raise argparse.ArgumentTypeError(str(error).removesuffix(".")) from error


def _columns(names: Sequence[str], wanted: Sequence[str] | None) -> list[int]:
    """The columns of labels; all of them where none are named.

    Raises:
        MultihotError: there is no such label.
    """
    if wanted is None:
        return list(range(len(names)))
    missing = next((name for name in wanted if name not in names), None)
    if missing is not None:
        raise MultihotError(f"The run has no label “{missing}”.", next_step=f"It has {', '.join(names)}.")
    return sorted({names.index(name) for name in wanted})


def _rows(tuned: Tuned) -> list[dict[str, Any]]:
    """A dictionary for each label, for a program."""
    columns = {
        "threshold": tuned.thresholds.values,
        "low": tuned.low,
        "high": tuned.high,
        "support": tuned.support,
        "precision": tuned.precision,
        "recall": tuned.recall,
        "f1": tuned.f1,
        "positives": tuned.positives,
        "met": tuned.met,
    }
    values = zip(*(column.tolist() for column in columns.values()), strict=True)
    return [
        {"name": name, **dict(zip(columns, row, strict=True)), "objective": origin.objective, "shrunk": origin.shrunk}
        for name, origin, row in zip(tuned.thresholds.label_names, tuned.thresholds.origins, values, strict=True)
    ]
