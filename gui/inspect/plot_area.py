"""The two plots of the chosen label beside each other, each of a kind that can be chosen."""

import functools

from PySide6.QtCore import QSettings, QSize, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from core.evaluation.bootstrap import CurveBand, curve_band
from core.labels import LabelState
from gui import background
from gui.inspect.compared_runs import ComparedRuns
from gui.inspect.inspection import Inspection
from gui.inspect.page import Page
from gui.inspect.plot_base import LabelPlot
from gui.inspect.plot_lines import MOST_OTHERS, LabelCurves, Line, Role
from gui.inspect.plot_panel import KINDS, PlotPanel
from gui.inspect.plot_pr import PrecisionRecallPlot
from gui.inspect.plot_reliability import ReliabilityPlot
from gui.inspect.run_calibration import RunCalibration
from gui.inspect.scored_split import ScoredSplit
from gui.widgets.buttons import icon_button
from gui.widgets.panel import line

# narrower than this, one plot has more to say than two
TWO_PLOTS_WIDTH = 516
_DEFAULTS = ("precision_recall", "scores")
_SETTING = "inspect/plots"
# who goes from label to label is not held up by the bands of those that he passes
BAND_AFTER_MS = 150


class PlotArea(Page):
    """Two plots of the selected labels; a drag in one moves the chosen label's threshold, and both follow.

    Attributes:
        panels: the left and the right one.
        runs: the runs that the chosen label is compared with.
        calibration: that of the run.
    """

    def __init__(self, inspection: Inspection, parent: QWidget | None = None) -> None:
        super().__init__(inspection, parent)
        self.runs = ComparedRuns(inspection, self)
        self.calibration = RunCalibration(inspection, self)
        kept = QSettings().value(_SETTING)
        kinds = kept if isinstance(kept, list) and len(kept) == 2 and set(kept) <= set(KINDS) else _DEFAULTS
        self.panels = tuple(PlotPanel(kind, self.calibration) for kind in kinds)
        self._line = line(vertical=True)
        self._curves: dict[int, LabelCurves] = {}
        self._bands: dict[int, CurveBand] = {}
        self._band_timer = QTimer(self, singleShot=True, interval=BAND_AFTER_MS)
        self._compare = icon_button("git-diff", self.tr("Compare with other runs…"))
        self._compare.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._compare.setMenu(self.runs.menu)
        self.panels[0].header.insertWidget(2, self._compare)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.panels[0], 1)
        row.addWidget(self._line)
        row.addWidget(self.panels[1], 1)

        for panel in self.panels:
            panel.plot_made.connect(self._follow_plot)
            panel.kind_changed.connect(functools.partial(self._on_kind_changed, panel))
            panel.show_kind()
        self._band_timer.timeout.connect(self._ask_band)
        self.runs.changed.connect(self._draw_all)
        self.calibration.changed.connect(self._on_calibration_changed)

    def show_scores(self) -> None:
        """Forget the curves of other scores."""
        self._curves, self._bands = {}, {}
        self.runs.show_scores()

    def show_label(self) -> None:
        """Draw the selected labels."""
        self.runs.show_label()
        self._draw_all()
        self._ask_for_others()

    def follow(self, label: int | None) -> None:
        """Move the points and the lines of the chosen label's threshold."""
        if label in (None, self.inspection.label):
            for panel in self._shown_panels():
                self._move(panel.plot)

    def _shown_panels(self) -> list[PlotPanel]:
        return [panel for panel in self.panels if not panel.isHidden()]

    def _lines(self, scored: ScoredSplit) -> list[Line]:
        """The chosen label, the other selected ones whose curves are there, and the chosen one of other runs."""
        label = self.inspection.label
        if label not in self._curves:
            self._curves[label] = LabelCurves(scored.ranked, label)
        others = [one for one in self._wanted() if one in self._curves]
        return [
            Line(scored.label_names[label], self._curves[label], Role.CHOSEN),
            *(Line(scored.label_names[one], self._curves[one], Role.LABEL, look) for look, one in enumerate(others)),
            *self.runs.lines,
        ]

    def _wanted(self) -> tuple[int, ...]:
        """Columns of the other labels to draw."""
        return self.inspection.selected[1 : 1 + MOST_OTHERS]

    def _draw_all(self) -> None:
        for panel in self._shown_panels():
            self._draw(panel)

    def _draw(self, panel: PlotPanel) -> None:
        scored = self.inspection.scored
        if scored is None:
            return
        plot = panel.plot
        where = self.tr("run {}, {} images of {}").format(
            scored.run.id, f"{scored.sizes[scored.split]:,}", scored.split.name.lower()
        )
        panel.show_names(self.inspection.label_name, where=where)
        plot.set_movable(not scored.is_multi_class)
        plot.show_lines(self._lines(scored))
        if isinstance(plot, PrecisionRecallPlot):
            self._show_band(plot, scored)
        if isinstance(plot, ReliabilityPlot):
            self.calibration.ask()
            plot.show_measured(self.calibration.measured)
        self._move(plot)
        panel.show_kind()
        notes = self.runs.notes if panel is self.panels[0] else ()
        panel.show_note(" ".join(filter(None, (plot.note(), *notes))))

    def _move(self, plot: LabelPlot) -> None:
        decisions, label = self.inspection.decisions, self.inspection.label
        if decisions is not None:
            plot.show_threshold(float(self.inspection.thresholds.values[label]), decisions.of(label))

    # what takes long

    def _ask_for_others(self) -> None:
        scored = self.inspection.scored
        missing = [one for one in self._wanted() if one not in self._curves]
        if scored is not None and missing:
            work = functools.partial(_prepared, scored, missing)
            done = functools.partial(self._on_others, scored)
            background.run(self, work, done, self.inspection.failed.emit, key="others")

    def _on_others(self, scored: ScoredSplit, curves: dict[int, LabelCurves]) -> None:
        if scored is self.inspection.scored:
            self._curves.update(curves)
            self._draw_all()

    def _show_band(self, plot: PrecisionRecallPlot, scored: ScoredSplit) -> None:
        label = self.inspection.label
        if label in self._bands:
            plot.show_band(self._bands[label])
        elif scored.support[label]:
            self._band_timer.start()

    def _ask_band(self) -> None:
        scored, label = self.inspection.scored, self.inspection.label
        if scored is not None and scored.support[label] and label not in self._bands:
            work = functools.partial(_band, scored, label)
            done = functools.partial(self._on_band, scored, label)
            background.run(self, work, done, self.inspection.failed.emit, key="band")

    def _on_band(self, scored: ScoredSplit, label: int, band: CurveBand) -> None:
        if scored is not self.inspection.scored:
            return
        self._bands[label] = band
        for panel in self._shown_panels():
            if isinstance(panel.plot, PrecisionRecallPlot) and label == self.inspection.label:
                panel.plot.show_band(band)

    def _on_calibration_changed(self) -> None:
        for panel in self._shown_panels():
            if isinstance(panel.plot, ReliabilityPlot):
                panel.plot.show_measured(self.calibration.measured)
                panel.show_kind()

    # what is done

    def _follow_plot(self, plot: LabelPlot) -> None:
        plot.score_chosen.connect(self._on_score_chosen)
        plot.threshold_chosen.connect(self._on_threshold_chosen)
        plot.drag_ended.connect(self.inspection.thresholds.settle)

    def _on_kind_changed(self, panel: PlotPanel) -> None:
        QSettings().setValue(_SETTING, [one.kind for one in self.panels])
        self._draw(panel)

    def _on_score_chosen(self, score: float) -> None:
        if self.inspection.scored is not None:
            label = self.inspection.label
            self.inspection.thresholds.set(label, self.inspection.scored.between_scores(label, score))

    def _on_threshold_chosen(self, value: float) -> None:
        if self.inspection.scored is not None:
            self.inspection.thresholds.set(self.inspection.label, value)

    def minimumSizeHint(self) -> QSize:
        """That of one plot, which is shown alone where there is no room for two."""
        return QSize(self.panels[0].minimumSizeHint().width(), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show one plot where there is no room for two."""
        super().resizeEvent(event)
        both = self.width() >= max(TWO_PLOTS_WIDTH, sum(one.minimumSizeHint().width() for one in self.panels) + 1)
        if both == self.panels[1].isHidden():
            self._line.setVisible(both)
            self.panels[1].setVisible(both)
            self._draw_all()


def _prepared(scored: ScoredSplit, labels: list[int]) -> dict[int, LabelCurves]:
    curves = {label: LabelCurves(scored.ranked, label) for label in labels}
    for one in curves.values():
        one.prepare()
    return curves


def _band(scored: ScoredSplit, label: int) -> CurveBand:
    """The same each time, for the draws have a seed."""
    states = scored.predictions.states[:, label]
    present, known = states == LabelState.PRESENT, states != LabelState.UNKNOWN
    return curve_band(scored.predictions.probabilities[:, label], present, known=known)
