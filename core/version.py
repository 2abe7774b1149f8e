"""The program's version."""

from importlib import metadata


def version() -> str:
    """As `pyproject.toml` has it; "unknown" where the program is run from its source without being installed."""
    try:
        return metadata.version("multihot")
    except metadata.PackageNotFoundError:
        return "unknown"
