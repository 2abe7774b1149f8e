"""The grid of thumbnails."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPalette, QResizeEvent, QShowEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QWidget

from gui.label.images.image_model import ImageModel
from gui.label.images.thumbnail_delegate import ThumbnailDelegate
from gui.session import Session
from gui.widgets import theme


class Grid(QListView):
    """Thumbnails in rows that fill the width.

    Signals:
        opened: an image was double-clicked.
        size_step_wanted: +1 or -1; Ctrl and the wheel were used.
    """

    opened = Signal()
    size_step_wanted = Signal(int)

    def __init__(self, session: Session, model: ImageModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._thumbnail_size = session.settings.thumbnail_size
        self.delegate = ThumbnailDelegate(session, model, parent=self)
        self.setModel(model)
        self.setItemDelegate(self.delegate)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setUniformItemSizes(True)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Images"))
        self.setContentsMargins(0, 0, 0, 0)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.doubleClicked.connect(self.opened)
        self.delegate.repaint_wanted.connect(self._repaint)
        session.thumbnails.loaded.connect(self._repaint)
        session.changed.connect(self._repaint)

    def set_thumbnail_size(self, size: int) -> None:
        """Set the least width of a thumbnail, in logical pixels; rows are filled, so they are often a little wider."""
        if size != self._thumbnail_size:
            self._thumbnail_size = size
            self._fill_rows()

    def selected_rows(self) -> NDArray[np.int64]:
        """Rows of the model that are selected, ascending (n,)."""
        spans = [np.arange(span.top(), span.bottom() + 1) for span in self.selectionModel().selection().toList()]
        return np.unique(np.concatenate(spans)).astype(np.int64) if spans else np.empty(0, np.int64)

    def go_to(self, row: int) -> None:
        """Make one image the current and only selected one, and show it."""
        index = self._model.index(row)
        self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self.scrollTo(index)

    def invert_selection(self) -> None:
        """Select what is not selected."""
        last = self._model.rowCount() - 1
        if last >= 0:
            everything = QItemSelection(self._model.index(0), self._model.index(last))
            self.selectionModel().select(everything, QItemSelectionModel.SelectionFlag.Toggle)

    def _repaint(self) -> None:
        self.viewport().update()

    def _fill_rows(self) -> None:
        room = self.viewport().width() - 1
        least = self._thumbnail_size + 20
        width = room // max(1, room // least)
        size = QSize(width, round((width - 20) * 0.78) + 20 + self.delegate.footer())
        if size != self.gridSize() and room > least:
            keep = self.currentIndex()
            self.setGridSize(size)
            self.verticalScrollBar().setSingleStep(size.height() // 2)
            if keep.isValid():
                self.scrollTo(keep)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fill the new width."""
        self._fill_rows()
        super().resizeEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Ctrl and the wheel change the size."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.size_step_wanted.emit(1 if event.angleDelta().y() > 0 else -1)
            event.accept()
            return
        super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Letters are commands or nothing; the view would jump to names that begin with them."""
        if event.text().isprintable() and event.text() and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            event.ignore()
            return
        super().keyPressEvent(event)


class Filmstrip(QListView):
    """The same images in one line, for the loupe; shares the grid's selection."""

    def __init__(self, session: Session, model: ImageModel, grid: Grid, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._delegate = ThumbnailDelegate(session, model, chips=False, parent=self)
        self.setModel(model)
        self.setSelectionModel(grid.selectionModel())
        self.setItemDelegate(self._delegate)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setUniformItemSizes(True)
        self.setGridSize(QSize(92, 76))
        self.setFixedHeight(76 + 12 + theme.SPACE // 2)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMouseTracking(True)
        session.thumbnails.loaded.connect(self._repaint)
        session.changed.connect(self._repaint)

    def _repaint(self) -> None:
        self.viewport().update()

    def currentChanged(
        self, current: QModelIndex | QPersistentModelIndex, previous: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Keep the current image in the middle."""
        super().currentChanged(current, previous)
        self._center()

    def showEvent(self, event: QShowEvent) -> None:
        """The current image may be another one than when the strip was last seen."""
        super().showEvent(event)
        self._center()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The middle moves."""
        super().resizeEvent(event)
        self._center()

    def _center(self) -> None:
        if self.isVisible() and self.currentIndex().isValid():
            self.scrollTo(self.currentIndex(), QAbstractItemView.ScrollHint.PositionAtCenter)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The wheel runs along the strip."""
        bar = self.horizontalScrollBar()
        bar.setValue(bar.value() - event.angleDelta().y() - event.angleDelta().x())
        event.accept()
