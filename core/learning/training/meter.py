"""What is said while steps go by: loss, speed and the time left."""

import time
from collections import deque
from collections.abc import Callable

import torch
from torch import Tensor

from core.jobs.events import Event, Progress, StepEnded
from core.jobs.job import Command
from core.learning.training.divergence import check_finite

_INTERVAL_S = 0.2
"""Between two readings of the loss: each waits for the device to catch up."""
_SPEED_WINDOW_S = 1.0


class Meter:
    """Collects steps and emits `StepEnded` five times a second, and at the end of every epoch.

    Args:
        emit: takes the events.
        device: that the losses are on.
        total_steps: of the whole run.
        batch_size: images in a step, for the first estimate of what a validation takes.
        validation_images: scored after each epoch.
        steps_per_epoch: optimiser updates in an epoch.
    """

    def __init__(
        self,
        emit: Callable[[Event], None],
        *,
        device: torch.device,
        total_steps: int,
        steps_per_epoch: int,
        batch_size: int,
        validation_images: int,
    ) -> None:
        self._emit = emit
        self._total_steps = total_steps
        self._steps_per_epoch = steps_per_epoch
        # scoring an image takes about a third of a training step's time for it, until it has been measured
        self._validation_steps = validation_images / batch_size / 3
        self._validation_seconds: float | None = None
        self._loss = torch.zeros((), dtype=torch.float64, device=device)
        self._images = 0
        self._emitted_at = 0.0
        self._window: deque[tuple[float, int]] = deque()
        self._seconds_per_step = 0.0
        self.images_per_second = 0.0

    def start(self) -> None:
        """Steps begin, or begin again after something else."""
        self._window = deque([(time.monotonic(), 0)])

    def step_ended(self, epoch: int, step: int, *, loss: Tensor, images: int, learning_rate: float) -> None:
        """Take in a step.

        Args:
            epoch: from 1.
            step: from 1.
            loss: sum over the step's images, detached, on the device.
            images: of the step.
            learning_rate: of the step.

        Raises:
            JobError: the training diverged.
        """
        self._loss += loss
        self._images += images
        now = time.monotonic()
        self._window.append((now, images))
        while len(self._window) > 2 and now - self._window[1][0] > _SPEED_WINDOW_S:
            self._window.popleft()
        # however fast a run is, its curves have a point per epoch and reach its end
        if now - self._emitted_at < _INTERVAL_S and step % self._steps_per_epoch:
            return
        elapsed = max(now - self._window[0][0], 1e-9)
        self.images_per_second = sum(count for _, count in list(self._window)[1:]) / elapsed
        self._seconds_per_step = elapsed / (len(self._window) - 1)
        mean_loss = self._loss.item() / self._images
        check_finite(mean_loss)
        self._emit(
            StepEnded(
                epoch=epoch,
                step=step,
                loss=mean_loss,
                learning_rate=learning_rate,
                images_per_second=self.images_per_second,
                eta_seconds=self.eta_seconds(step),
            )
        )
        # not `now`: this process may have waited for the CPU since
        self._emitted_at = time.monotonic()
        self._loss.zero_()
        self._images = 0

    def validated(self, seconds: float) -> None:
        """Take in how long a validation took."""
        self._validation_seconds = seconds

    def eta_seconds(self, step: int) -> float:
        """Seconds until the run ends, validations included, when so many steps are done."""
        validation = self._validation_seconds
        if validation is None:
            validation = self._validation_steps * self._seconds_per_step
        epochs_to_validate = -(-(self._total_steps - step) // self._steps_per_epoch)
        return (self._total_steps - step) * self._seconds_per_step + epochs_to_validate * validation


class Stage:
    """Reports a stage that is not training steps, ten times a second, and asks whether to go on.

    Attributes:
        command: what was asked for last.
    """

    def __init__(self, stage: str, emit: Callable[[Event], None], control: Callable[[], Command]) -> None:
        self._stage = stage
        self._emit = emit
        self._control = control
        self._emitted_at = 0.0
        self.command: Command = "continue"

    def __call__(self, done: int, total: int) -> bool:
        """Report; False when a person asked to pause or stop."""
        now = time.monotonic()
        if done == total or now - self._emitted_at >= 0.1:
            self._emit(Progress(stage=self._stage, done=done, total=total))
            self._emitted_at = time.monotonic()
        self.command = self._control()
        return self.command == "continue"
