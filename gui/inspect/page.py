"""A part of Inspect that follows what is looked at."""

from enum import IntEnum

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from gui.inspect.inspection import Inspection


class _Missed(IntEnum):
    """What a hidden page has not heard of; the higher include the lower."""

    NOTHING, THRESHOLDS, LABEL, SCORES = range(4)


class Page(QWidget):
    """One way to look at a run: follows the inspection while it is shown, and catches up when it is shown again.

    Subclasses override what they need of `show_scores`, `show_label`, `follow` and `rest`, which are called in this
    order; there are always scores when one of the last three is called.
    """

    def __init__(self, inspection: Inspection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.inspection = inspection
        self._missed = _Missed.SCORES
        inspection.scored_changed.connect(lambda: self._hear(_Missed.SCORES))
        inspection.label_changed.connect(lambda: self._hear(_Missed.LABEL))
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

    def _hear(self, news: _Missed) -> None:
        self._missed = max(self._missed, news)
        if self.isVisible():
            self._catch_up()

    def _catch_up(self) -> None:
        missed, self._missed = self._missed, _Missed.NOTHING
        if missed == _Missed.SCORES:
            self.show_scores()
        if self.inspection.scored is None:
            return
        if missed >= _Missed.LABEL:
            self.show_label()
        if missed >= _Missed.THRESHOLDS:
            self.follow(None)
            self.rest()

    def _on_moved(self, label: int | None) -> None:
        if self.isVisible():
            self.follow(label)
        else:
            self._missed = max(self._missed, _Missed.THRESHOLDS)

    def _on_rested(self) -> None:
        if self.isVisible() and self._missed == _Missed.NOTHING:
            self.rest()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what happened meanwhile."""
        super().showEvent(event)
        if self._missed != _Missed.NOTHING:
            self._catch_up()
