"""Errors that a person can cause or meet; each is a sentence with a next step.

Anything that is not a `MultihotError` is a bug: it is not caught, it is logged with its traceback.
"""

from pathlib import Path


class MultihotError(Exception):
    """A problem to be shown to the person at the keyboard.

    Attributes:
        sentence: what is wrong, one sentence, naming the file or the value.
        next_step: what to do about it, one sentence; may be empty.
    """

    def __init__(self, sentence: str, *, next_step: str = "") -> None:
        super().__init__(sentence, next_step)
        self.sentence = sentence
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.sentence} {self.next_step}".strip()


class ProjectError(MultihotError):
    """A project cannot be opened, changed or found."""


class DamagedProjectError(ProjectError):
    """The file of a project is damaged; what can be read of it, and its backups, are offered.

    Attributes:
        folder: of the project.
    """

    def __init__(self, sentence: str, *, folder: Path, next_step: str = "") -> None:
        super().__init__(sentence, next_step=next_step)
        self.folder = folder


class ImageError(MultihotError):
    """An image file cannot be decoded."""


class FormatError(MultihotError):
    """A file of annotations is not what its format asks for."""


class RecipeError(MultihotError):
    """A recipe, or a value set on one, is not valid."""


class WeightsError(MultihotError):
    """Pretrained weights are missing, unreachable or do not fit."""


class JobError(MultihotError):
    """A job cannot be started, followed or finished."""


class ModelError(MultihotError):
    """An exported model cannot be written, read or trusted."""
