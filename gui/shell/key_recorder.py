"""A field that takes the next key that is pressed, whatever it is else for."""

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLineEdit, QWidget

from gui.command_keys import portable
from gui.label.tagging.label_keys import key_of

_Modifier = Qt.KeyboardModifier
_MODIFIERS = _Modifier.ShiftModifier | _Modifier.ControlModifier | _Modifier.AltModifier | _Modifier.MetaModifier
_MODIFIER_KEYS = (
    Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr, Qt.Key.Key_CapsLock,
    Qt.Key.Key_NumLock, Qt.Key.Key_ScrollLock, Qt.Key.Key_unknown, Qt.Key(0),
)  # fmt: skip


class KeyRecorder(QLineEdit):
    """Waits for one key; Escape and Tab leave it.

    Signals:
        recorded: the key in portable text.
        cancelled: none was pressed.
    """

    recorded = Signal(str)
    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setReadOnly(True)
        self.setPlaceholderText(self.tr("Press a key"))
        self.setAccessibleName(self.tr("New key"))

    def event(self, event: QEvent) -> bool:
        """Every key is for the field, also those of commands."""
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._on_key(event)
        return super().event(event)

    def _on_key(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            return super().event(event)
        event.accept()
        if key == Qt.Key.Key_Escape:
            self.cancelled.emit()
        elif key not in _MODIFIER_KEYS and not event.isAutoRepeat():
            text = recorded_key(event)
            if text:
                self.setText(QKeySequence(text).toString(QKeySequence.SequenceFormat.NativeText))
                self.recorded.emit(text)
        return True

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Begin anew."""
        self.clear()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Something else is done in the meantime."""
        super().focusOutEvent(event)
        if event.reason() not in (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason):
            self.cancelled.emit()


def recorded_key(event: QKeyEvent) -> str:
    """The key of an event in portable text; empty when it is none.

    Shift is left out where it only makes the sign, as in "?"; with a digit it stays, as keys of labels have it.
    """
    of_label = key_of(event)
    if of_label.startswith(("Shift+", "Alt+Shift+")):
        return portable(of_label)
    modifiers, key = event.modifiers() & _MODIFIERS, event.key()
    is_sign = ord("!") <= key <= ord("~") and not chr(key).isalnum()
    if is_sign:
        modifiers &= ~_Modifier.ShiftModifier
    sequence = QKeySequence(key | int(modifiers.value))
    return portable(sequence.toString(QKeySequence.SequenceFormat.PortableText))
