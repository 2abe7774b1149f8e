"""The rows of the label panel: key, state of the chosen images, colour, name, and how many images have it."""

from PySide6.QtCore import QEvent, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QDropEvent, QFocusEvent, QHelpEvent, QKeyEvent, QMouseEvent, QPalette
from PySide6.QtWidgets import QAbstractItemView, QListView, QWidget

from core.labels import Label
from gui.label.labels.list.label_model import LabelModel
from gui.label.labels.list.label_row import LabelDelegate
from gui.widgets.fuzzy import match

_GIVING = (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter)
_GOING = (
    Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown,
)  # fmt: skip
_OF_MOUSE = (
    Qt.FocusReason.MouseFocusReason, Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason,
    Qt.FocusReason.MenuBarFocusReason,
)  # fmt: skip


class LabelList(QListView):
    """Rows that cycle at a click, have a menu, tell more under the mouse, and can be dragged.

    Whoever comes to the rows by key gives the current label with Space and Return. After a click these go on to the
    next image, as they do among the images: the hand that clicks labels is not at the rows with its keys.

    Signals:
        cycled: id of a label that was clicked, or whose row got one of these keys.
        menu_wanted: id of the label whose menu is to be shown, and where on the screen.
        guide_wanted: id of the label that the mouse rests on.
        guide_unwanted: it rests there no more.
        order_wanted: list of label ids; a row was dragged or moved by key.
    """

    cycled = Signal(int)
    menu_wanted = Signal(int, QPoint)
    guide_wanted = Signal(int)
    guide_unwanted = Signal()
    order_wanted = Signal(object)

    def __init__(self, model: LabelModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._found = ""
        self._by_key = False
        # row over which the mouse is
        self._under = -1
        self.setModel(model)
        self.setItemDelegate(LabelDelegate(model, self))
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setAccessibleName(self.tr("Labels"))
        self.viewport().setBackgroundRole(QPalette.ColorRole.Window)
        self.setProperty("surface", "window")
        self.clicked.connect(self._on_clicked)
        self.customContextMenuRequested.connect(self._on_context_menu_requested)
        model.modelReset.connect(lambda: self.show_matching(self._found))

    def current_label(self) -> Label | None:
        """The label that was last clicked or gone to."""
        index = self.currentIndex()
        return self._model.labels[index.row()] if index.isValid() else None

    def choose(self, label_id: int) -> None:
        """Make a label the current one."""
        row = self._model.row_of(label_id)
        if row >= 0:
            self.setCurrentIndex(self._model.index(row))

    def place_of(self, label_id: int) -> QPoint:
        """The lower leading corner of a label's row on the screen, or of the list where the row is not seen."""
        row = self._model.row_of(label_id)
        rect = self.visualRect(self._model.index(row)).intersected(self.viewport().rect())
        corner = rect.bottomLeft() if rect.isValid() else self.viewport().rect().topLeft()
        return self.viewport().mapToGlobal(corner)

    def show_matching(self, typed: str) -> Label | None:
        """Show only the labels whose names have these letters.

        Args:
            typed: see `gui.widgets.fuzzy.match`; nothing shows all.

        Returns:
            The one that matches best; None when nothing was typed or none matches.
        """
        self._found = typed
        ranked = []
        for row, label in enumerate(self._model.labels):
            found = match(label.name, typed)
            self.setRowHidden(row, found is None)
            if found is not None:
                ranked.append((found.rank, row))
        if not typed.strip() or not ranked:
            return None
        return self._model.labels[min(ranked)[1]]

    def shown(self) -> list[Label]:
        """The labels that are not hidden by what was typed to find one."""
        return [label for row, label in enumerate(self._model.labels) if not self.isRowHidden(row)]

    def move_current(self, step: int) -> None:
        """Move the current label up (-1) or down (+1)."""
        row = self.currentIndex().row()
        if row >= 0 and 0 <= row + step < len(self._model.labels):
            self._move(row, row + step)

    def _move(self, source: int, target: int) -> None:
        ids = [label.id for label in self._model.labels]
        moved = ids.pop(source)
        ids.insert(target, moved)
        self.order_wanted.emit(ids)
        self.choose(moved)

    def _on_clicked(self, index: QModelIndex) -> None:
        self.cycled.emit(self._model.labels[index.row()].id)

    def _on_context_menu_requested(self, place: QPoint) -> None:
        label = self.current_label()
        if label is None:
            return
        self.guide_unwanted.emit()
        rect = self.visualRect(self.currentIndex())
        # the key for the menu says nothing of a place
        at = place if rect.contains(place) else rect.center()
        self.menu_wanted.emit(label.id, self.viewport().mapToGlobal(at))

    def dropEvent(self, event: QDropEvent) -> None:
        """Put the dragged row where it was let go."""
        over = self.indexAt(event.position().toPoint())
        target = over.row() if over.isValid() else len(self._model.labels)
        if over.isValid() and event.position().y() > self.visualRect(over).center().y():
            target += 1
        source = self.currentIndex().row()
        # a copy, so that the view does not take the row away afterwards
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        if source >= 0 and target not in (source, source + 1):
            self._move(source, target - 1 if target > source else target)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A right click chooses the row that its menu is for."""
        self._by_key = False
        self.guide_unwanted.emit()
        if event.button() == Qt.MouseButton.RightButton:
            self.setCurrentIndex(self.indexAt(event.position().toPoint()))
            return
        super().mousePressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Tab and the like lead to the rows; the first is the current one where none was."""
        if event.reason() not in _OF_MOUSE:
            self._by_key = True
        super().focusInEvent(event)

    def event(self, event: QEvent) -> bool:
        """The keys that give the current label are commands elsewhere."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._is_giving(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Give the current label or go to another; letters are commands, and Escape is for those around the list."""
        label = self.current_label()
        if self._is_giving(event) and label is not None:
            # a key that is held must not run through the states
            if not event.isAutoRepeat():
                self.cycled.emit(label.id)
            return
        is_text = event.text().isprintable() and bool(event.text())
        if event.key() in (*_GIVING, Qt.Key.Key_Escape) or (
            is_text and not event.modifiers() & Qt.KeyboardModifier.ControlModifier
        ):
            # the view would jump to names that begin with the letter
            event.ignore()
            return
        self._by_key |= event.key() in _GOING
        super().keyPressEvent(event)

    def _is_giving(self, event: QKeyEvent) -> bool:
        is_plain = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier == Qt.KeyboardModifier.NoModifier
        return self._by_key and is_plain and event.key() in _GIVING and self.currentIndex().isValid()

    def viewportEvent(self, event: QEvent) -> bool:
        """Where the mouse rests more is told of the label."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            index = self.indexAt(event.pos())
            if index.isValid():
                self.guide_wanted.emit(self._model.labels[index.row()].id)
            else:
                self.guide_unwanted.emit()
            return True
        if event.type() == QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
            self._on_mouse_moved(event.position().toPoint())
        elif event.type() in (QEvent.Type.Leave, QEvent.Type.Wheel):
            self._under = -1
            self.guide_unwanted.emit()
        return super().viewportEvent(event)

    def _on_mouse_moved(self, place: QPoint) -> None:
        row = self.indexAt(place).row()
        if row != self._under:
            self._under = row
            self.guide_unwanted.emit()
