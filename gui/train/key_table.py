"""All keys of a recipe in a table: name, value, meaning."""

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from core.recipes.recipe import Recipe
from gui.train.key_model import KEY, MEANING, VALUE, KeyModel
from gui.widgets import theme

_WRAP = Qt.TextFlag.TextWordWrap.value


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
        self.verticalHeader().setDefaultSectionSize(theme.ROW - 2)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(MEANING, QHeaderView.ResizeMode.Stretch)
        width = self.fontMetrics().averageCharWidth()
        header.resizeSection(KEY, width * 25)
        self._least_value_width = width * 27
        header.resizeSection(VALUE, self._least_value_width)
        self._keys.modelReset.connect(self._span_sections)

    def show_recipe(self, recipe: Recipe, *, own: Recipe, chosen: frozenset[str] = frozenset()) -> None:
        """Show what would be trained.

        Args:
            recipe: with everything that was set.
            own: as its file has it.
            chosen: keys ("training.epochs") that were chosen from the data.
        """
        self._keys.show_recipe(recipe, own=own, chosen=chosen)
        self._fit()

    def set_filter(self, text: str) -> None:
        """Show only the keys with these words in their name or meaning."""
        self._keys.set_filter(text)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The meanings wrap elsewhere."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """As wide as the values, up to half of the room, and as high as the meanings."""
        room = max(self.viewport().width() // 2, self._least_value_width)
        wanted = max(self.sizeHintForColumn(VALUE), self._least_value_width)
        self.horizontalHeader().resizeSection(VALUE, min(wanted, room))
        # Qt's own reckoning forgets the padding of the style sheet, and cuts the last word off
        width = self.columnWidth(MEANING) - 2 * theme.SPACE
        for row in range(self._keys.rowCount()):
            text = self._keys.index(row, MEANING).data() or ""
            text_bounds = self.fontMetrics().boundingRect(QRect(0, 0, width, 10_000), _WRAP, text)
            self.setRowHeight(row, max(text_bounds.height() + theme.SPACE, theme.ROW - 2))

    def _span_sections(self) -> None:
        self.clearSpans()
        for row in self._keys.section_rows():
            self.setSpan(row, 0, 1, self._keys.columnCount())
