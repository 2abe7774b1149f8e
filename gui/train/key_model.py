"""The keys of a recipe as rows."""

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QFont, QGuiApplication

from core.recipes.keys import to_text
from core.recipes.recipe import Recipe
from gui.train.recipe_keys import SECTIONS, Key, value_of

Index = QModelIndex | QPersistentModelIndex
KEY, VALUE, MEANING = range(3)


@dataclass(frozen=True)
class _Row:
    section: str
    key: Key | None = None
    value: str = ""
    tip: str = ""
    is_set: bool = False


class KeyModel(QAbstractTableModel):
    """A row for each section's heading and one for each of its keys."""

    def __init__(self) -> None:
        super().__init__()
        self._all: list[_Row] = []
        self._rows: list[_Row] = []
        self._words: list[str] = []
        self._headers = (self.tr("Key"), self.tr("Value"), self.tr("Meaning"))

    def show_recipe(self, recipe: Recipe, *, own: Recipe, chosen: frozenset[str]) -> None:
        """Show a recipe; see `KeyTable.show_recipe`."""
        rows = []
        for section, keys in SECTIONS.items():
            rows.append(_Row(section))
            for key in keys:
                value, before = value_of(recipe, key), value_of(own, key)
                text, tip = _plain(value), f"{key.path}: {key.rule.meaning}\n{self.tr('Allowed')}: {key.allowed}"
                if value != before:
                    where = self.tr("from your data") if key.path in chosen else self.tr("set")
                    text = f"{text} ({where})"
                    tip = f"{tip}\n{self.tr('In the recipe')}: {_plain(before)}"
                rows.append(_Row(section, key, text, tip, value != before))
        if rows == self._all:
            return
        same = [(row.section, row.key) for row in rows] == [(row.section, row.key) for row in self._all]
        self._all = rows
        if same and not self._words:
            self._rows = rows
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, MEANING))
        else:
            self._filter()

    def set_filter(self, text: str) -> None:
        """Keep only the rows with these words."""
        self._words = text.casefold().split()
        self._filter()

    def section_rows(self) -> list[int]:
        """The rows that are headings."""
        return [number for number, row in enumerate(self._rows) if row.key is None]

    def _filter(self) -> None:
        self.beginResetModel()
        sections = {row.section for row in self._all if self._is_wanted(row)}
        self._rows = [row for row in self._all if self._is_wanted(row) or (row.key is None and row.section in sections)]
        self.endResetModel()

    def _is_wanted(self, row: _Row) -> bool:
        if row.key is None:
            return False
        text = f"{row.key.path} {row.value} {row.key.rule.meaning}".casefold()
        return all(word in text for word in self._words)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """A row for each heading and key."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Key, value and meaning."""
        return 0 if parent.isValid() else len(self._headers)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401 - as Qt asks
        """The text of a cell, in bold where it was set or is a heading."""
        row, column = self._rows[index.row()], index.column()
        if role == Qt.ItemDataRole.FontRole:
            font = QFont(QGuiApplication.font())
            font.setBold(row.key is None or (row.is_set and column == VALUE))
            return font
        if row.key is None:
            return f"[{row.section}]" if role == Qt.ItemDataRole.DisplayRole and column == KEY else None
        if role == Qt.ItemDataRole.DisplayRole:
            return (row.key.name, row.value, row.key.rule.meaning)[column]
        return row.tip if role == Qt.ItemDataRole.ToolTipRole else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401 - as Qt asks
        """The names of the columns."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._headers[section]
        return None


def _plain(value: object) -> str:
    return value if isinstance(value, str) else to_text(value)
