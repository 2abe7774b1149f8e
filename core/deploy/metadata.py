"""What an exported model says of itself, in the metadata of the ONNX file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelError
from core.evaluation.calibration import Calibration
from core.images.preprocessing import Preprocessing
from core.labels import MULTI_CLASS, MULTI_LABEL, Task

#: Layouts of outputs and metadata by task; a file of another one is of a later version and refused.
FORMATS: dict[Task, str] = {MULTI_LABEL: "1", MULTI_CLASS: "2"}

INPUT = "images"
"""uint8 (N, height, width, 3), RGB."""
PROBABILITIES = "probabilities"
"""float32 (N, C), calibrated where the metadata says so; where an image has one label they add up to 1."""
PRESENT = "present"
"""bool (N, C): probability >= threshold; where an image has one label, the one with the highest probability."""
THRESHOLDS = "thresholds"
"""The initializer float32 (C,) that decides; only where an image may have several labels."""


@dataclass(frozen=True, kw_only=True)
class Metadata:
    """Labels, thresholds, preprocessing and where the model came from.

    Attributes:
        label_names: C names, in the order of the columns.
        thresholds: C numbers in [0, 1], float32 as the model compares them with its probabilities; the same as in the
            model itself. None where an image has one label.
        preprocessing: how an image becomes the model's input; the model normalises by itself.
        recipe: name of the recipe.
        run: number of the run in its project.
        map: mAP on validation; None where it is not defined.
        snapshot: hash of the annotations it was trained on.
        version: of the program that wrote it.
        task: whether an image has any number of labels or one.
        calibration: what the model does to its logits before they become probabilities; None for nothing.
    """

    label_names: tuple[str, ...]
    thresholds: tuple[float, ...] | None
    preprocessing: Preprocessing
    recipe: str
    run: int
    map: float | None
    snapshot: str
    version: str
    task: Task = MULTI_LABEL
    calibration: Calibration | None = None

    def to_props(self) -> dict[str, str]:
        """As ONNX metadata: texts, JSON where they have a structure."""
        return {
            "multihot": FORMATS[self.task],
            "task": self.task,
            "labels": json.dumps(self.label_names, ensure_ascii=False),
            "thresholds": json.dumps(self.thresholds),
            "calibration": json.dumps(self.calibration and self.calibration.to_dict(), ensure_ascii=False),
            "preprocessing": json.dumps(self.preprocessing.to_dict()),
            "recipe": self.recipe,
            "run": str(self.run),
            "map": json.dumps(self.map),
            "snapshot": self.snapshot,
            "version": self.version,
        }

    @classmethod
    def from_props(cls, props: Mapping[str, str], path: Path) -> Self:
        """Read what `to_props` gave.

        Args:
            props: the metadata of an ONNX file.
            path: of that file, for the error.

        Raises:
            ModelError: the file was not exported by this program, or by a later version of it.
        """
        if "multihot" not in props:
            raise ModelError(
                f"{path.name} was not exported by Multihot: it names no labels and no thresholds.",
                next_step="Choose a file that was saved in Export.",
            )
        task = next((task for task, number in FORMATS.items() if number == props["multihot"]), None)
        if task is None:
            raise ModelError(f"{path.name} was exported by a newer version.", next_step="Update Multihot.")
        try:
            values: dict[str, Any] = {name: json.loads(props[name]) for name in ("labels", "thresholds", "map", "run")}
            # files from before there was calibration do not say it
            calibration = json.loads(props.get("calibration", "null"))
            metadata = cls(
                label_names=tuple(str(one) for one in values["labels"]),
                thresholds=tuple(float(one) for one in values["thresholds"]) if task == MULTI_LABEL else None,
                preprocessing=Preprocessing.from_dict(json.loads(props["preprocessing"])),
                recipe=props["recipe"],
                run=int(values["run"]),
                map=values["map"],
                snapshot=props["snapshot"],
                version=props["version"],
                task=task,
                calibration=None if calibration is None else Calibration.from_dict(calibration),
            )
        except (KeyError, ValueError, TypeError) as error:
            raise ModelError(f"The metadata of {path.name} is damaged.", next_step="Export the model again.") from error
        if metadata.thresholds is not None and len(metadata.label_names) != len(metadata.thresholds):
            raise ModelError(f"The metadata of {path.name} is damaged.", next_step="Export the model again.")
        return metadata


def as_float32(thresholds: NDArray[np.floating[Any]] | tuple[float, ...]) -> tuple[float, ...]:
    """Thresholds as the model compares them.

    Raises:
        ModelError: one is not in [0, 1].
    """
    values = np.asarray(thresholds, np.float32)
    if not np.all((values >= 0) & (values <= 1)):
        raise ModelError(f"Thresholds lie between 0 and 1, not {values.min():g} to {values.max():g}.")
    return tuple(values.tolist())
