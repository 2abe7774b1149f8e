"""The `multihot` command of the terminal: finds the command, runs it, and turns its end into an exit code."""

import argparse
import importlib
import io
import os
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn, Protocol, cast

from core.cli.output import Output, OutputLostError
from core.errors import MultihotError
from core.version import version

EXIT_DONE = 0
EXIT_ERROR = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130
"""Ended by Ctrl+C, as shells count it."""

COMMANDS = {
    "new": ("core.cli.new", "make a project of a folder of images"),
    "import": ("core.cli.import_annotations", "read annotations into a project"),
    "recipes": ("core.cli.recipes", "list the recipes for training"),
    "train": ("core.cli.train", "train a classifier on a project"),
    "evaluate": ("core.cli.evaluate", "say how good a run's model is"),
    "thresholds": ("core.cli.thresholds", "choose the threshold of every label"),
    "compare": ("core.cli.compare", "say what one run does better than another, beyond chance"),
    "report": ("core.cli.report", "write a run as one HTML or PDF file for people without Multihot"),
    "export": ("core.cli.export", "write a run's model as one ONNX file and verify it"),
    "predict": ("core.cli.predict", "label images with an exported model"),
    "suggest": ("core.cli.suggest", "say which labels a run would give to images without any"),
    "demo": ("core.cli.demo", "go the whole way on pictures drawn for the purpose"),
    "doctor": ("core.cli.doctor", "check what this machine lacks"),
}
"""Module and purpose of each command; a module is imported when it is asked for, so that help comes at once."""


class Command(Protocol):
    """What the module of a command has."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Tell the parser the command's arguments."""

    def run(self, arguments: argparse.Namespace, output: Output) -> int:
        """Do it and give the exit code; raises a `MultihotError` for what a person can mend."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the arguments; None for those of the process.

    Returns:
        The exit code: 0, 1 after an error with a sentence on stderr, 2 after wrong usage.
    """
    given = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        # a terminal that cannot show a character of a name shows its code instead of a traceback
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    parser, commands = _parser(given)
    # asked of the words themselves, because wrong usage is told to a program, too
    output = Output(is_json="--json" in given)
    try:
        return _run(parser, commands, given, output)
    except OutputLostError as lost:
        # nothing of it may be flushed at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        # whoever read a pipe has had enough, as `head` does
        if isinstance(lost.__cause__, OSError) and not isinstance(lost.__cause__, BrokenPipeError):
            output.warn(f"multihot: The output cannot be written: {lost.__cause__.strerror}.")
        return EXIT_ERROR


def _run(parser: argparse.ArgumentParser, commands: Mapping[str, Command], given: Sequence[str], output: Output) -> int:
    try:
        if given and not given[0].startswith("-") and given[0] not in COMMANDS:
            parser.error(f"there is neither a command nor a folder “{given[0]}”")
        arguments = parser.parse_args(given)
    except _UsageError as error:
        output.warn(error.usage)
        sentence = f"{error.sentence[0].upper()}{error.sentence[1:]}."
        output.error(sentence, next_step=error.next_step)
        return EXIT_USAGE
    except SystemExit:
        # after --help or --version
        return EXIT_DONE
    try:
        return commands[arguments.command].run(arguments, output)
    except MultihotError as error:
        output.error(error.sentence, next_step=error.next_step, command=f"multihot {arguments.command}")
        return EXIT_ERROR
    except KeyboardInterrupt:
        output.error("Ended by Ctrl+C.")
        return EXIT_INTERRUPTED


class _UsageError(Exception):
    """Wrong usage: what is wrong, how the command is used, and where to read more of it."""

    def __init__(self, sentence: str, usage: str, *, next_step: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.usage = usage
        self.next_step = next_step


class _Parser(argparse.ArgumentParser):
    """Leaves it to `main` to tell what is wrong."""

    def error(self, message: str) -> NoReturn:
        wanted = "the commands" if self.prog == "multihot" else "its arguments"
        raise _UsageError(message, self.format_usage().rstrip(), next_step=f"{self.prog} --help lists {wanted}.")


def _parser(given: Sequence[str]) -> tuple[argparse.ArgumentParser, dict[str, Command]]:
    parser = _Parser(
        prog="multihot",
        usage="multihot [PROJECT]\n       multihot COMMAND ...",
        description="Label images with many labels each, train a classifier, and export one ONNX file that decides.",
        epilog="Without a command the window opens, on PROJECT if it is named; "
        "`multihot COMMAND --help` explains a command.",
    )
    parser.add_argument("--version", action="version", version=f"multihot {version()}")
    subparsers = parser.add_subparsers(dest="command", prog="multihot", metavar="COMMAND", required=True)
    commands = {}
    for name, (module, purpose) in COMMANDS.items():
        subparser = subparsers.add_parser(name, help=purpose, description=f"{purpose[0].upper()}{purpose[1:]}.")
        subparser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
        if name in given:
            commands[name] = cast(Command, importlib.import_module(module))
            commands[name].add_arguments(subparser)
    return parser, commands
