"""What a person chose for the program as a whole; only what differs from the defaults is written."""

import contextlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

from core.files import write_atomically
from core.paths import user_folder

ColorScheme = Literal["system", "light", "dark"]
RECENT_LIMIT = 8
_KEYS_LIMIT = 8


@dataclass(frozen=True, slots=True)
class Settings:
    """Choices that outlive the program.

    Attributes:
        recent_projects: folders of projects, the last opened first.
        color_scheme: "system" follows the desktop.
        thumbnail_size: longest side of a thumbnail in the grid, in logical pixels, 96 to 320.
        advance: whether the next image comes once an image has its label, where it has one.
        advance_several: the same where an image has several labels: whether one of them is enough.
        shortcuts: keys of commands by id, in portable text, where they are not those of the program.
        recent_commands: ids of commands that were found by typing, the last first.
        warm_worker: whether a process with torch is kept ready, so that training starts at once.
    """

    recent_projects: tuple[str, ...] = ()
    color_scheme: ColorScheme = "system"
    thumbnail_size: int = 160
    advance: bool = False
    advance_several: bool = False
    shortcuts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    recent_commands: tuple[str, ...] = ()
    warm_worker: bool = True

    def with_recent(self, folder: Path) -> "Settings":
        """The same settings with `folder` first among the recent projects."""
        first = str(folder)
        others = [one for one in self.recent_projects if one != first]
        return replace(self, recent_projects=(first, *others)[:RECENT_LIMIT])

    def with_recent_command(self, command_id: str) -> "Settings":
        """The same settings with a command first among those that were found by typing."""
        others = [one for one in self.recent_commands if one != command_id]
        return replace(self, recent_commands=(command_id, *others)[:RECENT_LIMIT])


def settings_path() -> Path:
    """The file that holds the settings."""
    return user_folder() / "settings.json"


def load_settings(path: Path) -> Settings:
    """Read settings; a missing or damaged file, or a value that is not valid, means the default."""
    written: Any = None
    with contextlib.suppress(OSError, ValueError):
        written = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(written, dict):
        return Settings()
    known = {one.name for one in fields(Settings)}
    valid = {name: _checked(name, value) for name, value in written.items() if name in known}
    return Settings(**{name: value for name, value in valid.items() if value is not None})


def save_settings(settings: Settings, path: Path) -> None:
    """Write what differs from the defaults."""
    defaults = asdict(Settings())
    changed = {name: value for name, value in asdict(settings).items() if value != defaults[name]}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps(changed, indent=2, ensure_ascii=False) + "\n")


def _checked(name: str, value: object) -> Any:  # noqa: ANN401 - a value of the field's type, or None
    if name in ("recent_projects", "recent_commands"):
        return _texts(value, RECENT_LIMIT)
    if name == "shortcuts":
        keys = {str(one): _texts(some, _KEYS_LIMIT) for one, some in value.items()} if isinstance(value, dict) else {}
        return {one: some for one, some in keys.items() if some is not None}
    if name == "color_scheme":
        return value if value in get_args(ColorScheme) else None
    if name == "thumbnail_size":
        return min(320, max(96, value)) if type(value) is int else None
    return value if isinstance(value, bool) else None


def _texts(value: object, limit: int) -> tuple[str, ...] | None:
    return tuple(one for one in value if isinstance(one, str))[:limit] if isinstance(value, list) else None
