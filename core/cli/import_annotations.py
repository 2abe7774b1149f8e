"""`multihot import PROJECT SOURCE`."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from core.cli.choosing import add_project
from core.cli.output import Output
from core.formats.apply import import_annotations
from core.formats.reading import READERS, format_of
from core.labels import MULTI_CLASS
from core.project.store import Store

_NAMES_SHOWN = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Tell the parser the command's arguments."""
    add_project(parser)
    parser.add_argument(
        "source",
        metavar="SOURCE",
        type=Path,
        help="table of filename,label,... with 1, 0 or nothing for unknown; a folder with labels.csv and splits.csv; "
        "or a folder of images with train/CLASS/, val/CLASS/ and test/CLASS/, or with CLASS/ alone",
    )
    parser.add_argument("--format", choices=("auto", *READERS), default="auto")


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Import the annotations, as one step of undo."""
    name = format_of(arguments.source) if arguments.format == "auto" else arguments.format
    annotations = READERS[name](arguments.source)
    with Store.open(arguments.project) as store:
        report = import_annotations(store, annotations)
        labels, task = len(store.labels), store.task
    parts = {"Annotations": bool(annotations.label_names), "Splits": bool((annotations.splits >= 0).any())}
    what = " and ".join(part for part, is_there in parts.items() if is_there).capitalize() or "Nothing"
    output.say(f"{what} of {_number(report.matched, 'image')} imported; the project has {_number(labels, 'label')}.")
    if report.labels_added:
        output.say(f"New labels: {', '.join(report.labels_added)}.")
    _warn_of(report.unmatched, "not in the project", output)
    _warn_of(report.ambiguous, "in several folders of the project, so left out", output)
    _warn_of(report.refused, "given several labels, and images of the project have one, so left out", output)
    if report.splits_kept:
        kept = report.splits_kept
        output.warn(f"{kept:,} images keep the split they have" if kept > 1 else "1 image keeps the split it has")
    output.result(
        {
            "matched": report.matched,
            "unmatched": report.unmatched,
            "ambiguous": report.ambiguous,
            **({"refused": report.refused} if task == MULTI_CLASS else {}),
            "labels_added": report.labels_added,
            "splits": report.splits_set,
            "splits_kept": report.splits_kept,
        }
    )
    return 0


def _number(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def _warn_of(names: Sequence[str], what: str, output: Output) -> None:
    if names:
        shown = ", ".join(names[:_NAMES_SHOWN]) + (", …" if len(names) > _NAMES_SHOWN else "")
        output.warn(f"{len(names):,} file name{'s are' if len(names) > 1 else ' is'} {what}: {shown}")
