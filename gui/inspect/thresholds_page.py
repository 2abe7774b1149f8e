"""The page on which thresholds are moved: plots of the chosen label, and below them its threshold."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.inspect.bands import Bands
from gui.inspect.inspection import Inspection
from gui.inspect.objective_popover import ObjectivePopover
from gui.inspect.page import Page
from gui.inspect.plot_area import PlotArea
from gui.inspect.threshold_panel import ThresholdPanel
from gui.inspect.tuner import Scope, Tuner, Wish
from gui.inspect.words import short_title, taken_for, wish_line
from gui.widgets import theme
from gui.widgets.calm import Calm
from gui.widgets.panel import line


class ThresholdsPage(Page):
    """The plots with the operating point, and the threshold with its price.

    Attributes:
        tuner: tunes what is asked for here.
        popover: in which it is said what for.
    """

    def __init__(self, inspection: Inspection, parent: QWidget | None = None) -> None:
        super().__init__(inspection, parent)
        self._thresholds = inspection.thresholds
        self.tuner = Tuner(inspection, self)
        self.popover = ObjectivePopover(self.tuner, self)
        self._bands = Bands(inspection, self)
        self._wishes: dict[int, Wish] = {}
        self._plots = PlotArea(inspection)
        self._panel = ThresholdPanel()
        strip = QWidget()
        around = QVBoxLayout(strip)
        around.setContentsMargins(theme.PANEL, theme.SPACE, theme.PANEL, theme.SPACE)
        around.addWidget(self._panel)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._plots, 1)
        column.addWidget(line())
        column.addWidget(Calm(strip))

        self._panel.value_changed.connect(self._on_value_changed)
        self._panel.settled.connect(self._thresholds.settle)
        self._panel.tune_asked.connect(lambda: self.tuner.tune("label"))
        self._panel.objective_asked.connect(self._on_objective_asked)
        self._panel.reset_asked.connect(self._on_reset_asked)
        self.tuner.wish_changed.connect(self._on_wish_changed)
        self.tuner.busy_changed.connect(self._panel.show_busy)
        self.tuner.told.connect(self._panel.show_note)
        self._bands.changed.connect(self._show_band)
        self._on_wish_changed()

    def show_scores(self) -> None:
        """Offer thresholds, or say why there are none."""
        self._wishes.clear()
        scored = self.inspection.scored
        if scored is not None:
            self._panel.show_task(is_multi_class=scored.is_multi_class)

    def show_label(self) -> None:
        """Say what is only said of another label."""
        scored = self.inspection.scored
        assert scored is not None
        self._panel.show_note("")
        if scored.is_multi_class:
            self._panel.show_taken_for(taken_for(scored, self.inspection.label))
        self._show_band()
        self._ask_band()

    def follow(self, label: int | None) -> None:
        """Show the threshold of the chosen label and what it costs."""
        scored, decisions = self.inspection.scored, self.inspection.decisions
        assert scored is not None
        assert decisions is not None
        label = self.inspection.label
        self._panel.show_note("")
        value = float(self._thresholds.values[label])
        self._panel.show_threshold(
            self.inspection.label_name, value, decisions.of(label), images=scored.sizes[scored.split]
        )
        self._show_band()

    def rest(self) -> None:
        """Draw the band of what the threshold was tuned for."""
        self._ask_band()

    def ask_objective(self, below: QWidget, *, scope: Scope) -> None:
        """Ask what thresholds are to be chosen for.

        Args:
            below: the button that is pressed for it.
            scope: which labels are meant.
        """
        self.popover.open_below(below, selected=len(self.inspection.selected), scope=scope)

    def _wish(self) -> Wish:
        """What the chosen label's threshold was last tuned for; what it would be tuned for where it was not."""
        label = self.inspection.label
        wish = Wish.of(self._thresholds.thresholds.origins[label])
        if wish is not None:
            # a hand on the slider moves the threshold within the band, and not the band
            self._wishes[label] = wish
        return self._wishes.get(label, self.tuner.wish)

    def _ask_band(self) -> None:
        self._bands.ask(self.inspection.label, self._wish())

    def _show_band(self) -> None:
        if self.inspection.scored is not None:
            self._panel.show_band(self._bands.get(self.inspection.label, self._wish()))

    def _on_wish_changed(self) -> None:
        wish = self.tuner.wish
        self._panel.show_objective(short_title(wish.objective), wish_line(wish))
        if self.inspection.scored is not None:
            self._show_band()
            self._ask_band()

    def _on_objective_asked(self) -> None:
        scope: Scope = "selected" if len(self.inspection.selected) > 1 else "label"
        self.ask_objective(self._panel.more, scope=scope)

    def _on_value_changed(self, value: float) -> None:
        if self.inspection.scored is not None:
            self._thresholds.set(self.inspection.label, value)

    def _on_reset_asked(self) -> None:
        if self.inspection.scored is not None:
            labels = self.inspection.selected
            name = self.inspection.label_name if len(labels) == 1 else self.tr("{:,} labels").format(len(labels))
            self._thresholds.settle()
            self._thresholds.reset(labels, self.tr("“{}” reset to 0.5").format(name))
