"""What may be typed next in the filter, below its field."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import (
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from gui.widgets import icons, theme

SHOWN = 9
_LEAST = 46
_GLYPH = 16
Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


@dataclass(frozen=True, slots=True)
class Offer:
    """A text that may be put in place of characters `start` to `end` of the filter.

    Attributes:
        text: what to put there.
        start: the first character to be replaced.
        end: the one behind the last.
        shown: what the row says.
        explanation: what it means.
        color: of the label; empty for what is none.
        icon: of what is no label; empty for none.
    """

    text: str
    start: int
    end: int
    shown: str
    explanation: str
    color: str = ""
    icon: str = ""


class CompletionPopup(QFrame):
    """Rows over the images; it never has the focus, which stays in the field.

    It is no window of its own, which some systems would give the focus, but lies in that of the field.

    Signals:
        chosen: Offer; a row was clicked.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.model = _OfferModel(self)
        self.list = QListView()
        self.list.setModel(self.model)
        self.list.setItemDelegate(_OfferDelegate(self.model, self))
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAccessibleName(self.tr("What may be typed"))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addWidget(self.list)
        self.hide()
        self.list.clicked.connect(lambda index: self.chosen.emit(self.model.offers[index.row()]))

    def show_offers(self, offers: Sequence[Offer], field: QWidget) -> None:
        """Show rows below a field, none of them chosen; hide when there are none."""
        if not offers:
            self.hide()
            return
        self.model.show_offers(offers)
        self.list.setCurrentIndex(QModelIndex())
        self.list.scrollToTop()
        window = field.window()
        if self.parentWidget() is not window:
            self.setParent(window)
        row = self.list.sizeHintForRow(0)
        letters = self.fontMetrics().averageCharWidth()
        width = min(max(field.width(), _LEAST * letters), window.width() - 2 * theme.SPACE)
        below = field.mapTo(window, QPoint(0, field.height() + 2))
        rows = min(SHOWN, len(offers), max(1, (window.height() - below.y() - theme.GROUP) // row))
        margins = self.contentsMargins().top() + self.contentsMargins().bottom()
        self.resize(width, rows * row + 8 + margins)
        left = below.x() + field.width() - width if self.isRightToLeft() else below.x()
        self.move(max(theme.SPACE, min(left, window.width() - width - theme.SPACE)), below.y())
        self.show()
        self.raise_()

    def current(self) -> Offer | None:
        """The row that is chosen."""
        index = self.list.currentIndex()
        return self.model.offers[index.row()] if index.isValid() else None

    def first(self) -> Offer | None:
        """The likeliest row."""
        return self.model.offers[0] if self.model.offers else None

    def step(self, steps: int) -> None:
        """Choose a row further down, or up; beyond the first there is none, as nothing need be taken."""
        count = self.model.rowCount()
        row = self.list.currentIndex().row()
        row = max(-1, min(count - 1, row + steps)) if steps < 0 or row >= 0 else min(count - 1, steps - 1)
        self.list.setCurrentIndex(self.model.index(row) if row >= 0 else QModelIndex())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A hairline around, as menus have it."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Base))
        painter.setPen(QPen(self.palette().dark().color(), 1))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))


class _OfferModel(QAbstractListModel):
    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.offers: list[Offer] = []

    def show_offers(self, offers: Sequence[Offer]) -> None:
        self.beginResetModel()
        self.offers = list(offers)
        self.endResetModel()

    def rowCount(self, parent: Index = _ROOT) -> int:
        """How many there are."""
        return 0 if parent.isValid() else len(self.offers)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """What a screen reader says of a row; the delegate paints it itself."""
        offer = self.offers[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return offer.shown
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{offer.shown}, {offer.explanation}"
        return None


class _OfferDelegate(QStyledItemDelegate):
    """Colour or icon, the text, and what it means."""

    def __init__(self, model: _OfferModel, parent: QObject) -> None:
        super().__init__(parent)
        self._model = model

    def sizeHint(self, option: QStyleOptionViewItem, _index: Index) -> QSize:
        """All rows have the same height."""
        return QSize(160, max(theme.ROW - 2, option.fontMetrics.height() + theme.SPACE))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint a row, from its leading to its trailing side."""
        offer = self._model.offers[index.row()]
        palette: QPalette = option.palette
        whole: QRect = option.rect
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        text = palette.color(QPalette.ColorRole.HighlightedText if chosen else QPalette.ColorRole.Text)
        quiet = text if chosen else palette.color(QPalette.ColorRole.PlaceholderText)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if chosen or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            role = QPalette.ColorRole.Highlight if chosen else QPalette.ColorRole.Midlight
            painter.setBrush(palette.color(role))
            painter.drawRoundedRect(whole.adjusted(1, 1, -1, -1), 4, 4)

        def place(left: int, width: int, height: int) -> QRect:
            top = whole.center().y() - height // 2
            return QStyle.visualRect(option.direction, whole, QRect(whole.left() + left, top, width, height))

        if offer.color:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(offer.color))
            painter.drawRoundedRect(place(theme.SPACE + 6, 4, whole.height() - 12), 2, 2)
        elif offer.icon:
            icons.paint(painter, offer.icon, place(theme.SPACE, _GLYPH, _GLYPH).toRectF(), quiet)
        metrics = option.fontMetrics
        left = 2 * theme.SPACE + _GLYPH
        room = whole.width() - left - theme.PANEL
        wide = min(metrics.horizontalAdvance(offer.shown) + 2, room)
        flags = QStyle.visualAlignment(option.direction, Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)
        flags |= Qt.AlignmentFlag.AlignAbsolute
        painter.setPen(text)
        shown = metrics.elidedText(offer.shown, Qt.TextElideMode.ElideMiddle, wide)
        painter.drawText(place(left, wide, whole.height()), flags, shown)
        rest = room - wide - theme.GROUP
        if rest > metrics.averageCharWidth() * 6:
            painter.setPen(quiet)
            words = metrics.elidedText(offer.explanation, Qt.TextElideMode.ElideRight, rest)
            trailing = QStyle.visualAlignment(
                option.direction, Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter
            )
            painter.drawText(
                place(left + wide + theme.GROUP, rest, whole.height()), trailing | Qt.AlignmentFlag.AlignAbsolute, words
            )
        painter.restore()
