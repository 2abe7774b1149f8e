"""The frame that is dragged around images to select them."""

from collections.abc import Callable

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QObject, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QCursor, QPainter
from PySide6.QtWidgets import QAbstractItemView, QApplication

from gui.widgets import theme

SCROLL_MS = 30
_Flag = QItemSelectionModel.SelectionFlag


class RubberBand(QObject):
    """Follows the pointer from where it was pressed, and scrolls the view when it goes beyond an edge.

    Signals:
        moved: the frame is another one.
    """

    moved = Signal()

    def __init__(self, view: QAbstractItemView) -> None:
        super().__init__(view)
        self._view = view
        self._origin: QPoint | None = None
        self._before = QItemSelection()
        self._command = _Flag.ClearAndSelect
        self._runs: list[tuple[int, int]] = []
        self.area = QRect()
        self.is_active = False
        self._scroll = QTimer(self, interval=SCROLL_MS)
        self._scroll.timeout.connect(self._on_scroll_timeout)

    def press(self, origin: QPoint, modifiers: Qt.KeyboardModifier) -> None:
        """A button was pressed, before anything is selected by it.

        Args:
            origin: in content coordinates.
            modifiers: Ctrl turns what is in the frame round, Shift adds it, without them it is selected alone.
        """
        self.stop()
        self._origin = origin
        self._command = _Flag.ClearAndSelect
        self._before = QItemSelection()
        if modifiers & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier):
            self._before = QItemSelection(self._view.selectionModel().selection())
            is_ctrl = modifiers & Qt.KeyboardModifier.ControlModifier
            self._command = _Flag.Toggle if is_ctrl else _Flag.Select

    def move(self, point: QPoint) -> None:
        """The pointer is at a point of the viewport, the button still down."""
        if self._origin is None:
            return
        there = self._content(point)
        if not self.is_active and (there - self._origin).manhattanLength() < QApplication.startDragDistance():
            return
        self.is_active = True
        self.area = QRect(self._origin, there).normalized()
        beyond = point.y() < 0 or point.y() >= self._view.viewport().height()
        if beyond and not self._scroll.isActive():
            self._scroll.start()
        elif not beyond:
            self._scroll.stop()
        self.moved.emit()

    def stop(self) -> None:
        """The button was released."""
        self._scroll.stop()
        self._origin = None
        self._runs = []
        if self.is_active:
            self.is_active = False
            self._view.viewport().update()

    def select(
        self, runs: list[tuple[int, int]], selection_of: Callable[[list[tuple[int, int]]], QItemSelection]
    ) -> None:
        """Select the runs of rows that are in the frame, unless they are."""
        if runs == self._runs:
            return
        self._runs = runs
        framed = selection_of(runs)
        if self._command == _Flag.ClearAndSelect:
            wanted = framed
        else:
            wanted = QItemSelection(self._before)
            wanted.merge(framed, self._command)
        self._view.selectionModel().select(wanted, _Flag.ClearAndSelect)

    def paint(self, painter: QPainter, to_view: Callable[[QRect], QRect]) -> None:
        """Paint the frame, if there is one."""
        if not self.is_active:
            return
        accent = theme.accent(self._view.palette())
        ground = QColor(accent)
        ground.setAlpha(40)
        painter.setPen(accent)
        painter.setBrush(ground)
        painter.drawRect(to_view(self.area).adjusted(0, 0, -1, -1))

    def _content(self, point: QPoint) -> QPoint:
        view = self._view
        x = view.viewport().width() - 1 - point.x() if view.isRightToLeft() else point.x()
        return QPoint(x + view.horizontalScrollBar().value(), point.y() + view.verticalScrollBar().value())

    def _on_scroll_timeout(self) -> None:
        point = self._view.viewport().mapFromGlobal(QCursor.pos())
        height = self._view.viewport().height()
        beyond = point.y() if point.y() < 0 else max(0, point.y() - height + 1)
        bar = self._view.verticalScrollBar()
        bar.setValue(bar.value() + beyond)
        self.move(point)
