"""What is confused with what in one split, and the worst mistakes over all labels; no Qt."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.evaluation.cooccurrence import Confusions, Together, confused, rows_confused, together
from core.evaluation.decided import decided
from core.evaluation.mistakes import MistakeList, Mistakes, find_mistakes
from core.labels import LabelState
from gui.inspect.image_groups import MOST_IMAGES
from gui.inspect.scored_split import ScoredSplit


@dataclass(frozen=True, eq=False)
class ErrorTables:
    """Errors of a run on one split at thresholds that rest.

    Attributes:
        scored: the scores they are of.
        predicted: bool (V, C), what is decided.
        confusions: false alarms of one label where another is missed.
        together: labels that come together in truth and in prediction.
        worst: the most confident mistakes, and the decisions of the highest loss, of all labels.
    """

    scored: ScoredSplit
    predicted: NDArray[np.bool_]
    confusions: Confusions
    together: Together
    worst: dict[MistakeList, Mistakes]

    def confused_rows(self, label: int, *, missed: int) -> NDArray[np.int64]:
        """Rows of the images where `label` is a false alarm and `missed` is missed, the highest probability first."""
        predictions = self.scored.predictions
        rows = rows_confused(self.predicted, predictions.states, label, missed=missed)
        return rows[np.argsort(-predictions.probabilities[rows, label], kind="stable")]

    def differing_rows(self, one: int, other: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Images on which two labels are predicted together and do not come together, or the other way round.

        Returns:
            Rows int64 (n,), those predicted together first, and of each the column of a label that is wrong there.
        """
        pair = [one, other]
        states, predicted = self.scored.predictions.states[:, pair], self.predicted[:, pair]
        known = (states != LabelState.UNKNOWN).all(axis=1)
        present = states == LabelState.PRESENT
        too_much = np.flatnonzero(known & predicted.all(axis=1) & ~present.all(axis=1))
        too_little = np.flatnonzero(known & present.all(axis=1) & ~predicted.all(axis=1))
        rows = np.concatenate([too_much, too_little])
        wrong = predicted[rows] != present[rows]
        return rows, np.where(wrong[:, 0], one, other).astype(np.int64)


def count_errors(scored: ScoredSplit, thresholds: NDArray[np.float64]) -> ErrorTables:
    """Look at all decisions; some tenths of a second for millions: off the GUI thread.

    Args:
        scored: the scores.
        thresholds: float64 (C,); of no effect in multi-class.
    """
    predictions = scored.predictions
    predicted = decided(predictions, thresholds)
    lists: tuple[MistakeList, ...] = ("most confident", "highest loss")
    return ErrorTables(
        scored=scored,
        predicted=predicted,
        confusions=confused(predicted, predictions.targets, predictions.known),
        together=together(predicted, predictions.states),
        worst={which: find_mistakes(predictions, thresholds, which, limit=MOST_IMAGES) for which in lists},
    )
