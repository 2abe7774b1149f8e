"""The images that are looked at, decoded off the GUI thread: the one that is seen, the one before and the next."""

from collections import OrderedDict
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from gui import background
from gui.widgets.canvas import load_levels

_KEPT = 3


class Pictures(QObject):
    """Decodes images and keeps the few that were looked at last.

    Signals:
        loaded: file of the image that was asked for last, and its `levels_of`.
        failed: the same file, and the MultihotError that says why it cannot be decoded.
    """

    loaded = Signal(object, object)
    failed = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._kept: OrderedDict[Path, list[QImage]] = OrderedDict()
        self._work: dict[str, background.Request] = {}

    def is_kept(self, path: Path) -> bool:
        """Whether an image is there at once."""
        return path in self._kept

    def ask(self, path: Path) -> None:
        """Have an image decoded; `loaded` follows, at once where it is kept."""
        if path in self._kept:
            self._kept.move_to_end(path)
            self.loaded.emit(path, self._kept[path])
            return
        done, failed = partial(self._on_loaded, path), partial(self.failed.emit, path)
        self._work["current"] = background.run(self, partial(load_levels, path), done, failed, key="current")

    def prepare(self, path: Path) -> None:
        """Have an image decoded that will probably be asked for."""
        if path not in self._kept:
            done = partial(self._keep, path)
            self._work["next"] = background.run(self, partial(load_levels, path), done, background.nothing, key="next")

    def clear(self) -> None:
        """Keep nothing, and decode nothing any more."""
        for request in self._work.values():
            request.cancel()
        self._work.clear()
        self._kept.clear()

    def _on_loaded(self, path: Path, levels: list[QImage]) -> None:
        self._keep(path, levels)
        self.loaded.emit(path, levels)

    def _keep(self, path: Path, levels: list[QImage]) -> None:
        self._kept[path] = levels
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
