"""Pairs of labels in a list, for when there are too many for a matrix: those that matter most come first."""

from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QVBoxLayout, QWidget

from core.evaluation.cooccurrence import Confusions, Together
from gui.inspect.confusion_view import percent
from gui.widgets import theme

Index = QModelIndex | QPersistentModelIndex

MOST_PAIRS = 500
"""Pairs that a list has at most."""
_NAMES = 2
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


class PairModel(QAbstractTableModel):
    """A row for each pair: two names, then numbers.

    Attributes:
        pairs: the columns of the labels of each row.
    """

    def __init__(self) -> None:
        super().__init__()
        self._headers: tuple[str, ...] = ("",) * _NAMES
        self._tips: tuple[str, ...] = self._headers
        self._cells: list[tuple[tuple[str, float | str], ...]] = []
        self._words: list[str] = []
        self.pairs: list[tuple[int, int]] = []

    def show_confusions(self, names: tuple[str, ...], confusions: Confusions) -> None:
        """List which label is predicted where which other one is missed."""
        self.beginResetModel()
        self._headers = (
            self.tr("Missed"), self.tr("Taken for"), self.tr("Images"), self.tr("of missed"), self.tr("of alarms")
        )  # fmt: skip
        self._tips = (
            self.tr("The label that is present and not predicted"),
            self.tr("The label that is predicted and absent"),
            self.tr("Images on which the one is missed and the other predicted"),
            self.tr("Their share of the images on which the first label is missed"),
            self.tr("Their share of the false alarms of the second label"),
        )
        self.pairs, self._cells, self._words = [], [], []
        sentence = self.tr("“{}” taken for “{}”: {}")
        of_missed, of_alarms = confusions.share_of_missed, confusions.share_of_false_alarms
        for predicted, missed, count in confusions.most_frequent(limit=MOST_PAIRS):
            self.pairs.append((missed, predicted))
            shares = (float(of_missed[predicted, missed]), float(of_alarms[predicted, missed]))
            self._cells.append(
                (
                    (names[missed], names[missed].casefold()),
                    (names[predicted], names[predicted].casefold()),
                    (f"{count:,}", count),
                    *((percent(share), share) for share in shares),
                )
            )
            images = self.tr("1 image") if count == 1 else self.tr("{:,} images").format(count)
            self._words.append(sentence.format(names[missed], names[predicted], images))
        self.endResetModel()

    def show_together(self, names: tuple[str, ...], pairs: Together) -> None:
        """List which labels are predicted together more or less often than they come."""
        self.beginResetModel()
        self._headers = (
            self.tr("Label"), self.tr("with"), self.tr("Truth"), self.tr("Predicted"), self.tr("Difference")
        )  # fmt: skip
        self._tips = (
            self.tr("One label"),
            self.tr("The other label"),
            self.tr("Images that have both"),
            self.tr("Images on which both are predicted"),
            self.tr("How many more, or fewer, are predicted than there are"),
        )
        self.pairs, self._cells, self._words = [], [], []
        sentence = self.tr("“{}” with “{}”: {:,} images have both, both are predicted on {:,}")
        for one, other, truth, predicted in pairs.most_different(limit=MOST_PAIRS):
            difference = predicted - truth
            self.pairs.append((one, other))
            self._cells.append(
                (
                    (names[one], names[one].casefold()),
                    (names[other], names[other].casefold()),
                    (f"{truth:,}", truth),
                    (f"{predicted:,}", predicted),
                    (f"{difference:+,}".replace("-", "−"), abs(difference)),
                )
            )
            self._words.append(sentence.format(names[one], names[other], truth, predicted))
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """A row for each pair."""
        return 0 if parent.isValid() else len(self._cells)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Two names and the numbers."""
        return 0 if parent.isValid() else len(self._headers)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401 - as Qt asks
        """A cell; its sort key under `UserRole`, and the whole row in words."""
        text, key = self._cells[index.row()][index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return text
        if role == Qt.ItemDataRole.UserRole:
            return key
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _LEFT if index.column() < _NAMES else _RIGHT
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            return self._words[index.row()]
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401 - as Qt asks
        """The names of the columns, and what they mean."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._headers[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tips[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _LEFT if section < _NAMES else _RIGHT
        return None


class PairTable(QWidget):
    """The list; a click on a heading sorts by it.

    Attributes:
        model: of the pairs.

    Signals:
        pair_chosen: columns of the two labels of the row that was chosen.
    """

    pair_chosen = Signal(int, int)

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = PairModel()
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSourceModel(self.model)
        self._sorted.setSortRole(Qt.ItemDataRole.UserRole)
        self._table = QTableView()
        self._table.setModel(self._sorted)
        self._table.setAccessibleName(title)
        self._table.setFont(theme.tabular(self._table.font()))
        self._table.setShowGrid(False)
        self._table.setWordWrap(False)
        self._table.setTabKeyNavigation(False)
        self._table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self._table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self._table.verticalHeader().hide()
        self._table.verticalHeader().setDefaultSectionSize(theme.ROW - 4)
        header = self._table.horizontalHeader()
        header.setHighlightSections(False)
        header.setSortIndicatorShown(False)
        # in the order of the evaluation until a person asks for another
        self._sorted.sort(-1)
        header.setSectionsClickable(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._table)
        header.sectionClicked.connect(self._on_header_clicked)
        self.model.modelReset.connect(self._on_reset)
        self._table.selectionModel().currentRowChanged.connect(self._on_chosen)
        # also the row that is the current one: its images may have been left
        self._table.clicked.connect(self._on_chosen)

    def _on_header_clicked(self, section: int) -> None:
        is_same = self._sorted.sortColumn() == section
        first = Qt.SortOrder.AscendingOrder if section < _NAMES else Qt.SortOrder.DescendingOrder
        other = Qt.SortOrder.DescendingOrder if section < _NAMES else Qt.SortOrder.AscendingOrder
        self._sorted.sort(section, other if is_same and self._sorted.sortOrder() == first else first)

    def _on_reset(self) -> None:
        header = self._table.horizontalHeader()
        bold = theme.tabular(header.font())
        bold.setBold(True)
        for column in range(self.model.columnCount()):
            if column < _NAMES:
                header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
            else:
                header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
                text = str(self.model.headerData(column, Qt.Orientation.Horizontal))
                header.resizeSection(column, QFontMetrics(bold).horizontalAdvance(text) + 20)

    def _on_chosen(self, index: QModelIndex) -> None:
        if index.isValid():
            self.pair_chosen.emit(*self.model.pairs[self._sorted.mapToSource(index).row()])
