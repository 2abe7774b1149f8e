"""How a row of the box for labels is painted."""

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPalette
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from gui.label.tagging.annotator import MIXED
from gui.label.tagging.label_keys import written
from gui.label.tagging.type_model import RowModel
from gui.widgets import icons, theme
from gui.widgets.letters import draw_found
from gui.widgets.states import STATE_GLYPHS, state_color

_GLYPHS = STATE_GLYPHS | {MIXED: "circle-half-fill"}
_GLYPH = 16


class RowDelegate(QStyledItemDelegate):
    """State, colour, name with the letters that were found, key and count."""

    def __init__(self, model: RowModel, parent: QObject) -> None:
        super().__init__(parent)
        self._model = model

    def sizeHint(self, option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        """All rows have the same height."""
        return QSize(160, max(theme.ROW, option.fontMetrics.height() + theme.SPACE))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Paint a row, from its leading to its trailing side."""
        row = self._model.rows[index.row()]
        palette: QPalette = option.palette
        whole: QRect = option.rect
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        text = palette.color(QPalette.ColorRole.HighlightedText if chosen else QPalette.ColorRole.Text)
        quiet = palette.color(QPalette.ColorRole.HighlightedText if chosen else QPalette.ColorRole.PlaceholderText)

        def place(left: int, width: int, height: int) -> QRect:
            top = whole.center().y() - height // 2
            return QStyle.visualRect(option.direction, whole, QRect(whole.left() + left, top, width, height))

        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if chosen or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            role = QPalette.ColorRole.Highlight if chosen else QPalette.ColorRole.AlternateBase
            painter.setBrush(palette.color(role))
            painter.drawRoundedRect(QRectF(whole).adjusted(2, 1, -2, -1), 5, 5)
        glyph = "plus" if row.is_new else "checks" if row.label is None else _GLYPHS[row.state]
        color = text if row.label is None or chosen else _color(row.state, palette)
        icons.paint(painter, glyph, QRectF(place(theme.SPACE, _GLYPH, _GLYPH)), color)
        left = theme.SPACE + _GLYPH + theme.SPACE
        if row.label is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(row.label.color))
            painter.drawRoundedRect(place(left, 4, whole.height() - 12), 2, 2)
        left += 4 + theme.SPACE
        metrics: QFontMetrics = option.fontMetrics
        right = whole.width() - theme.PANEL
        count = "" if row.label is None else f"{row.count:,}"
        key = "" if row.label is None or not row.label.shortcut else written(row.label.shortcut)
        model = self._model
        columns = ((count, model.longest_count), (key, model.longest_key)) if row.label is not None else ()
        for words, longest in columns:
            width = metrics.horizontalAdvance(longest)
            painter.setPen(quiet)
            painter.drawText(place(right - width, width, whole.height()), _trailing(option.direction), words)
            right -= width + 2 * theme.SPACE
        name = str(self._model.data(index))
        room = place(left, right - left, whole.height())
        draw_found(painter, room, name, row.places, font=QFont(option.font), color=text, direction=option.direction)
        painter.restore()


def _trailing(direction: Qt.LayoutDirection) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if direction == Qt.LayoutDirection.LeftToRight else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignAbsolute


def _color(state: int, palette: QPalette) -> QColor:
    return theme.warning(palette) if state == MIXED else state_color(state, palette)
