"""The sections and keys of a recipe, for forms and tables; no Qt."""

import difflib
from dataclasses import dataclass, fields, is_dataclass
from typing import get_type_hints

from core.recipes.complexity import known_backbones
from core.recipes.keys import Rule, Value, rules
from core.recipes.recipe import Recipe


@dataclass(frozen=True)
class Key:
    """One key of a recipe.

    Attributes:
        section: such as "training".
        name: such as "epochs".
        kind: str, int, float or bool.
        rule: its meaning and what it may be.
    """

    section: str
    name: str
    kind: type[Value]
    rule: Rule

    @property
    def path(self) -> str:
        """As in `multihot train --set`."""
        return f"{self.section}.{self.name}"

    @property
    def allowed(self) -> str:
        """What it may be, in words."""
        return "true, false" if self.kind is bool else self.rule.describe(self.kind)

    @property
    def explained(self) -> tuple[str, ...]:
        """Sentences on what each choice does and which numbers are allowed; none where there is no more to say."""
        says_more = self.kind in (int, float)
        allowed = self.allowed[0].upper() + self.allowed[1:]
        return tuple(text for text in (self.rule.about, f"{allowed}." if says_more else "") if text)


def value_of(recipe: Recipe, key: Key) -> Value:
    """What a recipe says under a key."""
    value: Value = getattr(getattr(recipe, key.section), key.name)
    return value


def _sections() -> dict[str, tuple[Key, ...]]:
    hints = get_type_hints(Recipe)
    found = {}
    for one in fields(Recipe):
        kind = hints[one.name]
        if isinstance(kind, type) and is_dataclass(kind):
            types = get_type_hints(kind)
            found[one.name] = tuple(Key(one.name, name, types[name], rule) for name, rule in rules(kind).items())
    return found


SECTIONS = _sections()
"""The keys of each section, in the order of a recipe's file."""
ADAPTED = frozenset({"training.epochs", "training.batch_size", "training.learning_rate"})
"""What `training.adapt` chooses from the data."""


def adapted_keys(recipe: Recipe) -> frozenset[str]:
    """What is chosen from the data for a recipe; see `core.recipes.adapt`."""
    if not recipe.training.adapt:
        return frozenset()
    keeps_rate = recipe.training.optimizer == "sgd" and recipe.model.head != "ml_gcn"
    return ADAPTED - {"training.learning_rate"} if keeps_rate else ADAPTED


def backbone_remark(name: str) -> str:
    """What is to be said of a backbone that may be misspelt; empty of one that is known."""
    known = known_backbones()
    # timm writes the weights behind a dot
    if name.partition(".")[0] in known:
        return ""
    near = difflib.get_close_matches(name, known, n=1)
    meant = f" Did you mean {near[0]}?" if near else ""
    return f"“{name}” is not known here; whether timm has it shows when a training starts.{meant}"
