"""What the dialogs of a project are made of."""

from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gui.widgets import theme


def wrapped(words: str = "", *, tone: str = "") -> QLabel:
    """Text that goes on in the next line; `tone` is one of the style sheet."""
    label = QLabel(words)
    label.setWordWrap(True)
    if tone:
        label.setProperty("tone", tone)
    return label


def column(*parts: QWidget | QHBoxLayout | None, stretched: int | None = None) -> QWidget:
    """Things below each other; None is what is left of the room, or else the part of that number takes it."""
    page = QWidget()
    layout = QVBoxLayout(page)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(theme.SPACE)
    for place, part in enumerate(parts):
        if part is None:
            layout.addStretch(1)
        elif isinstance(part, QWidget):
            layout.addWidget(part, 1 if place == stretched else 0)
        else:
            layout.addLayout(part)
    return page
