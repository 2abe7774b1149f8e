"""The window, from a terminal: `python -m gui [PROJECT]`, or its pictures: `--screenshots OUT PROJECT`."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path


def main(arguments: Sequence[str] | None = None) -> int:
    """Open the window, or take pictures of it.

    Args:
        arguments: what stands behind the program's name; None for those of this process.

    Returns:
        The exit status.
    """
    parser = argparse.ArgumentParser(prog="multihot", description="Label images, train, set thresholds, export.")
    parser.add_argument("project", nargs="?", type=Path, metavar="PROJECT", help="folder of a project to open")
    parser.add_argument(
        "--screenshots",
        type=Path,
        metavar="OUT",
        help="write pictures of the four workspaces of PROJECT to this folder",
    )
    chosen = parser.parse_args(arguments)
    if chosen.screenshots is not None:
        if chosen.project is None:
            parser.error("--screenshots needs a PROJECT")
        from gui.screenshots import take

        return take(chosen.project, chosen.screenshots)
    if not _has_screen():
        print(
            "There is no screen here to open a window on. Every step works in the terminal too: see multihot --help; "
            "multihot demo shows them all.",
            file=sys.stderr,
        )
        return 1
    from gui.app import run

    return run(chosen.project)


def _has_screen() -> bool:
    # without one Qt would abort
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


if __name__ == "__main__":
    sys.exit(main())
