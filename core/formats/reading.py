"""The formats by name."""

from collections.abc import Callable
from pathlib import Path

from core.formats import class_folders, multihot_csv
from core.formats.annotations import Annotations

READERS: dict[str, Callable[[Path], Annotations]] = {"csv": multihot_csv.read, "class-folders": class_folders.read}
"""By the name of the format, what reads it."""


def format_of(source: Path) -> str:
    """The name of the format that a file is in; a folder without the tables of the CSV format has class folders."""
    has_tables = any((source / name).is_file() for name in multihot_csv.TABLES)
    return "class-folders" if source.is_dir() and not has_tables else "csv"
