"""Finding out about images that nobody looked at yet: their width and height first, then their content as a number.

The database says in a thread what is missing; the files are read in threads, a few at a time, so that other work in
the background comes between and the project closes at once. What was found is kept with each batch: a check that was
interrupted goes on where it was.
"""

import time
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QThread, QTimer

from core.errors import ImageError, MultihotError
from core.project.changes import Changes
from gui import background
from gui.session import Session

BATCH = 100
"""Images per request whose headers are read."""
HASH_BATCH = 64
HASH_SECONDS = 0.5
"""Files per request that are read whole, and when it ends early."""
DELAY_MS = 500
BUSY_MS = 200

Fact = tuple[int, int, int, str | None]
"""Id, width and height in pixels, and what is wrong."""
Hashed = dict[int, str | None]
"""SHA-256 by image id, hexadecimal; None for a file that cannot be read."""


class ImageCheck(QObject):
    """Fills in what is not known of the images of the open project, from its first image to its last."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._sizes: Sequence[int] = ()
        self._hashes: Sequence[int] = ()
        self._done = 0
        self._total = 0
        self._began = 0.0
        self._is_looked_up = False
        self._request: background.Request | None = None
        self._next = QTimer(self, singleShot=True)
        self._next.timeout.connect(self._ask)
        session.project_opened.connect(self._start)
        session.project_closed.connect(self.cancel)
        session.changed.connect(self._on_session_changed)

    def cancel(self) -> None:
        """Stop until there are other images; what was read stays."""
        self._next.stop()
        if self._request is not None:
            self._request.cancel()
            self._request = None
        for job in ("check", "hashes"):
            self._session.jobs.remove(job)

    def is_idle(self) -> bool:
        """Whether everything is known, or nobody is finding out."""
        return self._request is None and not self._next.isActive()

    def _on_session_changed(self, changes: Changes) -> None:
        if changes.images:
            self._start()

    def _start(self) -> None:
        # again with each batch of a folder that is read: the check begins when that is done
        self.cancel()
        self._sizes = self._hashes = ()
        self._is_looked_up = False
        self._next.start(DELAY_MS)

    def _ask(self) -> None:
        """Have the next few files read."""
        if not self._session.has_project:
            return
        if self._session.is_busy:
            # the window would wait for the lock of its thread
            self._next.start(BUSY_MS)
        elif not self._is_looked_up:
            self._look_up()
        elif self._done < len(self._sizes):
            self._ask_sizes()
        elif self._done < len(self._sizes) + len(self._hashes):
            self._ask_hashes()
        else:
            self.cancel()

    def _look_up(self) -> None:
        from core.project.files.fingerprints import Pending, pending

        def on_known(found: Pending) -> None:
            self._is_looked_up = True
            self._sizes, self._hashes = found.sizes, found.hashes
            self._done = 0
            self._began = time.monotonic()
            self._next.start(0)

        folder = self._session.store.folder
        self._request = background.run(self, lambda: pending(folder), on_known, self._on_failed, key="check")

    def _ask_sizes(self) -> None:
        store = self._session.store
        batch = self._sizes[self._done : self._done + BATCH]
        wanted = [image_id for image_id in batch if self._is_unknown(image_id)]
        paths = [Path(path) for path in store.image_paths(wanted)]
        self._done += len(batch)
        if self._done < len(self._sizes):  # a few images are done before anybody reads that they are checked
            self._tell("check", self.tr("Checking images…"), self._done, len(self._sizes))
        self._request = background.run_with_progress(
            self,
            lambda request: _read(request, wanted, paths),
            self._on_read,
            self._on_failed,
            on_progress=None,
            key="check",
        )

    def _is_unknown(self, image_id: int) -> bool:
        store = self._session.store
        return image_id not in store.problems and not store.widths[store.row_of(image_id)]

    def _on_read(self, facts: list[Fact]) -> None:
        if self._session.is_busy:
            # what is not kept is read again
            self._start()
            return
        store = self._session.store
        for image_id, width, height, problem in facts:
            # who decoded the image meanwhile knows more than its header says
            if self._is_unknown(image_id):
                store.set_image_facts(image_id, width=width, height=height, problem=problem)
        if facts:
            self._session.facts_read.emit(frozenset(fact[0] for fact in facts))
        if self._done >= len(self._sizes):
            self._session.jobs.remove("check")
            self._began = time.monotonic()
        self._next.start(0)

    def _ask_hashes(self) -> None:
        done = self._done - len(self._sizes)
        wanted = self._hashes[done : done + HASH_BATCH]
        paths = self._session.store.image_paths(wanted)
        if done + HASH_BATCH < len(self._hashes):
            self._tell("hashes", self.tr("Reading images, to know them again"), done, len(self._hashes))
        self._request = background.run_with_progress(
            self,
            lambda request: _hash(request, wanted, paths),
            self._on_hashed,
            self._on_failed,
            on_progress=None,
            key="check",
        )

    def _on_hashed(self, hashed: Hashed) -> None:
        if self._session.is_busy:
            self._start()
            return
        known = {image_id: content for image_id, content in hashed.items() if content is not None}
        if known:
            self._session.store.set_content_hashes(known)
        self._done += len(hashed)
        self._next.start(0)

    def _tell(self, key: str, name: str, done: int, total: int) -> None:
        passed = time.monotonic() - self._began
        self._session.jobs.set(
            key,
            name=name,
            fraction=done / total,
            eta_seconds=passed / done * (total - done) if done and passed > 1 else None,
            cancel=self.cancel,
        )

    def _on_failed(self, error: MultihotError) -> None:
        self._session.message.emit(str(error))
        self.cancel()


def _read(request: background.Request, image_ids: Sequence[int], paths: Sequence[Path]) -> list[Fact]:
    from core.images.decode import image_size

    facts: list[Fact] = []
    for image_id, path in zip(image_ids, paths, strict=True):
        if request.is_cancelled():
            break
        try:
            width, height = image_size(path)
        except ImageError as error:
            facts.append((image_id, 0, 0, error.sentence))
        else:
            facts.append((image_id, width, height, None))
    return facts


def _hash(request: background.Request, image_ids: Sequence[int], paths: Sequence[str]) -> Hashed:
    """Read files, at least one; nobody waits for it, so the thread gives way to others meanwhile."""
    from core.project.files.fingerprints import file_hash

    thread = QThread.currentThread()
    thread.setPriority(QThread.Priority.LowestPriority)
    hashed: Hashed = {}
    end = time.monotonic() + HASH_SECONDS
    try:
        for image_id, path in zip(image_ids, paths, strict=True):
            if request.is_cancelled() or (hashed and time.monotonic() > end):
                break
            try:
                hashed[image_id] = file_hash(path, request.is_cancelled)
            except OSError:
                hashed[image_id] = None
    finally:
        thread.setPriority(QThread.Priority.NormalPriority)
    return hashed
