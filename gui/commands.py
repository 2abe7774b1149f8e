"""The window's actions, one for each command of the table."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from gui.command_keys import portable, resolved
from gui.command_table import MENUS, TABLE, Command, Scope, all_commands
from gui.widgets.buttons import with_shortcut
from gui.widgets.icons import icon

__all__ = ["MENUS", "TABLE", "Command", "Commands", "command_of_key", "shortcut_text"]

_chosen: dict[str, tuple[str, ...]] = {}
"""The keys of the commands now, by id; `Commands` writes them, and there is one window in a process."""


_REPEATED = (
    "edit.undo", "edit.redo", "image.next", "image.previous", "view.zoom_in", "view.zoom_out", "labels.up",
    "labels.down",
)  # fmt: skip
"""Commands that go on while their key is held."""


class Commands(QObject):
    """The window's actions, by id, and the keys they have.

    Signals:
        shortcuts_changed: commands have other keys now.
    """

    shortcuts_changed = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._actions: dict[str, QAction] = {}
        self._tips: dict[str, str] = {}
        self._label_keys: frozenset[str] = frozenset()
        for command in all_commands():
            tip = QCoreApplication.translate("Commands", command.tip) if command.tip else ""
            self._tips[command.id] = tip or QCoreApplication.translate("Commands", command.text).removesuffix("…")
            self._actions[command.id] = _action(command, window)
        _chosen.clear()
        _chosen.update(resolved({}))
        self._show_shortcuts()

    def __getitem__(self, command_id: str) -> QAction:
        return self._actions[command_id]

    def menu(self, name: str) -> Iterator[QAction | None]:
        """The actions of a menu in order, with None for a separator."""
        shown, gap = False, False
        for command in TABLE:
            if command is None:
                gap = shown
            elif command.menu == name:
                if gap:
                    yield None
                shown, gap = True, False
                yield self._actions[command.id]
            else:
                gap = False

    def handle(self, handlers: Mapping[str, Callable[[], object]]) -> None:
        """Have functions called when commands are triggered, by id of the command."""
        for command_id, handler in handlers.items():
            # triggered hands over whether the action is checked
            self._actions[command_id].triggered.connect(lambda _checked=False, handler=handler: handler())

    def bind(self, scope: Scope, widgets: Sequence[QWidget]) -> None:
        """Make the commands of a scope hold while one of the widgets, or a child of it, has the focus."""
        for command in all_commands():
            if command.scope == scope:
                for widget in widgets:
                    widget.addAction(self._actions[command.id])

    def set_project_open(self, is_open: bool) -> None:
        """Enable what needs a project, or disable it."""
        for command in all_commands():
            if command.needs_project:
                self._actions[command.id].setEnabled(is_open)

    def all(self) -> list[tuple[Command, QAction]]:
        """Every command with its action, in the order of the table."""
        return [(command, self._actions[command.id]) for command in all_commands()]

    # keys

    def set_shortcuts(self, chosen: Mapping[str, Sequence[str]]) -> None:
        """Give commands other keys than their defaults, at once.

        Args:
            chosen: keys by id of a command, in portable text, none of them for a command without a key; what cannot be
                a key counts as not chosen.
        """
        keys = resolved(chosen)
        if keys != _chosen:
            _chosen.clear()
            _chosen.update(keys)
            self._show_shortcuts()

    def set_label_keys(self, keys: Iterable[str]) -> None:
        """The keys that labels of the project have: commands leave them alone, since two with one key would be silent.

        A project can have been made elsewhere, or before a command got its key.
        """
        taken = frozenset(portable(key) for key in keys)
        if taken != self._label_keys:
            self._label_keys = taken
            self._show_shortcuts()

    def shortcuts(self, command_id: str) -> tuple[str, ...]:
        """The keys that a command was given, in portable text."""
        return _chosen[command_id]

    def key(self, command_id: str) -> str:
        """The first key of a command, as this system writes it; empty without one."""
        return shortcut_text(self._actions[command_id])

    def set_tip(self, command_id: str, tip: str) -> None:
        """Say otherwise what a command does; its key is added."""
        self._tips[command_id] = tip
        self._show_tip(command_id)

    def _show_shortcuts(self) -> None:
        for command_id, action in self._actions.items():
            free = [key for key in _chosen[command_id] if key not in self._label_keys]
            action.setShortcuts([QKeySequence(key) for key in free])
            self._show_tip(command_id)
        self.shortcuts_changed.emit()

    def _show_tip(self, command_id: str) -> None:
        action = self._actions[command_id]
        keys = action.shortcuts()
        shown = keys[0].toString(QKeySequence.SequenceFormat.PortableText) if keys else ""
        action.setToolTip(with_shortcut(self._tips[command_id], shown))


def command_of_key(key: str) -> Command | None:
    """The command that has a key now, so that no label takes it."""
    wanted = portable(key)
    if not wanted:
        return None
    chosen = _chosen or resolved({})
    return next((command for command in all_commands() if wanted in chosen[command.id]), None)


def shortcut_text(action: QAction) -> str:
    """The first shortcut of an action, as this system writes it."""
    return action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)


def _action(command: Command, window: QWidget) -> QAction:
    action = QAction(QCoreApplication.translate("Commands", command.text), window)
    action.setObjectName(command.id)
    action.setCheckable(command.checkable)
    # a key that is held must not go over a hundred images
    action.setAutoRepeat(command.id in _REPEATED)
    action.setStatusTip("")
    if command.icon:
        action.setIcon(icon(command.icon))
    if command.scope == "images":
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
    else:
        window.addAction(action)
    return action
