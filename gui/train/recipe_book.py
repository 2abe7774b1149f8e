"""The recipes that a project can be trained with, and what there is to say of each; no Qt."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.labels import Task
from core.recipes.catalogue import DEFAULT, catalogue, duplicate, own_files, own_recipes
from core.recipes.complexity import complexity
from core.recipes.figures import figures_text
from core.recipes.recipe import Published, Recipe
from gui.train.words import short_count

SUGGESTED = "Suggested"
OWN = "Your own"
EVERY = "All recipes"
EXPLAINED = {
    SUGGESTED: "A few that suit most projects, and your own",
    OWN: "The recipes in this project's folder",
    EVERY: "All recipes for this kind of project",
    "OTX": "The recipes of OpenVINO Training Extensions (OTX), whose methods began this program",
    "Paper": "The settings of the published papers",
    "VOC slides": "Networks on frozen features, as in a course on Pascal VOC",
}
"""What the families are."""
# beside the default: a first answer in seconds, and two that take longer and are more exact
_SUGGESTED_NAMES = ("adaptive-frozen-224", "mobilenetv3-large-224", "efficientnetv2-s-224")
# figures that fit on a card
_MOST_FIGURES = 4


@dataclass(frozen=True, eq=False)
class RecipeEntry:
    """A recipe as a card.

    Attributes:
        recipe: the recipe.
        families: under which it is listed.
        facts: parameters, multiply-adds and input size, in a few words.
        remarks: further lines: published figures, and what a graph head knows of the labels.
        file: of a recipe of the project's own; None of one that ships.
    """

    recipe: Recipe
    families: tuple[str, ...]
    facts: str
    remarks: tuple[str, ...]
    file: Path | None = None

    @property
    def needs_download(self) -> bool:
        """Whether its pretrained weights come from elsewhere."""
        return self.recipe.model.pretrained

    @property
    def searched(self) -> str:
        """What a search looks at, in lower case."""
        recipe = self.recipe
        return f"{recipe.name} {recipe.title} {recipe.purpose} {recipe.model.backbone} {recipe.loss.name}".casefold()


@dataclass(frozen=True, eq=False)
class RecipeBook:
    """The recipes of a project.

    Attributes:
        entries: the project's own first, then those that ship.
        problems: sentences about files of its own that are no recipes.
    """

    entries: tuple[RecipeEntry, ...] = ()
    problems: tuple[str, ...] = ()


def read_book(project: Path, *, task: Task, num_labels: int) -> RecipeBook:
    """Read all recipes for a project; some tenths of a second at worst: off the GUI thread.

    Args:
        project: its folder.
        task: "multi-label" or "multi-class"; the recipes of the other are left out.
        num_labels: of the project; the size of the heads depends on it.
    """
    own, problems = own_recipes(project)
    mine = sorted((one for one in own.items() if one[1].task == task), key=lambda item: item[1].name)
    entries = [entry_of(recipe, num_labels=num_labels, file=file) for file, recipe in mine]
    shipped = [entry_of(recipe, num_labels=num_labels) for recipe in catalogue(task)]
    # the default is what one sees first
    shipped.sort(key=lambda entry: (entry.recipe.name != DEFAULT[task], SUGGESTED not in entry.families))
    return RecipeBook((*entries, *shipped), tuple(problems))


def copy_recipe(recipe: Recipe, project: Path) -> str:
    """Write a copy as one of the project's own, under a name that is free.

    Returns:
        Its name.

    Raises:
        RecipeError: the file cannot be written.
    """
    taken = {path.stem.casefold() for path in own_files(project)} | {one.name.casefold() for one in catalogue()}
    base = f"my-{recipe.name.removeprefix('my-')}"
    names = (f"{base}-{number}" if number > 1 else base for number in range(1, len(taken) + 2))
    name = next(one for one in names if one.casefold() not in taken)
    duplicate(recipe, name=name, project=project)
    return name


def entry_of(recipe: Recipe, *, num_labels: int, file: Path | None = None) -> RecipeEntry:
    """What a card says of a recipe.

    Args:
        recipe: the recipe.
        num_labels: that its head is for.
        file: of a recipe of the project's own.
    """
    figures = published_figures(recipe)
    vectors = label_vectors(recipe)
    # it may have the title of one that ships
    whose = f"Your own · {file.name}" if file is not None else ""
    return RecipeEntry(
        recipe=recipe,
        families=_families(recipe, is_own=file is not None),
        facts=recipe_facts(recipe, num_labels=num_labels),
        remarks=tuple(text for text in (whose, figures, vectors) if text),
        file=file,
    )


def recipe_facts(recipe: Recipe, *, num_labels: int) -> str:
    """Parameters, multiply-adds and input size, in a few words; those that are not known left out."""
    facts = [f"{recipe.input.size} px"]
    found = complexity(recipe, max(num_labels, 1))
    if found is not None:
        facts = [f"{short_count(found.parameters)} parameters", f"{found.gmacs:.2f} GMACs", *facts]
    return " · ".join(facts)


def published_figures(recipe: Recipe) -> str:
    """The figures that were published for a recipe's method, with their data sets; empty without any."""
    if not recipe.published:
        return ""
    more = ", …" if len(recipe.published) > _MOST_FIGURES else ""
    return f"Published: {figures(recipe.published[:_MOST_FIGURES])}{more}"


def figures(published: Sequence[Published]) -> str:
    """Figures in words, on the scale on which they were published."""
    return figures_text(published)


def label_vectors(recipe: Recipe) -> str:
    """What a recipe with a label graph knows of the labels; empty of any other."""
    if recipe.model.graph == "none" and recipe.model.head != "ml_gcn":
        return ""
    if recipe.model.label_vectors == "co-occurrence":
        return "Label vectors: from which labels come together in your images"
    return f"Label vectors: {Path(recipe.model.label_vectors).name}"


def _families(recipe: Recipe, *, is_own: bool) -> tuple[str, ...]:
    if is_own:
        return (SUGGESTED, OWN)
    name = recipe.name.removesuffix("-multi-class")
    first = (SUGGESTED,) if recipe.name in DEFAULT.values() or name in _SUGGESTED_NAMES else ()
    return (*first, *([recipe.family] if recipe.family else []))
