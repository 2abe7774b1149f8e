"""`multihot evaluate PROJECT`."""

import argparse

import numpy as np

from core.cli.choosing import add_project, add_run, finished_run
from core.cli.output import Output, number
from core.cli.scores import SPLITS, before_after_rows, figure_rows, predictions_of
from core.evaluation.before_after import compare
from core.evaluation.calibration import Calibration, calibrated, expected_calibration_error
from core.evaluation.multi_class import confusions
from core.evaluation.predictions import Predictions
from core.evaluation.report import Report, evaluate
from core.evaluation.threshold_file import FIRST_SET, ThresholdSet
from core.project.runs.run_list import Run

_MOST_CONFUSIONS = 10
# a wider matrix does not fit a terminal
_WIDEST_MATRIX = 16


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Tell the parser the command's arguments."""
    add_project(parser)
    add_run(parser)
    parser.add_argument("--split", choices=tuple(SPLITS), default="validation")
    parser.add_argument(
        "--interpolated", action="store_true", help="add the interpolated mAP of VOC, over all and over 11 recalls"
    )


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Say the scores of a run with its thresholds."""
    chosen = finished_run(arguments.project, arguments.run)
    predictions = predictions_of(chosen, arguments.split)
    thresholds = ThresholdSet.of_run(chosen.folder, predictions.label_names)
    report = evaluate(predictions, thresholds.values, interpolated=arguments.interpolated)
    result = {"run": chosen.id, "split": arguments.split, **report.to_dict()}
    # the same keys for both tasks
    result |= dict.fromkeys(("objective", "tuned_on", "at_half", "warning"))
    output.say(f"Run {chosen.id} on {report.images:,} images of {arguments.split}: {_headline(report)}")
    if arguments.split == "train":
        output.warn("The network learnt these images, so that their figures say nothing of new ones.")
    _show_means(report, output)
    result |= _show_calibration(chosen, predictions, output)
    if predictions.is_multi_class:
        output.say("An image gets the label of its highest probability; thresholds play no part.\n")
        output.table(("figure", "value"), figure_rows(report))
        output.say("")
        _show_labels(report, output)
        output.say("")
        _show_confusions(report, output)
    else:
        compared = compare(predictions, SPLITS[arguments.split], thresholds)
        output.say(f"{_origin(thresholds, arguments.split)}\n")
        output.table(("figure", "at 0.5", "at the thresholds", "change"), before_after_rows(compared))
        if compared.warning:
            output.warn(compared.warning)
        output.say("")
        _show_labels(report, output)
        result |= {
            "objective": thresholds.objective,
            "tuned_on": thresholds.tuned_on,
            "at_half": compared.to_dict()["before"],
            "warning": compared.warning,
        }
    output.result(result)
    return 0


def _headline(report: Report) -> str:
    parts = [f"mAP {number(report.map, decimals=4)}"]
    if report.top1 is not None:
        parts.insert(0, f"top-1 {number(report.top1, decimals=4)}")
    return ", ".join(parts)


def _show_means(report: Report, output: Output) -> None:
    """Say the other means of the average precision."""
    without = sum(not one.support for one in report.labels)
    if without:
        output.say(
            f"{without} of {len(report.labels)} labels have no positive image and no AP; "
            f"counted as 0, as some published code does, the mAP is {number(report.map_all_labels, decimals=4)}."
        )
    if report.map_voc is not None:
        output.say(
            f"Interpolated as in VOC: mAP {number(report.map_voc, decimals=4)} over all recalls, "
            f"{number(report.map_voc_2007, decimals=4)} over 11 recalls."
        )


def _show_calibration(run: Run, predictions: Predictions, output: Output) -> dict[str, object]:
    """Say how far probabilities are from shares, and how far once calibrated as was chosen for the run."""
    calibration = Calibration.of_run(run.folder, predictions.label_names, predictions.task)
    before, after = expected_calibration_error(predictions), None
    text = f"Calibration error (ECE{'' if predictions.is_multi_class else ', mean of labels'}): {number(before)}"
    if not calibration.is_none:
        after = expected_calibration_error(calibrated(predictions, calibration))
        text += f"; {number(after)} with {calibration.title}"
    output.say(f"{text}.")
    return {"ece": before, "calibration": calibration.method, "ece_calibrated": after}


def _origin(thresholds: ThresholdSet, split: str) -> str:
    """Where the thresholds come from."""
    name = "" if thresholds.name == FIRST_SET else f" “{thresholds.name}”"
    if thresholds.tuned_on is None:
        return (
            f"Thresholds{name}: {'set by hand' if thresholds.by_hand else thresholds.title or '0.5 for every label'}."
        )
    moved = ", some of them set by hand" if thresholds.by_hand else ""
    rosy = ", so that what follows is rosy" if SPLITS[split] in thresholds.tuned_splits else ""
    labels = "of every label" if len(thresholds.counts) == 1 else "label by label"
    return f"Thresholds{name}: {thresholds.title} {labels} on {thresholds.tuned_on}{moved}{rosy}."


def _show_labels(report: Report, output: Output) -> None:
    has_thresholds = report.top1 is None
    output.table(
        ("label", "support", "AP", "precision", "recall", "F1", *["threshold"] * has_thresholds),
        [
            (
                one.name, f"{one.support:,}", number(one.ap), number(one.precision), number(one.recall), number(one.f1),
                *[number(one.threshold)] * has_thresholds,
            )
            for one in report.labels
        ],
    )  # fmt: skip


def _show_confusions(report: Report, output: Output) -> None:
    """Say the confusion matrix where it fits, and else its largest wrong entries."""
    matrix = np.array(report.confusion_matrix)
    if len(matrix) <= _WIDEST_MATRIX:
        output.say("Images by their label, in rows, and the label predicted, in columns of the same order:")
        columns = [str(column) for column in range(1, len(matrix) + 1)]
        rows = [
            (f"{place} {one.name}", *map(str, counts))
            for place, (one, counts) in enumerate(zip(report.labels, matrix.tolist(), strict=True), start=1)
        ]
        output.table(("", *columns), rows)
        return
    output.say("Most often confused (--json has the whole matrix):")
    output.table(
        ("label", "taken for", "images"),
        [
            (report.labels[label].name, report.labels[taken_for].name, f"{images:,}")
            for label, taken_for, images in confusions(matrix, limit=_MOST_CONFUSIONS)
        ],
    )
