"""Exporting a run as one ONNX file that takes pixels and decides, and proving that it decides like the run."""

import contextlib
import copy
import importlib.metadata
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from google.protobuf.message import Message
from numpy.typing import NDArray
from torch import Tensor, nn

from core.deploy.metadata import INPUT, PRESENT, PROBABILITIES, THRESHOLDS, Metadata, as_float32
from core.deploy.predict import Predictor
from core.deploy.report import ExportReport
from core.errors import ImageError, JobError, ModelError
from core.evaluation.calibration import Calibration
from core.evaluation.metrics import average_precision
from core.evaluation.multi_class import confusion_matrix, highest, top1_of
from core.evaluation.predictions import PREDICTIONS_FILE, Predictions
from core.files import replacing
from core.images.decode import decode
from core.jobs.events import Event, ExportFinished
from core.jobs.job import Command, ExportJob
from core.labels import MULTI_CLASS, MULTI_LABEL, LabelState, Split, Task
from core.learning.data.batches import to_tensor
from core.learning.models.net import Net, preprocessing_of
from core.learning.trained import load_trained
from core.learning.training.meter import Stage
from core.learning.training.summary import Summary
from core.project.runs.snapshot import Snapshot
from core.recipes.recipe import from_toml

#: Largest difference of two probabilities that passes.
TOLERANCE = 1e-3
#: Decisions whose probability is nearer to the threshold, or to that of the next label, than this are not compared.
_TOUCHING = 1e-4
_IMAGES_TO_CHECK = 200
_BATCH = 8
_OPSET = 20


def export(job: ExportJob, folder: Path, emit: Callable[[Event], None], control: Callable[[], Command]) -> None:
    """Write `job.out` and verify it.

    The report is kept beside the file (`NAME.onnx.report.json`) and in the job's folder (`report.json`).

    Args:
        job: what was asked for.
        folder: of the job.
        emit: takes the events; the last is ExportFinished.
        control: asked between the steps; anything but "continue" ends the job without a file.

    Raises:
        ModelError: the file decides otherwise than the run; it is not saved.
        MultihotError: the run cannot be read.
    """
    started = time.monotonic()
    torch.set_num_threads(job.threads or os.cpu_count() or 1)
    run, out = Path(job.run_folder), Path(job.out)
    recipe = from_toml(run / "recipe.toml")
    snapshot = Snapshot.load(run / "snapshot.npz")
    summary = Summary.load(run)
    if len(job.thresholds) != len(snapshot.label_names):
        raise ModelError(f"The run has {len(snapshot.label_names)} labels, not {len(job.thresholds)}.")
    calibration = Calibration.of_run(folder, snapshot.label_names, snapshot.task)
    thresholds = None if snapshot.task == MULTI_CLASS else np.array(as_float32(job.thresholds))
    if thresholds is not None and not calibration.is_none:
        _check_decisions(run, calibration, thresholds)
    net = load_trained(run, recipe)
    metadata = Metadata(
        label_names=snapshot.label_names,
        thresholds=None if thresholds is None else as_float32(calibration.apply_to_thresholds(thresholds)),
        preprocessing=preprocessing_of(net, recipe.input.size),
        recipe=recipe.name,
        run=job.run_id,
        map=summary.map,
        snapshot=snapshot.hash,
        version=_version(),
        task=snapshot.task,
        calibration=None if calibration.is_none else calibration,
    )
    stage = Stage("Exporting", emit, control)
    if not stage(0, 1):
        return
    # under its own name only once it is verified
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        model = Path(scratch) / "model.onnx"
        write(net, metadata, model)
        stage(1, 1)
        check = _compare(net, model, snapshot, Stage("Verifying", emit, control), calibration, thresholds)
        if check is None:
            return
        if check.max_abs_difference > TOLERANCE or check.decisions_different:
            raise ModelError(
                f"The exported model differs from the run: probabilities by up to {check.max_abs_difference:.2g}, "
                f"{check.decisions_different} of {check.decisions} decisions. It was not saved.",
                next_step="Please report this, with the recipe's name.",
            )
        try:
            with replacing(out) as temporary:
                shutil.copyfile(model, temporary)
        except OSError as error:
            raise ModelError(
                f"{out} cannot be written: {error.strerror}.", next_step="Choose another place."
            ) from error
    report = ExportReport(
        path=str(out),
        bytes=out.stat().st_size,
        labels=len(snapshot.label_names),
        images_checked=check.images,
        images_split=check.split,
        max_abs_difference=check.max_abs_difference,
        decisions=check.decisions,
        decisions_different=check.decisions_different,
        map_torch=check.map_torch,
        map_onnx=check.map_onnx,
        top1_torch=check.top1_torch,
        top1_onnx=check.top1_onnx,
        milliseconds_torch=1000 * check.seconds_torch / check.images,
        milliseconds_onnx=1000 * check.seconds_onnx / check.images,
        seconds=time.monotonic() - started,
        calibration=calibration.method,
    )
    report.save(out.with_name(f"{out.name}.report.json"))
    report.save(folder / "report.json")
    emit(
        ExportFinished(
            path=str(out),
            max_abs_difference=report.max_abs_difference,
            decisions_equal=report.decisions_equal,
            images_checked=report.images_checked,
        )
    )


class DecidingNet(nn.Module):
    """A network with all that surrounds it: pixels uint8 (N, H, W, 3) in, probabilities and decisions (N, C) out.

    Any number of labels is present: those whose probability, calibrated where that is given, reaches their threshold.
    """

    thresholds: Tensor

    def __init__(self, net: Net, thresholds: tuple[float, ...], calibration: Calibration | None) -> None:
        super().__init__()
        self.net = net
        self.calibrated = _calibrating(calibration)
        # under this name it becomes the initializer that `core.deploy.thresholds` patches
        self.register_buffer(THRESHOLDS, torch.tensor(thresholds, dtype=torch.float32))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Probabilities float32 and decisions bool."""
        probabilities = _probabilities(self.calibrated(self.net(images.permute(0, 3, 1, 2))), MULTI_LABEL)
        return probabilities, probabilities >= self.thresholds


class ChoosingNet(nn.Module):
    """As `DecidingNet`, where an image has one label: the first of those with the highest probability."""

    def __init__(self, net: Net, calibration: Calibration | None) -> None:
        super().__init__()
        self.net = net
        self.calibrated = _calibrating(calibration)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Probabilities float32 and decisions bool."""
        probabilities = _probabilities(self.calibrated(self.net(images.permute(0, 3, 1, 2))), MULTI_CLASS)
        labels = torch.arange(probabilities.shape[1], device=probabilities.device)
        return probabilities, labels == probabilities.argmax(dim=1, keepdim=True)


class Line(nn.Module):
    """The logits a z + b of each label, from z (N, C)."""

    a: Tensor
    b: Tensor

    def __init__(self, calibration: Calibration) -> None:
        super().__init__()
        self.register_buffer("a", torch.tensor(calibration.a, dtype=torch.float32))
        self.register_buffer("b", torch.tensor(calibration.b, dtype=torch.float32))

    def forward(self, logits: Tensor) -> Tensor:
        """Calibrate."""
        return self.a * logits + self.b


def _calibrating(calibration: Calibration | None) -> nn.Module:
    return nn.Identity() if calibration is None else Line(calibration)


def _probabilities(logits: Tensor, task: Task) -> Tensor:
    return logits.softmax(dim=1) if task == MULTI_CLASS else logits.sigmoid()


def write(net: Net, metadata: Metadata, path: Path) -> None:
    """Write a network as one ONNX file that takes batches of any size, also of none.

    Args:
        net: in evaluation mode, on the CPU; left as it is.
        metadata: goes into the file; its thresholds and its calibration into the graph as well.
        path: of the file.
    """
    size = metadata.preprocessing
    # what a head makes of the label graph alone is a constant of the file
    folded = copy.deepcopy(net)
    folded.fold()
    calibration = metadata.calibration
    model = (
        ChoosingNet(folded, calibration)
        if metadata.thresholds is None
        else DecidingNet(folded, metadata.thresholds, calibration)
    )
    model.eval()
    # two images: an example of one would make the exporter take the batch's size for a constant
    example = torch.zeros(2, size.height, size.width, 3, dtype=torch.uint8)
    program = torch.onnx.export(
        model,
        (example,),
        dynamo=True,
        opset_version=_OPSET,
        input_names=[INPUT],
        output_names=[PROBABILITIES, PRESENT],
        dynamic_shapes={"images": {0: torch.export.Dim("batch")}},
        verbose=False,
    )
    if program is None:
        raise RuntimeError("torch.onnx.export gave no program")
    proto = program.model_proto
    _forget_origin(proto)
    onnx.helper.set_model_props(proto, metadata.to_props())
    onnx.save(proto, path)


def _forget_origin(message: Message) -> None:
    """Clear, at any depth, what the exporter notes for its own debugging: stacks with the paths of this machine."""
    for field, value in message.ListFields():
        if field.name in ("metadata_props", "doc_string"):
            message.ClearField(field.name)
        elif field.message_type is not None:
            for one in [value] if isinstance(value, Message) else value:
                _forget_origin(one)


@dataclass(frozen=True, kw_only=True)
class _Comparison:
    """What `ExportReport` says of torch and onnxruntime side by side; times in seconds for all images."""

    images: int
    split: str
    max_abs_difference: float
    decisions: int
    decisions_different: int
    map_torch: float | None
    map_onnx: float | None
    top1_torch: float | None
    top1_onnx: float | None
    seconds_torch: float
    seconds_onnx: float


def _check_decisions(run: Path, calibration: Calibration, thresholds: NDArray[np.floating[Any]]) -> None:
    """Raise where the moved thresholds do not decide as those of the run on every image that the run scored."""
    changed = calibration.changed(Predictions.load(run / PREDICTIONS_FILE), thresholds)
    if changed:
        raise ModelError(
            f"Calibrated, “{changed[0]}” would be decided otherwise on some images: its threshold lies so close to 1 "
            "that rounding decides.",
            next_step="Lower that threshold in Inspect, or export without calibration.",
        )


def _compare(
    net: Net,
    model: Path,
    snapshot: Snapshot,
    stage: Stage,
    calibration: Calibration,
    thresholds: NDArray[np.floating[Any]] | None,
) -> _Comparison | None:
    """Run the file beside the network on validation images, or on others where there are none.

    The file's probabilities are compared with the network's, calibrated by numpy; its decisions with those of the
    network's own probabilities at the run's thresholds (C,), or with the highest where these are None.

    Returns:
        What was found; None when a person ended the job.

    Raises:
        JobError: no image can be read.
    """
    predictor = Predictor(model, threads=torch.get_num_threads())
    split, rows = _rows_to_check(snapshot)
    states: list[NDArray[np.int8]] = []
    logits: list[NDArray[np.float32]] = []
    ours: list[NDArray[np.float32]] = []
    theirs: list[NDArray[np.float32]] = []
    decisions: list[NDArray[np.bool_]] = []
    seconds_torch = seconds_onnx = 0.0
    for start in range(0, len(rows), _BATCH):
        images = []
        for row in rows[start : start + _BATCH].tolist():
            # the images that cannot be read were named while training
            with contextlib.suppress(ImageError):
                images.append(predictor.preprocessing.prepare(decode(Path(snapshot.paths[row]))))
                states.append(snapshot.states[row])
        if images:
            batch = np.stack(images)
            before = time.perf_counter()
            with torch.inference_mode():
                scored = net(to_tensor(batch))
                ours.append(_probabilities(scored, snapshot.task).numpy())
            between = time.perf_counter()
            probabilities, present = predictor.run(batch)
            seconds_onnx += time.perf_counter() - between
            seconds_torch += between - before
            logits.append(scored.numpy())
            theirs.append(probabilities)
            decisions.append(present)
        if not stage(min(start + _BATCH, len(rows)), len(rows)):
            return None
    if not ours:
        raise JobError("The model cannot be verified: no image of the run can be read.")
    torch_probabilities, onnx_probabilities = np.concatenate(ours), np.concatenate(theirs)
    compared, different = _decisions(torch_probabilities, np.concatenate(decisions), thresholds)
    if not calibration.is_none:
        torch_probabilities = calibration.apply_to_logits(np.concatenate(logits)).astype(np.float32)
    difference = np.abs(torch_probabilities - onnx_probabilities)
    known = np.stack(states)
    return _Comparison(
        images=len(torch_probabilities),
        split=split.name.lower(),
        # a NaN must not pass for a small difference
        max_abs_difference=float(np.nan_to_num(difference, nan=np.inf).max()),
        decisions=int(compared.sum()),
        decisions_different=int(different.sum()),
        map_torch=_map(torch_probabilities, known),
        map_onnx=_map(onnx_probabilities, known),
        top1_torch=_top_1(torch_probabilities, known) if snapshot.task == MULTI_CLASS else None,
        top1_onnx=_top_1(onnx_probabilities, known) if snapshot.task == MULTI_CLASS else None,
        seconds_torch=seconds_torch,
        seconds_onnx=seconds_onnx,
    )


def _decisions(
    ours: NDArray[np.float32], theirs: NDArray[np.bool_], thresholds: NDArray[np.floating[Any]] | None
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which decisions can be compared, and which of them differ, both of the same shape.

    Args:
        ours: probabilities (N, C) of the network.
        theirs: decisions (N, C) of the file.
        thresholds: (C,); None where an image has one label, which is then one decision.
    """
    if thresholds is not None:
        compared = np.abs(ours - thresholds) > _TOUCHING
        return compared, compared & ((ours >= thresholds) != theirs)
    ranked = np.sort(ours, axis=1)
    clear = np.asarray((np.diff(ranked[:, -2:], axis=1) > _TOUCHING).all(axis=1))
    return clear, clear & (highest(ours) != theirs).any(axis=1)


def _rows_to_check(snapshot: Snapshot) -> tuple[Split, NDArray[np.int64]]:
    """Up to 200 images, spread over the first split that has any."""
    for split in (Split.VALIDATION, Split.TEST, Split.TRAIN):
        rows = np.flatnonzero(snapshot.splits == split)
        if len(rows):
            return split, rows[:: -(-len(rows) // _IMAGES_TO_CHECK)]
    raise JobError("The model cannot be verified: the run has no images.")


def _map(probabilities: NDArray[np.float32], states: NDArray[np.int8]) -> float | None:
    values = average_precision(probabilities, states == LabelState.PRESENT, states != LabelState.UNKNOWN)
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if len(defined) else None


def _top_1(probabilities: NDArray[np.float32], states: NDArray[np.int8]) -> float | None:
    confusion = confusion_matrix(probabilities, states == LabelState.PRESENT, states != LabelState.UNKNOWN)
    return top1_of(confusion) if confusion.any() else None


def _version() -> str:
    try:
        return importlib.metadata.version("multihot")
    except importlib.metadata.PackageNotFoundError:
        # run from its source without being installed
        return "unknown"
