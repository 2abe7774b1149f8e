"""A table of texts and numbers to read and choose from, one row at a time."""

from collections.abc import Sequence

from PySide6.QtCore import QLocale, QSignalBlocker, Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget


class PlainTable(QTableWidget):
    """Rows of texts and numbers; numbers at the trailing edge. Tab leaves it, arrows go through its rows."""

    def __init__(self, name: str, titles: Sequence[str], parent: QWidget | None = None) -> None:
        """Make an empty table.

        Args:
            name: what is read out of it.
            titles: of the columns; the first takes the room that is left.
            parent: of the widget.
        """
        super().__init__(0, len(titles), parent)
        self.setAccessibleName(name)
        self.setHorizontalHeaderLabels(list(titles))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        # the chosen row is marked also while the table has no focus, so its edge says that it has
        self.setProperty("framed", True)

    def show_rows(self, rows: Sequence[Sequence[str | int]], *, keys: Sequence[int]) -> None:
        """Show other rows, with the one that was chosen still chosen if it is among them, else the first.

        Args:
            rows: texts and numbers, one for each column.
            keys: a number for each row, by which it is known.
        """
        chosen = self.chosen()
        with QSignalBlocker(self):
            self.setRowCount(len(rows))
            for place, (row, key) in enumerate(zip(rows, keys, strict=True)):
                for column, value in enumerate(row):
                    item = QTableWidgetItem(value if isinstance(value, str) else QLocale().toString(value))
                    side = Qt.AlignmentFlag.AlignLeading if isinstance(value, str) else Qt.AlignmentFlag.AlignTrailing
                    item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
                    item.setData(Qt.ItemDataRole.UserRole, key)
                    item.setToolTip(item.text() if column == 0 else "")
                    self.setItem(place, column, item)
                    title = self.horizontalHeaderItem(column)
                    if place == 0 and title is not None:
                        title.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
            self.choose(chosen if chosen in keys else next(iter(keys), None))
        self.itemSelectionChanged.emit()

    def chosen(self) -> int | None:
        """The key of the chosen row."""
        item = self.item(self.currentRow(), 0)
        return None if item is None else int(item.data(Qt.ItemDataRole.UserRole))

    def choose(self, key: int | None) -> None:
        """Choose the row with a key."""
        for place in range(self.rowCount()):
            item = self.item(place, 0)
            if item is not None and item.data(Qt.ItemDataRole.UserRole) == key:
                self.setCurrentCell(place, 0)
                return
