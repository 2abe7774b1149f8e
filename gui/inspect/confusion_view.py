"""Matrices of pairs of labels: which is taken for which, and which come together."""

from abc import abstractmethod
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

from core.evaluation.cooccurrence import Confusions, Together
from gui.inspect.scored_split import ScoredSplit
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
        if state & QStyle.StateFlag.State_Selected:
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
        cell_chosen: row and column of the cell that was chosen.
    """

    cell_chosen = Signal(int, int)

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
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._table, 1)
        layout.addWidget(self._hint)
        self._table.selectionModel().currentChanged.connect(self._on_chosen)
        # also the cell that is the current one: its images may have been left
        self._table.clicked.connect(self._on_chosen)
        model.modelReset.connect(self._fit)

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


class ConfusionView(MatrixView):
    """The matrix of a multi-class run.

    Attributes:
        model: the matrix.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        model = ConfusionModel()
        super().__init__(model, title="", hint="", parent=parent)
        self.model = model
        self._table.setAccessibleName(self.tr("Confusion matrix"))
        self._hint.setText(self.tr("Rows: the label an image has. Columns: the label predicted."))
