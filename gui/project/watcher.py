"""Watching the folders of images: files that changed or are gone are marked, and new ones are offered."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QFileSystemWatcher, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication

from core.errors import MultihotError
from core.project.changes import Changes
from core.project.files.missing import is_folder_missing
from gui import background
from gui.project.parts import forget_thumbnails_after
from gui.session import Session
from gui.shell.folder_import import JOB as IMPORT_JOB
from gui.shell.folder_import import FolderImport

if TYPE_CHECKING:
    from core.project.files.scan import ScannedImage
    from core.project.files.watch import News
    from core.project.store import Store

OPENED_MS = 2000
"""After opening: the first screen of thumbnails comes before."""
CHANGED_MS = 1500
"""After a folder changed: a copy of many files tells of each."""
BUSY_MS = 500
AGAIN_SECONDS = 60
"""Between two looks because somebody came back to the window; a folder does not tell of files that were overwritten."""

Kind = Literal["new", "changed", "gone", "found", "lost"]


@dataclass(frozen=True)
class Notice:
    """Something to be told in a quiet bar.

    Attributes:
        kind: new files in a folder, images that changed, are gone or were found again under another name, or a folder
            that is lost as a whole.
        count: number of files or images.
        root: the folder; None for images.
        image_ids: images that changed, are gone or were found again.
    """

    kind: Kind
    count: int
    root: Path | None = None
    image_ids: tuple[int, ...] = ()


class Watcher(QObject):
    """Looks at the files of the open project: after it was opened, when a folder changes, and when asked to.

    Signals:
        notices_changed: `notices` is new.
    """

    notices_changed = Signal()

    def __init__(self, session: Session, folder_import: FolderImport, parent: QObject | None = None) -> None:
        """Begin to watch.

        Args:
            session: with the project.
            folder_import: adds images.
            parent: its owner.
        """
        super().__init__(parent)
        self._session = session
        self._folder_import = folder_import
        self._request: background.Request | None = None
        self._watcher: QFileSystemWatcher | None = None
        # None for everything
        self._within: set[Path] | None = set()
        self._is_asked = False
        self._new: dict[Path, tuple[ScannedImage, ...]] = {}
        self._refused: set[str] = set()
        self._quiet: set[Path] = set()
        self._changed: dict[int, None] = {}
        self._gone: dict[int, None] = {}
        self._found: dict[int, None] = {}
        self._lost: tuple[Path, ...] = ()
        self._lost_seen: set[Path] = set()
        self._roots: set[Path] = set()
        self._next = QTimer(self, singleShot=True)
        self._next.timeout.connect(self._look)
        self._rest = QTimer(self, singleShot=True, interval=AGAIN_SECONDS * 1000)
        session.project_opened.connect(self._on_project_opened)
        session.project_closed.connect(self._on_project_closed)
        session.changed.connect(self._on_session_changed)
        app = QGuiApplication.instance()
        assert isinstance(app, QGuiApplication)
        app.applicationStateChanged.connect(self._on_application_state_changed)
        if session.has_project:
            self._on_project_opened()

    # what is told

    @property
    def notices(self) -> list[Notice]:
        """What is to be told, the first first."""
        # what happened to images that were labelled comes before what may be added
        found = [Notice("lost", 1, root) for root in self._lost if root not in self._lost_seen]
        for kind, ids in (("changed", self._changed), ("gone", self._gone), ("found", self._found)):
            if ids:
                found.append(Notice(kind, len(ids), image_ids=tuple(ids)))  # type: ignore[arg-type]
        found += [
            Notice("new", len(files), root) for root, files in self._new.items() if files and root not in self._quiet
        ]
        return found

    def is_idle(self) -> bool:
        """Whether no look is going on or about to begin."""
        return self._request is None and not self._next.isActive()

    # what a person does about it

    def rescan(self) -> None:
        """Look at all files now, tell what came of it, and offer again what was refused."""
        if not self._session.has_project:
            return
        self._refused.clear()
        self._quiet.clear()
        self._is_asked = True
        self._within = None
        self._session.message.emit(self.tr("Looking for new, changed and missing images…"))
        self._next.start(0)

    def add(self, root: Path) -> None:
        """Add the new files of a folder to the project."""
        files = self._new.pop(root, ())
        if files:
            self._folder_import.add(root, files)
        self.notices_changed.emit()

    def refuse(self, root: Path) -> None:
        """Offer these files no more until the project is opened again, or somebody asks."""
        self._refused.update(str(root / file.relative_path) for file in self._new.pop(root, ()))
        self.notices_changed.emit()

    def be_quiet(self, root: Path) -> None:
        """Offer nothing of a folder any more until the project is opened again, or somebody asks."""
        self._quiet.add(root)
        self._new.pop(root, None)
        self.notices_changed.emit()

    def forget(self, kind: Kind) -> None:
        """It was seen that images changed, are gone or were found again; those that are gone stay marked."""
        if kind == "lost":
            self._lost_seen.update(self._lost)
        else:
            {"changed": self._changed, "gone": self._gone, "found": self._found}[kind].clear()
        self.notices_changed.emit()

    # when to look

    def _on_project_opened(self) -> None:
        self._roots = set(self._session.store.roots())
        self._within = None
        self._next.start(OPENED_MS)

    def _on_project_closed(self) -> None:
        self._next.stop()
        self._rest.stop()
        if self._request is not None:
            self._request.cancel()
            self._request = None
        self._watch(())
        self._is_asked = False
        self._within = set()
        self._lost = ()
        for held in (
            self._new, self._refused, self._quiet, self._changed, self._gone, self._found, self._lost_seen, self._roots,
        ):  # fmt: skip
            held.clear()
        self.notices_changed.emit()

    def _on_session_changed(self, changes: Changes) -> None:
        if not changes.images:
            return
        if there := self._gone.keys() - self._session.store.problems.keys():
            # found again in another way, such as by adding the folder in which they are now
            self._gone = {one: None for one in self._gone if one not in there}
            self.notices_changed.emit()
        roots = set(self._session.store.roots())
        if roots != self._roots:
            # a folder was added or moved: it is looked through, and watched
            self._want(roots - self._roots)
            self._roots = roots
        elif self._new:
            # what is offered may have been added in another way
            self._want(set(self._new))

    def _on_directory_changed(self, folder: str) -> None:
        changed = Path(folder)
        if any(changed.is_relative_to(root) for root in self._roots):
            self._want({changed})
            return
        # beside a folder of images: all that matters is whether that is there
        news = {root for root in self._roots if root.parent == changed and root.is_dir() == (root in self._lost)}
        if news:
            self._want(news)

    def _on_application_state_changed(self, state: Qt.ApplicationState) -> None:
        if state == Qt.ApplicationState.ApplicationActive and self._session.has_project and not self._rest.isActive():
            self._within = None
            self._next.start(CHANGED_MS)

    def _want(self, folders: set[Path]) -> None:
        if self._within is not None:
            self._within |= folders
        self._next.start(CHANGED_MS)

    # looking

    def _look(self) -> None:
        session = self._session
        if not session.has_project:
            return
        if self._is_held_up() or self._request is not None:
            self._next.start(BUSY_MS)
            return
        from core.project.files.watch import look

        folder, problems = session.store.folder, dict(session.store.problems)
        within, is_asked = self._within, self._is_asked
        self._within, self._is_asked = set(), False
        self._rest.start()

        def on_news(news: "News | None") -> None:
            self._request = None
            if news is None:
                return
            if self._is_held_up():
                # what the look found may be old by now
                self._look_again(within)
                self._is_asked |= is_asked
                return
            self._take(news, within)
            if is_asked:
                session.message.emit(self._said(news))

        self._request = background.run_with_progress(
            self,
            lambda request: look(folder, problems, within=within, cancelled=request.is_cancelled),
            on_news,
            lambda error: self._on_failed(error, within),
            on_progress=None,
            key="look",
        )

    def _look_again(self, within: set[Path] | None) -> None:
        self._within = None if within is None or self._within is None else within | self._within
        self._next.start(BUSY_MS)

    def _is_held_up(self) -> bool:
        """Whether images are being added, or the store is in use elsewhere."""
        return self._session.is_busy or any(job.key == IMPORT_JOB for job in self._session.jobs.items())

    def _on_failed(self, error: MultihotError, within: set[Path] | None) -> None:
        self._request = None
        # the next look goes there, too
        self._within = None if within is None or self._within is None else within | self._within
        self._session.message.emit(str(error))

    def _take(self, news: "News", within: set[Path] | None) -> None:
        beside = {root.parent for root in self._roots}
        self._watch([*news.folders, *(folder for folder in beside if folder.is_dir())])
        self._offer(news, within)
        if not news.is_whole:
            self._look_again(within)
        self._lost = news.missing_roots
        # that a folder is lost tells of all its images
        single = {one for one, sentence in news.gone.items() if not is_folder_missing(sentence)}
        self._changed.update(dict.fromkeys(news.changed))
        self._gone.update(dict.fromkeys(sorted(single)))
        self._found.update(dict.fromkeys(sorted(news.renamed)))
        for image_id in (*news.back, *news.renamed):
            self._gone.pop(image_id, None)
        for image_id in news.gone:
            self._found.pop(image_id, None)
        if news.images:
            self._mark(news)
        self.notices_changed.emit()

    def _offer(self, news: "News", within: set[Path] | None) -> None:
        if within is None:
            self._new.clear()
        for root, files in news.new.items():
            known = {file.relative_path: file for file in self._new.get(root, ())}
            known |= {file.relative_path: file for file in files if str(root / file.relative_path) not in self._refused}
            self._new[root] = tuple(known.values())
        if within is not None:
            # what was offered may be gone again, or have been added
            self._new = {root: _there(files, root, news, within) for root, files in self._new.items()}

    def _mark(self, news: "News") -> None:
        from core.project.files.watch import take_news

        def work(store: "Store") -> Changes:
            return take_news(store, news)

        forget_thumbnails_after(self._session, [*news.changed, *news.gone, *news.back, *news.renamed])
        self._session.edit(work, images=news.images)

    def _said(self, news: "News") -> str:
        new = sum(len(files) for files in self._new.values())
        parts = [
            text.format(f"{count:,}")
            for text, count in (
                (self.tr("{} new"), new),
                (self.tr("{} changed"), len(news.changed)),
                (self.tr("{} gone"), len(news.gone)),
                (self.tr("{} there again"), len(news.back)),
                (self.tr("{} renamed or moved and found again"), len(news.renamed)),
            )
            if count
        ]
        if not parts:
            return self.tr("No image is new, changed or gone.")
        return self.tr("Images: {}.").format(", ".join(parts))

    def _watch(self, folders: Sequence[Path]) -> None:
        """Be told when something in these folders changes, and in no others."""
        wanted = {str(folder) for folder in folders}
        if self._watcher is None:
            if not wanted:
                return
            self._watcher = QFileSystemWatcher(self)
            self._watcher.directoryChanged.connect(self._on_directory_changed)
        watched = set(self._watcher.directories())
        if watched - wanted:
            self._watcher.removePaths(sorted(watched - wanted))
        if wanted - watched:
            self._watcher.addPaths(sorted(wanted - watched))


def _there(files: Sequence["ScannedImage"], root: Path, news: "News", within: set[Path]) -> tuple["ScannedImage", ...]:
    """The files that the look found, and those where it did not look."""
    found = {file.relative_path for file in news.new.get(root, ())}
    return tuple(
        file
        for file in files
        if file.relative_path in found
        or not any((root / file.relative_path).is_relative_to(folder) for folder in within)
    )
