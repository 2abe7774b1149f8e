"""The page on which thresholds are moved: curve and threshold of the chosen label."""

import functools

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from core.evaluation.tuning import Tuned, tune
from gui import background
from gui.inspect.curve_plot import CurvePlot
from gui.inspect.inspection import Inspection
from gui.inspect.page import Page
from gui.inspect.scored_split import ScoredSplit
from gui.inspect.threshold_panel import ThresholdPanel
from gui.inspect.words import taken_for
from gui.widgets import theme
from gui.widgets.panel import Panel, line

# of the threshold's panel, in a small window and in a wide one
PANEL_WIDTHS = (208, 264)
CURVE_WIDTH = 260


class ThresholdsPage(Page):
    """The curve with its point, and the threshold with its price."""

    def __init__(self, inspection: Inspection, parent: QWidget | None = None) -> None:
        super().__init__(inspection, parent)
        self._thresholds = inspection.thresholds
        self._curve = CurvePlot()
        self._panel = ThresholdPanel()
        self._curve_panel = Panel("", margins=False)
        self._curve_panel.setMinimumWidth(CURVE_WIDTH)
        around = QVBoxLayout()
        around.setContentsMargins(theme.SPACE, theme.SPACE // 2, theme.SPACE, theme.SPACE // 2)
        around.addWidget(self._curve)
        self._curve_panel.body.addLayout(around, 1)
        self._threshold_panel = Panel(self.tr("Threshold"))
        self._threshold_panel.add(self._panel, 1)
        self._threshold_panel.setMinimumWidth(PANEL_WIDTHS[0])
        self._threshold_panel.setMaximumWidth(PANEL_WIDTHS[1])
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._curve_panel, 2)
        row.addWidget(line(vertical=True))
        row.addWidget(self._threshold_panel, 1)

        self._curve.score_chosen.connect(self._on_score_chosen)
        self._curve.drag_ended.connect(self._thresholds.settle)
        self._panel.value_changed.connect(self._on_value_changed)
        self._panel.settled.connect(self._thresholds.settle)
        self._panel.tune_asked.connect(self._on_tune_asked)
        self._panel.reset_asked.connect(self._on_reset_asked)

    def show_scores(self) -> None:
        """Offer thresholds, or say why there are none."""
        scored = self.inspection.scored
        if scored is not None:
            self._curve.set_movable(not scored.is_multi_class)
            self._panel.show_task(is_multi_class=scored.is_multi_class)

    def show_label(self) -> None:
        """Draw the chosen label's curve."""
        scored, label = self.inspection.scored, self.inspection.label
        assert scored is not None
        name = self.inspection.label_name
        self._curve_panel.set_title(self.tr("{}: precision and recall").format(name))
        if scored.is_multi_class:
            self._threshold_panel.set_title(self.tr("{}: decisions").format(name))
            self._panel.show_taken_for(taken_for(scored, label))
        else:
            self._threshold_panel.set_title(self.tr("{}: threshold").format(name))
        self._curve.show_curve(scored.curve(label) if scored.support[label] else None)

    def follow(self, label: int | None) -> None:
        """Everything that follows the chosen label's threshold."""
        scored, decisions = self.inspection.scored, self.inspection.decisions
        assert scored is not None
        assert decisions is not None
        label = self.inspection.label
        value = float(self._thresholds.values[label])
        counts = decisions.of(label)
        self._panel.show_threshold(self.inspection.label_name, value, counts, images=scored.sizes[scored.split])
        # in multi-class the decisions are those of no threshold, so that they lie beside the curve
        has_point = bool(scored.support[label]) and not scored.is_multi_class
        self._curve.show_point(float(counts.recall[0]), float(counts.precision[0]), visible=has_point)

    def _on_value_changed(self, value: float) -> None:
        if self.inspection.scored is not None:
            self._thresholds.set(self.inspection.label, value)

    def _on_score_chosen(self, score: float) -> None:
        if self.inspection.scored is not None:
            label = self.inspection.label
            self._thresholds.set(label, self.inspection.scored.between_scores(label, score))

    def _on_reset_asked(self) -> None:
        self._thresholds.settle()
        self._on_value_changed(0.5)
        self._thresholds.settle()

    def _on_tune_asked(self) -> None:
        if self.inspection.scored is not None:
            work = functools.partial(tune, self.inspection.scored.everything, shrink="off", draws=0)
            done = functools.partial(self._on_tuned, self.inspection.scored, self.inspection.label)
            background.run(self, work, done, self.inspection.failed.emit, key="tune")

    def _on_tuned(self, scored: ScoredSplit, label: int, tuned: Tuned) -> None:
        if self.inspection.run == scored.run:
            self._thresholds.settle()
            self._thresholds.set(label, float(tuned.thresholds.values[label]))
            self._thresholds.settle()
