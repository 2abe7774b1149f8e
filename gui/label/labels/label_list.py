"""The rows of the label panel: key, state of the chosen images, colour, name, and how many images have it."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QColor, QDropEvent, QKeyEvent, QMouseEvent, QPainter, QPalette, QPen
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from core.labels import Label, LabelState
from core.project.changes import Changes
from gui.label.tagging.annotator import MIXED, Annotator
from gui.session import Session
from gui.widgets import icons, theme
from gui.widgets.states import STATE_GLYPHS, state_color

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_COUNT_MS = 40

GLYPHS = STATE_GLYPHS | {MIXED: "circle-half-fill"}
# where one is chosen, "no" goes without saying
GLYPHS_OF_CHOICE = GLYPHS | {int(LabelState.PRESENT): "check-circle-fill", int(LabelState.ABSENT): "circle"}
WORDS = {
    int(LabelState.PRESENT): "present",
    int(LabelState.ABSENT): "absent",
    int(LabelState.UNKNOWN): "unknown",
    MIXED: "mixed",
}


class LabelModel(QAbstractListModel):
    """The project's labels, with the state that the chosen images have."""

    def __init__(self, session: Session, annotator: Annotator, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._annotator = annotator
        self.labels: tuple[Label, ...] = ()
        self.states: NDArray[np.int8] = np.empty(0, np.int8)
        self.counts: NDArray[np.int64] = np.empty(0, np.int64)
        self._count = QTimer(self, singleShot=True, interval=_COUNT_MS)
        self._count.timeout.connect(self._on_count_timeout)
        session.project_opened.connect(self._reload)
        session.project_closed.connect(self._reload)
        session.changed.connect(self._on_session_changed)
        annotator.targets_changed.connect(self._refresh_states)
        self._reload()

    def glyph(self, row: int) -> str:
        """The icon of the state in a row."""
        return (GLYPHS_OF_CHOICE if self._annotator.is_choice else GLYPHS)[int(self.states[row])]

    def row_of(self, label_id: int) -> int:
        """The row of a label, -1 when it is gone."""
        return next((row for row, label in enumerate(self.labels) if label.id == label_id), -1)

    def _reload(self) -> None:
        self.beginResetModel()
        self.labels = self._session.store.labels if self._session.has_project else ()
        self.states = self._annotator.states() if self._session.has_project else np.empty(0, np.int8)
        self.counts = np.zeros(len(self.labels), np.int64)
        self.endResetModel()
        self._on_count_timeout()

    def _refresh_states(self) -> None:
        if self._session.has_project and len(self.labels) == len(self._session.store.labels):
            self.states = self._annotator.states()
            self._repaint()

    def _on_session_changed(self, changes: Changes) -> None:
        if changes.labels:
            self._reload()
        elif changes.annotations:
            self._refresh_states()
            # counting 100,000 images x 80 labels takes longer than a key press may
            self._count.start()

    def _on_count_timeout(self) -> None:
        if self._session.has_project and len(self.labels) == len(self._session.store.labels):
            present = self._session.store.states == LabelState.PRESENT
            self.counts = np.count_nonzero(present, axis=0).astype(np.int64)
            self._repaint()

    def _repaint(self) -> None:
        if self.labels:
            self.dataChanged.emit(self.index(0), self.index(len(self.labels) - 1))

    def rowCount(self, parent: Index = _ROOT) -> int:
        """How many labels there are."""
        return 0 if parent.isValid() else len(self.labels)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Rows can be dragged to another place."""
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDragEnabled

    def supportedDropActions(self) -> Qt.DropAction:
        """Labels are moved."""
        return Qt.DropAction.MoveAction

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """What a screen reader says of a row; the delegate paints it itself."""
        if not index.isValid():
            return None
        label = self.labels[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return label.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{label.name}, {WORDS[int(self.states[index.row()])]}, {int(self.counts[index.row()])} images"
        if role == Qt.ItemDataRole.ToolTipRole:
            key = f"{label.shortcut}: " if label.shortcut else ""
            tip = self.tr("Click for yes, no, unknown; right-click to edit; drag to reorder")
            if self._annotator.is_choice:
                tip = self.tr("Click to choose it, again to take it back; right-click to edit; drag to reorder")
            return f"{key}{label.name}\n{tip}"
        return None


class LabelDelegate(QStyledItemDelegate):
    """Paints a row."""

    def __init__(self, model: LabelModel, parent: QObject) -> None:
        super().__init__(parent)
        self._model = model

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        """All rows have the same height."""
        return QSize(160, theme.ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Key, state, colour bar, name, count."""
        label = self._model.labels[index.row()]
        state = int(self._model.states[index.row()])
        palette: QPalette = option.palette
        row = QRectF(option.rect)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        focused = bool(option.state & QStyle.StateFlag.State_HasFocus)
        text = palette.color(QPalette.ColorRole.Text)
        quiet = palette.color(QPalette.ColorRole.PlaceholderText)

        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        body = row.adjusted(4, 1, -4, -1)
        if option.state & QStyle.StateFlag.State_MouseOver or chosen:
            painter.setBrush(palette.color(QPalette.ColorRole.Midlight))
            painter.drawRoundedRect(body, 5, 5)
        if focused:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.accent(palette), 1))
            painter.drawRoundedRect(body.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)

        self._paint_key(painter, QRectF(row.left() + 10, row.center().y() - 9, 18, 18), label.shortcut, palette)
        glyph = QRectF(row.left() + 36, row.center().y() - 8, 16, 16)
        icons.paint(painter, self._model.glyph(index.row()), glyph, _glyph_color(state, palette))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(label.color))
        painter.drawRoundedRect(QRectF(row.left() + 61, row.top() + 6, 4, row.height() - 12), 2, 2)

        painter.setFont(theme.tabular(option.font))
        count = f"{int(self._model.counts[index.row()]):,}"
        width = option.fontMetrics.horizontalAdvance(count)
        painter.setPen(quiet)
        painter.drawText(row.adjusted(0, 0, -12, 0), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, count)
        painter.setPen(quiet if state == LabelState.ABSENT else text)
        room = row.adjusted(73, 0, -12 - width - theme.SPACE, 0)
        name = option.fontMetrics.elidedText(label.name, Qt.TextElideMode.ElideRight, int(room.width()))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
        painter.restore()

    def _paint_key(self, painter: QPainter, cap: QRectF, key: str, palette: QPalette) -> None:
        if not key:
            return
        painter.setPen(QPen(palette.color(QPalette.ColorRole.Dark), 1))
        painter.setBrush(palette.color(QPalette.ColorRole.AlternateBase))
        painter.drawRoundedRect(cap.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
        painter.setFont(theme.smaller(painter.font()))
        painter.drawText(cap, Qt.AlignmentFlag.AlignCenter, key.upper())


class LabelList(QListView):
    """Rows that cycle at a click, open their editor at a right click, and can be dragged.

    Signals:
        cycled: id of a label that was clicked.
        edit_wanted: id of a label that was right-clicked.
        order_wanted: list of label ids; a row was dragged or moved by key.
    """

    cycled = Signal(int)
    edit_wanted = Signal(int)
    order_wanted = Signal(object)

    def __init__(self, model: LabelModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
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

    def current_label(self) -> Label | None:
        """The label that was last clicked or gone to."""
        index = self.currentIndex()
        return self._model.labels[index.row()] if index.isValid() else None

    def choose(self, label_id: int) -> None:
        """Make a label the current one."""
        row = self._model.row_of(label_id)
        if row >= 0:
            self.setCurrentIndex(self._model.index(row))

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

    def _on_context_menu_requested(self) -> None:
        label = self.current_label()
        if label is not None:
            self.edit_wanted.emit(label.id)

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
        """A right click chooses the row that its editor is for."""
        if event.button() == Qt.MouseButton.RightButton:
            self.setCurrentIndex(self.indexAt(event.position().toPoint()))
            return
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Letters are commands; the view would jump to names that begin with them."""
        if event.text().isprintable() and event.text() and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            event.ignore()
            return
        super().keyPressEvent(event)


def _glyph_color(state: int, palette: QPalette) -> QColor:
    return theme.warning(palette) if state == MIXED else state_color(state, palette)
