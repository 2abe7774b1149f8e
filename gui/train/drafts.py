"""What was typed for a recipe: what of it can be taken, and what is wrong with the rest; no Qt."""

from collections.abc import Mapping, Sequence

from core.errors import RecipeError
from core.recipes import keys
from core.recipes.recipe import Recipe, set_keys
from gui.train.recipe_keys import SECTIONS

_PATHS = {key.path: key for section in SECTIONS.values() for key in section}


def settle(recipe: Recipe, drafts: Mapping[str, str]) -> tuple[Recipe, dict[str, str], dict[str, RecipeError]]:
    """Take as many values as go together.

    Args:
        recipe: without them.
        drafts: texts that were typed, under the paths of their keys such as "training.epochs".

    Returns:
        The recipe with what could be taken; the drafts that are left; and what is wrong, under the path of the key to
        mend, which for values that do not go together may be another than the one that was typed.
    """
    errors: dict[str, RecipeError] = {}
    waiting: dict[str, str] = {}
    for path, text in drafts.items():
        key = _PATHS[path]
        try:
            keys.from_text(type(getattr(recipe, key.section)), key.name, text, where=path)
            waiting[path] = text
        except RecipeError as error:
            errors[path] = error
    recipe, refused = _taken(recipe, waiting)
    for path, reason in refused.items():
        named = [one for one in _PATHS if f"“{one}”" in reason.sentence]
        for one in named or [path]:
            errors.setdefault(one, reason)
        if path not in errors:
            errors[path] = RecipeError("Not saved yet:", next_step=reason.sentence)
    left = {path: text for path, text in drafts.items() if path not in waiting or path in refused}
    return recipe, left, errors


def settle_settings(
    recipe: Recipe, settings: Sequence[str], typed: Sequence[str]
) -> tuple[list[str], list[RecipeError]]:
    """Take as many settings as go together.

    Args:
        recipe: without any.
        settings: that are valid.
        typed: others, which need not be.

    Returns:
        Those of the typed that are taken, and what is wrong with each of the rest.
    """
    taken: list[str] = []
    left: list[str] = []
    errors: list[RecipeError] = []
    for setting in typed:
        try:
            (path,) = set_keys([setting])
            key = _PATHS[path]
            text = setting.partition("=")[2].strip()
            keys.from_text(type(getattr(recipe, key.section)), key.name, text, where=path)
            left.append(setting)
        except RecipeError as error:
            errors.append(error)
    try:
        # two values may only go together
        recipe.with_overrides([*settings, *left])
        return left, errors
    except RecipeError:
        pass
    while True:
        refused: list[tuple[str, RecipeError]] = []
        for setting in left:
            try:
                recipe.with_overrides([*settings, *taken, setting])
                taken.append(setting)
            except RecipeError as error:
                refused.append((setting, error))
        if len(refused) in (0, len(left)):
            return taken, [*errors, *(error for _, error in refused)]
        # what was taken may have made room for the others
        left = [setting for setting, _ in refused]


def _taken(recipe: Recipe, drafts: Mapping[str, str]) -> tuple[Recipe, dict[str, RecipeError]]:
    """The recipe with all of them, or with those that go one by one; and why the others do not."""
    try:
        # two values may only go together
        return recipe.with_overrides(f"{path}={text}" for path, text in drafts.items()), {}
    except RecipeError:
        pass
    left = dict(drafts)
    while True:
        refused = {}
        for path, text in left.items():
            try:
                recipe = recipe.with_overrides([f"{path}={text}"])
            except RecipeError as error:
                refused[path] = error
        if len(refused) in (0, len(left)):
            return recipe, refused
        # what was taken may have made room for the others
        left = {path: left[path] for path in refused}
