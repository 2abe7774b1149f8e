"""A recipe in full: what it is good for, what the model will see, and every key."""

import functools
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from core.errors import MultihotError, RecipeError
from core.recipes.recipe import Recipe, from_toml
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
        read_asked: a file of one's own is not as it was shown.
    """

    duplicate_asked = Signal()
    delete_asked = Signal(object)
    edited = Signal(object)
    read_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entry: RecipeEntry | None = None
        self._shown: Recipe | None = None
        self._edits_next = ""
        # whose editor closes once it is known that all of it was written
        self._closing: Path | None = None
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
        self._unsaved = Question("", self.tr("Close without them"), self.tr("Go on editing"))
        self._problems = ErrorRow()
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
        for widget in (
            self._purpose,
            self._facts,
            self._more,
            self._question,
            self._unsaved,
            self._error,
            self._problems,
        ):
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
        self._unsaved.accepted.connect(self._on_unsaved_accepted)
        self._editor.edited.connect(self.edited)
        # the question names what was not saved when it was asked
        self._editor.edited.connect(self._unsaved.hide)
        self._editor.answered.connect(self._on_answered)
        self._editor.file_wanted.connect(self._on_file_wanted)

    def commit(self) -> None:
        """What is being typed is meant as it stands: no more will be."""
        self._editor.commit()

    def edit_next(self, name: str) -> None:
        """Open the editor once the recipe of this name is shown."""
        self._edits_next = name

    def show_error(self, error: MultihotError) -> None:
        """Say why a copy could not be made."""
        self._error.show_error(error)

    def show_problems(self, problems: Sequence[str]) -> None:
        """Say which files of the project are no recipes, until there are none."""
        if problems:
            self._problems.show_text("\n".join(problems))
        else:
            self._problems.clear()

    def show_recipe(
        self,
        entry: RecipeEntry,
        recipe: Recipe,
        *,
        facts: str,
        chosen: frozenset[str] = frozenset(),
        as_set: Recipe | None = None,
    ) -> None:
        """Show a recipe.

        Args:
            entry: of the catalogue or of the project's own.
            recipe: with everything that was set.
            facts: parameters, multiply-adds and size, in words.
            chosen: the keys that were chosen from the data.
            as_set: the recipe without those; None when there are none.
        """
        is_other = self._entry is None or (entry.recipe.name, entry.file) != (self._entry.recipe.name, self._entry.file)
        if is_other:
            # what is half typed belongs to the one before
            self._editor.commit()
            self._closing = None
        self._entry = entry
        as_set = as_set or recipe
        is_changed = as_set != entry.recipe
        self._title.setText(
            self.tr("{} · with what is set at the left").format(entry.recipe.title)
            if is_changed
            else entry.recipe.title
        )
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
            self._unsaved.hide()
            # what was typed and is not in the file is seen again with it
            is_unfinished = entry.file is not None and bool(self._editor.unsaved(entry.file))
            self._show_edit(is_unfinished)
        elif self._edit.isChecked() and self._editor.recipe != entry.recipe:
            # another program changed the file
            self._open_editor()
        if self._edits_next == entry.recipe.name and entry.file is not None:
            self._edits_next = ""
            self._show_edit(True)
        self._editor.show_set_elsewhere(entry.recipe, as_set)

    def _on_delete_accepted(self) -> None:
        if self._entry is not None and self._entry.file is not None:
            self._editor.forget(self._entry.file)
            self.delete_asked.emit(self._entry.file)

    def _on_edit_toggled(self, is_on: bool) -> None:
        if not is_on and self._entry is not None and self._entry.file is not None:
            self._close_editor(self._entry.file)
        else:
            self._show_edit(is_on)

    def _close_editor(self, file: Path) -> None:
        """Close it when all that was typed is in the file, which may not be known yet."""
        self._editor.commit()
        if self._editor.is_saving(file):
            self._closing = file
            with QSignalBlocker(self._edit):
                self._edit.setChecked(True)
            return
        left = self._editor.unsaved(file)
        if left:
            self._ask_about(left)
        self._show_edit(bool(left))

    def _on_answered(self, file: Path, is_written: bool) -> None:
        if file != self._closing or self._editor.is_saving(file):
            return
        self._closing = None
        # where it could not be written the editor says so, with what can be done
        if is_written:
            self._close_editor(file)

    def _ask_about(self, left: list[str]) -> None:
        text = self.tr("Not saved: {}. Close without?").format(", ".join(left))
        self._unsaved.set_texts(text, self.tr("Close without them"))
        self._unsaved.show()

    def _on_unsaved_accepted(self) -> None:
        if self._entry is not None and self._entry.file is not None:
            self._editor.forget(self._entry.file)
            self._show_edit(False)
            # the card may show what could not be written
            self.read_asked.emit()

    def _show_edit(self, is_on: bool) -> None:
        with QSignalBlocker(self._edit):
            self._edit.setChecked(is_on)
        self._edit.setText(self.tr("Done") if is_on else self.tr("Edit"))
        self._filter.setVisible(not is_on)
        # it stands in the form too
        self._purpose.setVisible(not is_on)
        if is_on:
            self._open_editor()
        else:
            self._unsaved.hide()
            self._keys.setCurrentWidget(self._table)

    def _open_editor(self) -> None:
        if self._entry is not None and self._entry.file is not None:
            file = self._entry.file
            opened = functools.partial(self._on_file_read, file)
            background.run(self, functools.partial(_read, file), opened, self._error.show_error, key="text")

    def _on_file_read(self, file: Path, found: tuple[Recipe, str]) -> None:
        if self._entry is None or self._entry.file != file or not self._edit.isChecked():
            return
        recipe, text = found
        is_shown = self._keys.currentWidget() is self._editor and self._editor.recipe is not None
        if not (is_shown and self._editor.file == file and self._editor.holds(text, file)):
            self._error.clear()
            self._editor.open(recipe, file, text)
        self._keys.setCurrentWidget(self._editor)

    def _on_file_wanted(self) -> None:
        """Show what another program wrote, and forget what was typed here."""
        if self._entry is not None and self._entry.file is not None:
            file = self._entry.file
            taken = functools.partial(self._on_theirs_read, file)
            background.run(self, functools.partial(_read, file), taken, self._error.show_error, key="text")

    def _on_theirs_read(self, file: Path, found: tuple[Recipe, str]) -> None:
        self._editor.forget(file)
        self._on_file_read(file, found)
        self.read_asked.emit()


def _more(own: Recipe, recipe: Recipe) -> str:
    """Published figures by their source, and what a graph knows of the labels, a line each."""
    sources = dict.fromkeys(one.source for one in own.published)
    lines = [f"{source}: {figures([one for one in own.published if one.source == source])}." for source in sources]
    vectors = label_vectors(recipe)
    return "\n".join([*lines, *([f"{vectors}."] if vectors else [])])


def _read(file: Path) -> tuple[Recipe, str]:
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise RecipeError(f"{file.name} is not there any more.") from error
    except UnicodeDecodeError as error:
        raise RecipeError(f"{file.name} is no text file.") from error
    except OSError as error:
        raise RecipeError(f"{file} cannot be read: {error.strerror}.") from error
    return from_toml(file), text
