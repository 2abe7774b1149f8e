"""Where the program's own files lie, and how a child process of it is started."""

import os
import sys
from pathlib import Path

import platformdirs


def app_root() -> Path:
    """The folder that holds `core`, `gui` and `resources`."""
    return Path(__file__).resolve().parent.parent


def resources() -> Path:
    """The folder of recipes and other files that ship with the program."""
    return app_root() / "resources"


def user_folder() -> Path:
    """The folder for settings, logs and thumbnails; the variable `MULTIHOT_HOME` names another one."""
    override = os.environ.get("MULTIHOT_HOME")
    return Path(override) if override else Path(platformdirs.user_data_dir("multihot", appauthor=False))


def module_command(module: str, *arguments: str) -> list[str]:
    """The command that runs a module of this program, such as `core.jobs.worker`, in a child process."""
    return [sys.executable, "-m", module, *arguments]


def child_environment() -> dict[str, str]:
    """This process's environment, with which `module_command` finds the program wherever it was installed."""
    environment = dict(os.environ)
    before = environment.get("PYTHONPATH")
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(app_root()), before]))
    # else a file such as random.py in the folder where the program was started would be taken for Python's own
    environment["PYTHONSAFEPATH"] = "1"
    return environment
