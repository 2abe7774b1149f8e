"""The kinds of buttons there are."""

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QPushButton, QToolButton

from gui.widgets.icons import icon

ICON = QSize(16, 16)


def primary(button: QPushButton) -> QPushButton:
    """Make a button the primary one of its place; there is at most one."""
    button.setProperty("kind", "primary")
    return _pressed_by_return(button)


def flat(button: QPushButton) -> QPushButton:
    """Make a button quiet: text without a frame, for what is seldom pressed."""
    button.setProperty("kind", "flat")
    return _pressed_by_return(button)


def with_icon(button: QPushButton, name: str) -> QPushButton:
    """Put an icon before a button's text, with some room between them."""
    button.setIcon(icon(name))
    button.setIconSize(QSize(ICON.width() + 6, ICON.height()))
    return _pressed_by_return(button)


def pressed_with_focus(button: QPushButton) -> QPushButton:
    """Let Return press a button while it has the focus, as Space does, but not from elsewhere in its dialog."""
    button.setAutoDefault(False)
    button.installEventFilter(_ReturnPress(button))
    return button


def icon_button(name: str, tip: str, *, shortcut: str = "", checkable: bool = False) -> QToolButton:
    """A button that is an icon, with a tooltip that names its shortcut, and an accessible name.

    Args:
        name: of the icon.
        tip: what it does, in sentence case, without a full stop.
        shortcut: in portable text such as "Ctrl+L"; it is shown, not installed.
        checkable: whether it stays down.
    """
    button = QToolButton()
    button.setIcon(icon(name))
    button.setIconSize(ICON)
    button.setAutoRaise(True)
    button.setCheckable(checkable)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setAccessibleName(tip)
    button.setToolTip(with_shortcut(tip, shortcut))
    return button


def action_button(action: QAction) -> QToolButton:
    """A button that is an icon and runs an action of the window."""
    button = QToolButton()
    button.setDefaultAction(action)
    button.setIconSize(ICON)
    button.setAutoRaise(True)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setAccessibleName(action.text())
    return button


def _pressed_by_return(button: QPushButton) -> QPushButton:
    """Let Return press it while it has the focus, as Space does, also where it is in no dialog."""
    button.setAutoDefault(True)
    return button


def with_shortcut(tip: str, shortcut: str) -> str:
    """A tooltip with the shortcut as this system writes it."""
    if not shortcut:
        return tip
    return f"{tip} ({QKeySequence(shortcut).toString(QKeySequence.SequenceFormat.NativeText)})"


class _ReturnPress(QObject):
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier and not event.isAutoRepeat()
        if plain and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and isinstance(watched, QPushButton):
            watched.click()
            return True
        return False
