"""Pairs of labels in a list, for when there are too many for a matrix: those that matter most come first."""

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QWidget

from core.evaluation.cooccurrence import Confusions, Together
from gui.inspect.cell_table import CellTable, Column, Row
from gui.widgets.matrix import percent

translate = QCoreApplication.translate

MOST_PAIRS = 500
"""Pairs that a list has at most."""


class PairTable(CellTable):
    """A list of pairs.

    Attributes:
        pairs: the columns of the labels of each row, in the order in which the rows are given.

    Signals:
        pair_chosen: columns of the two labels of the row that was chosen.
    """

    pair_chosen = Signal(int, int)

    def __init__(self, title: str, columns: Sequence[Column], parent: QWidget | None = None) -> None:
        super().__init__(title, columns, parent=parent)
        self.pairs: list[tuple[int, int]] = []
        self.row_chosen.connect(lambda place: self.pair_chosen.emit(*self.pairs[place]))

    def show_pairs(self, pairs: Sequence[tuple[tuple[int, int], Row]]) -> None:
        """Show other pairs, each with its row."""
        self.pairs = [pair for pair, _ in pairs]
        self.show_rows([row for _, row in pairs])


class ConfusedList(PairTable):
    """Which label is predicted where which other one is missed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            translate("pairs", "Confused labels"),
            (
                Column(
                    translate("pairs", "Missed"), translate("pairs", "The label that is present and not predicted"),
                    is_text=True,
                ),
                Column(
                    translate("pairs", "Taken for"), translate("pairs", "The label that is predicted and absent"),
                    is_text=True,
                ),
                Column(
                    translate("pairs", "Images"),
                    translate("pairs", "Images on which the one is missed and the other predicted"),
                ),
                Column(
                    translate("pairs", "of missed"),
                    translate("pairs", "Their share of the images on which the first label is missed"),
                ),
                Column(
                    translate("pairs", "of alarms"),
                    translate("pairs", "Their share of the false alarms of the second label"),
                ),
            ),
            parent,
        )  # fmt: skip

    def show_confusions(self, names: tuple[str, ...], confusions: Confusions) -> None:
        """Show those of other decisions."""
        sentence = translate("pairs", "“{}” taken for “{}”: {}")
        of_missed, of_alarms = confusions.share_of_missed, confusions.share_of_false_alarms
        found = []
        for predicted, missed, count in confusions.most_frequent(limit=MOST_PAIRS):
            shares = float(of_missed[predicted, missed]), float(of_alarms[predicted, missed])
            images = translate("pairs", "1 image") if count == 1 else translate("pairs", "{:,} images").format(count)
            row = Row(
                (names[missed], names[predicted], f"{count:,}", *map(percent, shares)),
                (names[missed].casefold(), names[predicted].casefold(), float(count), *shares),
                sentence.format(names[missed], names[predicted], images),
            )
            found.append(((missed, predicted), row))
        self.show_pairs(found)


class TogetherList(PairTable):
    """Which labels are predicted together more or less often than they come."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            translate("pairs", "Labels that come together"),
            (
                Column(translate("pairs", "Label"), translate("pairs", "One label"), is_text=True),
                Column(translate("pairs", "with"), translate("pairs", "The other label"), is_text=True),
                Column(translate("pairs", "Truth"), translate("pairs", "Images that have both")),
                Column(translate("pairs", "Predicted"), translate("pairs", "Images on which both are predicted")),
                Column(
                    translate("pairs", "Difference"),
                    translate("pairs", "How many more, or fewer, are predicted than there are"),
                ),
            ),
            parent,
        )

    def show_together(self, names: tuple[str, ...], together: Together) -> None:
        """Show those of other decisions."""
        sentence = translate("pairs", "“{}” with “{}”: {:,} images have both, both are predicted on {:,}")
        found = []
        for one, other, truth, predicted in together.most_different(limit=MOST_PAIRS):
            difference = predicted - truth
            row = Row(
                (
                    names[one], names[other], f"{truth:,}", f"{predicted:,}",
                    f"{difference:+,}".replace("-", "−"),
                ),
                (
                    names[one].casefold(), names[other].casefold(), float(truth), float(predicted),
                    float(abs(difference)),
                ),
                sentence.format(names[one], names[other], truth, predicted),
            )  # fmt: skip
            found.append(((one, other), row))
        self.show_pairs(found)
