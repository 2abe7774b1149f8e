"""Find a command by typing some letters of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QAction, QKeyEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from gui.commands import shortcut_text
from gui.widgets import theme

SHOWN = 11
_ROOT = QModelIndex()
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Entry:
    """A command to be found: its menu, and its action."""

    menu: str
    action: QAction


def matching(entries: Sequence[Entry], typed: str) -> list[Entry]:
    """The entries that hold the typed letters in order, the closest first."""
    wanted = typed.casefold().replace(" ", "")
    ranked = []
    for place, entry in enumerate(entries):
        text = f"{entry.action.text()} {entry.menu}".casefold()
        rank = _rank(text, wanted, typed.casefold().strip())
        if rank is not None:
            ranked.append((rank, place, entry))
    return [entry for _, _, entry in sorted(ranked, key=lambda one: one[:2])]


def _rank(text: str, wanted: str, phrase: str) -> int | None:
    if not wanted:
        return 0
    if text.startswith(phrase):
        return 0
    if phrase in text:
        return 1 if f" {phrase}" in text else 2
    position, gaps = -1, 0
    for letter in wanted:
        found = text.find(letter, position + 1)
        if found < 0:
            return None
        gaps += found - position - 1
        position = found
    return 10 + gaps


class CommandPalette(QFrame):
    """A field and the commands that match; Return runs the chosen one."""

    def __init__(self, entries: Sequence[Entry], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._model = _Model([entry for entry in entries if entry.action.isEnabled()], self)
        self.field = QLineEdit()
        self.field.setPlaceholderText(self.tr("Find a command"))
        self.field.setAccessibleName(self.tr("Find a command"))
        self.list = QListView()
        self.list.setModel(self._model)
        self.list.setItemDelegate(_Delegate(self._model, self))
        self.list.setUniformItemSizes(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setMouseTracking(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE)
        layout.setSpacing(theme.SPACE)
        layout.addWidget(self.field)
        layout.addWidget(self.list)
        self.setFixedSize(480, SHOWN * theme.ROW + 28 + 4 * theme.SPACE)
        self.field.textChanged.connect(self._on_text_changed)
        self.list.clicked.connect(self._run)
        self.field.installEventFilter(self)
        self._on_text_changed("")

    def open_over(self, window: QWidget) -> None:
        """Show it at the top of the window, in the middle."""
        self.move(window.mapToGlobal(QPoint((window.width() - self.width()) // 2, 64)))
        self.show()
        self.field.setFocus()

    def _on_text_changed(self, typed: str) -> None:
        self._model.show_matching(typed)
        self.list.setCurrentIndex(self._model.index(0))

    def _run(self) -> None:
        index = self.list.currentIndex()
        if index.isValid():
            action = self._model.shown[index.row()].action
            self.close()
            action.trigger()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """The arrow keys move in the list while the letters go to the field."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: SHOWN, Qt.Key.Key_PageUp: -SHOWN}.get(
                Qt.Key(event.key()), 0
            )
            if step:
                row = min(max(0, self.list.currentIndex().row() + step), len(self._model.shown) - 1)
                self.list.setCurrentIndex(self._model.index(row))
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._run()
                return True
        return False

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A hairline around, as menus have it."""
        painter = QPainter(self)
        painter.setPen(QPen(self.palette().dark().color(), 1))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))


class _Model(QAbstractListModel):
    def __init__(self, entries: Sequence[Entry], parent: QObject) -> None:
        super().__init__(parent)
        self._entries = entries
        self.shown: list[Entry] = list(entries)

    def show_matching(self, typed: str) -> None:
        self.beginResetModel()
        self.shown = matching(self._entries, typed)
        self.endResetModel()

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.shown)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        return self.shown[index.row()].action.text() if role == Qt.ItemDataRole.DisplayRole else None


class _Delegate(QStyledItemDelegate):
    def __init__(self, model: _Model, parent: QObject) -> None:
        super().__init__(parent)
        self._model = model

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(200, theme.ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        entry = self._model.shown[index.row()]
        palette: QPalette = option.palette
        row = QRectF(option.rect)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if chosen or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            role = QPalette.ColorRole.Highlight if chosen else QPalette.ColorRole.AlternateBase
            painter.setBrush(palette.color(role))
            painter.drawRoundedRect(row.adjusted(2, 1, -2, -1), 5, 5)
        text = QPalette.ColorRole.HighlightedText if chosen else QPalette.ColorRole.Text
        quiet = QPalette.ColorRole.HighlightedText if chosen else QPalette.ColorRole.PlaceholderText
        inside = row.adjusted(theme.PANEL, 0, -theme.PANEL, 0)
        painter.setPen(palette.color(quiet))
        menu = QRectF(inside.left(), inside.top(), 64, inside.height())
        painter.drawText(menu, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, entry.menu)
        painter.drawText(
            inside, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, shortcut_text(entry.action)
        )
        painter.setPen(palette.color(text))
        name = entry.action.text().replace("&&", "&").removesuffix("…")
        painter.drawText(inside.adjusted(72, 0, -90, 0), Qt.AlignmentFlag.AlignVCenter, name)
        painter.restore()
