"""A small panel over a corner of a picture."""

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gui.widgets import theme
from gui.widgets.buttons import icon_button

_KEPT = frozenset(
    {
        Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape, Qt.Key.Key_Tab, Qt.Key.Key_Backtab,
        Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End,
        Qt.Key.Key_PageUp, Qt.Key.Key_PageDown,
    }
)  # fmt: skip
_ARROWS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down)
_RADIUS = 8


class Floating(QWidget):
    """A heading, a body and a button to close; it has keys of its own though the window uses them for images.

    Signals:
        closed: it was closed by a person; the focus belongs to the picture again.

    Attributes:
        body: layout for what is in it.
    """

    closed = Signal()

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(title)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        heading = QLabel(title)
        heading.setProperty("tone", "heading")
        self.shut = icon_button("x", self.tr("Close"), shortcut="Esc")
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 0, 0)
        head.addWidget(heading, 1)
        head.addWidget(self.shut)
        self.body = QVBoxLayout()
        self.body.setSpacing(theme.SPACE)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.PANEL, theme.SPACE, theme.PANEL, theme.PANEL)
        layout.setSpacing(theme.SPACE // 2)
        layout.addLayout(head)
        layout.addLayout(self.body, 1)
        self.shut.clicked.connect(self.close_panel)
        self.hide()

    def first(self) -> QWidget:
        """Where the focus goes when the panel opens."""
        return self.shut

    def open_panel(self) -> None:
        """Show it and give it the keys."""
        for button in self.findChildren(QAbstractButton):
            # once, however often it opens
            button.installEventFilter(self)
        self.show()
        self.raise_()
        self.first().setFocus(Qt.FocusReason.ShortcutFocusReason)

    def close_panel(self) -> None:
        """Hide it."""
        if not self.isHidden():
            self.hide()
            self.closed.emit()

    def toggle(self) -> None:
        """Open it, or close it when it is open."""
        if self.isHidden():
            self.open_panel()
        else:
            self.close_panel()

    def event(self, event: QEvent) -> bool:
        """Keys that move within the panel are no commands for images."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = event.modifiers() & ~(Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier)
            is_own = not plain and event.key() in _KEPT
            if (
                is_own
                or event.matches(QKeySequence.StandardKey.Copy)
                or event.matches(QKeySequence.StandardKey.SelectAll)
            ):
                event.accept()
                return True
        return super().event(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrow keys on a button go to the one beside it, and not out of the panel."""
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent) or event.key() not in _ARROWS:
            return False
        buttons = [one for one in self.findChildren(QAbstractButton) if one.isVisible() and one.isEnabled()]
        if isinstance(watched, QAbstractButton) and watched in buttons:
            onward = Qt.Key.Key_Left if self.isRightToLeft() else Qt.Key.Key_Right
            step = 1 if event.key() in (onward, Qt.Key.Key_Down) else -1
            # in the order in which they are seen
            buttons.sort(key=lambda one: self._reading_order(one))
            place = buttons.index(watched) + step
            buttons[min(max(0, place), len(buttons) - 1)].setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def _reading_order(self, widget: QWidget) -> tuple[int, int]:
        middle = widget.mapTo(self, widget.rect().center())
        row = middle.y() // max(1, self.fontMetrics().height())
        return row, -middle.x() if self.isRightToLeft() else middle.x()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape closes it; Return presses the button that has the focus; nothing is passed on to the picture."""
        focus = self.focusWidget()
        if event.key() == Qt.Key.Key_Escape:
            self.close_panel()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and isinstance(focus, QAbstractButton):
            focus.click()
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click beside the controls does not take hold of the picture."""
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """As with one click."""
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The wheel does not zoom the picture under it."""
        event.accept()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A ground of its own, with a hairline and round corners."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(QColor(self.palette().window().color()))
        painter.setPen(QPen(self.palette().dark().color(), 1))
        painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), _RADIUS, _RADIUS)
