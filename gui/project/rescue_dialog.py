"""What is offered when a project is damaged: to save what can be read of it, or to go back to a backup."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QDateTime, QLocale, QSize, QUrl
from PySide6.QtGui import QCloseEvent, QDesktopServices
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from core.errors import MultihotError
from core.project.disk.backups import Backup, sound_backups
from core.project.disk.database import FILE_NAME
from core.project.rescue.salvage import SalvageReport, restore_backup, salvage
from gui import background
from gui.project.plain_table import PlainTable
from gui.widgets import theme
from gui.widgets.buttons import flat, primary
from gui.widgets.error_row import ErrorRow
from gui.widgets.progress_line import ProgressLine

if TYPE_CHECKING:
    from gui.main_window import MainWindow


class RescueDialog(QDialog):
    """Says what happened and what the backups hold; the project is opened when something was chosen and went well.

    Attributes:
        folder: of the project.
    """

    def __init__(self, window: "MainWindow", folder: Path, *, damage: str = "") -> None:
        """Look for backups.

        Args:
            window: that opens the project afterwards.
            folder: of the project.
            damage: what is wrong, a sentence; empty for a sound project that is to go back to a backup.
        """
        super().__init__(window)
        self.folder = folder
        self._window = window
        self._is_damaged = bool(damage)
        self._backups: list[Backup] = []
        self._is_working = False
        self._is_done = False
        title = self.tr("This project is damaged") if damage else self.tr("Restore a backup")
        self.setWindowTitle(title)

        # make
        self._heading = _words(title)
        self._heading.setProperty("tone", "title")
        self.text = _words(damage or self.tr("What there is now becomes a backup itself, so that nothing is lost."))
        self.newest = _words(self.tr("Looking for backups…"))
        self._advice = _words(
            self.tr(
                "Salvage reads all that is left of the file, page by page, and fills its holes from the newest backup. "
                "The damaged file is kept."
            )
        )
        self._advice.setProperty("tone", "secondary")
        file = folder / FILE_NAME
        # of a file that is gone there is nothing to salvage; of an empty one what its log has
        self._can_salvage = self._is_damaged and any(_has_bytes(one) for one in (file, Path(f"{file}-wal")))
        self._advice.setVisible(self._can_salvage)
        self.list = PlainTable(self.tr("Backups"), (self.tr("Backup of"), self.tr("Images"), self.tr("Annotated")))
        self.progress = ProgressLine()
        self.progress.show_fraction(None)
        self.error = ErrorRow()
        self.salvage_button = QPushButton(self.tr("Salvage and open"))
        self.restore_button = QPushButton(self.tr("Open the newest backup"))
        first = self.salvage_button if self._can_salvage else self.restore_button
        primary(first)
        self.folder_button = flat(QPushButton(self.tr("Show the folder")))
        self.cancel_button = QPushButton(self.tr("Cancel"))
        self.open_button = primary(QPushButton(self.tr("Open project")))
        self.open_button.hide()
        self.salvage_button.setVisible(self._can_salvage)

        # lay out
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.SPACE)
        buttons.addWidget(self.folder_button)
        buttons.addStretch(1)
        for button in (self.cancel_button, self.restore_button, self.salvage_button, self.open_button):
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GROUP, theme.GROUP, theme.GROUP, theme.GROUP)
        layout.setSpacing(theme.PANEL)
        layout.addWidget(self._heading)
        layout.addWidget(self.text)
        layout.addWidget(self.newest)
        layout.addWidget(self._advice)
        layout.addWidget(self.list, 100)
        # for the time after, when the list is gone
        layout.addStretch(1)
        layout.addWidget(self.progress)
        layout.addWidget(self.error)
        layout.addLayout(buttons)
        unit = self.fontMetrics().height()
        self.resize(QSize(42 * unit, 30 * unit).boundedTo(self.screen().availableSize()))

        # connect
        self.list.itemSelectionChanged.connect(self._on_chosen)
        self.salvage_button.clicked.connect(self._on_salvage)
        self.restore_button.clicked.connect(self._on_restore)
        self.folder_button.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))))
        self.cancel_button.clicked.connect(self.reject)
        self.open_button.clicked.connect(self.accept)
        self.restore_button.setEnabled(False)
        self._look = background.run_with_progress(
            self, self._look_for_backups, self._on_all_found, self._on_failed, on_progress=self._on_found
        )
        self.finished.connect(self._on_finished)
        (first if damage else self.cancel_button).setDefault(True)

    # the backups

    def _look_for_backups(self, request: background.Request) -> None:
        for backup in sound_backups(self.folder):
            request.report(backup)
            if request.is_cancelled():
                return

    def _on_found(self, backup: Backup) -> None:
        if self._is_working or self._is_done:
            return
        self._backups.append(backup)
        if len(self._backups) == 1:
            self.newest.setText(
                self.tr("The newest backup is of {when}: {images} images, {annotated} of them annotated.").format(
                    when=_when(backup), images=f"{backup.images:,}", annotated=f"{backup.annotated:,}"
                )
            )
        self.list.show_rows(
            [(_when(one), one.images, one.annotated) for one in self._backups], keys=range(len(self._backups))
        )

    def _on_all_found(self, _: None) -> None:
        if not self._is_working and not self._is_done:
            self.progress.hide()
            if not self._backups:
                self.newest.setText(self.tr("There is no backup of this project."))

    def _on_chosen(self) -> None:
        chosen = self.list.chosen()
        self.restore_button.setEnabled(chosen is not None)
        self.restore_button.setText(
            self.tr("Open the backup of {}").format(_when(self._backups[chosen]))
            if chosen
            else self.tr("Open the newest backup")
        )

    # what is done

    def _on_salvage(self) -> None:
        self._work(lambda: _told(salvage(self.folder)))

    def _on_restore(self) -> None:
        chosen = self.list.chosen()
        if chosen is not None:
            backup = self._backups[chosen]
            self._work(lambda: self._restored(backup, restore_backup(self.folder, backup)))

    def _restored(self, backup: Backup, kept: Path) -> tuple[str, str]:
        text = self.tr("The project is as it was at {when}: {images} images, {annotated} of them annotated.")
        return (
            text.format(when=_when(backup), images=f"{backup.images:,}", annotated=f"{backup.annotated:,}"),
            self.tr("What there was is in {}.").format(kept) if _has_bytes(kept / FILE_NAME) or kept.is_file() else "",
        )

    def _work(self, work: Callable[[], tuple[str, str]]) -> None:
        """Do something in a thread that gives a sentence and more about it."""
        self._look.cancel()
        session = self._window.session
        if session.has_project and session.store.folder == self.folder.resolve():
            session.close()
        self._set_working(True)
        background.run(self, work, self._on_worked, self._on_failed)

    def _on_worked(self, told: tuple[str, str]) -> None:
        self._set_working(False)
        self._is_done = True
        sentence, more = told
        self._heading.setText(self.tr("The project is ready to be opened"))
        self.setWindowTitle(self._heading.text())
        self.text.setText(sentence)
        self.newest.setText(more)
        for widget in (self._advice, self.list, self.salvage_button, self.restore_button, self.cancel_button):
            widget.hide()
        self.open_button.show()
        self.open_button.setDefault(True)
        self.open_button.setFocus()

    def _on_failed(self, error: MultihotError) -> None:
        self._set_working(False)
        self.error.show_error(error)

    def _set_working(self, on: bool) -> None:
        self._is_working = on
        self.error.clear()
        self.progress.setVisible(on)
        for widget in (self.list, self.salvage_button, self.cancel_button):
            widget.setEnabled(not on)
        self.restore_button.setEnabled(not on and self.list.chosen() is not None)

    def _on_finished(self) -> None:
        self._look.cancel()
        self.deleteLater()

    def reject(self) -> None:
        """Not in the middle; what was put right is opened also when the dialog is closed another way."""
        if self._is_done:
            self.accept()
        elif not self._is_working:
            super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        """As `reject`."""
        if self._is_working:
            event.ignore()
        else:
            super().closeEvent(event)


def show_rescue(window: "MainWindow", folder: Path, *, damage: str = "") -> RescueDialog:
    """Offer what can be done about a damaged project, or to go back to a backup of a sound one; then open it.

    Args:
        window: that opens it.
        folder: of the project, which may be open.
        damage: what is wrong, a sentence; empty for a sound project.
    """
    shown = window.findChild(RescueDialog)
    if shown is not None and shown.folder == folder:
        return shown
    dialog = RescueDialog(window, folder, damage=damage)
    was_open = window.session.has_project and window.session.store.folder == folder.resolve()

    def finished(result: int) -> None:
        # a project that was open and could not be put back is opened as it is
        is_closed = not window.session.has_project
        if result == QDialog.DialogCode.Accepted or (was_open and is_closed):
            window.open_project(folder)

    dialog.finished.connect(finished)
    dialog.open()
    return dialog


def _has_bytes(file: Path) -> bool:
    try:
        return file.stat().st_size > 0
    except OSError:
        return False


def _told(report: SalvageReport) -> tuple[str, str]:
    kept = f"The damaged file is kept in {report.kept}."
    return report.sentence(), "\n".join([*report.lines(), kept])


def _words(text: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    return label


def _when(backup: Backup) -> str:
    return QLocale().toString(QDateTime.fromSecsSinceEpoch(int(backup.created)), QLocale.FormatType.ShortFormat)
