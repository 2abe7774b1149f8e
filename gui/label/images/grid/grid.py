"""The grid of thumbnails."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QItemSelection, QItemSelectionModel, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QGuiApplication, QMouseEvent, QPainter, QPalette, QPen, QWheelEvent
from PySide6.QtWidgets import QAbstractItemView, QWidget

from gui.label.images.grid.cell_layout import CellLayout
from gui.label.images.grid.cell_view import CellView
from gui.label.images.grid.filmstrip import Filmstrip
from gui.label.images.grid.image_model import ImageModel
from gui.label.images.grid.pieces import MARGIN
from gui.label.images.grid.rubber_band import RubberBand
from gui.session import Session
from gui.widgets import icons, theme

__all__ = ["Filmstrip", "Grid"]

_AROUND = 20
"""Width of a cell besides its picture."""
_SHAPE = 0.78
"""Height of a picture's room for its width."""
_Flag = QItemSelectionModel.SelectionFlag


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was chosen before other images are shown: ids of all that were, in their order, and of those selected."""

    image_ids: NDArray[np.int64]
    selected: NDArray[np.int64]
    current: int
    anchor: int


class Grid(CellView):
    """Thumbnails in lines that fill the width, on request in sections with a header for each folder.

    What is selected, and which image is the current one, survives that other images are shown, or the same ones in
    another order.

    Signals:
        opened: an image was double-clicked.
        size_step_wanted: +1 or -1; Ctrl and the wheel were used.
        painted: id of an image, modifiers; it was clicked or dragged over while painting, once in a stroke.
    """

    opened = Signal()
    size_step_wanted = Signal(int)
    painted = Signal(int, object)

    def __init__(self, session: Session, model: ImageModel, parent: QWidget | None = None) -> None:
        super().__init__(session, model, chips=True, parent=parent)
        self._thumbnail_size = session.settings.thumbnail_size
        self._laid_out: tuple[object, ...] = ()
        self._kept: _Kept | None = None
        self._is_painting = False
        self._stroke: set[int] = set()
        self._stroke_end = QPoint()
        self._band = RubberBand(self)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setAccessibleName(self.tr("Images"))
        self.setModel(model)
        model.modelAboutToBeReset.connect(self._keep_choice)
        # after the view and the selection model have heard of it, and before the filmstrip does
        model.modelReset.connect(self._restore_choice)
        self.delegate.height_changed.connect(self._lay_out)
        self._band.moved.connect(self._on_band_moved)

    # what a workspace asks

    def set_thumbnail_size(self, size: int) -> None:
        """Set the least width of a thumbnail, in logical pixels; lines are filled, so they are often a little wider."""
        if size != self._thumbnail_size:
            self._thumbnail_size = size
            self._lay_out()

    def cell_size(self) -> QSize:
        """Size of a cell."""
        return QSize(self._cells.width, self._cells.height)

    def set_sections(self, on: bool) -> None:
        """Put the images of each folder below a header with its name, or all together."""
        self._model.set_grouped(on)

    def set_painting(self, on: bool) -> None:
        """While painting, clicks and drags tell which images they touch and choose none."""
        self._is_painting = on
        self._band.stop()
        if on:
            self.viewport().setCursor(Qt.CursorShape.CrossCursor)
        else:
            self.viewport().unsetCursor()

    def invert_selection(self) -> None:
        """Select what is not selected."""
        last = self._cells.count - 1
        if last >= 0:
            everything = QItemSelection(self._model.index(0), self._model.index(last))
            self.selectionModel().select(everything, _Flag.Toggle)

    # other images

    def _keep_choice(self) -> None:
        self._kept = None
        rows = self._model.rows
        if not self._session.has_project or not len(rows) or rows.max() >= len(self._session.store.image_ids):
            return
        image_ids = self._model.image_ids(np.arange(len(rows)))
        current = self.currentIndex().row()
        if current >= 0 or len(self.selected_rows()):
            self._kept = _Kept(image_ids, image_ids[self.selected_rows()], current, self._anchor)

    def _restore_choice(self) -> None:
        kept, self._kept = self._kept, None
        self._forget_selection()
        if kept is None or not self._cells.count:
            self.verticalScrollBar().setValue(0)
            return
        rows = self._model.rows_of(kept.image_ids)
        selected = np.sort(self._model.rows_of(kept.selected))
        selected = selected[selected >= 0]
        current = int(rows[kept.current]) if kept.current >= 0 else -1
        if current < 0 and len(selected):
            current = int(selected[0])
        if current < 0:
            current = _nearest(rows, kept.current)
        if current < 0:
            return
        if not len(selected):
            selected = np.array([current], np.int64)
        self.select_runs(_runs(selected))
        self.selectionModel().setCurrentIndex(self._model.index(current), _Flag.NoUpdate)
        if 0 <= kept.anchor < len(rows) and rows[kept.anchor] >= 0:
            self._anchor = int(rows[kept.anchor])
        self.scrollTo(self._model.index(current))

    # where things are

    def _lay_out(self) -> None:
        room = self.viewport().width()
        columns = max(1, room // (self._thumbnail_size + _AROUND))
        width = max(self._thumbnail_size + _AROUND, room // columns) if columns == 1 else room // columns
        height = round((width - _AROUND) * _SHAPE) + _AROUND + self.delegate.footer(self.font())
        counts = self._model.section_counts()
        header = self._header_height() if self._model.is_grouped else 0
        key = (counts, columns, width, height, header)
        bar, extent = self.verticalScrollBar(), self.viewport().height()
        row, top = self._kept_in_place()
        if key != self._laid_out:
            self._laid_out = key
            self._cells = CellLayout(counts, columns=columns, width=width, height=height, header=header)
            self._wish_soon()
        bar.setRange(0, max(0, self._cells.content_height - extent))
        bar.setPageStep(max(height, extent - header))
        bar.setSingleStep(max(1, height // 2))
        if 0 <= row < self._cells.count:
            bar.setValue(self._cells.place(row).top() - top)

    def _kept_in_place(self) -> tuple[int, int]:
        """The row that stays where it is when cells change their size, and how far it is from the top of the view."""
        offset, extent = self.verticalScrollBar().value(), self.viewport().height()
        row = self.currentIndex().row()
        if 0 <= row < self._cells.count:
            place = self._cells.place(row)
            if offset <= place.center().y() < offset + extent:
                return row, place.top() - offset
        rows = self._cells.rows_between(offset + self._cells.height // 2, offset + extent)
        return (rows[0], self._cells.place(rows[0]).top() - offset) if rows and offset else (-1, 0)

    def _header_height(self) -> int:
        return self.fontMetrics().height() + 2 * theme.SPACE

    def _covered(self) -> int:
        return self._cells.header

    def _page(self) -> int:
        return max(1, (self.viewport().height() - self._cells.header) // self._cells.height)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """The header at the top stays where it is."""
        super().scrollContentsBy(dx, dy)
        if self._band.is_active:
            self._repaint()
        elif self._cells.header:
            self.viewport().update(0, 0, self.viewport().width(), 2 * self._cells.header + abs(dy))

    # sections

    def _headers(self) -> list[tuple[int, QRect]]:
        """Sections whose header is seen, and where; that of the section at the top stays there, and comes first."""
        cells, width = self._cells, self.viewport().width()
        if not cells.header or not cells.count:
            return []
        offset = self.verticalScrollBar().value()
        first, *others = cells.sections_between(offset, offset + self.viewport().height())
        pushed = min(0, cells.tops[first + 1] - offset - cells.header)
        places = [(first, pushed), *((one, cells.tops[one] - offset) for one in others)]
        return [(section, QRect(0, top, width, cells.header)) for section, top in places]

    def _paint_over(self, painter: QPainter, area: QRect) -> None:
        self._paint_stroke(painter, area)
        for section, place in reversed(self._headers()):
            if place.intersects(area):
                self._paint_header(painter, section, place)
        self._band.paint(painter, self._to_view)

    def _paint_stroke(self, painter: QPainter, area: QRect) -> None:
        """Frame the images that a stroke has passed; they get their labels when the button is let go."""
        for row in self._stroke:
            place = self._to_view(self._cells.place(row)) if row < self._cells.count else QRect()
            if place.intersects(area):
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(theme.accent(self.palette()), 3))
                frame = place.toRectF().adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
                painter.drawRoundedRect(frame.adjusted(1.5, 1.5, -1.5, -1.5), 5, 5)

    def _paint_header(self, painter: QPainter, section: int, place: QRect) -> None:
        palette, cells = self.palette(), self._cells
        # that of the view itself has the ground of the cells for it
        painter.fillRect(place, QGuiApplication.palette().color(QPalette.ColorRole.Window))
        painter.fillRect(place.left(), place.bottom(), place.width(), 1, theme.hairline(palette))
        mirrored = self.isRightToLeft()
        side = self.fontMetrics().height()
        inside = place.adjusted(theme.PANEL, 0, -theme.PANEL, 0)
        spot = QRect(inside.left(), place.center().y() - side // 2, side, side)
        if mirrored:
            spot.moveRight(inside.right())
        icons.paint(painter, "folder", spot.toRectF(), theme.secondary(palette))
        count = f"{cells.starts[section + 1] - cells.starts[section]:,}"
        leading = Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter
        leading |= Qt.AlignmentFlag.AlignRight if mirrored else Qt.AlignmentFlag.AlignLeft
        bold = QFont(self.font())
        bold.setWeight(QFont.Weight.DemiBold)
        painter.setFont(bold)
        room = inside.width() - side - 2 * theme.SPACE - self.fontMetrics().horizontalAdvance(count)
        metrics = painter.fontMetrics()
        name = metrics.elidedText(self._model.folder(cells.starts[section]), Qt.TextElideMode.ElideMiddle, room)
        text = (
            inside.adjusted(0, 0, -side - theme.SPACE, 0) if mirrored else inside.adjusted(side + theme.SPACE, 0, 0, 0)
        )
        painter.setPen(palette.color(QPalette.ColorRole.WindowText))
        painter.drawText(text, leading, name)
        used = metrics.horizontalAdvance(name) + theme.SPACE
        painter.setFont(self.font())
        painter.setPen(theme.secondary(palette))
        painter.drawText(text.adjusted(0, 0, -used, 0) if mirrored else text.adjusted(used, 0, 0, 0), leading, count)

    def _header_at(self, point: QPoint) -> int:
        """The section whose header is at a point of the viewport; -1 for none."""
        return next((section for section, place in self._headers() if place.contains(point)), -1)

    def _row_at(self, point: QPoint) -> int:
        return -1 if self._cells.header and self._header_at(point) >= 0 else super()._row_at(point)

    # the mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose, or paint, or begin to drag a frame; a header stands for all images of its folder."""
        point, is_left = event.position().toPoint(), event.button() == Qt.MouseButton.LeftButton
        row, section = self._row_at(point), self._header_at(point)
        if self._is_painting and is_left:
            self._stroke.clear()
            self._stroke_end = point
            self._paint_images(point, event.modifiers())
            event.accept()
            return
        if section >= 0 and is_left:
            run = (self._cells.starts[section], self._cells.starts[section + 1] - 1)
            self.select_runs([run], add=bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))
            self.selectionModel().setCurrentIndex(self._model.index(run[0]), _Flag.NoUpdate)
            event.accept()
            return
        if is_left:
            self._band.press(self._to_content(QRect(point, point)).topLeft(), event.modifiers())
            if row < 0 and event.modifiers() == Qt.KeyboardModifier.NoModifier:
                self.clearSelection()
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on painting, or with the frame."""
        point = event.position().toPoint()
        if event.buttons() & Qt.MouseButton.LeftButton:
            if self._is_painting:
                self._paint_images(point, event.modifiers())
            else:
                self._band.move(point)
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The frame or the stroke is done."""
        if self._stroke:
            self._stroke.clear()
            self._repaint()
        if self._band.is_active:
            rows = self.selected_rows()
            if len(rows) and not self.is_row_selected(self.currentIndex().row()):
                self.selectionModel().setCurrentIndex(self._model.index(int(rows[0])), _Flag.NoUpdate)
        self._band.stop()
        super().mouseReleaseEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Open the image; with Ctrl or Shift, or while painting, it is another click."""
        row, plain = self._row_at(event.position().toPoint()), event.modifiers() == Qt.KeyboardModifier.NoModifier
        if row >= 0 and plain and event.button() == Qt.MouseButton.LeftButton and not self._is_painting:
            event.accept()
            self.opened.emit()
        else:
            self.mousePressEvent(event)

    def _paint_images(self, point: QPoint, modifiers: Qt.KeyboardModifier) -> None:
        """Tell of the images between where the pointer was and is, each once for a stroke."""
        way = point - self._stroke_end
        steps = max(1, max(abs(way.x()), abs(way.y())) * 3 // min(self._cells.width, self._cells.height))
        for step in range(1, steps + 1):
            row = self._row_at(self._stroke_end + way * (step / steps))
            if row >= 0 and row not in self._stroke:
                self._stroke.add(row)
                self.viewport().update(self._to_view(self._cells.place(row)))
                self.painted.emit(self._model.image_id(row), modifiers)
        self._stroke_end = point

    def _on_band_moved(self) -> None:
        self._band.select(self._cells.rows_in(self._band.area), self._selection)
        self._repaint()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Ctrl and the wheel change the size."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.size_step_wanted.emit(1 if event.angleDelta().y() > 0 else -1)
            event.accept()
            return
        QAbstractItemView.wheelEvent(self, event)

    def changeEvent(self, event: QEvent) -> None:
        """Another font needs other heights."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange, QEvent.Type.LayoutDirectionChange):
            self._lay_out()


def _runs(rows: NDArray[np.int64]) -> list[tuple[int, int]]:
    """First and last rows of the runs in ascending rows (n,)."""
    breaks = np.flatnonzero(np.diff(rows) > 1)
    firsts, lasts = rows[np.append(0, breaks + 1)], rows[np.append(breaks, len(rows) - 1)]
    return list(zip(firsts.tolist(), lasts.tolist(), strict=True))


def _nearest(rows: NDArray[np.int64], place: int) -> int:
    """The first row that is seen, not -1, behind a place, else the last before it, else -1."""
    seen = np.flatnonzero(rows >= 0)
    if not len(seen):
        return -1
    behind = int(np.searchsorted(seen, place))
    return int(rows[seen[min(behind, len(seen) - 1)]])
