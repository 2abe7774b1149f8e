"""The commands about a project as a whole: images in, annotations in and out, versions, merging, moved images."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from gui.commands import Commands
from gui.project.backup_keeper import BackupKeeper
from gui.project.new_images_bar import NewImagesBar
from gui.project.watcher import Watcher
from gui.shell.folder_import import FolderImport

if TYPE_CHECKING:
    from gui.main_window import MainWindow


class ProjectCommands(QObject):
    """Made with the first project; opens the dialogs, and owns what watches over the project while it is open.

    Attributes:
        folder_import: reads folders of images into the project.
        watcher: notices image files that are new, changed or gone.
        news: the bar that tells of them, to be shown above the images.
    """

    def __init__(self, window: "MainWindow", commands: Commands) -> None:
        super().__init__(window)
        self._window = window
        self._session = window.session
        self.folder_import = FolderImport(window.session, self)
        self.watcher = Watcher(window.session, self.folder_import, self)
        self.news = NewImagesBar(window.session, self.watcher)
        self._backups = BackupKeeper(window.session, self)
        self.news.find_wanted.connect(self.find_moved)
        self._backups.damage_found.connect(self._on_damage_found)
        handlers: dict[str, Callable[[], None]] = {
            "file.add_images": self.add_images,
            "file.rescan": self.watcher.rescan,
            "file.find_moved": self.find_moved,
            "file.import": self._import,
            "file.export": self._export,
            "file.merge": self._merge,
            "file.save_version": self._save_version,
            "file.versions": self._show_versions,
            "file.restore_backup": self._restore_backup,
        }
        commands.handle(handlers)

    # a dialog is imported when it is first seen

    def add_images(self) -> None:
        """Ask for a folder of images and read it."""
        roots = self._session.store.roots()
        start = str(roots[-1].parent if roots else Path.home())
        folder = QFileDialog.getExistingDirectory(self._window, self.tr("Add images from folder"), start)
        if folder:
            self.folder_import.start(Path(folder))

    def find_moved(self) -> None:
        """Ask where images are that are missing."""
        from gui.project.relink import RelinkDialog

        RelinkDialog(self._session, self._window).open()

    def _import(self) -> None:
        from gui.project.csv_dialogs import ImportDialog

        ImportDialog(self._session, self._window).open()

    def _export(self) -> None:
        from gui.project.csv_dialogs import ExportDialog

        ExportDialog(self._session, self._window).open()

    def _merge(self) -> None:
        from gui.project.merge_dialog import MergeDialog

        MergeDialog(self._session, self._window, show_disputed=lambda: self._window.show_filter("disputed")).open()

    def _show_versions(self) -> None:
        from gui.project.versions_dialog import show_versions

        show_versions(self._session, self._window)

    def _save_version(self) -> None:
        from gui.project.versions_dialog import show_versions

        field = show_versions(self._session, self._window).field
        field.setFocus()
        field.selectAll()

    def _restore_backup(self) -> None:
        from gui.project.rescue_dialog import show_rescue

        show_rescue(self._window, self._session.store.folder)

    def _on_damage_found(self, folder: Path, sentence: str) -> None:
        from gui.project.rescue_dialog import show_rescue

        show_rescue(self._window, folder, damage=sentence)
