"""Icons of the one set the program uses, Phosphor, drawn from the font that QtAwesome ships.

Importing QtAwesome costs 120 ms and pulls in OpenGL, and its own loader reads a dozen fonts, so only its font file is
used: glyphs are painted as paths, in the colour that the palette has when they are painted.
"""

import functools
import importlib.util
import json
from pathlib import Path

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QGuiApplication,
    QIcon,
    QIconEngine,
    QPainter,
    QPainterPath,
    QPalette,
    QPixmap,
    QRawFont,
    QTransform,
)

_EM = 256.0


def icon(name: str, role: QPalette.ColorRole = QPalette.ColorRole.ButtonText) -> QIcon:
    """An icon that follows the palette.

    Args:
        name: of a Phosphor icon, such as "play" or "play-fill"; see phosphoricons.com.
        role: the palette's colour it is painted in.

    Returns:
        The icon, at any size.

    Raises:
        KeyError: there is no icon of that name.
    """
    glyph(name)
    return QIcon(_GlyphEngine(name, role))


def paint(painter: QPainter, name: str, rect: QRectF, color: QColor) -> None:
    """Paint an icon into a square, for delegates and widgets that draw themselves."""
    side = min(rect.width(), rect.height())
    place = QTransform.fromTranslate(rect.center().x() - side / 2, rect.center().y() - side / 2)
    place.scale(side, side)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillPath(place.map(glyph(name)), color)
    painter.restore()


def pixmap(name: str, size: int, color: QColor, *, ratio: float = 1.0) -> QPixmap:
    """An icon as a picture in one colour.

    Args:
        name: of a Phosphor icon.
        size: in logical pixels.
        color: to paint it in.
        ratio: device pixels per logical pixel.
    """
    picture = QPixmap(QSize(round(size * ratio), round(size * ratio)))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    paint(painter, name, QRectF(0, 0, size, size), color)
    painter.end()
    return picture


@functools.cache
def glyph(name: str) -> QPainterPath:
    """The outline of an icon in a square of side 1."""
    font, characters = _font()
    index = font.glyphIndexesForString(characters[name])[0]
    path = font.pathForGlyph(index)
    # the drawing area of a Phosphor glyph is its advance wide, and a square that hangs between ascent and descent
    side = font.advancesForGlyphIndexes([index])[0].x()
    middle = (font.descent() - font.ascent()) / 2
    return QTransform.fromScale(1 / side, 1 / side).map(path.translated(0, side / 2 - middle))


@functools.cache
def _font() -> tuple[QRawFont, dict[str, str]]:
    package = importlib.util.find_spec("qtawesome")
    assert package is not None
    assert package.origin is not None
    fonts = Path(package.origin).parent / "fonts"
    (outlines,) = fonts.glob("phosphor-*.ttf")
    (names,) = fonts.glob("phosphor-charmap-*.json")
    font = QRawFont()
    font.loadFromData(outlines.read_bytes(), _EM, QFont.HintingPreference.PreferNoHinting)
    codes: dict[str, str] = json.loads(names.read_text(encoding="utf-8"))
    return font, {name: chr(int(code, 16)) for name, code in codes.items()}


class _GlyphEngine(QIconEngine):
    """Paints a glyph in the palette's colour of the moment."""

    def __init__(self, name: str, role: QPalette.ColorRole) -> None:
        super().__init__()
        self._name = name
        self._role = role

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, _state: QIcon.State) -> None:
        palette = QGuiApplication.palette()
        if mode == QIcon.Mode.Disabled:
            color = palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.ButtonText)
        elif mode == QIcon.Mode.Selected:
            color = palette.color(QPalette.ColorRole.HighlightedText)
        else:
            color = palette.color(self._role)
        paint(painter, self._name, QRectF(rect), color)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        picture = QPixmap(size)
        if picture.isNull():
            # a layout without room leaves a button none
            return picture
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        self.paint(painter, QRect(0, 0, size.width(), size.height()), mode, state)
        painter.end()
        return picture

    def clone(self) -> QIconEngine:
        return _GlyphEngine(self._name, self._role)
