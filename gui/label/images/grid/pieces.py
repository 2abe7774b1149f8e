"""What cells of the grid are put together from, each painted once: grounds, chips, marks."""

from collections.abc import Callable, Hashable, Sequence

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPalette, QPen, QPixmap, QPolygonF

from core.labels import Label, Review
from gui.widgets import icons, theme

MARGIN = 4
"""Around a cell's ground."""
PAD = 6
"""Inside it."""
INSIDE = 12
"""Of a chip, before and behind its name."""
_RADIUS = 6
_MOST = 1500
"""Pieces kept; more are only there where names are many and widths change, and all are painted anew then."""
_MOST_GROUNDS = 32
# of a line of chips, by the key of the view's font; measuring takes longer than painting a cell
_heights: dict[str, int] = {}


class Pieces:
    """Small pictures in the colours of a palette, at the size of a font and the sharpness of a screen.

    Painting a pixmap takes some microseconds, painting what is in it some hundred; a screen holds many cells.

    Attributes:
        font: of chips.
        metrics: of it.
        chip_height: of a line of chips.
        mark: side of a mark in the corner.
        more_width: of the number of labels that are left out.
        least_width: that a chip may not go below.
        name_widths: of the labels' names.
    """

    def __init__(self, palette: QPalette, font: QFont, ratio: float) -> None:
        """Prepare.

        Args:
            palette: colours.
            font: of the view; chips have a smaller one.
            ratio: device pixels per logical pixel.
        """
        self._palette = palette
        self._ratio = ratio
        self.font = theme.smaller(font, points=1.5)
        self.metrics = QFontMetricsF(self.font)
        self.chip_height = chip_height(font)
        self.mark = max(16, round(self.metrics.height()))
        self.more_width = round(self.metrics.horizontalAdvance("+99")) + 4
        self.least_width = self.metrics.averageCharWidth() * 3 + INSIDE
        self._kept: dict[Hashable, QPixmap] = {}
        self._chips: dict[tuple[int, int, bool], QPixmap] = {}
        self._grounds: dict[tuple[int, int, bool, bool, bool], QPixmap] = {}
        self._labels: Sequence[Label] = ()
        self.name_widths: list[float] = []

    def ground(self, width: int, height: int, *, selected: bool, hovered: bool, current: bool) -> QPixmap:
        """A cell without its picture; opaque, so that it is copied and not mixed."""

        def paint(painter: QPainter) -> None:
            palette = self._palette
            quiet = palette.color(QPalette.ColorRole.AlternateBase)
            if selected:
                # a tint: chips of all colours are to be told from it
                color = theme.mixed(quiet, palette.color(QPalette.ColorRole.Highlight), 0.5)
            else:
                color = palette.color(QPalette.ColorRole.Midlight) if hovered else quiet
            cell = QRectF(0, 0, width, height).adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color)
            painter.drawRoundedRect(cell, _RADIUS, _RADIUS)
            if selected or current:
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(theme.accent(palette), 2 if current else 1))
                painter.drawRoundedRect(cell.adjusted(1, 1, -1, -1), _RADIUS - 1, _RADIUS - 1)

        key = (width, height, selected, hovered, current)
        found = self._grounds.get(key)
        if found is None:
            if len(self._grounds) >= _MOST_GROUNDS:
                self._grounds.clear()
            base = self._palette.color(QPalette.ColorRole.Base)
            found = self._grounds[key] = self._painted(QSizeF(width, height), paint, ground=base)
        return found

    def flash_frame(self, width: int, height: int) -> QPixmap:
        """A frame around an image that was just given a label."""

        def paint(painter: QPainter) -> None:
            painter.setPen(QPen(theme.accent(self._palette), 3))
            cell = QRectF(0, 0, width, height).adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
            painter.drawRoundedRect(cell.adjusted(1, 1, -1, -1), _RADIUS - 1, _RADIUS - 1)

        return self._piece(("flash", width, height), QSizeF(width, height), paint)

    def placeholder(self, side: int, *, broken: bool) -> QPixmap:
        """What stands for a picture that is not there yet, or cannot be."""

        def paint(painter: QPainter) -> None:
            palette = self._palette
            color = theme.warning(palette) if broken else palette.color(QPalette.ColorRole.Mid)
            icons.paint(painter, "warning" if broken else "image", QRectF(0, 0, side, side), color)

        return self._piece(("placeholder", side, broken), QSizeF(side, side), paint)

    def review_mark(self, review: int) -> QPixmap:
        """The corner of a reviewed image, a green circle with a check, or of an unsure one, an amber square."""
        side = float(self.mark)

        def paint(painter: QPainter) -> None:
            palette = self._palette
            base = palette.color(QPalette.ColorRole.Base)
            spot = QRectF(0, 0, side, side).adjusted(1, 1, -1, -1)
            painter.setPen(QPen(base, 1.5))
            if review == Review.REVIEWED:
                painter.setBrush(theme.true_positive_pen(palette).color())
                painter.drawEllipse(spot)
                inset = side * 0.24
                icons.paint(painter, "check-bold", spot.adjusted(inset, inset, -inset, -inset), base)
            else:
                painter.setBrush(theme.warning(palette))
                painter.drawRoundedRect(spot, 3, 3)
                inset = side * 0.16
                icons.paint(painter, "question-bold", spot.adjusted(inset, inset, -inset, -inset), base)

        return self._piece(("review", review), QSizeF(side, side), paint)

    def flag(self) -> QPixmap:
        """The mark of a flagged image: a pennant in the accent's colour."""
        side = float(self.mark)

        def paint(painter: QPainter) -> None:
            palette = self._palette
            base = palette.color(QPalette.ColorRole.Base)
            spot = QRectF(0, 0, side, side).adjusted(1, 1, -1, -1)
            middle = spot.center().y() - 1
            pennant = QPolygonF([
                QPointF(spot.left() + 3, spot.top()), QPointF(spot.right(), spot.top()),
                QPointF(spot.right() - 4, (spot.top() + middle + 3) / 2), QPointF(spot.right(), middle + 3),
                QPointF(spot.left() + 3, middle + 3),
            ])  # fmt: skip
            painter.setPen(QPen(base, 4))
            painter.drawLine(QPointF(spot.left() + 2.5, spot.top()), QPointF(spot.left() + 2.5, spot.bottom()))
            painter.setPen(QPen(base, 1.5))
            painter.setBrush(theme.accent(palette))
            painter.drawPolygon(pennant)
            painter.setPen(QPen(theme.accent(palette), 2))
            painter.drawLine(QPointF(spot.left() + 2.5, spot.top() + 1), QPointF(spot.left() + 2.5, spot.bottom()))

        return self._piece("flag", QSizeF(side, side), paint)

    def note(self) -> QPixmap:
        """The mark of an image with a note: a small sheet."""
        side = float(self.mark)

        def paint(painter: QPainter) -> None:
            palette = self._palette
            spot = QRectF(0, 0, side, side).adjusted(1, 1, -1, -1)
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Base), 1.5))
            painter.setBrush(palette.color(QPalette.ColorRole.WindowText))
            painter.drawRoundedRect(spot, 3, 3)
            inset = side * 0.16
            inside = spot.adjusted(inset, inset, -inset, -inset)
            icons.paint(painter, "note-bold", inside, palette.color(QPalette.ColorRole.Base))

        return self._piece("note", QSizeF(side, side), paint)

    def set_labels(self, labels: Sequence[Label]) -> None:
        """Paint chips of these labels from now on."""
        if labels is not self._labels:
            self._labels = labels
            self.name_widths = [self.metrics.horizontalAdvance(label.name) for label in labels]
            self._chips.clear()

    def chip(self, column: int, width: int, *, flashing: bool) -> QPixmap:
        """The chip of a label, by its column."""
        key = (column, width, flashing)
        found = self._chips.get(key)
        if found is None:
            if len(self._chips) >= _MOST:
                self._chips.clear()

            def paint(painter: QPainter) -> None:
                rect = QRectF(0, 0, width, self.chip_height)
                paint_chip(painter, rect, self._labels[column], self.metrics, flashing=flashing)

            found = self._chips[key] = self._painted(QSizeF(width, self.chip_height), paint)
        return found

    def more(self, count: int) -> QPixmap:
        """How many labels there are besides."""
        size = QSizeF(self.more_width, self.chip_height)

        def paint(painter: QPainter) -> None:
            painter.setPen(self._palette.color(QPalette.ColorRole.WindowText))
            painter.drawText(QRectF(QPointF(), size), Qt.AlignmentFlag.AlignCenter, f"+{count}")

        return self._piece(("more", count), size, paint)

    def conflict(self) -> QPixmap:
        """An amber chip: the labels break a rule."""
        side = float(self.chip_height)

        def paint(painter: QPainter) -> None:
            amber = theme.warning(self._palette)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(amber)
            painter.drawRoundedRect(QRectF(0.5, 1, side - 1, side - 2), 4, 4)
            inset = side * 0.2
            spot = QRectF(0, 0, side, side).adjusted(inset, inset, -inset, -inset)
            icons.paint(painter, "warning-bold", spot, theme.readable_on(amber))

        return self._piece("conflict", QSizeF(side, side), paint)

    def suggestion(self, label: Label, hundredths: int, width: int, *, mirrored: bool) -> QPixmap:
        """A hollow chip with how likely a label is, above a bar as long as that."""
        height = float(self.chip_height)

        def paint(painter: QPainter) -> None:
            palette = self._palette
            color, text = QColor(label.color), palette.color(QPalette.ColorRole.WindowText)
            chip = QRectF(0.5, 1.5, width - 1, height - 3)
            pen = QPen(theme.mixed(color, text, 0.25), 1, Qt.PenStyle.CustomDashLine)
            pen.setDashPattern([3, 2])
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(chip, 4, 4)
            bar = QRectF(chip.left() + 3, chip.bottom() - 2.5, (chip.width() - 6) * hundredths / 100, 2)
            if mirrored:
                bar.moveRight(chip.right() - 3)
            painter.fillRect(bar, color)
            painter.setPen(text)
            inside = chip.adjusted(6, 0, -5, -1)
            number = f"{hundredths / 100:.2f}"
            leading = Qt.AlignmentFlag.AlignRight if mirrored else Qt.AlignmentFlag.AlignLeft
            trailing = Qt.AlignmentFlag.AlignLeft if mirrored else Qt.AlignmentFlag.AlignRight
            room = inside.width() - self.metrics.horizontalAdvance(number) - 6
            name = self.metrics.elidedText(label.name, Qt.TextElideMode.ElideRight, room)
            absolute = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignAbsolute
            painter.drawText(inside, absolute | leading, name)
            painter.drawText(inside, absolute | trailing, number)

        key = ("suggestion", label.name, label.color, hundredths, width, mirrored)
        return self._piece(key, QSizeF(width, height), paint)

    def _piece(self, key: Hashable, size: QSizeF, paint: Callable[[QPainter], None]) -> QPixmap:
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) >= _MOST:
                self._kept.clear()
            found = self._kept[key] = self._painted(size, paint)
        return found

    def _painted(self, size: QSizeF, paint: Callable[[QPainter], None], *, ground: QColor | None = None) -> QPixmap:
        picture = QPixmap((size * self._ratio).toSize())
        picture.setDevicePixelRatio(self._ratio)
        # to the last pixel, of which a cell may have but a part
        picture.fill(Qt.GlobalColor.transparent if ground is None else ground)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.font)
        paint(painter)
        painter.end()
        return picture


def chip_height(font: QFont) -> int:
    """Height of a line of chips in a view with a font."""
    key = font.key()
    if key not in _heights:
        _heights[key] = max(18, round(QFontMetricsF(theme.smaller(font, points=1.5)).height()) + 4)
    return _heights[key]


def paint_chip(painter: QPainter, rect: QRectF, label: Label, metrics: QFontMetricsF, *, flashing: bool) -> None:
    """Paint a label as a pill in its colour, with its name as far as there is room."""
    color = QColor(label.color)
    painter.setBrush(color.lighter(140) if flashing else color)
    painter.setPen(QPen(theme.readable_on(color), 2) if flashing else Qt.PenStyle.NoPen)
    painter.drawRoundedRect(rect.adjusted(0.5, 1, -0.5, -1), 4, 4)
    painter.setPen(theme.readable_on(color.lighter(140) if flashing else color))
    inside = rect.adjusted(6, 0, -5, 0)
    # names of one kind often differ at their ends: “label 01”, “label 02”
    text = metrics.elidedText(label.name, Qt.TextElideMode.ElideMiddle, inside.width() + 1)
    painter.drawText(inside, Qt.AlignmentFlag.AlignCenter, text)
