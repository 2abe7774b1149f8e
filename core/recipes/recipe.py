"""What a training is told: frozen dataclasses, each key with its meaning and its allowed values."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final, get_type_hints

from core.errors import RecipeError
from core.recipes import keys
from core.recipes.checks import check
from core.recipes.keys import Rule, key
from core.recipes.losses import LOSS_DEFAULTS

CO_OCCURRENCE: Final = "co-occurrence"
"""Label vectors that are made from which labels come together."""


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """The network."""

    backbone: str = key(
        "mobilenetv3_large_100",
        Rule(meaning="timm name of the feature extractor; torchvision's start with torchvision/"),
    )
    pretrained: bool = key(True, Rule(meaning="start from weights trained on ImageNet"))
    frozen: bool = key(False, Rule(meaning="train only the head, on features computed once"))
    head: str = key(
        "linear",
        Rule(
            meaning="what turns features into logits",
            choices=("linear", "cosine", "ml_decoder", "ml_decoder_cosine", "query2label", "csra", "ml_gcn"),
            about="linear: one layer on the pooled features. cosine: the angle to a direction per label. ml_decoder "
            "and query2label: attention looks for each label. csra: attention per label beside the average. "
            "ml_gcn: classifiers from a graph of which labels come together.",
        ),
    )
    pooling: str = key(
        "average",
        Rule(meaning="how linear and cosine heads pool the feature map", choices=("average", "average+max")),
    )
    dropout: float = key(0.0, Rule(meaning="share of the head's inputs dropped while training", low=0.0, below=1.0))
    groups: int = key(
        0,
        Rule(
            meaning="queries of ml_decoder; 0 for one per label up to 100, which then share them",
            low=0,
            high=10_000,
        ),
    )
    embedding: int = key(
        0, Rule(meaning="width of ml_decoder (usual 768) and query2label; 0 for the usual", low=0, multiple_of=8)
    )
    attention_heads: int = key(1, Rule(meaning="residual-attention heads of csra: 1, 2, 4, 6 or 8", low=1, high=8))
    attention_weight: float = key(0.1, Rule(meaning="weight of csra's attention beside its average", low=0.0))
    graph: str = key(
        "none",
        Rule(meaning="re-weight features by the graph of labels that come together", choices=("none", "gcn", "gat")),
    )
    graph_sigmoid: bool = key(False, Rule(meaning="squash the graph's weights to between 0 and 1"))
    graph_threshold: float = key(
        0.4, Rule(meaning="share of a label's images that another must come along in to be linked", low=0.0, high=1.0)
    )
    graph_reweight: float = key(0.25, Rule(meaning="total weight of a label's links", low=0.0, high=1.0))
    label_vectors: str = key(
        CO_OCCURRENCE,
        Rule(meaning="what graph heads know of the labels: co-occurrence, or the path of a GloVe text file"),
    )

    @property
    def uses_graph(self) -> bool:
        """Whether the head is told which labels come together."""
        return self.graph != "none" or self.head == "ml_gcn"

    @property
    def uses_map(self) -> bool:
        """Whether the head sees the backbone's whole feature map, not what the backbone's own neck makes of it."""
        return self.head not in ("linear", "cosine") or self.pooling != "average" or self.graph != "none"


@dataclass(frozen=True, kw_only=True)
class InputConfig:
    """What the network sees."""

    size: int = key(224, Rule(meaning="width and height of the images in pixels", low=32, high=2048, multiple_of=32))


@dataclass(frozen=True, kw_only=True)
class LossConfig:
    """What is minimised."""

    name: str = key(
        "binary_cross_entropy",
        Rule(
            meaning="the loss",
            choices=(
                "binary_cross_entropy",
                "asymmetric",
                "asymmetric_angular_margin",
                "cross_entropy",
                "influence_balanced",
            ),
            about="For several labels per image: binary_cross_entropy takes all alike; asymmetric lets easy negatives "
            "count less; asymmetric_angular_margin does so on the cosines of a cosine head. For one label per image: "
            "cross_entropy takes all alike; influence_balanced lets images of frequent labels count less.",
        ),
    )
    reduction: str = key(
        "mean",
        Rule(
            meaning="sum over labels and batch, that sum divided by the batch size, or the mean of all known elements",
            choices=("mean", "sum", "element_mean"),
        ),
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
    detach_focal_weight: bool = key(True, Rule(meaning="no gradient through the focal weight of asymmetric"))
    balance_positives: bool = key(
        False, Rule(meaning="weigh the positives of rare labels more in binary_cross_entropy, by label frequency")
    )
    influence_start: int = key(
        5, Rule(meaning="epochs of plain cross-entropy before influence_balanced begins to balance", low=0)
    )
    influence_alpha: float = key(1000.0, Rule(meaning="factor of influence_balanced", above=0.0))
    label_smoothing: float = key(0.0, Rule(meaning="how far targets are moved from 0 and 1", low=0.0, below=0.5))


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """How it is minimised."""

    adapt: bool = key(
        False, Rule(meaning="choose epochs, batch size and learning rate from the number of training images")
    )
    epochs: int = key(20, Rule(meaning="passes over the training images", low=1, high=10_000))
    batch_size: int = key(16, Rule(meaning="images per step", low=2, high=4096))
    sampler: str = key(
        "shuffled",
        Rule(
            meaning="which images an epoch draws: each once, all labels alike, or more of those with new labels",
            choices=("shuffled", "balanced", "new_labels"),
        ),
    )
    optimizer: str = key(
        "adamw",
        Rule(
            meaning="the optimiser",
            choices=("adamw", "adam", "sgd"),
            about="adamw suits most; adam mixes weight decay into its steps; sgd needs larger learning rates.",
        ),
    )
    learning_rate: float = key(0.001, Rule(meaning="highest learning rate of the schedule", above=0.0))
    backbone_rate: float = key(1.0, Rule(meaning="the backbone's learning rate as a multiple of the head's", above=0.0))
    bias_rate: float = key(1.0, Rule(meaning="the biases' learning rate as a multiple of the others'", above=0.0))
    weight_decay: float = key(0.01, Rule(meaning="weight decay; biases and normalisation layers have none", low=0.0))
    momentum: float = key(0.9, Rule(meaning="momentum of sgd, first beta of adamw and adam", low=0.0, below=1.0))
    cycle_momentum: bool = key(
        False, Rule(meaning="in one_cycle, momentum falls from 0.95 to 0.85 as the learning rate rises, and back")
    )
    schedule: str = key(
        "one_cycle",
        Rule(
            meaning="how the learning rate goes",
            choices=("one_cycle", "cosine", "plateau", "constant"),
            about="one_cycle rises and falls once; cosine falls all along; plateau falls when validation stalls.",
        ),
    )
    warm_up: float = key(0.2, Rule(meaning="share of the steps in which one_cycle rises", above=0.0, below=1.0))
    warm_up_steps: int = key(
        0, Rule(meaning="steps in which the learning rate of the other schedules rises from almost nothing", low=0)
    )
    plateau_factor: float = key(0.5, Rule(meaning="what plateau multiplies the learning rate by", above=0.0, below=1.0))
    plateau_patience: int = key(1, Rule(meaning="epochs without gain that plateau waits for", low=0))
    plateau_threshold: float = key(0.001, Rule(meaning="gain in mAP or top-1 that counts for plateau", low=0.0))
    minimum_rate: float = key(0.0, Rule(meaning="plateau and cosine go no lower than this", low=0.0))
    sam_rho: float = key(
        0.0, Rule(meaning="radius of sharpness-aware minimisation, 0 for none; it doubles the time of a step", low=0.0)
    )
    sam_adaptive: bool = key(False, Rule(meaning="measure that radius relative to the weights"))
    ema_decay: float = key(
        0.9997, Rule(meaning="share of the averaged weights that a step keeps, 0 for no average", low=0.0, below=1.0)
    )
    ema_warm_up: bool = key(
        True, Rule(meaning="let that share rise from small, so that the average forgets its start in short runs too")
    )
    early_stopping: int = key(
        0, Rule(meaning="stop after so many epochs without gain over the smoothed best, 0 for never", low=0)
    )
    early_stopping_smoothing: float = key(
        0.8, Rule(meaning="share of the newest epoch in the smoothed best; 1 for the best itself", above=0.0, high=1.0)
    )
    early_stopping_gain: float = key(0.0, Rule(meaning="gain in mAP or top-1 that counts for early stopping", low=0.0))
    early_stopping_from: int = key(
        0, Rule(meaning="first epochs, of which none counts as one without gain for early stopping", low=0)
    )


@dataclass(frozen=True, kw_only=True)
class SearchConfig:
    """How the learning rate is looked for before the training; it then takes the place of training.learning_rate."""

    method: str = key(
        "none",
        Rule(
            meaning="no search, a range test of rising rates, or short trials that Optuna chooses",
            choices=("none", "range", "trials"),
        ),
    )
    low: float = key(0.00001, Rule(meaning="lowest learning rate tried", above=0.0))
    high: float = key(0.1, Rule(meaning="highest learning rate tried", above=0.0))
    trials: int = key(15, Rule(meaning="short trials", low=1, high=1000))
    trial_epochs: int = key(3, Rule(meaning="epochs of a short trial", low=1, high=1000))


@dataclass(frozen=True, kw_only=True)
class AugmentationConfig:
    """How training images are varied."""

    flip: bool = key(True, Rule(meaning="mirror half of the images left to right"))
    crop_scale: float = key(
        1.0, Rule(meaning="smallest share of the area that a random crop keeps; 1 for no crops", above=0.0, high=1.0)
    )
    rand_augment: int = key(0, Rule(meaning="operations RandAugment draws per image, 0 for none", low=0, high=10))
    rand_augment_magnitude: int = key(9, Rule(meaning="strength of RandAugment's operations", low=0, high=30))
    cutout: float = key(0.0, Rule(meaning="share of the images that a square is cut out of", low=0.0, high=1.0))
    cutout_size: float = key(0.4, Rule(meaning="side of that square as a share of the image's", above=0.0, high=1.0))
    mixup: float = key(
        0.0, Rule(meaning="strength alpha of mix-up, which blends pairs of images and targets; 0 for none", low=0.0)
    )


@dataclass(frozen=True, kw_only=True)
class Published:
    """A figure that somebody published for a recipe's method.

    Attributes:
        data_set: that it was measured on, such as "VOC 2007".
        metric: such as "mAP".
        value: as printed; percent for mAP.
        source: who published it.
    """

    data_set: str
    metric: str
    value: float
    source: str


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Backbone, head, loss, schedule, augmentation and size under one name.

    Attributes:
        name: as in `multihot train --recipe NAME`; the name of its file.
        title: a few words for its card.
        purpose: one sentence: what it is good for.
        task: "multi-label", or "multi-class" for one label per image.
        family: where its method is from, such as "OTX" or "paper"; empty for nowhere in particular.
        published: figures of the method.
        variants: settings for `with_overrides` under names, such as those of the paper for its data sets.
    """

    name: str
    title: str
    purpose: str
    task: str = "multi-label"
    family: str = ""
    published: tuple[Published, ...] = ()
    variants: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    model: ModelConfig = field(default_factory=ModelConfig)
    input: InputConfig = field(default_factory=InputConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    search: SearchConfig = field(default_factory=SearchConfig)
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)

    def with_overrides(self, settings: Iterable[str]) -> "Recipe":
        """The recipe with some values set.

        Args:
            settings: "section.key=value", "key=value" where only one section has the key, or "section=value", which
                sets the section's `name`.

        Returns:
            A new recipe. Another loss brings its own defaults for the keys of the loss that are not set too.

        Raises:
            RecipeError: a key or a value is not valid, or does not go with another; names it and what is allowed.
        """
        recipe = self
        found = [_setting(setting) for setting in settings]
        # the loss first: what is set for it, before or after, is not to be lost to its defaults
        for section, name, text in sorted(found, key=lambda one: one[:2] != ("loss", "name")):
            config = getattr(recipe, section)
            value = keys.from_text(type(config), name, text, where=f"{section}.{name}")
            if (section, name) == ("loss", "name") and value != config.name:
                config = LossConfig(**LOSS_DEFAULTS[str(value)])
            recipe = replace(recipe, **{section: replace(config, **{name: value})})
        check(recipe)
        return recipe

    def with_variant(self, name: str) -> "Recipe":
        """The recipe with the settings of one of its variants.

        Raises:
            RecipeError: it has no such variant; names those it has.
        """
        if name not in self.variants:
            known = f"It has {', '.join(self.variants)}." if self.variants else "It has none."
            raise RecipeError(f"The recipe {self.name} has no variant “{name}”.", next_step=known)
        return self.with_overrides(self.variants[name])

    def to_toml(self) -> str:
        """The recipe as a TOML file, every key with its meaning."""
        lines = [f"{name} = {keys.to_text(getattr(self, name))}" for name in _FACTS]
        for section, kind in _SECTIONS.items():
            lines += ["", f"[{section}]"]
            types = get_type_hints(kind)
            for name, rule in keys.rules(kind).items():
                allowed = rule.describe(types[name]) if rule.choices or types[name] in (int, float) else ""
                comment = f"{rule.meaning} ({allowed})" if allowed else rule.meaning
                lines += [f"# {rule.about}"] if rule.about else []
                lines.append(f"{name} = {keys.to_text(getattr(getattr(self, section), name))}  # {comment}")
        if self.variants:
            lines += ["", "[variants]"]
            lines += [f"{keys.to_text(name)} = {keys.to_text(settings)}" for name, settings in self.variants.items()]
        for one in self.published:
            lines += ["", "[[published]]"]
            lines += [f"{fact.name} = {keys.to_text(getattr(one, fact.name))}" for fact in fields(one)]
        return "\n".join(lines) + "\n"


_FACTS = {"name": str, "title": str, "purpose": str, "task": str, "family": str}
# in runs of older versions; computed now
_FORMER_FACTS = ("parameters", "gmacs")
_SECTIONS: dict[str, type] = {
    name: kind for name, kind in get_type_hints(Recipe).items() if name not in (*_FACTS, "published", "variants")
}


def from_toml(path: Path) -> Recipe:
    """Read a recipe.

    Raises:
        RecipeError: the file cannot be read, or a key or value is not valid; names file, key and what is allowed.
    """
    try:
        tables: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RecipeError(f"The recipe {path.name} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise RecipeError(f"The recipe {path.name} cannot be read: it is not text in UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
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
            values[name] = keys.section(_SECTIONS[name], _with_loss_defaults(name, value), where=name)
        elif name == "published":
            values[name] = _published(value)
        elif name == "variants":
            values[name] = _variants(value)
        elif name not in _FORMER_FACTS:
            known = ", ".join([*_FACTS, *_SECTIONS, "published", "variants"])
            raise RecipeError(f"There is no key “{name}” in a recipe.", next_step=f"Allowed: {known}.")
    for name in ("name", "title", "purpose"):
        if not values.get(name):
            raise RecipeError(f"The key “{name}” is missing.", next_step="Give it a text.")
    recipe = Recipe(**values)
    check(recipe)
    for settings in recipe.variants.values():
        recipe.with_overrides(settings)
    return recipe


def _with_loss_defaults(section: str, table: object) -> object:
    """The table of the section loss with its loss's defaults for the keys that are left out; others as they are."""
    if section != "loss" or not isinstance(table, dict) or not isinstance(table.get("name"), str):
        return table
    return {**LOSS_DEFAULTS.get(table["name"], {}), **table}


def _published(tables: object) -> tuple[Published, ...]:
    wanted = get_type_hints(Published)
    if not isinstance(tables, list) or any(not isinstance(one, dict) or set(one) != set(wanted) for one in tables):
        raise RecipeError(
            "“published” must be a list of tables.", next_step=f"Write [[published]] with {', '.join(wanted)} below."
        )
    return tuple(
        Published(**{name: keys.typed(one[name], kind, where=f"published.{name}") for name, kind in wanted.items()})
        for one in tables
    )


def _variants(table: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(table, dict) or any(
        not isinstance(one, list) or any(not isinstance(text, str) for text in one) for one in table.values()
    ):
        raise RecipeError(
            "“variants” must be a table of lists of texts.",
            next_step='Write [variants] and below it, for example, small = ["input.size=224"].',
        )
    return {name: tuple(settings) for name, settings in table.items()}


def set_keys(settings: Iterable[str]) -> frozenset[str]:
    """The keys, such as "training.epochs", that settings for `Recipe.with_overrides` set.

    Raises:
        RecipeError: a setting is not of the form key=value, or there is no such key.
    """
    return frozenset(f"{section}.{name}" for section, name, _ in map(_setting, settings))


def _setting(setting: str) -> tuple[str, str, str]:
    """Section, key and text of a setting such as `epochs=30`."""
    path, equals, text = (part.strip() for part in setting.partition("="))
    if not equals:
        raise RecipeError(f"“{setting}” is not of the form key=value.", next_step="Write training.epochs=30.")
    return *_find(path), text


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
    like = keys.nearest(path, [f"{one}.{name}" for one in _SECTIONS for name in _names(one)])
    if like:
        next_step = f"Is it {like}?"
    elif section in _SECTIONS:
        next_step = f"Allowed: {', '.join(f'{section}.{one}' for one in _names(section))}."
    else:
        next_step = f"Write section.key=value; the sections are {', '.join(_SECTIONS)}."
    raise RecipeError(f"No recipe has a key “{path}”.", next_step=next_step)


def _names(section: str) -> list[str]:
    return list(keys.rules(_SECTIONS[section]))
