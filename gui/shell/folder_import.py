"""Reading a folder of images into the project: listed in a thread, added in batches that do not hold the window up."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from core.errors import FormatError, MultihotError
from core.formats.apply import import_annotations
from core.formats.class_folders import recognised
from core.project.scan import ScannedImage, scan_folder
from gui import background
from gui.session import Session

BATCH = 500
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
        self._done = 0
        self._added = 0
        self._next = QTimer(self, singleShot=True)
        self._next.timeout.connect(self._add_batch)
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
            self._on_scanned(files)

    def _begin(self, root: Path, takes_labels: bool, files: Sequence[ScannedImage] | None) -> bool:
        """Whether it is its turn; else it waits in line."""
        if self._root is not None:
            self._waiting.append((root, takes_labels, files))
            return False
        self._root = root
        self._takes_labels = takes_labels
        self._files = []
        self._done = 0
        self._added = 0
        self._tell(None)
        return True

    def _scan(self, root: Path) -> None:
        self._request = background.run_with_progress(
            self,
            lambda request: scan_folder(root, cancelled=request.is_cancelled, progress=request.report),
            self._on_scanned,
            self._on_failed,
            on_progress=self._on_found,
        )

    def cancel(self) -> None:
        """Stop; what was added stays."""
        self._waiting.clear()
        self._finish("")

    def _on_found(self, count: int) -> None:
        if self._root is not None:
            self._session.message.emit(f"{count:,} images found in {self._root}")

    def _on_scanned(self, files: Sequence[ScannedImage]) -> None:
        self._files = files
        self._next.start(0)

    def _on_failed(self, error: MultihotError) -> None:
        self._finish(str(error))

    def _add_batch(self) -> None:
        if self._root is None:
            return
        if self._session.is_busy:
            # its thread has the store
            self._next.start(BUSY_MS)
            return
        batch = self._files[self._done : self._done + BATCH]
        if not batch:
            known = len(self._files) - self._added
            text = f"{self._added:,} image" + ("" if self._added == 1 else "s") + f" added from {self._root}"
            if not self._files:
                text = f"There are no images in {self._root}."
            elif known:
                text += f", {known:,} were there already"
            self._finish(self._with_labels(text))
            return
        store = self._session.store
        before = len(store.image_ids)
        changes = store.add_images(self._root, batch)
        self._done += len(batch)
        self._added += len(store.image_ids) - before
        self._session.apply(changes)
        if self._root is not None:
            self._tell(self._done / len(self._files))
            self._next.start(0)

    def _with_labels(self, text: str) -> str:
        """Give the images the labels that their folders name; says so after what was said already."""
        assert self._root is not None
        if not self._takes_labels:
            return text
        try:
            annotations = recognised(self._root, [file.relative_path for file in self._files])
            if annotations is None:
                return text
            report = import_annotations(self._session.store, annotations)
        except FormatError as error:
            return f"{text}. {error}"
        self._session.apply(report.changes)
        return f"{text}, with {len(annotations.label_names):,} labels of their folders"

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
