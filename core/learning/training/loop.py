"""The training loop, written out."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from core.jobs.events import CheckpointSaved, EarlyStopped, EpochEnded, Note, RunPaused
from core.jobs.job import Command
from core.learning.training.checkpoint import BEST_FILE, LAST_FILE, Counters, load_last, save_best, save_last
from core.learning.training.divergence import check_finite
from core.learning.training.early_stopping import EarlyStopping
from core.learning.training.ema import Ema
from core.learning.training.meter import Meter
from core.learning.training.schedules import Plateau, is_warming_up, learning_rate, momentum
from core.learning.training.scoring import Score, rank
from core.learning.training.setup import Setup

_SECONDS_BETWEEN_CHECKPOINTS = 10.0
"""A crash loses no more than this, or an epoch; a head on frozen features has hundreds of epochs in that time."""

_BALANCING = (
    "From epoch {} on the loss weighs classes and images by their influence: it is another loss than before, so the "
    "training loss jumps here, which is no fault."
)


@dataclass(frozen=True)
class _Scored:
    """How the raw weights did, and their average where there is one."""

    raw: Score
    average: Score | None

    @property
    def is_average(self) -> bool:
        """Whether the average is as good as the raw weights at least."""
        return self.average is not None and self.average.rank >= self.raw.rank

    @property
    def better(self) -> Score:
        return self.average if self.average is not None and self.is_average else self.raw


class Loop:
    """A training that can be paused, stopped and resumed at any step, with the same result as one that was not.

    Args:
        setup: what to train, and how; its folder takes the checkpoints.
        validation_images: how many there are.
        control: gives what a person asks for.

    Attributes:
        counters: how far it is.
    """

    def __init__(self, setup: Setup, *, validation_images: int, control: Callable[[], Command]) -> None:
        self._setup = setup
        self._config = config = setup.recipe.training
        self._trained = setup.trained
        self._emit = setup.emit
        self._control = control
        self.counters = Counters()
        self._total_steps = config.epochs * setup.data.steps_per_epoch
        self._stepper = setup.stepper()
        self._ema = Ema(self._trained, config.ema_decay, warm_up=config.ema_warm_up) if config.ema_decay else None
        self._plateau = Plateau.of(config) if config.schedule == "plateau" else None
        self._early_stopping = (
            EarlyStopping(config.early_stopping, config.early_stopping_smoothing, min_gain=config.early_stopping_gain)
            if config.early_stopping
            else None
        )
        self._unsaved_best: dict[str, Tensor] | None = None
        self._checkpoint_at = time.monotonic()
        self._meter = Meter(
            self._emit,
            device=setup.device.place,
            total_steps=self._total_steps,
            steps_per_epoch=setup.data.steps_per_epoch,
            batch_size=config.batch_size,
            validation_images=validation_images,
        )

    def run(self) -> Literal["finished", "stopped", "paused"]:
        """Train until the last epoch ends or a person asks for something else.

        Returns:
            How it ended. Unless paused, the folder holds the weights to keep.

        Raises:
            JobError: the training diverged.
        """
        setup, counters, config = self._setup, self.counters, self._config
        steps_per_epoch = setup.data.steps_per_epoch
        started = time.monotonic() - counters.seconds
        for epoch in range(counters.epochs + 1, config.epochs + 1):
            if counters.early_stopped:
                break
            epoch_started = time.monotonic() - counters.epoch_seconds
            loss_sum = torch.tensor(counters.epoch_loss, dtype=torch.float64, device=setup.device.place)
            command: Command = "continue"
            self._trained.train()
            if counters.step == (epoch - 1) * steps_per_epoch and setup.loss.starts_to_balance(epoch):
                self._emit(Note(sentence=_BALANCING.format(epoch)))
            self._meter.start()
            for batch in setup.data.batches(epoch, skip=counters.step - (epoch - 1) * steps_per_epoch):
                peak = self._plateau.rate if self._plateau else config.learning_rate
                rate = learning_rate(config, counters.step, self._total_steps, peak=peak)
                loss = self._stepper(
                    batch,
                    epoch=epoch,
                    step=counters.step,
                    learning_rate=rate,
                    momentum=momentum(config, counters.step, self._total_steps),
                )
                if self._ema:
                    self._ema.update(self._trained)

                counters.step += 1
                counters.epoch_images += len(batch.inputs)
                loss_sum += loss
                self._meter.step_ended(epoch, counters.step, loss=loss, images=len(batch.inputs), learning_rate=rate)
                command = self._control()
                if command != "continue" and counters.step < epoch * steps_per_epoch:
                    break
            counters.epoch_loss = loss_sum.item()
            check_finite(counters.epoch_loss)
            counters.epoch_seconds = time.monotonic() - epoch_started
            if counters.step == epoch * steps_per_epoch:
                self._end_epoch(epoch, rate, epoch_started)
            counters.seconds = time.monotonic() - started
            if command == "pause":
                self._save()
                self._emit(RunPaused(epoch=counters.epochs, step=counters.step))
                return "paused"
            if command == "stop":
                if counters.best_epoch == 0:
                    self._keep_better(epoch)
                self._save()
                return "stopped"
            if time.monotonic() - self._checkpoint_at > _SECONDS_BETWEEN_CHECKPOINTS:
                self._save()
        self._save()
        return "finished"

    def resume(self) -> None:
        """Go back to where the checkpoint in the folder was written.

        Raises:
            JobError: the checkpoint is damaged, or of another version of the program.
        """
        self.counters, state = load_last(self._setup.folder / LAST_FILE, self._setup.device.place)
        self._setup.net.load_state_dict(state["net"])
        self._stepper.optimizer.load_state_dict(state["optimizer"])
        self._stepper.scaler.load_state_dict(state["scaler"])
        if self._ema:
            self._ema.module.load_state_dict(state["ema"])
            self._ema.updates = state["ema_updates"]
        if self._plateau:
            self._plateau = Plateau(**state["plateau"])
        if self._early_stopping:
            self._early_stopping = EarlyStopping(**state["early_stopping"])

    def _end_epoch(self, epoch: int, rate: float, epoch_started: float) -> None:
        """Score the weights, keep them if they are the best, say so, and see what the schedule makes of it."""
        counters = self.counters
        validation_started = time.monotonic()
        speed = counters.epoch_images / max(counters.epoch_seconds, 1e-9)
        scored, is_best = self._keep_better(epoch)
        self._meter.validated(time.monotonic() - validation_started)
        train_loss = counters.epoch_loss / counters.epoch_images
        counters.epochs = epoch
        counters.epoch_loss, counters.epoch_images, counters.epoch_seconds = 0.0, 0, 0.0
        score = scored.better if scored else None
        self._emit(
            EpochEnded(
                epoch=epoch,
                step=counters.step,
                train_loss=train_loss,
                validation_loss=score.loss if score else None,
                validation_map=score.map if score else None,
                average_precision=tuple(None if ap != ap else ap for ap in score.average_precision.tolist())
                if score
                else (),
                top1=score.top1 if score else None,
                is_average=scored.is_average if scored else self._ema is not None,
                raw_map=scored.raw.map if scored and scored.average else None,
                average_map=scored.average.map if scored and scored.average else None,
                is_best=is_best,
                learning_rate=rate,
                images_per_second=speed,
                seconds=time.monotonic() - epoch_started,
                eta_seconds=self._meter.eta_seconds(counters.step),
            )
        )
        if score is not None and score.metric is not None:
            self._consider(epoch, score.metric)

    def _consider(self, epoch: int, metric: float) -> None:
        """Lower the learning rate on a plateau, and end the training where nothing is gained any more."""
        if self._plateau:
            self._plateau.update(metric)
        if self._early_stopping:
            warming_up = epoch <= self._config.early_stopping_from or is_warming_up(
                self._config, self.counters.step, self._total_steps
            )
            decision = self._early_stopping.update(metric, warming_up=warming_up)
            if decision.stop and epoch < self._config.epochs:
                self.counters.early_stopped = True
                self._emit(EarlyStopped(epoch=epoch, reason=decision.reason))

    def _keep_better(self, epoch: int) -> tuple[_Scored | None, bool]:
        """Keep the present weights if they are the best so far: the raw ones or their average, whichever is better.

        Without validation images the newest are kept, averaged: there is nothing to choose by.

        Returns:
            The scores, None without validation images, and whether the better weights were kept.
        """
        counters = self.counters
        averaged = self._ema.module if self._ema else None
        validate = self._setup.validate
        if validate is None:
            counters.best_epoch = epoch
            self._unsaved_best = _copy(self._trained if averaged is None else averaged)
            return None, True
        scored = _Scored(raw=validate(self._trained), average=None if averaged is None else validate(averaged))
        score = scored.better
        best = rank(counters.best_top1, counters.best_map, counters.best_loss)
        is_best = counters.best_epoch == 0 or score.rank > best
        if is_best:
            counters.best_epoch, counters.best_top1 = epoch, score.top1
            counters.best_map, counters.best_loss = score.map, score.loss
            self._unsaved_best = _copy(averaged if averaged is not None and scored.is_average else self._trained)
        return scored, is_best

    def _save(self) -> None:
        """Write the best weights, then all that a resumed run needs: never a checkpoint that speaks of weights lost."""
        if self._unsaved_best is not None:
            prefix = "" if self._trained is self._setup.net else "head."
            kept = {prefix + name: value for name, value in self._unsaved_best.items()}
            save_best(self._setup.folder / BEST_FILE, {**self._setup.net.state_dict(), **kept})
            self._unsaved_best = None
            self._emit(CheckpointSaved(file=BEST_FILE, epoch=self.counters.best_epoch))
        state = {
            "net": self._setup.net.state_dict(),
            "optimizer": self._stepper.optimizer.state_dict(),
            "scaler": self._stepper.scaler.state_dict(),
            "ema": self._ema.module.state_dict() if self._ema else {},
            "ema_updates": self._ema.updates if self._ema else 0,
            "plateau": asdict(self._plateau) if self._plateau else {},
            "early_stopping": asdict(self._early_stopping) if self._early_stopping else {},
        }
        save_last(self._setup.folder / LAST_FILE, self.counters, state)
        self._emit(CheckpointSaved(file=LAST_FILE, epoch=self.counters.epochs))
        self._checkpoint_at = time.monotonic()


def _copy(module: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in module.state_dict().items()}
