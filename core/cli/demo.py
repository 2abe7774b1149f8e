"""`multihot demo`."""

import argparse
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.cli.export import export
from core.cli.export import result_of as result_of_export
from core.cli.output import Output, duration, number
from core.cli.predict import write_csv
from core.cli.thresholds import tune_run
from core.cli.train import result_of as result_of_training
from core.cli.train import train
from core.deploy.predict import Predictor
from core.errors import JobError, ProjectError
from core.paths import child_environment, module_command
from core.project.files.scan import scan_folder
from core.recipes.catalogue import recipe
from core.sample import make_sample_project

WANTED_MAP = 0.90
"""Validation mAP below which the demo fails."""

_RECIPE = "sample-tiny"
# lies in a folder that a demo made, so that no other folder is ever replaced
_MARK = ".multihot-demo"
_SCREENSHOTS_TIMEOUT_S = 180


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Tell the parser the command's arguments."""
    parser.add_argument(
        "--out",
        metavar="FOLDER",
        type=Path,
        default=Path("multihot-demo"),
        help="new folder for everything the demo makes (default: %(default)s); that of an earlier demo is replaced",
    )


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Go from nothing to a verified model and pictures of the window."""
    out: Path = arguments.out.absolute()
    project, model, table, screenshots = (
        out / name for name in ("sample", "sample.onnx", "predictions.csv", "screenshots")
    )
    seconds: dict[str, float] = {}
    with _timed("all", seconds):
        _make_room(out)
        with _timed("draw", seconds):
            make_sample_project(project)
            output.say(f"Drew and labelled pictures: {project}")
        with _timed("train", seconds):
            trained, outcome = train(project, recipe(_RECIPE), output, device="cpu")
        with _timed("thresholds", seconds):
            tune_run(trained, "validation", output=output)
            output.say("Tuned every label's threshold for F1 on validation.")
        with _timed("export", seconds):
            exported = export(trained, model, output)
        with _timed("predict", seconds):
            labelled = _predict(model, project / "images", table)
            output.say(f"Labelled {labelled:,} pictures with the exported file: {table}")
        with _timed("screenshots", seconds):
            _take_screenshots(screenshots, project, output)
            output.say(f"Pictures of the window: {screenshots}")
    output.say("Took " + ", ".join(f"{stage} {duration(one)}" for stage, one in seconds.items()) + ".")
    output.result(
        {
            **result_of_training(trained, outcome),
            **result_of_export(trained, exported),
            "project": str(project),
            "predictions": str(table),
            "screenshots": sorted(map(str, screenshots.glob("*.png"))),
            "seconds": seconds,
        }
    )
    if (outcome.validation_map or 0.0) < WANTED_MAP:
        output.warn(
            f"multihot demo: The model's validation mAP is {number(outcome.validation_map)}, below {WANTED_MAP:.2f}."
        )
        return 1
    return 0


@contextmanager
def _timed(stage: str, seconds: dict[str, float]) -> Iterator[None]:
    began = time.monotonic()
    yield
    seconds[stage] = round(time.monotonic() - began, 2)


def _make_room(out: Path) -> None:
    try:
        if (out / _MARK).exists():
            shutil.rmtree(out)
        out.mkdir(parents=True, exist_ok=True)
        if any(out.iterdir()):
            raise ProjectError(f"{out} is not empty.", next_step="Choose a new folder with --out.")
        (out / _MARK).touch()
    except OSError as error:
        raise ProjectError(f"{out} cannot be written: {error.strerror}.", next_step="Choose another folder.") from error


def _predict(model: Path, folder: Path, table: Path) -> int:
    predictor = Predictor(model)
    names = [found.relative_path for found in scan_folder(folder)]
    predictions = list(predictor.predict([folder / name for name in names]))
    write_csv(table, names, predictions, predictor.label_names)
    return len(predictions)


def _take_screenshots(folder: Path, project: Path, output: Output) -> None:
    """Let the window, in a process of its own, take pictures of its workspaces on a project.

    Raises:
        JobError: it could not.
    """
    folder.mkdir()
    environment = child_environment()
    if sys.platform == "linux" and not (environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")):
        output.say("There is no display here, so the window draws into memory (QT_QPA_PLATFORM=offscreen).")
        environment["QT_QPA_PLATFORM"] = "offscreen"
    try:
        child = subprocess.run(
            module_command("gui", "--screenshots", str(folder), str(project)),
            env=environment, capture_output=True, text=True, errors="replace", timeout=_SCREENSHOTS_TIMEOUT_S,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise JobError(f"The window took no pictures within {duration(_SCREENSHOTS_TIMEOUT_S)}.") from error
    if child.returncode != 0:
        said = child.stderr.strip().splitlines()[-1:] or [f"its process ended with code {child.returncode}"]
        raise JobError(f"The window could not be pictured: {said[0]}", next_step="multihot doctor may say why.")
