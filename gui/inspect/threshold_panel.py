"""The threshold of one label: a slider with its band, a number, what it is chosen for, and what it costs in words."""

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from core.evaluation.metrics import Counts
from gui.inspect.band_slider import STEPS, BandSlider
from gui.inspect.price import price
from gui.inspect.words import unreliable
from gui.widgets import icons, theme
from gui.widgets.buttons import flat, icon_button
from gui.widgets.flow import Flow

# narrower than this, the slider needs all the room there is
_WIDE = 600
# of an objective in its button
_OBJECTIVE_WIDTH = 84


class ThresholdPanel(QWidget):
    """Shows and moves one threshold, or says why there is none.

    Signals:
        value_changed: float, the threshold was moved here.
        settled: the slider was let go, or a number was finished.
        tune_asked: what the button names is wanted for this label.
        objective_asked: something else may be wanted.
        reset_asked: 0.5 is wanted.
    """

    value_changed = Signal(float)
    settled = Signal()
    tune_asked = Signal()
    objective_asked = Signal()
    reset_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._slider = BandSlider()
        self._slider.setAccessibleName(self.tr("Threshold"))
        self._number = _Number()
        self._number.setRange(0, 1)
        self._number.setDecimals(3)
        self._number.setSingleStep(0.01)
        self._number.setKeyboardTracking(False)
        self._number.setFont(theme.tabular(self._number.font()))
        self._number.setAccessibleName(self.tr("Threshold"))
        self._number.setFixedWidth(88)
        # the style sheet's padding does not reach the text of a spin box
        self._number.lineEdit().setTextMargins(theme.SPACE - 2, 0, 0, 0)
        self._why_none = QLabel(
            self.tr("An image has one label, and gets the one with the highest probability: there is no threshold.")
        )
        self._why_none.setWordWrap(True)
        self._why_none.setProperty("tone", "secondary")
        self._taken_for = QLabel()
        self._taken_for.setWordWrap(True)
        self._price = QLabel()
        self._price.setWordWrap(True)
        self._few = Badge()
        self._note = Badge()
        self._best = QPushButton()
        self._more = icon_button("caret-down", self.tr("Choose the threshold for something else"))
        self._reset = flat(QPushButton(self.tr("Reset")))
        self._reset.setToolTip(self.tr("Back to 0.5"))
        self._counts = [QLabel() for _ in range(4)]
        self._unknown = QLabel()
        self._unknown.setProperty("tone", "secondary")
        self._unknown.setToolTip(self.tr("Images of which nobody said whether they show the label"))

        self._move = QWidget()
        row = QHBoxLayout(self._move)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACE)
        self._caption = QLabel(self.tr("Threshold"))
        self._caption.setProperty("tone", "secondary")
        self._caption.setVisible(False)
        row.addWidget(self._caption)
        row.addWidget(self._slider, 1)
        row.addWidget(self._number)
        both = QHBoxLayout()
        both.setSpacing(0)
        both.addWidget(self._best)
        both.addWidget(self._more)
        row.addLayout(both)
        row.addWidget(self._reset)
        said = QHBoxLayout()
        said.setSpacing(theme.PANEL)
        said.addWidget(self._price, 1)
        said.addWidget(self._few, 0, Qt.AlignmentFlag.AlignTop)
        self._names = (self.tr("found"), self.tr("missed"), self.tr("false alarms"), self.tr("rightly left out"))
        pairs = []
        for name, count in zip(self._names, self._counts, strict=True):
            count.setFont(theme.tabular(count.font()))
            caption = QLabel(name)
            caption.setProperty("tone", "secondary")
            pair = QWidget()
            one = QHBoxLayout(pair)
            one.setContentsMargins(0, 0, 0, 0)
            one.setSpacing(theme.SPACE // 2)
            one.addWidget(count)
            one.addWidget(caption)
            pairs.append(pair)
        counts = Flow([*pairs, self._unknown], gap=theme.PANEL)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE // 2)
        layout.addWidget(self._why_none)
        layout.addWidget(self._move)
        layout.addLayout(said)
        layout.addWidget(counts)
        layout.addWidget(self._taken_for)
        layout.addWidget(self._note)
        self.show_task(is_multi_class=False)
        self.show_note("")

        self._slider.valueChanged.connect(lambda value: self.value_changed.emit(value / STEPS))
        self._slider.sliderReleased.connect(self.settled)
        self._number.valueChanged.connect(self.value_changed)
        self._number.editingFinished.connect(self.settled)
        self._best.clicked.connect(self.tune_asked)
        self._more.clicked.connect(self.objective_asked)
        self._reset.clicked.connect(self.reset_asked)

    @property
    def more(self) -> QWidget:
        """The button beside which other objectives are offered."""
        return self._more

    def show_task(self, *, is_multi_class: bool) -> None:
        """Offer a threshold, or say why there is none."""
        self._why_none.setVisible(is_multi_class)
        self._taken_for.setVisible(is_multi_class)
        self._move.setVisible(not is_multi_class)

    def show_taken_for(self, text: str) -> None:
        """Say what a label's images are taken for; multi-class only."""
        self._taken_for.setText(text)
        self._taken_for.setVisible(bool(text))

    def show_objective(self, short: str, tip: str) -> None:
        """Name what the button tunes for.

        Args:
            short: a few words for the button.
            tip: all of it.
        """
        metrics = QFontMetrics(self._best.font())
        self._best.setText(metrics.elidedText(short, Qt.TextElideMode.ElideRight, _OBJECTIVE_WIDTH))
        self._best.setToolTip(tip)

    def show_busy(self, busy: bool) -> None:
        """Something is being tuned."""
        self._best.setEnabled(not busy)

    def show_band(self, band: tuple[float, float] | None) -> None:
        """Draw the band of the threshold."""
        if band == self._slider.band and self._slider.toolTip():
            return
        self._slider.show_band(band)
        text = self.tr("Left and right move by 0.001, up and down by 0.01")
        if band is not None:
            told = self.tr("Tuned on other images like these, it would lie between {:.3f} and {:.3f} nine times in ten")
            text = f"{told.format(*band)}\n{text}"
        self._slider.setToolTip(text)
        self._slider.setAccessibleDescription(text)

    def show_note(self, text: str) -> None:
        """Say what could not be reached; nothing where it is empty."""
        self._note.show_text(text)

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
            self._slider.setValue(round(value * STEPS))
            if not self._number.hasFocus() or abs(self._number.value() - value) > 0.0005:
                self._number.setValue(value)
        # blocked, the slider would not be painted anew
        self._slider.update()
        words = price(name, tp=tp, fp=fp, fn=fn)
        self._price.setText(f"{words[0].upper()}{words[1:]}.")
        self._few.show_text(unreliable(tp + fn), tip=self.tr("With so few images its numbers may be chance"))
        for label, count in zip(self._counts, (tp, fn, fp, tn), strict=True):
            label.setText(f"{count:,}")
        unknown = images - (tp + fn + fp + tn)
        self._unknown.setText(self.tr("{:,} unknown, not counted").format(unknown))
        self._unknown.setVisible(unknown > 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the slider the room of its name where it is narrow."""
        super().resizeEvent(event)
        self._caption.setVisible(self.width() >= _WIDE)


class Badge(QWidget):
    """A warning in a few words; hidden while there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sign = QLabel()
        self._text = QLabel()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACE // 2)
        row.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._text, 1)
        self.hide()
        self._paint_sign()
        theme.on_change(self, self._paint_sign)

    def text(self) -> str:
        """What is said."""
        return self._text.text()

    def show_text(self, text: str, *, tip: str = "") -> None:
        """Say something else, or nothing where it is empty."""
        if text != self._text.text():
            self._text.setText(text)
            # what fits into a line beside other things is not broken
            self._text.setWordWrap(len(text) > 40)
        self.setToolTip(tip)
        self.setVisible(bool(text))

    def _paint_sign(self) -> None:
        color = theme.warning(self.palette())
        self._sign.setPixmap(icons.pixmap("warning-circle", 16, color, ratio=self.devicePixelRatioF()))


class _Number(QDoubleSpinBox):
    """A number whose undo is that of the thresholds, not that of its text."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave undo and redo to the workspace."""
        if event.matches(QKeySequence.StandardKey.Undo) or event.matches(QKeySequence.StandardKey.Redo):
            event.ignore()
        else:
            super().keyPressEvent(event)
