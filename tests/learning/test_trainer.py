import itertools
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from core.errors import JobError, WeightsError
from core.evaluation.predictions import Predictions
from core.evaluation.threshold_file import ThresholdSet
from core.jobs.events import (
    CheckpointSaved,
    EpochEnded,
    ImageSkipped,
    Progress,
    RunFinished,
    RunPaused,
    RunStarted,
    StepEnded,
)
from core.labels import Split
from core.learning.training.summary import Summary


def questions_while_reading(snapshot) -> int:
    """The control is asked once an image while images are read for the first time."""
    return len(snapshot.paths)


def test_a_run_learns_and_writes_all_its_results(training, tiny, snapshot):
    recipe = tiny.with_overrides(["epochs=25"])
    run = training.run("run", recipe, snapshot)

    (started,) = training.of(RunStarted)
    assert (started.run, started.recipe, started.device) == (7, "tiny", "CPU, 1 thread")
    assert (started.epochs, started.steps_per_epoch, started.epochs_done) == (25, 3, 0)
    assert (started.train_images, started.validation_images) == (24, 12)
    assert started.labels == ("red", "green", "blue")
    epochs = training.of(EpochEnded)
    assert [epoch.epoch for epoch in epochs] == list(range(1, 26))
    assert epochs[-1].step == 75
    assert epochs[-1].train_loss < epochs[0].train_loss
    assert all(len(epoch.average_precision) == 3 for epoch in epochs)
    finished = training.events[-1]
    assert isinstance(finished, RunFinished)
    assert finished.validation_map == max(epoch.validation_map for epoch in epochs) > 0.8
    assert not finished.stopped
    assert not list(run.glob(".*")), "temporary files are left"

    predictions = Predictions.load(run / "predictions.npz")
    np.testing.assert_array_equal(predictions.image_ids, snapshot.image_ids)
    np.testing.assert_array_equal(predictions.states, snapshot.states)
    np.testing.assert_array_equal(predictions.splits, snapshot.splits)
    thresholds = ThresholdSet.load(run / "thresholds.json")
    assert (thresholds.objective, thresholds.tuned_on) == ("f1", "validation")
    summary = Summary.load(run)
    assert summary.map == finished.validation_map
    assert summary.parameters == started.parameters
    assert json.loads((run / "summary.json").read_text())["epochs"] == 25


def test_the_kept_map_is_that_of_the_written_predictions(training, tiny, snapshot):
    from sklearn.metrics import average_precision_score

    run = training.run("run", tiny, snapshot)
    validation = Predictions.load(run / "predictions.npz").of(Split.VALIDATION)
    values = [
        average_precision_score(validation.targets[known, label], validation.probabilities[known, label])
        for label, known in enumerate(validation.known.T)
    ]
    assert training.events[-1].validation_map == pytest.approx(np.mean(values), abs=1e-9)


@pytest.mark.parametrize(
    "change",
    [
        "head=linear",
        "head=cosine",
        "frozen=true",
        "optimizer=sgd cycle_momentum=true",
        "dropout=0.5",
        "sam_rho=0.1 bias_rate=2",
        "mixup=0.4",
        "schedule=plateau learning_rate=1e-6 plateau_patience=0 early_stopping=4",
        "head=ml_decoder_cosine embedding=16 schedule=cosine warm_up_steps=5",
        "head=csra graph=gat",
    ],
)
def test_a_run_paused_again_and_again_ends_like_one_that_was_not(training, tiny, snapshot, change):
    recipe = tiny.with_overrides([*change.split(), "loss=asymmetric_angular_margin"])
    training.run("whole", recipe, snapshot)
    whole_epochs = training.of(EpochEnded)

    paused_epochs, starts = [], []
    for attempt in range(20):
        # pauses two steps after it began, so in the middle of epochs, at their ends and after the last step; the
        # control is asked at each batch of features as well
        features = 2 if change == "frozen=true" else 0
        training.run("paused", recipe, snapshot, commands=[(features + 1, "pause")])
        paused_epochs += training.of(EpochEnded)
        starts += training.of(RunStarted)
        if training.of(RunFinished):
            break
        assert isinstance(training.events[-1], RunPaused)
        assert training.events[-1].step == 2 * (attempt + 1)
    assert attempt == 6

    expected, given = (load_file(training.folder / name / "best.safetensors") for name in ("whole", "paused"))
    assert expected.keys() == given.keys()
    for name, tensor in expected.items():
        assert torch.equal(tensor, given[name]), name
    for one, other in zip(whole_epochs, paused_epochs, strict=True):
        assert (one.train_loss, one.validation_loss, one.validation_map) == (
            other.train_loss,
            other.validation_loss,
            other.validation_map,
        )
    a, b = (Predictions.load(training.folder / name / "predictions.npz") for name in ("whole", "paused"))
    np.testing.assert_array_equal(a.probabilities, b.probabilities)
    assert [start.epochs_done for start in starts] == [0, 0, 1, 2, 2, 3, 4]


def test_a_resumed_run_needs_no_weights(training, tiny, snapshot, tmp_path):
    weights = tmp_path / "weights.safetensors"
    from safetensors.torch import save_file
    from timm import create_model

    save_file(create_model("test_efficientnet").state_dict(), weights)
    asked = questions_while_reading(snapshot)
    training.run("run", tiny, snapshot, weights=str(weights), commands=[(asked + 1, "pause")])
    weights.unlink()
    training.run("run", tiny, snapshot, weights=str(weights))
    assert isinstance(training.events[-1], RunFinished)


def test_stop_keeps_the_best_epoch_so_far(training, tiny, snapshot):
    recipe = tiny.with_overrides(["epochs=50"])
    # after the fourth of the 150 steps, so in the second epoch
    run = training.run("run", recipe, snapshot, commands=[(questions_while_reading(snapshot) + 3, "stop")])
    finished = training.events[-1]
    assert isinstance(finished, RunFinished)
    assert (finished.stopped, finished.epochs, finished.best_epoch) == (True, 1, 1)
    assert finished.validation_map == training.of(EpochEnded)[0].validation_map
    assert (run / "predictions.npz").is_file()
    assert Summary.load(run).stopped


def test_stop_in_the_first_epoch_keeps_what_there_is(training, tiny, snapshot):
    run = training.run("run", tiny, snapshot, commands=[(questions_while_reading(snapshot), "stop")])
    finished = training.events[-1]
    assert (finished.stopped, finished.epochs, finished.best_epoch) == (True, 0, 1)
    assert finished.validation_map is not None
    assert (run / "best.safetensors").is_file()


def test_a_pause_while_images_are_read_loses_nothing(training, tiny, snapshot):
    training.run("run", tiny, snapshot, commands=[(9, "pause")])
    assert training.events[-1] == replace(RunPaused(epoch=0, step=0), time=training.events[-1].time)
    assert not training.of(RunStarted)
    training.run("run", tiny, snapshot)
    first = training.of(Progress)[0]
    assert (first.stage, first.done) == ("Reading images", 11), "ten images were in the cache"
    assert isinstance(training.events[-1], RunFinished)


def test_a_stop_while_images_are_read_ends_without_a_result(training, tiny, snapshot):
    training.run("run", tiny, snapshot, commands=[(3, "stop")])
    assert not training.of(RunFinished)
    assert not training.of(RunPaused)


def test_a_broken_image_is_named_and_left_out(training, tiny, snapshot):
    broken, vanished = Path(snapshot.paths[2]), Path(snapshot.paths[30])
    broken.write_bytes(b"no image")
    vanished.unlink()
    run = training.run("run", tiny, snapshot)
    skipped = training.of(ImageSkipped)
    assert [event.path for event in skipped] == [str(broken), str(vanished)]
    assert all(event.sentence for event in skipped)
    assert training.of(RunStarted)[0].train_images == 23
    assert training.of(RunStarted)[0].validation_images == 11
    assert training.events[-1].skipped_images == 2
    assert len(Predictions.load(run / "predictions.npz").image_ids) == 42


def test_too_few_readable_training_images_are_said(training, tiny, snapshot):
    for path in snapshot.paths[1:24]:
        Path(path).write_bytes(b"")
    with pytest.raises(JobError, match="Of the training images 1 can be read"):
        training.run("run", tiny, snapshot)


def test_without_validation_images_the_last_epoch_is_kept(training, tiny, snapshot):
    splits = np.where(snapshot.splits == Split.VALIDATION, Split.TRAIN, snapshot.splits).astype(np.int8)
    run = training.run("run", tiny, replace(snapshot, splits=splits))
    assert all(epoch.validation_map is None and epoch.is_best for epoch in training.of(EpochEnded))
    finished = training.events[-1]
    assert (finished.best_epoch, finished.validation_map) == (4, None)
    np.testing.assert_array_equal(ThresholdSet.load(run / "thresholds.json").values, 0.5)


def test_without_validation_positives_the_lowest_validation_loss_is_kept(training, tiny, snapshot):
    states = snapshot.states.copy()
    states[snapshot.splits == Split.VALIDATION] = 0
    training.run("run", tiny, replace(snapshot, states=states))
    epochs = training.of(EpochEnded)
    assert all(epoch.validation_map is None for epoch in epochs)
    best = min(epochs, key=lambda epoch: epoch.validation_loss)
    assert training.events[-1].best_epoch == best.epoch


def test_unknown_labels_teach_nothing(training, tiny, snapshot):
    """Whatever an unknown state might really be, the weights come out the same: a label wholly unknown stays put."""
    states = snapshot.states.copy()
    states[:, 2] = -1
    run = training.run("run", tiny.with_overrides(["weight_decay=0", "ema_decay=0"]), replace(snapshot, states=states))
    first = torch.load(run / "last.ckpt", weights_only=True)["state"]["net"]["head.linear.bias"]
    assert first[2] == 0
    assert (first[:2] != 0).all()


def test_the_same_seed_gives_the_same_run_and_another_seed_another(training, tiny, snapshot):
    losses = []
    for number, seed in enumerate((1, 1, 2)):
        training.run(str(number), tiny, snapshot, seed=seed)
        losses.append([epoch.train_loss for epoch in training.of(EpochEnded)])
    assert losses[0] == losses[1] != losses[2]


def test_images_are_read_only_once_until_they_change(training, tiny, snapshot):
    training.run("first", tiny, snapshot)
    assert [event.total for event in training.of(Progress) if event.stage == "Reading images"][-1] == 44
    training.run("second", tiny, snapshot)
    assert not [event for event in training.of(Progress) if event.stage == "Reading images"]
    path = Path(snapshot.paths[5])
    path.write_bytes(Path(snapshot.paths[6]).read_bytes() + b"\0")
    training.run("third", tiny, snapshot)
    assert [event.done for event in training.of(Progress) if event.stage == "Reading images"] == [44]


def test_checkpoints_are_announced_once_they_are_there(training, tiny, snapshot):
    run = training.run("run", tiny, snapshot)
    saved = training.of(CheckpointSaved)
    assert {event.file for event in saved} == {"best.safetensors", "last.ckpt"}
    assert all((run / event.file).is_file() for event in saved)


def test_a_damaged_checkpoint_is_said(training, tiny, snapshot):
    training.run("run", tiny, snapshot, commands=[(questions_while_reading(snapshot) + 1, "pause")])
    (training.folder / "run" / "last.ckpt").write_bytes(b"PK broken")
    with pytest.raises(JobError, match="damaged"):
        training.run("run", tiny, snapshot)


def test_a_loss_that_is_no_number_ends_the_run_with_advice(training, tiny, snapshot):
    with pytest.raises(JobError, match="diverged") as caught:
        training.run("run", tiny.with_overrides(["optimizer=sgd", "learning_rate=1e30", "epochs=40"]), snapshot)
    assert "learning_rate" in caught.value.next_step


def test_steps_within_an_epoch_are_reported_at_most_ten_times_a_second(training, tiny, snapshot):
    training.run("run", tiny.with_overrides(["epochs=4", "batch_size=2"]), snapshot)
    steps = training.of(StepEnded)
    assert [event.step for event in steps if event.step % 12 == 0] == [12, 24, 36, 48]
    for earlier, later in itertools.pairwise(steps):
        assert later.time - earlier.time >= 0.1 or later.step % 12 == 0
    assert training.of(StepEnded)[-1].images_per_second > 0
    assert training.of(StepEnded)[-1].eta_seconds >= 0


def test_weights_that_do_not_fit_end_the_run_before_it_begins(training, tiny, snapshot, tmp_path):
    from safetensors.torch import save_file

    weights = tmp_path / "other.safetensors"
    save_file({"conv_stem.weight": torch.zeros(2, 2)}, weights)
    with pytest.raises(WeightsError, match="do not fit test_efficientnet"):
        training.run("run", tiny, snapshot, weights=str(weights))
    assert not training.events


def test_an_unknown_device_is_said(training, tiny, snapshot):
    with pytest.raises(JobError, match="no kind of device"):
        training.run("run", tiny, snapshot, device="abacus")


@pytest.mark.parametrize("images", [2, 3, 9])
def test_a_handful_of_training_images_trains(training, tiny, snapshot, images):
    splits = snapshot.splits.copy()
    splits[images:24] = Split.TEST
    training.run("run", tiny.with_overrides(["batch_size=2"]), replace(snapshot, splits=splits))
    assert isinstance(training.events[-1], RunFinished)
