"""Backups by themselves: soon after a project was opened, and every few hours of use."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from core.errors import DamagedProjectError, MultihotError
from gui import background
from gui.session import Session

# opening comes first: the first screen of images is there long before
_FIRST_MS = 15_000
_EVERY_MS = 15 * 60_000


class BackupKeeper(QObject):
    """Checks the open project's file and backs it up, in a thread; says only what goes wrong.

    Signals:
        damage_found: Path of the folder and a sentence: opening saw no damage, and there is some.
    """

    damage_found = Signal(object, str)

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._request: background.Request | None = None
        self._told = ""
        self._first = QTimer(self, singleShot=True, interval=_FIRST_MS)
        self._every = QTimer(self, interval=_EVERY_MS)
        self._first.timeout.connect(self.check)
        self._every.timeout.connect(self._on_time)
        session.project_opened.connect(self._on_opened)
        session.project_closed.connect(self._on_closed)
        if session.has_project:
            self._on_opened()

    def check(self) -> None:
        """Look for damage in the whole file, and back it up if that is a day ago."""
        from core.project.disk.backups import back_up_if_due
        from core.project.disk.damage import damaged, quick_check

        def work(folder: Path, request: background.Request) -> None:
            if quick_check(folder):
                raise damaged(folder)
            back_up_if_due(folder, is_cancelled=request.is_cancelled)

        self._run(work)

    def _on_time(self) -> None:
        from core.project.disk.backups import while_open

        self._run(lambda folder, request: while_open(folder, is_cancelled=request.is_cancelled))

    def _run(self, work: Callable[[Path, background.Request], object]) -> None:
        if not self._session.has_project:
            return
        folder = self._session.store.folder
        self._request = background.run_with_progress(
            self, lambda request: work(folder, request), self._on_done, self._on_failed, on_progress=None, key="backup"
        )

    def _on_opened(self) -> None:
        self._told = ""
        self._first.start()
        self._every.start()

    def _on_closed(self) -> None:
        self._first.stop()
        self._every.stop()
        if self._request is not None:
            self._request.cancel()
            self._request = None

    def _on_done(self, _: object) -> None:
        self._request, self._told = None, ""

    def _on_failed(self, error: MultihotError) -> None:
        self._request = None
        # once, not every quarter of an hour
        if str(error) == self._told:
            return
        self._told = str(error)
        if isinstance(error, DamagedProjectError):
            self.damage_found.emit(error.folder, error.sentence)
        else:
            self._session.message.emit(str(error))
