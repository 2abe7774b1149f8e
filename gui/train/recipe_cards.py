"""Choosing a recipe from cards that say what each is good for."""

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from gui.train.recipe_book import EVERY, EXPLAINED, SUGGESTED, RecipeEntry
from gui.train.recipe_card import RecipeCard
from gui.widgets import theme
from gui.widgets.buttons import flat
from gui.widgets.icons import icon

# of the chosen recipe's title, where its card is not shown
_NAME_WIDTH = 250


class RecipeCards(QWidget):
    """One card for each recipe, one of them chosen; arrow keys go from card to card.

    A family of recipes is seen at a time; what is typed is looked for in all of them.

    Signals:
        chosen: Recipe, another card was chosen, or the chosen one changed.
        clicked: Recipe, a person pressed a card, also the chosen one.
    """

    chosen = Signal(object)
    clicked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cards: list[RecipeCard] = []
        self._wanted = ""
        self._group = QButtonGroup(self)
        self._search = QLineEdit()
        self._search.setPlaceholderText(self.tr("Find a recipe"))
        self._search.setClearButtonEnabled(True)
        self._search.addAction(icon("magnifying-glass"), QLineEdit.ActionPosition.LeadingPosition)
        self._search.setAccessibleName(self.tr("Find a recipe"))
        self._family = QComboBox()
        self._family.setAccessibleName(self.tr("Which recipes are shown"))
        self._family.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._family.setMinimumContentsLength(11)
        self._nothing = QLabel()
        self._nothing.setProperty("tone", "secondary")
        self._nothing.setWordWrap(True)
        self._nothing.hide()
        self._elsewhere = flat(QPushButton(icon("check"), ""))
        self._elsewhere.setToolTip(self.tr("Show the chosen recipe among the others"))
        self._elsewhere.hide()

        top = QHBoxLayout()
        top.setSpacing(theme.SPACE)
        top.addWidget(self._search, 1)
        top.addWidget(self._family, 1)
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self._column.addWidget(self._nothing)
        self._column.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # one card and the beginning of the next
        self._scroll.setMinimumHeight(150)
        self._scroll.setWidget(inside)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE)
        layout.addLayout(top)
        layout.addWidget(self._elsewhere)
        layout.addWidget(self._scroll, 1)

        self._elsewhere.clicked.connect(self._show_chosen)
        self._group.buttonToggled.connect(self._on_card_toggled)
        self._group.buttonClicked.connect(self._on_card_clicked)
        self._search.textChanged.connect(self._on_filter_changed)
        self._family.currentIndexChanged.connect(self._on_filter_changed)

    @property
    def entry(self) -> RecipeEntry | None:
        """The chosen one; None before there are any."""
        card = self._group.checkedButton()
        return card.entry if isinstance(card, RecipeCard) else None

    def show_entries(self, entries: Sequence[RecipeEntry]) -> None:
        """Show these recipes; the chosen one stays chosen where it is among them."""
        before = self.entry
        if self._wanted == "" and before is not None:
            self._wanted = before.recipe.name
        if [card.entry.recipe.name for card in self._cards] != [entry.recipe.name for entry in entries]:
            self._make_cards(entries)
        for card, entry in zip(self._cards, entries, strict=True):
            card.show_entry(entry)
        self._show_families()
        self._filter()
        name, self._wanted = self._wanted, ""
        chosen = self._card(name) or (self._cards[0] if self._cards else None)
        if chosen is not None and not chosen.isChecked():
            chosen.setChecked(True)
        elif chosen is not None and (before is None or before.recipe != chosen.entry.recipe):
            self.chosen.emit(chosen.entry.recipe)
        self._reveal()

    def choose(self, name: str) -> None:
        """Choose the recipe of a name, now or once the recipes are there; nothing happens when there is none."""
        if not self._cards:
            self._wanted = name
        elif card := self._card(name):
            card.setChecked(True)
            self._reveal()

    def choose_next(self, name: str) -> None:
        """Choose a recipe that is among those shown next."""
        self._wanted = name

    def _make_cards(self, entries: Sequence[RecipeEntry]) -> None:
        with QSignalBlocker(self._group):
            for card in self._cards:
                self._group.removeButton(card)
                self._column.removeWidget(card)
                card.hide()
                card.deleteLater()
        self._cards = [RecipeCard(entry) for entry in entries]
        for index, card in enumerate(self._cards):
            self._group.addButton(card)
            self._column.insertWidget(index, card)

    def _show_families(self) -> None:
        families = list(dict.fromkeys(name for card in self._cards for name in card.entry.families))
        shown = [SUGGESTED, *(name for name in families if name != SUGGESTED), EVERY]
        if shown == [self._family.itemText(index) for index in range(self._family.count())]:
            return
        current = self._family.currentText()
        with QSignalBlocker(self._family):
            self._family.clear()
            self._family.addItems(shown)
            for index, name in enumerate(shown):
                self._family.setItemData(index, EXPLAINED.get(name, ""), Qt.ItemDataRole.ToolTipRole)
            self._family.setCurrentIndex(max(self._family.findText(current), 0))

    def _on_filter_changed(self) -> None:
        self._filter()
        self._reveal()

    def _filter(self) -> None:
        words, family = self._search.text().casefold().split(), self._family.currentText()
        self._family.setToolTip(EXPLAINED.get(family, ""))
        count = 0
        for card in self._cards:
            entry = card.entry
            seen = all(word in entry.searched for word in words) if words else family in (EVERY, *entry.families)
            card.setVisible(seen)
            count += seen
        self._nothing.setText(self.tr("No recipe has “{}” in its name or description.").format(self._search.text()))
        self._nothing.setVisible(count == 0 and bool(words))
        self._show_elsewhere()

    def _show_elsewhere(self) -> None:
        """Name the chosen recipe where its card is not among those shown: it is what would be trained."""
        card = self._group.checkedButton()
        if isinstance(card, RecipeCard):
            text = self.tr("Chosen: {}").format(card.entry.recipe.title)
            self._elsewhere.setText(self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, _NAME_WIDTH))
        self._elsewhere.setVisible(card is not None and card.isHidden())

    def _show_chosen(self) -> None:
        self._search.clear()
        entry = self.entry
        if entry is not None and self._family.currentText() not in (EVERY, *entry.families):
            self._family.setCurrentText(entry.families[0] if entry.families else EVERY)
        self._reveal()

    def _reveal(self) -> None:
        # once the layout has given the card its place
        QTimer.singleShot(0, self, self._reveal_now)

    def _reveal_now(self) -> None:
        card = self._group.checkedButton()
        if card is not None and card.isVisible():
            self._scroll.ensureWidgetVisible(card, 0, 0)

    def _card(self, name: str) -> RecipeCard | None:
        return next((card for card in self._cards if card.entry.recipe.name == name), None)

    def _on_card_toggled(self, card: RecipeCard, checked: bool) -> None:
        if checked:
            self._show_elsewhere()
            self.chosen.emit(card.entry.recipe)

    def _on_card_clicked(self, card: RecipeCard) -> None:
        self.clicked.emit(card.entry.recipe)
