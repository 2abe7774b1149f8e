"""A part of Inspect that follows what is looked at."""

from enum import IntEnum

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from gui.inspect.image_groups import ImageGroup, label_groups
from gui.inspect.inspection import Inspection


class Missed(IntEnum):
    """What a hidden page has not heard of; the higher include the lower."""

    NOTHING, THRESHOLDS, LABEL, SCORES = range(4)


class Page(QWidget):
    """One way to look at a run: follows the inspection while it is shown, and catches up when it is shown again.

    Subclasses override what they need of `show_scores`, `show_label`, `follow` and `rest`, which are called in this
    order; there are always scores when one of the last three is called.

    Signals:
        groups_changed: `image_groups` gives others, or other images, than before.
        group_wanted: key of a group that is to be shown, because a person asked for its images.
    """

    groups_changed = Signal()
    group_wanted = Signal(str)

    def __init__(self, inspection: Inspection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.inspection = inspection
        self._missed = Missed.SCORES
        inspection.scored_changed.connect(lambda: self.hear(Missed.SCORES))
        inspection.label_changed.connect(lambda: self.hear(Missed.LABEL))
        inspection.moved.connect(self._on_moved)
        inspection.rested.connect(self._on_rested)

    def show_scores(self) -> None:
        """Another run or split is looked at, or nothing."""

    def show_label(self) -> None:
        """Another label is chosen, or others are selected."""

    def follow(self, label: int | None) -> None:
        """A threshold moved; called for each move of a drag, so within some milliseconds.

        Args:
            label: column of the label whose threshold it is; None when any may have moved.
        """

    def rest(self) -> None:
        """No threshold moved for a moment: the time for what takes long."""

    def image_groups(self) -> tuple[ImageGroup, ...]:
        """What the gallery offers while this page is shown; called for each move of a drag as well."""
        return label_groups(self.inspection)

    def hear(self, news: Missed) -> None:
        """Catch up with news, now or when the page is shown."""
        self._missed = max(self._missed, news)
        if self.isVisible():
            self._catch_up()

    def _catch_up(self) -> None:
        missed, self._missed = self._missed, Missed.NOTHING
        if missed == Missed.SCORES:
            self.show_scores()
        if self.inspection.scored is None:
            return
        if missed >= Missed.LABEL:
            self.show_label()
        if missed >= Missed.THRESHOLDS:
            self.follow(None)
            self.rest()

    def _on_moved(self, label: int | None) -> None:
        if self.isVisible():
            self.follow(label)
        else:
            self._missed = max(self._missed, Missed.THRESHOLDS)

    def _on_rested(self) -> None:
        if self.isVisible() and self._missed == Missed.NOTHING:
            self.rest()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what happened meanwhile."""
        super().showEvent(event)
        if self._missed != Missed.NOTHING:
            self._catch_up()
