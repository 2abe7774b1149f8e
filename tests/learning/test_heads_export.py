"""Every head as an ONNX file: the same answers from onnxruntime, for batches of any size."""

import numpy as np
import onnxruntime
import pytest
import torch

from core.learning.models.heads.choice import build_head
from core.learning.models.heads.label_branch import fold_branches
from core.learning.models.label_graph import label_graph_of
from core.recipes.recipe import ModelConfig

CHANNELS = 12
HEADS = {
    "linear": ModelConfig(head="linear", pooling="average+max"),
    "cosine": ModelConfig(head="cosine"),
    "ml_decoder": ModelConfig(head="ml_decoder", embedding=16),
    "ml_decoder_cosine": ModelConfig(head="ml_decoder_cosine", embedding=16),
    "query2label": ModelConfig(head="query2label", embedding=16),
    "csra": ModelConfig(head="csra", attention_heads=4),
    "ml_gcn": ModelConfig(head="ml_gcn"),
    "gat+cosine": ModelConfig(head="cosine", graph="gat"),
    "gat+ml_decoder": ModelConfig(head="ml_decoder_cosine", embedding=16, graph="gat"),
    "gcn+csra": ModelConfig(head="csra", graph="gcn", graph_sigmoid=True),
}
# every head at two sizes of the feature map and with four numbers of labels
SIZES = {1: (2, 2), 5: (3, 4), 80: (2, 2), 101: (3, 4)}
# an export takes seconds: with and without cosines ML-Decoder is one head but for its last line, and a folded graph
# branch is one product
ONLY = {
    "ml_decoder": (1, 101),
    "ml_decoder_cosine": (5, 80),
    "gat+cosine": (5, 80),
    "gat+ml_decoder": (101,),
    "gcn+csra": (80,),
}
CASES = [(name, num_labels) for name in HEADS for num_labels in ONLY.get(name, SIZES)]


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


def states_of(num_labels: int, *, images: int = 60) -> np.ndarray:
    return np.random.default_rng(num_labels).choice([1, 0, 0, 0, -1], (images, num_labels)).astype(np.int8)


@pytest.mark.parametrize(("name", "num_labels"), CASES)
def test_onnxruntime_says_what_the_head_says(name, num_labels, tmp_path):
    torch.manual_seed(num_labels)
    config, size = HEADS[name], SIZES[num_labels]
    graph = label_graph_of(config, tuple(f"label {one}" for one in range(num_labels)), states_of(num_labels))
    head = build_head(config, channels=CHANNELS, num_labels=num_labels, scale=15.0, graph=graph).eval()
    features = torch.randn(5, CHANNELS, *size)
    with torch.no_grad():
        expected = head(features)
    assert expected.shape == (5, num_labels)
    fold_branches(head)
    path = tmp_path / "head.onnx"
    torch.onnx.export(
        head,
        (features[:2],),
        path,
        dynamo=True,
        opset_version=20,
        input_names=["features"],
        dynamic_shapes={"features": {0: torch.export.Dim("batch")}},
        verbose=False,
    )
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    for count in (0, 1, 5):
        (said,) = session.run(None, {"features": features[:count].numpy()})
        np.testing.assert_allclose(said, expected[:count].numpy(), rtol=1e-4, atol=1e-5)
