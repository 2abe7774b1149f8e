"""The threshold of one label: a slider, a number, and what it costs in words."""

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from core.evaluation.metrics import Counts
from gui.inspect.price import price
from gui.widgets import theme
from gui.widgets.buttons import flat

_STEPS = 1000
# with fewer positives the numbers of a label may be chance
FEW_POSITIVES = 20


class ThresholdPanel(QWidget):
    """Shows and moves one threshold, or says why there is none.

    Signals:
        value_changed: float, the threshold was moved here.
        settled: the slider was let go, or a number was finished.
        tune_asked: the best F1 of this label is wanted.
        reset_asked: 0.5 is wanted.
    """

    value_changed = Signal(float)
    settled = Signal()
    tune_asked = Signal()
    reset_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setRange(0, _STEPS)
        self._slider.setPageStep(_STEPS // 20)
        self._slider.setAccessibleName(self.tr("Threshold"))
        self._number = _Number()
        self._number.setRange(0, 1)
        self._number.setDecimals(3)
        self._number.setSingleStep(0.01)
        self._number.setKeyboardTracking(False)
        self._number.setFont(theme.tabular(self._number.font()))
        self._number.setAccessibleName(self.tr("Threshold"))
        self._why_none = QLabel(
            self.tr("An image has one label, and gets the one with the highest probability: there is no threshold.")
        )
        self._why_none.setWordWrap(True)
        self._why_none.setProperty("tone", "secondary")
        self._taken_for = QLabel()
        self._taken_for.setWordWrap(True)
        self._price = QLabel()
        self._price.setWordWrap(True)
        self._few = QLabel()
        self._few.setWordWrap(True)
        self._few.setProperty("tone", "secondary")
        self._best = QPushButton(self.tr("Best F1"))
        self._best.setToolTip(self.tr("The threshold with this label's highest F1 on validation"))
        self._reset = flat(QPushButton(self.tr("Reset to 0.5")))
        self._counts = [QLabel() for _ in range(4)]
        self._unknown = QLabel()
        self._unknown.setWordWrap(True)
        self._unknown.setProperty("tone", "secondary")

        self._move = QWidget()
        row = QHBoxLayout(self._move)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACE)
        row.addWidget(self._slider, 1)
        row.addWidget(self._number)
        table = QGridLayout()
        table.setHorizontalSpacing(theme.SPACE)
        table.setVerticalSpacing(2)
        names = (self.tr("found"), self.tr("missed"), self.tr("false alarms"), self.tr("rightly left out"))
        for index, (name, count) in enumerate(zip(names, self._counts, strict=True)):
            count.setFont(theme.tabular(count.font()))
            count.setAlignment(Qt.AlignmentFlag.AlignRight)
            caption = QLabel(name)
            caption.setProperty("tone", "secondary")
            table.addWidget(count, index, 0)
            table.addWidget(caption, index, 1)
        table.setColumnMinimumWidth(0, 48)
        table.setColumnStretch(1, 1)
        self._set = QWidget()
        buttons = QHBoxLayout(self._set)
        buttons.setContentsMargins(0, 0, 0, 0)
        buttons.setSpacing(theme.SPACE)
        buttons.addWidget(self._best)
        buttons.addWidget(self._reset)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE)
        layout.addWidget(self._why_none)
        layout.addWidget(self._move)
        layout.addWidget(self._price)
        layout.addWidget(self._taken_for)
        layout.addWidget(self._few)
        layout.addLayout(table)
        layout.addWidget(self._unknown)
        layout.addWidget(self._set)
        layout.addStretch(1)
        self.show_task(is_multi_class=False)

        self._slider.valueChanged.connect(lambda value: self.value_changed.emit(value / _STEPS))
        self._slider.sliderReleased.connect(self.settled)
        self._number.valueChanged.connect(self.value_changed)
        self._number.editingFinished.connect(self.settled)
        self._best.clicked.connect(self.tune_asked)
        self._reset.clicked.connect(self.reset_asked)

    def show_task(self, *, is_multi_class: bool) -> None:
        """Offer a threshold, or say why there is none."""
        self._why_none.setVisible(is_multi_class)
        self._taken_for.setVisible(is_multi_class)
        self._move.setVisible(not is_multi_class)
        self._set.setVisible(not is_multi_class)

    def show_taken_for(self, text: str) -> None:
        """Say what a label's images are taken for; multi-class only."""
        self._taken_for.setText(text)
        self._taken_for.setVisible(bool(text))

    def show_threshold(self, name: str, value: float, counts: Counts, *, images: int) -> None:
        """Show a label's threshold and what it does.

        Args:
            name: of the label.
            value: its threshold.
            counts: its decisions, of the shape (1,).
            images: of the split, those included on which the label is unknown.
        """
        tp, fp, fn, tn = (int(one[0]) for one in (counts.tp, counts.fp, counts.fn, counts.tn))
        with QSignalBlocker(self._slider), QSignalBlocker(self._number):
            self._slider.setValue(round(value * _STEPS))
            if not self._number.hasFocus() or abs(self._number.value() - value) > 0.0005:
                self._number.setValue(value)
        words = price(name, tp=tp, fp=fp, fn=fn)
        self._price.setText(f"{words[0].upper()}{words[1:]}.")
        support = tp + fn
        self._few.setText(self.tr("Only {} positive images here: these numbers may be chance.").format(support))
        self._few.setVisible(support < FEW_POSITIVES)
        for label, count in zip(self._counts, (tp, fn, fp, tn), strict=True):
            label.setText(f"{count:,}")
        unknown = images - (tp + fn + fp + tn)
        self._unknown.setText(self.tr("{:,} unknown, not counted").format(unknown))
        self._unknown.setVisible(unknown > 0)


class _Number(QDoubleSpinBox):
    """A number whose undo is that of the thresholds, not that of its text."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave undo and redo to the workspace."""
        if event.matches(QKeySequence.StandardKey.Undo) or event.matches(QKeySequence.StandardKey.Redo):
            event.ignore()
        else:
            super().keyPressEvent(event)
