"""What an exported model says of itself, in the metadata of the ONNX file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelError
from core.images.preprocessing import Preprocessing

#: Of the layout of inputs, outputs and metadata; a file of a later one is refused.
FORMAT = 1

INPUT = "images"
"""uint8 (N, height, width, 3), RGB."""
PROBABILITIES = "probabilities"
"""float32 (N, C)."""
PRESENT = "present"
"""bool (N, C): probability >= threshold."""
THRESHOLDS = "thresholds"
"""The initializer float32 (C,) that decides."""


@dataclass(frozen=True, kw_only=True)
class Metadata:
    """Labels, thresholds, preprocessing and where the model came from.

    Attributes:
        label_names: C names, in the order of the columns.
        thresholds: C numbers in [0, 1], float32 as the model compares them; the same as in the model itself.
        preprocessing: how an image becomes the model's input; the model normalises by itself.
        recipe: name of the recipe.
        run: number of the run in its project.
        map: mAP on validation; None where it is not defined.
        snapshot: hash of the annotations it was trained on.
        version: of the program that wrote it.
    """

    label_names: tuple[str, ...]
    thresholds: tuple[float, ...]
    preprocessing: Preprocessing
    recipe: str
    run: int
    map: float | None
    snapshot: str
    version: str

    def to_props(self) -> dict[str, str]:
        """As ONNX metadata: texts, JSON where they have a structure."""
        return {
            "multihot": str(FORMAT),
            "labels": json.dumps(self.label_names, ensure_ascii=False),
            "thresholds": json.dumps(self.thresholds),
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
        if props["multihot"] != str(FORMAT):
            raise ModelError(f"{path.name} was exported by a newer version.", next_step="Update Multihot.")
        try:
            values: dict[str, Any] = {name: json.loads(props[name]) for name in ("labels", "thresholds", "map", "run")}
            metadata = cls(
                label_names=tuple(str(one) for one in values["labels"]),
                thresholds=tuple(float(one) for one in values["thresholds"]),
                preprocessing=Preprocessing.from_dict(json.loads(props["preprocessing"])),
                recipe=props["recipe"],
                run=int(values["run"]),
                map=values["map"],
                snapshot=props["snapshot"],
                version=props["version"],
            )
        except (KeyError, ValueError, TypeError) as error:
            raise ModelError(f"The metadata of {path.name} is damaged.", next_step="Export the model again.") from error
        if len(metadata.label_names) != len(metadata.thresholds):
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
