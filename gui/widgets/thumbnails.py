"""Small pictures of images, decoded off the GUI thread: the last asked for comes first, stale wishes are dropped."""

import collections
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRunnable, QThreadPool, QTimer, Signal
from PySide6.QtGui import QImage, QPixmap

from core.errors import ImageError

if TYPE_CHECKING:
    # loaded with the first project, so that the window is shown before numpy and Pillow are there
    import numpy as np
    from numpy.typing import NDArray

    from core.images.thumbnails import ThumbnailStore
    from core.project.store import Store

SIZES = (128, 192, 320, 640)
"""Longest sides that are decoded and kept, in device pixels; a wish is rounded up to one of them."""
NOTIFY_MS = 33
WAITING_LIMIT = 400
"""Wishes kept; older ones have scrolled away and are asked for again when they come back."""
MEMORY_LIMIT = 128 * 2**20


@dataclass(frozen=True, slots=True)
class _Answer:
    image_id: int
    size_px: int
    image: QImage | None
    problem: str | None
    full_size: tuple[int, int] | None


class ThumbnailLoader(QObject):
    """The thumbnails of the open project.

    Signals:
        loaded: frozenset of the ids of images whose thumbnail, or problem, became known; at most every 33 ms.
    """

    loaded = Signal(object)
    _answered = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store: Store | None = None
        self._thumbnails: ThumbnailStore | None = None
        self._pixmaps: collections.OrderedDict[tuple[int, int], QPixmap] = collections.OrderedDict()
        self._bytes = 0
        self._failed: dict[int, str] = {}
        self._lock = threading.Lock()
        # shared with the threads, under the lock
        self._waiting: collections.OrderedDict[tuple[int, int], tuple[Path, bool]] = collections.OrderedDict()
        self._busy: set[tuple[int, int]] = set()
        self._answers: list[_Answer] = []
        self._threads = 0
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(min(4, max(2, (os.cpu_count() or 2) - 1)))
        self._notify = QTimer(self, singleShot=True, interval=NOTIFY_MS)
        self._notify.timeout.connect(self._on_notify_timeout)
        self._answered.connect(self._on_answered)

    def set_store(self, store: "Store | None") -> None:
        """Serve another project, or none; what the old one asked for is dropped."""
        with self._lock:
            self._waiting.clear()
        self._pool.waitForDone()
        self._notify.stop()
        self._answers.clear()
        self._busy.clear()
        self._pixmaps.clear()
        self._failed.clear()
        self._bytes = 0
        if self._thumbnails is not None:
            self._thumbnails.close()
        self._store = store
        self._thumbnails = None
        if store is not None:
            from core.images.thumbnails import ThumbnailStore

            self._thumbnails = ThumbnailStore(store.folder / "cache" / "thumbnails.sqlite")

    def pixmap(self, image_id: int, size_px: int) -> QPixmap | None:
        """The thumbnail of an image, and a wish for it when it is not there.

        Args:
            image_id: of the open project.
            size_px: wanted longest side, in device pixels.

        Returns:
            A pixmap of about that size, or of another size while the wanted one is made; None while there is none.
        """
        size = next((one for one in SIZES if one >= size_px), SIZES[-1])
        wanted = (image_id, size)
        found = self._pixmaps.get(wanted)
        if found is not None:
            self._pixmaps.move_to_end(wanted)
            return found
        if image_id not in self._failed:
            self._ask(wanted)
        return next((self._pixmaps[image_id, one] for one in SIZES if (image_id, one) in self._pixmaps), None)

    def problem(self, image_id: int) -> str | None:
        """Why an image has no thumbnail; None when nothing is known against it."""
        return self._failed.get(image_id)

    def is_idle(self) -> bool:
        """Whether nothing that was asked for is still to come."""
        with self._lock:
            return not (self._waiting or self._busy or self._answers)

    def _ask(self, wanted: tuple[int, int]) -> None:
        if self._store is None:
            return
        with self._lock:
            if wanted in self._busy:
                return
            if wanted not in self._waiting:
                # an image that could not be read at an earlier sitting may have been mended
                self._waiting[wanted] = (self._store.image_path(wanted[0]), wanted[0] in self._store.problems)
            self._waiting.move_to_end(wanted)
            if len(self._waiting) > WAITING_LIMIT:
                self._waiting.popitem(last=False)
            if self._threads >= self._pool.maxThreadCount():
                return
            self._threads += 1
        self._pool.start(_Decode(self))

    def _work(self) -> None:
        """Runs in a thread of the pool until there is no wish left."""
        from core.images.decode import image_size

        thumbnails = self._thumbnails
        assert thumbnails is not None
        while True:
            with self._lock:
                if not self._waiting:
                    self._threads -= 1
                    return
                wanted, (path, was_broken) = self._waiting.popitem(last=True)
                self._busy.add(wanted)
            image_id, size = wanted
            image, problem, full_size = None, None, None
            try:
                array = thumbnails.get(path, size)
                image = to_qimage(thumbnails.make(path, size) if array is None else array)
                full_size = image_size(path) if was_broken else None
            except ImageError as error:
                image, problem = None, error.sentence
            finally:
                with self._lock:
                    self._busy.discard(wanted)
                    self._answers.append(_Answer(image_id, size, image, problem, full_size))
            self._answered.emit()

    def _on_answered(self) -> None:
        # the answers of a project that was closed are gone before this is heard
        if self._answers and not self._notify.isActive():
            self._notify.start()

    def _on_notify_timeout(self) -> None:
        with self._lock:
            answers, self._answers = self._answers, []
        for answer in answers:
            self._take(answer)
        if answers:
            self.loaded.emit(frozenset(answer.image_id for answer in answers))

    def _take(self, answer: _Answer) -> None:
        assert self._store is not None
        if answer.image is not None:
            self._keep((answer.image_id, answer.size_px), QPixmap.fromImage(answer.image))
            if answer.full_size is not None:
                width, height = answer.full_size
                self._store.set_image_facts(answer.image_id, width=width, height=height, problem=None)
        elif answer.problem is not None:
            self._failed[answer.image_id] = answer.problem
            self._store.set_image_facts(answer.image_id, width=0, height=0, problem=answer.problem)

    def _keep(self, key: tuple[int, int], pixmap: QPixmap) -> None:
        self._pixmaps[key] = pixmap
        self._bytes += _bytes_of(pixmap)
        while self._bytes > MEMORY_LIMIT and len(self._pixmaps) > 1:
            _, oldest = self._pixmaps.popitem(last=False)
            self._bytes -= _bytes_of(oldest)


class _Decode(QRunnable):
    def __init__(self, loader: ThumbnailLoader) -> None:
        super().__init__()
        self._loader = loader

    def run(self) -> None:
        """Decode, in a thread of the pool."""
        self._loader._work()


def to_qimage(image: "NDArray[np.uint8]") -> QImage:
    """A copy of an sRGB picture (H, W, 3) as Qt paints it fastest; may be called from any thread."""
    height, width, _ = image.shape
    view = QImage(image.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
    return view.convertToFormat(QImage.Format.Format_RGB32)


def _bytes_of(pixmap: QPixmap) -> int:
    return pixmap.width() * pixmap.height() * 4
