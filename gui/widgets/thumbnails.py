"""Small pictures of images, decoded off the GUI thread: the last asked for comes first, stale wishes are dropped."""

import collections
import os
import threading
import time
from collections.abc import Iterable, Sequence
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
MEMORY_LIMIT = 48 * 2**20
SCREENS = 3
"""Kept at least of what a view shows at once, however large its screen is."""
UPLOAD_SECONDS = 0.003
"""Of the GUI thread for pictures that came, each time; the rest waits for the next time, so that a frame is in time."""
BOXES = 3
"""Sizes kept of an image: of the grid, the strip and the loupe."""

Box = tuple[int, int]
"""Greatest width and height of a picture, in device pixels."""
_Wish = tuple[int, Box]
_NONE: dict[Box, QPixmap] = {}


@dataclass(frozen=True, slots=True)
class _Answer:
    image_id: int
    box: Box
    image: QImage | None
    problem: str | None
    full_size: tuple[int, int] | None


class ThumbnailLoader(QObject):
    """The thumbnails of the open project.

    Signals:
        loaded: frozenset of the ids of images whose thumbnail, or problem, became known; at most every 33 ms.
        forgotten: frozenset of the ids of images whose files changed; other pictures of them are old, too.
    """

    loaded = Signal(object)
    forgotten = Signal(object)
    _answered = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store: Store | None = None
        self._thumbnails: ThumbnailStore | None = None
        # by image, those looked at last at the end; of each by box
        self._pixmaps: collections.OrderedDict[int, dict[Box, QPixmap]] = collections.OrderedDict()
        self._bytes = 0
        self._limit = MEMORY_LIMIT
        self._failed: dict[int, str] = {}
        self._wanted: dict[int, list[_Wish]] = {}
        self._lock = threading.Lock()
        # shared with the threads, under the lock
        self._waiting: collections.OrderedDict[_Wish, tuple[str, bool]] = collections.OrderedDict()
        self._busy: set[_Wish] = set()
        self._answers: collections.deque[_Answer] = collections.deque()
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
        self._wanted.clear()
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
        size = _kept_size(size_px)
        found = self.find(image_id, (size, size))
        if image_id not in self._failed and (size, size) not in self._pixmaps.get(image_id, _NONE):
            self._ask([(image_id, (size, size))])
        return found

    def find(self, image_id: int, box: Box) -> QPixmap | None:
        """The thumbnail of an image as it is there now, and no wish for it.

        Args:
            image_id: of the open project.
            box: what it is to fit into.

        Returns:
            A pixmap that fits, or of another size while there is none that does; None while there is none at all.
        """
        kept = self._pixmaps.get(image_id)
        if kept is None:
            return None
        self._pixmaps.move_to_end(image_id)
        found = kept.get(box)
        return found if found is not None else max(kept.values(), key=QPixmap.width)

    def want(self, asker: QObject, image_ids: Sequence[int], box: Box) -> None:
        """Ask for pictures; those the same asker wanted before and does not want now are no longer made.

        Args:
            asker: who shows them.
            image_ids: the most urgent first.
            box: what each is to fit into; a smaller image keeps its size.
        """
        wishes = [
            (one, box) for one in image_ids
            if box not in self._pixmaps.get(one, _NONE) and one not in self._failed
        ]  # fmt: skip
        before = self._wanted.get(id(asker), ())
        if not wishes and not before:
            return
        self._wanted[id(asker)] = wishes
        self._limit = max(MEMORY_LIMIT, SCREENS * len(image_ids) * box[0] * box[1] * 4)
        stale = set(before).difference(wishes)
        if stale:
            with self._lock:
                for wish in stale:
                    self._waiting.pop(wish, None)
        self._ask(wishes)

    def forget(self, image_ids: Iterable[int]) -> None:
        """Drop what is known of some images, whose files changed; whoever shows them asks again."""
        known = frozenset(image_ids)
        with self._lock:
            for wish in [wish for wish in self._waiting if wish[0] in known]:
                del self._waiting[wish]
        for image_id in known:
            self._bytes -= sum(map(_bytes_of, self._pixmaps.pop(image_id, _NONE).values()))
            self._failed.pop(image_id, None)
        self.forgotten.emit(known)
        self.loaded.emit(known)

    def problem(self, image_id: int) -> str | None:
        """Why an image has no thumbnail; None when nothing is known against it."""
        return self._failed.get(image_id)

    def is_idle(self) -> bool:
        """Whether nothing that was asked for is still to come."""
        with self._lock:
            return not (self._waiting or self._busy or self._answers)

    def _ask(self, wishes: Sequence[_Wish]) -> None:
        """Put wishes before all others, the first before the second."""
        store = self._store
        if store is None or not wishes:
            return
        with self._lock:
            new = [wish for wish in wishes if wish not in self._waiting and wish not in self._busy]
        paths = dict(zip(new, store.image_paths([image_id for image_id, _ in new]), strict=True)) if new else {}
        with self._lock:
            for wish in reversed(wishes):
                if wish in self._waiting:
                    self._waiting.move_to_end(wish)
                elif wish in paths:
                    # an image that could not be read at an earlier sitting may have been mended
                    self._waiting[wish] = (paths[wish], wish[0] in store.problems)
            while len(self._waiting) > WAITING_LIMIT:
                self._waiting.popitem(last=False)
            more = min(self._pool.maxThreadCount(), len(self._waiting)) - self._threads
            self._threads += max(0, more)
        for _ in range(more):
            self._pool.start(_Decode(self))

    def _work(self) -> None:
        """Runs in a thread of the pool until there is no wish left."""
        while True:
            with self._lock:
                if not self._waiting:
                    self._threads -= 1
                    return
                wish, (path, was_broken) = self._waiting.popitem(last=True)
                self._busy.add(wish)
            image_id, box = wish
            image, problem, full_size = None, None, None
            try:
                image, full_size = self._picture(Path(path), box, was_broken=was_broken)
            except ImageError as error:
                problem = error.sentence
            finally:
                with self._lock:
                    self._busy.discard(wish)
                    is_first = not self._answers
                    self._answers.append(_Answer(image_id, box, image, problem, full_size))
            if is_first:
                self._answered.emit()

    def _picture(self, path: Path, box: Box, *, was_broken: bool) -> tuple[QImage, tuple[int, int] | None]:
        """A thumbnail from the store, or made for it; and the image's size where that was not known."""
        from core.images.decode import image_size
        from core.images.thumbnails import fitted

        thumbnails = self._thumbnails
        assert thumbnails is not None
        size = _kept_size(max(box))
        pixels = thumbnails.get_fitted(path, size, box)
        if pixels is None:
            pixels = fitted(thumbnails.make(path, size), box)
        return to_qimage(pixels), image_size(path) if was_broken else None

    def _on_answered(self) -> None:
        # the answers of a project that was closed are gone before this is heard
        if self._answers and not self._notify.isActive():
            self._notify.start()

    def _on_notify_timeout(self) -> None:
        end = time.perf_counter() + UPLOAD_SECONDS
        image_ids = set()
        while self._answers:
            # threads only add to it
            answer = self._answers.popleft()
            self._take(answer)
            image_ids.add(answer.image_id)
            if time.perf_counter() > end:
                break
        if self._answers:
            self._notify.start()
        if image_ids:
            self.loaded.emit(frozenset(image_ids))

    def _take(self, answer: _Answer) -> None:
        assert self._store is not None
        if answer.image is not None:
            self._keep(answer.image_id, answer.box, QPixmap.fromImage(answer.image))
            if answer.full_size is not None:
                width, height = answer.full_size
                self._store.set_image_facts(answer.image_id, width=width, height=height, problem=None)
        elif answer.problem is not None:
            self._failed[answer.image_id] = answer.problem
            self._store.set_image_facts(answer.image_id, width=0, height=0, problem=answer.problem)

    def _keep(self, image_id: int, box: Box, pixmap: QPixmap) -> None:
        kept = self._pixmaps.setdefault(image_id, {})
        self._pixmaps.move_to_end(image_id)
        while len(kept) >= BOXES and box not in kept:
            self._bytes -= _bytes_of(kept.pop(next(iter(kept))))
        if box in kept:
            self._bytes -= _bytes_of(kept[box])
        kept[box] = pixmap
        self._bytes += _bytes_of(pixmap)
        while self._bytes > self._limit and len(self._pixmaps) > 1:
            _, oldest = self._pixmaps.popitem(last=False)
            self._bytes -= sum(map(_bytes_of, oldest.values()))


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
    # not image.tobytes(): of 24 megapixels that keeps every other thread, and the window, waiting for 40 ms
    data = image if image.flags.c_contiguous else image.copy()
    view = QImage(data.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    return view.convertToFormat(QImage.Format.Format_RGB32)


def _bytes_of(pixmap: QPixmap) -> int:
    return pixmap.width() * pixmap.height() * 4


def _kept_size(size_px: int) -> int:
    """The size that is kept in the store for a wanted one, in device pixels."""
    return next((one for one in SIZES if one >= size_px), SIZES[-1])
