"""Paths that a person types."""

from pathlib import Path


def typed_path(text: str) -> Path:
    """The path in `text`, with `~` for the home folder; a `~name` of nobody on this computer stays as it is."""
    path = Path(text.strip())
    try:
        return path.expanduser()
    except RuntimeError:  # the only sign pathlib gives that there is no such user
        return path
