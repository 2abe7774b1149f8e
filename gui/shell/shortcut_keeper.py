"""Who has which key, and giving it to somebody else: commands in the settings, labels in the project."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QObject

from core.errors import ProjectError
from core.labels import Label
from core.project.label_rows import is_key
from gui.command_keys import default_shortcuts, portable, refusal
from gui.command_table import Command, all_commands
from gui.commands import Commands
from gui.session import Session


@dataclass(frozen=True, slots=True)
class Holder:
    """A command or a label that can have keys; one of the two is None."""

    command: Command | None = None
    label: Label | None = None

    @property
    def name(self) -> str:
        """As it is called in the menus."""
        if self.command is not None:
            return QCoreApplication.translate("Commands", self.command.text).removesuffix("…")
        assert self.label is not None
        return self.label.name

    @property
    def scope(self) -> str:
        """Where its keys hold, in words."""
        if self.command is not None and self.command.scope == "window":
            return QCoreApplication.translate("ShortcutKeeper", "everywhere")
        return QCoreApplication.translate("ShortcutKeeper", "at the images")


class ShortcutKeeper(QObject):
    """Changes hold at once and are kept."""

    def __init__(self, session: Session, commands: Commands, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._commands = commands

    def holders(self) -> list[Holder]:
        """The commands in the order of the menus, and the labels of the open project."""
        labels = self._session.store.labels if self._session.has_project else ()
        return [*(Holder(command=one) for one in all_commands()), *(Holder(label=one) for one in labels)]

    def keys(self, holder: Holder) -> tuple[str, ...]:
        """The keys of a command or a label, in portable text."""
        if holder.command is not None:
            return self._commands.shortcuts(holder.command.id)
        assert holder.label is not None
        return (portable(holder.label.shortcut),) if holder.label.shortcut else ()

    def defaults(self, holder: Holder) -> tuple[str, ...] | None:
        """The keys that a command came with; None for a label."""
        return default_shortcuts(holder.command) if holder.command is not None else None

    def others_with(self, key: str, holder: Holder) -> list[Holder]:
        """Who else has a key; no two can, wherever they hold."""
        return [one for one in self.holders() if one != holder and key in self.keys(one)]

    def refusal(self, holder: Holder, key: str) -> str:
        """Why a key cannot be given, as a sentence; empty when it can."""
        if holder.command is not None:
            return refusal(holder.command, key)
        if not is_key(_of_label(key)):
            return self.tr("A label has one character, or Shift or Alt+Shift with a digit.")
        return ""

    def give(self, holder: Holder, keys: Sequence[str]) -> str:
        """Give a command or a label these keys and no others, taken from whoever has them.

        Returns:
            What went wrong, as a sentence; empty when nothing did.
        """
        taken = {one: self.keys(one) for key in keys for one in self.others_with(key, holder)}
        wanted = {one: tuple(key for key in old if key not in keys) for one, old in taken.items()}
        try:
            # first those that lose a key, since two labels cannot have one
            for one, rest in wanted.items():
                self._set_label(one, rest)
            self._set_label(holder, keys)
        except ProjectError as error:
            return str(error)
        chosen = {one.id: self._commands.shortcuts(one.id) for one in all_commands()}
        chosen |= {one.command.id: rest for one, rest in wanted.items() if one.command is not None}
        if holder.command is not None:
            chosen[holder.command.id] = tuple(keys)
        self._keep(chosen)
        return ""

    def restore_all(self) -> None:
        """Give every command the keys it came with; labels keep theirs."""
        self._keep({})

    def _keep(self, chosen: Mapping[str, tuple[str, ...]]) -> None:
        defaults = {one.id: default_shortcuts(one) for one in all_commands()}
        changed = {one: keys for one, keys in chosen.items() if keys != defaults[one]}
        self._session.change_settings(shortcuts=changed)
        self._commands.set_shortcuts(changed)

    def _set_label(self, holder: Holder, keys: Sequence[str]) -> None:
        if holder.label is not None:
            key = _of_label(keys[-1]) if keys else ""
            self._session.apply(self._session.store.change_label(holder.label.id, shortcut=key))


def _of_label(key: str) -> str:
    """A key as labels have it: "a" for "A"."""
    return key.casefold() if len(key) == 1 and is_key(key.casefold()) else key
