"""Keys that a widget answers itself, although they are shortcuts of the workspace around it."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

_Key = Qt.Key
READING_KEYS = frozenset(
    {
        _Key.Key_Left, _Key.Key_Right, _Key.Key_Up, _Key.Key_Down, _Key.Key_Home, _Key.Key_End, _Key.Key_PageUp,
        _Key.Key_PageDown, _Key.Key_Return, _Key.Key_Enter,
    }
)  # fmt: skip
"""To go about in a table, and to choose."""


def keep_keys(widget: QWidget, keys: frozenset[Qt.Key] = READING_KEYS) -> None:
    """Let a widget that has the focus answer these keys, without Ctrl and the like, before any shortcut."""
    widget.installEventFilter(_KeyKeeper(widget, keys))


class _KeyKeeper(QObject):
    def __init__(self, widget: QWidget, keys: frozenset[Qt.Key]) -> None:
        super().__init__(widget)
        self._keys = keys

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier == Qt.KeyboardModifier.NoModifier
            if plain and event.key() in self._keys:
                event.accept()
                return True
        return False
