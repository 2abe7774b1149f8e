"""The line that says on which images all was measured and the thresholds were tuned, and what that is worth."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from core.evaluation.before_after import BeforeAfter
from core.evaluation.threshold_file import ThresholdSet
from core.labels import Split
from gui.inspect.scored_split import ScoredSplit
from gui.inspect.words import head_line, paper_line, unused_split
from gui.widgets import icons, theme
from gui.widgets.buttons import flat


class HeadRow(QWidget):
    """Says where scores and thresholds come from, and offers images that were not used for tuning.

    Signals:
        split_asked: Split that is to be measured.
    """

    split_asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._line = ""
        self._paper = ""
        self._unused: Split | None = None
        self._offered: tuple[ScoredSplit, tuple[Split, ...]] | None = None
        self._sign = QLabel()
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setProperty("tone", "secondary")
        self._switch = flat(QPushButton())
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.PANEL, 0, theme.PANEL, theme.SPACE // 2)
        row.setSpacing(theme.SPACE)
        row.addWidget(self._sign)
        row.addWidget(self._text, 1)
        row.addWidget(self._switch)
        self._sign.hide()
        self._switch.hide()
        self._paint_sign()
        theme.on_change(self, self._paint_sign)
        self._switch.clicked.connect(lambda: self.split_asked.emit(self._unused))

    def text(self) -> str:
        """What is said."""
        return self._text.text()

    def show_thresholds(self, scored: ScoredSplit, thresholds: ThresholdSet) -> None:
        """Say where the scores and the thresholds of the moment come from."""
        tuned_on = thresholds.tuned_splits
        if self._offered is None or self._offered[0] is not scored or self._offered[1] != tuned_on:
            # a look at all images, which a drag has no time for
            self._offered = scored, tuned_on
            self._offer(scored, thresholds)
        self._line = head_line(scored, thresholds)
        self._show()

    def show_judged(self, judged: BeforeAfter | None) -> None:
        """Say what tuning changed, on images that were not used for it where there are some; None for nothing."""
        self._paper = "" if judged is None else paper_line(judged)
        self._show()

    def _offer(self, scored: ScoredSplit, thresholds: ThresholdSet) -> None:
        is_flattered = not scored.is_multi_class and scored.split in thresholds.tuned_splits
        self._unused = unused_split(scored, thresholds) if is_flattered else None
        self._sign.setVisible(is_flattered)
        self._switch.setVisible(self._unused is not None)
        if self._unused is not None:
            self._switch.setText(self.tr("Measure on {}").format(self._unused.name.lower()))
            self._switch.setToolTip(self.tr("Its images were not used for tuning"))

    def _show(self) -> None:
        self._text.setText(f"{self._line} {self._paper}".strip())

    def _paint_sign(self) -> None:
        color = theme.warning(self.palette())
        self._sign.setPixmap(icons.pixmap("warning-circle", 16, color, ratio=self.devicePixelRatioF()))
