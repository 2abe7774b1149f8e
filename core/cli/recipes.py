"""`multihot recipes`."""

import argparse
from dataclasses import asdict
from fnmatch import fnmatchcase
from itertools import groupby
from pathlib import Path

from core.cli.output import Output
from core.project.disk.peek import facts_of
from core.recipes.catalogue import catalogue, project_recipes
from core.recipes.checks import TASKS
from core.recipes.complexity import Complexity, complexity
from core.recipes.figures import figures_text
from core.recipes.recipe import Recipe

_LABELS = 20
"""As many as Pascal VOC has."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Tell the parser the command's arguments."""
    parser.add_argument(
        "project",
        metavar="PROJECT",
        type=Path,
        nargs="?",
        help="a project, to see its own recipes and those it can use",
    )
    parser.add_argument("--task", choices=TASKS, help="only recipes for this task (default: that of the project)")
    parser.add_argument(
        "--match",
        metavar="GLOB",
        default="*",
        help="only recipes with such a name, or a part of it: 'resnet*-224', gan",
    )
    parser.add_argument(
        "--labels",
        metavar="N",
        type=_labels,
        help=f"number of labels to tell sizes for (default: that of the project, or {_LABELS})",
    )


def _labels(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"“{text}” is not a whole number from 1")
    return int(text)


def run(arguments: argparse.Namespace, output: Output) -> int:
    """List the recipes."""
    task, labels = arguments.task, arguments.labels
    own: list[Recipe] = []
    problems: list[str] = []
    if arguments.project is not None:
        facts = facts_of(arguments.project)
        task = task or facts.task
        labels = labels or facts.labels
        own, problems = project_recipes(arguments.project, task)
    labels = labels or _LABELS
    listed = [*own, *catalogue(task)]
    recipes = [one for one in listed if _matches(one.name, arguments.match)]
    for one in recipes:
        output.say(_lines(one, complexity(one, labels), labels=labels, is_own=one in own))
    if not recipes:
        known = ", ".join(one.name for one in listed)
        output.warn(f"There is no recipe with a name like “{arguments.match}”. Those there are: {known}.")
    for problem in problems:
        output.warn(f"Left out: {problem}")
    output.result(
        {
            "labels": labels,
            "recipes": [_as_json(one, complexity(one, labels), is_own=one in own) for one in recipes],
            "problems": problems,
        }
    )
    return 0


def _matches(name: str, pattern: str) -> bool:
    """Whether a name has a pattern, whatever the case; one without wildcards may be any part of it."""
    folded = pattern.casefold()
    whole = folded if set(folded) & set("*?[") else f"*{folded}*"
    return fnmatchcase(name.casefold(), whole)


def _lines(recipe: Recipe, costs: Complexity | None, *, labels: int, is_own: bool) -> str:
    facts = [recipe.task, f"{recipe.input.size} px"]
    if costs is not None:
        plural = "s" if labels != 1 else ""
        facts.append(
            f"{costs.parameters / 1e6:.2f} M parameters and {costs.gmacs:.2f} GMACs for {labels:,} label{plural}"
        )
    facts.append("needs downloaded weights" if recipe.model.pretrained else "needs no download")
    lines = [f"{recipe.name}{' (the project’s own)' if is_own else ''}", f"    {recipe.title}: {recipe.purpose}"]
    lines.append(f"    {', '.join(facts)}")
    for source, figures in groupby(recipe.published, key=lambda one: one.source):
        lines.append(f"    published {figures_text(list(figures))}, by {source}")
    if recipe.model.uses_graph:
        lines.append(f"    label vectors: {recipe.model.label_vectors}")
    if recipe.variants:
        lines.append(f"    variants: {', '.join(recipe.variants)}")
    return "\n".join(lines)


def _as_json(recipe: Recipe, costs: Complexity | None, *, is_own: bool) -> dict[str, object]:
    return {
        **asdict(recipe),
        "parameters": costs.parameters if costs else None,
        "gmacs": costs.gmacs if costs else None,
        "needs_download": recipe.model.pretrained,
        "own": is_own,
    }
