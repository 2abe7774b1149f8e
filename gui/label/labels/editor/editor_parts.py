"""Fields of the editor of a label: its key and its colour."""

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QLineEdit

from gui.label.tagging.label_keys import key_of, spoken
from gui.widgets import theme

SWATCH = 22


class KeyEdit(QLineEdit):
    """A field for one key: what is pressed replaces what was there, Delete leaves none.

    Signals:
        key_changed: another key was pressed, or none is wanted.
    """

    key_changed = Signal()

    def __init__(self, key: str) -> None:
        super().__init__(spoken(key))
        self.key = key
        self.setReadOnly(True)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setPlaceholderText(self.tr("key"))
        self.setToolTip(self.tr("Press the key that sets the label: a character, or Shift or Alt+Shift with a digit"))
        self.setAccessibleName(self.tr("Key of the label"))
        self.setFixedWidth(self.fontMetrics().horizontalAdvance("Alt+Shift+0") + 2 * theme.SPACE + 4)

    def set_key(self, key: str) -> None:
        """Take another key; empty for none."""
        if key != self.key:
            self.key = key
            self.setText(spoken(key))
            self.key_changed.emit()

    def event(self, event: QEvent) -> bool:
        """What can be a label's key is for the field, also where it is a command's."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and key_of(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take the key."""
        key = key_of(event)
        if key:
            self.set_key(key)
        elif event.key() in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete):
            self.set_key("")
        else:
            super().keyPressEvent(event)


class Swatch(QAbstractButton):
    """A colour to choose."""

    def __init__(self, color: str) -> None:
        super().__init__()
        self.setCheckable(True)
        self.setFixedSize(QSize(SWATCH, SWATCH))
        self.set_color(color)

    def set_color(self, color: str) -> None:
        """Show another colour."""
        self.color = color
        self.setAccessibleName(color)
        self.setToolTip(color)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A square, in a frame where it is chosen or has the focus."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self.color))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(3, 3, -3, -3), 4, 4)
        if self.isChecked() or self.hasFocus() or self.underMouse():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            palette = self.palette()
            color = palette.windowText().color() if self.isChecked() else palette.dark().color()
            if self.hasFocus():
                color = theme.accent(palette)
            painter.setPen(QPen(color, 2 if self.isChecked() or self.hasFocus() else 1))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 5, 5)
        if self.isChecked():
            painter.setBrush(theme.readable_on(QColor(self.color)))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawEllipse(QRectF(self.rect()).center(), 3, 3)

    def event(self, event: QEvent) -> bool:
        """It looks otherwise under the mouse."""
        if event.type() in (QEvent.Type.Enter, QEvent.Type.Leave):
            self.update()
        return super().event(event)
