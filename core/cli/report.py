"""`multihot report PROJECT --run ID --out FILE.html`."""

import argparse
from pathlib import Path

from core.cli.choosing import add_project, add_run, finished_run
from core.cli.output import Output, check_replaceable
from core.cli.scores import SPLITS
from core.project.store import Store
from core.report.examples import choose_examples, image_files
from core.report.facts import gather
from core.report.words import counted
from core.report.write import check_name, is_report, write_report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Tell the parser the command's arguments."""
    add_project(parser)
    add_run(parser)
    parser.add_argument("--out", metavar="FILE", type=Path, required=True, help="the .html or .pdf file to write")
    parser.add_argument(
        "--split",
        choices=tuple(SPLITS),
        help="the images to measure on (default: test where it has annotated images, else validation)",
    )
    parser.add_argument("--force", action="store_true", help="replace FILE even if Multihot did not write it")


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Write the report."""
    out: Path = arguments.out
    check_name(out)
    if not arguments.force:
        check_replaceable(out, own=is_report, kind="a report")
    chosen = finished_run(arguments.project, arguments.run)
    split = None if arguments.split is None else SPLITS[arguments.split]
    facts = gather(arguments.project.resolve().name, chosen, split=split)
    examples = choose_examples(facts)
    with Store.open(arguments.project) as store:
        files = image_files(store, examples.image_ids)
    written = write_report(facts, examples, files, out=out)
    output.say(
        f"{written.path}: run {chosen.id} on {counted(facts.report.images, 'image')} of {facts.split_name}, "
        f"{counted(written.pictures, 'example')}, {written.bytes / 1e6:.1f} MB."
    )
    if written.left_out:
        output.warn(f"{counted(written.left_out, 'example')} left out: missing, damaged or no longer in the project.")
    output.result(
        {
            "run": chosen.id,
            "split": facts.split_name,
            "path": str(written.path),
            "bytes": written.bytes,
            "images": facts.report.images,
            "examples": written.pictures,
            "examples_left_out": written.left_out,
            "map": facts.report.map,
        }
    )
    return 0
