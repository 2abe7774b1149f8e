"""A name with the letters that were found in bold."""

from collections.abc import Sequence

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QTextCharFormat, QTextLayout, QTextOption


def draw_found(
    painter: QPainter,
    room: QRect,
    text: str,
    places: Sequence[int],
    *,
    font: QFont,
    color: QColor,
    direction: Qt.LayoutDirection,
) -> None:
    """Draw one line of text, elided where there is no room, with some characters in bold.

    Args:
        painter: to draw with.
        room: for the text, which is in its middle.
        text: to draw.
        places: of the characters that are bold.
        font: of the text.
        color: of the text.
        direction: the side where the text begins.
    """
    bold = QFont(font)
    bold.setBold(True)
    # bold letters are wider than those that are measured
    shown = QFontMetricsF(bold if places else font).elidedText(text, Qt.TextElideMode.ElideRight, room.width())
    layout = QTextLayout(shown, font)
    is_mirrored = direction == Qt.LayoutDirection.RightToLeft
    option = QTextOption(Qt.AlignmentFlag.AlignRight if is_mirrored else Qt.AlignmentFlag.AlignLeft)
    option.setTextDirection(direction)
    option.setWrapMode(QTextOption.WrapMode.NoWrap)
    layout.setTextOption(option)
    ranges = []
    for place in places:
        if place < len(shown):
            one = QTextLayout.FormatRange()
            one.start, one.length = place, 1
            form = QTextCharFormat()
            form.setFontWeight(QFont.Weight.Bold)
            one.format = form
            ranges.append(one)
    layout.setFormats(ranges)
    layout.beginLayout()
    line = layout.createLine()
    line.setLineWidth(room.width())
    layout.endLayout()
    painter.setPen(color)
    top = room.top() + (room.height() - line.height()) / 2
    layout.draw(painter, QRectF(room.left(), top, room.width(), line.height()).topLeft())
