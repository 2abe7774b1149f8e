"""What is decided before the first step: `start.json` in a run's folder, so that a resumed run decides nothing anew."""

import json
from collections.abc import Set
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

from core.errors import JobError
from core.files import write_atomically
from core.recipes.recipe import Recipe

START_FILE = "start.json"


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A short training with one learning rate.

    Attributes:
        learning_rate: that was tried.
        values: how good it was after each of its epochs, the higher the better.
        pruned: whether it was given up before its last epoch.
    """

    learning_rate: float
    values: tuple[float, ...]
    pruned: bool


@dataclass(frozen=True, kw_only=True)
class Start:
    """What is decided before the first step.

    Attributes:
        matched: names of the labels that keep what another run has learnt of them.
        new: names of the others, where the run starts from another.
        trials: of a search for the learning rate, those that have ended.
        learning_rate: what the search chose; None before it ends, and without one.
    """

    matched: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    trials: tuple[Trial, ...] = ()
    learning_rate: float | None = None

    def save(self, folder: Path) -> None:
        """Write it into the run's folder."""
        write_atomically(folder / START_FILE, json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read it from the run's folder; nothing is decided where there is no file.

        Raises:
            JobError: the file is damaged.
        """
        try:
            values = json.loads((folder / START_FILE).read_text(encoding="utf-8"))
            trials = tuple(Trial(**{**trial, "values": tuple(trial["values"])}) for trial in values.pop("trials"))
            return cls(
                matched=tuple(values["matched"]),
                new=tuple(values["new"]),
                trials=trials,
                learning_rate=values["learning_rate"],
            )
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise JobError(
                f"{folder / START_FILE} is damaged, so the run cannot go on.",
                next_step="Discard the run and train again.",
            ) from error

    def applied_to(self, recipe: Recipe, *, keep: Set[str] = frozenset()) -> Recipe:
        """The recipe with what was decided.

        Where labels were added to those of another run, images and classes are balanced, so that the new ones are
        learnt and the old ones not forgotten: where an image has one label by drawing all labels alike and with the
        influence-balanced loss, if the head can have it, else by drawing more images of the new labels. Another sampler
        or loss of the recipe stands.

        Args:
            recipe: of the run.
            keep: keys that a person set, such as "training.sampler", which stand whatever their value.
        """
        loss, training = recipe.loss, recipe.training
        if self.matched and self.new:
            if recipe.task != "multi-class":
                sampler = "new_labels"
            else:
                sampler = "balanced"
                # it weighs images by the one vector that a head sees of each
                if loss.name == "cross_entropy" and "loss.name" not in keep and not recipe.model.uses_map:
                    loss = replace(loss, name="influence_balanced")
            if training.sampler == "shuffled" and "training.sampler" not in keep:
                training = replace(training, sampler=sampler)
        if self.learning_rate is not None:
            training = replace(training, learning_rate=self.learning_rate)
        return replace(recipe, loss=loss, training=training)
