import dataclasses
import shutil

import numpy as np
import pytest

from core.evaluation.predictions import Predictions
from core.evaluation.threshold_file import ThresholdSet
from core.labels import MULTI_CLASS, Split
from core.project.store import Store


def train(folder, multihot, *more):
    done = multihot("train", folder, "--recipe", "resnet18-frozen", "--set", "pretrained=false", *more)
    assert done.code == 0, done.err


@pytest.fixture
def two_runs(trained, multihot):
    """A project with two runs, of which the second had more epochs and another seed."""
    train(trained, multihot, "--epochs", "3", "--seed", "5")
    return trained


@pytest.fixture
def same_runs(trained):
    """A project with two runs that are the same."""
    with Store.open(trained) as store:
        first = store.run(1).folder
        shutil.copytree(first, store.new_run("resnet18-frozen").folder, dirs_exist_ok=True)
    return trained


def change(project, run, **changes):
    path = project / "runs" / f"000{run}" / "predictions.npz"
    predictions = Predictions.load(path)
    dataclasses.replace(
        predictions, **{name: value(predictions) if callable(value) else value for name, value in changes.items()}
    ).save(path)


def test_the_terminal_tells_what_changed_from_one_run_to_another(two_runs, multihot):
    # the second run ranks all dogs right and says nothing of cats
    change(
        two_runs,
        2,
        probabilities=lambda one: np.column_stack((np.full(len(one.states), 0.4), 0.2 + 0.6 * (one.states[:, 1] == 1))),
        splits=lambda one: np.full(len(one.states), Split.TEST),
    )
    change(two_runs, 1, splits=lambda one: np.full(len(one.states), Split.TEST))
    done = multihot("compare", two_runs, "1", "2")
    assert done.code == 0, done.err
    assert "Run 2 compared with run 1 on 40 images of test that both scored" in done.out
    dog = next(line for line in done.out.splitlines() if line.startswith("dog"))
    assert "1.000" in dog
    assert "better" in dog
    assert "1 of 2 labels differ by more than noise; about 0.1 would by chance" in done.out
    assert "- training.epochs = 2\n  + training.epochs = 3" in done.out
    assert "+ seed = 5" in done.out
    assert "The annotations differ in nothing." in done.out
    result = multihot("compare", two_runs, "1", "2", "--split", "test", "--json").result
    assert (result["runs"], result["split"], result["images"]) == ([1, 2], "test", 40)
    by_name = {one["name"]: one for one in result["labels"]}
    assert (by_name["dog"]["after"], by_name["dog"]["verdict"]) == (1.0, "better")
    assert by_name["dog"]["low"] > 0
    assert result["fixed"] == sum(one["fixed"] for one in result["labels"])
    assert {"key": "training.epochs", "before": "2", "after": "3"} in result["recipe"]
    assert result["snapshots"]["changed_labels"] == []
    back = multihot("compare", two_runs, "2", "1", "--json").result
    assert back["map"]["difference"] == -result["map"]["difference"]
    assert (back["fixed"], back["broken"]) == (result["broken"], result["fixed"])


def test_thresholds_of_each_run_decide(same_runs, multihot):
    for run in (1, 2):
        change(same_runs, run, probabilities=lambda one: np.full(one.states.shape, 0.4, np.float32))
    assert multihot("compare", same_runs, "1", "2", "--split", "validation", "--json").result["fixed"] == 0
    ThresholdSet.default(("cat", "dog")).moved(0, 0.3).save(same_runs / "runs" / "0002" / "thresholds.json")
    result = multihot("compare", same_runs, "1", "2", "--split", "validation", "--json").result
    cat = result["labels"][0]
    assert cat["fixed"] == cat["positives"] > 0
    assert cat["broken"] == result["images"] - cat["positives"]


def test_a_renamed_label_is_the_same_and_corrected_labels_count(trained, multihot, known_states):
    with Store.open(trained) as store:
        store.change_label(1, name="kitten")
        label = store.add_label("horse")
        assert label.text
        store.set_states([1, 2], {1: 1 - store.states[0, 0]})
        store.set_states(store.image_ids.tolist(), {3: 0})
        store.set_states([1], {3: 1})
    train(trained, multihot, "--epochs", "2")
    for run in (1, 2):
        change(trained, run, splits=lambda one: np.full(len(one.states), Split.TEST))
    done = multihot("compare", trained, "1", "2")
    result = multihot("compare", trained, "1", "2", "--json").result
    assert [one["name"] for one in result["labels"]] == ["kitten", "dog"]
    assert result["left_out_labels"] == [[], ["horse"]]
    states = known_states(trained)
    assert result["labels"][0]["positives"] == (states[:, 0] == 1).sum()
    assert result["snapshots"]["renamed_labels"] == [["cat", "kitten"]]
    assert "Left out, because only run 2 has them: the label horse" in done.out
    assert "~ label “cat” renamed to “kitten”" in done.out
    # whichever is named first, the newer annotations are the truth
    back = multihot("compare", trained, "2", "1", "--json").result
    assert back["labels"][0]["positives"] == (states[:, 0] == 1).sum()
    assert back["labels"][0]["name"] == "cat"


def test_multi_class_runs_are_compared_by_top_1(same_runs, multihot):
    for run in (1, 2):
        change(
            same_runs,
            run,
            task=MULTI_CLASS,
            probabilities=lambda one, run=run: np.eye(2)[(np.arange(len(one.states)) + run) % 2],
            states=lambda one: np.eye(2, dtype=np.int8)[np.arange(len(one.states)) % 2],
            splits=lambda one: np.full(len(one.states), Split.TEST),
        )
    done = multihot("compare", same_runs, "1", "2")
    top1 = next(line for line in done.out.splitlines() if line.startswith("top-1"))
    assert top1.split()[1:4] == ["0.000", "1.000", "+1.000"]
    result = multihot("compare", same_runs, "1", "2", "--json").result
    assert (result["top1"]["verdict"], result["fixed"], result["broken"]) == ("better", 40, 0)


def test_what_cannot_be_compared_is_said(same_runs, multihot):
    done = multihot("compare", same_runs, "1", "9")
    assert done.code == 1
    assert "There is no run 9" in done.err
    assert multihot("compare", same_runs, "1").code == 2
    assert multihot("compare", same_runs, "1", "second").code == 2
