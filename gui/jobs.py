"""The list of things that go on, as the status bar shows it."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal


@dataclass(frozen=True, slots=True)
class JobItem:
    """One thing that goes on.

    Attributes:
        key: names it among the others.
        name: what people read, such as "Run 7" or "Reading folder".
        fraction: done, in [0, 1]; None when that is not known.
        eta_seconds: until it ends; None when that is not known.
        cancel: stops it; None when it cannot be stopped.
    """

    key: str
    name: str
    fraction: float | None
    eta_seconds: float | None
    cancel: Callable[[], None] | None


class Jobs(QObject):
    """What goes on now, oldest first.

    Signals:
        changed: an item came, moved on or went.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._items: dict[str, JobItem] = {}

    def set(
        self,
        key: str,
        *,
        name: str,
        fraction: float | None = None,
        eta_seconds: float | None = None,
        cancel: Callable[[], None] | None = None,
    ) -> None:
        """Add an item, or say how far it has come."""
        self._items[key] = JobItem(key, name, fraction, eta_seconds, cancel)
        self.changed.emit()

    def remove(self, key: str) -> None:
        """The thing ended, or was never there."""
        if self._items.pop(key, None) is not None:
            self.changed.emit()

    def items(self) -> list[JobItem]:
        """What goes on, oldest first."""
        return list(self._items.values())
