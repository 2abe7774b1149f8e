"""All keys of a recipe in a table: name, value, meaning."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from core.recipes.recipe import Recipe
from gui.train.key_model import KEY, MEANING, VALUE, KeyModel
from gui.widgets import theme


class KeyTable(QTableView):
    """The keys of a recipe, section by section; what differs from the recipe's file is bold."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keys = KeyModel()
        self.setModel(self._keys)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setShowGrid(False)
        self.setWordWrap(True)
        self.setTabKeyNavigation(False)
        self.setAccessibleName(self.tr("Keys of the recipe"))
        self.verticalHeader().hide()
        self.verticalHeader().setMinimumSectionSize(theme.ROW - 2)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(MEANING, QHeaderView.ResizeMode.Stretch)
        width = self.fontMetrics().averageCharWidth()
        header.resizeSection(KEY, width * 25)
        header.resizeSection(VALUE, width * 27)
        self._keys.modelReset.connect(self._span_sections)

    def show_recipe(self, recipe: Recipe, *, own: Recipe, chosen: frozenset[str] = frozenset()) -> None:
        """Show what would be trained.

        Args:
            recipe: with everything that was set.
            own: as its file has it.
            chosen: keys ("training.epochs") that were chosen from the data.
        """
        self._keys.show_recipe(recipe, own=own, chosen=chosen)

    def set_filter(self, text: str) -> None:
        """Show only the keys with these words in their name or meaning."""
        self._keys.set_filter(text)

    def _span_sections(self) -> None:
        self.clearSpans()
        for row in self._keys.section_rows():
            self.setSpan(row, 0, 1, self._keys.columnCount())
