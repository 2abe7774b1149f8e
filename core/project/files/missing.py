"""What is said against images whose files are not there: told, kept in the database, and known again."""

from pathlib import Path

_FOLDER, _FOLDER_END = "The folder ", " is missing. Choose File › Find moved images."
_NO_LONGER = " is no longer in “"


def missing_folder(root: Path) -> str:
    """The sentence about all images of a folder that is not there."""
    return f"{_FOLDER}{root}{_FOLDER_END}"


def missing_file(file: Path) -> str:
    """The sentence about an image whose file alone is not there."""
    return f"“{file.name}”{_NO_LONGER}{file.parent}”."


def is_folder_missing(problem: str) -> bool:
    """Whether what is said against an image is that its whole folder is not there."""
    return problem.startswith(_FOLDER) and " is missing." in problem


def is_missing(problem: str) -> bool:
    """Whether what is said against an image is that its file is not there."""
    return _NO_LONGER in problem or is_folder_missing(problem)
