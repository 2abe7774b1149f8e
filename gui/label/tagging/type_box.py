"""Give any label by typing some letters of its name."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QObject,
    QPoint,
    QRect,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QFrame,
    QLabel,
    QLineEdit,
    QListView,
    QStyle,
    QVBoxLayout,
    QWidget,
)

from core.errors import ProjectError
from core.labels import PRESENT, Label, LabelState
from core.project.changes import Changes
from core.project.labels.label_rows import check_label_name
from gui.label.tagging.annotator import Annotator
from gui.label.tagging.label_sets import read, signed, written
from gui.label.tagging.type_model import Row, RowModel
from gui.label.tagging.type_row import RowDelegate
from gui.session import Session
from gui.widgets import theme
from gui.widgets.error_row import ErrorRow
from gui.widgets.fuzzy import match, near

SHOWN = 9
_LETTERS, _LEAST = 68, 44
"""Its width in letters, where there is room and where there is little."""
_STEPS = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: SHOWN, Qt.Key.Key_PageUp: -SHOWN}


class TypeBox(QFrame):
    """A field over the images and the labels that match; it stays until Escape, for one label after the other.

    Signals:
        chosen: label id, and the LabelState it is to get or None for its next one.
        added: name of a label that there is not yet, and the LabelState it is to get.
        several_chosen: dict of LabelStates by label id; several labels were typed, such as "ace, -king".
    """

    chosen = Signal(int, object)
    added = Signal(str, object)
    several_chosen = Signal(object)

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
        self.field.setPlaceholderText(self.tr("Label, -absent, ?unknown"))
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
        self._hint = QLabel()
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
        """Show it beside the images, as far as there is room, and away from the current one, with an empty field.

        Args:
            images: a descendant of the parent; it gets the focus back if nothing else had it.
        """
        focus = QApplication.focusWidget()
        self._before = focus if focus is not None and focus is not self.field else images
        self._room = images.height() - 2 * theme.SPACE
        self._error.clear()
        self.field.clear()
        self._on_text_changed("")
        self.setFixedWidth(self._wide(images))
        self._fit()
        self._put(images)
        self.show()
        self.raise_()
        self.field.setFocus()

    def _wide(self, images: QWidget) -> int:
        """Its width: that of the labels at the side, if that is enough for a name."""
        parent = self.parentWidget()
        assert parent is not None
        letters = self.fontMetrics().averageCharWidth()
        side = parent.width() - images.width() - images.mapTo(parent, QPoint()).x() - 2 * theme.SPACE
        if self.isRightToLeft():
            side = images.mapTo(parent, QPoint()).x() - 2 * theme.SPACE
        return min(max(side, _LEAST * letters), _LETTERS * letters, parent.width() - 2 * theme.SPACE)

    def _put(self, images: QWidget) -> None:
        """Go to the trailing side, and down where the current image is at the top there."""
        parent = self.parentWidget()
        assert parent is not None
        top, height = images.mapTo(parent, QPoint()).y() + theme.SPACE, self._tallest()
        place = QRect(parent.width() - self.width() - theme.SPACE, top, self.width(), height)
        place = QStyle.visualRect(self.layoutDirection(), parent.rect(), place)
        if isinstance(images, QAbstractItemView):
            current = images.visualRect(images.currentIndex())
            current.moveTopLeft(images.viewport().mapTo(parent, current.topLeft()))
            below = place.translated(0, images.height() - height - 2 * theme.SPACE)
            if current.intersects(place) and not current.intersects(below):
                place = below
        self.move(place.topLeft())

    def _tallest(self) -> int:
        """Its height with as many rows as it ever has."""
        row = max(theme.ROW, self.list.sizeHintForRow(0))
        return min(self.height() + (SHOWN - min(SHOWN, max(1, self.model.rowCount()))) * row, self._room)

    def _fit(self) -> None:
        """As high as the rows need; what is below stays in sight."""
        rows = min(SHOWN, max(1, self.model.rowCount()))
        row = self.list.sizeHintForRow(0) if self.model.rowCount() else theme.ROW
        hint = self._hint.heightForWidth(self.width() - 2 * theme.SPACE)
        others = self.field.sizeHint().height() + hint + 5 * theme.SPACE
        height = min(rows * row, max(row, self._room - others))
        self.list.setFixedHeight(height + 2 * self.list.frameWidth())
        layout = self.layout()
        assert layout is not None
        # as high as its texts are at this width, which their own wishes do not know
        layout.activate()
        self.resize(self.width(), layout.totalHeightForWidth(self.width()))

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
        # nothing typed: Return is to do nothing to the images; a slip of the finger gives and makes no label
        first = self.model.rows[0] if name and self.model.rows else None
        self._select(0 if first is not None and not first.is_new and not first.is_guess else -1)
        self._fit()

    def _rows(self, name: str) -> list[Row]:
        labels, states, counts = self._labels(), self._annotator.states(), self._counts_now()
        if len(states) != len(labels):
            return []
        given = {label_id: place for place, label_id in enumerate(reversed(self._annotator.given))}
        ranked = []
        for place, label in enumerate(labels):
            found = match(label.name, name)
            guess = near(label.name, name) if found is None else None
            if found is not None or guess is not None:
                places = found.places if found is not None else ()
                row = Row(label, label.name, places, int(states[place]), int(counts[place]), is_guess=found is None)
                found = found or guess
                assert found is not None
                ranked.append((found.rank, given.get(label.id, len(given)), place, row))
        rows = [row for *_, row in sorted(ranked, key=lambda one: one[:3])]
        is_taken = any(label.name.casefold() == name.casefold() for label in labels)
        several = None if is_taken else self._several(self.field.text())
        if several is not None:
            # what only looks like one of them comes behind
            rows = [*(row for row in rows if not row.is_guess), several, *(row for row in rows if row.is_guess)]
        if name and not is_taken:
            rows.append(Row(None, name))
        return rows

    def _several(self, typed: str) -> Row | None:
        """The row of several labels that were typed one after the other, such as "ace, -king"."""
        labels = self._labels()
        found = read(typed, [label.name for label in labels])
        if len(found.states) < 2 or found.strangers:
            return None
        ids = {label.name: label.id for label in labels}
        states = tuple((ids[name], state) for name, state in found.states.items())
        return Row(None, written(found.states.items()), several=states)

    def _labels(self) -> tuple[Label, ...]:
        return self._session.store.labels if self._session.has_project else ()

    def _counts_now(self) -> NDArray[np.int64]:
        if self._counts is None:
            states = self._session.store.states
            columns = range(states.shape[1])
            self._counts = np.array([np.count_nonzero(states[:, one] == PRESENT) for one in columns], int)
        return self._counts

    def _select(self, row: int) -> None:
        self.list.setCurrentIndex(self.model.index(row) if 0 <= row < self.model.rowCount() else QModelIndex())
        index = self.list.currentIndex()
        said = self.model.data(index, Qt.ItemDataRole.AccessibleTextRole) if index.isValid() else ""
        self.field.setAccessibleDescription(str(said))
        chosen = self.model.rows[index.row()] if index.isValid() else None
        if chosen is not None and chosen.is_new:
            self._hint.setText(self.tr("Return: add   Escape: done"))
        elif chosen is not None and chosen.several:
            self._hint.setText(self.tr("Return: give all of them   Escape: done"))
        else:
            self._hint.setText(self.tr("Return: next state   Shift+Return: absent   Escape: done"))

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
                self._ask()
            else:
                self.leave()
            return
        row = self.model.rows[index.row()]
        if row.is_new:
            self._add(row.name, state)
            return
        state = self._state if state is None else state
        # before the edit, whose changes show the rows again
        self.field.clear()
        if row.several:
            self.several_chosen.emit(dict(row.several))
        elif row.label is not None:
            self.chosen.emit(row.label.id, state)

    def _ask(self) -> None:
        """No label is called as was typed: the next Return gives the nearest, another key adds one."""
        first = self.model.rows[0]
        name = self._new_name()
        strangers = read(self.field.text(), [label.name for label in self._labels()]).strangers
        if first.is_guess:
            self._select(0)
            text = self.tr("Did you mean “{name}”?").format(name=first.name)
            next_step = self.tr("Return gives it, Ctrl+Return adds “{name}”.").format(name=name)
        elif "," in name and 0 < len(strangers) < len(name.split(",")):
            text = self.tr("No label is called {names}.").format(names=", ".join(f"“{one}”" for one in strangers))
            next_step = self.tr("Correct it, or take it away.")
        else:
            text = self.tr("No label is called “{name}”.").format(name=name)
            next_step = self.tr("Ctrl+Return adds it.")
        self._error.show_text(text, next_step=next_step)
        self._fit()

    def _new_name(self) -> str:
        """The name of the label that would be added; empty where there is one of that name."""
        return next((row.name for row in self.model.rows if row.is_new), "")

    def _add(self, name: str, state: LabelState | None) -> None:
        try:
            check_label_name(name)
        except ProjectError as error:
            self._error.show_error(error)
            self._fit()
            return
        state = self._state if state is None else state
        self.field.clear()
        self.added.emit(name, LabelState.PRESENT if state is None else state)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """The arrow keys move in the list while letters go to the field; no key is a command here."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            modifiers = event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                modifiers &= ~Qt.KeyboardModifier.ControlModifier
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
            state = LabelState.ABSENT if is_shift else None
            if event.isAutoRepeat():
                # a key that is held is not meant so often
                return True
            if event.modifiers() & Qt.KeyboardModifier.ControlModifier and self._new_name():
                self._add(self._new_name(), state)
            else:
                self._choose(state)
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
