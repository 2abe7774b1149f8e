"""`multihot new PROJECT --images DIR`."""

import argparse
from pathlib import Path

from core.cli.choosing import add_project
from core.cli.output import Output
from core.errors import ProjectError
from core.project.scan import scan_folder
from core.project.store import Store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Tell the parser the command's arguments."""
    add_project(parser)
    parser.add_argument("--images", metavar="DIR", type=Path, required=True, help="folder of images; nothing is copied")


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Make the project."""
    root: Path = arguments.images
    # looked for first, so that a mistyped folder leaves no empty project behind
    found = scan_folder(root, progress=lambda count: output.progress(f"{count:,} images found"))
    if not found:
        raise ProjectError(f"There are no images in {root}.", next_step="Choose a folder that holds some.")
    with Store.create(arguments.project) as store:
        store.add_images(root.resolve(), found)
        output.say(f"Project {store.folder} with {len(store.paths):,} images of {root}.")
        output.result({"project": str(store.folder), "images": len(store.paths)})
    return 0
