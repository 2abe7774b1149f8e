"""Changing a recipe of one's own, key by key."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QHideEvent, QIcon
from PySide6.QtWidgets import (
    QFormLayout,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from core.errors import MultihotError, RecipeError
from core.recipes.complexity import known_backbones
from core.recipes.recipe import Recipe
from gui.train.drafts import settle
from gui.train.key_field import KeyField
from gui.train.key_row import KeyRow
from gui.train.recipe_keys import SECTIONS, Key, adapted_keys, backbone_remark, value_of
from gui.train.recipe_saver import FileChangedError, RecipeSaver
from gui.widgets import icons, theme
from gui.widgets.error_row import ErrorRow

_NAME_WIDTH = 150
_BACKBONE = "model.backbone"
_TITLE, _PURPOSE = "title", "purpose"


@dataclass(eq=False)
class _Sheet:
    """A recipe that is edited; what is not in its file yet is kept here until it is, or until it is forgotten.

    Attributes:
        recipe: with its valid values.
        saver: of its file.
        drafts: what was typed and is not valid, under the path of its key, or "title" or "purpose".
        failure: why the file was not written.
    """

    recipe: Recipe
    saver: RecipeSaver
    drafts: dict[str, str] = field(default_factory=dict)
    failure: MultihotError | None = None


class RecipeEditor(QWidget):
    """A form of all keys; every valid value is saved as soon as it is complete, one that is not is told beside it.

    What is not valid is kept while another recipe is edited.

    Signals:
        edited: Recipe, with another valid value.
        file_wanted: what another program wrote is to be shown in place of what was typed here.
        answered: Path of a file and whether it was written, once that is known.
    """

    edited = Signal(object)
    file_wanted = Signal()
    answered = Signal(object, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sheets: dict[Path, _Sheet] = {}
        self._sheet: _Sheet | None = None
        self._rows: dict[str, KeyRow] = {}
        self._errors: dict[str, RecipeError] = {}
        # the recipe of the card, and that with what is set beside the cards, which counts in place of what is set here
        self._set_elsewhere: tuple[Recipe, Recipe] | None = None
        self._title, self._title_wrong = QLineEdit(), _wrong_label()
        self._purpose, self._purpose_wrong = QLineEdit(), _wrong_label()
        self._state = QLabel()
        self._state.setProperty("tone", "secondary")
        # what it says while nothing is half typed
        self._said = ""
        self._error = ErrorRow()
        self._theirs = QPushButton(self.tr("Show what it holds now"))
        self._mine = QPushButton(self.tr("Write mine over it"))
        self._tabs = QTabWidget()
        self._tabs.setDocumentMode(True)
        for section in SECTIONS:
            self._tabs.addTab(QScrollArea(), section.capitalize())

        names = QFormLayout()
        names.setContentsMargins(theme.PANEL, theme.SPACE, theme.PANEL, 0)
        names.setHorizontalSpacing(theme.PANEL)
        names.setVerticalSpacing(theme.SPACE)
        for text, line, wrong in (
            (self.tr("Title"), self._title, self._title_wrong),
            (self.tr("Purpose"), self._purpose, self._purpose_wrong),
        ):
            names.addRow(text, line)
            names.addRow("", wrong)
            names.setRowVisible(wrong, False)
        self._names = names
        answers = QHBoxLayout()
        answers.addWidget(self._error, 1)
        answers.addWidget(self._theirs)
        answers.addWidget(self._mine)
        foot = QVBoxLayout()
        foot.setContentsMargins(theme.PANEL, 0, theme.PANEL, theme.SPACE)
        foot.addLayout(answers)
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
        self._theirs.clicked.connect(self.file_wanted)
        self._mine.clicked.connect(self._on_mine_clicked)
        self._show_failure()

    @property
    def recipe(self) -> Recipe | None:
        """What is edited, with its valid values."""
        return self._sheet.recipe if self._sheet is not None else None

    @property
    def file(self) -> Path | None:
        """The file of what is edited."""
        return self._sheet.saver.path if self._sheet is not None else None

    @property
    def rows(self) -> Mapping[str, KeyRow]:
        """The rows made so far, by the path of their key."""
        return self._rows

    @property
    def fields(self) -> Mapping[str, KeyField]:
        """Their fields."""
        return {path: row.field for path, row in self._rows.items()}

    def open(self, recipe: Recipe, file: Path, text: str) -> None:
        """Edit a recipe, with what was typed earlier and is not in its file.

        Args:
            recipe: as its file has it.
            file: of the project's own.
            text: of the file.
        """
        sheet = self._sheets.get(file)
        if sheet is None or not (self.unsaved(file) or sheet.saver.is_at_work):
            saver = RecipeSaver(file, text, self)
            sheet = _Sheet(recipe, saver)
            saver.saved.connect(lambda: self._on_saved(sheet))
            saver.failed.connect(lambda error: self._on_failed(sheet, error))
            self._sheets[file] = sheet
            self._say(self.tr("Each change is saved at once in {}").format(file))
        self._sheet = sheet
        self._state.setToolTip(str(file))
        self._on_tab_changed(self._tabs.currentIndex())
        self._settle()
        self._show_failure()

    def holds(self, text: str, file: Path) -> bool:
        """Whether a file with this text is what is shown, or will be as soon as it is written."""
        sheet = self._sheets.get(file)
        return sheet is not None and (sheet.saver.is_at_work or sheet.saver.written == text)

    def is_saving(self, file: Path) -> bool:
        """Whether `answered` is still to come for a file."""
        sheet = self._sheets.get(file)
        return sheet is not None and sheet.saver.is_at_work

    def unsaved(self, file: Path) -> list[str]:
        """What was typed for a file and is not in it: paths of keys, "title", "purpose", or the file's name."""
        sheet = self._sheets.get(file)
        if sheet is None:
            return []
        lost = [file.name] if sheet.failure is not None and not sheet.saver.is_saved else []
        return [*sheet.drafts, *lost]

    def forget(self, file: Path) -> None:
        """What was typed for a file and is not in it is not wanted."""
        if self._sheets.pop(file, None) is self._sheet:
            self._sheet = None

    def commit(self) -> None:
        """What is being typed is meant as it stands."""
        if self._sheet is not None:
            for row in self._rows.values():
                row.field.commit()

    def show_set_elsewhere(self, own: Recipe, recipe: Recipe) -> None:
        """Say beside the keys which values are set in Settings, for those count.

        Args:
            own: a recipe as its card has it.
            recipe: that with everything that was set but what is chosen from the data.
        """
        self._set_elsewhere = (own, recipe)
        self._show_notes()

    def hideEvent(self, event: QHideEvent) -> None:
        """What is being typed is not lost when something else is looked at."""
        super().hideEvent(event)
        self.commit()

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
            if self._sheet is not None:
                self._show_values()

    def _page(self, keys: tuple[Key, ...]) -> QWidget:
        page = QWidget()
        grid = QGridLayout(page)
        grid.setContentsMargins(theme.PANEL, theme.SPACE, theme.PANEL, theme.SPACE)
        grid.setHorizontalSpacing(theme.PANEL)
        grid.setVerticalSpacing(theme.SPACE)
        grid.setColumnMinimumWidth(0, _NAME_WIDTH)
        grid.setColumnStretch(2, 1)
        for number, key in enumerate(keys):
            row = KeyRow(key, grid, number)
            row.field.committed.connect(lambda field=row.field: self._on_field_committed(field))
            row.field.edited.connect(lambda field=row.field: self._on_field_edited(field))
            self._rows[key.path] = row
            if key.path == _BACKBONE:
                row.field.suggest(known_backbones())
        grid.setRowStretch(len(keys), 1)
        return page

    def _say(self, text: str) -> None:
        self._said = text
        self._state.setText(text)

    def _on_field_edited(self, field: KeyField) -> None:
        hint = self.tr("Not saved yet: press Enter, or leave the field.")
        self._state.setText(hint if field.is_half_typed else self._said)

    def _on_field_committed(self, field: KeyField) -> None:
        assert self._sheet is not None
        self._sheet.drafts[field.key.path] = field.text()
        # Enter was pressed: where the value is wrong, that is told beside it
        self._state.setText(self._said)
        self._settle()

    def _on_words_edited(self) -> None:
        assert self._sheet is not None
        self._sheet.drafts[_TITLE] = self._title.text()
        self._sheet.drafts[_PURPOSE] = self._purpose.text()
        self._settle()

    def _settle(self) -> None:
        """Take and save what can be taken of what was typed, and say at its own place why the rest cannot."""
        sheet = self._sheet
        assert sheet is not None
        words = {name: sheet.drafts.pop(name) for name in (_TITLE, _PURPOSE) if name in sheet.drafts}
        recipe, left, self._errors = settle(sheet.recipe, sheet.drafts)
        for name, text in words.items():
            if text.strip():
                title, purpose = (text.strip() if one == name else getattr(recipe, one) for one in (_TITLE, _PURPOSE))
                recipe = replace(recipe, title=title, purpose=purpose)
            else:
                left[name] = text
                self._errors[name] = RecipeError(self.tr("A recipe needs a {}.").format(name))
        sheet.drafts = left
        if recipe != sheet.recipe:
            sheet.recipe = recipe
            sheet.saver.save(recipe.to_toml())
            self._show_values()
            self.edited.emit(recipe)
        else:
            self._show_values()

    def _show_values(self) -> None:
        """Show what the recipe holds; what is not valid stays as it was typed."""
        sheet = self._sheet
        assert sheet is not None
        for path, row in self._rows.items():
            if path in sheet.drafts:
                row.field.show_text(sheet.drafts[path])
            elif not row.field.control.hasFocus() or not row.field.is_half_typed:
                row.show_recipe(sheet.recipe)
            row.show_error(self._errors.get(path))
            row.show_chosen(path in adapted_keys(sheet.recipe))
        for name, line, wrong in (
            (_TITLE, self._title, self._title_wrong),
            (_PURPOSE, self._purpose, self._purpose_wrong),
        ):
            text = sheet.drafts.get(name, getattr(sheet.recipe, name))
            if line.text().strip() != text.strip():
                line.setText(text)
                # the beginning says more than the end
                line.setCursorPosition(0)
            line.setProperty("wrong", name in self._errors)
            line.style().polish(line)
            wrong.setText(self._errors[name].sentence if name in self._errors else "")
            self._names.setRowVisible(wrong, name in self._errors)
        self._show_notes()
        self._show_tabs()
        if sheet.failure is None:
            self._show_summary()

    def _show_notes(self) -> None:
        sheet = self._sheet
        if sheet is None:
            return
        for path, row in self._rows.items():
            notes = [backbone_remark(sheet.recipe.model.backbone)] if path == _BACKBONE else []
            own, other = self._set_elsewhere or (sheet.recipe, sheet.recipe)
            if own.name == sheet.recipe.name:
                value = value_of(other, row.field.key)
                if value != value_of(own, row.field.key) and path not in adapted_keys(sheet.recipe):
                    notes.append(self.tr("Settings, at the left, set it to {}, which is what counts.").format(value))
            row.show_note(" ".join(text for text in notes if text))

    def _show_tabs(self) -> None:
        """Mark the sections in which something is not valid."""
        color = QGuiApplication.palette().brightText().color()
        for index, section in enumerate(SECTIONS):
            is_wrong = any(path.startswith(f"{section}.") for path in self._errors)
            if is_wrong == self._tabs.tabIcon(index).isNull():
                sign = icons.pixmap("warning-circle", 16, color, ratio=self.devicePixelRatioF())
                self._tabs.setTabIcon(index, QIcon(sign) if is_wrong else QIcon())

    def _show_summary(self) -> None:
        assert self._sheet is not None
        left = list(self._sheet.drafts)
        if not left:
            self._error.clear()
            return
        text = self.tr("1 value is not saved: {}.") if len(left) == 1 else self.tr("{} values are not saved: {}.")
        names = ", ".join(left)
        self._error.show_text(text.format(names) if len(left) == 1 else text.format(len(left), names))

    def _show_failure(self) -> None:
        """Show why the file was not written, with what can be done."""
        failure = self._sheet.failure if self._sheet is not None else None
        is_conflict = isinstance(failure, FileChangedError)
        self._theirs.setVisible(is_conflict)
        self._mine.setVisible(is_conflict)
        if failure is not None:
            self._error.show_error(failure)
            self._say(self.tr("Your last changes are not in the file."))
        elif self._sheet is not None:
            self._show_summary()

    def _on_mine_clicked(self) -> None:
        assert self._sheet is not None
        self._sheet.failure = None
        self._show_failure()
        self._sheet.saver.overwrite()

    def _on_saved(self, sheet: _Sheet) -> None:
        sheet.failure = None
        if sheet is self._sheet:
            self._say(self.tr("Saved {} in {}").format(time.strftime("%H:%M"), sheet.saver.path))
            self._show_failure()
        self.answered.emit(sheet.saver.path, True)

    def _on_failed(self, sheet: _Sheet, error: MultihotError) -> None:
        sheet.failure = error
        if sheet is self._sheet:
            self._show_failure()
        self.answered.emit(sheet.saver.path, False)


def _wrong_label() -> QLabel:
    label = QLabel()
    label.setProperty("tone", "wrong")
    return label
