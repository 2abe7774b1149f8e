"""Exporting where an image has one label, and where a head has a label graph."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from scipy.special import softmax

from core.deploy.predict import Predictor
from core.deploy.report import ExportReport
from core.deploy.thresholds import patch
from core.errors import ModelError
from core.learning import onnx_export
from core.learning.models.label_graph import label_graph_of
from core.learning.training.checkpoint import BEST_FILE, save_best
from tests.learning.exporting import exported, finished_run


@pytest.fixture
def of_one_class(tiny):
    """A recipe for one label per image."""
    return replace(tiny, task="multi-class").with_overrides(["loss=cross_entropy"])


@pytest.fixture
def one_class(snapshot):
    """The snapshot with one label per image: the first that is present, else the third."""
    states = (np.arange(3) == np.where(snapshot.states[:, 0] == 1, 0, 2)[:, None]).astype(np.int8)
    return replace(snapshot, states=states, task="multi-class")


def test_one_label_per_image_is_the_arg_max_of_a_softmax(of_one_class, one_class, tmp_path):
    torch.manual_seed(0)
    run, net = finished_run(tmp_path, of_one_class, one_class)
    out = exported(run, tmp_path / "model.onnx")

    props = {one.key: one.value for one in onnx.load(out).metadata_props}
    assert (props["task"], json.loads(props["thresholds"])) == ("multi-class", None)
    predictor = Predictor(out, threads=1)
    assert predictor.thresholds is None
    images = np.random.default_rng(0).integers(0, 256, (7, 32, 32, 3), dtype=np.uint8)
    with torch.inference_mode():
        logits = net(torch.from_numpy(images).permute(0, 3, 1, 2)).numpy()
    for count in (0, 1, 2, 7):
        probabilities, present = predictor.run(images[:count])
        np.testing.assert_allclose(probabilities, softmax(logits[:count], axis=1), atol=1e-4)
        np.testing.assert_array_equal(present, np.eye(3, dtype=bool)[logits[:count].argmax(axis=1)])

    report = ExportReport.load(out.with_name("model.onnx.report.json"))
    labels = one_class.states[24:36].argmax(axis=1)
    given = [one.probabilities.argmax() for one in predictor.predict([Path(path) for path in one_class.paths[24:36]])]
    assert (report.decisions, report.decisions_equal) == (12, True)
    assert report.top1_torch == report.top1_onnx == pytest.approx(np.mean(given == labels))
    with pytest.raises(ModelError, match="has no thresholds"):
        patch(out, [0.5, 0.5, 0.5])


def test_two_labels_with_the_same_probability_are_one_decision(of_one_class, one_class, tmp_path):
    run, net = finished_run(tmp_path, of_one_class, one_class)
    with torch.no_grad():
        net.head.linear.weight.zero_()
        net.head.linear.bias.copy_(torch.tensor([0.0, 1.0, 1.0]))
    save_best(run / BEST_FILE, net.state_dict())
    predictor = Predictor(exported(run, tmp_path / "model.onnx"), threads=1)
    _, present = predictor.run(np.zeros((2, 32, 32, 3), np.uint8))
    assert present.tolist() == [[False, True, False]] * 2


def test_another_choice_than_the_networks_is_an_error(of_one_class, one_class, tmp_path, monkeypatch):
    run, _ = finished_run(tmp_path, of_one_class, one_class)
    monkeypatch.setattr(
        onnx_export.ChoosingNet, "forward", lambda self, images: _least(self.net(images.permute(0, 3, 1, 2)))
    )
    with pytest.raises(ModelError, match=r"([1-9]\d*) of \1 decisions"):
        exported(run, tmp_path / "model.onnx")


def _least(logits: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    probabilities = logits.softmax(dim=1)
    return probabilities, torch.arange(3) == probabilities.argmin(dim=1, keepdim=True)


def test_a_label_graph_is_a_constant_of_the_file(tiny, snapshot, tmp_path):
    torch.manual_seed(0)
    recipe = tiny.with_overrides(["graph=gat"])
    graph = label_graph_of(recipe.model, snapshot.label_names, snapshot.states[:24])
    run, net = finished_run(tmp_path, recipe, snapshot, graph=graph)
    out = exported(run, tmp_path / "model.onnx")
    images = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
    probabilities, _ = Predictor(out, threads=1).run(images)
    with torch.inference_mode():
        expected = net(torch.from_numpy(images).permute(0, 3, 1, 2)).sigmoid().numpy()
    np.testing.assert_allclose(probabilities, expected, atol=1e-4)
    # neither words nor links are left: what is made of them is one factor per channel
    branch = sum(value.numel() for name, value in net.state_dict().items() if "nodes" in name)
    kept = sum(int(np.prod(one.dims)) for one in onnx.load(out).graph.initializer)
    assert kept < sum(value.numel() for value in net.state_dict().values()) - 0.9 * branch
