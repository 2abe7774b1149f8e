"""Return presses the button that has the focus, wherever it is."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QLineEdit, QPushButton, QVBoxLayout, QWidget

from gui.widgets.buttons import flat, pressed_with_focus, primary, with_icon

KINDS = {
    "primary": primary,
    "flat": flat,
    "icon": lambda button: with_icon(button, "plus"),
    "with focus": pressed_with_focus,
}


@pytest.mark.parametrize("place", [QWidget, QDialog])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
def test_return_presses_a_button_once(qtbot, place, kind, key):
    window = place()
    qtbot.addWidget(window)
    button = KINDS[kind](QPushButton("Go"))
    QVBoxLayout(window).addWidget(button)
    pressed = []
    button.clicked.connect(lambda: pressed.append(kind))
    window.show()
    button.setFocus()
    qtbot.keyClick(button, key)
    assert pressed == [kind]
    button.setEnabled(False)
    qtbot.keyClick(button, key)
    assert pressed == [kind]


def test_return_elsewhere_in_a_dialog_leaves_a_button_that_needs_the_focus_alone(qtbot):
    dialog = QDialog()
    qtbot.addWidget(dialog)
    field, button = QLineEdit(), pressed_with_focus(primary(QPushButton("Go")))
    layout = QVBoxLayout(dialog)
    layout.addWidget(field)
    layout.addWidget(button)
    pressed = []
    button.clicked.connect(lambda: pressed.append(1))
    dialog.show()
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert pressed == []
