"""The live curves of a run."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QSizePolicy, QStackedWidget, QWidget

from gui.train import words
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
    """Loss, validation mAP or top-1, learning rate and AP per label of one run; earlier runs faint behind.

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
        self._labels_text = QLabel()
        self._labels_text.setProperty("tone", "secondary")
        self._labels_text.setFont(theme.tabular(theme.smaller(self._labels_text.font())))
        self._map_panel = Panel("")
        self._rates = QStackedWidget()
        self._rates.addWidget(self._learning_rate)
        self._rates.addWidget(self._search)
        self._learning_rate.setAccessibleName(self.tr("Learning rate"))
        self._search.setAccessibleName(self.tr("Search for the learning rate"))
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
            (self.tr("Validation mAP"), self._map),
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
            panel.header.setSpacing(theme.SPACE)
            if plot is self._rates:
                panel.header.addWidget(self._show_search)
            elif plot is self._labels:
                panel.header.addWidget(self._labels_text)
            elif isinstance(plot, (LossPlot, MapPlot)):
                panel.header.addWidget(plot.key)
            if plot is self._map:
                self._map_panel = panel
            plot.setAccessibleName(title)
            layout.addWidget(panel, index // 2, index % 2)

        self._labels.summary_changed.connect(self._labels_text.setText)
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

    def show_earlier(self, figures: Sequence[NDArray[np.float64]]) -> None:
        """Put what earlier runs are judged by, float64 (epochs,) each, faint behind."""
        self._map.show_earlier(figures)

    def refresh(self) -> None:
        """The history has grown: draw it soon."""
        if not self._timer.isActive():
            self._timer.start()

    def _draw(self) -> None:
        if not self.isVisible():
            return
        history = self._history
        # what did not change is not painted again
        steps = (history, history.step, len(history.losses))
        epochs = (history, history.started, history.epoch, history.finished)
        if epochs != self._drawn_epochs:
            self._map.draw(history)
            self._name_figure(has_top1=history.has_top1)
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

    def _name_figure(self, *, has_top1: bool) -> None:
        title = self.tr("Validation top-1") if has_top1 else self.tr("Validation mAP")
        self._map_panel.set_title(title, tip=words.TOP1 if has_top1 else words.MEAN_AP)
        self._map.setAccessibleName(title)

    def showEvent(self, event: object) -> None:
        """Draw what came while the plots were hidden."""
        super().showEvent(event)  # type: ignore[arg-type]
        self.refresh()
