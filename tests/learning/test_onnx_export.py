import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from core.deploy.predict import Predictor
from core.deploy.report import ExportReport
from core.deploy.thresholds import patch
from core.errors import JobError, ModelError
from core.evaluation.predictions import Predictions
from core.jobs.events import ExportFinished, Progress
from core.jobs.job import ExportJob
from core.labels import Split
from core.learning import onnx_export
from core.learning.models.net import build_net, preprocessing_of
from core.learning.onnx_export import export, write

THRESHOLDS = (0.3, 0.5, 0.65)


class Exporting:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.out = folder / "out" / "model.onnx"
        self.job = folder / "job"
        self.events = []
        for one in (self.out.parent, self.job):
            one.mkdir()

    def export(self, run: Path, *, thresholds=THRESHOLDS, control=lambda: "continue") -> Path:
        job = ExportJob(run_id=7, run_folder=str(run), out=str(self.out), thresholds=thresholds, threads=1)
        export(job, self.job, self.events.append, control)
        return self.out


@pytest.fixture
def exporting(tmp_path):
    return Exporting(tmp_path)


@pytest.fixture
def trained(training, tiny, snapshot):
    return training.run("run", tiny.with_overrides(["epochs=1"]), snapshot)


def test_the_file_says_what_the_run_predicted(exporting, trained, snapshot, tmp_path):
    out = exporting.export(trained)

    assert sorted(path.name for path in out.parent.iterdir()) == ["model.onnx", "model.onnx.report.json"]
    finished = exporting.events[-1]
    assert isinstance(finished, ExportFinished)
    assert (finished.path, finished.images_checked, finished.decisions_equal) == (str(out), 12, True)
    assert finished.max_abs_difference < 1e-4
    report = ExportReport.load(out.with_name("model.onnx.report.json"))
    assert report == ExportReport.load(exporting.job / "report.json")
    assert (report.images_split, report.labels, report.bytes) == ("validation", 3, out.stat().st_size)
    assert report.map_torch == pytest.approx(report.map_onnx, abs=1e-6)
    assert report.milliseconds_onnx > 0

    predictor = Predictor(out, threads=1)
    expected = Predictions.load(trained / "predictions.npz")
    given = list(predictor.predict([Path(path) for path in snapshot.paths]))
    probabilities = np.array([one.probabilities for one in given])
    np.testing.assert_allclose(probabilities, expected.probabilities, atol=1e-4)
    np.testing.assert_array_equal([one.present for one in given], probabilities >= np.float32(THRESHOLDS))
    assert {event.stage for event in exporting.events if isinstance(event, Progress)} == {"Exporting", "Verifying"}
    assert list((exporting.job).iterdir()) == [exporting.job / "report.json"], "the unverified file is gone"


def test_the_metadata_tells_everything_needed_to_use_the_file(exporting, trained, snapshot):
    out = exporting.export(trained)
    props = {one.key: one.value for one in onnx.load(out).metadata_props}
    summary = json.loads((trained / "summary.json").read_text())
    assert json.loads(props["labels"]) == ["red", "green", "blue"]
    assert json.loads(props["thresholds"]) == np.float32(THRESHOLDS).tolist()
    imagenet = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
    assert json.loads(props["preprocessing"]) == {"width": 32, "height": 32, "interpolation": "bilinear", **imagenet}
    assert (props["recipe"], props["run"], props["snapshot"]) == ("tiny", "7", snapshot.hash)
    assert json.loads(props["map"]) == summary["map"]
    assert props["version"]
    metadata = Predictor(out).metadata
    assert metadata.to_props() == {key: props[key] for key in metadata.to_props()}


def test_the_file_tells_nothing_of_the_machine_that_wrote_it(exporting, trained):
    content = exporting.export(trained).read_bytes()
    assert b"stack_trace" not in content
    assert b"onnx_export.py" not in content
    assert str(Path(onnx_export.__file__).parents[2]).encode() not in content
    assert str(Path(torch.__file__).parent).encode() not in content


@pytest.mark.parametrize(
    "change",
    ["head=linear", "head=cosine", "backbone=mobilenetv3_small_050", "backbone=test_vit", "backbone=resnet10t"],
)
def test_every_head_and_neck_is_exported_for_batches_of_any_size(change, tiny, tmp_path):
    recipe = tiny.with_overrides([change])
    net = build_net(recipe, 3).eval()
    # as after training: running statistics that are not 0 and 1
    net.train()(torch.randint(0, 256, (8, 3, 32, 32), dtype=torch.uint8))
    net.eval()
    path = tmp_path / "model.onnx"
    metadata = onnx_export.Metadata(
        label_names=("a", "b", "c"), thresholds=(0.4, 0.5, 0.6), preprocessing=preprocessing_of(net, 32), recipe="tiny",
        run=1, map=None, snapshot="", version="",
    )  # fmt: skip
    write(net, metadata, path)
    assert [one.name for one in tmp_path.iterdir()] == ["model.onnx"], "no external data"
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    assert [one.name for one in model.graph.initializer].count("thresholds") == 1
    session = onnxruntime.InferenceSession(path)
    assert [(one.name, one.type) for one in session.get_inputs()] == [("images", "tensor(uint8)")]
    assert [(one.name, one.type) for one in session.get_outputs()] == [
        ("probabilities", "tensor(float)"),
        ("present", "tensor(bool)"),
    ]
    rng = np.random.default_rng(0)
    for count in (0, 1, 2, 7):
        images = rng.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
        probabilities, present = session.run(None, {"images": images})
        assert probabilities.shape == present.shape == (count, 3)
        if count == 0:
            continue
        with torch.inference_mode():
            expected = torch.sigmoid(net(torch.from_numpy(images).permute(0, 3, 1, 2))).numpy()
        np.testing.assert_allclose(probabilities, expected, atol=1e-4)
        np.testing.assert_array_equal(present, probabilities >= np.float32([0.4, 0.5, 0.6]))


def test_a_frozen_run_and_one_with_unknown_labels_are_exported(exporting, training, tiny, snapshot):
    run = training.run("run", tiny.with_overrides(["frozen=true", "head=cosine"]), snapshot)
    exporting.export(run)
    assert exporting.events[-1].decisions_equal


def test_thresholds_are_patched_in_graph_and_metadata(exporting, trained, snapshot):
    out = exporting.export(trained)
    images = [Path(path) for path in snapshot.paths[:5]]
    before = [one.probabilities for one in Predictor(out).predict(images)]
    patch(out, [0.0, 1.0, 0.1])
    predictor = Predictor(out)
    np.testing.assert_array_equal(predictor.thresholds, np.float32([0.0, 1.0, 0.1]))
    for probabilities, after in zip(before, predictor.predict(images), strict=True):
        np.testing.assert_array_equal(after.probabilities, probabilities)
        assert after.present[0]
        assert not after.present[1]
        assert after.present[2] == (probabilities[2] >= np.float32(0.1))
    assert [path.name for path in out.parent.iterdir() if path.name.startswith(".")] == []


def test_a_file_that_decides_otherwise_is_not_left_behind(exporting, trained, monkeypatch):
    exporting.out.write_bytes(b"the model of yesterday")
    honest = onnx_export.write

    def cheat(net, metadata, path):
        with torch.no_grad():
            net.head.linear.bias.add_(0.5)
            honest(net, metadata, path)
            net.head.linear.bias.sub_(0.5)

    monkeypatch.setattr(onnx_export, "write", cheat)
    with pytest.raises(ModelError, match="differs from the run"):
        exporting.export(trained)
    assert exporting.out.read_bytes() == b"the model of yesterday"
    exporting.out.unlink()
    with pytest.raises(ModelError, match="differs from the run"):
        exporting.export(trained)
    assert list(exporting.out.parent.iterdir()) == []
    assert not [event for event in exporting.events if isinstance(event, ExportFinished)]


def test_a_wrong_decision_is_an_error_even_where_probabilities_agree(exporting, trained, monkeypatch):
    honest = onnx_export.write

    def cheat(net, metadata, path):
        honest(net, metadata, path)
        model = onnx.load(path)
        for tensor in model.graph.initializer:
            if tensor.name == "thresholds":
                tensor.CopyFrom(onnx.numpy_helper.from_array(np.float32([0.999, 0.001, 0.5]), "thresholds"))
        onnx.save(model, path)

    monkeypatch.setattr(onnx_export, "write", cheat)
    with pytest.raises(ModelError, match=r"[1-9]\d* of \d+ decisions"):
        exporting.export(trained)


def test_a_stop_leaves_no_file(exporting, trained):
    asked = iter(["continue", "continue", "stop"])
    exporting.export(trained, control=lambda: next(asked, "stop"))
    assert list(exporting.out.parent.iterdir()) == []


def test_images_that_vanished_are_not_checked(exporting, trained, snapshot):
    Path(snapshot.paths[25]).unlink()
    exporting.export(trained)
    assert exporting.events[-1].images_checked == 11


def test_without_validation_images_others_are_checked(exporting, training, tiny, snapshot):
    splits = np.where(snapshot.splits == Split.VALIDATION, Split.TRAIN, snapshot.splits).astype(np.int8)
    run = training.run("run", tiny.with_overrides(["epochs=1"]), replace(snapshot, splits=splits))
    exporting.export(run)
    assert ExportReport.load(exporting.job / "report.json").images_split == "test"


def test_wrong_thresholds_and_unfinished_runs_are_said(exporting, trained):
    with pytest.raises(ModelError, match="3 labels, not 2"):
        exporting.export(trained, thresholds=(0.5, 0.5))
    with pytest.raises(ModelError, match="between 0 and 1"):
        exporting.export(trained, thresholds=(0.5, 0.5, 1.5))
    (trained / "best.safetensors").write_bytes(b"")
    with pytest.raises(JobError, match="missing or damaged"):
        exporting.export(trained)
    (trained / "summary.json").unlink()
    with pytest.raises(JobError, match="has not finished"):
        exporting.export(trained)
