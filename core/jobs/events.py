"""What a job says while it works: one frozen dataclass per kind of event, one JSON line each in `events.jsonl`."""

import json
import math
import time
from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar

EVENTS_FILE = "events.jsonl"


@dataclass(frozen=True, kw_only=True)
class Event:
    """What all events have.

    Attributes:
        time: seconds since the epoch at which it was made.
    """

    registry: ClassVar[dict[str, type["Event"]]] = {}

    time: float = field(default_factory=time.time)

    def __init_subclass__(cls) -> None:
        """Make the subclass known to `decode`."""
        Event.registry[cls.__name__] = cls

    def encode(self) -> str:
        """The event as one line of JSON, without the line's end; numbers that are not finite become null."""
        return json.dumps(finite({"type": type(self).__name__, **asdict(self)}), ensure_ascii=False, allow_nan=False)


@dataclass(frozen=True, kw_only=True)
class Outcome(Event):
    """The last word of a worker: it says no more after an event of one of the kinds below."""


@dataclass(frozen=True, kw_only=True)
class RunStarted(Event):
    """A training began, or went on after a pause or a crash.

    Attributes:
        run: number of the run.
        recipe: name of the recipe.
        device: what it trains on, in words, such as "CPU, 2 threads" or "NVIDIA H200".
        epochs: epochs in all.
        steps_per_epoch: optimiser updates in an epoch.
        train_images, validation_images: images used of each split.
        labels: label names in the order of the probabilities' columns.
        parameters: number of parameters of the network.
        epochs_done: whole epochs done before this start; 0 for a fresh run.
    """

    run: int
    recipe: str
    device: str
    epochs: int
    steps_per_epoch: int
    train_images: int
    validation_images: int
    labels: tuple[str, ...]
    parameters: int
    epochs_done: int = 0


@dataclass(frozen=True, kw_only=True)
class Progress(Event):
    """A stage that is not training steps moved on.

    Attributes:
        stage: what is being done, in words: "Reading images", "Scoring images".
        done, total: in units of the stage; total 0 means not known.
    """

    stage: str
    done: int
    total: int


@dataclass(frozen=True, kw_only=True)
class ImageSkipped(Event):
    """An image could not be read and takes no part.

    Attributes:
        path: the image's file.
        sentence: what is wrong with it.
    """

    path: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Note(Event):
    """Something worth knowing about the run, such as what was chosen for it and why.

    Attributes:
        sentence: to show as it is.
    """

    sentence: str


@dataclass(frozen=True, kw_only=True)
class LearningRateTried(Event):
    """A search for the learning rate tried one.

    Attributes:
        trial: from 1; of a range test, the step.
        trials: in all.
        learning_rate: that was tried.
        loss: of a range test, smoothed, per image; None in short trials.
        validation_map: of a short trial's last epoch; None in a range test.
        top1: likewise, of a multi-class run; None of others.
        pruned: whether the trial was given up early because others had been better by then.
    """

    trial: int
    trials: int
    learning_rate: float
    loss: float | None = None
    validation_map: float | None = None
    top1: float | None = None
    pruned: bool = False


@dataclass(frozen=True, kw_only=True)
class LearningRateChosen(Event):
    """A search for the learning rate ended; the run starts from its first weights again.

    Attributes:
        learning_rate: that is used.
        reason: in words, such as "best of 15 trials".
    """

    learning_rate: float
    reason: str


@dataclass(frozen=True, kw_only=True)
class EarlyStopped(Event):
    """The training ends before its last epoch because nothing is gained any more.

    Attributes:
        epoch: the last one.
        reason: in words, such as "no gain over the smoothed best for 5 epochs".
    """

    epoch: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class StepEnded(Event):
    """Training steps ended since the last such event; at most ten a second, and one at the end of every epoch.

    Attributes:
        epoch: the epoch under way, from 1.
        step: optimiser updates so far in the run, from 1.
        loss: training loss, mean over the steps since the last event, per image.
        learning_rate: of the last step.
        images_per_second: over the last second or so.
        eta_seconds: until the end of the run, validation included.
    """

    epoch: int
    step: int
    loss: float
    learning_rate: float
    images_per_second: float
    eta_seconds: float


@dataclass(frozen=True, kw_only=True)
class EpochEnded(Event):
    """An epoch and its validation ended.

    Attributes:
        epoch: from 1.
        step: optimiser updates so far in the run.
        train_loss, validation_loss: means per image; the validation loss is None without validation images.
        validation_map: mAP in [0, 1]; None when no label has a validation positive.
        average_precision: AP per label, None for a label without a validation positive.
        top1: share of the images whose largest probability is right, of a multi-class run; None of others.
        is_average: whether the averaged weights were better than the raw ones, and are what the epoch's figures are of.
        raw_map, average_map: mAP of the raw and of the averaged weights, where both were scored.
        is_best: whether this is the best epoch so far.
        learning_rate: of the last step.
        images_per_second: over the epoch's training.
        seconds: the epoch took, validation included.
        eta_seconds: until the end of the run.
    """

    epoch: int
    step: int
    train_loss: float
    validation_loss: float | None
    validation_map: float | None
    average_precision: tuple[float | None, ...]
    is_best: bool
    learning_rate: float
    images_per_second: float
    seconds: float
    eta_seconds: float
    top1: float | None = None
    is_average: bool = False
    raw_map: float | None = None
    average_map: float | None = None


@dataclass(frozen=True, kw_only=True)
class CheckpointSaved(Event):
    """A checkpoint was written.

    Attributes:
        file: its name within the run's folder.
        epoch: whole epochs done.
    """

    file: str
    epoch: int


@dataclass(frozen=True, kw_only=True)
class RunPaused(Outcome):
    """The run wrote a checkpoint and freed the device; it can be resumed.

    Attributes:
        epoch: whole epochs done.
        step: optimiser updates done.
    """

    epoch: int
    step: int


@dataclass(frozen=True, kw_only=True)
class RunFinished(Outcome):
    """The training ended with a model.

    Attributes:
        epochs: whole epochs done.
        best_epoch: the epoch whose weights were kept.
        validation_map: of the kept weights; None when no label has a validation positive.
        stopped: True when a person stopped it before its last epoch.
        skipped_images: images that could not be read.
        seconds: in all, pauses excluded.
        top1: of the kept weights, in a multi-class run; None in others.
    """

    epochs: int
    best_epoch: int
    validation_map: float | None
    stopped: bool
    skipped_images: int
    seconds: float
    top1: float | None = None


@dataclass(frozen=True, kw_only=True)
class ExportFinished(Outcome):
    """A model was exported and verified; see `core.deploy.report.ExportReport` for the full report beside it.

    Attributes:
        path: the model's file.
        max_abs_difference: largest |difference| between torch's and onnxruntime's probabilities.
        decisions_equal: whether every decision away from its threshold was the same.
        images_checked: validation images that both ran on.
    """

    path: str
    max_abs_difference: float
    decisions_equal: bool
    images_checked: int


@dataclass(frozen=True, kw_only=True)
class PreviewFinished(Outcome):
    """Augmented examples were drawn.

    Attributes:
        file: its name within the job's folder: an npz file with `images`, uint8 (images, copies, height, width, 3).
    """

    file: str


@dataclass(frozen=True, kw_only=True)
class ImageExplained(Event):
    """The heat maps of an image lie where the job keeps them.

    Attributes:
        image_id: the project's number of the image.
    """

    image_id: int


@dataclass(frozen=True, kw_only=True)
class ExplainFinished(Outcome):
    """All images of the job have their heat maps, but for those that could not be read.

    Attributes:
        images: that have heat maps now.
        skipped_images: that could not be read.
    """

    images: int
    skipped_images: int


@dataclass(frozen=True, kw_only=True)
class ImagesScored(Event):
    """Images were scored; at most ten such events a second, and one at the end.

    Attributes:
        done: images so far, those that could not be read among them.
        total: images of the job.
        kept: images of the job whose scores are in the run's file by now.
        images_per_second: since the first image; 0 before there is one.
        eta_seconds: until the last image; None when that is not known.
    """

    done: int
    total: int
    kept: int
    images_per_second: float
    eta_seconds: float | None


@dataclass(frozen=True, kw_only=True)
class ScoreFinished(Outcome):
    """The scores of a job's images are in the run's file.

    Attributes:
        images: that were scored.
        skipped_images: that could not be read.
        stopped: True when a person stopped it before its last image.
        seconds: in all.
    """

    images: int
    skipped_images: int
    stopped: bool
    seconds: float


@dataclass(frozen=True, kw_only=True)
class RunFailed(Outcome):
    """The job ended without a result.

    Attributes:
        sentence: what went wrong.
        next_step: what to do about it; may be empty.
        traceback: for "Show details"; empty when the error was a `MultihotError`.
        error: name of the class in `core.errors`; empty when it was something else.
    """

    sentence: str
    next_step: str
    traceback: str = ""
    error: str = ""


def decode(line: str) -> Event | None:
    """Read one line of `events.jsonl`.

    Args:
        line: a whole line.

    Returns:
        The event; None when the line is no event that this version knows. Fields this version does not know are
        dropped, so that a newer worker's events stay readable.
    """
    try:
        values: Any = json.loads(line)
        kind = Event.registry[values.pop("type")]
        known = {one.name for one in fields(kind)}
        # JSON has no tuples
        arguments: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in values.items() if name in known
        }
        return kind(**arguments)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def finite(value: object) -> object:
    """The value with None for every number, at any depth, that is not finite; JSON knows no such numbers."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: finite(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(one) for one in value]
    return value
