"""A matrix of counts of pairs of labels: the model, and a view whose cells shrink so that more of them fit."""

from abc import abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QGuiApplication,
    QPainter,
    QPalette,
    QPen,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from gui.widgets import theme

Index = QModelIndex | QPersistentModelIndex

CELL = QSize(38, 24)
# in less a count of three digits is not read
LEAST_CELL = QSize(26, 19)
# of a name at the side or, turned, above
NAME_LENGTH = 108


class MatrixModel(QAbstractTableModel):
    """Counts of pairs of labels, the stronger coloured the greater their share."""

    def __init__(self) -> None:
        super().__init__()
        self.names: tuple[str, ...] = ()
        self.counts: NDArray[np.int64] = np.zeros((0, 0), np.int64)
        self.shares: NDArray[np.float64] = np.zeros((0, 0))

    def show_counts(self, names: tuple[str, ...], counts: NDArray[np.int64], shares: NDArray[np.float64]) -> None:
        """Show other counts.

        Args:
            names: of the C labels.
            counts: int64 (C, C).
            shares: float64 (C, C) in [0, 1], how strongly a cell is coloured.
        """
        if names == self.names:
            self.counts, self.shares = counts, shares
            if names:
                self.dataChanged.emit(self.index(0, 0), self.index(len(names) - 1, len(names) - 1))
            return
        self.beginResetModel()
        self.names, self.counts, self.shares = names, counts, shares
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """A row for each label."""
        return 0 if parent.isValid() else len(self.names)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """A column for each label."""
        return 0 if parent.isValid() else len(self.names)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401 - as Qt asks
        """The count of a cell, its colour, and both in words."""
        row, column = index.row(), index.column()
        count = int(self.counts[row, column])
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{count:,}" if count else ""
        if role == Qt.ItemDataRole.BackgroundRole:
            return self._color(row, column) if count else None
        if role == Qt.ItemDataRole.ForegroundRole:
            return theme.readable_on(self._color(row, column)) if count else None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignCenter)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return self.in_words(row, column)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401 - as Qt asks
        """The labels."""
        if role == Qt.ItemDataRole.DisplayRole:
            return self.names[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.line_in_words(section, is_row=orientation == Qt.Orientation.Vertical)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        return None

    @abstractmethod
    def in_words(self, row: int, column: int) -> str:
        """What a cell says."""

    @abstractmethod
    def line_in_words(self, label: int, *, is_row: bool) -> str:
        """What a row or a column is of."""

    @abstractmethod
    def pen(self, row: int, column: int) -> QPen:
        """The colour of a cell at its strongest."""

    def _color(self, row: int, column: int) -> QColor:
        palette = QGuiApplication.palette()
        share = 0.15 + 0.75 * float(self.shares[row, column])
        return theme.mixed(palette.color(QPalette.ColorRole.Base), self.pen(row, column).color(), share)


def percent(share: float) -> str:
    """A share in whole percent."""
    return f"{100 * float(share):.0f} %"


class _CellDelegate(QStyledItemDelegate):
    """Paints a cell to its edges: the padding of the style sheet would leave no room for two digits."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one cell."""
        rect: QRect = option.rect
        palette: QPalette = option.palette
        state: QStyle.StateFlag = option.state
        background = index.data(Qt.ItemDataRole.BackgroundRole)
        text = index.data(Qt.ItemDataRole.DisplayRole)
        painter.save()
        # also without a colour: the style fills a cell that is selected
        painter.fillRect(rect, palette.base() if background is None else background)
        if text:
            font = QFont(option.font)
            width = QFontMetrics(font).horizontalAdvance(text)
            if width > rect.width() - 2:
                font.setPointSizeF(font.pointSizeF() * (rect.width() - 2) / width)
            painter.setFont(font)
            painter.setPen(index.data(Qt.ItemDataRole.ForegroundRole))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)
        # a table that is come to by key has a current cell, and none selected
        if state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_HasFocus):
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Text), 2))
            painter.drawRect(rect.adjusted(1, 1, -1, -1))
        painter.restore()


class _TurnedHeader(QHeaderView):
    """Names that read upwards, so that columns can be narrow."""

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setHighlightSections(False)

    def sizeHint(self) -> QSize:
        """As high as the longest name, within bounds."""
        model = self.model()
        names = [] if model is None else [str(model.headerData(n, self.orientation())) for n in range(self.count())]
        font = self.font()
        font.setWeight(QFont.Weight.DemiBold)
        longest = max((QFontMetrics(font).horizontalAdvance(name) for name in names), default=0)
        # a name is elided only beyond the bound, not by the rounding of its width
        return QSize(CELL.width(), min(longest, NAME_LENGTH) + 2 * theme.SPACE + 2)

    def paintSection(self, painter: QPainter, rect: QRect, logicalIndex: int) -> None:  # noqa: N803 - Qt's own name
        """Paint one name, turned to the left."""
        font = self.font()
        # as the style sheet has those at the side
        font.setWeight(QFont.Weight.DemiBold)
        painter.save()
        painter.setFont(font)
        painter.fillRect(rect, self.palette().window())
        painter.setPen(theme.secondary(self.palette()))
        painter.translate(rect.left(), rect.bottom())
        painter.rotate(-90)
        room = rect.height() - 2 * theme.SPACE
        name = QFontMetrics(font).elidedText(
            str(self.model().headerData(logicalIndex, self.orientation())), Qt.TextElideMode.ElideRight, room
        )
        painter.drawText(QRect(theme.SPACE, 0, room, rect.width()), int(Qt.AlignmentFlag.AlignVCenter), name)
        painter.restore()


class MatrixView(QWidget):
    """A matrix, and how it reads; its cells shrink somewhat, so that more of them fit.

    Signals:
        cell_chosen: row and column of the cell that was chosen, by going to it or by a click.
        cell_pointed: row and column of the cell under the mouse, or gone to; -1 twice where the mouse left.
        cell_activated: row and column of the cell that was clicked, or on which Return was pressed.
    """

    cell_chosen = Signal(int, int)
    cell_pointed = Signal(int, int)
    cell_activated = Signal(int, int)

    def __init__(self, model: MatrixModel, *, title: str, hint: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._table = QTableView()
        self._table.setHorizontalHeader(_TurnedHeader())
        self._table.setModel(model)
        self._table.setItemDelegate(_CellDelegate(self))
        self._table.setFont(theme.tabular(theme.smaller(self._table.font())))
        self._table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self._table.setTabKeyNavigation(False)
        self._table.setWordWrap(False)
        self._table.setAccessibleName(title)
        self._table.setCornerButtonEnabled(False)
        # there is nothing beside the cells
        self._table.setProperty("surface", "window")
        self._table.horizontalHeader().setDefaultSectionSize(CELL.width())
        rows = self._table.verticalHeader()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(CELL.height())
        rows.setMaximumWidth(NAME_LENGTH + 2 * theme.SPACE)
        rows.setHighlightSections(False)
        rows.setProperty("dense", True)
        rows.setFont(theme.smaller(rows.font()))
        self._hint = QLabel(hint)
        self._hint.setProperty("tone", "secondary")
        self._hint.setWordWrap(True)
        self._hint.setContentsMargins(theme.PANEL, theme.SPACE // 2, theme.PANEL, theme.SPACE // 2)
        self._hint.setVisible(bool(hint))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._table, 1)
        layout.addWidget(self._hint)
        self._table.selectionModel().currentChanged.connect(self._on_chosen)
        # also the cell that is the current one: its images may have been left
        self._table.clicked.connect(self._on_chosen)
        self._table.setMouseTracking(True)
        self._table.entered.connect(self._tell_pointed)
        self._table.viewport().installEventFilter(self)
        self._table.selectionModel().currentChanged.connect(self._tell_pointed)
        for chosen in (self._table.clicked, self._table.activated):
            chosen.connect(lambda index: self.cell_activated.emit(index.row(), index.column()))
        model.modelReset.connect(self._fit)

    def set_words(self, title: str, hint: str) -> None:
        """Say what the matrix is, and how it reads."""
        self._table.setAccessibleName(title)
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))

    @property
    def table(self) -> QTableView:
        """The view of the cells."""
        return self._table

    def _tell_pointed(self, index: QModelIndex) -> None:
        self.cell_pointed.emit(index.row(), index.column())

    def _on_chosen(self, index: QModelIndex) -> None:
        if index.isValid():
            self.cell_chosen.emit(index.row(), index.column())

    def _fit(self) -> None:
        """Give the cells the size at which all fit, within bounds."""
        count = self._model.rowCount()
        if not count:
            return
        columns, rows = self._table.horizontalHeader(), self._table.verticalHeader()
        frame = 2 * self._table.frameWidth()
        width = (self._table.width() - rows.sizeHint().width() - frame) // count
        height = (self._table.height() - columns.sizeHint().height() - frame) // count
        # a person may have chosen larger letters
        metrics = QFontMetrics(self._table.font())
        needed = QSize(metrics.horizontalAdvance("000") + 4, metrics.height() + 2)
        least, most = LEAST_CELL.expandedTo(needed), CELL.expandedTo(needed)
        columns.setDefaultSectionSize(max(least.width(), min(width, most.width())))
        rows.setDefaultSectionSize(max(least.height(), min(height, most.height())))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Tell that the mouse left the cells."""
        if event.type() == QEvent.Type.Leave:
            self.cell_pointed.emit(-1, -1)
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The cells have another room."""
        super().resizeEvent(event)
        self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        """The table has its size now."""
        super().showEvent(event)
        self._fit()
