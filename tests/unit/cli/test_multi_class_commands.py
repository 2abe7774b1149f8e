"""The commands with projects whose images have one label each."""

import numpy as np
import pytest
from PIL import Image

from core.cli import predict
from core.deploy.predict import Prediction
from core.project.store import Store


@pytest.fixture
def class_folders(tmp_path):
    """Two images of each of two classes in train and val."""
    root = tmp_path / "shop"
    for split in ("train", "val"):
        for name, red in (("kiwi", 10), ("apple", 200)):
            (root / split / name).mkdir(parents=True)
            for number in range(2):
                Image.new("RGB", (8, 8), (red, 0, 0)).save(root / split / name / f"{number}.png")
    return root


def test_new_from_class_folders_makes_a_multi_class_project(class_folders, tmp_path, multihot, known_states):
    done = multihot("new", tmp_path / "p", "--from-class-folders", class_folders, "--json")
    assert done.result == {"project": str(tmp_path / "p"), "images": 8, "task": "multi-class", "labels": 2}
    with Store.open(tmp_path / "p") as store:
        assert [label.name for label in store.labels] == ["apple", "kiwi"]
        assert (store.task, np.bincount(store.splits).tolist()) == ("multi-class", [4, 4])
    assert known_states(tmp_path / "p").sum(axis=0).tolist() == [4, 4]


def test_import_finds_class_folders_out_and_says_what_it_refused(class_folders, tmp_path, multihot, known_states):
    made = multihot("new", tmp_path / "p", "--images", class_folders, "--task", "multi-class")
    assert f"2 labels: multihot import {tmp_path / 'p'} {class_folders} reads them" in made.out
    assert "--from-class-folders" not in made.out
    done = multihot("import", tmp_path / "p", class_folders, "--json")
    assert (done.code, done.result["matched"], done.result["refused"]) == (0, 8, [])
    table = tmp_path / "more.csv"
    table.write_text("filename,apple,kiwi\ntrain/kiwi/0.png,1,1\ntrain/kiwi/1.png,1,0\n")
    more = multihot("import", tmp_path / "p", table, "--json")
    assert more.result["refused"] == ["train/kiwi/0.png"]
    assert "several labels" in more.err
    assert known_states(tmp_path / "p").sum(axis=0).tolist() == [5, 3]


def test_folders_of_classes_are_told_before_a_project_has_another_task_for_good(class_folders, tmp_path, multihot):
    made = multihot("new", tmp_path / "p", "--images", class_folders)
    assert f"make another: multihot new PROJECT --from-class-folders {class_folders}\n" in made.out


def test_new_from_folders_without_classes_leaves_nothing_behind(images, tmp_path, multihot):
    done = multihot("new", tmp_path / "p", "--from-class-folders", images)
    assert (done.code, "several classes" in done.err) == (1, True)
    assert not (tmp_path / "p").exists()


def test_predict_prints_the_one_label_and_knows_no_thresholds(brightness, images, tmp_path, multihot, monkeypatch):
    monkeypatch.setattr(predict.Predictor, "thresholds", None)
    monkeypatch.setattr(predict.Predictor, "predict", _brightest)
    said = multihot("predict", tmp_path / "model.onnx", images / "00.png").out
    assert said == f"{images / '00.png'}: dog 0.90\n"
    (image,) = multihot("predict", tmp_path / "model.onnx", images / "00.png", "--json").result["images"]
    assert [(one["name"], one["threshold"], one["present"]) for one in image["labels"]] == [
        ("cat", None, False),
        ("dog", None, True),
    ]


def _brightest(_self, images):
    for path in images:
        yield Prediction(path, np.float32([0.1, 0.9]), np.array([False, True]))
