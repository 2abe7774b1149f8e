"""The two plots of the chosen label beside each other, each of a kind that can be chosen."""

from PySide6.QtCore import QSettings
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from gui.inspect.inspection import Inspection
from gui.inspect.page import Page
from gui.inspect.plot_base import LabelPlot
from gui.inspect.plot_lines import MOST_OTHERS, LabelCurves, Line, Role
from gui.inspect.plot_pr import PrecisionRecallPlot
from gui.inspect.plot_roc import RocPlot
from gui.widgets import theme
from gui.widgets.panel import Panel, line

# narrower than this, one plot has more to say than two
TWO_PLOTS_WIDTH = 480
_KINDS: dict[str, type[LabelPlot]] = {"pr": PrecisionRecallPlot, "roc": RocPlot}
_DEFAULTS = ("pr", "roc")
_SETTING = "inspect/plots"


class PlotPanel(Panel):
    """One plot, and a chooser of its kind.

    Attributes:
        chooser: of the kind.
        plot: what is shown.
    """

    def __init__(self, kind: str) -> None:
        super().__init__("", margins=False)
        self.chooser = QComboBox()
        self.chooser.setAccessibleName(self.tr("Kind of plot"))
        for key, name in (("pr", self.tr("Precision and recall")), ("roc", self.tr("ROC"))):
            self.chooser.addItem(name, key)
        self.header.addWidget(self.chooser)
        self._around = QVBoxLayout()
        self._around.setContentsMargins(theme.SPACE, theme.SPACE // 2, theme.SPACE, theme.SPACE // 2)
        self.body.addLayout(self._around, 1)
        self.plot: LabelPlot = _KINDS[kind]()
        self.chooser.setCurrentIndex(self.chooser.findData(kind))
        self._around.addWidget(self.plot)

    @property
    def kind(self) -> str:
        """Key of the kind that is shown."""
        key: str = self.chooser.currentData()
        return key

    def change(self) -> None:
        """Show a plot of the kind that was chosen."""
        self._around.removeWidget(self.plot)
        self.plot.deleteLater()
        self.plot = _KINDS[self.kind]()
        self._around.addWidget(self.plot)


class PlotArea(Page):
    """Two plots of the selected labels; a drag in one moves the chosen label's threshold, and both follow.

    Attributes:
        panels: the left and the right one.
    """

    def __init__(self, inspection: Inspection, parent: QWidget | None = None) -> None:
        super().__init__(inspection, parent)
        kept = QSettings().value(_SETTING)
        kinds = kept if isinstance(kept, list) and len(kept) == 2 and set(kept) <= set(_KINDS) else _DEFAULTS
        self.panels = tuple(PlotPanel(kind) for kind in kinds)
        self._line = line(vertical=True)
        self._curves: dict[int, LabelCurves] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.panels[0], 1)
        row.addWidget(self._line)
        row.addWidget(self.panels[1], 1)

        for panel in self.panels:
            self._follow_plot(panel)
            panel.chooser.activated.connect(lambda _, panel=panel: self._on_kind_chosen(panel))

    def show_scores(self) -> None:
        """Forget the curves of other scores."""
        self._curves = {}

    def show_label(self) -> None:
        """Draw the selected labels."""
        for panel in self.panels:
            self._draw(panel)

    def follow(self, label: int | None) -> None:
        """Move the points and the lines of the chosen label's threshold."""
        if label in (None, self.inspection.label):
            for panel in self.panels:
                self._move(panel)

    def _lines(self) -> list[Line]:
        scored = self.inspection.scored
        assert scored is not None
        lines = []
        for place, label in enumerate(self.inspection.selected[: 1 + MOST_OTHERS]):
            if label not in self._curves:
                self._curves[label] = LabelCurves(scored.ranked, label)
            role = Role.LABEL if place else Role.CHOSEN
            lines.append(Line(scored.label_names[label], self._curves[label], role, max(place - 1, 0)))
        return lines

    def _draw(self, panel: PlotPanel) -> None:
        scored = self.inspection.scored
        if scored is None:
            return
        panel.set_title(self.inspection.label_name)
        panel.plot.set_movable(not scored.is_multi_class)
        panel.plot.show_lines(self._lines())
        self._move(panel)

    def _move(self, panel: PlotPanel) -> None:
        decisions, label = self.inspection.decisions, self.inspection.label
        if decisions is not None:
            panel.plot.show_threshold(float(self.inspection.thresholds.values[label]), decisions.of(label))

    def _follow_plot(self, panel: PlotPanel) -> None:
        panel.plot.score_chosen.connect(self._on_score_chosen)
        panel.plot.threshold_chosen.connect(self._on_threshold_chosen)
        panel.plot.drag_ended.connect(self.inspection.thresholds.settle)

    def _on_kind_chosen(self, panel: PlotPanel) -> None:
        panel.change()
        self._follow_plot(panel)
        QSettings().setValue(_SETTING, [one.kind for one in self.panels])
        self._draw(panel)

    def _on_score_chosen(self, score: float) -> None:
        if self.inspection.scored is not None:
            label = self.inspection.label
            self.inspection.thresholds.set(label, self.inspection.scored.between_scores(label, score))

    def _on_threshold_chosen(self, value: float) -> None:
        if self.inspection.scored is not None:
            self.inspection.thresholds.set(self.inspection.label, value)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show one plot where there is no room for two."""
        super().resizeEvent(event)
        both = self.width() >= TWO_PLOTS_WIDTH
        self._line.setVisible(both)
        self.panels[1].setVisible(both)
