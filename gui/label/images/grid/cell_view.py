"""A view of many images in cells of one size: what is painted, chosen and wished for depends on what is seen only."""

import numpy as np
from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    Qt,
)
from PySide6.QtGui import (
    QHideEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QRegion,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QWidget

from gui.label.images.grid.choosing_view import ChoosingView
from gui.label.images.grid.image_model import ImageModel
from gui.label.images.grid.thumbnail_delegate import Cell, Look, ThumbnailDelegate
from gui.session import Session

Index = QModelIndex | QPersistentModelIndex


class CellView(ChoosingView):
    """The base of the grid and the filmstrip.

    Content coordinates go from left to right and from the top; where reading goes from right to left the view mirrors
    them. A subclass says where cells are in `_lay_out`, and takes the model once it can.
    """

    def __init__(self, session: Session, model: ImageModel, *, chips: bool, parent: QWidget | None = None) -> None:
        super().__init__(model, parent)
        self._session = session
        self._hovered = -1
        self._wishes_stale = True
        self._shown: dict[int, int] = {}
        self._direction = 1
        self.delegate = ThumbnailDelegate(session, model, chips=chips, parent=self)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        # what is scrolled is moved, and only what comes into view is painted
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.viewport().setMouseTracking(True)
        self.delegate.repaint_wanted.connect(self._repaint)
        session.changed.connect(self._repaint)
        session.facts_read.connect(self._on_loaded)
        session.thumbnails.loaded.connect(self._on_loaded)

    # where things are

    def _lay_out(self) -> None:
        """Place the cells and set the ranges of the scroll bars."""
        raise NotImplementedError

    def _covered(self) -> int:
        """Height at the top in which cells are covered."""
        return 0

    def _offset(self) -> QPoint:
        return QPoint(self.horizontalScrollBar().value(), self.verticalScrollBar().value())

    def _to_view(self, place: QRect) -> QRect:
        """Content coordinates in those of the viewport."""
        moved = place.translated(-self._offset())
        if self.isRightToLeft():
            moved.moveRight(self.viewport().width() - 1 - moved.left())
        return moved

    def _to_content(self, area: QRect) -> QRect:
        """Coordinates of the viewport in those of the content."""
        mirrored = QRect(area)
        if self.isRightToLeft():
            mirrored.moveRight(self.viewport().width() - 1 - area.left())
        return mirrored.translated(self._offset())

    def _row_at(self, point: QPoint) -> int:
        place = self._to_content(QRect(point, point)).topLeft()
        return self._cells.row_at(place.x(), place.y()) if point.y() >= self._covered() else -1

    def visualRect(self, index: Index) -> QRect:
        """Where a cell is in the viewport."""
        if not index.isValid() or index.row() >= self._cells.count:
            return QRect()
        return self._to_view(self._cells.place(index.row()))

    def indexAt(self, point: QPoint) -> QModelIndex:
        """The image at a point of the viewport."""
        row = self._row_at(point)
        return self._model.index(row) if row >= 0 else QModelIndex()

    def scrollTo(
        self, index: Index, hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible
    ) -> None:
        """Scroll as far as is needed to see a cell as a whole."""
        if not index.isValid() or index.row() >= self._cells.count:
            return
        cell, view = self._cells.place(index.row()), self.viewport().rect()
        vertical, horizontal = self.verticalScrollBar(), self.horizontalScrollBar()
        covered = self._covered()
        top, bottom = cell.top() - covered, cell.bottom() + 1
        vertical.setValue(_shifted(vertical.value(), top, bottom, view.height(), covered, hint))
        horizontal.setValue(_shifted(horizontal.value(), cell.left(), cell.right() + 1, view.width(), 0, hint))

    def horizontalOffset(self) -> int:
        """What of the content is at the side of the viewport."""
        return self.horizontalScrollBar().value()

    def verticalOffset(self) -> int:
        """What of the content is above the viewport."""
        return self.verticalScrollBar().value()

    def isIndexHidden(self, _index: Index) -> bool:
        """No cell is."""
        return False

    # what Qt asks

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        """Select the cells that an area of the viewport touches."""
        runs = self._cells.rows_in(self._to_content(rect.normalized()))
        self.selectionModel().select(self._selection(runs), command)

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        """What is to be painted anew; all that is seen, which is little, where exactness would go through ranges."""
        return QRegion() if selection.isEmpty() else QRegion(self.viewport().rect())

    def updateGeometries(self) -> None:
        """Cells or the viewport changed."""
        if self.model() is not None:
            self._lay_out()
        QAbstractItemView.updateGeometries(self)

    def doItemsLayout(self) -> None:
        """Cells are placed by arithmetic, and not one by one as in other list views."""
        QAbstractItemView.doItemsLayout(self)

    def reset(self) -> None:
        """Other images are there; the selection model forgets by itself, once for all views that share it."""
        self._on_rows_changed()

    def rowsInserted(self, parent: Index, start: int, end: int) -> None:
        """Images were added at the end."""
        QAbstractItemView.rowsInserted(self, parent, start, end)
        self._on_rows_changed()

    def _on_rows_changed(self) -> None:
        """Place the cells anew, for there are other images."""
        self._forget_selection()
        self._lay_out()
        self._wish_soon()

    # painting

    def _repaint(self) -> None:
        self.viewport().update()

    def _wish_soon(self) -> None:
        """Other images are seen: paint them, and then ask for their pictures."""
        self._wishes_stale = True
        self._hovered = -1
        self.viewport().update()

    def _box(self) -> tuple[int, int]:
        """What pictures are to fit into, in device pixels."""
        area = self.delegate.picture_area(QRect(0, 0, self._cells.width, self._cells.height), self.font())
        ratio = self.viewport().devicePixelRatioF()
        return max(1, round(area.width() * ratio)), max(1, round(area.height() * ratio))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the cells that came into view or changed."""
        painter = QPainter(self.viewport())
        area = event.rect()
        cells: list[Cell] = []
        if self._cells.count and self._cells.count == len(self._model.rows):
            cells = self._cells_in(area)
            region = event.region()
            if region.rectCount() > 1:
                width, height = self._cells.width, self._cells.height
                cells = [(row, x, y) for row, x, y in cells if region.intersects(QRect(x, y, width, height))]
        is_whole = self.viewport().devicePixelRatioF().is_integer()
        # where a logical pixel is no number of real ones, cells end within one
        if not is_whole or not self._covers(area):
            painter.fillRect(area, self.palette().color(QPalette.ColorRole.Base))
        if cells:
            self.delegate.paint_cells(painter, cells, self._look(cells))
        self._paint_over(painter, area)
        painter.end()
        if self._wishes_stale:
            self._wish()

    def _look(self, cells: list[Cell]) -> Look:
        # the strip never has the focus, for the large image has it
        is_focus_seen = self.hasFocus() or self.focusPolicy() == Qt.FocusPolicy.NoFocus
        current = self.currentIndex().row() if is_focus_seen else -1
        return Look(
            width=self._cells.width,
            height=self._cells.height,
            box=self._box(),
            palette=self.palette(),
            font=self.font(),
            selected={row for row, _, _ in cells if self.is_row_selected(row)},
            current=current,
            hovered=self._hovered,
            mirrored=self.isRightToLeft(),
        )

    def _cells_in(self, area: QRect) -> list[Cell]:
        """The cells that an area of the viewport touches."""
        offset, width = self._offset(), self._cells.width
        left, top = offset.x(), offset.y()
        origins = ((row, *self._cells.origin(row)) for row in self._rows_in(area))
        if self.isRightToLeft():
            right = self.viewport().width() + left - width
            return [(row, right - x, y - top) for row, x, y in origins]
        return [(row, x - left, y - top) for row, x, y in origins]

    def _covers(self, area: QRect) -> bool:
        """Whether cells leave nothing free of an area of the viewport."""
        if self._cells.header or not self._cells.count:
            return False
        content = self._to_content(area)
        full = self._cells.count // self._cells.columns * self._cells.height
        return content.right() < self._cells.columns * self._cells.width and content.bottom() < full

    def _paint_over(self, painter: QPainter, area: QRect) -> None:
        """Paint what lies over the cells."""

    def _rows_in(self, area: QRect) -> list[int]:
        """Rows whose cells an area of the viewport touches."""
        return [row for first, last in self._cells.rows_in(self._to_content(area)) for row in range(first, last + 1)]

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Move what was painted; what comes into view is painted after it."""
        self._wishes_stale = True
        self._hovered = -1
        if dx + dy:
            self._direction = -1 if dx + dy > 0 else 1
        self.viewport().scroll(-dx if self.isRightToLeft() else dx, dy)

    # pictures

    def _wish(self) -> None:
        """Ask for the pictures of what is seen, and of a screen more in the direction of the scrolling."""
        self._wishes_stale = False
        if not self._session.has_project or not self._cells.count:
            self._shown = {}
            return
        view = self.viewport().rect()
        seen = self._rows_in(view)
        ahead = self._rows_in(self._ahead(view))
        if self._direction < 0:
            ahead.reverse()
        rows = list(dict.fromkeys(seen + ahead))
        image_ids = self._model.image_ids(np.array(rows, np.int64)).tolist()
        self._shown = dict(zip(image_ids, seen, strict=False))
        self._session.thumbnails.want(self, image_ids, self._box())

    def _ahead(self, view: QRect) -> QRect:
        """What is seen after a screen more of scrolling."""
        return view.translated(0, self._direction * view.height())

    def _on_loaded(self, image_ids: frozenset[int]) -> None:
        for image_id in image_ids.intersection(self._shown):
            row = self._shown[image_id]
            if self._session.thumbnails.find(image_id, self._box()) is None:
                # it was forgotten
                self._wishes_stale = True
            if row < self._cells.count:
                self.viewport().update(self._to_view(self._cells.place(row)))

    def _hover(self, row: int) -> None:
        if row == self._hovered:
            return
        for one in (self._hovered, row):
            if 0 <= one < self._cells.count:
                self.viewport().update(self._to_view(self._cells.place(one)))
        self._hovered = row

    # the mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the image that is clicked; the right button leaves a selection that it is in as it is."""
        row = self._row_at(event.position().toPoint())
        if row >= 0 and (event.button() == Qt.MouseButton.LeftButton or not self.is_row_selected(row)):
            self._choose(row, event.modifiers())
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Two clicks in short order."""
        self.mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Nothing happens on it."""
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The cell below the pointer is lit."""
        if event.buttons() == Qt.MouseButton.NoButton:
            self._hover(self._row_at(event.position().toPoint()))
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:
        """No cell is below the pointer once it left."""
        if event.type() == QEvent.Type.Leave:
            self._hover(-1)
        return super().viewportEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """More or less is seen."""
        QAbstractItemView.resizeEvent(self, event)
        self._wish_soon()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nothing is seen."""
        super().hideEvent(event)
        self._session.thumbnails.want(self, (), self._box())
        self._wishes_stale = True


def _shifted(value: int, start: int, end: int, extent: int, covered: int, hint: QAbstractItemView.ScrollHint) -> int:
    """The value of a scroll bar that shows something from `start` to `end` in a view of some extent."""
    wanted = QAbstractItemView.ScrollHint
    if hint == wanted.PositionAtTop:
        return start
    if hint == wanted.PositionAtBottom:
        return end - extent
    if hint == wanted.PositionAtCenter:
        return (start + covered + end - extent) // 2
    if start < value:
        return start
    return min(start, end - extent) if end > value + extent else value
