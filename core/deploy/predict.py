"""Running an exported model; needs onnxruntime, numpy and Pillow."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from core.deploy.metadata import INPUT, PRESENT, PROBABILITIES, Metadata
from core.errors import ImageError, ModelError
from core.images.decode import decode
from core.images.preprocessing import Preprocessing

_BATCH = 8


@dataclass(frozen=True, eq=False)
class Prediction:
    """What the model says of an image.

    Attributes:
        path: the image.
        probabilities: float32 (C,); empty for an image that cannot be read.
        present: bool (C,), probability >= threshold, or where an image has one label, the highest probability; empty
            for an image that cannot be read.
        problem: why the image cannot be read; None when it was.
    """

    path: Path
    probabilities: NDArray[np.float32]
    present: NDArray[np.bool_]
    problem: str | None = None


class Predictor:
    """An exported model, ready to run on the CPU.

    Args:
        path: the ONNX file.
        threads: that it computes with; 0 for as many as onnxruntime thinks fit.

    Attributes:
        metadata: what the model says of itself.

    Raises:
        ModelError: the file is missing, damaged, or no model of this program.
    """

    def __init__(self, path: Path, *, threads: int = 0) -> None:
        if not path.is_file():
            raise ModelError(f"There is no model {path}.")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        # what it warns about, it says on the terminal, where nobody can do anything about it
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(os.fspath(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime has a class for each kind of failure, and shares no base of its own
            raise ModelError(f"{path.name} cannot be run as an ONNX model.", next_step="Export it again.") from error
        self.metadata = Metadata.from_props(self._session.get_modelmeta().custom_metadata_map, path)

    @property
    def label_names(self) -> tuple[str, ...]:
        """The C labels in the order of the columns."""
        return self.metadata.label_names

    @property
    def thresholds(self) -> NDArray[np.float32] | None:
        """float32 (C,); None where an image has one label, the one with the highest probability."""
        return None if self.metadata.thresholds is None else np.array(self.metadata.thresholds, np.float32)

    @property
    def preprocessing(self) -> Preprocessing:
        """How an image becomes the model's input."""
        return self.metadata.preprocessing

    def run(self, images: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Run the model on prepared images uint8 (N, height, width, 3), N from 0; gives probabilities and decisions."""
        results: list[Any] = self._session.run([PROBABILITIES, PRESENT], {INPUT: images})
        return results[0], results[1]

    def predict(self, images: Sequence[Path]) -> Iterator[Prediction]:
        """Run the model on image files, a few at a time, in their order; those that cannot be read say why."""
        for start in range(0, len(images), _BATCH):
            paths = images[start : start + _BATCH]
            prepared = [self._prepare(path) for path in paths]
            readable = [one for one in prepared if not isinstance(one, str)]
            results = iter(zip(*self.run(np.stack(readable)), strict=True)) if readable else iter(())
            for path, one in zip(paths, prepared, strict=True):
                if isinstance(one, str):
                    yield Prediction(path, np.zeros(0, np.float32), np.zeros(0, np.bool_), problem=one)
                else:
                    yield Prediction(path, *next(results))

    def _prepare(self, path: Path) -> NDArray[np.uint8] | str:
        try:
            return self.preprocessing.prepare(decode(path))
        except ImageError as error:
            return error.sentence
