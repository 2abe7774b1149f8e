"""What the verification of an exported model found; kept beside the file."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self

from core.errors import ModelError
from core.files import write_atomically


@dataclass(frozen=True, kw_only=True)
class ExportReport:
    """An exported model run beside the network it was exported from.

    Attributes:
        path: the model's file.
        bytes: its size.
        labels: number of labels.
        images_checked: images that both ran on.
        images_split: the split that they are of.
        max_abs_difference: largest |difference| of two probabilities.
        decisions: decisions compared: images times labels, or images where each has one label; without those whose
            probability touches the threshold or that of the next label.
        decisions_different: how many of them differed.
        map_torch, map_onnx: mAP of either on those images; None where it is not defined.
        calibration: what was done to the probabilities: "none", "temperature" or "platt".
        top1_torch, top1_onnx: share of those images that either gives their one label; None where images have several.
        milliseconds_torch, milliseconds_onnx: per image, on this machine's CPU.
        seconds: that export and verification took.
    """

    path: str
    bytes: int
    labels: int
    images_checked: int
    images_split: str
    max_abs_difference: float
    decisions: int
    decisions_different: int
    map_torch: float | None
    map_onnx: float | None
    milliseconds_torch: float
    milliseconds_onnx: float
    seconds: float
    top1_torch: float | None = None
    top1_onnx: float | None = None
    calibration: str = "none"

    @property
    def decisions_equal(self) -> bool:
        """Whether both decided the same wherever the probability does not touch the threshold."""
        return self.decisions_different == 0

    def to_dict(self) -> dict[str, Any]:
        """As JSON values; with `decisions_equal`, for those who read the file without this class."""
        return {**asdict(self), "decisions_equal": self.decisions_equal}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The report that `to_dict` gave.

        Raises:
            TypeError: a value is missing.
        """
        known = {one.name for one in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})

    def save(self, path: Path) -> None:
        """Write it as JSON, in one step."""
        write_atomically(path, json.dumps(self.to_dict(), ensure_ascii=False, indent=2) + "\n")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            ModelError: the file is missing or damaged.
        """
        try:
            return cls.from_dict(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise ModelError(f"The report {path} is missing or damaged.", next_step="Export again.") from error
