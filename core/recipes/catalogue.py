"""The recipes there are: those that ship, and a project's own in its folder `recipes`."""

import functools
import re
from dataclasses import replace
from pathlib import Path
from typing import Final

from core.errors import RecipeError
from core.labels import MULTI_CLASS, MULTI_LABEL, Task
from core.paths import resources
from core.recipes.recipe import Recipe, from_toml

DEFAULT: Final[dict[Task, str]] = {
    MULTI_LABEL: "adaptive-224",
    MULTI_CLASS: "adaptive-224-multi-class",
}
"""What a project is trained with when nobody says."""

FOLDER = "recipes"
"""Of a project's own recipes, within the project's folder."""

_MULTI_CLASS_SUFFIX = "-multi-class"
_OWN_TITLE = re.compile(r", my own( \d+)?$")


def catalogue(task: str | None = None) -> list[Recipe]:
    """The recipes that ship, by name; those of a task only where one is given."""
    return [one for one in _shipped() if task in (None, one.task)]


@functools.cache
def _shipped() -> tuple[Recipe, ...]:
    # reading them all takes a tenth of a second, and they do not change while the program runs
    recipes = (from_toml(path) for path in (resources() / "recipes").glob("*.toml"))
    return tuple(sorted(recipes, key=lambda one: one.name))


def project_recipes(project: Path, task: str | None = None) -> tuple[list[Recipe], list[str]]:
    """A project's own recipes, by name; those of a task only where one is given.

    Args:
        project: the project's folder.
        task: "multi-label" or "multi-class".

    Returns:
        The recipes, and a sentence for every file that cannot be used: it is no recipe, or another has its name.
    """
    files, problems = own_recipes(project)
    recipes = [one for one in files.values() if task in (None, one.task)]
    return sorted(recipes, key=lambda one: one.name), problems


def own_recipes(project: Path) -> tuple[dict[Path, Recipe], list[str]]:
    """A project's own recipes by their files; see `project_recipes`.

    Of two files with a recipe of one name, it is the one whose own name that is, for the other is a copy of it.
    """
    taken = {one.name for one in catalogue()}
    found, problems = {}, []
    for path in own_files(project):
        try:
            one = from_toml(path)
        except RecipeError as error:
            problems.append(str(error))
            continue
        try:
            _check_name(one.name)
        except RecipeError as error:
            problems.append(f"{path.name}: {error}")
            continue
        found[path] = one
    recipes = {}
    for path, one in sorted(found.items(), key=lambda item: item[0].stem != item[1].name):
        if one.name in taken:
            problems.append(f"{path.name}: There is another recipe “{one.name}”. Give this one another name.")
            continue
        taken.add(one.name)
        recipes[path] = one
    return recipes, sorted(problems)


def own_files(project: Path) -> list[Path]:
    """The files of a project's own recipes, by name; hidden ones are not counted."""
    return sorted(path for path in (project / FOLDER).glob("*.toml") if not path.name.startswith("."))


def recipe(name: str, *, task: str | None = None, project: Path | None = None) -> Recipe:
    """The recipe of a name.

    Args:
        name: as in `multihot recipes`. For the task "multi-class" a recipe that has a twin for it may be named without
            its ending "-multi-class".
        task: of the project, if any.
        project: folder of the project whose own recipes count too.

    Returns:
        The recipe; it is of another task when there is none of that name for the task.

    Raises:
        RecipeError: there is none; names those there are, and the project's files that are none.
    """
    own, problems = project_recipes(project) if project else ([], [])
    recipes = {one.name: one for one in [*catalogue(), *own]}
    names = [f"{name}{_MULTI_CLASS_SUFFIX}", name] if task == MULTI_CLASS else [name]
    for one in names:
        if one in recipes:
            return recipes[one]
    known = [one.name for one in recipes.values() if task in (None, one.task)]
    raise RecipeError(
        f"There is no recipe “{name}”.", next_step=" ".join([f"Choose one of {', '.join(known)}.", *problems])
    )


def duplicate(original: Recipe, *, name: str, project: Path) -> Path:
    """Write a copy of a recipe, every key with its meaning, as one of a project's own; for a person to change.

    Args:
        original: the recipe. Its published figures are left out: they are not those of what it is changed to.
        name: of the copy and of its file.
        project: the project's folder.

    Returns:
        The new file.

    Raises:
        RecipeError: the name is taken or no name for a file, or the file cannot be written.
    """
    _check_name(name)
    taken = [one.name for one in [*catalogue(), *project_recipes(project)[0]]]
    taken += [path.stem for path in own_files(project)]
    # not every file system tells cases apart
    if name.casefold() in {one.casefold() for one in taken}:
        raise RecipeError(f"There is a recipe “{name}” already.", next_step="Choose another name.")
    title = _free_title(f"{_OWN_TITLE.sub('', original.title)}, my own", project)
    copy = replace(original, name=name, title=title, family="", published=())
    path = project / FOLDER / f"{name}.toml"
    try:
        path.parent.mkdir(exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(copy.to_toml())
    except OSError as error:
        raise RecipeError(f"{path} cannot be written: {error.strerror}.") from error
    return path


def _free_title(title: str, project: Path) -> str:
    """The title, with a number where another of the project's own recipes has it."""
    taken = {one.title for one in own_recipes(project)[0].values()}
    titles = (f"{title} {number}" if number > 1 else title for number in range(1, len(taken) + 2))
    return next(one for one in titles if one not in taken)


def _check_name(name: str) -> None:
    """Refuse a name that is none for a file.

    Raises:
        RecipeError: says what a name is made of.
    """
    if not re.fullmatch(r"\w[\w.+-]{0,99}", name):
        raise RecipeError(
            f"A recipe cannot be named “{name}”.", next_step="Use letters, digits, -, _ and . without spaces."
        )
