"""`multihot train` up to the worker, which pretends."""

from dataclasses import replace

import pytest

from core.cli import train
from core.cli.following import show
from core.cli.output import Output
from core.jobs.events import (
    EarlyStopped,
    EpochEnded,
    LearningRateChosen,
    LearningRateTried,
    Note,
    RunFinished,
    RunPaused,
)
from core.jobs.job import TrainJob
from core.labels import LabelState
from core.project.store import Store
from core.recipes.catalogue import duplicate, recipe
from core.recipes.recipe import from_toml

SCRATCH = ["--set", "pretrained=false", "--epochs", "1"]


def recipe_of(project, run=1):
    return from_toml(project / "runs" / f"{run:04d}" / "recipe.toml")


def test_without_a_name_the_usual_recipe_is_trained_and_adapted(project, multihot, pretend):
    done = multihot("train", project, "--set", "pretrained=false")
    assert done.code == 0, done.err
    usual, trained = recipe("adaptive-224"), recipe_of(project)
    assert trained.name == usual.name
    assert trained.training.batch_size < usual.training.batch_size
    (note,) = TrainJob.load(project / "runs" / "0001").notes
    assert "training images: batches of" in note


def test_what_is_set_is_not_adapted(project, multihot, pretend):
    done = multihot("train", project, *SCRATCH, "--set", "batch_size=64")
    assert done.code == 0, done.err
    assert (recipe_of(project).training.batch_size, recipe_of(project).training.epochs) == (64, 1)


def test_a_variant_comes_before_what_is_set(project, multihot, pretend):
    name = "efficientnetv2-s-ml-decoder-aam-224"
    done = multihot("train", project, "--recipe", name, "--variant", "voc", *SCRATCH, "--set", "gamma_negative=3")
    assert done.code == 0, done.err
    loss = recipe_of(project).loss
    # METHOD.md, 1.1, for VOC
    assert (loss.scale, loss.gamma_positive, loss.gamma_negative) == (17.0, 1.0, 3.0)
    wrong = multihot("train", project, "--recipe", name, "--variant", "imagenet")
    assert (wrong.code, "It has voc, coco, nus, vg500." in wrong.err) == (1, True)


def test_what_a_variant_sets_is_not_adapted(project, multihot, pretend):
    path = duplicate(recipe("mobilenetv3-large-224"), name="mine", project=project)
    path.write_text(path.read_text() + '\n[variants]\nshort = ["training.epochs=2", "training.batch_size=64"]\n')
    done = multihot("train", project, "--recipe", "mine", "--variant", "short", "--set", "pretrained=false")
    assert done.code == 0, done.err
    assert (recipe_of(project).training.batch_size, recipe_of(project).training.epochs) == (64, 2)


def test_a_projects_own_recipe_is_trained_by_its_name(project, multihot, pretend):
    path = duplicate(recipe("resnet18-224"), name="mine", project=project)
    path.write_text(path.read_text().replace("pretrained = true", "pretrained = false"))
    assert multihot("train", project, "--recipe", "mine", "--epochs", "1").code == 0
    assert recipe_of(project).name == "mine"


def test_a_run_can_start_from_a_run_of_this_or_another_project(project, tmp_path, multihot, pretend):
    name = ["--recipe", "resnet18-224", *SCRATCH]
    assert multihot("train", project, *name).code == 0
    first = project / "runs" / "0001"
    assert multihot("train", project, *name, "--from-run", 1).code == 0
    assert TrainJob.load(project / "runs" / "0002").initial_run == str(first)
    assert multihot("train", project, *name, "--from-run", f"{project}:1").code == 0
    assert TrainJob.load(project / "runs" / "0003").initial_run == str(first)
    nowhere = multihot("train", project, *name, "--from-run", f"{tmp_path}:4")
    assert (nowhere.code, f"There is no project in {tmp_path}. Name" in nowhere.err) == (1, True)
    missing = multihot("train", project, *name, "--from-run", 99)
    assert (missing.code, f"There is no run 99 in {project}." in missing.err) == (1, True)
    assert not (project / "runs" / "0004").exists()


@pytest.mark.parametrize("wrong", [["--from-run", "last"], ["--from-run", "1", "--weights", "w.safetensors"]])
def test_wrong_ways_to_start_are_wrong_usage(project, multihot, wrong):
    assert multihot("train", project, *wrong).code == 2


def test_a_run_goes_on_after_a_pause(project, multihot, pretend):
    assert multihot("train", project, "--recipe", "resnet18-frozen", "--set", "pretrained=false").code == 0
    ended = multihot("train", project, "--resume", 1)
    assert (ended.code, "Run 1 has ended. Train anew from it: --from-run 1." in ended.err) == (1, True)
    folder = project / "runs" / "0001"
    with (folder / "events.jsonl").open("a") as file:
        file.write(RunPaused(epoch=1, step=1).encode() + "\n")
    lost = multihot("evaluate", project)
    assert f"Go on with run 1: multihot train {project} --resume 1" in lost.err
    lost = multihot("evaluate", project, "--run", 1)
    assert f"it is paused. Choose a finished run. Or go on with it: multihot train {project} --resume 1" in lost.err
    wrong = multihot("train", project, "--resume", 1, "--epochs", 3)
    assert (wrong.code, "--epochs is for a new one" in wrong.err) == (1, True)
    done = multihot("train", project, "--resume", 1)
    assert done.code == 0, done.err
    # what was said before the pause is not said again
    assert done.out.count("Epoch   1") == 1
    assert "Run 1 finished" in done.out
    gone = multihot("train", project, "--resume", 9)
    assert (gone.code, "There is no run 9" in gone.err) == (1, True)


def test_a_recipe_of_another_task_is_refused(project, multihot, pretend):
    done = multihot("train", project, "--recipe", "mobilenetv3-large-224-multi-class", *SCRATCH)
    assert (done.code, "is multi-class, and the project is multi-label" in done.err) == (1, True)
    assert "Choose one such as adaptive-224." in done.err
    assert not (project / "runs" / "0001").exists()


def test_in_a_multi_class_project_a_recipe_is_named_without_its_ending(images, tmp_path, multihot, pretend):
    project = tmp_path / "one-each"
    assert multihot("new", project, "--images", images, "--task", "multi-class").code == 0
    with Store.open(project) as store:
        for name in ("cat", "dog"):
            store.add_label(name)
        cat, dog = store.labels
        for row, image in enumerate(store.image_ids.tolist()):
            store.set_states([image], {(cat, dog)[row % 2].id: LabelState.PRESENT})
    done = multihot("train", project, "--recipe", "efficientnet-b0-224", *SCRATCH)
    assert done.code == 0, done.err
    trained = recipe_of(project)
    assert (trained.name, trained.task) == ("efficientnet-b0-224-multi-class", "multi-class")
    assert multihot("train", project, *SCRATCH).code == 0
    assert recipe_of(project, 2).name == "adaptive-224-multi-class"


def epoch(**facts):
    return EpochEnded(
        epoch=3, step=9, train_loss=1.0, validation_loss=None, validation_map=0.75, average_precision=(0.75,),
        is_best=True, learning_rate=0.1, images_per_second=1.0, seconds=1.0, eta_seconds=1.0, **facts,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (Note(sentence="252 training images: batches of 16."), "252 training images: batches of 16.\n"),
        (
            LearningRateChosen(learning_rate=0.00123, reason="best of 15 trials"),
            "Learning rate 0.00123: best of 15 trials.",
        ),
        (EarlyStopped(epoch=7, reason="no gain for 5 epochs"), "Ends at epoch 7: no gain for 5 epochs."),
        (epoch(top1=0.5), "top-1 0.5000 (best), mAP 0.7500"),
        (epoch(is_average=True), "mAP 0.7500 (best, averaged weights)"),
    ],
)
def test_what_a_training_tells_is_told_on(event, said, capsys):
    show(event, Output(is_json=False))
    assert said in capsys.readouterr().out


def test_every_epoch_and_every_trial_of_a_search_has_a_line(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    output = Output(is_json=False)
    show(LearningRateTried(trial=2, trials=15, learning_rate=0.003, validation_map=0.5, pruned=True), output)
    show(LearningRateTried(trial=3, trials=90, learning_rate=0.001, loss=0.25), output)
    show(LearningRateTried(trial=4, trials=15, learning_rate=0.1, validation_map=0.5, top1=0.25, pruned=True), output)
    show(replace(epoch(), is_best=False), output)
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        "Looking for a learning rate, 2 of 15: 0.003, mAP 0.5000 (given up)",
        "Looking for a learning rate, 4 of 15: 0.1, mAP 0.5000, top-1 0.2500 (given up)",
        "Epoch   3: loss 1.0000, mAP 0.7500, 1 s left",
    ]
    # a range test has many steps, which pass by
    assert "Looking for a learning rate, 3 of 90: 0.001, loss 0.2500" in said.err


@pytest.mark.parametrize(("top1", "said"), [(None, "validation mAP 0.7500 at"), (0.25, "validation top-1 0.2500 at")])
def test_a_run_ends_with_the_figure_that_its_epochs_were_compared_by(top1, said, project, monkeypatch, capsys):
    finished = RunFinished(
        epochs=3, best_epoch=2, validation_map=0.75, stopped=False, skipped_images=0, seconds=1.0, top1=top1
    )
    monkeypatch.setattr(train, "work", lambda *_, **__: finished)
    run, outcome = train.train(project, recipe("sample-tiny"), Output(is_json=False))
    assert f"{said} epoch 2 of 3." in capsys.readouterr().out
    result = train.result_of(run, outcome)
    assert (result["map"], result["top1"]) == (0.75, top1)
