"""`multihot compare PROJECT RUN RUN`."""

import argparse

from core.cli.choosing import add_project, finished_run, run_id
from core.cli.output import Output, number
from core.cli.scores import SPLITS
from core.evaluation.comparison import Difference
from core.report.two_runs import TwoRuns, compare_two_runs

# an interval misses the truth in one of twenty cases
_MISSED = 0.05
_HEADER = ("label", "positives", "before", "after", "change", "95 % interval", "verdict", "fixed", "broken")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Tell the parser the command's arguments."""
    add_project(parser)
    parser.add_argument("first", metavar="RUN", type=run_id, help="number of the run that is the measure")
    parser.add_argument("second", metavar="RUN", type=run_id, help="number of the run that is compared with it")
    parser.add_argument(
        "--split",
        choices=tuple(SPLITS),
        help="the images to compare on (default: test where both runs scored annotated images of it, else validation)",
    )


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Compare two runs on the images that both scored."""
    chosen = [finished_run(arguments.project, one) for one in (arguments.first, arguments.second)]
    result = compare_two_runs(
        *chosen,
        split=SPLITS[arguments.split] if arguments.split else None,
        progress=lambda share: output.progress(f"Comparing: {share:.0%}"),
    )
    _show(result, output)
    output.result(result.to_dict())
    return 0


def _show(result: TwoRuns, output: Output) -> None:
    comparison = result.comparison
    output.say(
        f"Run {result.second.id} compared with run {result.first.id} on {comparison.images:,} images of "
        f"{comparison.split} that both scored"
    )
    for run, images, names in zip(
        (result.first, result.second), comparison.left_out_images, comparison.left_out_labels, strict=True
    ):
        parts = [f"{images:,} image{'s' if images > 1 else ''}"] if images else []
        parts += [f"the label{'s' if len(names) > 1 else ''} {', '.join(names)}"] if names else []
        if parts:
            output.say(f"Left out, because only run {run.id} has them: {' and '.join(parts)}")
    if comparison.changed_states:
        output.say(
            f"{comparison.changed_states:,} of their annotations were changed between the runs; the newer ones count."
        )
    output.say("")
    rows = [
        (one.name, f"{one.positives:,}", *_cells(one), f"{one.fixed:,}", f"{one.broken:,}") for one in comparison.labels
    ]
    rows.append(
        (
            "mAP", "", *_cells(comparison.map),
            f"{len(comparison.fixed.image_ids):,}", f"{len(comparison.broken.image_ids):,}",
        )
    )  # fmt: skip
    if comparison.top1 is not None:
        rows.append(("top-1", "", *_cells(comparison.top1), "", ""))
    output.table(_HEADER, rows)
    judged = sum(one.verdict != "too few" for one in comparison.labels)
    found = sum(one.verdict in ("better", "worse") for one in comparison.labels)
    if found and judged > 1:
        output.say(
            f"\n{found} of {judged} labels differ by more than noise; "
            f"about {judged * _MISSED:.1f} would by chance if nothing had changed."
        )
    _show_lines("The recipes differ in", [line for one in result.recipe for line in one.lines], output)
    _show_lines("The annotations differ in", result.snapshots.lines(), output)


def _cells(one: Difference) -> tuple[str, str, str, str, str]:
    return (
        number(one.before),
        number(one.after),
        _signed(one.difference),
        "–" if one.low != one.low else f"{_signed(one.low)} to {_signed(one.high)}",
        one.verdict,
    )


def _signed(value: float) -> str:
    # a rounded minus zero plus zero is zero
    return "–" if value != value else f"{round(value, 3) + 0.0:+.3f}"


def _show_lines(title: str, lines: list[str], output: Output) -> None:
    output.say(f"\n{title}:" if lines else f"\n{title} nothing.")
    for line in lines:
        output.say(f"  {line}")
