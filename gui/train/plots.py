"""The live curves of a run."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QGridLayout, QPushButton, QSizePolicy, QStackedWidget, QWidget

from gui.train.history import RunHistory
from gui.train.label_bars import LabelBars
from gui.train.loss_plot import LossPlot
from gui.train.map_plot import MapPlot
from gui.train.rate_plot import LearningRatePlot
from gui.train.search_plot import SearchPlot
from gui.widgets import theme
from gui.widgets.buttons import flat
from gui.widgets.panel import Panel

# steps are told at most ten times a second: drawing more often shows nothing new
DRAW_GAP_MS = 100


class RunPlots(QWidget):
    """Loss, validation mAP, learning rate and AP per label of one run; earlier runs' mAP faint behind.

    While a search for the learning rate goes on it is shown in place of the schedule; a button goes back to it later.

    `show_history` says what to draw; `refresh` says that it has grown, and may be called at any rate.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._history = RunHistory()
        self._was_searching = False
        self._drawn_search: tuple[object, ...] = ()
        self._drawn_steps: tuple[object, ...] = ()
        self._drawn_epochs: tuple[object, ...] = ()
        self._loss = LossPlot()
        self._map = MapPlot()
        self._learning_rate = LearningRatePlot()
        self._labels = LabelBars()
        self._search = SearchPlot()
        self._rates = QStackedWidget()
        self._rates.addWidget(self._learning_rate)
        self._rates.addWidget(self._search)
        self._show_search = flat(QPushButton(self.tr("Show the search")))
        self._show_search.setCheckable(True)
        self._show_search.hide()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DRAW_GAP_MS)

        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        parts: list[tuple[str, QWidget]] = [
            (self.tr("Loss"), self._loss),
            (self.tr("Mean average precision"), self._map),
            (self.tr("Learning rate"), self._rates),
            (self.tr("AP per label, worst first"), self._labels),
        ]
        for number in range(2):
            layout.setRowStretch(number, 1)
            layout.setColumnStretch(number, 1)
        for index, (title, plot) in enumerate(parts):
            # a quarter each, whatever the plots would like
            plot.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
            panel = Panel(title)
            panel.body.setContentsMargins(theme.SPACE, theme.SPACE // 2, theme.SPACE, theme.SPACE // 2)
            panel.add(plot)
            if plot is self._rates:
                panel.header.addWidget(self._show_search)
            plot.setAccessibleName(title)
            layout.addWidget(panel, index // 2, index % 2)

        self._timer.timeout.connect(self._draw)
        self._show_search.toggled.connect(self._on_search_toggled)

    def show_history(self, history: RunHistory) -> None:
        """Draw another run from now on."""
        self._history = history
        self._was_searching = history.is_searching
        self._show_search.setChecked(history.is_searching)
        self.refresh()

    def _on_search_toggled(self, shown: bool) -> None:
        self._rates.setCurrentWidget(self._search if shown else self._learning_rate)
        # it names what it leads to
        self._show_search.setText(self.tr("Show the schedule") if shown else self.tr("Show the search"))

    def show_earlier(self, maps: Sequence[NDArray[np.float64]]) -> None:
        """Put the validation mAP per epoch of earlier runs, float64 (epochs,) each, faint behind."""
        self._map.show_earlier(maps)

    def refresh(self) -> None:
        """The history has grown: draw it soon."""
        if not self._timer.isActive():
            self._timer.start()

    def _draw(self) -> None:
        if not self.isVisible():
            return
        history = self._history
        # what did not change is not painted again
        steps, epochs = (history, history.step, len(history.losses)), (history, history.started, history.epoch)
        if epochs != self._drawn_epochs:
            self._map.draw(history)
            self._labels.draw(history)
            self._loss.draw_epochs(history)
        if steps != self._drawn_steps or epochs != self._drawn_epochs:
            self._loss.draw_steps(history)
            self._learning_rate.draw(history)
        self._drawn_steps, self._drawn_epochs = steps, epochs
        search = (history, len(history.tried), history.chosen)
        if search != self._drawn_search:
            self._drawn_search = search
            self._search.draw(history)
            self._show_search.setVisible(bool(history.tried))
        if history.is_searching != self._was_searching:
            self._was_searching = history.is_searching
            self._show_search.setChecked(history.is_searching)

    def showEvent(self, event: object) -> None:
        """Draw what came while the plots were hidden."""
        super().showEvent(event)  # type: ignore[arg-type]
        self.refresh()
