"""What the plots of Inspect draw: labels of one run, or one label of several runs, each in a look of its own."""

from dataclasses import dataclass
from enum import Enum
from functools import cached_property

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette, QPen

from core.evaluation.calibration import Reliability, reliability
from core.evaluation.curves import (
    RocCurve,
    ScoreHistogram,
    ThresholdSweep,
    roc_curve,
    score_histogram,
    threshold_sweep,
)
from core.evaluation.metrics import PrecisionRecallCurve
from core.evaluation.ranking import RankedScores
from gui.widgets import theme

# after Okabe and Ito (2008), darker on white and lighter on black, so that each is told from the ground and the others
_LIGHT = ("#c14f00", "#007a5a", "#a8467f", "#7a6200")
_DARK = ("#ff9a52", "#3cc79a", "#e79ac4", "#e5c94c")
# a second round of the colours has another stroke
MOST_OTHERS = 2 * len(_LIGHT)


class Role(Enum):
    """Why a line is drawn."""

    CHOSEN = "chosen"
    LABEL = "label"
    RUN = "run"


class LabelCurves:
    """All that is drawn of one label's scores, each computed when it is first asked for.

    Attributes:
        ranked: the scores of a run on one split.
        label: column of the label.
    """

    def __init__(self, ranked: RankedScores, label: int) -> None:
        self.ranked = ranked
        self.label = label

    @property
    def positives(self) -> int:
        """On how many images the label is present."""
        return len(self.ranked.scores(self.label).positives)

    @property
    def negatives(self) -> int:
        """On how many images the label is absent."""
        return len(self.ranked.scores(self.label).negatives)

    def prepare(self) -> None:
        """Compute all of it, which may take some tens of milliseconds; off the GUI thread."""
        _ = (self.precision_recall, self.roc, self.sweep, self.histogram, self.reliability)

    @cached_property
    def precision_recall(self) -> PrecisionRecallCurve:
        """Its precision-recall curve."""
        return self.ranked.curve(self.label)

    @cached_property
    def roc(self) -> RocCurve:
        """Its ROC curve."""
        return roc_curve(self.ranked, self.label)

    @cached_property
    def sweep(self) -> ThresholdSweep:
        """Its precision, recall and F1 over the threshold."""
        return threshold_sweep(self.ranked, self.label)

    @cached_property
    def histogram(self) -> ScoreHistogram:
        """How many of its images have which score."""
        return score_histogram(self.ranked, self.label)

    @cached_property
    def reliability(self) -> Reliability:
        """How often what its scores say is so."""
        scores = self.ranked.scores(self.label)
        both = np.concatenate((scores.negatives, scores.positives))
        return reliability(both, np.arange(len(both)) >= len(scores.negatives))


@dataclass(frozen=True, eq=False)
class Line:
    """One label of one run in a plot.

    Attributes:
        name: what it is called at its end.
        curves: what is drawn.
        role: why it is drawn.
        look: its place among those of its role, which chooses its colour and stroke.
    """

    name: str
    curves: LabelCurves
    role: Role
    look: int = 0

    def pen(self, palette: QPalette) -> QPen:
        """Strong for the chosen label, thinner for others, dashed for other runs."""
        if self.role == Role.CHOSEN:
            return cosmetic_pen(theme.accent(palette), width=2)
        colors = _DARK if theme.is_dark(palette) else _LIGHT
        color = QColor(colors[self.look % len(colors)])
        if self.role == Role.RUN:
            # from the other end, so that few labels and few runs have different colours
            color = QColor(colors[-1 - self.look % len(colors)])
            return cosmetic_pen(color, width=1.5, style=Qt.PenStyle.DashLine)
        style = Qt.PenStyle.SolidLine if self.look < len(colors) else Qt.PenStyle.DashDotLine
        return cosmetic_pen(color, width=1, style=style)


def cosmetic_pen(
    color: QColor, *, width: float = 1, style: Qt.PenStyle = Qt.PenStyle.SolidLine, alpha: int = 255
) -> QPen:
    """A pen of the same width at any scale."""
    faint = QColor(color)
    faint.setAlpha(alpha)
    pen = QPen(faint, width, style)
    pen.setCosmetic(True)
    return pen
