"""Whole runs with what a recipe may ask for beside the plain training; resuming is compared in test_trainer."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core.errors import JobError
from core.evaluation.predictions import Predictions
from core.jobs.events import (
    EarlyStopped,
    EpochEnded,
    LearningRateChosen,
    LearningRateTried,
    Note,
    RunFinished,
    RunPaused,
    RunStarted,
)
from core.labels import Split
from core.learning.features import _allocate
from core.learning.training import trainer
from core.learning.training.scoring import Score
from core.learning.training.start import Start
from core.learning.training.summary import Summary

STANDSTILL = ["schedule=constant", "learning_rate=1e-12", "ema_decay=0", "early_stopping_smoothing=1", "frozen=true"]
"""The mAP of each epoch is that of the first, so that the second is without gain already."""


def notes(training):
    return [event.sentence for event in training.of(Note)]


def one_label_each(snapshot, *, labels=3):
    """A multi-class snapshot: the first present label of each image, or the first label."""
    states = np.zeros_like(snapshot.states[:, :labels])
    states[np.arange(len(states)), (snapshot.states[:, :labels] == 1).argmax(1)] = 1
    return replace(
        snapshot,
        states=states,
        label_ids=snapshot.label_ids[:labels],
        label_names=snapshot.label_names[:labels],
        task="multi-class",
    )


def test_a_run_without_gain_stops_early_and_says_why(training, tiny, snapshot):
    recipe = tiny.with_overrides(["epochs=50", "early_stopping=3", *STANDSTILL])
    run = training.run("run", recipe, snapshot)
    (stopped,) = training.of(EarlyStopped)
    assert (stopped.epoch, stopped.reason) == (4, "no gain over the best for 3 epochs")
    finished = training.events[-1]
    assert isinstance(finished, RunFinished)
    assert (finished.epochs, finished.best_epoch, finished.stopped) == (4, 1, False)
    assert Summary.load(run).epochs == 4


def test_early_stopping_waits_for_the_end_of_the_warm_up(training, tiny, snapshot):
    recipe = tiny.with_overrides(["epochs=20", "early_stopping=2", *STANDSTILL, "schedule=one_cycle", "warm_up=0.5"])
    training.run("run", recipe, snapshot)
    # of 60 steps 30 rise, the last of them at the end of epoch 10
    assert training.of(EarlyStopped)[0].epoch == 11


def test_the_first_epochs_do_not_count_for_early_stopping(training, tiny, snapshot):
    recipe = tiny.with_overrides(["epochs=50", "early_stopping=3", "early_stopping_from=4", *STANDSTILL])
    training.run("run", recipe, snapshot)
    # without it, epochs 2, 3 and 4 would
    assert training.of(EarlyStopped)[0].epoch == 7


def test_a_run_paused_as_it_stops_early_trains_no_further(training, tiny, snapshot):
    recipe = tiny.with_overrides(["epochs=50", "early_stopping=3", *STANDSTILL])
    training.run("cache", recipe, snapshot)
    # two questions while features are computed, then three steps an epoch
    training.run("run", recipe, snapshot, commands=[(2 + 11, "pause")])
    assert training.of(EarlyStopped)
    assert isinstance(training.events[-1], RunPaused)
    training.run("run", recipe, snapshot)
    assert not training.of(EpochEnded)
    assert not training.of(EarlyStopped)
    assert training.events[-1].epochs == 4


def test_epochs_without_gain_before_a_pause_count(training, tiny, snapshot):
    recipe = tiny.with_overrides(["epochs=50", "early_stopping=3", *STANDSTILL])
    training.run("cache", recipe, snapshot)
    training.run("run", recipe, snapshot, commands=[(2 + 7, "pause")])
    assert [epoch.epoch for epoch in training.of(EpochEnded)] == [1, 2]
    training.run("run", recipe, snapshot)
    assert training.of(EarlyStopped)[0].epoch == 4


def test_the_end_of_the_last_epoch_is_not_early(training, tiny, snapshot):
    training.run("run", tiny.with_overrides(["epochs=4", "early_stopping=3", *STANDSTILL]), snapshot)
    assert not training.of(EarlyStopped)
    assert training.events[-1].epochs == 4


def test_the_learning_rate_falls_on_a_plateau(training, tiny, snapshot):
    recipe = tiny.with_overrides(["epochs=8", *STANDSTILL, "schedule=plateau", "plateau_patience=1"])
    recipe = recipe.with_overrides(["plateau_factor=0.5", "learning_rate=1e-6", "optimizer=sgd", "minimum_rate=3e-7"])
    training.run("run", recipe, snapshot)
    rates = [epoch.learning_rate for epoch in training.of(EpochEnded)]
    # the second and third epoch are without gain, then the fourth and fifth
    assert rates == pytest.approx([1e-6] * 3 + [5e-7] * 2 + [3e-7] * 3)


def test_raw_and_averaged_weights_are_both_scored_and_the_better_counts(training, tiny, snapshot):
    recipe = tiny.with_overrides(["epochs=10", "schedule=constant", "learning_rate=0.05"])
    training.run("run", recipe, snapshot)
    epochs = training.of(EpochEnded)
    for epoch in epochs:
        assert epoch.validation_map == max(epoch.raw_map, epoch.average_map)
        if epoch.raw_map != epoch.average_map:
            assert epoch.is_average == (epoch.average_map > epoch.raw_map)
    assert len({epoch.is_average for epoch in epochs}) == 2
    training.run("raw", recipe.with_overrides(["ema_decay=0", "epochs=2"]), snapshot)
    for epoch in training.of(EpochEnded):
        assert (epoch.raw_map, epoch.average_map, epoch.is_average) == (None, None, False)


def test_without_validation_images_a_person_is_told_that_nothing_stops_the_run(training, tiny, snapshot):
    splits = np.where(snapshot.splits == Split.VALIDATION, Split.TRAIN, snapshot.splits).astype(np.int8)
    snapshot = replace(snapshot, splits=splits)
    training.run("plateau", tiny.with_overrides(["schedule=plateau", "early_stopping=1"]), snapshot)
    assert notes(training) == [
        "Without validation images nothing tells when to stop early or to lower the learning rate."
    ]
    assert training.events[-1].epochs == 4
    training.run("plain", tiny, snapshot)
    assert not notes(training)


@pytest.mark.parametrize("start", [0, 1])
@pytest.mark.parametrize("loss", ["cross_entropy", "influence_balanced"])
def test_a_multi_class_run_has_one_distribution_per_image_and_its_top_1(training, tiny, snapshot, loss, start):
    recipe = replace(tiny, task="multi-class").with_overrides([f"loss={loss}", f"influence_start={start}"])
    snapshot = one_label_each(snapshot)
    run = training.run("run", recipe, snapshot)
    predictions = Predictions.load(run / "predictions.npz")
    np.testing.assert_allclose(predictions.probabilities.sum(1), 1, rtol=1e-5)
    validation = predictions.of(Split.VALIDATION)
    right = validation.probabilities.argmax(1) == validation.states.argmax(1)
    best = next(epoch for epoch in training.of(EpochEnded) if epoch.epoch == training.events[-1].best_epoch)
    assert best.top1 == pytest.approx(right.mean())
    assert training.events[-1].top1 == Summary.load(run).top1 == best.top1


@pytest.fixture
def scripted(monkeypatch):
    """Gives validations scores of one's own: top-1, mAP and loss of each."""

    def script(*scores):
        left = iter(scores)

        def next_score(*_, **__):
            top1, mean, loss = next(left)
            return Score(loss, np.array([mean, np.nan, np.nan]), top1=top1)

        monkeypatch.setattr(trainer, "score", next_score)

    return script


def test_the_best_epoch_of_a_multi_class_run_has_the_best_top_1_then_map_then_loss(training, tiny, snapshot, scripted):
    recipe = replace(tiny, task="multi-class").with_overrides(["loss=cross_entropy", "epochs=6", "early_stopping=5"])
    recipe = recipe.with_overrides([*STANDSTILL])
    scripted((0.375, 1.0, 0.1), (0.5, 0.8, 3), (0.5, 0.9, 2), (0.5, 0.9, 1), (0.25, 1.0, 0.1), (0.5, 0.9, 1))
    run = training.run("run", recipe, one_label_each(snapshot))
    assert [epoch.is_best for epoch in training.of(EpochEnded)] == [True, True, True, True, False, False]
    finished = training.events[-1]
    assert (finished.best_epoch, finished.top1, finished.validation_map) == (4, 0.5, 0.9)
    assert (Summary.load(run).top1, Summary.load(run).map) == (0.5, 0.9)


def test_early_stopping_of_a_multi_class_run_follows_top_1(training, tiny, snapshot, scripted):
    recipe = replace(tiny, task="multi-class").with_overrides(["loss=cross_entropy", "epochs=9", "early_stopping=2"])
    recipe = recipe.with_overrides([*STANDSTILL])
    scripted((0.375, 1.0, 1), (0.5, 0.2, 1), (1.0, 0.1, 1))
    training.run("perfect", recipe, one_label_each(snapshot))
    (stopped,) = training.of(EarlyStopped)
    assert (stopped.epoch, stopped.reason) == (3, "the metric is as good as it can be")
    scripted((0.375, 0.1, 1), (0.375, 0.2, 1), (0.25, 0.3, 1))
    training.run("waiting", recipe, one_label_each(snapshot))
    assert training.of(EarlyStopped)[0].epoch == 3


def test_the_plateau_of_a_multi_class_run_is_one_of_top_1(training, tiny, snapshot, scripted):
    recipe = replace(tiny, task="multi-class").with_overrides(["loss=cross_entropy", "epochs=3", *STANDSTILL])
    recipe = recipe.with_overrides(["schedule=plateau", "plateau_patience=0", "learning_rate=1e-6"])
    scripted((0.5, 0.1, 1), (0.4, 0.2, 1), (0.3, 0.3, 1))
    training.run("run", recipe, one_label_each(snapshot))
    assert [epoch.learning_rate for epoch in training.of(EpochEnded)] == pytest.approx([1e-6, 1e-6, 5e-7])


def test_trials_of_a_multi_class_run_are_compared_by_top_1(training, tiny, snapshot, scripted):
    recipe = replace(tiny, task="multi-class").with_overrides(["loss=cross_entropy", "epochs=1", *STANDSTILL])
    recipe = recipe.with_overrides(["search.method=trials", "trials=3", "trial_epochs=1", "low=1e-6", "high=1e-3"])
    scripted((0.25, 0.9, 1), (0.75, 0.2, 1), (0.5, 1.0, 1), (0.5, 0.5, 1))
    training.run("run", recipe, one_label_each(snapshot))
    tried = training.of(LearningRateTried)
    assert [(event.top1, event.validation_map) for event in tried] == [(0.25, 0.9), (0.75, 0.2), (0.5, 1.0)]
    assert training.of(LearningRateChosen)[0].learning_rate == tried[1].learning_rate


@pytest.mark.parametrize(("start", "moments"), [(0, []), (1, [1]), (2, [2])])
def test_a_jump_of_the_loss_that_is_wanted_is_explained_once(training, tiny, snapshot, start, moments):
    settings = ["loss=influence_balanced", f"influence_start={start}", "epochs=4", "frozen=true"]
    recipe = replace(tiny, task="multi-class").with_overrides(settings)
    snapshot = one_label_each(snapshot)
    training.run("cache", recipe, snapshot)
    epochs_done, said = 0, []
    # paused after each step, so also at the end of the epoch before and in the epoch itself
    for _ in range(20):
        training.run("run", recipe, snapshot, commands=[(2, "pause")])
        for event in training.events:
            epochs_done += isinstance(event, EpochEnded)
            if isinstance(event, Note):
                said.append(epochs_done)
                assert f"From epoch {epochs_done + 1} on" in event.sentence
        if training.of(RunFinished):
            break
    assert (epochs_done, said) == (4, moments)
    # it is then that the loss changes
    training.run("whole", recipe, snapshot)
    losses = [epoch.train_loss for epoch in training.of(EpochEnded)]
    jumps = [number for number in (1, 2, 3) if losses[number] > 2 * losses[number - 1]]
    assert jumps == moments


def test_a_checkpoint_of_another_version_is_said_with_what_to_do(training, tiny, snapshot):
    run = training.run("run", tiny, snapshot, commands=[(44 + 2, "pause")])
    stored = torch.load(run / "last.ckpt", weights_only=True)
    del stored["format"]
    # of versions before, which could do less
    for name in ("ema_updates", "plateau", "early_stopping"):
        del stored["state"][name]
    torch.save(stored, run / "last.ckpt")
    with pytest.raises(JobError, match=r"last\.ckpt was written by another version of Multihot") as caught:
        training.run("run", tiny, snapshot)
    assert "train again" in caught.value.next_step


def test_a_multi_label_run_has_no_top_1(training, tiny, snapshot):
    run = training.run("run", tiny.with_overrides(["epochs=1"]), snapshot)
    assert training.of(EpochEnded)[0].top1 is None
    assert training.events[-1].top1 is None
    assert Summary.load(run).top1 is None


def test_the_notes_of_a_job_come_first_and_once(training, tiny, snapshot):
    said = ("Batches of 8.", "20 epochs.")
    training.run("run", tiny, snapshot, notes=said, commands=[(9, "pause")])
    assert [event.sentence for event in training.events[:2]] == list(said)
    training.run("run", tiny, snapshot, notes=said)
    assert not notes(training)


def test_a_graph_head_says_what_it_knows_of_the_labels(training, tiny, snapshot, tmp_path):
    vectors = tmp_path / "glove.txt"
    vectors.write_text("red 1 0 0 0\ngreen 0 1 0 0\n")
    recipe = tiny.with_overrides(["graph=gcn", f"label_vectors={vectors}", "epochs=2"])
    run = training.run("run", recipe, snapshot, commands=[(44 + 2, "pause")])
    source, without = notes(training)
    assert "glove.txt" in source
    assert "blue" in without
    assert (run / "label_graph.npz").is_file()
    # a resumed run must not depend on the file
    vectors.unlink()
    training.run("run", recipe, snapshot)
    assert isinstance(training.events[-1], RunFinished)
    assert not notes(training)


def first_run(training, recipe, snapshot, labels):
    columns = slice(0, labels)
    smaller = replace(
        snapshot,
        states=snapshot.states[:, columns],
        label_ids=snapshot.label_ids[columns],
        label_names=snapshot.label_names[columns],
    )
    return training.run("first", recipe, smaller)


def test_labels_added_to_those_of_another_run_are_drawn_more_often(training, tiny, snapshot):
    states = snapshot.states.copy()
    # seldom blue, so that there is something to balance
    states[4:24, 2] = 0
    states[:4, 2] = 1
    snapshot = replace(snapshot, states=states)
    recipe = tiny.with_overrides(["epochs=2"])
    first = first_run(training, recipe, snapshot, 2)
    run = training.run("second", recipe, snapshot, initial_run=str(first), commands=[(2, "pause")])
    assert notes(training) == [
        "2 labels go on from what the other run learnt; new: blue.",
        "Labels were added: each epoch draws more images of the new labels.",
    ]
    assert training.events[-1].step > 0
    start = Start.load(run)
    assert (start.matched, start.new) == (("red", "green"), ("blue",))
    # int(sqrt(20 / 4)) = 2 others to every new one, 24 // 3 rounds
    assert training.of(RunStarted)[0].steps_per_epoch == 3

    shutil.rmtree(first)
    training.run("second", recipe, snapshot, initial_run=str(first))
    assert isinstance(training.events[-1], RunFinished)
    assert not notes(training)


def test_a_run_goes_on_from_the_weights_of_another(training, tiny, snapshot):
    recipe = tiny.with_overrides(["epochs=12", "learning_rate=0.02", "ema_decay=0"])
    first = first_run(training, recipe, snapshot, 3)
    reached = training.events[-1].validation_map
    still = tiny.with_overrides(["epochs=1", "schedule=constant", "learning_rate=1e-12", "frozen=true"])
    training.run("second", still, snapshot, initial_run=str(first))
    assert training.of(EpochEnded)[0].validation_map == pytest.approx(reached, abs=1e-3)
    assert notes(training) == ["All labels go on from what the other run learnt of them."]


def test_classes_added_to_those_of_another_run_are_balanced(training, tiny, snapshot):
    recipe = replace(tiny, task="multi-class").with_overrides(["loss=cross_entropy", "epochs=1"])
    snapshot = one_label_each(snapshot)
    first = training.run("first", recipe, one_label_each(snapshot, labels=2))
    training.run("second", recipe, snapshot, initial_run=str(first))
    assert notes(training)[1:] == [
        "Labels were added: the influence-balanced loss takes the place of cross-entropy.",
        "Labels were added: each epoch draws all labels alike.",
    ]
    start = Start(matched=("red",), new=("blue",))
    applied = start.applied_to(recipe)
    assert (applied.loss.name, applied.training.sampler) == ("influence_balanced", "balanced")
    # what the recipe says stands
    own = replace(recipe, task="multi-label").with_overrides(["loss=binary_cross_entropy", "sampler=balanced"])
    assert start.applied_to(own) == own
    # and so does what a person set, were it the usual
    assert start.applied_to(recipe, keep={"loss.name", "training.sampler"}) == recipe
    training.run("third", recipe, snapshot, initial_run=str(first), keep=("loss.name", "training.sampler"))
    assert len(notes(training)) == 1
    for nothing_added in (Start(matched=("red",)), Start(new=("blue",)), Start()):
        assert nothing_added.applied_to(recipe) == recipe


@pytest.mark.parametrize("head", ["ml_decoder", "csra", "ml_gcn"])
def test_a_frozen_backbone_gives_whole_maps_to_heads_that_want_them(training, tiny, snapshot, head):
    recipe = tiny.with_overrides([f"head={head}", "embedding=16", "frozen=true", "epochs=2", "input.size=64"])
    run = training.run("run", recipe, snapshot)
    state = torch.load(run / "last.ckpt", weights_only=True)["state"]["net"]
    tracked = [value for name, value in state.items() if name.endswith("num_batches_tracked")]
    assert tracked
    assert not any(tracked), "batch-norm of a frozen backbone has taken in images"
    assert Path(run / "predictions.npz").is_file()


def test_features_that_do_not_fit_into_memory_are_said():
    maps = torch.zeros(2, 1280, 14, 14)
    assert _allocate(5, maps).shape == (5, 1280, 14, 14)
    # more than any address space
    with pytest.raises(JobError, match=r"The features of 1,000,000,000,000 images need 1003520000\.0 GB"):
        _allocate(10**12, maps)
