"""A run as the project knows it; what happened in it is in its folder."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Run:
    """One training.

    Attributes:
        id: its number, never used again after the run is discarded.
        recipe: name of the recipe it was started with.
        created: seconds since 1970.
        folder: `<project>/runs/0007`.
    """

    id: int
    recipe: str
    created: float
    folder: Path
