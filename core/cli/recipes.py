"""`multihot recipes`."""

import argparse
from dataclasses import asdict

from core.cli.output import Output
from core.recipes.catalogue import catalogue


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command has no arguments of its own."""


def run(arguments: argparse.Namespace, output: Output) -> int:
    """List the recipes."""
    recipes = catalogue()
    for one in recipes:
        size = f"{one.input.size} px"
        output.say(f"{one.name}\n    {one.title}: {one.purpose}\n    {size}")
    output.result({"recipes": [asdict(one) for one in recipes]})
    return 0
