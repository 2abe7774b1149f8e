"""One plot of Inspect, and a chooser of its kind."""

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QSettings, Qt, Signal
from PySide6.QtWidgets import QComboBox, QLabel, QSizePolicy, QStackedWidget, QToolButton, QVBoxLayout

from gui.inspect.calibration_row import CalibrationRow
from gui.inspect.plot_base import LabelPlot
from gui.inspect.plot_histogram import HistogramPlot
from gui.inspect.plot_pr import PrecisionRecallPlot
from gui.inspect.plot_reliability import ReliabilityPlot
from gui.inspect.plot_roc import RocPlot
from gui.inspect.plot_sweep import SweepPlot
from gui.inspect.run_calibration import RunCalibration
from gui.widgets import theme
from gui.widgets.panel import Panel

translate = QCoreApplication.translate

KINDS: dict[str, Callable[[], LabelPlot]] = {
    "precision_recall": PrecisionRecallPlot,
    "roc": RocPlot,
    "threshold": SweepPlot,
    "scores": HistogramPlot,
    "reliability": ReliabilityPlot,
}
_LOG = "inspect/logarithmic_counts"
# of a label's name in the heading, in pixels
_WIDEST = 120


def kind_name(kind: str) -> str:
    """What a kind of plot is called."""
    names = {
        "precision_recall": translate("plots", "Precision and recall"),
        "roc": translate("plots", "ROC"),
        "threshold": translate("plots", "Over the threshold"),
        "scores": translate("plots", "Scores"),
        "reliability": translate("plots", "Reliability"),
    }
    return names[kind]


class PlotPanel(Panel):
    """A plot below a heading with the label's name; each kind's plot is made when it is first shown.

    Attributes:
        chooser: of the kind.
        note: a sentence below the plot.

    Signals:
        kind_changed: another kind was chosen.
        plot_made: LabelPlot, a plot that was not there before.
    """

    kind_changed = Signal()
    plot_made = Signal(object)

    def __init__(self, kind: str, calibration: RunCalibration) -> None:
        super().__init__("", margins=False)
        self._plots: dict[str, LabelPlot] = {}
        self.chooser = QComboBox()
        self.chooser.setAccessibleName(self.tr("Kind of plot"))
        for one in KINDS:
            self.chooser.addItem(kind_name(one), one)
        self.chooser.setCurrentIndex(self.chooser.findData(kind))
        self.logarithmic = QToolButton()
        self.logarithmic.setText(self.tr("log"))
        self.logarithmic.setCheckable(True)
        self.logarithmic.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.logarithmic.setToolTip(self.tr("Draw the counts by their logarithm, so that few are seen beside many"))
        self.logarithmic.setAccessibleName(self.tr("Logarithmic counts"))
        self._stack = QStackedWidget()
        # the plots take what room there is
        self._stack.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.note.setProperty("tone", "secondary")
        self.note.setFont(theme.smaller(self.note.font()))
        self._calibration = CalibrationRow(calibration)
        self._keys = QVBoxLayout()
        self._around = QVBoxLayout()
        self._around.setContentsMargins(theme.SPACE, theme.SPACE // 2, theme.SPACE, theme.SPACE // 2)
        self._around.setSpacing(theme.SPACE // 2)
        self._around.addLayout(self._keys)
        self._around.addWidget(self._stack, 1)
        self._around.addWidget(self.note)
        self._around.addWidget(self._calibration)
        self.body.addLayout(self._around, 1)
        self.header.addWidget(self.logarithmic)
        self.header.addWidget(self.chooser)

        self.chooser.activated.connect(self._on_kind_chosen)
        self.logarithmic.clicked.connect(self._on_logarithmic_clicked)

    @property
    def kind(self) -> str:
        """Key of the kind that is shown."""
        key: str = self.chooser.currentData()
        return key

    @property
    def plot(self) -> LabelPlot:
        """The plot that is shown."""
        kind = self.kind
        if kind not in self._plots:
            plot = KINDS[kind]()
            self._plots[kind] = plot
            self._stack.addWidget(plot)
            self._keys.addWidget(plot.key)
            plot.key.hide()
            if isinstance(plot, HistogramPlot):
                kept = QSettings().value(_LOG)
                plot.set_log(None if kept is None else str(kept) == "true")
            self.plot_made.emit(plot)
        return self._plots[kind]

    def show_kind(self) -> None:
        """Show the plot of the kind that was chosen."""
        plot = self.plot
        self._stack.setCurrentWidget(plot)
        for one in self._plots.values():
            one.key.setVisible(one is plot and bool(one.key.seen))
        self._calibration.setVisible(isinstance(plot, ReliabilityPlot))
        self.logarithmic.setVisible(isinstance(plot, HistogramPlot))
        if isinstance(plot, HistogramPlot):
            self.logarithmic.setChecked(plot.is_log)

    def show_names(self, label: str, *, where: str) -> None:
        """Name the plot after its label, for the heading, for screen readers and for saved pictures."""
        short = self.fontMetrics().elidedText(label, Qt.TextElideMode.ElideRight, _WIDEST)
        self.set_title(short, tip=label)
        self.plot.setAccessibleName(f"{label}: {kind_name(self.kind).lower()}, {where}")

    def show_note(self, text: str) -> None:
        """Say something below the plot; empty for nothing."""
        self.note.setText(text)
        self.note.setVisible(bool(text))

    def _on_kind_chosen(self) -> None:
        self.show_kind()
        self.kind_changed.emit()

    def _on_logarithmic_clicked(self, checked: bool) -> None:
        QSettings().setValue(_LOG, "true" if checked else "false")
        if isinstance(self.plot, HistogramPlot):
            self.plot.set_log(checked)
