"""The keys of labels: which one was pressed, how it is written, and the actions they run."""

import sys
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QWidget

from core.labels import Label
from core.project.changes import Changes
from core.project.labels.label_rows import is_key
from gui.commands import Commands
from gui.session import Session

_Modifier = Qt.KeyboardModifier

# the row of digits by the code of the hardware: on a French keyboard its keys type signs, and digits with Shift
_DIGITS_LINUX = dict(zip(range(10, 20), "1234567890", strict=True))
_DIGITS_WINDOWS = dict(zip(range(2, 12), "1234567890", strict=True))
_DIGITS_MACOS = dict(zip((18, 19, 20, 21, 23, 22, 26, 28, 25, 29), "1234567890", strict=True))


def key_of(event: QKeyEvent) -> str:
    """The key of a label that was pressed, as `Label.shortcut` has it; empty when it cannot be one.

    Digits count by their place on the keyboard where it has them in a row, whatever the layout types there.
    """
    modifiers = event.modifiers() & ~_Modifier.KeypadModifier
    digit = _digit(event)
    if digit and modifiers == _Modifier.NoModifier:
        return digit
    if digit and modifiers == _Modifier.ShiftModifier:
        return f"Shift+{digit}"
    if digit and modifiers == _Modifier.ShiftModifier | _Modifier.AltModifier:
        return f"Alt+Shift+{digit}"
    if modifiers & (_Modifier.ControlModifier | _Modifier.MetaModifier) or not is_key(event.text()):
        return ""
    return event.text().casefold() if is_key(event.text().casefold()) else event.text()


def written(key: str) -> str:
    """A key of a label, short enough for the cap in a row: "A", "⇧1"."""
    alt = "⌥" if sys.platform == "darwin" else "Alt"
    short = key.replace("Alt+", alt).replace("Shift+", "⇧")
    return short.upper() if len(short) == len(short.upper()) == 1 else short


def spoken(key: str) -> str:
    """A key of a label in words, for tips and screen readers: "A", "Shift+1"."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) or key


def _digit(event: QKeyEvent) -> str:
    typed = event.key() - Qt.Key.Key_0
    if not event.modifiers() & _Modifier.ShiftModifier and 0 <= typed <= 9:
        return str(typed)
    if sys.platform == "darwin":
        place = _DIGITS_MACOS.get(event.nativeVirtualKey(), "") if event.nativeScanCode() else ""
    else:
        codes = _DIGITS_WINDOWS if sys.platform == "win32" else _DIGITS_LINUX
        place = codes.get(event.nativeScanCode(), "")
    return place or (str(typed) if 0 <= typed <= 9 else "")


class LabelActions(QObject):
    """One action per label, for its key, the menu and the palette.

    Signals:
        triggered: id of the label whose key was pressed or that was chosen.
        changed: list of QAction; the labels are others now.
    """

    triggered = Signal(int)
    changed = Signal(object)

    def __init__(self, session: Session, commands: Commands, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._commands = commands
        self._widgets: list[QWidget] = []
        self._labels: tuple[Label, ...] = ()
        self._tip = ""
        self._is_enabled = False
        self.actions: list[QAction] = []
        session.project_opened.connect(self._make)
        session.project_closed.connect(self._make)
        session.changed.connect(self._on_session_changed)
        self._make()

    def bind(self, widgets: Sequence[QWidget]) -> None:
        """Let the keys hold while one of the widgets, or a child of it, has the focus."""
        for widget in widgets:
            self._widgets.append(widget)
            widget.addActions(self.actions)
            widget.installEventFilter(self)

    def set_enabled(self, enabled: bool) -> None:
        """Let the keys hold, or not, because something else is seen."""
        self._is_enabled = enabled
        for action in self.actions:
            action.setEnabled(enabled)

    def set_tip(self, tip: str) -> None:
        """What a label's key does."""
        self._tip = tip
        for action in self.actions:
            action.setToolTip(tip)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """A digit that the layout types otherwise: no shortcut took it, and neither did a widget."""
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent) or not self._is_enabled:
            return False
        key = key_of(event)
        # with Shift a French keyboard types the digit itself, which will do where no label has it with Shift
        for wanted in (key, key.removeprefix("Shift+") if event.text() == key[-1:] else key):
            found = next((label.id for label in self._labels if wanted and label.shortcut == wanted), None)
            if found is not None:
                self.triggered.emit(found)
                return True
        return False

    def _on_session_changed(self, changes: Changes) -> None:
        if changes.labels:
            self._make()

    def _make(self) -> None:
        for action in self.actions:
            # it lives until the event loop turns, and two with one key would both be silent
            action.setShortcut(QKeySequence())
            action.deleteLater()
        self._labels = self._session.store.labels if self._session.has_project else ()
        self._commands.set_label_keys(label.shortcut for label in self._labels if label.shortcut)
        self.actions = [self._action(label) for label in self._labels]
        for widget in self._widgets:
            widget.addActions(self.actions)
        self.changed.emit(self.actions)

    def _action(self, label: Label) -> QAction:
        action = QAction(label.name.replace("&", "&&"), self)
        action.setShortcut(QKeySequence(label.shortcut))
        # on macOS a label called “Quit” would else become the program's own
        action.setMenuRole(QAction.MenuRole.NoRole)
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.setAutoRepeat(False)
        action.setToolTip(self._tip)
        action.setEnabled(self._is_enabled)
        action.triggered.connect(lambda _checked=False: self.triggered.emit(label.id))
        return action
