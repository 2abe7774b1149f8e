"""The menus without a mouse: F10 goes to the first, Alt and a letter open one."""

from PySide6.QtCore import QObject
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenuBar, QWidget

from gui.command_table import all_commands
from gui.commands import Commands


class MenuKeys(QObject):
    """Underlines a letter in the name of each menu, unless Alt and that letter are the key of a command."""

    def __init__(self, bar: QMenuBar, commands: Commands, window: QWidget) -> None:
        super().__init__(window)
        self._bar = bar
        self._commands = commands
        self._names = [menu.text() for menu in bar.actions()]
        commands["view.menu_bar"].triggered.connect(self._on_menu_bar)
        commands.shortcuts_changed.connect(self._show_letters)
        self._show_letters()

    def _show_letters(self) -> None:
        used = {key.toString() for one in all_commands() for key in self._commands[one.id].shortcuts()}
        for menu, name in zip(self._bar.actions(), self._names, strict=True):
            letters = dict.fromkeys(one for one in name if one.isalnum())
            letter = next((one for one in letters if QKeySequence(f"Alt+{one.upper()}").toString() not in used), None)
            if letter is not None:
                used.add(f"Alt+{letter.upper()}")
            menu.setText(name if letter is None else name.replace(letter, f"&{letter}", 1))

    def _on_menu_bar(self) -> None:
        if self._bar.isVisible():
            self._bar.setFocus()
            self._bar.setActiveAction(self._bar.actions()[0])
