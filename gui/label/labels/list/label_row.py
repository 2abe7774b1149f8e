"""How a row of the list of labels is painted."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPalette, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from core.labels import LabelState
from gui.label.labels.list.label_model import Index, LabelModel
from gui.label.tagging.annotator import MIXED
from gui.label.tagging.label_keys import written
from gui.widgets import icons, theme
from gui.widgets.states import state_color

_GLYPH = 16
_BAR = 4
_CAP = 18
_EDGE = 10


class LabelDelegate(QStyledItemDelegate):
    """Paints a row from its leading to its trailing side.

    Key, state, colour, name with the parent's, then from the other side the count of images, what a model suggests in
    a hollow frame, and a warning sign where a rule is broken.
    """

    def __init__(self, model: LabelModel, parent: QObject) -> None:
        super().__init__(parent)
        self._model = model
        self._cap: tuple[object, int] | None = None

    def sizeHint(self, option: QStyleOptionViewItem, _index: Index) -> QSize:
        """All rows have the same height."""
        return QSize(160, max(theme.ROW, option.fontMetrics.height() + theme.SPACE))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint a row."""
        row, palette, whole = index.row(), option.palette, option.rect
        label, state = self._model.labels[row], int(self._model.states[row])
        quiet = palette.color(QPalette.ColorRole.PlaceholderText)

        def place(left: int, width: int, height: int) -> QRect:
            top = whole.top() + (whole.height() - height) // 2
            return QStyle.visualRect(option.direction, whole, QRect(whole.left() + left, top, width, height))

        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        _paint_ground(painter, option)
        small = theme.smaller(option.font)
        cap, cap_height = self._cap_width(small), max(_CAP, QFontMetrics(small).height() + 2)
        if label.shortcut:
            _paint_key(painter, QRectF(place(_EDGE, cap, cap_height)), written(label.shortcut), small, palette)
        left = _EDGE + cap + theme.SPACE
        color = theme.warning(palette) if state == MIXED else state_color(state, palette)
        icons.paint(painter, self._model.glyph(row), QRectF(place(left, _GLYPH, _GLYPH)), color)
        left += _GLYPH + theme.SPACE
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(label.color))
        painter.drawRoundedRect(place(left, _BAR, whole.height() - 12), 2, 2)
        left += _BAR + theme.SPACE

        right = whole.width() - theme.PANEL
        painter.setFont(theme.tabular(option.font))
        count = self._model.count_words(row)
        wide = QFontMetrics(painter.font()).horizontalAdvance(count)
        painter.setPen(quiet)
        painter.drawText(place(right - wide, wide, whole.height()), Qt.AlignmentFlag.AlignCenter, count)
        right -= wide + theme.SPACE
        share = self._model.suggestion(row)
        if share is not None:
            right -= _paint_share(painter, place, right, f"{share:.2f}", option) + theme.SPACE
        if self._model.is_conflict(row):
            mark = QRectF(place(right - _GLYPH, _GLYPH, _GLYPH))
            icons.paint(painter, "warning-fill", mark, theme.warning(palette))
            right -= _GLYPH + theme.SPACE

        text = quiet if state == LabelState.ABSENT else palette.color(QPalette.ColorRole.Text)
        painter.setFont(option.font)
        name = option.fontMetrics.elidedText(label.name, Qt.TextElideMode.ElideRight, max(0, right - left))
        wide = min(option.fontMetrics.horizontalAdvance(name), max(0, right - left))
        painter.setPen(text)
        leading = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading
        painter.drawText(place(left, wide + 1, whole.height()), leading, name)
        left += wide + theme.SPACE
        parent = self._model.parent_name(row)
        if parent and right - left > 2 * _GLYPH:
            painter.setFont(small)
            painter.setPen(quiet)
            # the sign is mirrored where the text runs from right to left
            shown = QFontMetrics(small).elidedText(f"› {parent}", Qt.TextElideMode.ElideRight, right - left)
            painter.drawText(place(left, right - left, whole.height()), leading, shown)
        painter.restore()

    def _cap_width(self, font: QFont) -> int:
        """As wide as the widest key, so that names begin below each other."""
        of = (self._model.labels, font.key())
        if self._cap is None or self._cap[0] != of:
            metrics = QFontMetrics(font)
            keys = [metrics.horizontalAdvance(written(one.shortcut)) for one in self._model.labels if one.shortcut]
            self._cap = of, max(_CAP, max(keys, default=0) + 8)
        return self._cap[1]


def _paint_ground(painter: QPainter, option: QStyleOptionViewItem) -> None:
    body = QRectF(option.rect).adjusted(4, 1, -4, -1)
    palette: QPalette = option.palette
    if option.state & (QStyle.StateFlag.State_MouseOver | QStyle.StateFlag.State_Selected):
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.color(QPalette.ColorRole.Midlight))
        painter.drawRoundedRect(body, 5, 5)
    if option.state & QStyle.StateFlag.State_HasFocus:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.accent(palette), 1))
        painter.drawRoundedRect(body.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)


def _paint_key(painter: QPainter, cap: QRectF, key: str, font: QFont, palette: QPalette) -> None:
    painter.setPen(QPen(palette.color(QPalette.ColorRole.Dark), 1))
    painter.setBrush(palette.color(QPalette.ColorRole.AlternateBase))
    painter.drawRoundedRect(cap.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
    painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
    painter.setFont(font)
    # "⇧1" is no text that could run the other way
    direction = painter.layoutDirection()
    painter.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
    painter.drawText(cap, Qt.AlignmentFlag.AlignCenter, key)
    painter.setLayoutDirection(direction)


def _paint_share(
    painter: QPainter, place: Callable[[int, int, int], QRect], right: int, text: str, option: QStyleOptionViewItem
) -> int:
    """Paint a probability in a hollow frame that ends at `right`; returns its width."""
    font = theme.tabular(theme.smaller(option.font))
    metrics = QFontMetrics(font)
    width, height = metrics.horizontalAdvance(text) + 10, metrics.height() + 2
    frame = QRectF(place(right - width, width, height))
    painter.setFont(font)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    color = option.palette.color(QPalette.ColorRole.PlaceholderText)
    painter.setPen(QPen(color, 1, Qt.PenStyle.DashLine))
    painter.drawRoundedRect(frame.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
    painter.setPen(color)
    painter.drawText(frame, Qt.AlignmentFlag.AlignCenter, text)
    return width
