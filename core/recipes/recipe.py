"""What a training is told: frozen dataclasses, each key with its meaning and its allowed values."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, get_type_hints

from core.errors import RecipeError
from core.recipes import keys
from core.recipes.keys import Rule, key


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """The network."""

    backbone: str = key("mobilenetv3_large_100", Rule(meaning="timm name of the feature extractor"))
    pretrained: bool = key(True, Rule(meaning="start from weights trained on ImageNet"))
    frozen: bool = key(False, Rule(meaning="train only the head, on features computed once"))
    head: str = key("linear", Rule(meaning="what turns features into logits", choices=("linear", "cosine")))
    dropout: float = key(0.0, Rule(meaning="share of the head's inputs dropped while training", low=0.0, below=1.0))


@dataclass(frozen=True, kw_only=True)
class InputConfig:
    """What the network sees."""

    size: int = key(224, Rule(meaning="width and height of the images in pixels", low=32, high=2048, multiple_of=32))


@dataclass(frozen=True, kw_only=True)
class LossConfig:
    """What is minimised."""

    name: str = key(
        "binary_cross_entropy", Rule(meaning="the loss", choices=("binary_cross_entropy", "asymmetric_angular_margin"))
    )
    reduction: str = key(
        "mean",
        Rule(meaning="sum over labels and batch, or that sum divided by the batch size", choices=("mean", "sum")),
    )
    scale: float = key(
        0.0, Rule(meaning="cosines are multiplied by it; 0 chooses it from the number of labels", low=0.0)
    )
    margin: float = key(0.0, Rule(meaning="margin on the cosine", low=0.0, high=1.0))
    positive_weight: float = key(0.7, Rule(meaning="weight k of positives; negatives weigh 1 - k", low=0.0, high=1.0))
    gamma_positive: float = key(0.0, Rule(meaning="focusing exponent of positives", low=0.0))
    gamma_negative: float = key(1.0, Rule(meaning="focusing exponent of negatives", low=0.0))
    clip: float = key(
        0.05,
        Rule(meaning="shift of a negative's probability; very easy negatives then cost nothing", low=0.0, below=1.0),
    )
    label_smoothing: float = key(0.0, Rule(meaning="how far targets are moved from 0 and 1", low=0.0, below=0.5))


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """How it is minimised."""

    epochs: int = key(20, Rule(meaning="passes over the training images", low=1, high=10_000))
    batch_size: int = key(16, Rule(meaning="images per step", low=2, high=4096))
    optimizer: str = key("adamw", Rule(meaning="the optimiser", choices=("adamw", "sgd")))
    learning_rate: float = key(0.001, Rule(meaning="highest learning rate of the schedule", above=0.0))
    weight_decay: float = key(0.01, Rule(meaning="weight decay; biases and normalisation layers have none", low=0.0))
    momentum: float = key(0.9, Rule(meaning="momentum of sgd, first beta of adamw", low=0.0, below=1.0))
    schedule: str = key("one_cycle", Rule(meaning="how the learning rate goes", choices=("one_cycle", "constant")))
    warm_up: float = key(0.2, Rule(meaning="share of the steps in which one_cycle rises", above=0.0, below=1.0))
    ema_decay: float = key(
        0.9997, Rule(meaning="decay of the averaged weights, 0 for none; it warms up in short runs", low=0.0, below=1.0)
    )


@dataclass(frozen=True, kw_only=True)
class AugmentationConfig:
    """How training images are varied."""

    flip: bool = key(True, Rule(meaning="mirror half of the images left to right"))
    crop_scale: float = key(
        1.0, Rule(meaning="smallest share of the area that a random crop keeps; 1 for no crops", above=0.0, high=1.0)
    )
    rand_augment: int = key(0, Rule(meaning="operations RandAugment draws per image, 0 for none", low=0, high=10))
    rand_augment_magnitude: int = key(9, Rule(meaning="strength of RandAugment's operations", low=0, high=30))


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Backbone, head, loss, schedule, augmentation and size under one name.

    Attributes:
        name: as in `multihot train --recipe NAME`; the name of its file.
        title: a few words for its card.
        purpose: one sentence: what it is good for.
        task: "multi-label".
        parameters: of backbone and neck; the head's depend on the labels. 0 when not known.
        gmacs: multiply-adds of one image in 1e9, without the head's last layer. 0 when not known.
    """

    name: str
    title: str
    purpose: str
    task: str = "multi-label"
    parameters: int = 0
    gmacs: float = 0.0
    model: ModelConfig = field(default_factory=ModelConfig)
    input: InputConfig = field(default_factory=InputConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)

    def with_overrides(self, settings: Iterable[str]) -> "Recipe":
        """The recipe with some values set.

        Args:
            settings: "section.key=value", "key=value" where only one section has the key, or "section=value", which
                sets the section's `name`.

        Returns:
            A new recipe. Changing the backbone or the size makes `parameters` and `gmacs` unknown.

        Raises:
            RecipeError: a key or a value is not valid; names the key and what is allowed.
        """
        recipe = self
        for setting in settings:
            path, equals, text = (part.strip() for part in setting.partition("="))
            if not equals:
                raise RecipeError(f"“{setting}” is not of the form key=value.", next_step="Write training.epochs=30.")
            section, name = _find(path)
            config = getattr(recipe, section)
            value = keys.from_text(type(config), name, text, where=f"{section}.{name}")
            recipe = replace(recipe, **{section: replace(config, **{name: value})})
        if (recipe.model.backbone, recipe.input.size) != (self.model.backbone, self.input.size):
            recipe = replace(recipe, parameters=0, gmacs=0.0)
        return recipe

    def to_toml(self) -> str:
        """The recipe as a TOML file, every key with its meaning."""
        lines = [f"{name} = {keys.to_text(getattr(self, name))}" for name in _FACTS]
        for section, kind in _SECTIONS.items():
            lines += ["", f"[{section}]"]
            for name, rule in keys.rules(kind).items():
                lines.append(f"{name} = {keys.to_text(getattr(getattr(self, section), name))}  # {rule.meaning}")
        return "\n".join(lines) + "\n"


_FACTS = {"name": str, "title": str, "purpose": str, "task": str, "parameters": int, "gmacs": float}
_SECTIONS: dict[str, type] = {name: kind for name, kind in get_type_hints(Recipe).items() if name not in _FACTS}


def from_toml(path: Path) -> Recipe:
    """Read a recipe.

    Raises:
        RecipeError: the file cannot be read, or a key or value is not valid; names file, key and what is allowed.
    """
    try:
        tables: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RecipeError(f"The recipe {path.name} cannot be read: {error}.") from error
    try:
        return _from_tables(tables)
    except RecipeError as error:
        raise RecipeError(f"{path.name}: {error.sentence}", next_step=error.next_step) from error


def _from_tables(tables: dict[str, Any]) -> Recipe:
    values: dict[str, Any] = {}
    for name, value in tables.items():
        if name in _FACTS:
            values[name] = keys.typed(value, _FACTS[name], where=name)
        elif name in _SECTIONS:
            values[name] = keys.section(_SECTIONS[name], value, where=name)
        else:
            raise RecipeError(
                f"There is no key “{name}” in a recipe.", next_step=f"Allowed: {', '.join([*_FACTS, *_SECTIONS])}."
            )
    for name in ("name", "title", "purpose"):
        if not values.get(name):
            raise RecipeError(f"The key “{name}” is missing.", next_step="Give it a text.")
    return Recipe(**values)


def _find(path: str) -> tuple[str, str]:
    """The section and key that a path such as `training.epochs`, `epochs` or `loss` means."""
    section, dot, name = path.partition(".")
    if dot:
        if section in _SECTIONS and name in _names(section):
            return section, name
    elif path in _SECTIONS and "name" in _names(path):
        return path, "name"
    else:
        found = [one for one in _SECTIONS if path in _names(one)]
        if len(found) == 1:
            return found[0], path
    known = ", ".join(f"{one}.{name}" for one in _SECTIONS for name in _names(one))
    raise RecipeError(f"No recipe has a key “{path}”.", next_step=f"Allowed: {known}.")


def _names(section: str) -> list[str]:
    return list(keys.rules(_SECTIONS[section]))
