"""A recipe in full: what it is good for, what the model will see, and every key."""

import functools
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from core.errors import MultihotError, RecipeError
from core.recipes.recipe import Recipe
from gui import background
from gui.train.examples_panel import ExamplesPanel
from gui.train.key_table import KeyTable
from gui.train.recipe_book import RecipeEntry, figures, label_vectors
from gui.train.recipe_editor import RecipeEditor
from gui.widgets import theme
from gui.widgets.buttons import icon_button, with_icon
from gui.widgets.error_row import ErrorRow
from gui.widgets.icons import icon
from gui.widgets.panel import Panel, line
from gui.widgets.question import Question


class RecipePage(QWidget):
    """The recipe that is chosen, as it would be trained; one's own can be edited in place.

    Signals:
        duplicate_asked: a copy of one's own is wanted.
        edited: Recipe, one's own has another value.
        delete_asked: Path, the file of one's own is to be deleted.
    """

    duplicate_asked = Signal()
    delete_asked = Signal(object)
    edited = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entry: RecipeEntry | None = None
        self._shown: Recipe | None = None
        self._edits_next = ""
        self.examples = ExamplesPanel()
        self._title = QLabel()
        bold = self._title.font()
        bold.setBold(True)
        self._title.setFont(bold)
        self._title.setWordWrap(True)
        self._facts = QLabel()
        self._facts.setFont(theme.tabular(theme.smaller(self._facts.font())))
        self._facts.setProperty("tone", "secondary")
        self._purpose = QLabel()
        self._more = QLabel()
        self._more.setProperty("tone", "secondary")
        for label in (self._purpose, self._facts, self._more):
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._error = ErrorRow()
        self._duplicate = with_icon(QPushButton(self.tr("Duplicate and edit")), "copy")
        self._duplicate.setToolTip(self.tr("Make a copy in this project, and change any of its keys"))
        self._edit = with_icon(QPushButton(self.tr("Edit")), "pencil-simple")
        self._edit.setCheckable(True)
        self._delete = icon_button("trash", self.tr("Delete this recipe"))
        self._question = Question(
            self.tr("Delete this recipe? Its runs stay."), self.tr("Delete recipe"), self.tr("Keep")
        )
        self._table = KeyTable()
        self._editor = RecipeEditor()
        self._filter = QLineEdit()
        self._filter.setPlaceholderText(self.tr("Find a key"))
        self._filter.setAccessibleName(self.tr("Find a key"))
        self._filter.setClearButtonEnabled(True)
        self._filter.addAction(icon("magnifying-glass"), QLineEdit.ActionPosition.LeadingPosition)
        self._filter.setFixedWidth(200)
        self._keys = QStackedWidget()
        self._keys.addWidget(self._table)
        self._keys.addWidget(self._editor)

        buttons = QHBoxLayout()
        buttons.setSpacing(theme.SPACE)
        buttons.addWidget(self._title, 1)
        buttons.addWidget(self._delete)
        buttons.addWidget(self._edit)
        buttons.addWidget(self._duplicate)
        head = QVBoxLayout()
        head.setContentsMargins(theme.PANEL, theme.SPACE, theme.PANEL, theme.SPACE)
        head.setSpacing(theme.SPACE // 2)
        head.addLayout(buttons)
        for widget in (self._purpose, self._facts, self._more, self._question, self._error):
            head.addWidget(widget)
        self._keys_panel = Panel(self.tr("All keys"), margins=False)
        self._keys_panel.header.addWidget(self._filter)
        self._keys_panel.add(self._keys)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(line())
        layout.addWidget(self.examples)
        layout.addWidget(self._keys_panel, 1)

        self._duplicate.clicked.connect(self.duplicate_asked)
        self._delete.clicked.connect(self._question.show)
        self._question.accepted.connect(self._on_delete_accepted)
        self._edit.toggled.connect(self._on_edit_toggled)
        self._filter.textChanged.connect(self._table.set_filter)
        self._editor.edited.connect(self.edited)

    def edit_next(self, name: str) -> None:
        """Open the editor once the recipe of this name is shown."""
        self._edits_next = name

    def show_error(self, error: MultihotError) -> None:
        """Say why a copy could not be made."""
        self._error.show_error(error)

    def show_recipe(
        self,
        entry: RecipeEntry,
        recipe: Recipe,
        *,
        facts: str,
        chosen: frozenset[str] = frozenset(),
    ) -> None:
        """Show a recipe.

        Args:
            entry: of the catalogue or of the project's own.
            recipe: with everything that was set.
            facts: parameters, multiply-adds and size, in words.
            chosen: the keys that were chosen from the data.
        """
        is_other = self._entry is None or entry.recipe.name != self._entry.recipe.name
        self._entry = entry
        self._title.setText(entry.recipe.title)
        self._title.setToolTip(entry.recipe.name)
        self._facts.setText(facts)
        self._purpose.setText(entry.recipe.purpose)
        self._more.setText(_more(entry.recipe, recipe))
        self._more.setVisible(bool(self._more.text()))
        self._edit.setVisible(entry.file is not None)
        self._delete.setVisible(entry.file is not None)
        self._table.show_recipe(recipe, own=entry.recipe, chosen=chosen)
        if self._shown is None or recipe != self._shown:
            self.examples.show_recipe(recipe)
        self._shown = recipe
        if is_other:
            self._error.clear()
            self._question.hide()
            self._edit.setChecked(False)
        if self._edits_next == entry.recipe.name and entry.file is not None:
            self._edits_next = ""
            self._edit.setChecked(True)

    def _on_delete_accepted(self) -> None:
        if self._entry is not None and self._entry.file is not None:
            self.delete_asked.emit(self._entry.file)

    def _on_edit_toggled(self, is_on: bool) -> None:
        self._edit.setText(self.tr("Done") if is_on else self.tr("Edit"))
        self._filter.setVisible(not is_on)
        # it stands in the form too
        self._purpose.setVisible(not is_on)
        if not is_on or self._entry is None or self._entry.file is None:
            self._keys.setCurrentWidget(self._table)
            return
        file = self._entry.file
        read = functools.partial(_text_of, file)
        opened = functools.partial(self._on_text_read, self._entry.recipe, file)
        background.run(self, read, opened, self._error.show_error, key="text")

    def _on_text_read(self, recipe: Recipe, file: Path, text: str) -> None:
        if self._entry is not None and self._entry.file == file and self._edit.isChecked():
            self._editor.open(recipe, file, text)
            self._keys.setCurrentWidget(self._editor)


def _more(own: Recipe, recipe: Recipe) -> str:
    """Published figures by their source, and what a graph knows of the labels, a line each."""
    sources = dict.fromkeys(one.source for one in own.published)
    lines = [f"{source}: {figures([one for one in own.published if one.source == source])}." for source in sources]
    vectors = label_vectors(recipe)
    return "\n".join([*lines, *([f"{vectors}."] if vectors else [])])


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"{file} cannot be read: {error}.") from error
