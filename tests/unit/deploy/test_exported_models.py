import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper
from PIL import Image

from core.deploy.metadata import Metadata, as_float32
from core.deploy.predict import Predictor
from core.deploy.report import ExportReport
from core.deploy.thresholds import patch
from core.errors import ModelError
from core.evaluation.calibration import Calibration


@pytest.fixture
def images(tmp_path):
    colors = {"red": (255, 0, 0), "grey": (128, 128, 128), "white": (255, 255, 255)}
    paths = []
    for name, color in colors.items():
        paths.append(tmp_path / f"{name}.png")
        Image.new("RGB", (9, 7), color).save(paths[-1])
    return paths


def test_images_are_predicted_in_order_and_broken_ones_say_why(model, images, tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8 no more")
    asked = [images[0], broken, tmp_path / "gone.png", images[1], images[2]]
    predictor = Predictor(model, threads=1)
    given = list(predictor.predict(asked))
    assert [one.path for one in given] == asked
    assert [one.problem is None for one in given] == [True, False, False, True, True]
    np.testing.assert_allclose(given[0].probabilities, [1, 0, 0])
    assert given[0].present.tolist() == [True, False, False]
    assert given[3].present.tolist() == [True, True, False]
    assert given[4].present.tolist() == [True, True, True]
    assert given[1].probabilities.shape == (0,)
    assert predictor.label_names == ("red", "green", "blue")
    assert predictor.metadata.map == 0.875


def test_more_images_than_a_batch_and_only_broken_ones(model, images, tmp_path):
    predictor = Predictor(model, threads=1)
    assert [one.present[1] for one in predictor.predict(images[:2] * 10)] == [False, True] * 10
    gone = [tmp_path / f"{number}.png" for number in range(9)]
    assert all(one.problem for one in predictor.predict(gone))
    assert list(predictor.predict([])) == []


def test_thresholds_are_patched_whole_and_in_place(model, images):
    patch(model, [1.0, 0.0, 0.1])
    predictor = Predictor(model)
    np.testing.assert_array_equal(predictor.thresholds, np.float32([1.0, 0.0, 0.1]))
    assert [one.present.tolist() for one in predictor.predict(images)] == [
        [True, True, False],
        [False, True, True],
        [True, True, True],
    ]
    assert [path.name for path in model.parent.iterdir() if path.suffix == ".onnx"] == ["model.onnx"]


@pytest.mark.parametrize("thresholds", [[0.5], [0.5, 0.5, 1.5], [0.5, 0.5, float("nan")], [-0.1, 0.5, 0.5]])
def test_thresholds_that_do_not_fit_change_nothing(model, thresholds):
    before = model.read_bytes()
    with pytest.raises(ModelError):
        patch(model, thresholds)
    assert model.read_bytes() == before


def foreign(model: Path) -> None:
    proto = onnx.load(model)
    del proto.metadata_props[:]
    onnx.save(proto, model)


def of_a_later_version(model: Path) -> None:
    proto = onnx.load(model)
    helper.set_model_props(proto, {one.key: one.value for one in proto.metadata_props} | {"multihot": "99"})
    onnx.save(proto, model)


def with_damaged_labels(model: Path) -> None:
    proto = onnx.load(model)
    helper.set_model_props(proto, {one.key: one.value for one in proto.metadata_props} | {"labels": '["a"]'})
    onnx.save(proto, model)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (foreign, "model.onnx was not exported by Multihot"),
        (of_a_later_version, "model.onnx was exported by a newer version"),
        (with_damaged_labels, "metadata of model.onnx is damaged"),
        (lambda model: model.write_bytes(b"no protobuf"), "model.onnx cannot be"),
        (lambda model: model.write_bytes(b""), "model.onnx"),
        (lambda model: model.unlink(), "model"),
    ],
)
@pytest.mark.parametrize("use", [Predictor, lambda model: patch(model, [0.5] * 3)])
def test_a_file_that_is_not_ours_is_refused_with_a_sentence(model, spoil, said, use):
    spoil(model)
    with pytest.raises(ModelError, match=said):
        use(model)


def test_metadata_survives_the_file(metadata, tmp_path):
    changed = replace(metadata, label_names=('Ü, "x"', "b", "c"), map=None)
    assert Metadata.from_props(changed.to_props(), tmp_path) == changed


@pytest.mark.parametrize("method", ["temperature", "platt"])
def test_a_calibration_survives_the_file(metadata, tmp_path, method):
    calibration = Calibration(metadata.label_names, method, np.array([0.5, 1, 2]), np.zeros(3), "validation", ("blue",))
    read = Metadata.from_props(replace(metadata, calibration=calibration).to_props(), tmp_path)
    assert read.calibration.to_dict() == calibration.to_dict()
    assert replace(read, calibration=None) == metadata


def test_a_file_from_before_there_was_calibration_is_read(metadata, tmp_path):
    props = metadata.to_props()
    assert props.pop("calibration") == "null"
    assert Metadata.from_props(props, tmp_path) == metadata
    damaged = {**props, "calibration": '{"method": "platt"}'}
    with pytest.raises(ModelError, match="damaged"):
        Metadata.from_props(damaged, tmp_path)


def test_thresholds_become_what_the_model_compares():
    assert as_float32((0.1, 1.0)) == (float(np.float32(0.1)), 1.0)


def test_a_report_survives_its_file(tmp_path):
    report = ExportReport(
        path="model.onnx", bytes=10, labels=3, images_checked=5, images_split="validation", max_abs_difference=1e-6,
        decisions=15, decisions_different=0, map_torch=0.5, map_onnx=None, milliseconds_torch=2.0,
        milliseconds_onnx=1.0, seconds=3.0,
    )  # fmt: skip
    path = tmp_path / "report.json"
    report.save(path)
    assert ExportReport.load(path) == report
    assert json.loads(path.read_text())["decisions_equal"] is True
    assert not replace(report, decisions_different=1).decisions_equal
    path.write_text("{}")
    with pytest.raises(ModelError, match="missing or damaged"):
        ExportReport.load(path)


def test_predicting_and_patching_need_neither_torch_nor_qt(model, images):
    code = (
        "import sys; from pathlib import Path\n"
        "from core.deploy.predict import Predictor; from core.deploy.thresholds import patch\n"
        f"model = Path({str(model)!r}); patch(model, [0.5, 0.5, 0.5])\n"
        f"print([one.present.tolist() for one in Predictor(model).predict([Path({str(images[0])!r})])])\n"
        "print([name for name in ('torch', 'torchvision', 'timm', 'PySide6', 'scipy', 'core.learning') "
        "if name in sys.modules])"
    )
    root = Path(__file__).resolve().parents[3]
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        check=True,
    )
    assert result.stdout.splitlines() == ["[[True, False, False]]", "[]"]


def test_a_file_of_one_label_per_image_has_no_thresholds(metadata, model, tmp_path):
    one = replace(metadata, task="multi-class", thresholds=None)
    assert Metadata.from_props(one.to_props(), tmp_path) == one
    proto = onnx.load(model)
    helper.set_model_props(proto, one.to_props())
    onnx.save(proto, model)
    assert Predictor(model).thresholds is None
    before = model.read_bytes()
    with pytest.raises(ModelError, match="has no thresholds"):
        patch(model, [0.5] * 3)
    assert model.read_bytes() == before


def test_a_file_from_before_there_were_tasks_is_multi_label(metadata, tmp_path):
    props = metadata.to_props()
    del props["task"]
    assert props["multihot"] == "1"
    assert Metadata.from_props(props, tmp_path) == metadata
