"""Looking for a good learning rate before the training: a range test, or short trials."""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from core.jobs.events import LearningRateChosen, LearningRateTried
from core.learning.data.batches import Batch
from core.learning.data.seeds import seed_of
from core.learning.training.divergence import DivergedError, check_finite
from core.learning.training.meter import Stage
from core.learning.training.scoring import Score
from core.learning.training.setup import Setup
from core.learning.training.start import Start, Trial
from core.learning.training.stepper import Stepper

if TYPE_CHECKING:
    import optuna

    _Space = dict[str, optuna.distributions.BaseDistribution]

_SEARCH = 4
"""What a seed is for; see `core.learning.data.batches`."""

_RANGE_STEPS = 100
_RANGE_SKIPPED = 10
"""First steps of a range test, whose average is of too few losses to have a slope."""
_RANGE_SMOOTHING = 0.9
_RANGE_EXPLODED = 4.0
"""A range test ends where the smoothed loss is so many times its lowest."""
_RANDOM_TRIALS = 5
"""Trials before the sampler learns from them, and before any is given up."""


class Search:
    """A search for the learning rate of a recipe; leaves the weights as they were, to the bit.

    What is tried has a constant learning rate, no sharpness-aware minimisation, and biases and normalisation layers
    have the learning rate and the weight decay of all else.

    Trials draw the rate log-uniformly between the bounds. Prokofiev & Sovrasov's training code draws from a grid in
    steps of 1e-5 instead, which would leave bounds that are decades apart hardly a point in the lower decades.

    Args:
        setup: the training that is to follow; its folder keeps the trials that have ended.
        stage: takes the steps done and in all; returns whether to go on.
    """

    def __init__(self, setup: Setup, stage: Stage) -> None:
        training = replace(setup.recipe.training, bias_rate=1.0, sam_rho=0.0)
        self._setup = replace(setup, recipe=replace(setup.recipe, training=training), decays_all=True)
        self._config = setup.recipe.search
        self._stage = stage
        self._initial = {name: value.detach().clone() for name, value in setup.trained.state_dict().items()}

    def run(self, start: Start) -> Start | None:
        """Search, from where an interrupted search ended.

        Args:
            start: what is decided already; the run's folder has it too.

        Returns:
            It with the learning rate; None when a person asked to pause or stop.
        """
        try:
            found = self._range_test() if self._config.method == "range" else self._trials(start)
        finally:
            self._setup.trained.load_state_dict(self._initial)
        if found is None:
            return None
        rate, reason = found
        start = replace(Start.load(self._setup.folder), learning_rate=rate)
        start.save(self._setup.folder)
        self._setup.emit(LearningRateChosen(learning_rate=rate, reason=reason))
        return start

    def _range_test(self) -> tuple[float, str] | None:
        """Let the learning rate rise from step to step and see where the loss falls fastest."""
        search = self._config
        self._setup.trained.train()
        stepper = self._setup.stepper()
        rates: list[float] = []
        losses: list[float] = []
        average = 0.0
        for step, (epoch, batch) in enumerate(itertools.islice(self._endless(), _RANGE_STEPS)):
            rate = search.low * (search.high / search.low) ** (step / (_RANGE_STEPS - 1))
            loss = self._step(stepper, batch, epoch=epoch, step=step, rate=rate).item() / len(batch.inputs)
            average = _RANGE_SMOOTHING * average + (1 - _RANGE_SMOOTHING) * loss
            smoothed = average / (1 - _RANGE_SMOOTHING ** (step + 1))
            if not math.isfinite(smoothed) or smoothed > _RANGE_EXPLODED * min(losses, default=math.inf):
                break
            rates.append(rate)
            losses.append(smoothed)
            self._setup.emit(LearningRateTried(trial=step + 1, trials=_RANGE_STEPS, learning_rate=rate, loss=smoothed))
            if not self._stage(step + 1, _RANGE_STEPS):
                return None
        suggested = steepest_descent(rates, losses)
        if suggested is None:
            return self._setup.recipe.training.learning_rate, "the recipe's: the loss fell nowhere in the range test"
        return suggested, "where the loss fell fastest in the range test"

    def _trials(self, start: Start) -> tuple[float, str] | None:
        """Let Optuna choose rates, train with each for a few epochs and take the best."""
        import optuna  # it takes long, and few runs search

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        search = self._config
        space: _Space = {"learning_rate": optuna.distributions.FloatDistribution(search.low, search.high, log=True)}
        study = optuna.create_study(
            direction="maximize", pruner=optuna.pruners.MedianPruner(n_startup_trials=_RANDOM_TRIALS)
        )
        for trial in start.trials:
            study.add_trial(_frozen(trial, space))
        trials = list(start.trials)
        for number in range(len(trials) + 1, search.trials + 1):
            # a seed for every trial, so that a resumed search draws the same
            seed = seed_of(self._setup.seed, _SEARCH, number) % 2**32
            study.sampler = optuna.samplers.TPESampler(n_startup_trials=_RANDOM_TRIALS, seed=seed)
            asked = study.ask(space)
            tried = self._trial(asked.params["learning_rate"], number, asked)
            if tried is None:
                return None
            ended = optuna.trial.TrialState.PRUNED if tried.pruned else optuna.trial.TrialState.COMPLETE
            study.tell(asked, None if tried.pruned else tried.values[-1], state=ended)
            trials.append(tried)
            replace(start, trials=tuple(trials)).save(self._setup.folder)
        whole = [trial for trial in trials if not trial.pruned]
        if not whole:
            return self._setup.recipe.training.learning_rate, "the recipe's: the training diverged in every trial"
        best = max(whole, key=lambda trial: trial.values[-1])
        return best.learning_rate, f"best of {len(trials)} trials"

    def _trial(self, rate: float, number: int, asked: "optuna.Trial") -> Trial | None:
        """Train from the first weights for a few epochs; None when a person asked to pause or stop."""
        setup, search = self._setup, self._config
        setup.trained.load_state_dict(self._initial)
        stepper = setup.stepper()
        values: list[float] = []
        score: Score | None = None
        pruned = False
        try:
            for epoch in range(1, search.trial_epochs + 1):
                loss = self._epoch(stepper, epoch, number=number, rate=rate)
                if loss is None:
                    return None
                score = setup.validate(setup.trained) if setup.validate else None
                # without a metric the loss is all there is to compare
                value = -(score.loss if score else loss) if score is None or score.metric is None else score.metric
                values.append(value)
                asked.report(value, epoch)
                pruned = epoch < search.trial_epochs and bool(asked.should_prune())
                if pruned:
                    break
        except DivergedError:
            pruned = True
        setup.emit(
            LearningRateTried(
                trial=number,
                trials=search.trials,
                learning_rate=rate,
                validation_map=score.map if score else None,
                top1=score.top1 if score else None,
                pruned=pruned,
            )
        )
        return Trial(learning_rate=rate, values=tuple(values), pruned=pruned)

    def _epoch(self, stepper: Stepper, epoch: int, *, number: int, rate: float) -> float | None:
        """Train for an epoch; the loss per image, None when a person asked to pause or stop."""
        setup, search = self._setup, self._config
        setup.trained.train()
        steps = setup.data.steps_per_epoch
        done = (epoch - 1) * steps
        of_trial = search.trial_epochs * steps
        loss, images = torch.zeros((), dtype=torch.float64, device=setup.device.place), 0
        for step, batch in enumerate(setup.data.batches(epoch), start=done):
            loss += self._step(stepper, batch, epoch=epoch, step=step, rate=rate)
            images += len(batch.inputs)
            if not self._stage((number - 1) * of_trial + step + 1, search.trials * of_trial):
                return None
        check_finite(loss.item())
        return loss.item() / images

    def _step(self, stepper: Stepper, batch: Batch, *, epoch: int, step: int, rate: float) -> Tensor:
        momentum = self._setup.recipe.training.momentum
        return stepper(batch, epoch=epoch, step=step, learning_rate=rate, momentum=momentum)

    def _endless(self) -> Iterator[tuple[int, Batch]]:
        """Batches of one epoch after the other, with its number from 1."""
        for epoch in itertools.count(1):
            for batch in self._setup.data.batches(epoch):
                yield epoch, batch


def steepest_descent(rates: Sequence[float], losses: Sequence[float]) -> float | None:
    """The learning rate at which a loss falls fastest over the logarithm of the rate.

    Args:
        rates: rising, evenly spaced in their logarithm.
        losses: smoothed, one for each.

    Returns:
        One of the rates, not of the first few; None where the loss falls nowhere.
    """
    if len(rates) < _RANGE_SKIPPED + 2:
        return None
    slopes = np.gradient(np.asarray(losses))[_RANGE_SKIPPED:]
    steepest = int(slopes.argmin())
    return rates[_RANGE_SKIPPED + steepest] if slopes[steepest] < 0 else None


def _frozen(trial: Trial, space: "_Space") -> "optuna.trial.FrozenTrial":
    """A trial that has ended, as Optuna knows them."""
    import optuna

    return optuna.trial.create_trial(
        state=optuna.trial.TrialState.PRUNED if trial.pruned else optuna.trial.TrialState.COMPLETE,
        params={"learning_rate": trial.learning_rate},
        distributions=space,
        value=None if trial.pruned else trial.values[-1],
        intermediate_values=dict(enumerate(trial.values, start=1)),
    )
