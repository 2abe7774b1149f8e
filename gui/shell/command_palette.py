"""Find a command, a label or a saved filter by typing some letters of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
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
from gui.widgets import icons, theme
from gui.widgets.fuzzy import match
from gui.widgets.letters import draw_found

SHOWN = 11
_ROOT = QModelIndex()
_STEPS = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: SHOWN, Qt.Key.Key_PageUp: -SHOWN}
_OF_MENU = 100
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Entry:
    """Something to be found and run.

    Attributes:
        menu: of the command; for others what they are, such as "Label" or "Filter".
        action: what is run.
    """

    menu: str
    action: QAction

    @property
    def id(self) -> str:
        """What it is remembered by: the id of a command, or its menu and name."""
        return self.action.objectName() or f"{self.menu}: {self.name}"

    @property
    def name(self) -> str:
        """What is shown and looked for."""
        return self.action.text().replace("&&", "&").removesuffix("…")


@dataclass(frozen=True, slots=True)
class Found:
    """An entry that matches, and the places of the letters of its name that do."""

    entry: Entry
    places: tuple[int, ...]

    @property
    def action(self) -> QAction:
        """What is run."""
        return self.entry.action


def matching(entries: Sequence[Entry], typed: str, recent: Sequence[str] = ()) -> list[Found]:
    """The entries that match what is typed, the closest first.

    Args:
        entries: all there are.
        typed: some letters or words of the name, or of the name and the menu.
        recent: ids of entries that were run last, the last first; they come first among equals.
    """
    ranked = []
    for place, entry in enumerate(entries):
        found, penalty = match(entry.name, typed), 0
        places = () if found is None else found.places
        if found is None:
            # a word of the menu, too: "edit all"
            found, penalty = match(f"{entry.name} {entry.menu}", typed), _OF_MENU
        if found is not None:
            age = recent.index(entry.id) if entry.id in recent else len(recent)
            kind = found.rank[0] + penalty
            # names that begin with the same letters keep their order, the last used first
            ranked.append(((kind, age, found.rank[1] if typed.strip() else 0, place), Found(entry, places)))
    return [one for _, one in sorted(ranked, key=lambda one: one[0])]


class CommandPalette(QFrame):
    """A field and the commands that match; Return runs the chosen one, and what cannot be done now is left out.

    Signals:
        ran: id of an entry that was run.
    """

    ran = Signal(str)

    def __init__(self, entries: Sequence[Entry], parent: QWidget, *, recent: Sequence[str] = ()) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._model = _Model([entry for entry in entries if entry.action.isEnabled()], recent, self)
        self.field = QLineEdit()
        self.field.setPlaceholderText(self.tr("Find a command or a label"))
        self.field.setAccessibleName(self.tr("Find a command or a label"))
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
        self.list.setAccessibleName(self.tr("Commands that match"))
        metrics = self.fontMetrics()
        row = _row_height(metrics.height())
        self.list.setFixedHeight(SHOWN * row + 2 * self.list.frameWidth())
        self.setFixedWidth(min(max(480, 68 * metrics.averageCharWidth()), parent.width() - 2 * theme.GROUP))
        self.field.textChanged.connect(self._on_text_changed)
        self.list.clicked.connect(self._run)
        self.field.installEventFilter(self)
        self._on_text_changed("")

    def open_over(self, window: QWidget) -> None:
        """Show it at the top of the window, in the middle."""
        self.adjustSize()
        top = min(64, max(0, window.height() - self.height()))
        self.move(window.mapToGlobal(QPoint((window.width() - self.width()) // 2, top)))
        self.show()
        self.field.setFocus()

    def _on_text_changed(self, typed: str) -> None:
        self._model.show_matching(typed)
        self._select(0)

    def _select(self, row: int) -> None:
        index = self._model.index(row)
        self.list.setCurrentIndex(index)
        said = self._model.data(index, Qt.ItemDataRole.AccessibleTextRole) if index.isValid() else ""
        self.field.setAccessibleDescription(str(said))

    def _run(self) -> None:
        index = self.list.currentIndex()
        if index.isValid():
            found = self._model.shown[index.row()]
            self.close()
            self.ran.emit(found.entry.id)
            found.action.trigger()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """The arrow keys move in the list while the letters go to the field."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            step = _STEPS.get(Qt.Key(event.key()), 0)
            if step:
                row = min(max(0, self.list.currentIndex().row() + step), len(self._model.shown) - 1)
                self._select(row)
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
    def __init__(self, entries: Sequence[Entry], recent: Sequence[str], parent: QObject) -> None:
        super().__init__(parent)
        self._entries = entries
        self._recent = recent
        self.shown: list[Found] = []

    def show_matching(self, typed: str) -> None:
        self.beginResetModel()
        self.shown = matching(self._entries, typed, self._recent)
        self.endResetModel()

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.shown)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        entry = self.shown[index.row()].entry
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(one for one in (entry.name, entry.menu, shortcut_text(entry.action)) if one)
        if role == Qt.ItemDataRole.ToolTipRole:
            return entry.action.toolTip()
        return None


class _Delegate(QStyledItemDelegate):
    def __init__(self, model: _Model, parent: QObject) -> None:
        super().__init__(parent)
        self._model = model

    def sizeHint(self, option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(200, _row_height(option.fontMetrics.height()))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        found = self._model.shown[index.row()]
        palette: QPalette = option.palette
        row: QRect = option.rect
        metrics = option.fontMetrics
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        text = palette.color(QPalette.ColorRole.HighlightedText if chosen else QPalette.ColorRole.Text)
        quiet = palette.color(QPalette.ColorRole.HighlightedText if chosen else QPalette.ColorRole.PlaceholderText)

        def place(left: int, width: int) -> QRect:
            return QStyle.visualRect(option.direction, row, QRect(row.left() + left, row.top(), width, row.height()))

        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if chosen or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            role = QPalette.ColorRole.Highlight if chosen else QPalette.ColorRole.AlternateBase
            painter.setBrush(palette.color(role))
            painter.drawRoundedRect(QRectF(row).adjusted(2, 1, -2, -1), 5, 5)
        is_mirrored = option.direction == Qt.LayoutDirection.RightToLeft
        near, far = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        if is_mirrored:
            near, far = far, near
        painter.setPen(quiet)
        menu = max(64, metrics.horizontalAdvance("Labels  "))
        painter.drawText(place(theme.PANEL, menu), Qt.AlignmentFlag.AlignVCenter | near, found.entry.menu)
        keys = shortcut_text(found.action)
        width = metrics.horizontalAdvance(keys)
        right = row.width() - theme.PANEL - width
        painter.drawText(place(right, width), Qt.AlignmentFlag.AlignVCenter | far, keys)
        if found.action.isCheckable() and found.action.isChecked():
            right -= 14 + theme.SPACE
            icons.paint(painter, "check-bold", QRectF(place(right, 14)), quiet)
        left = theme.PANEL + menu + theme.SPACE
        draw_found(
            painter, place(left, right - left - theme.SPACE), found.entry.name, found.places,
            font=option.font, color=text, direction=option.direction,
        )  # fmt: skip
        painter.restore()


def _row_height(letters: int) -> int:
    return max(theme.ROW, letters + theme.SPACE)
