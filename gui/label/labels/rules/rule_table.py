"""A table of rules: a sentence, a number, perhaps a button."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRect, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QPushButton, QTableWidget, QTableWidgetItem, QWidget

from gui.widgets import icons, theme
from gui.widgets.own_keys import keep_keys

_KEY = Qt.ItemDataRole.UserRole
_ICON = 16


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row.

    Attributes:
        words: the rule.
        facts: what is said of it, one for each further column without a button.
        button: the text of its button; empty for none.
        is_quiet: whether it cannot be changed here.
        is_amber: whether it is to be looked at.
    """

    words: str
    facts: tuple[str, ...]
    button: str = ""
    is_quiet: bool = False
    is_amber: bool = False


class RuleTable(QTableWidget):
    """Rows to read and choose from; Tab leaves it, arrows go through its rows, Return acts on one.

    Signals:
        chosen_changed: another row is chosen.
        button_clicked: the key of the row whose button was pressed.
    """

    chosen_changed = Signal()
    button_clicked = Signal(int)

    def __init__(self, name: str, titles: Sequence[str], parent: QWidget | None = None) -> None:
        """Make an empty table.

        Args:
            name: what is read out of it.
            titles: of the columns; the first takes the room that is left.
            parent: of the widget.
        """
        super().__init__(0, len(titles), parent)
        self._empty_text = ""
        self._rows: tuple[Sequence[TableRow], Sequence[int]] = ((), ())
        self.setAccessibleName(name)
        self.setHorizontalHeaderLabels(list(titles))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(True)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)
        # the chosen row is marked also while the table has no focus, so its edge says that it has
        self.setProperty("framed", True)
        keep_keys(self)
        self.itemSelectionChanged.connect(self.chosen_changed)

    def set_empty_text(self, text: str) -> None:
        """What is said while there are no rows."""
        self._empty_text = text
        self.setAccessibleDescription(text)

    def show_rows(self, rows: Sequence[TableRow], keys: Sequence[int]) -> None:
        """Show other rows, with the one that was chosen still chosen if it is among them, else the first.

        Args:
            rows: what they say.
            keys: a number for each row, by which it is known.
        """
        chosen = self.chosen()
        self._rows = rows, keys
        with QSignalBlocker(self):
            self.clearContents()
            self.setRowCount(len(rows))
            for place, (row, key) in enumerate(zip(rows, keys, strict=True)):
                self._fill(place, row, key)
            self.choose(chosen if chosen in keys else next(iter(keys), None))
        self.setAccessibleDescription("" if rows else self._empty_text)
        self.viewport().update()

    def chosen(self) -> int | None:
        """The key of the chosen row."""
        item = self.item(self.currentRow(), 0)
        return None if item is None else int(item.data(_KEY))

    def choose(self, key: int | None) -> None:
        """Choose the row with a key."""
        for place in range(self.rowCount()):
            item = self.item(place, 0)
            if item is not None and item.data(_KEY) == key:
                self.setCurrentCell(place, 0)
                return

    def choose_row(self, place: int) -> None:
        """Choose a row by its place, or the last where there are fewer."""
        if self.rowCount():
            self.setCurrentCell(min(place, self.rowCount() - 1), 0)

    def _fill(self, place: int, row: TableRow, key: int) -> None:
        for column, words in enumerate((row.words, *row.facts)):
            item = QTableWidgetItem(words)
            item.setData(_KEY, key)
            item.setTextAlignment(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)
            if row.is_quiet or (column and not row.is_amber):
                item.setForeground(theme.secondary())
            if column and row.is_amber:
                color = theme.warning()
                ratio = self.devicePixelRatioF()
                item.setData(Qt.ItemDataRole.DecorationRole, icons.pixmap("warning-fill", _ICON, color, ratio=ratio))
            self.setItem(place, column, item)
        if row.button:
            # not `flat`: without the focus no key ever comes to it
            button = QPushButton(row.button)
            button.setProperty("kind", "flat")
            button.setAutoDefault(False)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.setAccessibleName(f"{row.button}: {row.words}")
            button.clicked.connect(lambda: self.button_clicked.emit(key))
            column = self.columnCount() - 1
            self.setCellWidget(place, column, button)
            if not place:
                # as wide as the first, since all say the same: asking each takes its time
                self.horizontalHeader().setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
                self.setColumnWidth(column, button.sizeHint().width() + theme.SPACE)

    def changeEvent(self, event: QEvent) -> None:
        """Rows have colours of the palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self.rowCount():
            self.show_rows(*self._rows)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Say what is missing while there are no rows."""
        super().paintEvent(event)
        if self.rowCount() or not self._empty_text:
            return
        painter = QPainter(self.viewport())
        painter.setPen(theme.secondary())
        room = QRect(self.viewport().rect()).adjusted(theme.GROUP, theme.PANEL, -theme.GROUP, -theme.PANEL)
        flags = Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
        painter.drawText(room, int(flags), self._empty_text)
