"""What a worker is asked to do: one frozen dataclass per kind of job, kept as `job.json` in the job's folder."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from core.errors import JobError
from core.files import write_atomically

Command = Literal["continue", "pause", "stop"]
"""What a person asks of a running job; `continue` is no request."""

JOB_FILE = "job.json"


@dataclass(frozen=True, kw_only=True)
class Job:
    """What all jobs have: a kind, and a file they are kept in."""

    kind: ClassVar[str]

    def save(self, folder: Path) -> None:
        """Write `job.json` into the folder, which exists."""
        text = json.dumps({"kind": self.kind, **asdict(self)}, indent=2, ensure_ascii=False)
        write_atomically(folder / JOB_FILE, text + "\n")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the folder's `job.json`.

        Raises:
            JobError: the file is missing, damaged, of another kind or lacks a value.
        """
        values = _read(folder)
        if values.pop("kind") != cls.kind:
            raise JobError(f"{folder / JOB_FILE} describes no {cls.kind} job.")
        known = {one.name for one in fields(cls)}
        try:
            # JSON has no tuples
            return cls(
                **{key: tuple(one) if isinstance(one, list) else one for key, one in values.items() if key in known}
            )
        except TypeError as error:
            raise JobError(f"{folder / JOB_FILE} is incomplete: {error}.") from error


@dataclass(frozen=True, kw_only=True)
class TrainJob(Job):
    """Train in a run's folder, which holds `snapshot.npz` and `recipe.toml` too.

    Attributes:
        run_id: number of the run in its project.
        device: "auto", "cpu", "cuda", or "cuda:1" and the like.
        weights: absolute path of a file of pretrained weights; None to let timm find them.
        initial_run: absolute path of the folder of a run to start from, of this or another project; labels of the same
            name keep what they learnt.
        notes: sentences about what was chosen for the run, which the worker says first.
        keep: keys of the recipe that a person set, such as "training.sampler"; what another run was like changes none.
        seed: of every random choice.
        threads: CPU threads; 0 for as many as the machine has.
        cache_folder: absolute path of the folder that keeps decoded pixels between runs.
    """

    kind: ClassVar[str] = "train"

    run_id: int
    device: str = "auto"
    weights: str | None = None
    initial_run: str | None = None
    notes: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    seed: int = 0
    threads: int = 0
    cache_folder: str


@dataclass(frozen=True, kw_only=True)
class ExportJob(Job):
    """Export a finished run's model and verify the file, calibrated where `calibration.json` is in the job's folder.

    Attributes:
        run_id: number of the run in its project.
        run_folder: absolute path of the run's folder.
        out: absolute path of the ONNX file to write.
        thresholds: per label in the order of the run's labels, in [0, 1], of probabilities that are not calibrated.
        threads: CPU threads; 0 for as many as the machine has.
    """

    kind: ClassVar[str] = "export"

    run_id: int
    run_folder: str
    out: str
    thresholds: tuple[float, ...]
    threads: int = 0


@dataclass(frozen=True, kw_only=True)
class PreviewJob(Job):
    """Draw augmented examples with the recipe in the job's folder, `recipe.toml`.

    Attributes:
        paths: absolute paths of image files.
        copies: versions of each image; the first is the image itself, the others are augmented.
        seed: of the augmentation.
    """

    kind: ClassVar[str] = "preview"

    paths: tuple[str, ...]
    copies: int = 4
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class ExplainJob(Job):
    """Find the places of images that speak for each label, as a finished run's model sees them.

    Attributes:
        run_folder: absolute path of the run's folder.
        image_ids: the project's numbers of images, in the order in which they are wanted.
        paths: absolute paths of their files, in the same order.
        heat_maps: absolute path of the folder that keeps the run's heat maps, a `core.images.heat_maps.HeatMapStore`.
        threads: CPU threads; 0 for as many as the machine has.
    """

    kind: ClassVar[str] = "explain"

    run_folder: str
    image_ids: tuple[int, ...]
    paths: tuple[str, ...]
    heat_maps: str
    threads: int = 0


@dataclass(frozen=True, kw_only=True)
class ScoreJob(Job):
    """Score images that a finished run has no probabilities for, and keep them in the run's `suggestions.npz`.

    Attributes:
        run_folder: absolute path of the run's folder.
        image_ids: the project's numbers of images, in the order in which they are wanted.
        paths: absolute paths of their files, in the same order.
        device: "auto", "cpu", "cuda", or "cuda:1" and the like.
        threads: CPU threads; 0 for as many as the machine has.
    """

    kind: ClassVar[str] = "score"

    run_folder: str
    image_ids: tuple[int, ...]
    paths: tuple[str, ...]
    device: str = "auto"
    threads: int = 0


def kind_of(folder: Path) -> str:
    """The kind of the job that the folder's `job.json` describes.

    Raises:
        JobError: the file is missing or damaged.
    """
    return str(_read(folder)["kind"])


def _read(folder: Path) -> dict[str, Any]:
    path = folder / JOB_FILE
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise JobError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise JobError(f"{path} is damaged: {error}.") from error
    if not isinstance(values, dict) or "kind" not in values:
        raise JobError(f"{path} describes no job.")
    return values
