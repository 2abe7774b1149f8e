"""How a row of the sidebar is painted: what it is, its key, and how many images it shows."""

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QGuiApplication, QPainter, QPalette
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from gui.widgets import icons, theme

FILTER = int(Qt.ItemDataRole.UserRole)
"""The filter that a row stands for; None for a heading."""
COUNT = FILTER + 1
"""How many images it shows; None while that is not known."""
ICON = FILTER + 2
KEY = FILTER + 3
"""The key that shows it, as this system writes it."""
NOW = FILTER + 4
"""Whether it is what is shown."""
FOLDER = FILTER + 5
"""The path of a folder."""

_GLYPH = 16
Index = QModelIndex | QPersistentModelIndex


class SidebarDelegate(QStyledItemDelegate):
    """Paints headings and rows."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)

    def sizeHint(self, option: QStyleOptionViewItem, _index: Index) -> QSize:
        """All rows have the same height."""
        return QSize(100, max(theme.ROW - 2, option.fontMetrics.height() + theme.SPACE))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint a row, from its leading to its trailing side."""
        # that of the view has no colour for what is selected, as rows show it themselves
        palette = QGuiApplication.palette()
        whole: QRect = option.rect
        direction = option.direction
        is_heading = index.data(FILTER) is None
        is_now = bool(index.data(NOW))
        count = index.data(COUNT)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        focused = bool(option.state & QStyle.StateFlag.State_HasFocus)
        text = palette.color(QPalette.ColorRole.HighlightedText if is_now else QPalette.ColorRole.Text)
        quiet = text if is_now else palette.color(QPalette.ColorRole.PlaceholderText)
        if is_heading or count == 0:
            text = quiet
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if is_now or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            role = QPalette.ColorRole.Highlight if is_now else QPalette.ColorRole.Midlight
            painter.setBrush(palette.color(role))
            painter.drawRoundedRect(whole.adjusted(0, 1, -4, -1), 5, 5)
        if chosen and focused:
            painter.setPen(theme.accent(palette))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(whole.toRectF().adjusted(0.5, 1.5, -4.5, -1.5), 5, 5)

        def place(left: int, width: int, height: int) -> QRect:
            top = whole.center().y() - height // 2
            return QStyle.visualRect(direction, whole, QRect(whole.left() + left, top, width, height))

        left = theme.SPACE // 2 if is_heading else theme.SPACE
        glyph = index.data(ICON)
        if glyph:
            icons.paint(painter, glyph, place(left, _GLYPH, _GLYPH).toRectF(), quiet)
            left += _GLYPH + theme.SPACE - 2
        right = whole.width() - theme.SPACE - 4
        font = QFont(option.font)
        if is_heading or is_now:
            font.setWeight(QFont.Weight.DemiBold)
        metrics = QFontMetrics(font)
        trailing = QStyle.visualAlignment(direction, Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
        leading = QStyle.visualAlignment(direction, Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)
        painter.setFont(theme.tabular(font))
        painter.setPen(quiet)
        said = "" if count is None or is_heading else f"{count:,}"
        if said:
            wide = metrics.horizontalAdvance(said) + 2
            painter.drawText(place(right - wide, wide, whole.height()), trailing | Qt.AlignmentFlag.AlignAbsolute, said)
            right -= wide + theme.SPACE
        name = str(index.data(Qt.ItemDataRole.DisplayRole))
        key = index.data(KEY) or ""
        small = theme.smaller(font)
        wide = QFontMetrics(small).horizontalAdvance(key) + 2
        # the key gives way to the name
        if key and metrics.horizontalAdvance(name) + theme.SPACE + wide <= right - left:
            painter.setFont(small)
            painter.drawText(place(right - wide, wide, whole.height()), trailing | Qt.AlignmentFlag.AlignAbsolute, key)
            right -= wide + theme.SPACE
        painter.setFont(font)
        painter.setPen(text)
        shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, right - left)
        painter.drawText(place(left, right - left, whole.height()), leading | Qt.AlignmentFlag.AlignAbsolute, shown)
        painter.restore()
