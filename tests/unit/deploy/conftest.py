from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from core.deploy.metadata import Metadata
from core.images.preprocessing import Preprocessing

LABELS = ("red", "green", "blue")


@pytest.fixture
def metadata() -> Metadata:
    return Metadata(
        label_names=LABELS,
        thresholds=(0.25, 0.5, 0.75),
        preprocessing=Preprocessing(width=6, height=4, mean=(0.5,) * 3, std=(0.5,) * 3),
        recipe="drawn",
        run=3,
        map=0.875,
        snapshot="abc",
        version="1.2.3",
    )


def save_model(path: Path, props: dict[str, str]) -> Path:
    """A model whose probabilities are the mean red, green and blue of an image."""
    graph = helper.make_graph(
        [
            helper.make_node("Cast", ["images"], ["floats"], to=TensorProto.FLOAT),
            helper.make_node("ReduceMean", ["floats", "axes"], ["means"], keepdims=0),
            helper.make_node("Div", ["means", "white"], ["probabilities"]),
            helper.make_node("GreaterOrEqual", ["probabilities", "thresholds"], ["present"]),
        ],
        "mean",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, ["batch", 4, 6, 3])],
        [
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", 3]),
            helper.make_tensor_value_info("present", TensorProto.BOOL, ["batch", 3]),
        ],
        [
            numpy_helper.from_array(np.array([1, 2], np.int64), "axes"),
            numpy_helper.from_array(np.float32(255), "white"),
            numpy_helper.from_array(np.float32([0.25, 0.5, 0.75]), "thresholds"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    helper.set_model_props(model, props)
    onnx.save(model, path)
    return path


@pytest.fixture
def model(tmp_path: Path, metadata: Metadata) -> Path:
    return save_model(tmp_path / "model.onnx", metadata.to_props())
