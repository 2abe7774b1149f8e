"""The confusion matrix of a multi-class run: which label is taken for which."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QGuiApplication,
    QPainter,
    QPalette,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QLabel, QTableView, QVBoxLayout, QWidget

from gui.inspect.scored_split import ScoredSplit
from gui.widgets import theme

Index = QModelIndex | QPersistentModelIndex

CELL = QSize(38, 24)
# in less a count of three digits is not read
LEAST_CELL = QSize(26, 19)
# of a name at the side or, turned, above
NAME_LENGTH = 108


class ConfusionModel(QAbstractTableModel):
    """Images by the label present, in rows, and the label predicted, in columns."""

    def __init__(self) -> None:
        super().__init__()
        self._names: tuple[str, ...] = ()
        self._counts: NDArray[np.int64] = np.zeros((0, 0), np.int64)
        self._shares: NDArray[np.float64] = np.zeros((0, 0))

    def show_scores(self, scored: ScoredSplit) -> None:
        """Show another run or split."""
        self.beginResetModel()
        self._names, self._counts = scored.label_names, scored.confusion
        self._shares = self._counts / np.maximum(self._counts.sum(axis=1, keepdims=True), 1)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """A row for each label present."""
        return 0 if parent.isValid() else len(self._names)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """A column for each label predicted."""
        return 0 if parent.isValid() else len(self._names)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401 - as Qt asks
        """The count of a cell, its colour, and both in words."""
        row, column = index.row(), index.column()
        count, share = int(self._counts[row, column]), float(self._shares[row, column])
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{count:,}" if count else ""
        if role == Qt.ItemDataRole.BackgroundRole:
            return self._color(share, is_right=row == column) if count else None
        if role == Qt.ItemDataRole.ForegroundRole:
            return theme.readable_on(self._color(share, is_right=row == column)) if count else None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignCenter)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            total = int(self._counts[row].sum())
            if row == column:
                return self.tr("{:,} of {:,} “{}” images are right").format(count, total, self._names[row])
            return self.tr("{:,} of {:,} “{}” images are taken for “{}”").format(
                count, total, self._names[row], self._names[column]
            )
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401 - as Qt asks
        """The labels."""
        if role == Qt.ItemDataRole.DisplayRole:
            return self._names[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            is_row = orientation == Qt.Orientation.Vertical
            text = self.tr("Images of “{}”") if is_row else self.tr("Images that “{}” is predicted for")
            return text.format(self._names[section])
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        return None

    def _color(self, share: float, *, is_right: bool) -> QColor:
        """Green for right and red for wrong, stronger with the share of the row."""
        palette = QGuiApplication.palette()
        pen = theme.true_positive_pen(palette) if is_right else theme.false_positive_pen(palette)
        return theme.mixed(palette.color(QPalette.ColorRole.Base), pen.color(), 0.15 + 0.75 * share)


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


class ConfusionView(QWidget):
    """The matrix, and how it reads; its cells shrink somewhat, so that more of them fit.

    Signals:
        cell_chosen: indices of the label present and of the label predicted of the cell that was chosen.
    """

    cell_chosen = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = ConfusionModel()
        self._table = QTableView()
        self._table.setHorizontalHeader(_TurnedHeader())
        self._table.setModel(self.model)
        self._table.setFont(theme.tabular(theme.smaller(self._table.font())))
        self._table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self._table.setTabKeyNavigation(False)
        self._table.setWordWrap(False)
        self._table.setAccessibleName(self.tr("Confusion matrix"))
        self._table.setCornerButtonEnabled(False)
        self._table.horizontalHeader().setDefaultSectionSize(CELL.width())
        rows = self._table.verticalHeader()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(CELL.height())
        rows.setMaximumWidth(NAME_LENGTH + 2 * theme.SPACE)
        rows.setHighlightSections(False)
        rows.setProperty("dense", True)
        rows.setFont(theme.smaller(rows.font()))
        hint = QLabel(self.tr("Rows: the label an image has. Columns: the label predicted."))
        hint.setProperty("tone", "secondary")
        hint.setWordWrap(True)
        hint.setContentsMargins(theme.PANEL, theme.SPACE // 2, theme.PANEL, theme.SPACE // 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._table, 1)
        layout.addWidget(hint)
        self._table.selectionModel().currentChanged.connect(self._on_chosen)
        # also the cell that is the current one: its images may have been left
        self._table.clicked.connect(self._on_chosen)
        self.model.modelReset.connect(self._fit)

    def _on_chosen(self, index: QModelIndex) -> None:
        if index.isValid():
            self.cell_chosen.emit(index.row(), index.column())

    def _fit(self) -> None:
        """Give the cells the size at which all fit, within bounds."""
        count = self.model.rowCount()
        if not count:
            return
        columns, rows = self._table.horizontalHeader(), self._table.verticalHeader()
        frame = 2 * self._table.frameWidth()
        width = (self._table.width() - rows.sizeHint().width() - frame) // count
        height = (self._table.height() - columns.sizeHint().height() - frame) // count
        columns.setDefaultSectionSize(max(LEAST_CELL.width(), min(width, CELL.width())))
        rows.setDefaultSectionSize(max(LEAST_CELL.height(), min(height, CELL.height())))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The cells have another room."""
        super().resizeEvent(event)
        self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        """The table has its size now."""
        super().showEvent(event)
        self._fit()
