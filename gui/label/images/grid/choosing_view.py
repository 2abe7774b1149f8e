"""A view in which images are chosen, by keys and from elsewhere, whatever their number."""

import bisect

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QAccessible, QAccessibleEvent, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QWidget

from gui.label.images.grid.cell_layout import CellLayout
from gui.label.images.grid.image_model import ImageModel

Index = QModelIndex | QPersistentModelIndex
_Flag = QItemSelectionModel.SelectionFlag
_Key = Qt.Key
_SHIFT, _CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


class ChoosingView(QListView):
    """Keeps to the ranges of the selection model: nothing is done for each image that is selected.

    A list view, since Qt shows those to screen readers item by item, and no other view of one's own. All that a list
    view does by itself goes through all of its items, so it is left out: calls go to the base of the list view.
    """

    def __init__(self, model: ImageModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._cells = CellLayout((), columns=1, width=1, height=1)
        self._spans: list[tuple[int, int]] | None = None
        self._rows: NDArray[np.int64] | None = None
        self._anchor = -1
        self._keeps_anchor = False
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)

    def selected_rows(self) -> NDArray[np.int64]:
        """Rows of the model that are selected, ascending (n,)."""
        if self._rows is None:
            runs = [np.arange(first, last + 1) for first, last in self._selected_spans()]
            self._rows = np.concatenate(runs).astype(np.int64) if runs else np.empty(0, np.int64)
        return self._rows

    def is_row_selected(self, row: int) -> bool:
        """Whether a row is selected."""
        spans = self._selected_spans()
        place = bisect.bisect_right(spans, (row, len(self._model.rows))) - 1
        return place >= 0 and spans[place][0] <= row <= spans[place][1]

    def go_to(self, row: int) -> None:
        """Make one image the current and only selected one, and show it."""
        self._choose(row)
        self.scrollTo(self._model.index(row))

    def selectAll(self) -> None:
        """Select everything, as one range."""
        if self._cells.count:
            self.select_runs([(0, self._cells.count - 1)])

    def _selected_spans(self) -> list[tuple[int, int]]:
        """First and last rows of what is selected, ascending, none overlapping."""
        if self._spans is None:
            spans = sorted((one.top(), one.bottom()) for one in self.selectionModel().selection().toList())
            joined: list[tuple[int, int]] = []
            for first, last in spans:
                if joined and first <= joined[-1][1]:
                    joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
                else:
                    joined.append((first, last))
            self._spans = joined
        return self._spans

    def _choose(self, row: int, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Select as a click does: one image, up to it with Shift, or it besides the others with Ctrl."""
        index, selection = self._model.index(row), self.selectionModel()
        if modifiers & _SHIFT:
            start = self._anchor if 0 <= self._anchor < len(self._model.rows) else row
            first, last = sorted((start, row))
            self._keeps_anchor = True
            self.select_runs([(first, last)], add=bool(modifiers & _CTRL))
            selection.setCurrentIndex(index, _Flag.NoUpdate)
            self._keeps_anchor = False
            return
        selection.setCurrentIndex(index, _Flag.Toggle if modifiers & _CTRL else _Flag.ClearAndSelect)
        self._anchor = row

    def select_runs(self, runs: list[tuple[int, int]], *, add: bool = False) -> None:
        """Select runs of rows, each the first and the last, alone or besides what is selected."""
        self.selectionModel().select(self._selection(runs), _Flag.Select if add else _Flag.ClearAndSelect)

    def _selection(self, runs: list[tuple[int, int]]) -> QItemSelection:
        selection = QItemSelection()
        for first, last in runs:
            selection.select(self._model.index(first), self._model.index(last))
        return selection

    def _forget_selection(self) -> None:
        self._spans = self._rows = None

    def _page(self) -> int:
        """Lines that a page key goes."""
        return max(1, self.viewport().height() // self._cells.height)

    # keys

    def moveCursor(self, action: QAbstractItemView.CursorAction, _modifiers: Qt.KeyboardModifier) -> QModelIndex:
        """Where a key goes from the current image."""
        count = self._cells.count
        if not count:
            return QModelIndex()
        row, move = self.currentIndex().row(), QAbstractItemView.CursorAction
        forward = -1 if self.isRightToLeft() else 1
        if not 0 <= row < count:
            return self._model.index(0)
        match action:
            case move.MoveLeft:
                row -= forward
            case move.MoveRight:
                row += forward
            case move.MovePrevious:
                row -= 1
            case move.MoveNext:
                row += 1
            case move.MoveUp:
                row = self._cells.moved(row, -1)
            case move.MoveDown:
                row = self._cells.moved(row, 1)
            case move.MovePageUp:
                row = self._cells.moved(row, -self._page())
            case move.MovePageDown:
                row = self._cells.moved(row, self._page())
            case move.MoveHome:
                row = 0
            case move.MoveEnd:
                row = count - 1
        return self._model.index(min(max(0, row), count - 1))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys that move; letters are commands or nothing, where other views jump to names that begin with them."""
        action = _ACTIONS.get(event.key())
        modifiers = event.modifiers()
        if action is not None and not modifiers & Qt.KeyboardModifier.AltModifier:
            index = self.moveCursor(action, modifiers)
            if not index.isValid():
                event.ignore()
                return
            if modifiers & _CTRL and not modifiers & _SHIFT:
                self.selectionModel().setCurrentIndex(index, _Flag.NoUpdate)
            else:
                self._choose(index.row(), modifiers)
            self.scrollTo(index)
            event.accept()
        elif event.key() == _Key.Key_Space and modifiers & _CTRL and self.currentIndex().isValid():
            self._choose(self.currentIndex().row(), _CTRL)
            event.accept()
        elif event.text().isprintable() and event.text() and not modifiers & _CTRL:
            event.ignore()
        else:
            QAbstractItemView.keyPressEvent(self, event)

    # what Qt tells

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        """Other images are selected."""
        self._forget_selection()
        QAbstractItemView.selectionChanged(self, selected, deselected)
        if QAccessible.isActive():
            event = QAccessibleEvent(self, QAccessible.Event.SelectionWithin)
            QAccessible.updateAccessibility(event)

    def currentChanged(self, current: Index, previous: Index) -> None:
        """Another image is the current one: keys go on from there, and screen readers say its name."""
        if not self._keeps_anchor:
            self._anchor = current.row()
        QAbstractItemView.currentChanged(self, current, previous)
        for index in (previous, current):
            self.viewport().update(self.visualRect(index))
        if QAccessible.isActive() and current.isValid() and self.hasFocus():
            event = QAccessibleEvent(self, QAccessible.Event.Focus)
            event.setChild(current.row())
            QAccessible.updateAccessibility(event)


_ACTIONS: dict[int, QAbstractItemView.CursorAction] = {
    _Key.Key_Left: QAbstractItemView.CursorAction.MoveLeft,
    _Key.Key_Right: QAbstractItemView.CursorAction.MoveRight,
    _Key.Key_Up: QAbstractItemView.CursorAction.MoveUp,
    _Key.Key_Down: QAbstractItemView.CursorAction.MoveDown,
    _Key.Key_PageUp: QAbstractItemView.CursorAction.MovePageUp,
    _Key.Key_PageDown: QAbstractItemView.CursorAction.MovePageDown,
    _Key.Key_Home: QAbstractItemView.CursorAction.MoveHome,
    _Key.Key_End: QAbstractItemView.CursorAction.MoveEnd,
}
