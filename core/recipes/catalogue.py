"""The recipes that ship with the program: `resources/recipes/*.toml`."""

from core.errors import RecipeError
from core.paths import resources
from core.recipes.recipe import Recipe, from_toml


def catalogue() -> list[Recipe]:
    """All recipes, by name."""
    return [from_toml(path) for path in sorted((resources() / "recipes").glob("*.toml"))]


def recipe(name: str) -> Recipe:
    """The recipe of a name.

    Raises:
        RecipeError: there is none; names those there are.
    """
    recipes = catalogue()
    for one in recipes:
        if one.name == name:
            return one
    raise RecipeError(
        f"There is no recipe “{name}”.", next_step=f"Choose one of {', '.join(one.name for one in recipes)}."
    )
