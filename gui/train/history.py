"""What a run's events have said so far, kept in arrays that a plot can draw without copying."""

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from core.jobs.events import (
    EarlyStopped,
    EpochEnded,
    Event,
    ImageSkipped,
    LearningRateChosen,
    LearningRateTried,
    Note,
    Progress,
    RunFailed,
    RunFinished,
    RunPaused,
    RunStarted,
    StepEnded,
)

# the smoothed loss looks back over this share of the whole run, so that it looks the same in short and long ones
SMOOTHING = 0.02


class Series:
    """Rows of numbers that arrive one after another; the array behind them doubles, so adding one is cheap."""

    def __init__(self, columns: int) -> None:
        self._numbers = np.empty((columns, 64))
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def append(self, *row: float) -> None:
        """Add one number to each column."""
        if self._length == self._numbers.shape[1]:
            self._numbers = np.concatenate([self._numbers, np.empty_like(self._numbers)], axis=1)
        self._numbers[:, self._length] = row
        self._length += 1

    def column(self, index: int) -> NDArray[np.float64]:
        """The numbers of one column, float64 (length,); a view that later `append`s do not change."""
        return self._numbers[index, : self._length]

    def truncate(self, length: int) -> None:
        """Forget all rows from the one numbered `length` on."""
        self._length = min(self._length, length)


class RunHistory:
    """The curves and the state of one run, fed with its events in order.

    Attributes:
        started: how the run began last, None before its first event.
        stage: what is being done when that is not training steps ("Reading images"), else None.
        step: the latest training step's numbers.
        epoch: the latest whole epoch's numbers.
        best: the epoch whose weights would be kept.
        skipped: images that could not be read.
        notes: sentences about what was chosen for the run, each once.
        tried: what a search for the learning rate tried, in order.
        chosen: the learning rate that the search ended with; None before, or without a search.
        early_stopped: why the run ended before its last epoch; None when it did not.
        finished, paused, failure: how the run ended, when it did; at most one is not None.
    """

    def __init__(self) -> None:
        self.started: RunStarted | None = None
        self.stage: Progress | None = None
        self.step: StepEnded | None = None
        self.epoch: EpochEnded | None = None
        self.best: EpochEnded | None = None
        self.skipped: list[ImageSkipped] = []
        self.notes: list[str] = []
        self.tried: list[LearningRateTried] = []
        self.chosen: LearningRateChosen | None = None
        self.early_stopped: EarlyStopped | None = None
        self.finished: RunFinished | None = None
        self.paused: RunPaused | None = None
        self.failure: RunFailed | None = None
        self._ended: list[EpochEnded] = []
        self._steps = Series(4)
        self._epochs = Series(7)
        self._smoothed = 0.0
        self._weight = 0.0

    def add(self, events: Iterable[Event]) -> None:
        """Take in events, oldest first."""
        for event in events:
            match event:
                case StepEnded():
                    self._add_step(event)
                case EpochEnded():
                    self._add_epoch(event)
                case Progress():
                    self.stage = event
                case RunStarted():
                    self._start(event)
                case ImageSkipped():
                    # told again by a run that goes on
                    if all(one.path != event.path for one in self.skipped):
                        self.skipped.append(event)
                case Note():
                    if event.sentence not in self.notes:
                        self.notes.append(event.sentence)
                case LearningRateTried():
                    # a search that was interrupted begins anew
                    if self.tried and event.trial <= self.tried[-1].trial:
                        self.tried.clear()
                    self.tried.append(event)
                    self.stage = None
                case LearningRateChosen():
                    self.chosen = event
                case EarlyStopped():
                    self.early_stopped = event
                case RunFinished():
                    self.finished, self.stage = event, None
                case RunPaused():
                    self.paused, self.stage = event, None
                case RunFailed():
                    self.failure, self.stage = event, None
                case _:
                    pass

    # the curves; positions are in epochs: 1.5 is half-way through the second one

    @property
    def step_positions(self) -> NDArray[np.float64]:
        """Where each step event lies, in epochs, float64 (steps,)."""
        return self._steps.column(0)

    @property
    def losses(self) -> NDArray[np.float64]:
        """Training loss per step event, float64 (steps,)."""
        return self._steps.column(1)

    @property
    def smoothed_losses(self) -> NDArray[np.float64]:
        """Exponential mean of `losses`, float64 (steps,)."""
        return self._steps.column(2)

    @property
    def learning_rates(self) -> NDArray[np.float64]:
        """Learning rate per step event, float64 (steps,)."""
        return self._steps.column(3)

    @property
    def epochs(self) -> NDArray[np.float64]:
        """Numbers of the whole epochs, float64 (epochs,)."""
        return self._epochs.column(0)

    @property
    def train_losses(self) -> NDArray[np.float64]:
        """Training loss per epoch, float64 (epochs,)."""
        return self._epochs.column(1)

    @property
    def validation_losses(self) -> NDArray[np.float64]:
        """Validation loss per epoch, float64 (epochs,), NaN where there is none."""
        return self._epochs.column(2)

    @property
    def validation_maps(self) -> NDArray[np.float64]:
        """Validation mAP per epoch, float64 (epochs,), NaN where there is none."""
        return self._epochs.column(3)

    @property
    def raw_maps(self) -> NDArray[np.float64]:
        """Validation mAP of the raw weights per epoch, float64 (epochs,), NaN where they were not scored apart."""
        return self._epochs.column(4)

    @property
    def average_maps(self) -> NDArray[np.float64]:
        """Validation mAP of the averaged weights per epoch, float64 (epochs,), NaN where they were not scored."""
        return self._epochs.column(5)

    @property
    def top1s(self) -> NDArray[np.float64]:
        """Top-1 accuracy per epoch, float64 (epochs,), NaN in a run with several labels per image."""
        return self._epochs.column(6)

    # the state in numbers

    @property
    def has_ended(self) -> bool:
        """Whether the last event says that no worker is at it any more."""
        return self.finished is not None or self.paused is not None or self.failure is not None

    @property
    def best_map(self) -> float | None:
        """Validation mAP of the weights that are kept, or would be; None when there is none yet."""
        best = self.finished or self.best
        return best.validation_map if best is not None else None

    @property
    def best_top1(self) -> float | None:
        """Top-1 accuracy of the weights that are kept, or would be; None in a run with several labels per image."""
        best = self.finished or self.best
        return best.top1 if best is not None else None

    @property
    def best_epoch_figure(self) -> float | None:
        """What the best epoch is judged by: its top-1 where it has one, else its mAP; None without a best epoch."""
        if self.best is None:
            return None
        return self.best.validation_map if self.best.top1 is None else self.best.top1

    @property
    def has_top1(self) -> bool:
        """Whether the run is judged by its top-1 accuracy, as those with one label per image are."""
        return bool(np.isfinite(self.top1s).any())

    @property
    def figures(self) -> NDArray[np.float64]:
        """What each epoch is judged by, float64 (epochs,): top-1 or validation mAP, NaN where there is none."""
        return self.top1s if self.has_top1 else self.validation_maps

    @property
    def is_searching(self) -> bool:
        """Whether a learning rate is being looked for."""
        return bool(self.tried) and self.chosen is None and self.step is None and not self.has_ended

    @property
    def fraction(self) -> float | None:
        """How much of the current stage is done, in [0, 1]; None when that is not known."""
        if self.finished is not None:
            return 1.0
        if self.stage is not None:
            return min(1.0, self.stage.done / self.stage.total) if self.stage.total else None
        if self.is_searching:
            return min(1.0, self.tried[-1].trial / max(self.tried[-1].trials, 1))
        if self.started is None:
            return None
        total = self.started.epochs * self.started.steps_per_epoch
        return min(1.0, self._step_number() / total) if total else None

    @property
    def eta_seconds(self) -> float | None:
        """Seconds until the end as the worker last guessed; None when it has not, or is at another stage."""
        latest = self._latest()
        return latest.eta_seconds if latest is not None and self.stage is None and not self.has_ended else None

    @property
    def images_per_second(self) -> float | None:
        """Training speed as last measured; None before the first step."""
        latest = self._latest()
        return latest.images_per_second if latest is not None else None

    @property
    def current_epoch(self) -> int:
        """The epoch under way, from 1; 0 before the first."""
        done = self.epoch.epoch if self.epoch is not None else 0
        return max(done, self.step.epoch) if self.step is not None else done

    def _latest(self) -> StepEnded | EpochEnded | None:
        if self.step is None or self.epoch is None:
            return self.step or self.epoch
        return self.step if self.step.step > self.epoch.step else self.epoch

    def _step_number(self) -> int:
        latest = self._latest()
        if latest is not None:
            return latest.step
        return self.started.epochs_done * self.started.steps_per_epoch if self.started is not None else 0

    def _start(self, event: RunStarted) -> None:
        self.started = event
        self.finished = self.paused = self.failure = self.stage = self.step = self.early_stopped = None
        # a run that goes on after a crash does the epochs since its last checkpoint again
        self._forget_epochs(event.epochs_done)

    def _forget_epochs(self, last: int) -> None:
        """Forget the epochs after `last`."""
        self._epochs.truncate(int(np.searchsorted(self.epochs, last, side="right")))
        self._ended = [one for one in self._ended if one.epoch <= last]
        self.epoch = self._ended[-1] if self._ended else None
        self.best = next((one for one in reversed(self._ended) if one.is_best), None)

    def _add_step(self, event: StepEnded) -> None:
        self.step, self.stage = event, None
        per_epoch = self.started.steps_per_epoch if self.started is not None else 1
        position, loss = event.step / max(per_epoch, 1), _number(event.loss)
        if len(self._steps) and position <= self.step_positions[-1]:
            # the step was done before, and again after a crash
            self._steps.truncate(int(np.searchsorted(self.step_positions, position)))
        if loss == loss:
            span = SMOOTHING * (self.started.epochs if self.started is not None else 1)
            before = self._steps.column(0)[-1] if len(self._steps) else 0.0
            past = math.exp(-max(position - before, 0.0) / span)
            # divided by the sum of the weights, so that the curve does not start at zero
            self._smoothed = past * self._smoothed + (1 - past) * loss
            self._weight = past * self._weight + (1 - past)
        smoothed = self._smoothed / self._weight if self._weight else loss
        self._steps.append(position, loss, smoothed, _number(event.learning_rate))

    def _add_epoch(self, event: EpochEnded) -> None:
        self._forget_epochs(event.epoch - 1)
        self._ended.append(event)
        self.epoch, self.stage = event, None
        if event.is_best:
            self.best = event
        figures = (event.train_loss, event.validation_loss, event.validation_map)
        parts = (event.raw_map, event.average_map, event.top1)
        self._epochs.append(event.epoch, *map(_number, (*figures, *parts)))


def _number(value: float | None) -> float:
    # a number that was not finite comes as null, even where the event's type does not say so
    return float("nan") if value is None else value
