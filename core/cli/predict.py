"""`multihot predict MODEL IMAGE_OR_FOLDER...`."""

import argparse
import csv
import functools
import io
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from core.cli.output import Output, check_replaceable
from core.deploy.predict import Prediction, Predictor
from core.errors import ImageError, ModelError
from core.files import write_atomically
from core.project.files.scan import scan_folder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Tell the parser the command's arguments."""
    parser.add_argument("model", metavar="MODEL", type=Path, help="ONNX file that Multihot exported")
    parser.add_argument("sources", metavar="IMAGE_OR_FOLDER", nargs="+", type=Path)
    parser.add_argument("--csv", metavar="FILE", type=Path, help="also write a table that `multihot import` reads")
    parser.add_argument("--force", action="store_true", help="replace that FILE even if Multihot did not write it")


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Label the images; those that cannot be read are named and left out."""
    if arguments.csv is not None and not arguments.csv.absolute().parent.is_dir():
        raise ModelError(f"{arguments.csv} cannot be written: its folder is missing.")
    predictor = Predictor(arguments.model)
    if arguments.csv is not None and not arguments.force:
        own = functools.partial(_has_decisions, labels=predictor.label_names)
        check_replaceable(arguments.csv, own=own, kind="a table of this model’s decisions")
    images = list(_images(arguments.sources))
    if not images:
        raise ImageError("There are no images to label.", next_step="Name images, or folders that hold some.")
    predictions = []
    for one in predictor.predict([path for path, _ in images]):
        prediction = one if one.path.exists() else replace(one, problem="There is no such file.")
        predictions.append(prediction)
        _show(prediction, predictor.label_names, output)
        output.progress(f"{len(predictions):,} of {len(images):,} images labelled")
    if arguments.csv is not None:
        write_csv(arguments.csv, [name for _, name in images], predictions, predictor.label_names)
        output.say(f"Table written: {arguments.csv}")
    problems = [one for one in predictions if one.problem is not None]
    output.result(
        {
            "model": str(arguments.model),
            "labels": predictor.label_names,
            "images": [_as_json(one, predictor) for one in predictions],
            "problems": [{"path": str(one.path), "problem": one.problem} for one in problems],
        }
    )
    if len(problems) == len(predictions):
        output.warn("No image could be labelled.")
        return 1
    return 0


def write_csv(path: Path, names: Sequence[str], predictions: Sequence[Prediction], labels: Sequence[str]) -> None:
    """Write decisions as a multi-hot table; an image that could not be read has empty cells.

    Raises:
        ModelError: the file cannot be written.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["filename", *labels])
    for name, one in zip(names, predictions, strict=True):
        cells = [""] * len(labels) if one.problem is not None else [str(int(present)) for present in one.present]
        table.writerow([name, *cells])
    try:
        write_atomically(path, text.getvalue())
    except OSError as error:
        raise ModelError(f"{path} cannot be written: {error.strerror}.") from error


def _has_decisions(path: Path, labels: Sequence[str]) -> bool:
    """Whether a file is a table as `write_csv` writes it: every label decided, or none of an image."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
    except (OSError, ValueError, csv.Error):
        return False
    wanted = ["filename", *labels]
    return header == wanted and all(
        len(row) == len(wanted) and (set(row[1:]) <= {"0", "1"} or set(row[1:]) == {""}) for row in rows
    )


def _images(sources: Sequence[Path]) -> Iterable[tuple[Path, str]]:
    """Each image with its name in the table: relative to the one folder that was given, else its path."""
    for source in sources:
        if source.is_dir():
            for found in scan_folder(source):
                path = source / found.relative_path
                yield path, path.as_posix() if len(sources) > 1 else found.relative_path
        else:
            yield source, source.as_posix()


def _show(prediction: Prediction, labels: Sequence[str], output: Output) -> None:
    if prediction.problem is not None:
        output.warn(f"{prediction.path}: {prediction.problem}")
        return
    ranked = sorted(zip(prediction.probabilities, prediction.present, labels, strict=True), reverse=True)
    present = [f"{name} {probability:.2f}" for probability, is_present, name in ranked if is_present]
    output.say(f"{prediction.path}: {', '.join(present) or '–'}")


def _as_json(prediction: Prediction, predictor: Predictor) -> dict[str, object]:
    if prediction.problem is not None:
        return {"path": str(prediction.path), "problem": prediction.problem, "labels": []}
    # none where an image has one label
    thresholds = [None] * len(predictor.label_names) if predictor.thresholds is None else predictor.thresholds.tolist()
    facts = zip(predictor.label_names, prediction.probabilities, thresholds, prediction.present, strict=True)
    return {
        "path": str(prediction.path),
        "problem": None,
        "labels": [
            {"name": name, "probability": float(probability), "threshold": threshold, "present": bool(present)}
            for name, probability, threshold, present in facts
        ],
    }
