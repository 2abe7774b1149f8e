"""The table of scores per label, with the means below it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QSignalBlocker,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont, QFontMetrics, QIcon, QPalette
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QHeaderView, QTableView, QVBoxLayout, QWidget

from core.evaluation.metrics import Counts
from gui.inspect.scored_split import ScoredSplit
from gui.inspect.words import unreliable
from gui.train.words import score
from gui.widgets import icons, theme
from gui.widgets.panel import line

Index = QModelIndex | QPersistentModelIndex

LABEL, SUPPORT, AP, PRECISION, RECALL, F1, THRESHOLD = range(7)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_OWN_ORDER = (LABEL, Qt.SortOrder.AscendingOrder)
# what a label's name keeps in a narrow window
_LABEL_WIDTH = 84


class LabelModel(QAbstractTableModel):
    """A row per label over arrays; sorting is an index into them."""

    def __init__(self) -> None:
        super().__init__()
        self._headers = (
            self.tr("Label"),
            self.tr("n"),
            self.tr("AP"),
            self.tr("P"),
            self.tr("R"),
            self.tr("F1"),
            self.tr("Thr."),
        )
        self._tips = (
            self.tr("The label"),
            self.tr("Support: images on which the label is present"),
            self.tr("Average precision: the area under the precision-recall curve, whatever the threshold"),
            self.tr("Precision: the share of alarms that are right"),
            self.tr("Recall: the share of the label's images that are found"),
            self.tr("F1: the harmonic mean of precision and recall"),
            self.tr("Threshold: the label is predicted where its probability is at least this"),
        )
        self._names: tuple[str, ...] = ()
        self._columns: dict[int, NDArray[np.generic]] = {}
        self._order: NDArray[np.int64] = np.arange(0)
        self._sort = _OWN_ORDER
        self._badge = QIcon()

    def set_badge(self, badge: QIcon) -> None:
        """Mark labels of few positives with a picture."""
        self._badge = badge
        if len(self._order):
            self.dataChanged.emit(self.index(0, SUPPORT), self.index(len(self._order) - 1, SUPPORT))

    def show_scores(self, scored: ScoredSplit, counts: Counts, thresholds: NDArray[np.float64]) -> None:
        """Show another run or split."""
        self.beginResetModel()
        self._names = scored.label_names
        self._columns = {LABEL: np.arange(len(self._names)), SUPPORT: scored.support, AP: scored.ap}
        self._take(counts, thresholds)
        self._order = self._sorted()
        self.endResetModel()

    def show_counts(self, counts: Counts, thresholds: NDArray[np.float64], *, label: int | None) -> None:
        """Thresholds moved; the order of the rows stays, so that nothing jumps while one is dragged.

        Args:
            counts: of all labels.
            thresholds: float64 (C,).
            label: the one that moved; None for all.
        """
        self._take(counts, thresholds)
        rows = (0, len(self._order) - 1) if label is None else (self.row_of(label),) * 2
        if len(self._order):
            self.dataChanged.emit(self.index(rows[0], PRECISION), self.index(rows[1], THRESHOLD))

    def label_of(self, row: int) -> int:
        """The label of a row."""
        return int(self._order[row])

    def row_of(self, label: int) -> int:
        """The row of a label."""
        return int(np.flatnonzero(self._order == label)[0])

    def _take(self, counts: Counts, thresholds: NDArray[np.float64]) -> None:
        self._columns |= {
            PRECISION: counts.precision,
            RECALL: counts.recall,
            F1: counts.f1,
            THRESHOLD: thresholds,
        }

    def _sorted(self) -> NDArray[np.int64]:
        column, order = self._sort
        if column == LABEL:
            keys = np.arange(len(self._names)).astype(np.float64)
        else:
            keys = self._columns[column].astype(np.float64)
        if order == Qt.SortOrder.DescendingOrder:
            keys = -keys
        # NaN, a label without positives, comes last either way
        return np.argsort(keys, kind="stable")

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """A row for each label."""
        return 0 if parent.isValid() else len(self._order)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """A column for each number."""
        return 0 if parent.isValid() else len(self._headers)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401 - as Qt asks
        """The text of a cell."""
        column = index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            label = self._order[index.row()]
            if column == LABEL:
                return self._names[label]
            value = self._columns[column][label]
            return _short(int(value)) if column == SUPPORT else score(float(value))
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _LEFT if column == LABEL else _RIGHT
        if role in (Qt.ItemDataRole.DecorationRole, Qt.ItemDataRole.ToolTipRole):
            label = self._order[index.row()]
            warning = unreliable(int(self._columns[SUPPORT][label]))
            if role == Qt.ItemDataRole.DecorationRole:
                return self._badge if warning and column == SUPPORT else None
            # a name may be cut
            return "\n".join(filter(None, (self._names[label] if column == LABEL else "", warning))) or None
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401 - as Qt asks
        """The names of the columns, and what they mean."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            # Qt's own arrow takes a place that these narrow columns do not have
            column, order = self._sort
            arrow = "↓" if order == Qt.SortOrder.DescendingOrder else "↑"
            # upwards by the label is the project's own order
            is_sorted = section == column and self._sort != _OWN_ORDER
            return f"{self._headers[section]} {arrow}" if is_sorted else self._headers[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tips[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _LEFT if section == LABEL else _RIGHT
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; by the label means the project's own order."""
        self.layoutAboutToBeChanged.emit()
        self._sort = (column, order)
        before = self._order
        self._order = self._sorted() if self._columns else before
        old = self.persistentIndexList()
        rows = {int(label): row for row, label in enumerate(self._order)}
        new = [self.index(rows[int(before[index.row()])], index.column()) for index in old]
        self.changePersistentIndexList(old, new)
        self.layoutChanged.emit()
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, THRESHOLD)


def _short(count: int) -> str:
    """A count in the room of five digits."""
    if count < 100_000:
        return f"{count:,}"
    return f"{count // 1000} k" if count < 1_000_000 else f"{count / 1_000_000:.2f} M"


class MeansModel(QAbstractTableModel):
    """Two rows in the columns of `LabelModel`: the means of the labels, and all decisions taken together."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[tuple[str, ...]] = []

    def show_means(self, scored: ScoredSplit, counts: Counts) -> None:
        """Show the means of a run's scores at its thresholds."""
        totals = counts.totals()
        per_class = (totals.class_precision, totals.class_recall, totals.macro_f1)
        overall = (totals.overall_precision, totals.overall_recall, totals.overall_f1)
        rows = [
            (self.tr("mean"), "", score(scored.mean_ap), *(score(value) for value in per_class), ""),
            (self.tr("overall"), _short(int(scored.support.sum())), "", *(score(value) for value in overall), ""),
        ]
        if len(self._rows) == len(rows):
            before, self._rows = self._rows, rows
            for column in range(THRESHOLD + 1):
                if any(old[column] != new[column] for old, new in zip(before, rows, strict=True)):
                    self.dataChanged.emit(self.index(0, column), self.index(1, column))
            return
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Two rows, or none before there are scores."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """As many as the table above has."""
        return 0 if parent.isValid() else THRESHOLD + 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401 - as Qt asks
        """The text of a cell."""
        if role == Qt.ItemDataRole.DisplayRole:
            return self._rows[index.row()][index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _LEFT if index.column() == LABEL else _RIGHT
        if role == Qt.ItemDataRole.FontRole:
            font = QFont()
            font.setBold(True)
            return font
        if role == Qt.ItemDataRole.ToolTipRole:
            return (
                self.tr("mAP over the labels with positives; the mean of each label's precision, recall and F1"),
                self.tr("Precision, recall and F1 of all decisions on all labels counted together"),
            )[index.row()]
        return None


class LabelTable(QWidget):
    """The sortable table and, in the same columns below it, the means.

    Attributes:
        model: of the labels' rows.
        means: of the rows below.

    Signals:
        labels_selected: tuple of the labels whose rows are selected, that of the current row first.
    """

    labels_selected = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = LabelModel()
        self.means = MeansModel()
        self._table = QTableView()
        self._foot = QTableView()
        for table, model in ((self._table, self.model), (self._foot, self.means)):
            table.setModel(model)
            table.setShowGrid(False)
            table.setWordWrap(False)
            table.setFont(theme.tabular(table.font()))
            table.setIconSize(QSize(14, 14))
            table.verticalHeader().hide()
            table.verticalHeader().setDefaultSectionSize(theme.ROW - 2)
            table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            header = table.horizontalHeader()
            header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
            header.setSectionResizeMode(LABEL, QHeaderView.ResizeMode.Stretch)
            for column in range(SUPPORT, THRESHOLD + 1):
                header.resizeSection(column, self._width_of(column))
        self._table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self._table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self._table.setTabKeyNavigation(False)
        self._table.setAccessibleName(self.tr("Scores per label"))
        self._table.horizontalHeader().setHighlightSections(False)
        self._table.setSortingEnabled(True)
        self._table.sortByColumn(*_OWN_ORDER)
        self._table.horizontalHeader().setSortIndicatorShown(False)
        self.show_task(is_multi_class=False)
        self._foot.horizontalHeader().hide()
        self._foot.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self._foot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._foot.setAccessibleName(self.tr("Means"))
        self._foot.setFixedHeight(2 * (theme.ROW - 2) + 4)
        self._foot.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

        self._foot_place = QHBoxLayout()
        self._foot_place.addWidget(self._foot)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._table, 1)
        layout.addWidget(line())
        layout.addLayout(self._foot_place)

        self._table.verticalScrollBar().rangeChanged.connect(self._on_scroll_range_changed)
        self._table.selectionModel().selectionChanged.connect(lambda *_: self._on_selection_changed())
        self._table.selectionModel().currentRowChanged.connect(lambda *_: self._on_selection_changed())
        theme.on_change(self, self._paint_badge)
        self._paint_badge()

    def show_task(self, *, is_multi_class: bool) -> None:
        """Leave out the thresholds where there are none."""
        for table in (self._table, self._foot):
            table.setColumnHidden(THRESHOLD, is_multi_class)
        numbers = sum(self._width_of(column) for column in range(SUPPORT, THRESHOLD + (not is_multi_class)))
        self.setMinimumWidth(_LABEL_WIDTH + numbers + self._table.verticalScrollBar().sizeHint().width())

    def select(self, labels: tuple[int, ...]) -> None:
        """Select the rows of labels, the first one as the current one, without telling."""
        if labels == self._selected():
            return
        with QSignalBlocker(self):
            self._table.selectRow(self.model.row_of(labels[0]))
            for label in labels[1:]:
                place = self.model.index(self.model.row_of(label), LABEL)
                flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
                self._table.selectionModel().select(place, flags)

    def choose(self, label: int) -> None:
        """Make a label's row the current one, and tell."""
        self._table.selectRow(self.model.row_of(label))

    def _width_of(self, column: int) -> int:
        bold = self.font()
        bold.setBold(True)
        text = {SUPPORT: "50,000", THRESHOLD: self.tr("Thr.") + " ↓"}.get(column, "0.000")
        # the style pads a cell by 6 at each side, and Qt by some more
        return QFontMetrics(bold).horizontalAdvance(text) + 18

    def _on_scroll_range_changed(self, _lowest: int, highest: int) -> None:
        # the foot keeps free what the bar takes, so that the columns stay one below the other
        bar = self._table.verticalScrollBar().sizeHint().width() if highest else 0
        self._foot_place.setContentsMargins(0, 0, bar, 0)

    def _selected(self) -> tuple[int, ...]:
        """The labels whose rows are selected, that of the current row first."""
        rows = sorted(index.row() for index in self._table.selectionModel().selectedRows())
        current = self._table.currentIndex().row()
        # while Qt changes the selection the current row is still the one before
        first = current if current in rows else next(iter(rows), None)
        return tuple(self.model.label_of(row) for row in sorted(rows, key=lambda row: (row != first, row)))

    def _on_selection_changed(self) -> None:
        labels = self._selected()
        if labels:
            self.labels_selected.emit(labels)

    def _paint_badge(self) -> None:
        badge, ratio = QIcon(), self.devicePixelRatioF()
        modes = (
            (QIcon.Mode.Normal, theme.warning(self.palette())),
            (QIcon.Mode.Selected, self.palette().color(QPalette.ColorRole.HighlightedText)),
        )
        for mode, color in modes:
            badge.addPixmap(icons.pixmap("warning-circle", 14, color, ratio=ratio), mode)
        self.model.set_badge(badge)
