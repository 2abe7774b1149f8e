"""Parts of bars: what they count, where they are in a cell, and the pattern by which each is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QGuiApplication, QPainter, QPalette, QPen, QPixmap, QPixmapCache

from core.labels import LabelState
from gui.widgets import matrix, theme
from gui.widgets.states import state_color

# a part with few images is still seen, and hit with the mouse
_LEAST_PART = 4
_SWATCH = QSize(18, 10)


def percent(share: float) -> str:
    """A share in whole percent; not 100 % as long as anything is left, since that would read as done."""
    return matrix.percent(share if share >= 1 else min(share, 0.99))


class Look(IntEnum):
    """How a part of a bar is filled: the states of a label, or what has no state."""

    ABSENT = LabelState.ABSENT
    PRESENT = LabelState.PRESENT
    UNKNOWN = LabelState.UNKNOWN
    PLAIN = 2


@dataclass(frozen=True)
class Part:
    """A part that each bar of a table has.

    Attributes:
        title: heading of its numbers.
        look: how it is filled.
    """

    title: str
    look: Look


@dataclass(frozen=True)
class Bar:
    """A row of a table of bars.

    Attributes:
        name: what it is about.
        counts: of its parts.
        terms: the filter that shows the images of each part.
        words: each part in a sentence.
        color: of a dot before the name; empty for none.
    """

    name: str
    counts: tuple[int, ...]
    terms: tuple[str, ...]
    words: tuple[str, ...]
    color: str = ""


def part_rects(rect: QRect, counts: Sequence[int], total: int, direction: Qt.LayoutDirection) -> list[QRectF]:
    """Where the parts of a bar are in a cell; none without images.

    Args:
        rect: of the cell.
        counts: of the parts.
        total: what would fill the whole bar.
        direction: in which the program is read.
    """
    room = QRectF(rect).adjusted(theme.SPACE / 2, 5, -theme.SPACE / 2, -5)
    shares = [count / max(total, 1) * room.width() for count in counts]
    widths = [max(share, _LEAST_PART) if share else 0.0 for share in shares]
    spare = sum(max(width - _LEAST_PART, 0.0) for width in widths)
    over = max(sum(widths) - room.width(), 0.0)
    rects, left = [], room.left()
    for width in widths:
        width -= over * max(width - _LEAST_PART, 0.0) / spare if spare else 0.0
        place = QRectF(left, room.top(), width, room.height())
        if direction == Qt.LayoutDirection.RightToLeft:
            place.moveLeft(room.left() + room.right() - place.right())
        rects.append(place)
        left += width
    return rects


def paint_part(painter: QPainter, rect: QRectF, look: Look, palette: QPalette) -> None:
    """Fill a part: full for present, hatched for absent, hollow for unknown."""
    if look == Look.PLAIN:
        painter.fillRect(rect, theme.mixed(palette.color(QPalette.ColorRole.Base), theme.accent(palette), 0.75))
        return
    color = state_color(int(look), palette)
    frame = rect.adjusted(0.5, 0.5, -0.5, -0.5)
    if look == Look.PRESENT:
        painter.fillRect(rect, color)
    elif look == Look.ABSENT:
        painter.fillRect(
            rect, QBrush(theme.mixed(palette.color(QPalette.ColorRole.Base), color, 0.7), Qt.BrushStyle.BDiagPattern)
        )
        painter.setPen(QPen(color, 1))
        painter.drawRect(frame)
    else:
        painter.setPen(QPen(theme.mixed(color, theme.secondary(palette), 0.5), 1, Qt.PenStyle.DotLine))
        painter.drawRect(frame)


def swatch(look: Look) -> QPixmap:
    """A small part, for a heading."""
    palette = QGuiApplication.palette()
    key = f"swatch {look.name} {palette.cacheKey()}"
    picture = QPixmap()
    # a heading asks for it at each measuring
    if not QPixmapCache.find(key, picture):
        picture = _drawn(look, palette)
        QPixmapCache.insert(key, picture)
    return picture


def _drawn(look: Look, palette: QPalette) -> QPixmap:
    picture = QPixmap(_SWATCH * 2)
    picture.setDevicePixelRatio(2)
    picture.fill(QColor(0, 0, 0, 0))
    painter = QPainter(picture)
    paint_part(painter, QRectF(0, 0, _SWATCH.width(), _SWATCH.height()), look, palette)
    painter.end()
    return picture
