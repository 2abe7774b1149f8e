"""In which keys two recipes differ."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass

from core.recipes.keys import to_text
from core.recipes.recipe import Recipe

# what is said of a recipe changes no training
_WORDS = ("title", "purpose")


@dataclass(frozen=True, slots=True)
class KeyDifference:
    """A key that has different values in two recipes.

    Attributes:
        key: with its section, such as "training.epochs".
        before: its value in the first, as TOML writes it.
        after: its value in the second.
    """

    key: str
    before: str
    after: str

    @property
    def lines(self) -> tuple[str, str]:
        """The two lines of a text that shows differences."""
        return f"- {self.key} = {self.before}", f"+ {self.key} = {self.after}"


def recipe_difference(before: Recipe, after: Recipe) -> tuple[KeyDifference, ...]:
    """The keys in which two recipes differ, in the order of a recipe's file.

    A key that a file leaves out counts with its default. Title, purpose, published figures and variants are left out:
    they do not change a training.
    """
    values = dict(_keys(after))
    return tuple(
        KeyDifference(key, to_text(value), to_text(values[key])) for key, value in _keys(before) if value != values[key]
    )


def _keys(recipe: Recipe) -> Iterator[tuple[str, object]]:
    for one in fields(recipe):
        value = getattr(recipe, one.name)
        if is_dataclass(value):
            yield from ((f"{one.name}.{key.name}", getattr(value, key.name)) for key in fields(value))
        elif isinstance(value, str) and one.name not in _WORDS:
            yield one.name, value
