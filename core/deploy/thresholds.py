"""Changing the thresholds of an exported model, without torch and without the run it came from."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx

from core.deploy.metadata import THRESHOLDS, Metadata, as_float32
from core.errors import ModelError
from core.files import replacing


def patch(path: Path, thresholds: Sequence[float]) -> None:
    """Write other thresholds into an exported model, in its graph and its metadata, in one step.

    Args:
        path: the model's file.
        thresholds: per label in the model's order, in [0, 1], to be compared with the model's probabilities; from those
            of a run the calibration in the model's metadata makes them.

    Raises:
        ModelError: the file is no model of this program, or the thresholds do not fit.
    """
    try:
        model = onnx.load(path)
    except Exception as error:  # protobuf's errors are its own, and differ between its implementations
        raise ModelError(f"{path.name} cannot be read as an ONNX file.") from error
    metadata = Metadata.from_props({one.key: one.value for one in model.metadata_props}, path)
    if metadata.thresholds is None:
        raise ModelError(
            f"{path.name} has no thresholds: it chooses the label with the highest probability.",
            next_step="Use it as it is.",
        )
    if len(thresholds) != len(metadata.label_names):
        raise ModelError(f"{path.name} has {len(metadata.label_names)} labels, not {len(thresholds)}.")
    values = as_float32(tuple(thresholds))
    for tensor in model.graph.initializer:
        if tensor.name == THRESHOLDS:
            tensor.CopyFrom(onnx.numpy_helper.from_array(np.array(values, np.float32), THRESHOLDS))
    onnx.helper.set_model_props(model, replace(metadata, thresholds=values).to_props())
    with replacing(path) as temporary:
        onnx.save(model, temporary)
