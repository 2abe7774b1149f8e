"""Painting: every image that is clicked or dragged over gets the labels that were picked."""

import numpy as np
from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QStyle, QToolButton, QVBoxLayout, QWidget

from core.labels import Label, LabelState
from core.project.changes import Changes
from gui.commands import Commands
from gui.label.tagging.annotator import NEXT, STATE_WORDS, Annotator
from gui.session import Session
from gui.widgets import icons, theme
from gui.widgets.buttons import flat, icon_button
from gui.widgets.flow import Flow
from gui.widgets.states import STATE_GLYPHS

_Modifier = Qt.KeyboardModifier


class Painter(QObject):
    """Holds what is painted, and gives it to the images of a stroke in one step of undo.

    The first image of a stroke decides: where it has all that is painted already, the stroke takes it back from all
    images that it touches, as the painters of photo programs do. Shift paints absent, Ctrl or Alt unknown.

    Signals:
        changed: painting began or ended, or something else is painted.
        stroke_made: tuple of image ids, label id; for each label that a stroke made present.
    """

    changed = Signal()
    stroke_made = Signal(object, int)

    def __init__(self, session: Session, annotator: Annotator, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._annotator = annotator
        self._is_on = False
        self._states: dict[int, LabelState] = {}
        self._stroke: dict[int, None] = {}
        self._stroke_states: dict[int, LabelState] = {}
        session.project_closed.connect(self._on_project_closed)
        session.changed.connect(self._on_session_changed)

    @property
    def is_on(self) -> bool:
        """Whether clicks paint."""
        return self._is_on

    @property
    def states(self) -> dict[int, LabelState]:
        """What is painted: states by label id."""
        return dict(self._states)

    def start(self, label_id: int | None) -> None:
        """Begin to paint.

        Args:
            label_id: what to paint; None for what was painted last, or the label given last.
        """
        known = [label.id for label in self._session.store.labels] if self._session.has_project else []
        if not known:
            self._session.message.emit(self.tr("There is no label to paint yet: add one first."))
            self.changed.emit()
            return
        if label_id is not None:
            self._states = {label_id: LabelState.PRESENT}
        elif not self._states:
            last = next((one for one in reversed(self._annotator.given) if one in known), known[0])
            self._states = {last: LabelState.PRESENT}
        self._is_on = True
        self.changed.emit()

    def stop(self) -> None:
        """Let clicks select again."""
        self.end_stroke()
        if self._is_on:
            self._is_on = False
            self.changed.emit()

    def pick(self, label_id: int) -> None:
        """Paint one label alone, or its next state where it is painted already."""
        if list(self._states) == [label_id] and not self._annotator.is_choice:
            self._states = {label_id: NEXT[self._states[label_id]]}
        else:
            self._states = {label_id: LabelState.PRESENT}
        self.changed.emit()

    def set_state(self, label_id: int, state: LabelState) -> None:
        """Paint a label along with the others; where an image has one label, in their place."""
        if self._annotator.is_choice:
            self._states = {}
        self._states[label_id] = state
        self.changed.emit()

    def cycle(self, label_id: int) -> None:
        """Paint the next state of one of the labels."""
        if not self._annotator.is_choice:
            self.set_state(label_id, NEXT[self._states[label_id]])

    def remove(self, label_id: int) -> None:
        """Paint a label no more; without any other, painting ends."""
        self._states.pop(label_id, None)
        if self._states:
            self.changed.emit()
        else:
            self.stop()

    def touch(self, image_id: int, modifiers: Qt.KeyboardModifier) -> None:
        """An image was clicked, or dragged over."""
        if not self._is_on:
            return
        if not self._stroke:
            self._stroke_states = self._begin(image_id, modifiers)
        self._stroke[image_id] = None

    def end_stroke(self) -> None:
        """The button was let go: the images get their labels, which is one step of undo."""
        images, states = np.array(list(self._stroke), np.int64), self._stroke_states
        self._stroke, self._stroke_states = {}, {}
        if not len(images) or not self._session.has_project:
            return
        if not self._annotator.give(images, states):
            return
        for label_id, state in states.items():
            if state == LabelState.PRESENT:
                self.stroke_made.emit(tuple(images.tolist()), label_id)

    def watch(self, viewport: QWidget) -> None:
        """Know when the button is let go over the images."""
        viewport.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """The end of a stroke."""
        if event.type() == QEvent.Type.MouseButtonRelease and self._stroke:
            self.end_stroke()
        return False

    def _begin(self, image_id: int, modifiers: Qt.KeyboardModifier) -> dict[int, LabelState]:
        """What the stroke that begins at an image does."""
        wanted = dict(self._states)
        if modifiers & _Modifier.ShiftModifier:
            wanted = dict.fromkeys(wanted, LabelState.ABSENT)
        elif modifiers & (_Modifier.ControlModifier | _Modifier.AltModifier):
            wanted = dict.fromkeys(wanted, LabelState.UNKNOWN)
        store = self._session.store
        columns = {label.id: column for column, label in enumerate(store.labels)}
        has = store.states_of([image_id])[0]
        if all(has[columns[label_id]] == state for label_id, state in wanted.items()):
            return dict.fromkeys(wanted, LabelState.UNKNOWN)
        return wanted

    def _on_session_changed(self, changes: Changes) -> None:
        if changes.labels:
            known = {label.id for label in self._session.store.labels}
            for label_id in self._states.keys() - known:
                self.remove(label_id)
            self.changed.emit()

    def _on_project_closed(self) -> None:
        self._stroke.clear()
        self._states.clear()
        self.stop()


class PaintBar(QFrame):
    """Says what is painted, and how to stop.

    Signals:
        add_wanted: another label is to be painted, too.
    """

    add_wanted = Signal()

    def __init__(self, session: Session, painter: Painter, commands: Commands, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._painter = painter
        self._commands = commands
        self.setAccessibleName(self.tr("Painting labels"))
        self._title = QLabel(self.tr("Painting"))
        self._add = icon_button("plus", self.tr("Paint another label, too"))
        self.done_button = flat(QPushButton(self.tr("Done")))
        self._tip = QLabel()
        self._tip.setWordWrap(True)
        self._tip.setProperty("tone", "secondary")
        self._buttons: dict[int, _Chip] = {}
        self._chips = Flow([], gap=theme.SPACE // 2)
        self._row = QHBoxLayout()
        self._row.setSpacing(theme.SPACE)
        self._row.addWidget(self._title)
        self._row.addWidget(self._chips, 1)
        self._row.addWidget(self._add)
        self._row.addWidget(self.done_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.PANEL, theme.SPACE // 2, theme.PANEL, theme.SPACE // 2)
        layout.setSpacing(2)
        layout.addLayout(self._row)
        layout.addWidget(self._tip)
        self._add.clicked.connect(self.add_wanted)
        self.done_button.clicked.connect(painter.stop)
        painter.changed.connect(self._show)
        commands.shortcuts_changed.connect(self._show_tip)
        self._show_tip()
        self._show()

    def _show_tip(self) -> None:
        leave = " / ".join(one for one in (self._commands.key("labels.paint"), self.tr("Escape")) if one)
        self._tip.setText(
            self.tr(
                "Click images, or drag over them. A stroke that begins on an image that has it takes it back. "
                "Shift: absent. Ctrl or Alt: unknown. The key of a label picks it. {leave}: stop."
            ).format(leave=leave)
        )

    def _show(self) -> None:
        self.setVisible(self._painter.is_on)
        if not self._painter.is_on:
            return
        states = self._painter.states
        labels = [label for label in self._session.store.labels if label.id in states]
        if [label.id for label in labels] != list(self._buttons):
            # else they stay, with the focus that one of them may have
            self._buttons = {label.id: self._chip(label.id) for label in labels}
            chips = Flow(list(self._buttons.values()), gap=theme.SPACE // 2)
            self._row.replaceWidget(self._chips, chips)
            self._chips.hide()
            self._chips.deleteLater()
            self._chips = chips
        for label in labels:
            self._show_chip(self._buttons[label.id], label, states[label.id])
        self.setAccessibleDescription(", ".join(f"{label.name}: {STATE_WORDS[states[label.id]]}" for label in labels))

    def _chip(self, label_id: int) -> "_Chip":
        chip = _Chip()
        chip.setIconSize(QSize(14, 14))
        chip.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        chip.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        chip.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        chip.setProperty("label_id", label_id)
        chip.clicked.connect(lambda: self._painter.cycle(label_id))
        chip.customContextMenuRequested.connect(lambda: self._painter.remove(label_id))
        chip.installEventFilter(self)
        return chip

    def _show_chip(self, chip: "_Chip", label: Label, state: LabelState) -> None:
        chip.setText(label.name.replace("&", "&&"))
        chip.setIcon(icons.icon(STATE_GLYPHS[int(state)]))
        chip.set_color(label.color)
        chip.setToolTip(self.tr("Click for the next state, right-click or Delete to paint it no more"))
        chip.setAccessibleName(f"{label.name}, {STATE_WORDS[state]}")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Delete takes the label of a chip away."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Delete:
            label_id = int(watched.property("label_id"))
            self.done_button.setFocus()
            self._painter.remove(label_id)
            return True
        return False


class _Chip(QToolButton):
    """A label that is painted, with an edge in its colour at the leading side."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("framed", True)
        self._color = QColor()

    def set_color(self, color: str) -> None:
        """Set the colour of the label."""
        self._color = QColor(color)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the edge over the button."""
        super().paintEvent(event)
        edge = QRect(1, 2, 5, self.height() - 4)
        QPainter(self).fillRect(QStyle.visualRect(self.layoutDirection(), self.rect(), edge), self._color)
