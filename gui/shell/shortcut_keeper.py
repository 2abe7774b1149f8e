"""Who has which key, and giving it to somebody else: commands in the settings, labels in the project."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QObject
from PySide6.QtGui import QKeySequence

from core.errors import ProjectError
from core.labels import Label
from core.project.changes import Changes
from core.project.labels.label_rows import is_key
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

    def owners(self) -> dict[str, list[Holder]]:
        """Who has each key, by its portable text."""
        found: dict[str, list[Holder]] = {}
        for holder in self.holders():
            for key in self.keys(holder):
                found.setdefault(key, []).append(holder)
        return found

    def others_with(self, key: str, holder: Holder) -> list[Holder]:
        """Who else has a key; no two can, wherever they hold."""
        return [one for one in self.owners().get(key, ()) if one != holder]

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
            self._set_labels([*wanted.items(), (holder, keys)], self._said(holder, keys))
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

    def _set_labels(self, wanted: Sequence[tuple[Holder, Sequence[str]]], text: str) -> None:
        """Give the labels among them their keys, in one step of undo."""
        labels = [(one.label.id, _of_label(keys[-1]) if keys else "") for one, keys in wanted if one.label is not None]
        if not labels:
            return
        self._session.refuse_while_busy()
        store = self._session.store
        with store.step(text):
            changes = [store.change_label(label_id, shortcut=key) for label_id, key in labels]
        if any(changes):
            self._session.apply(Changes(text=text, labels=True))

    def _said(self, holder: Holder, keys: Sequence[str]) -> str:
        if not keys:
            return self.tr("Key taken from “{}”").format(holder.name)
        key = QKeySequence(keys[-1]).toString(QKeySequence.SequenceFormat.NativeText)
        return self.tr("Key “{}” given to “{}”").format(key, holder.name)


def _of_label(key: str) -> str:
    """A key as labels have it: "a" for "A"."""
    return key.casefold() if len(key) == 1 and is_key(key.casefold()) else key
