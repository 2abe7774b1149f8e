"""The search for a learning rate: what it chooses, what it leaves alone, and how it can be interrupted."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from core.errors import JobError
from core.jobs.events import (
    EpochEnded,
    LearningRateChosen,
    LearningRateTried,
    Progress,
    RunFinished,
    RunPaused,
    RunStarted,
    StepEnded,
)
from core.labels import Split
from core.learning.training import search, stepper
from core.learning.training.optimizers import build_optimizer
from core.learning.training.search import steepest_descent
from core.learning.training.start import Start, Trial


def test_a_training_without_trials_does_not_wait_for_optuna():
    assert not hasattr(search, "optuna")


def rates_and(losses):
    return list(np.geomspace(1e-5, 1.0, len(losses))), list(losses)


def test_the_steepest_descent_of_a_sigmoid_is_in_its_middle():
    rates, losses = rates_and(1 / (1 + np.exp((np.arange(100) - 60) / 5)))
    assert steepest_descent(rates, losses) == rates[60]


def test_a_loss_that_falls_nowhere_suggests_nothing():
    assert steepest_descent(*rates_and(np.arange(100.0))) is None
    assert steepest_descent(*rates_and([3.0] * 11)) is None


def test_the_first_steps_of_a_range_test_are_not_trusted():
    losses = np.linspace(1.0, 0.9, 100)
    losses[:5] = 100, 80, 60, 40, 20
    rates, losses = rates_and(losses)
    assert steepest_descent(rates, losses) >= rates[10]


@pytest.fixture
def searching(tiny):
    """Two epochs of training after a search of three trials of two epochs of three steps each."""
    return tiny.with_overrides(["epochs=2", "search.method=trials", "trials=3", "trial_epochs=2", "low=1e-4", "high=1"])


def weights_after_one_step(training, name, recipe, snapshot, **job):
    """Of a run that is stopped after its first step; its images are in the cache."""
    tries = recipe.search.trials * recipe.search.trial_epochs * 3 if recipe.search.method == "trials" else 0
    run = training.run(name, recipe, snapshot, commands=[(tries, "stop")], **job)
    assert [event.step for event in training.of(StepEnded)] == [1]
    return torch.load(run / "last.ckpt", weights_only=True)["state"]["net"]


@pytest.mark.parametrize("change", ["frozen=false", "sam_rho=0.05"])
def test_trials_leave_the_first_weights_to_the_bit(training, searching, snapshot, change):
    recipe = searching.with_overrides([change, "schedule=constant"])
    training.run("cache", recipe, snapshot, commands=[(44, "stop")])
    searched = weights_after_one_step(training, "searched", recipe, snapshot)
    (chosen,) = training.of(LearningRateChosen)
    tried = training.of(LearningRateTried)
    assert [(event.trial, event.trials) for event in tried] == [(1, 3), (2, 3), (3, 3)]
    assert all(1e-4 <= event.learning_rate <= 1 and event.loss is None for event in tried)
    best = max(tried, key=lambda event: event.validation_map)
    assert (chosen.learning_rate, chosen.reason) == (best.learning_rate, "best of 3 trials")

    plain = recipe.with_overrides(["search.method=none", f"learning_rate={chosen.learning_rate!r}"])
    for name, value in weights_after_one_step(training, "plain", plain, snapshot).items():
        assert torch.equal(value, searched[name]), name


def test_trials_do_without_sharpness_and_groups_of_the_biases(training, searching, snapshot):
    maps = []
    for number, change in enumerate(["optimizer=sgd", "sam_rho=0.5", "bias_rate=2"]):
        recipe = searching.with_overrides(["optimizer=sgd", "frozen=true", change])
        training.run(str(number), recipe, snapshot)
        maps.append([(event.learning_rate, event.validation_map) for event in training.of(LearningRateTried)])
    assert maps[0] == maps[1] == maps[2]


@pytest.mark.parametrize("method", ["trials", "range"])
def test_all_weights_decay_alike_while_rates_are_tried_and_not_after(
    training, searching, snapshot, monkeypatch, method
):
    decays = []

    def build(module, config, **options):
        optimizer = build_optimizer(module, config, **options)
        decays.append([group["weight_decay"] for group in optimizer.param_groups])
        return optimizer

    monkeypatch.setattr(stepper, "build_optimizer", build)
    change = [f"search.method={method}", "weight_decay=0.3", "bias_rate=2", "frozen=true"]
    training.run("run", searching.with_overrides(change), snapshot)
    # the loop's own is built before the search or after it
    assert sorted(map(tuple, decays)) == sorted([(0.3,)] * (3 if method == "trials" else 1) + [(0.3, 0.0)])


def test_a_range_test_leaves_the_first_weights_to_the_bit_and_its_rate_is_used(training, tiny, snapshot):
    recipe = tiny.with_overrides(["epochs=2", "search.method=range", "frozen=true", "low=1e-4", "high=10"])
    training.run("searched", recipe, snapshot)
    ended = training.of(EpochEnded)
    (chosen,) = training.of(LearningRateChosen)
    assert chosen.reason == "where the loss fell fastest in the range test"
    tried = training.of(LearningRateTried)
    assert chosen.learning_rate in [event.learning_rate for event in tried]
    assert [event.trial for event in tried] == list(range(1, len(tried) + 1))
    assert tried[0].learning_rate == pytest.approx(1e-4)
    # evenly in the logarithm
    assert tried[10].learning_rate == pytest.approx(1e-4 * (10 / 1e-4) ** (10 / 99))
    assert all(math.isfinite(event.loss) and event.validation_map is None for event in tried)

    plain = recipe.with_overrides(["search.method=none", f"learning_rate={chosen.learning_rate!r}"])
    training.run("plain", plain, snapshot)
    assert [epoch.train_loss for epoch in ended] == [epoch.train_loss for epoch in training.of(EpochEnded)]


def test_the_run_is_announced_before_its_search_and_trained_after_it(training, searching, snapshot):
    training.run("run", searching, snapshot)
    kinds = [type(event) for event in training.events]
    order = [kinds.index(kind) for kind in (RunStarted, LearningRateTried, LearningRateChosen, StepEnded)]
    assert order == sorted(order)
    progress = [event for event in training.of(Progress) if event.stage == "Trying learning rates"]
    assert (progress[-1].done, progress[-1].total) == (18, 18)


@pytest.mark.parametrize("method", ["trials", "range"])
def test_a_search_paused_again_and_again_ends_like_one_that_was_not(training, searching, snapshot, method):
    # so many trials that the sampler learns from the first and gives some up
    recipe = searching.with_overrides([f"search.method={method}", "trials=10", "frozen=true", "low=1e-7"])
    training.run("whole", recipe, snapshot)
    expected = [(event.learning_rate, event.pruned) for event in training.of(LearningRateTried)]
    whole = [(epoch.train_loss, epoch.validation_map) for epoch in training.of(EpochEnded)]
    (chosen,) = training.of(LearningRateChosen)

    tried, epochs, choices, pauses = [], [], [], 0
    while not training.of(RunFinished) or not pauses:
        # two questions while features are computed; a whole trial takes six, a range test a hundred
        after = 2 + (7 if method == "trials" else 102)
        training.run("paused", recipe, snapshot, commands=[(after, "pause")])
        tried += [(event.learning_rate, event.pruned) for event in training.of(LearningRateTried)]
        choices += training.of(LearningRateChosen)
        epochs += [(epoch.train_loss, epoch.validation_map) for epoch in training.of(EpochEnded)]
        pauses += isinstance(training.events[-1], RunPaused)
    assert pauses >= (7 if method == "trials" else 1)
    assert tried == expected
    assert any(pruned for _, pruned in expected) == (method == "trials")
    assert [choice.learning_rate for choice in choices] == [chosen.learning_rate]
    assert epochs == whole


def test_a_stop_in_the_search_ends_without_a_result(training, searching, snapshot):
    training.run("run", searching, snapshot, commands=[(44 + 3, "stop")])
    assert not training.of(LearningRateTried)
    assert not training.of(RunFinished)
    assert not training.of(RunPaused)


def test_trials_that_are_worse_than_most_are_given_up(training, searching, snapshot):
    recipe = searching.with_overrides(["trials=12", "trial_epochs=3", "frozen=true", "low=1e-7", "high=1"])
    training.run("run", recipe, snapshot)
    tried = training.of(LearningRateTried)
    assert len(tried) == 12
    # the first five are never given up
    assert not any(event.pruned for event in tried[:5])
    assert any(event.pruned for event in tried[5:])
    kept = [event for event in tried if not event.pruned]
    best = max(kept, key=lambda event: event.validation_map)
    assert training.of(LearningRateChosen)[0].learning_rate == best.learning_rate
    # the sampler has learnt that the lowest rates do nothing
    assert np.median([event.learning_rate for event in tried[5:]]) > 1e-5


def test_trials_that_diverge_do_not_end_the_run(training, searching, snapshot):
    recipe = searching.with_overrides(["low=1e30", "high=1e35", "optimizer=sgd", "learning_rate=0.01"])
    training.run("run", recipe, snapshot)
    assert all(event.pruned for event in training.of(LearningRateTried))
    (chosen,) = training.of(LearningRateChosen)
    assert (chosen.learning_rate, chosen.reason) == (0.01, "the recipe's: the training diverged in every trial")
    assert isinstance(training.events[-1], RunFinished)


def test_without_validation_images_the_training_loss_decides(training, searching, snapshot):
    splits = np.where(snapshot.splits == Split.VALIDATION, Split.TEST, snapshot.splits).astype(np.int8)
    run = training.run("run", searching, replace(snapshot, splits=splits))
    start = Start.load(run)
    best = max(start.trials, key=lambda trial: trial.values[-1])
    assert all(trial.values[-1] < 0 for trial in start.trials)
    assert training.of(LearningRateChosen)[0].learning_rate == best.learning_rate == start.learning_rate


def test_what_was_decided_survives_its_file_to_the_bit(tmp_path):
    start = Start(
        matched=("red", "grün"),
        new=("blue",),
        trials=(Trial(learning_rate=0.1 + 0.2, values=(1 / 3, -2.0), pruned=False),),
        learning_rate=math.pi,
    )
    start.save(tmp_path)
    assert Start.load(tmp_path) == start
    (tmp_path / "start.json").write_text("[]")
    with pytest.raises(JobError, match="damaged"):
        Start.load(tmp_path)
