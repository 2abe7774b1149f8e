"""Changing a recipe of one's own, key by key."""

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFormLayout,
    QFrame,
    QGridLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from core.errors import MultihotError, RecipeError
from core.recipes.recipe import Recipe
from gui.train.key_field import KeyField
from gui.train.recipe_keys import ADAPTED, SECTIONS, Key, value_of
from gui.train.recipe_saver import RecipeSaver
from gui.widgets import theme
from gui.widgets.error_row import ErrorRow

_FIELD_WIDTH = 190
_NAME_WIDTH = 150


class RecipeEditor(QWidget):
    """A form of all keys; every valid value is saved at once, one that is not is told beside the others.

    Signals:
        edited: Recipe, with another valid value.
    """

    edited = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._recipe: Recipe | None = None
        self._saver: RecipeSaver | None = None
        self._fields: dict[str, KeyField] = {}
        self._wrong: dict[str, RecipeError] = {}
        self._title = QLineEdit()
        self._purpose = QLineEdit()
        self._state = QLabel()
        self._state.setProperty("tone", "secondary")
        self._error = ErrorRow()
        self._tabs = QTabWidget()
        self._tabs.setDocumentMode(True)
        for section in SECTIONS:
            self._tabs.addTab(QScrollArea(), section.capitalize())

        names = QFormLayout()
        names.setContentsMargins(theme.PANEL, theme.SPACE, theme.PANEL, 0)
        names.setHorizontalSpacing(theme.PANEL)
        names.setVerticalSpacing(theme.SPACE)
        names.addRow(self.tr("Title"), self._title)
        names.addRow(self.tr("Purpose"), self._purpose)
        foot = QVBoxLayout()
        foot.setContentsMargins(theme.PANEL, 0, theme.PANEL, theme.SPACE)
        foot.addWidget(self._error)
        foot.addWidget(self._state)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE)
        layout.addLayout(names)
        layout.addWidget(self._tabs, 1)
        layout.addLayout(foot)

        self._tabs.currentChanged.connect(self._on_tab_changed)
        self._title.textEdited.connect(self._on_words_edited)
        self._purpose.textEdited.connect(self._on_words_edited)

    def open(self, recipe: Recipe, file: Path, text: str) -> None:
        """Edit a recipe.

        Args:
            recipe: as its file has it.
            file: of the project's own.
            text: of the file.
        """
        self._recipe = recipe
        self._wrong.clear()
        self._error.clear()
        self._saver = RecipeSaver(file, text, self)
        self._saver.saved.connect(self._on_saved)
        self._saver.failed.connect(self._on_failed)
        self._state.setText(self.tr("Each change is saved at once in {}").format(file))
        self._state.setToolTip(str(file))
        self._title.setText(recipe.title)
        self._purpose.setText(recipe.purpose)
        self._purpose.setCursorPosition(0)
        self._on_tab_changed(self._tabs.currentIndex())
        self._show_values()

    @property
    def recipe(self) -> Recipe | None:
        """What is edited, with its valid values."""
        return self._recipe

    @property
    def fields(self) -> Mapping[str, KeyField]:
        """The fields made so far, by the path of their key."""
        return self._fields

    def _on_tab_changed(self, index: int) -> None:
        # a page is made when it is first seen: all at once would take longer than a frame
        section = list(SECTIONS)[index]
        area = self._tabs.widget(index)
        assert isinstance(area, QScrollArea)
        if area.widget() is None:
            area.setFrameShape(QFrame.Shape.NoFrame)
            area.setWidgetResizable(True)
            area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            area.setWidget(self._page(SECTIONS[section]))
            if self._recipe is not None:
                self._show_values()

    def _page(self, keys: tuple[Key, ...]) -> QWidget:
        page = QWidget()
        grid = QGridLayout(page)
        grid.setContentsMargins(theme.PANEL, theme.SPACE, theme.PANEL, theme.SPACE)
        grid.setHorizontalSpacing(theme.PANEL)
        grid.setVerticalSpacing(theme.SPACE)
        grid.setColumnMinimumWidth(0, _NAME_WIDTH)
        grid.setColumnStretch(2, 1)
        for row, key in enumerate(keys):
            field = KeyField(key)
            field.setFixedWidth(_FIELD_WIDTH)
            field.changed.connect(lambda field=field: self._on_field_changed(field))
            self._fields[key.path] = field
            meaning = QLabel(key.rule.meaning)
            meaning.setProperty("tone", "secondary")
            meaning.setWordWrap(True)
            name = QLabel(key.name)
            name.setBuddy(field.control)
            grid.addWidget(name, row, 0)
            grid.addWidget(field, row, 1)
            grid.addWidget(meaning, row, 2)
        grid.setRowStretch(len(keys), 1)
        return page

    def _on_field_changed(self, field: KeyField) -> None:
        assert self._recipe is not None
        path = field.key.path
        try:
            recipe = self._recipe.with_overrides([f"{path}={field.text()}"])
        except RecipeError as error:
            self._wrong[path] = error
            field.show_wrong(True)
            self._show_errors()
            return
        self._wrong.pop(path, None)
        self._take(recipe)
        self._show_values()

    def _on_words_edited(self) -> None:
        assert self._recipe is not None
        title, purpose = self._title.text().strip(), self._purpose.text().strip()
        self._wrong.pop("", None)
        if title and purpose:
            self._take(replace(self._recipe, title=title, purpose=purpose))
        else:
            self._wrong[""] = RecipeError("A recipe needs a title and a purpose.")
        self._show_errors()

    def _take(self, recipe: Recipe) -> None:
        if recipe == self._recipe:
            return
        self._recipe = recipe
        assert self._saver is not None
        self._saver.save(recipe.to_toml())
        self.edited.emit(recipe)

    def _show_values(self) -> None:
        """Show what the recipe holds; what is wrong stays as it was typed."""
        assert self._recipe is not None
        is_adapted = self._recipe.training.adapt
        for path, field in self._fields.items():
            if path not in self._wrong and not field.control.hasFocus():
                field.show_value(value_of(self._recipe, field.key))
            if path in ADAPTED:
                field.setEnabled(not is_adapted)
                field.control.setToolTip(
                    self.tr("Chosen from your data. Untick “adapt” to set it yourself.")
                    if is_adapted
                    else self.tr("Allowed: {}").format(field.key.allowed)
                )
        self._show_errors()

    def _show_errors(self) -> None:
        if self._wrong:
            error = list(self._wrong.values())[-1]
            self._error.show_text(error.sentence, next_step=error.next_step)
        else:
            self._error.clear()

    def _on_saved(self) -> None:
        assert self._saver is not None
        self._state.setText(self.tr("Saved {} in {}").format(time.strftime("%H:%M"), self._saver.path))

    def _on_failed(self, error: MultihotError) -> None:
        self._error.show_error(error)
