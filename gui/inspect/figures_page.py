"""The page of more figures: every mean, at 0.5 and at the thresholds of the moment."""

import functools

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui import background
from gui.inspect.figures import Figures, Means, figures_of, means_of
from gui.inspect.figures_view import FiguresView
from gui.inspect.inspection import Inspection
from gui.inspect.page import Page
from gui.inspect.scored_split import ScoredSplit


class FiguresPage(Page):
    """The table of figures; they are counted off the GUI thread, also while the page is hidden.

    Signals:
        counted: Figures of the thresholds of the moment.
    """

    counted = Signal(object)

    def __init__(self, inspection: Inspection, parent: QWidget | None = None) -> None:
        super().__init__(inspection, parent)
        self.view = FiguresView()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.view)

        # what tuning spoilt is warned of on every page
        inspection.scored_changed.connect(self._ask_means)
        inspection.rested.connect(self._ask_figures)

    def _ask_means(self) -> None:
        scored = self.inspection.scored
        if scored is not None:
            done = functools.partial(self._on_means, scored)
            background.run(self, functools.partial(means_of, scored), done, self.inspection.failed.emit, key="means")

    def _on_means(self, scored: ScoredSplit, means: Means) -> None:
        if scored is self.inspection.scored:
            self.view.show_means(means)
            self._ask_figures()

    def _ask_figures(self) -> None:
        scored = self.inspection.scored
        if scored is not None:
            work = functools.partial(figures_of, scored, self.inspection.thresholds.thresholds)
            done = functools.partial(self._on_figures, scored)
            background.run(self, work, done, self.inspection.failed.emit, key="figures")

    def _on_figures(self, scored: ScoredSplit, figures: Figures) -> None:
        if scored is self.inspection.scored:
            self.view.show_figures(figures)
            self.counted.emit(figures)
