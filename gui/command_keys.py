"""Which keys commands can have: defaults, what was chosen in their place, and no key for two."""

import sys
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QCoreApplication, QKeyCombination, Qt
from PySide6.QtGui import QKeySequence

from gui.command_table import Command, all_commands

# F11 belongs to the system there
_ON_MACOS = {"view.full_screen": ("Ctrl+Meta+F",)}
_MOVING = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End,
           Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)  # fmt: skip
_EDITING = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space, Qt.Key.Key_Backspace, Qt.Key.Key_Delete)


def default_shortcuts(command: Command) -> tuple[str, ...]:
    """The keys that a command has unless a person chose others, in portable text."""
    keys = _ON_MACOS.get(command.id, command.shortcuts) if sys.platform == "darwin" else command.shortcuts
    return tuple(portable(key) for key in keys)


def resolved(chosen: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """The keys of every command: those chosen, else its defaults; none is given twice.

    A key that was chosen is not taken away by the default of another command, which may be newer than the choice.

    Args:
        chosen: keys by id of a command; what cannot be a key, or a command that is not there, is passed over.
    """
    keys: dict[str, tuple[str, ...]] = {}
    for command in all_commands():
        if command.id in chosen:
            valid = tuple(dict.fromkeys(portable(one) for one in chosen[command.id] if not refusal(command, one)))
            if valid or not chosen[command.id]:
                keys[command.id] = valid
    chosen_ids = list(keys)
    rest = [command for command in all_commands() if command.id not in keys]
    keys |= {command.id: default_shortcuts(command) for command in rest}
    taken: set[str] = set()
    for command_id in [*chosen_ids, *(command.id for command in rest)]:
        keys[command_id] = tuple(key for key in keys[command_id] if key not in taken)
        taken.update(keys[command_id])
    return keys


def portable(key: str) -> str:
    """A key in the one way it is compared and saved, such as "Ctrl+A" for "ctrl+a"; empty for none."""
    sequence = QKeySequence(key)
    if sequence.count() != 1 or _first(sequence).key() == Qt.Key.Key_unknown:
        return ""
    return sequence.toString(QKeySequence.SequenceFormat.PortableText)


def refusal(command: Command, key: str) -> str:
    """Why a key cannot be that of a command, as a sentence; empty when it can."""
    text = portable(key)
    if not text:
        return QCoreApplication.translate("Commands", "That is no key a command can have.")
    combination = _first(QKeySequence(text))
    base = combination.key()
    bare = not combination.keyboardModifiers() & ~Qt.KeyboardModifier.ShiftModifier
    if base in (Qt.Key.Key_Escape, Qt.Key.Key_Tab, Qt.Key.Key_Backtab) or (bare and base in _MOVING):
        return QCoreApplication.translate("Commands", "This key leaves a place or moves in it. Add Ctrl or Alt.")
    is_typed = len(text.removeprefix("Shift+")) == 1 and text[-1].isalnum()
    if command.scope == "window" and bare and (is_typed or base in _EDITING):
        return QCoreApplication.translate(
            "Commands", "This command holds everywhere, also while typing. Add Ctrl or Alt."
        )
    return ""


def _first(sequence: QKeySequence) -> QKeyCombination:
    combination: QKeyCombination = sequence[0]  # type: ignore[index]  # the stubs leave it out
    return combination
