"""The terminal's commands from a person's or a program's side."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.cli import export
from core.cli.following import show
from core.cli.main import main
from core.cli.output import Output
from core.evaluation.predictions import Predictions
from core.jobs.events import RunStarted
from core.labels import Split
from core.paths import child_environment, module_command
from core.project.store import Store


def test_help_comes_at_once_and_names_every_command():
    said = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "core.cli", "--help"],
        env=child_environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    for command in (
        "new",
        "import",
        "recipes",
        "train",
        "evaluate",
        "thresholds",
        "export",
        "predict",
        "demo",
        "doctor",
    ):
        assert f"\n    {command}" in said.stdout
    imported = {line.rpartition("|")[2].strip() for line in said.stderr.splitlines()}
    assert not imported & {"numpy", "PIL", "torch", "onnxruntime", "PySide6", "sqlite3"}


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["juggle"],
        ["new", "p"],
        ["train"],
        ["evaluate", "p", "--split", "all"],
        ["train", "p", "--recipe", "resnet18-frozen", "--seed", "-1"],
    ],
)
def test_wrong_usage_is_code_2(argv, capsys):
    assert main(argv) == 2
    assert "usage:" in capsys.readouterr().err


@pytest.mark.parametrize("argv", [["juggle"], ["new", "p"], ["train", "p", "--recipe", "r", "--seed", "-1"], []])
def test_wrong_usage_is_told_to_a_program_too(argv, multihot):
    done = multihot(*argv, "--json")
    assert done.code == 2
    assert set(done.result) == {"error", "next_step"}
    assert done.result["error"] in done.err


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["train"], "multihot train --help lists its arguments."),
        ([], "multihot --help lists the commands."),
        (["evaluate", "p", "--run", "abc"], "“abc” is not the number of a run."),
        (["train", "p", "--epochs", "abc"], "“abc” is not a whole number from 0."),
    ],
)
def test_wrong_usage_names_the_help_of_the_command(argv, said, multihot):
    assert said in multihot(*argv).err


def test_what_is_neither_command_nor_folder_is_told(multihot):
    assert "neither a command nor a folder “nosuchfolder”" in multihot("nosuchfolder").err
    assert "multihot [PROJECT]" in multihot("--help").out


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a file that is always full")
@pytest.mark.parametrize("arguments", [["recipes"], ["recipes", "--json"], ["evaluate", "nowhere", "--json"]])
def test_output_that_cannot_be_written_is_told(arguments):
    with Path("/dev/full").open("w") as full:
        said = subprocess.run(
            module_command("core.cli", *arguments), env=child_environment(), stdout=full, stderr=subprocess.PIPE,
            text=True, check=False,
        )  # fmt: skip
    assert said.returncode == 1
    assert said.stderr.endswith("The output cannot be written: No space left on device.\n")


def test_the_version_is_told(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("multihot ")


def test_new_and_import_make_a_project(project, images, multihot, known_states):
    assert known_states(project).shape == (40, 2)
    again = multihot("new", project, "--images", images)
    assert (again.code, "already" in again.err) == (1, True)


def test_new_leaves_nothing_behind_when_the_images_are_missing(tmp_path, multihot):
    done = multihot("new", tmp_path / "p", "--images", tmp_path / "nowhere", "--json")
    assert done.code == 1
    assert "nowhere" in done.err
    assert "nowhere" in done.result["error"]
    (tmp_path / "empty").mkdir()
    assert multihot("new", tmp_path / "p", "--images", tmp_path / "empty").code == 1
    assert not (tmp_path / "p").exists()


def test_import_tells_what_does_not_fit(project, tmp_path, multihot):
    table = tmp_path / "more.csv"
    table.write_text("filename,cat,bird\n00.png,1,1\nnowhere.png,1,0\n")
    done = multihot("import", project, table, "--json")
    assert done.code == 0
    assert done.result == {
        "matched": 1, "unmatched": ["nowhere.png"], "ambiguous": [], "labels_added": ["bird"],
        "splits": 0, "splits_kept": 0,
    }  # fmt: skip
    assert "nowhere.png" in done.err
    table.write_text("filename,cat\n00.png,maybe\n")
    wrong = multihot("import", project, table)
    assert wrong.code == 1
    assert "line 2" in wrong.err


def test_import_warns_of_images_that_keep_their_split(project, tmp_path, multihot):
    table = tmp_path / "splits.csv"
    table.write_text("filename,split\n00.png,train\n01.png,test\n")
    done = multihot("import", project, table, "--json")
    assert (done.result["splits"], done.result["splits_kept"]) == (2, 0)
    table.write_text("filename,split\n00.png,test\n")
    done = multihot("import", project, table, "--json")
    assert (done.result["splits"], done.result["splits_kept"]) == (0, 1)
    assert "1 image keeps the split it has" in done.err
    assert "Splits of 1 image imported" in multihot("import", project, table).out


def test_recipes_are_listed(multihot):
    done = multihot("recipes", "--json")
    assert "resnet18-frozen" in [one["name"] for one in done.result["recipes"]]
    assert "resnet18-frozen\n" in multihot("recipes").out


def test_train_streams_events_and_ends_with_the_result(project, multihot, pretend):
    done = multihot(
        "train", project, "--recipe", "resnet18-frozen", "--set", "pretrained=false", "--epochs", 3, "--json"
    )
    assert done.code == 0
    assert [line["type"] for line in done.lines[:-1]] == ["Progress", "RunStarted", *["EpochEnded"] * 3, "RunFinished"]
    assert done.result["run"] == 1
    assert done.result["map"] == 0.5
    assert done.result["epochs"] == 3
    recipe = (project / "runs" / "0001" / "recipe.toml").read_text()
    assert "pretrained = false" in recipe


def test_train_tells_a_person_how_it_goes(project, multihot, pretend):
    done = multihot("train", project, "--recipe", "resnet18-frozen", "--set", "pretrained=false", "--epochs", 2)
    assert "Run 1: resnet18-frozen on auto" in done.out
    assert "mAP 0.5000 (best)" in done.out
    assert "Run 1 finished" in done.out


def test_train_without_weights_says_what_to_pass(project, multihot, pretend):
    done = multihot("train", project, "--recipe", "resnet18-frozen", "--json")
    assert done.code == 1
    assert "--weights FILE" in done.err
    assert "--set pretrained=false" in done.err
    assert done.result["error"] == "They could not be downloaded."


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--recipe", "nope"], "resnet18-frozen"),
        (["--recipe", "resnet18-frozen", "--set", "bananas=3"], "bananas"),
        (["--recipe", "resnet18-frozen", "--set", "epochs"], "key=value"),
        (["--recipe", "resnet18-frozen", "--epochs", "0"], "epochs"),
        (["--recipe", "resnet18-frozen", "--epochs", "10001"], "up to 10000"),
        (["--recipe", "resnet18-frozen", "--set", "size=4096"], "up to 2048"),
        (["--recipe", "resnet18-frozen", "--weights", "nowhere.safetensors"], "nowhere.safetensors"),
    ],
)
def test_a_training_that_cannot_start_makes_no_run(project, multihot, arguments, sentence):
    done = multihot("train", project, *arguments)
    assert done.code == 1
    assert sentence in done.err
    with Store.open(project) as store:
        assert store.runs() == []


def test_a_project_without_labels_is_not_trained(tmp_path, images, multihot):
    multihot("new", tmp_path / "p", "--images", images)
    done = multihot("train", tmp_path / "p", "--recipe", "resnet18-frozen")
    assert (done.code, "no labels" in done.err) == (1, True)


def test_evaluate_gives_the_scores_of_every_label(trained, multihot):
    done = multihot("evaluate", trained, "--json", "--split", "train")
    assert {"map", "overall_f1", "class_precision", "macro_f1", "sample_f1"} <= set(done.result)
    assert (done.result["run"], done.result["split"]) == (1, "train")
    assert [one["name"] for one in done.result["labels"]] == ["cat", "dog"]
    assert set(done.result["labels"][0]) >= {"name", "support", "ap", "precision", "recall", "f1", "threshold"}
    said = multihot("evaluate", trained).out
    assert "mAP" in said
    assert "cat" in said


def test_thresholds_are_saved_with_the_run(trained, multihot):
    assert {one["threshold"] for one in multihot("evaluate", trained, "--json").result["labels"]} == {0.5}
    tuned = multihot("thresholds", trained, "--objective", "f1", "--on", "train", "--json")
    saved = json.loads((trained / "runs" / "0001" / "thresholds.json").read_text())
    assert saved["values"] == [one["threshold"] for one in tuned.result["labels"]]
    assert (saved["objective"], saved["tuned_on"]) == ("f1", "train")
    judge = tuned.result["before_after"]["split"]
    evaluated = multihot("evaluate", trained, "--split", judge, "--json").result["labels"]
    assert [one["f1"] for one in evaluated] == pytest.approx([one["f1"] for one in tuned.result["labels"]])


def test_export_takes_the_thresholds_of_the_run(trained, tmp_path, multihot):
    multihot("thresholds", trained)
    done = multihot("export", trained, "--out", tmp_path / "model.onnx", "--json")
    assert done.code == 0
    assert done.result == {
        "run": 1,
        "path": str(tmp_path / "model.onnx"),
        "max_abs_difference": 1e-7,
        "decisions_equal": True,
        "images_checked": 2,
        "calibration": "none",
    }
    job = json.loads((trained / "runs" / "0001" / "exports" / "0001" / "job.json").read_text())
    assert job["thresholds"] == json.loads((trained / "runs" / "0001" / "thresholds.json").read_text())["values"]
    assert multihot("export", trained, "--out", tmp_path / "nowhere" / "model.onnx").code == 1


def test_an_export_replaces_models_only(trained, tmp_path, multihot, monkeypatch):
    out = tmp_path / "keep.onnx"
    assert multihot("export", trained, "--out", tmp_path / "keep.txt").code == 1
    out.write_text("notes")
    refused = multihot("export", trained, "--out", out)
    assert (refused.code, "replace it with --force" in refused.err, out.read_text()) == (1, True, "notes")
    assert multihot("export", trained, "--out", out, "--force").code == 0
    # onnxruntime and the metadata tell in tests of their own what is a model
    monkeypatch.setattr(export, "Predictor", lambda path: path)
    assert multihot("export", trained, "--out", out).code == 0


def test_a_run_without_scores_of_validation_is_exported(trained, tmp_path, multihot):
    path = trained / "runs" / "0001" / "predictions.npz"
    Predictions.load(path).of(Split.TRAIN).save(path)
    assert "no image of validation" in multihot("evaluate", trained).err
    assert multihot("export", trained, "--out", tmp_path / "model.onnx").code == 0


def test_a_training_without_a_validation_image_that_can_be_read_says_so(capsys):
    started = RunStarted(
        run=1, recipe="r", device="CPU", epochs=1, steps_per_epoch=1, train_images=9, validation_images=0,
        labels=("cat",), parameters=1,
    )  # fmt: skip
    show(started, Output(is_json=True))
    assert "No validation image can be read" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["evaluate"], ["thresholds"], ["export", "--out", "m.onnx"]])
def test_a_project_without_a_run_says_to_train(project, multihot, command):
    done = multihot(command[0], project, *command[1:])
    assert (done.code, "no finished run" in done.err) == (1, True)


@pytest.mark.parametrize("command", [["evaluate"], ["thresholds"], ["export", "--out", "m.onnx"]])
def test_a_run_that_is_not_there_is_told(trained, multihot, command):
    done = multihot(command[0], trained, *command[1:], "--run", 7)
    assert (done.code, "no run 7" in done.err) == (1, True)


def test_a_run_without_a_model_says_why(project, multihot, pretend):
    multihot("train", project, "--recipe", "resnet18-frozen")
    for command in (["evaluate"], ["export", "--out", "m.onnx"]):
        said = multihot(command[0], project, *command[1:], "--run", 1).err
        assert "Run 1 has no model: it failed. They could not be downloaded." in said
    shutil.rmtree(project / "runs" / "0001")
    said = multihot("evaluate", project, "--run", 1).err
    assert "The folder of run 1 was deleted." in said


def test_damaged_results_of_a_run_are_told(trained, multihot):
    (trained / "runs" / "0001" / "thresholds.json").write_text("{")
    assert "thresholds" in multihot("evaluate", trained).err
    scores = trained / "runs" / "0001" / "predictions.npz"
    for content in (b"", b"PK", scores.read_bytes()[:200]):
        scores.write_bytes(content)
        for command in (["evaluate"], ["thresholds"], ["export", "--out", "m.onnx"]):
            done = multihot(command[0], trained, *command[1:])
            assert (done.code, "predictions.npz" in done.err) == (1, True)


def test_a_project_that_is_open_elsewhere_is_refused(trained, multihot):
    with Store.open(trained):
        said = subprocess.run(
            module_command("core.cli", "evaluate", str(trained)),
            env=child_environment(), capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert said.returncode == 1
    assert "already open" in said.stderr


def test_output_to_a_closed_pipe_is_no_crash(trained):
    said = subprocess.run(
        f'"{sys.executable}" -m core.cli evaluate "{trained}" --json | true',
        shell=True, env=child_environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Traceback" not in said.stderr


def test_scores_survive_being_printed(trained, multihot, known_states):
    states = known_states(trained)
    total = 0
    for split in ("train", "validation", "test"):
        total += sum(
            one["support"] for one in multihot("evaluate", trained, "--split", split, "--json").result["labels"]
        )
    assert total == np.count_nonzero(states == 1)
