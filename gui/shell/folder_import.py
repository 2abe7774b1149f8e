"""Reading a folder of images into the project: listed in a thread, added in batches that do not hold the window up."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from core.errors import FormatError, MultihotError
from core.formats.apply import import_annotations
from core.formats.class_folders import recognised
from core.project.changes import Changes
from core.project.files.renamed import Renamed, find_renamed, take_renamed
from core.project.files.scan import ScannedImage, scan_folder
from gui import background
from gui.session import Session

if TYPE_CHECKING:
    from core.project.store import Store

BATCH = 500
"""Files that are added at once, at first."""
FEWEST, MOST = 200, 1_000
LONG_SECONDS = 0.025
"""From then on the next batch is smaller, and larger below a third of it."""
BUSY_MS = 100
JOB = "folder"


class FolderImport(QObject):
    """One folder at a time; further ones wait in line."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._waiting: list[tuple[Path, bool, Sequence[ScannedImage] | None]] = []
        self._takes_labels = False
        self._root: Path | None = None
        self._request: background.Request | None = None
        self._files: Sequence[ScannedImage] = []
        self._renamed: Renamed = {}
        self._found: tuple[int, ...] = ()
        self._done = 0
        self._batch = BATCH
        self._added = 0
        # what came of the labels; None before they were taken
        self._said: list[str] | None = None
        self._next = QTimer(self, singleShot=True)
        self._next.timeout.connect(self._on_timeout)
        session.project_closed.connect(self.cancel)

    def start(self, root: Path, *, takes_labels: bool = False) -> None:
        """Add the images of a folder and of the folders in it to the open project.

        Args:
            root: the folder.
            takes_labels: whether the folders in it name the labels of the images, and perhaps their splits.
        """
        if self._begin(root, takes_labels, None):
            self._scan(root)

    def add(self, root: Path, files: Sequence[ScannedImage]) -> None:
        """Add some image files of a folder that was looked through already.

        Args:
            root: the folder.
            files: found in it.
        """
        if self._begin(root, False, files):
            self._look_for_renamed(files)

    def _begin(self, root: Path, takes_labels: bool, files: Sequence[ScannedImage] | None) -> bool:
        """Whether it is its turn; else it waits in line."""
        if self._root is not None:
            self._waiting.append((root, takes_labels, files))
            return False
        self._root = root
        self._takes_labels = takes_labels
        self._files = []
        self._renamed = {}
        self._found = ()
        self._done = 0
        self._added = 0
        self._said = None
        self._tell(None)
        return True

    def _scan(self, root: Path) -> None:
        self._request = background.run_with_progress(
            self,
            lambda request: scan_folder(root, cancelled=request.is_cancelled, progress=request.report),
            self._look_for_renamed,
            self._on_failed,
            on_progress=self._on_found,
        )

    def _look_for_renamed(self, files: Sequence[ScannedImage]) -> None:
        """Files of images that are gone from elsewhere are these images, and not new ones without labels."""
        if self._root is None:
            return
        folder, root = self._session.store.folder, self._root.resolve()
        self._request = background.run_with_progress(
            self,
            lambda request: find_renamed(folder, {root: files}, cancelled=request.is_cancelled),
            lambda renamed: self._on_scanned(files, renamed),
            self._on_failed,
            on_progress=None,
        )

    def cancel(self) -> None:
        """Stop; what was added stays."""
        self._waiting.clear()
        self._finish("")

    def _on_found(self, count: int) -> None:
        if self._root is not None:
            self._session.message.emit(f"{count:,} images found in {self._root}")

    def _on_scanned(self, files: Sequence[ScannedImage], renamed: Renamed) -> None:
        self._request = None
        self._files = files
        self._renamed = renamed
        self._next.start(0)

    def _on_failed(self, error: MultihotError) -> None:
        self._finish(str(error))

    def _on_timeout(self) -> None:
        if self._root is None:
            return
        if self._session.is_busy:
            # images cannot be added before it is done
            self._next.start(BUSY_MS)
            return
        try:
            if self._renamed:
                self._take_renamed()
            else:
                self._add_batch()
        except MultihotError as error:
            # such as a full disk
            self._finish(str(error))

    def _take_renamed(self) -> None:
        renamed, self._renamed = self._renamed, {}
        self._found = tuple(renamed)
        self._session.edit(lambda store: take_renamed(store, renamed), images=len(renamed))
        self._next.start(0)

    def _add_batch(self) -> None:
        assert self._root is not None
        batch = self._files[self._done : self._done + self._batch]
        if not batch:
            if self._takes_labels and self._said is None:
                self._take_labels()
            else:
                if self._found:
                    self._session.thumbnails.forget(self._found)
                self._finish(self._summary())
            return
        store = self._session.store
        before = len(store.image_ids)
        start = time.perf_counter()
        changes = store.add_images(self._root, batch)
        took = time.perf_counter() - start
        if took > LONG_SECONDS:
            self._batch = max(FEWEST, self._batch * 2 // 3)
        elif took < LONG_SECONDS / 3:
            self._batch = min(MOST, self._batch * 3 // 2)
        self._done += len(batch)
        self._added += len(store.image_ids) - before
        self._session.apply(changes)
        if self._root is not None:
            self._tell(self._done / len(self._files))
            self._next.start(0)

    def _take_labels(self) -> None:
        """Give the images the labels that their folders name; in a thread where they are many."""
        root, files = self._root, self._files
        assert root is not None
        said: list[str] = []
        self._said = said

        def work(store: "Store") -> Changes:
            try:
                annotations = recognised(root, [file.relative_path for file in files])
                if annotations is None:
                    return Changes()
                report = import_annotations(store, annotations)
            except FormatError as error:
                said.append(f". {error}")
                return Changes()
            said.append(f", with {len(annotations.label_names):,} labels of their folders")
            return report.changes

        self._session.edit(work, images=len(files))
        if self._root is not None:
            self._next.start(0)

    def _summary(self) -> str:
        """What was done, in a sentence."""
        if not self._files:
            return f"There are no images in {self._root}."
        known = len(self._files) - self._added - len(self._found)
        text = f"{self._added:,} image" + ("" if self._added == 1 else "s") + f" added from {self._root}"
        if self._found:
            were = "was" if len(self._found) == 1 else "were"
            text += f", {len(self._found):,} {were} renamed or moved and found again"
        if known > 0:
            text += f", {known:,} were there already"
        return text + "".join(self._said or ())

    def _tell(self, fraction: float | None) -> None:
        assert self._root is not None
        self._session.jobs.set(
            JOB, name=f"Reading {self._root.name}", fraction=fraction, eta_seconds=None, cancel=self.cancel
        )

    def _finish(self, sentence: str) -> None:
        if self._request is not None:
            self._request.cancel()
        self._request = None
        self._next.stop()
        self._files = []
        self._root = None
        self._session.jobs.remove(JOB)
        if sentence:
            self._session.message.emit(sentence)
        if self._waiting:
            root, takes_labels, files = self._waiting.pop(0)
            if files is None:
                self.start(root, takes_labels=takes_labels)
            else:
                self.add(root, files)
