"""The keys that lead from image to image where images are seen large."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent


def plain_key(event: QEvent) -> Qt.Key | None:
    """The key that was pressed by itself; None for anything else."""
    if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
        return None
    if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
        return None
    return Qt.Key(event.key())


def steps_of(key: Qt.Key | None, *, mirrored: bool, columns: int = 1) -> int:
    """How many images an arrow key goes on, or back; 0 for another key.

    Args:
        key: that was pressed.
        mirrored: whether the next image is to the left.
        columns: how many images are beside each other.
    """
    onward = -1 if mirrored else 1
    return {
        Qt.Key.Key_Right: onward,
        Qt.Key.Key_Left: -onward,
        Qt.Key.Key_Down: columns,
        Qt.Key.Key_Up: -columns,
    }.get(key, 0) if key is not None else 0  # fmt: skip
