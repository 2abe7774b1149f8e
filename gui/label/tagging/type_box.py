"""Give any label by typing some letters of its name."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QApplication, QFrame, QLabel, QLineEdit, QListView, QVBoxLayout, QWidget

from core.errors import ProjectError
from core.labels import Label, LabelState
from core.project.changes import Changes
from core.project.label_rows import check_label_name
from gui.label.tagging.annotator import STATE_WORDS, Annotator
from gui.label.tagging.label_keys import spoken
from gui.label.tagging.label_sets import signed
from gui.label.tagging.type_row import RowDelegate
from gui.session import Session
from gui.widgets import theme
from gui.widgets.error_row import ErrorRow
from gui.widgets.fuzzy import match

SHOWN = 9
_LETTERS = 68
_ROOT = QModelIndex()
_STEPS = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: SHOWN, Qt.Key.Key_PageUp: -SHOWN}
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Row:
    """A label that can be given; None for one that is to be added under the name that was typed.

    Attributes:
        label: which one.
        name: what is shown.
        places: of the letters of the name that were found.
        state: what the chosen images have, or `MIXED`.
        count: of images that have the label.
    """

    label: Label | None
    name: str
    places: tuple[int, ...] = ()
    state: int = int(LabelState.UNKNOWN)
    count: int = 0


class TypeBox(QFrame):
    """A field over the images and the labels that match; it stays until Escape, for one label after the other.

    Signals:
        chosen: label id, and the LabelState it is to get or None for its next one.
        added: name of a label that there is not yet, and the LabelState it is to get.
    """

    chosen = Signal(int, object)
    added = Signal(str, object)

    def __init__(self, session: Session, annotator: Annotator, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._annotator = annotator
        self._before: QWidget | None = None
        self._counts: NDArray[np.int64] | None = None
        self._state: LabelState | None = None
        self._room = 0
        self.setAccessibleName(self.tr("Type a label"))
        self.setAutoFillBackground(True)
        self.field = QLineEdit()
        self.field.setPlaceholderText(self.tr("Type a label, “-” for absent, “?” for unknown"))
        self.field.setAccessibleName(self.tr("Label to give"))
        self.model = RowModel(self)
        self.list = QListView()
        self.list.setModel(self.model)
        self.list.setItemDelegate(RowDelegate(self.model, self))
        self.list.setUniformItemSizes(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setMouseTracking(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAccessibleName(self.tr("Labels that match"))
        self._hint = QLabel(self.tr("Return: next state   Shift+Return: absent   Escape: done"))
        self._hint.setWordWrap(True)
        self._hint.setProperty("tone", "secondary")
        self._hint.setFont(theme.smaller(self._hint.font()))
        self._error = ErrorRow()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE)
        layout.setSpacing(theme.SPACE // 2)
        for widget in (self.field, self._error, self.list, self._hint):
            layout.addWidget(widget)
        self.hide()

        self.field.textChanged.connect(self._on_text_changed)
        self.field.installEventFilter(self)
        self.list.clicked.connect(lambda: self._choose(None))
        annotator.targets_changed.connect(self._on_targets_changed)
        session.changed.connect(self._on_session_changed)
        session.project_closed.connect(self.leave)

    def open_over(self, images: QWidget) -> None:
        """Show it at the top of the images, in the middle, with an empty field.

        Args:
            images: a descendant of the parent; it gets the focus back if nothing else had it.
        """
        focus = QApplication.focusWidget()
        self._before = focus if focus is not None and focus is not self.field else images
        letters = self.fontMetrics().averageCharWidth()
        width = min(_LETTERS * letters, images.width() - 4 * theme.SPACE)
        self._room = images.height() - 2 * theme.SPACE
        self._error.clear()
        self.field.clear()
        self._on_text_changed("")
        self.setFixedWidth(width)
        self._fit()
        parent = self.parentWidget()
        assert parent is not None
        self.move(images.mapTo(parent, QPoint((images.width() - width) // 2, theme.SPACE)))
        self.show()
        self.raise_()
        self.field.setFocus()

    def _fit(self) -> None:
        """As high as the rows need; what is below stays in sight."""
        rows = min(SHOWN, max(1, self.model.rowCount()))
        row = self.list.sizeHintForRow(0) if self.model.rowCount() else theme.ROW
        others = sum(one.sizeHint().height() for one in (self.field, self._hint)) + 5 * theme.SPACE
        height = min(rows * row, max(row, self._room - others))
        self.list.setFixedHeight(height + 2 * self.list.frameWidth())
        self.adjustSize()

    def leave(self) -> None:
        """Close it and give the focus back."""
        if self.isHidden():
            return
        before, self._before = self._before, None
        had_focus = self.field.hasFocus()
        self.hide()
        if had_focus and before is not None and before.isVisible():
            before.setFocus()

    # what is shown

    def _on_text_changed(self, typed: str) -> None:
        self._error.clear()
        name, self._state = signed(typed, [label.name for label in self._labels()])
        self.model.show_rows(self._rows(name))
        # nothing typed: Return is to do nothing to the images; a slip of the fingers is to make no label
        is_known = bool(name) and self.model.rowCount() > 0 and self.model.rows[0].label is not None
        self._select(0 if is_known else -1)
        self._fit()

    def _rows(self, name: str) -> list[Row]:
        labels, states, counts = self._labels(), self._annotator.states(), self._counts_now()
        if len(states) != len(labels):
            return []
        given = {label_id: place for place, label_id in enumerate(reversed(self._annotator.given))}
        ranked = []
        for place, label in enumerate(labels):
            found = match(label.name, name)
            if found is not None:
                row = Row(label, label.name, found.places, int(states[place]), int(counts[place]))
                ranked.append((found.rank, given.get(label.id, len(given)), place, row))
        rows = [row for *_, row in sorted(ranked, key=lambda one: one[:3])]
        if name and all(label.name.casefold() != name.casefold() for label in labels):
            rows.append(Row(None, name))
        return rows

    def _labels(self) -> tuple[Label, ...]:
        return self._session.store.labels if self._session.has_project else ()

    def _counts_now(self) -> NDArray[np.int64]:
        if self._counts is None:
            states = self._session.store.states
            columns = range(states.shape[1])
            self._counts = np.array([np.count_nonzero(states[:, one] == LabelState.PRESENT) for one in columns], int)
        return self._counts

    def _select(self, row: int) -> None:
        self.list.setCurrentIndex(self.model.index(row) if 0 <= row < self.model.rowCount() else QModelIndex())
        index = self.list.currentIndex()
        said = self.model.data(index, Qt.ItemDataRole.AccessibleTextRole) if index.isValid() else ""
        self.field.setAccessibleDescription(str(said))

    def _on_targets_changed(self) -> None:
        if self.isVisible():
            self._show_again()

    def _on_session_changed(self, changes: Changes) -> None:
        if changes.annotations or changes.labels or changes.images:
            self._counts = None
            if self.isVisible():
                self._show_again()

    def _show_again(self) -> None:
        row = self.list.currentIndex().row()
        name, _ = signed(self.field.text(), [label.name for label in self._labels()])
        self.model.show_rows(self._rows(name))
        self._select(row)

    # what is done

    def _choose(self, state: LabelState | None) -> None:
        index = self.list.currentIndex()
        if not index.isValid():
            if self.model.rowCount() and self.field.text().strip():
                self._error.show_text(
                    self.tr("No label is called so."), next_step=self.tr("Press ↓ and Return to add it.")
                )
                self._fit()
            else:
                self.leave()
            return
        row = self.model.rows[index.row()]
        state = self._state if state is None else state
        if row.label is None:
            try:
                check_label_name(row.name)
            except ProjectError as error:
                self._error.show_error(error)
                self._fit()
                return
        # before the edit, whose changes show the rows again
        self.field.clear()
        if row.label is None:
            self.added.emit(row.name, LabelState.PRESENT if state is None else state)
        else:
            self.chosen.emit(row.label.id, state)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """The arrow keys move in the list while letters go to the field; no key is a command here."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            modifiers = event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
            if modifiers == Qt.KeyboardModifier.NoModifier and not Qt.Key.Key_F1 <= event.key() <= Qt.Key.Key_F35:
                event.accept()
                return True
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._on_key(event)
        is_left = event.type() == QEvent.Type.FocusOut and QApplication.activePopupWidget() is None
        if is_left and self.window().isActiveWindow():
            # something else was clicked, which keeps the focus
            self.leave()
        return False

    def _on_key(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        if key in _STEPS:
            row = self.list.currentIndex().row() + _STEPS[key]
            self._select(min(max(0, row), self.model.rowCount() - 1))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            is_shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._choose(LabelState.ABSENT if is_shift else None)
        elif key == Qt.Key.Key_Escape:
            self.leave()
        elif key == Qt.Key.Key_Tab and self.list.currentIndex().isValid():
            sign = (
                {LabelState.ABSENT: "-", LabelState.UNKNOWN: "?"}.get(self._state, "")
                if self._state is not None
                else ""
            )
            self.field.setText(sign + self.model.rows[self.list.currentIndex().row()].name)
        else:
            return key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab)
        return True

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A hairline around, as menus have it."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Window))
        painter.setPen(QPen(self.palette().dark().color(), 1))
        painter.drawRect(QRect(self.rect()).adjusted(0, 0, -1, -1))


class RowModel(QAbstractListModel):
    """The labels that match, the best first."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.rows: list[Row] = []

    def show_rows(self, rows: list[Row]) -> None:
        """Show other rows."""
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: Index = _ROOT) -> int:
        """How many labels match."""
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """What a screen reader says of a row; the delegate paints it itself."""
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.name if row.label is not None else self.tr("Add label “{}”").format(row.name)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            if row.label is None:
                return self.tr("Add label “{}”").format(row.name)
            key = self.tr(", key {}").format(spoken(row.label.shortcut)) if row.label.shortcut else ""
            return f"{row.name}, {STATE_WORDS[row.state]}, {row.count:,} images{key}"
        return None
