"""`multihot new PROJECT --images DIR` or `multihot new PROJECT --from-class-folders DIR`."""

import argparse
import contextlib
from collections.abc import Sequence
from pathlib import Path

from core.cli.choosing import add_project
from core.cli.output import Output
from core.errors import FormatError, ProjectError
from core.formats import class_folders
from core.formats.apply import import_annotations
from core.labels import MULTI_CLASS, MULTI_LABEL, Split, Task
from core.project.files.scan import scan_folder
from core.project.store import Store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Tell the parser the command's arguments."""
    add_project(parser)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--images", metavar="DIR", type=Path, help="folder of images; nothing is copied")
    source.add_argument(
        "--from-class-folders",
        metavar="DIR",
        type=Path,
        help="folder of images that names labels and splits: train/CLASS/, val/CLASS/ and test/CLASS/, or CLASS/ alone",
    )
    parser.add_argument(
        "--task",
        choices=(MULTI_LABEL, MULTI_CLASS),
        help="any number of labels per image, or one; it stays so (default: one with --from-class-folders, else any)",
    )


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Make the project."""
    folders: Path | None = arguments.from_class_folders
    root: Path = folders or arguments.images
    # looked for first, so that a mistyped folder leaves no empty project behind
    found = scan_folder(root, progress=lambda count: output.progress(f"{count:,} images found"))
    if not found:
        raise ProjectError(f"There are no images in {root}.", next_step="Choose a folder that holds some.")
    annotations = class_folders.of_images(root, [image.relative_path for image in found]) if folders else None
    task = arguments.task or (MULTI_CLASS if folders else MULTI_LABEL)
    with Store.create(arguments.project, task=task) as store:
        store.add_images(root.resolve(), found)
        if annotations is not None:
            import_annotations(store, annotations)
        labels = f" and {len(store.labels):,} labels" if annotations is not None else ""
        output.say(f"Project {store.folder} with {len(store.paths):,} images of {root}{labels}.")
        result = {"project": str(store.folder), "images": len(store.paths), "task": store.task}
        output.result({**result, **({"labels": len(store.labels)} if annotations is not None else {})})
        if annotations is None:
            _tell_of_labels(root, [image.relative_path for image in found], arguments.project, output, task=store.task)
    return 0


def _tell_of_labels(root: Path, paths: Sequence[str], project: Path, output: Output, *, task: Task) -> None:
    """Say that the folders of the images name their splits and labels."""
    # what is wrong with a name is said to who wants to read it
    with contextlib.suppress(FormatError):
        annotations = class_folders.recognised(root, paths)
        if annotations is not None and (annotations.splits != Split.UNASSIGNED).any():
            labels = len(annotations.label_names)
            output.say(f"Its folders name {labels:,} labels: multihot import {project} {root} reads them.")
            if task == MULTI_LABEL:
                output.say(
                    "The project takes any number of labels per image, and stays so. For one label per image make "
                    f"another: multihot new PROJECT --from-class-folders {root}"
                )
