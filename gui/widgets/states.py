"""How the state of a label on an image is drawn: a glyph and a colour, never a colour alone."""

from PySide6.QtGui import QColor, QPalette

from core.labels import LabelState
from gui.widgets import theme

STATE_GLYPHS = {
    int(LabelState.PRESENT): "check-bold",
    int(LabelState.ABSENT): "x-bold",
    int(LabelState.UNKNOWN): "circle",
}
"""Names of icons, by state."""


def state_color(state: int, palette: QPalette) -> QColor:
    """What the glyph of a `LabelState` is painted in."""
    if state == LabelState.PRESENT:
        return theme.true_positive_pen(palette).color()
    if state == LabelState.ABSENT:
        return palette.color(QPalette.ColorRole.PlaceholderText)
    return palette.color(QPalette.ColorRole.Dark)
