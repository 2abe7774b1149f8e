"""Matrices of pairs of labels: which is taken for which, and which come together."""

import numpy as np
from PySide6.QtGui import QGuiApplication, QPen
from PySide6.QtWidgets import QWidget

from core.evaluation.cooccurrence import Confusions, Together
from gui.inspect.scored_split import ScoredSplit
from gui.widgets import theme
from gui.widgets.matrix import MatrixModel, MatrixView, percent


class ConfusionModel(MatrixModel):
    """Images of a multi-class run by the label present, in rows, and the label predicted, in columns."""

    def show_scores(self, scored: ScoredSplit) -> None:
        """Show another run or split."""
        counts = scored.confusion
        self.show_counts(scored.label_names, counts, counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))

    def in_words(self, row: int, column: int) -> str:
        """How many images of a label are right, or taken for another."""
        count, total, name = int(self.counts[row, column]), int(self.counts[row].sum()), self.names[row]
        if row == column:
            return self.tr("{:,} of {:,} “{}” images are right").format(count, total, name)
        return self.tr("{:,} of {:,} “{}” images are taken for “{}”").format(count, total, name, self.names[column])

    def line_in_words(self, label: int, *, is_row: bool) -> str:
        """Rows are of a label, columns of a prediction."""
        text = self.tr("Images of “{}”") if is_row else self.tr("Images that “{}” is predicted for")
        return text.format(self.names[label])

    def pen(self, row: int, column: int) -> QPen:
        """Green for right, red for wrong."""
        palette = QGuiApplication.palette()
        return theme.true_positive_pen(palette) if row == column else theme.false_positive_pen(palette)


class ConfusedModel(MatrixModel):
    """Images of a multi-label run on which one label is missed, in rows, and another a false alarm, in columns."""

    def show_confusions(self, names: tuple[str, ...], confusions: Confusions) -> None:
        """Show other confusions; the share is of the images on which the row's label is missed."""
        self._confusions = confusions
        self.show_counts(names, confusions.counts.T, confusions.share_of_missed.T)

    def in_words(self, row: int, column: int) -> str:
        """How many images have both mistakes, as shares of either."""
        if row == column:
            return self.tr("“{}” is missed on {:,} images and a false alarm on {:,}").format(
                self.names[row], int(self._confusions.missed[row]), int(self._confusions.false_alarms[row])
            )
        text = self.tr("{:,} images: “{}” missed, “{}” predicted instead ({} of those missed, {} of those alarms)")
        return text.format(
            int(self.counts[row, column]), self.names[row], self.names[column],
            percent(self._confusions.share_of_missed[column, row]),
            percent(self._confusions.share_of_false_alarms[column, row]),
        )  # fmt: skip

    def line_in_words(self, label: int, *, is_row: bool) -> str:
        """Rows are of a label missed, columns of one predicted wrongly."""
        text = self.tr("Images on which “{}” is missed") if is_row else self.tr("False alarms of “{}”")
        return text.format(self.names[label])

    def pen(self, row: int, column: int) -> QPen:
        """Red."""
        return theme.false_positive_pen(QGuiApplication.palette())


class TogetherModel(MatrixModel):
    """Images with two labels: below the diagonal those that have both, above it those on which both are predicted."""

    def show_together(self, names: tuple[str, ...], pairs: Together) -> None:
        """Show other counts; both triangles are coloured on one scale, so that they compare."""
        self._pairs = pairs
        counts = np.tril(pairs.truth) + np.triu(pairs.predicted, k=1)
        both = np.maximum(pairs.truth, pairs.predicted)
        most = int(both[~np.eye(len(names), dtype=np.bool_)].max(initial=1))
        self.show_counts(names, counts, np.minimum(counts / max(most, 1), 1.0))

    def in_words(self, row: int, column: int) -> str:
        """How often two labels come together in truth and in prediction."""
        if row == column:
            return self.tr("{:,} images have “{}”, and it is predicted on {:,}").format(
                int(self._pairs.truth[row, row]), self.names[row], int(self._pairs.predicted[row, row])
            )
        text = self.tr("“{}” and “{}”: {:,} images have both, both are predicted on {:,}")
        return text.format(
            self.names[row], self.names[column], int(self._pairs.truth[row, column]),
            int(self._pairs.predicted[row, column]),
        )  # fmt: skip

    def line_in_words(self, label: int, *, is_row: bool) -> str:
        """Of one label either way."""
        return self.tr("“{}” together with other labels").format(self.names[label])

    def pen(self, row: int, column: int) -> QPen:
        """The accent for what is predicted; grey for what is true."""
        return QPen(theme.accent()) if column > row else QPen(theme.secondary())


class ConfusionView(MatrixView):
    """The matrix of a multi-class run.

    Attributes:
        model: the matrix.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        model = ConfusionModel()
        super().__init__(model, title="", hint="", parent=parent)
        self.model = model
        self.set_words(
            self.tr("Confusion matrix"), self.tr("Rows: the label an image has. Columns: the label predicted.")
        )
