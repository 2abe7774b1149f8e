"""What the search for a learning rate and the training itself work with."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from core.jobs.events import Event
from core.learning.data.batches import TrainingData
from core.learning.losses.choice import Loss
from core.learning.models.net import Net
from core.learning.training.device import Device
from core.learning.training.scoring import Score
from core.learning.training.stepper import Stepper
from core.recipes.recipe import Recipe


@dataclass(frozen=True, kw_only=True, eq=False)
class Setup:
    """A training that is ready to begin.

    Attributes:
        net: the whole network, whose weights are kept.
        trained: the part of it that is trained on the data's inputs: all of it, or its head.
        data: the batches.
        loss: of the recipe.
        recipe: what to train, and how.
        seed: of every random choice.
        device: where.
        folder: of the run.
        decays_all: whether biases and normalisation layers have weight decay like all else, as in a search.
        validate: scores a module of the kind of `trained`; None without validation images.
        emit: takes the events.
    """

    net: Net
    trained: nn.Module
    data: TrainingData
    loss: Loss
    recipe: Recipe
    seed: int
    device: Device
    folder: Path
    validate: Callable[[nn.Module], Score] | None
    emit: Callable[[Event], None]
    decays_all: bool = False

    def stepper(self) -> Stepper:
        """A fresh optimiser over the weights."""
        return Stepper(
            self.net,
            self.trained,
            loss=self.loss,
            recipe=self.recipe,
            seed=self.seed,
            device=self.device,
            decays_all=self.decays_all,
        )
