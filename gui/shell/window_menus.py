"""What the menus of the window hold, and the lists in which commands are found."""

import functools
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QMessageBox

from gui.commands import MENUS
from gui.shell.menu_keys import MenuKeys

if TYPE_CHECKING:
    from gui.main_window import MainWindow


class WindowMenus(QObject):
    """Fills the menu bar of the window, and opens the palette, the sheet of shortcuts and their editor."""

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window
        self._session = window.session
        self._commands = window.commands
        self._label_actions: list[QAction] = []
        self._labels_menu = QMenu()
        self._recent_menu = QMenu(self.tr("Recent projects"), window)
        self._make()
        self._recent_menu.aboutToShow.connect(self._fill_recent)
        window.session.settings_changed.connect(self._take_shortcuts)
        self._take_shortcuts()

    def set_label_actions(self, actions: list[QAction]) -> None:
        """Offer the labels of the project, too."""
        self._label_actions = actions
        for action in actions:
            self._labels_menu.addAction(action)

    def show_palette(self) -> None:
        """Open the list of all commands."""
        from gui.shell.command_palette import CommandPalette, Entry

        commands = [one for one in self._commands.all() if one[0].id != "tools.palette"]
        entries = [Entry(self.tr(command.menu), action) for command, action in commands]
        entries += [Entry(self.tr("Label"), action) for action in self._label_actions]
        filters = self._filter_actions()
        entries += [Entry(self.tr("Filter"), action) for action in filters]
        palette = CommandPalette(entries, self._window, recent=self._session.settings.recent_commands)
        palette.ran.connect(lambda one: self._session.set_settings(self._session.settings.with_recent_command(one)))
        for action in filters:
            palette.destroyed.connect(action.deleteLater)
        palette.open_over(self._window)

    def show_shortcuts(self) -> None:
        """Open the sheet of shortcuts."""
        from gui.shell.shortcut_sheet import ShortcutSheet

        sheet = self._window.findChild(ShortcutSheet)
        if sheet is None:
            sheet = ShortcutSheet(self._commands, self._label_actions, self._window)
            sheet.edit_wanted.connect(self.edit_shortcuts)
        sheet.show()
        sheet.raise_()
        sheet.activateWindow()

    def edit_shortcuts(self) -> None:
        """Open the dialog in which commands and labels get other keys."""
        from gui.shell.shortcut_editor import ShortcutEditor

        ShortcutEditor(self._session, self._commands, self._window).open()

    def show_about(self) -> None:
        """Say what this program is."""
        from importlib.metadata import PackageNotFoundError, version

        try:
            number = version("multihot")
        except PackageNotFoundError:
            number = self.tr("from source")
        QMessageBox.about(
            self._window,
            self.tr("About Multihot"),
            f"<h3>Multihot {number}</h3><p>Multi-label and multi-class image classification: "
            "label, train, set thresholds, export.</p>"
            "<p>Apache License 2.0. Icons: Phosphor (MIT).</p>",
        )

    # how it is done

    def _make(self) -> None:
        for name in MENUS:
            menu = self._window.menuBar().addMenu(self.tr(name))
            for action in self._commands.menu(name):
                if action is None:
                    menu.addSeparator()
                else:
                    menu.addAction(action)
                if action is self._commands["file.open"]:
                    menu.addMenu(self._recent_menu)
            if name == "Labels":
                self._labels_menu = menu
                menu.addSeparator()
        MenuKeys(self._window.menuBar(), self._commands, self._window)
        schemes = QActionGroup(self)
        for scheme in ("system", "light", "dark"):
            schemes.addAction(self._commands[f"view.{scheme}"])
            self._commands[f"view.{scheme}"].triggered.connect(
                functools.partial(self._session.change_settings, color_scheme=scheme)
            )

    def _fill_recent(self) -> None:
        self._recent_menu.clear()
        for folder in self._session.settings.recent_projects:
            action = self._recent_menu.addAction(folder.replace("&", "&&"))
            action.triggered.connect(functools.partial(self._window.open_project, Path(folder)))

    def _filter_actions(self) -> list[QAction]:
        filters = self._session.store.saved_filters if self._session.has_project else {}
        actions = []
        for name, text in filters.items():
            action = QAction(name.replace("&", "&&"), self)
            action.setToolTip(text)
            action.triggered.connect(lambda _checked=False, text=text: self._window.show_filter(text))
            actions.append(action)
        return actions

    def _take_shortcuts(self) -> None:
        self._commands.set_shortcuts(self._session.settings.shortcuts)
