"""The `multihot` command: without arguments or with a project's folder the window, else a command of the terminal.

The wheel installs this file as `multihot/__main__.py` with the program beside it in `multihot/_app`, so that
site-packages gains the one name `multihot`; an editable install finds the program in the checkout.
"""

import sys
from pathlib import Path


def main() -> int:
    """Run the program on `sys.argv`; the exit status is returned."""
    program = Path(__file__).resolve().parent / "_app"
    if program.is_dir():
        sys.path.insert(0, str(program))
    from core.cli.main import COMMANDS
    from core.cli.main import main as run_command

    arguments = sys.argv[1:]
    # a folder may be called like a command, such as "train"; the window opens it as "./train"
    if not arguments or (arguments[0] not in COMMANDS and Path(arguments[0]).is_dir()):
        from gui.__main__ import main as open_window

        return open_window(arguments)
    return run_command(arguments)


if __name__ == "__main__":
    sys.exit(main())
