"""Counts as bars in a table: each part of a bar has its number beside it, and leads to its images."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPalette,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QToolTip,
    QWidget,
)

from gui.label.review.statistics.statistics_parts import Bar, Look, Part, paint_part, part_rects, swatch
from gui.widgets import icons, theme
from gui.widgets.own_keys import keep_keys
from gui.widgets.states import STATE_GLYPHS, state_color

Index = QModelIndex | QPersistentModelIndex

NAME, BAR, FIRST_COUNT = range(3)
_LEAST_BAR = 48
_DOT = 8
_GLYPH = 10


class BarModel(QAbstractTableModel):
    """Bars, a row each: the name, the bar, and the number of each part."""

    def __init__(self, name: str, parts: Sequence[Part]) -> None:
        super().__init__()
        self.parts = tuple(parts)
        self._name = name
        self.bars: tuple[Bar, ...] = ()
        self.total = 0

    def show_bars(self, bars: Sequence[Bar], total: int) -> None:
        """Show other bars, of which the longest possible one has `total` images."""
        same = len(bars) == len(self.bars)
        if not same:
            self.beginResetModel()
        self.bars, self.total = tuple(bars), total
        if not same:
            self.endResetModel()
        elif bars:
            # a table that is reset forgets where it was scrolled to
            self.dataChanged.emit(self.index(0, 0), self.index(len(bars) - 1, self.columnCount() - 1))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """A row for each bar."""
        return 0 if parent.isValid() else len(self.bars)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """The name, the bar and the numbers."""
        return 0 if parent.isValid() else FIRST_COUNT + len(self.parts)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401 - as Qt asks
        """A name or a number, and what it means."""
        bar, column = self.bars[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            if column == BAR:
                return None
            return bar.name if column == NAME else f"{bar.counts[column - FIRST_COUNT]:,}"
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            return bar.words[column - FIRST_COUNT] if column >= FIRST_COUNT else "; ".join(bar.words)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401 - as Qt asks
        """What the columns are, with the pattern of each part."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._name if section == NAME else "" if section == BAR else self.parts[section - FIRST_COUNT].title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeading if section == NAME else Qt.AlignmentFlag.AlignTrailing
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.DecorationRole and section >= FIRST_COUNT and len(self.parts) > 1:
            return swatch(self.parts[section - FIRST_COUNT].look)
        return None


class BarTable(QTableView):
    """Bars with their numbers; a click on a part, or Return on a number, leads to its images.

    Signals:
        term_chosen: filter that shows the images of the part.
    """

    term_chosen = Signal(str)

    def __init__(
        self, title: str, name: str, parts: Sequence[Part], *, is_whole: bool = False, parent: QWidget | None = None
    ) -> None:
        """Make an empty table.

        Args:
            title: its accessible name.
            name: heading of the names.
            parts: of each bar.
            is_whole: whether it is as high as its rows, so that it does not scroll.
            parent: owner in Qt's sense.
        """
        super().__init__(parent)
        self._is_whole = is_whole
        self._pressed = QPoint()
        self.bars = BarModel(name, parts)
        self.setModel(self.bars)
        self.setItemDelegate(_BarDelegate(self))
        self.setAccessibleName(title)
        self.setFont(theme.tabular(self.font()))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setMinimumSectionSize(0)
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setVisible(len(parts) > 1)
        keep_keys(self)
        self.clicked.connect(self._on_clicked)
        self.activated.connect(self._on_activated)

    def show_bars(self, bars: Sequence[Bar], total: int) -> None:
        """Show other bars; the cell a person is at stays with its name."""
        current = self.currentIndex()
        name = self.bars.bars[current.row()].name if current.isValid() else None
        self.bars.show_bars(bars, total)
        row = next((row for row, bar in enumerate(bars) if bar.name == name), None)
        if row is not None and (row != self.currentIndex().row() or not self.currentIndex().isValid()):
            self.setCurrentIndex(self.bars.index(row, current.column()))
        elif bars and self.hasFocus() and not self.currentIndex().isValid():
            # it had the focus before it had anything to show it at
            self.setCurrentIndex(self.bars.index(0, NAME))
        self.updateGeometry()
        self._fit()

    def sizeHint(self) -> QSize:
        """All rows, where they are to be seen at once."""
        return QSize(280, self.height_of(self.bars.rowCount())) if self._is_whole else super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        """All rows, or some of them."""
        rows = self.bars.rowCount()
        return QSize(200, self.height_of(rows if self._is_whole else min(rows, 4)))

    def whole_height(self) -> int:
        """How high it is with all its rows, px."""
        return self.height_of(self.bars.rowCount())

    def part_rect(self, row: int, part: int) -> QRect:
        """Where a part of a bar is painted, in the viewport."""
        rect = self.visualRect(self.bars.index(row, BAR))
        parts = part_rects(rect, self.bars.bars[row].counts, self.bars.total, self.layoutDirection())
        return parts[part].toAlignedRect()

    def height_of(self, rows: int) -> int:
        """How high it is with so many rows, px."""
        header = self.horizontalHeader().sizeHint().height() if self.horizontalHeader().isVisibleTo(self) else 0
        return header + rows * self._row_height() + 2 * self.frameWidth()

    def _row_height(self) -> int:
        return max(theme.ROW - 4, QFontMetrics(self.font()).height() + theme.SPACE)

    def _fit(self) -> None:
        """Give the numbers what they need, the names what they need up to a third, and the bars the rest."""
        self.verticalHeader().setDefaultSectionSize(self._row_height())
        header, metrics = self.horizontalHeader(), QFontMetrics(self.font())
        gap = 2 * theme.SPACE
        rest = self.viewport().width()
        for column in range(FIRST_COUNT, self.bars.columnCount()):
            texts = [f"{max((bar.counts[column - FIRST_COUNT] for bar in self.bars.bars), default=0):,}"]
            needed = metrics.horizontalAdvance(texts[0]) + gap
            if header.isVisibleTo(self):
                needed = max(needed, header.sectionSizeHint(column))
            header.resizeSection(column, needed)
            rest -= needed
        names = max((metrics.horizontalAdvance(bar.name) for bar in self.bars.bars), default=0)
        dot = _DOT + theme.SPACE if any(bar.color for bar in self.bars.bars) else 0
        share = rest - _LEAST_BAR if self._is_whole else rest // 2
        width = min(names + dot + gap, max(share, 2 * _LEAST_BAR))
        header.resizeSection(NAME, width)
        header.resizeSection(BAR, max(rest - width, _LEAST_BAR))

    def _part_at(self, index: QModelIndex, place: QPoint) -> int:
        """The part of a bar, or of a number, at a place of the viewport; -1 beside them."""
        if not index.isValid() or index.column() == NAME:
            return -1
        if index.column() >= FIRST_COUNT:
            return index.column() - FIRST_COUNT
        parts = range(len(self.bars.parts))
        return next((part for part in parts if self.part_rect(index.row(), part).contains(place)), -1)

    def _choose(self, row: int, part: int) -> None:
        bar = self.bars.bars[row]
        if bar.terms[part]:
            self.term_chosen.emit(bar.terms[part])

    def _on_clicked(self, index: QModelIndex) -> None:
        part = self._part_at(index, self._pressed)
        if part >= 0 or index.column() == NAME:
            self._choose(index.row(), max(part, 0))

    def _on_activated(self, index: QModelIndex) -> None:
        # by key: the name and the bar stand for the first part
        self._choose(index.row(), max(index.column() - FIRST_COUNT, 0))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember which part of a bar was pressed."""
        self._pressed = event.position().toPoint()
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show what can be clicked."""
        super().mouseMoveEvent(event)
        index = self.indexAt(event.position().toPoint())
        is_link = index.isValid() and (index.column() == NAME or self._part_at(index, event.position().toPoint()) >= 0)
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if is_link else Qt.CursorShape.ArrowCursor)

    def viewportEvent(self, event: QEvent) -> bool:
        """Tell what the part under the mouse says."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            index = self.indexAt(event.pos())
            part = self._part_at(index, event.pos())
            text = self.bars.bars[index.row()].words[part] if part >= 0 else ""
            if index.isValid() and index.column() == NAME:
                text = self.bars.bars[index.row()].name
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().viewportEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The bars have another room."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """The letters have another size."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()


class _BarDelegate(QStyledItemDelegate):
    """Paints names, bars and numbers."""

    def __init__(self, table: BarTable) -> None:
        super().__init__(table)
        self._table = table

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one cell."""
        rect: QRect = option.rect
        palette: QPalette = option.palette
        state: QStyle.StateFlag = option.state
        bar, column = self._table.bars.bars[index.row()], index.column()
        painter.save()
        painter.setFont(self._table.font())
        if state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, palette.alternateBase())
        if column == BAR:
            self._paint_bar(painter, rect, bar, palette)
        elif column == NAME:
            self._paint_name(painter, rect, bar, palette)
        else:
            is_none = bar.counts[column - FIRST_COUNT] == 0
            painter.setPen(theme.secondary(palette) if is_none else palette.color(QPalette.ColorRole.Text))
            inner = rect.adjusted(theme.SPACE // 2, 0, -theme.SPACE // 2, 0)
            side = QStyle.visualAlignment(self._table.layoutDirection(), _TRAILING)
            painter.drawText(inner, int(side), f"{bar.counts[column - FIRST_COUNT]:,}")
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(theme.accent(palette), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(rect.adjusted(1, 1, -1, -1))
        painter.restore()

    def _paint_bar(self, painter: QPainter, rect: QRect, bar: Bar, palette: QPalette) -> None:
        model = self._table.bars
        for part, place in zip(
            model.parts, part_rects(rect, bar.counts, model.total, self._table.layoutDirection()), strict=True
        ):
            if place.width() <= 0:
                continue
            paint_part(painter, place, part.look, palette)
            if part.look != Look.PLAIN and place.width() > 2.5 * _GLYPH:
                self._paint_glyph(painter, place, part.look, palette)

    def _paint_glyph(self, painter: QPainter, place: QRectF, look: Look, palette: QPalette) -> None:
        glyph = QRectF(0, 0, _GLYPH, _GLYPH)
        glyph.moveCenter(place.center())
        color = state_color(int(look), palette)
        if look == Look.PRESENT:
            ink = theme.readable_on(color)
        else:
            # a hatching, or a dotted line, would cross the glyph
            painter.fillRect(glyph.adjusted(-3, -2, 3, 2), palette.base())
            ink = palette.color(QPalette.ColorRole.PlaceholderText)
        icons.paint(painter, STATE_GLYPHS[int(look)], glyph, ink)

    def _paint_name(self, painter: QPainter, rect: QRect, bar: Bar, palette: QPalette) -> None:
        direction = self._table.layoutDirection()
        inner = rect.adjusted(theme.SPACE, 0, -theme.SPACE // 2, 0)
        if bar.color:
            dot = QRect(inner.left(), inner.center().y() - _DOT // 2 + 1, _DOT, _DOT)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(bar.color))
            painter.drawEllipse(QStyle.visualRect(direction, rect, dot))
            inner.setLeft(inner.left() + _DOT + theme.SPACE)
        inner = QStyle.visualRect(direction, rect, inner)
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        text = painter.fontMetrics().elidedText(bar.name, Qt.TextElideMode.ElideRight, inner.width())
        painter.drawText(inner, int(QStyle.visualAlignment(direction, _LEADING)), text)


_LEADING = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_TRAILING = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
