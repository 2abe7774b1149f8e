"""A table of texts and numbers that is sorted by a click on a heading, for what a page of Inspect counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QSignalBlocker,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QVBoxLayout, QWidget

from gui.widgets import theme

Index = QModelIndex | QPersistentModelIndex

_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
# a name keeps so much of itself
_LEAST_WIDTH = 56
# numbers that are not there come last, whichever way the others go
_NOWHERE = float("inf")


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        title: its heading.
        tip: what it means, in a sentence.
        is_text: whether it holds names, at the left and as wide as there is room; else numbers, at the right.
        widest: a text as wide as its cells may be; empty where the heading is wider.
        is_spare: whether it is left out in a narrow table, because the row's words tell it too.
    """

    title: str
    tip: str
    is_text: bool = False
    widest: str = ""
    is_spare: bool = False


@dataclass(frozen=True)
class Row:
    """A row of a table.

    Attributes:
        texts: of its cells.
        keys: by which it is sorted, one per cell; a NaN comes last.
        words: the whole row in a sentence, for the tool tip and for screen readers.
    """

    texts: tuple[str, ...]
    keys: tuple[float | str, ...]
    words: str = ""


class CellModel(QAbstractTableModel):
    """Rows of texts that do not change one by one."""

    def __init__(self, columns: Sequence[Column]) -> None:
        super().__init__()
        self._columns = tuple(columns)
        self._rows: tuple[Row, ...] = ()

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show other rows."""
        self.beginResetModel()
        self._rows = tuple(rows)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """As many as were given."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """As many as were given."""
        return 0 if parent.isValid() else len(self._columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401 - as Qt asks
        """A cell; its sort key under `UserRole`, and the whole row in words."""
        row, column = self._rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return row.texts[column]
        if role == Qt.ItemDataRole.UserRole:
            return row.keys[column]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _LEFT if self._columns[column].is_text else _RIGHT
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            return row.words or None
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401 - as Qt asks
        """The headings, and what they mean."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._columns[section].title
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._columns[section].tip
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _LEFT if self._columns[section].is_text else _RIGHT
        return None


class CellTable(QWidget):
    """The table.

    Signals:
        row_chosen: place of the row, in the order in which the rows were given.
    """

    row_chosen = Signal(int)

    def __init__(self, title: str, columns: Sequence[Column], *, wide: int = 0, parent: QWidget | None = None) -> None:
        """Make an empty table.

        Args:
            title: its accessible name.
            columns: of the rows that will be shown.
            wide: from this width on it has room for all columns, px.
            parent: owner in Qt's sense.
        """
        super().__init__(parent)
        self._columns = tuple(columns)
        self._wide = wide
        self._left_out: set[int] = set()
        self.model = CellModel(columns)
        self._sorted = _Sorted(self)
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
        header.setSectionsClickable(True)
        header.setMinimumSectionSize(_LEAST_WIDTH)
        # in the order in which they are given until a person asks for another
        self._sorted.sort(-1)
        bold = theme.tabular(header.font())
        bold.setBold(True)
        measure = QFontMetrics(bold)
        for place, column in enumerate(self._columns):
            is_text = column.is_text
            header.setSectionResizeMode(
                place, QHeaderView.ResizeMode.Stretch if is_text else QHeaderView.ResizeMode.Fixed
            )
            if not is_text:
                header.resizeSection(place, max(map(measure.horizontalAdvance, (column.title, column.widest))) + 20)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._table)

        header.sectionClicked.connect(self._on_header_clicked)
        self._table.selectionModel().currentRowChanged.connect(self._on_chosen)
        # also the row that is the current one: its images may have been left
        self._table.clicked.connect(self._on_chosen)

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show other rows; none is chosen."""
        self.model.show_rows(rows)

    def select(self, place: int) -> None:
        """Make a row the current one, without telling."""
        index = self._sorted.mapFromSource(self.model.index(place, 0))
        with QSignalBlocker(self._table.selectionModel()):
            self._table.selectRow(index.row())
        self._table.viewport().update()

    def set_column_hidden(self, column: int, hidden: bool) -> None:
        """Leave a column out, or no longer."""
        (self._left_out.add if hidden else self._left_out.discard)(column)
        self._arrange()

    def _arrange(self) -> None:
        is_narrow = self.width() < self._wide
        for place, column in enumerate(self._columns):
            self._table.setColumnHidden(place, place in self._left_out or (column.is_spare and is_narrow))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out what can be spared where it is narrow."""
        super().resizeEvent(event)
        self._arrange()

    def _on_header_clicked(self, section: int) -> None:
        ascending, descending = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder
        first = ascending if self._columns[section].is_text else descending
        is_again = self._sorted.sortColumn() == section and self._sorted.sortOrder() == first
        self._sorted.sort(section, (descending if first == ascending else ascending) if is_again else first)

    def _on_chosen(self, index: QModelIndex) -> None:
        if index.isValid():
            self.row_chosen.emit(self._sorted.mapToSource(index).row())


class _Sorted(QSortFilterProxyModel):
    """The rows in the order of one column."""

    def lessThan(self, left: Index, right: Index) -> bool:
        """Compare two keys."""
        one, other = left.data(Qt.ItemDataRole.UserRole), right.data(Qt.ItemDataRole.UserRole)
        if isinstance(one, float) and isinstance(other, float) and (one != one or other != other):
            last = _NOWHERE if self.sortOrder() == Qt.SortOrder.AscendingOrder else -_NOWHERE
            one, other = (last if value != value else value for value in (one, other))
        return bool(one < other)
