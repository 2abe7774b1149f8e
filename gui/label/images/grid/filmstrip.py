"""The images in one line, below the one that is seen large."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QResizeEvent, QShowEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractItemView, QWidget

from gui.label.images.grid.cell_layout import CellLayout
from gui.label.images.grid.cell_view import CellView
from gui.label.images.grid.image_model import ImageModel
from gui.session import Session
from gui.widgets import theme

_WIDTH, _HEIGHT = 92, 76


class Filmstrip(CellView):
    """The same images as the grid's, sharing its selection."""

    def __init__(
        self, session: Session, model: ImageModel, grid: QAbstractItemView, parent: QWidget | None = None
    ) -> None:
        super().__init__(session, model, chips=False, parent=parent)
        self.setModel(model)
        own = self.selectionModel()
        self.setSelectionModel(grid.selectionModel())
        own.deleteLater()
        self.setFixedHeight(_HEIGHT + 12 + theme.SPACE // 2)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(self.tr("Images in a line"))

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

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The wheel runs along the strip."""
        bar = self.horizontalScrollBar()
        bar.setValue(bar.value() - event.angleDelta().y() - event.angleDelta().x())
        event.accept()

    def _lay_out(self) -> None:
        count = len(self._model.rows)
        self._cells = CellLayout([count] if count else (), columns=max(1, count), width=_WIDTH, height=_HEIGHT)
        bar, room = self.horizontalScrollBar(), self.viewport().width()
        bar.setRange(0, max(0, count * _WIDTH - room))
        bar.setPageStep(room)
        bar.setSingleStep(_WIDTH)

    def _ahead(self, view: QRect) -> QRect:
        forward = -self._direction if self.isRightToLeft() else self._direction
        return view.translated(forward * view.width(), 0)

    def _center(self) -> None:
        if self.isVisible() and self.currentIndex().isValid():
            self.scrollTo(self.currentIndex(), QAbstractItemView.ScrollHint.PositionAtCenter)
