"""The pictures that are compared: a draft of each, and the full size of those that are zoomed into."""

from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QSize, Signal
from PySide6.QtGui import QImage

from core.images.decode import image_size
from gui import background
from gui.widgets.canvas import load_levels

DRAFT_PX = 2048
"""Longest side that is decoded until somebody zooms in further."""
KEPT = 8
"""Pictures kept; those in full size only while they are seen."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded image.

    Attributes:
        levels: the largest that is there, and smaller copies.
        size: of the whole image in pixels, which may be larger.
    """

    levels: list[QImage]
    size: QSize

    @property
    def is_draft(self) -> bool:
        """Whether the image itself is larger."""
        return self.levels[0].width() < self.size.width()


class ComparePictures(QObject):
    """Decodes images off the GUI thread.

    Signals:
        loaded: id of an image; its picture is there, or is there in more detail.
        failed: id of an image, and the MultihotError that says why it cannot be decoded.
    """

    loaded = Signal(int)
    failed = Signal(int, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._kept: OrderedDict[int, Picture] = OrderedDict()

    def get(self, image_id: int | None) -> Picture | None:
        """What is there of an image."""
        return None if image_id is None else self._kept.get(image_id)

    def ask(self, place: int, image_id: int, path: Path, *, full: bool = False) -> None:
        """Decode an image; what was asked for in the same place before is no longer wanted.

        Args:
            place: where it is seen.
            image_id: what to call it.
            path: its file.
            full: whether in full size.
        """
        max_size = None if full else DRAFT_PX
        background.run(
            self,
            lambda: Picture(load_levels(path, max_size=max_size), QSize(*image_size(path))),
            partial(self._on_loaded, image_id),
            partial(self.failed.emit, image_id),
            key=f"place {place}",
        )

    def drop_details(self, *, seen: Collection[int]) -> None:
        """Forget full sizes of images that are not seen: four photos take half a gigabyte."""
        for image_id in [one for one in self._kept if one not in seen]:
            if max(self._kept[image_id].levels[0].size().toTuple()) > DRAFT_PX:
                del self._kept[image_id]

    def forget(self, image_ids: Collection[int]) -> None:
        """Forget images whose files changed; all that is being decoded is to be asked for again."""
        background.cancel_of(self)
        for image_id in image_ids:
            self._kept.pop(image_id, None)

    def clear(self) -> None:
        """Forget all, also what is being decoded: images of the next project have the same numbers."""
        background.cancel_of(self)
        self._kept.clear()

    def _on_loaded(self, image_id: int, picture: Picture) -> None:
        self._kept[image_id] = picture
        self._kept.move_to_end(image_id)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        self.loaded.emit(image_id)
