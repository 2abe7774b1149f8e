"""One key of a recipe: its meaning, its allowed values, and reading it from TOML or from text."""

import difflib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final, TypeVar, get_type_hints

from core.errors import RecipeError

T = TypeVar("T")
Value = str | float | bool

_TYPE_NAMES: Final = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What a key means and which values it takes.

    Attributes:
        meaning: a phrase that explains it to the person who edits a recipe.
        choices: allowed texts; empty for any text.
        about: a sentence on what each choice does, where their names do not say it.
        low: smallest allowed number.
        above: largest number that is too small.
        high: largest allowed number.
        below: smallest number that is too large.
        multiple_of: what a whole number must be divisible by.
    """

    meaning: str
    choices: tuple[str, ...] = ()
    about: str = ""
    low: float = -math.inf
    above: float = -math.inf
    high: float = math.inf
    below: float = math.inf
    multiple_of: int = 1

    def allows(self, value: Value) -> bool:
        """Whether a value of the key's type is allowed."""
        if isinstance(value, bool):
            return True
        if isinstance(value, str):
            return value in self.choices if self.choices else bool(value)
        in_bounds = self.low <= value <= self.high and self.above < value < self.below
        return in_bounds and value % self.multiple_of == 0 if isinstance(value, int) else in_bounds

    def describe(self, wanted: type) -> str:
        """The allowed values in words, for an error."""
        if self.choices:
            return ", ".join(self.choices)
        words = [_TYPE_NAMES[wanted]]
        words += [f"from {self.low}"] if math.isfinite(self.low) else []
        words += [f"above {self.above}"] if math.isfinite(self.above) else []
        words += [f"up to {self.high}"] if math.isfinite(self.high) else []
        words += [f"below {self.below}"] if math.isfinite(self.below) else []
        words += [f"divisible by {self.multiple_of}"] if self.multiple_of != 1 else []
        return " ".join(words)


def key(default: T, rule: Rule) -> T:
    """A dataclass field of a section, with its rule."""
    result: T = field(default=default, metadata={"rule": rule})
    return result


def rules(kind: type) -> dict[str, Rule]:
    """The rule of every key of a section's dataclass, in its order."""
    return {one.name: one.metadata["rule"] for one in fields(kind)}


def section(kind: type[T], table: object, *, where: str) -> T:
    """Make a section of a recipe from a TOML table.

    Raises:
        RecipeError: an unknown key or a value that is not allowed.
    """
    if not isinstance(table, dict):
        raise RecipeError(f"“{where}” must be a table.", next_step=f"Write [{where}] and its keys below.")
    known = rules(kind)
    unknown = [name for name in table if name not in known]
    if unknown:
        like = nearest(unknown[0], list(known))
        next_step = f"{f'Is it {like}? ' if like else ''}Allowed: {', '.join(known)}."
        raise RecipeError(f"There is no key “{where}.{unknown[0]}”.", next_step=next_step)
    return kind(**{name: _checked(kind, name, value, where=f"{where}.{name}") for name, value in table.items()})


def nearest(wrong: str, paths: Sequence[str]) -> str:
    """The key that a wrong one may stand for: by its initials, such as lr, or spelt alike; empty for none.

    Args:
        wrong: with or without its section.
        paths: all keys, with or without their sections.
    """
    name = wrong.rpartition(".")[2].casefold()
    names = {path.rpartition(".")[2]: path for path in reversed(paths)}
    initials = [one for one in names if "".join(word[0] for word in one.split("_")) == name and "_" in one]
    found = [*initials, *difflib.get_close_matches(name, names, n=1)]
    return names[found[0]] if found else ""


def from_text(kind: type, name: str, text: str, *, where: str) -> Value:
    """Read the value of a key of a section from what a person typed.

    Raises:
        RecipeError: the text is no value of the key's type, or not allowed.
    """
    wanted = get_type_hints(kind)[name]
    value: Value = text
    if wanted is bool:
        value = {"true": True, "false": False}.get(text.lower(), text)
    elif wanted in (int, float):
        try:
            value = wanted(text)
        except ValueError:
            value = text
    return _checked(kind, name, value, where=where)


def to_text(value: object) -> str:
    """A value as TOML writes it."""
    return json.dumps(value, ensure_ascii=False, default=str)


def typed(value: Any, wanted: type[T], *, where: str, allowed: str = "") -> T:  # noqa: ANN401  anything TOML can say
    """The value, if it is of the wanted type; a whole number will do for a float."""
    if wanted is float and type(value) is int:
        value = float(value)
    # True is an int for isinstance
    if type(value) is not wanted:
        raise RecipeError(
            f"“{where}” cannot be {to_text(value)}.", next_step=f"Allowed: {allowed or _TYPE_NAMES[wanted]}."
        )
    return value


def _checked(kind: type, name: str, value: object, *, where: str) -> Value:
    rule = rules(kind)[name]
    wanted: type[Value] = get_type_hints(kind)[name]
    allowed = rule.describe(wanted)
    checked = typed(value, wanted, where=where, allowed=allowed)
    if isinstance(checked, float) and not math.isfinite(checked):
        # every number is below infinity
        allowed = allowed.replace(_TYPE_NAMES[float], "a finite number")
    if not rule.allows(checked):
        raise RecipeError(f"“{where}” cannot be {to_text(value)}.", next_step=f"Allowed: {allowed}.")
    return checked
