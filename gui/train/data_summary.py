"""What a training would see: the images of each split, and what is wrong with them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from core.errors import ProjectError
from core.labels import Label, Split, Task
from core.project.labels.one_class import annotated_images
from core.project.runs.checks import check_trainable, training_warnings
from core.project.runs.splits import stratified_split
from core.project.store import Store
from gui.widgets import icons, theme


@dataclass(frozen=True, slots=True)
class DataFacts:
    """What a training would see.

    Attributes:
        counts: annotated images of train, validation and test.
        left_out: images without any annotation.
        warnings: sentences about what will make a model poor.
        error: why there can be no training at all; None when there can.
    """

    counts: tuple[int, int, int]
    left_out: int
    warnings: tuple[str, ...]
    error: ProjectError | None


@dataclass(frozen=True, eq=False)
class DataRequest:
    """A copy of what is needed to find the facts off the GUI thread."""

    states: NDArray[np.int8]
    splits: NDArray[np.int8]
    labels: tuple[Label, ...]
    task: Task
    seed: int

    @classmethod
    def of(cls, store: Store, *, seed: int) -> "DataRequest":
        """Copy it; made on the GUI thread."""
        return cls(store.states.copy(), store.splits.copy(), store.labels, store.task, seed)

    def answer(self) -> DataFacts:
        """Find the facts; images without a split get the one that training would give them."""
        annotated = np.flatnonzero(annotated_images(self.states, self.task))
        states = self.states[annotated]
        splits = stratified_split(states, seed=self.seed, existing=self.splits[annotated])
        error = None
        try:
            check_trainable(states, splits, self.labels, task=self.task)
        except ProjectError as found:
            error = found
        train, validation, test = (
            int((splits == split).sum()) for split in (Split.TRAIN, Split.VALIDATION, Split.TEST)
        )
        return DataFacts(
            counts=(train, validation, test),
            left_out=len(self.states) - len(annotated),
            warnings=tuple(training_warnings(states, splits, self.labels, task=self.task)) if error is None else (),
            error=error,
        )


class DataSummary(QWidget):
    """The counts of the three splits, and a line for each warning."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counts: list[QLabel] = []
        self._rows: list[QWidget] = []
        self._left_out = QLabel()
        self._left_out.setProperty("tone", "secondary")
        self._left_out.setWordWrap(True)
        self._warnings = QVBoxLayout()
        self._warnings.setSpacing(theme.SPACE // 2)

        counts = QGridLayout()
        counts.setHorizontalSpacing(theme.SPACE)
        counts.setVerticalSpacing(0)
        for column, name in enumerate((self.tr("train"), self.tr("validation"), self.tr("test"))):
            number = QLabel("–")
            font = theme.tabular(number.font())
            font.setPointSizeF(font.pointSizeF() + 3)
            font.setBold(True)
            number.setFont(font)
            caption = QLabel(name)
            caption.setProperty("tone", "secondary")
            counts.addWidget(number, 0, column)
            counts.addWidget(caption, 1, column)
            counts.setColumnStretch(column, 1)
            self._counts.append(number)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE)
        layout.addLayout(counts)
        layout.addWidget(self._left_out)
        layout.addLayout(self._warnings)

    def show_facts(self, facts: DataFacts) -> None:
        """Show what a training would see."""
        for label, count in zip(self._counts, facts.counts, strict=True):
            label.setText(f"{count:,}")
        self._left_out.setText(self.tr("{:,} images without annotations take no part.").format(facts.left_out))
        self._left_out.setVisible(facts.left_out > 0)
        for row in self._rows:
            row.hide()
            row.deleteLater()
        sentences = facts.warnings if facts.error is None else (str(facts.error),)
        self._rows = [_WarningRow(sentence) for sentence in sentences]
        for row in self._rows:
            self._warnings.addWidget(row)


class _WarningRow(QWidget):
    """An amber sign and a sentence."""

    def __init__(self, sentence: str) -> None:
        super().__init__()
        self._sign = QLabel()
        text = QLabel(sentence)
        text.setWordWrap(True)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE)
        layout.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(text, 1)
        self._paint_sign()
        theme.on_change(self, self._paint_sign)

    def _paint_sign(self) -> None:
        color = theme.warning(self.palette())
        self._sign.setPixmap(icons.pixmap("warning", 16, color, ratio=self.devicePixelRatioF()))
