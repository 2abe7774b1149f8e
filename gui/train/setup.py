"""The left side of Train: recipe, settings, data, and the one button."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QPushButton, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from core.errors import MultihotError, RecipeError, WeightsError
from core.recipes.adapt import adapt
from core.recipes.recipe import Recipe
from gui.train.data_summary import DataFacts, DataSummary
from gui.train.note_lines import NoteLines
from gui.train.options import Options, OptionsForm, in_short
from gui.train.recipe_book import RecipeBook, RecipeEntry
from gui.train.recipe_cards import RecipeCards
from gui.train.recipe_keys import adapted_keys
from gui.widgets import theme
from gui.widgets.buttons import flat, icon_button, primary
from gui.widgets.error_row import ErrorRow
from gui.widgets.icons import icon
from gui.widgets.panel import Panel, line

WIDTH = 328


class TrainingSetup(QWidget):
    """What to train, and on what.

    Signals:
        train_asked: Options; the button was pressed and all fields are valid.
        seed_changed: another seed may deal the images into other splits.
        recipe_changed: another recipe, other settings or other data: what would be trained is another.
        recipe_clicked: a person pressed a recipe's card.
        problems_clicked: a person wants to know which files of the project are no recipes, and why.
        run_wanted: a person wants to choose a run to start from.
    """

    train_asked = Signal(object)
    seed_changed = Signal()
    recipe_changed = Signal()
    recipe_clicked = Signal()
    problems_clicked = Signal()
    run_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedWidth(WIDTH)
        self._error_of_data = True
        self._busy = ""
        self._train_images = 0
        self._set: Recipe | None = None
        self._adapted: Recipe | None = None
        self._sentences: tuple[str, ...] = ()
        self._cards = RecipeCards()
        self._form = OptionsForm()
        self._data = DataSummary()
        self._fold = icon_button("caret-right", self.tr("Show the settings"), checkable=True)
        self._warnings = flat(QPushButton(icon("warning"), ""))
        self._warnings.hide()
        self._adaptation = NoteLines()
        self._problems = flat(QPushButton(icon("warning"), ""))
        self._problems.hide()
        self._error = ErrorRow()
        self._button = primary(QPushButton(self.tr("Train")))
        self._button.setMinimumHeight(36)

        recipe_panel = Panel(self.tr("Recipe"))
        recipe_panel.body.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE)
        recipe_panel.add(self._cards, 1)
        recipe_panel.add(self._problems)
        self._settings_panel = Panel(self.tr("Settings"))
        self._settings_panel.header.addWidget(self._fold)
        # the word is a larger place to press than the arrow
        self._settings_heading = self._settings_panel.header.parentWidget()
        assert self._settings_heading is not None
        self._settings_heading.setCursor(Qt.CursorShape.PointingHandCursor)
        self._settings_heading.installEventFilter(self)
        self._settings_panel.add(self._form)
        self._data_panel = Panel(self.tr("Data"))
        self._data_panel.add(self._data)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for panel in (self._settings_panel, self._data_panel):
            column.addWidget(panel)
        column.addStretch(1)
        self._scroll = _Foot(inside)
        foot = QVBoxLayout()
        foot.setContentsMargins(theme.PANEL, theme.SPACE, theme.PANEL, theme.PANEL)
        foot.setSpacing(theme.SPACE)
        foot.addWidget(self._adaptation)
        foot.addWidget(self._error)
        foot.addWidget(self._warnings)
        foot.addWidget(self._button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(recipe_panel, 1)
        layout.addWidget(line())
        layout.addWidget(self._scroll)
        layout.addWidget(line())
        layout.addLayout(foot)

        self._cards.chosen.connect(self._form.show_recipe)
        self._cards.clicked.connect(lambda _: self.recipe_clicked.emit())
        self._form.changed.connect(self._on_form_changed)
        self._form.run_wanted.connect(self.run_wanted)
        self._form.seed_changed.connect(self.seed_changed)
        self._fold.toggled.connect(self._on_fold_toggled)
        self._problems.clicked.connect(self.problems_clicked)
        self._warnings.clicked.connect(lambda: self._scroll_to(self._data_panel))
        self._button.clicked.connect(self._on_button_clicked)
        self._on_fold_toggled(False)
        self._update_button()

    @property
    def seed(self) -> int:
        """The seed that is set."""
        return self._form.seed

    @property
    def entry(self) -> RecipeEntry | None:
        """The recipe that is chosen; None before they are read."""
        return self._cards.entry

    @property
    def recipe(self) -> Recipe | None:
        """The chosen recipe with what is set; as it was last valid."""
        return self._set

    @property
    def adapted(self) -> tuple[Recipe | None, Sequence[str]]:
        """That with what is chosen from the data, and the sentences that say so."""
        return self._adapted, self._sentences

    def show_book(self, book: RecipeBook) -> None:
        """Show the recipes there are."""
        self._cards.show_entries(book.entries)
        count = len(book.problems)
        many = self.tr("{} recipes of this project cannot be used ›").format(count)
        self._problems.setText(self.tr("1 recipe of this project cannot be used ›") if count == 1 else many)
        self._problems.setToolTip("\n".join(book.problems))
        self._problems.setVisible(count > 0)
        self._update_button()

    def choose_run(self, folder: Path | None, text: str = "") -> None:
        """Start from a run; None when a person chose none after all."""
        self._form.choose_run(folder, text)

    def forget_run(self) -> None:
        """Another project is open: start from no run of the last one."""
        self._form.forget_run()

    def choose_next(self, recipe_name: str) -> None:
        """Choose a recipe that is among those shown next."""
        self._cards.choose_next(recipe_name)

    def choose(self, recipe_name: str) -> None:
        """Choose a recipe by its name."""
        self._cards.choose(recipe_name)

    def recipe_to_copy(self) -> Recipe | None:
        """The chosen recipe with what is set; None, and it is said why, while something that is set is not valid."""
        try:
            recipe = self._form.recipe_to_copy()
        except RecipeError as error:
            self._show_wrong_value(error)
            return None
        if recipe is None or self._adapted is None or not self._form.keep() & adapted_keys(recipe):
            return recipe
        # what was set would be chosen from the data otherwise
        return replace(recipe, training=replace(self._adapted.training, adapt=False))

    def forget_values(self) -> None:
        """What was set of the recipe is set no more."""
        self._form.forget_values()

    def pick_weights(self) -> None:
        """Let a person pick the file of the pretrained weights."""
        self._show_settings()
        self._form.pick_weights()

    def choose_scratch(self) -> None:
        """Start from no pretrained weights."""
        self._show_settings()
        self._form.choose_scratch()

    def show_facts(self, facts: DataFacts) -> None:
        """Show what a training would see; without a possible training the button is off."""
        self._data.show_facts(facts)
        # the data may be scrolled away, but nobody shall train without knowing
        count = len(facts.warnings)
        text = self.tr("1 warning ›") if count == 1 else self.tr("{} warnings ›").format(count)
        self._warnings.setText(text)
        self._warnings.setToolTip("\n".join(facts.warnings))
        self._warnings.setVisible(count > 0)
        self._error_of_data = facts.error is not None
        self._train_images = facts.counts[0] if facts.error is None else 0
        self._adapt()
        self._update_button()

    def show_busy(self, text: str) -> None:
        """Say why no training can be started now, such as "Run 7 is training"; empty when one can."""
        self._busy = text
        self._update_button()

    def show_error(self, error: MultihotError) -> None:
        """Say why the training did not start."""
        self._error.show_error(error)

    def _update_button(self) -> None:
        self._button.setText(self._busy or self.tr("Train"))
        self._button.setEnabled(not self._busy and not self._error_of_data and self._cards.entry is not None)

    def _on_form_changed(self) -> None:
        self._error.clear()
        self._adapt()

    def _adapt(self) -> None:
        """Say what would be chosen from the data; nothing while a field is not valid."""
        self._set, keep = self._form.recipe(), self._form.keep()
        self._adapted, self._sentences = self._set, ()
        if self._set is not None and self._train_images:
            self._adapted, self._sentences = adapt(self._set, self._train_images, keep=keep)
        is_known = self._adapted is not None and self._train_images > 0
        self._form.show_chosen_epochs(self._adapted.training.epochs if self._adapted and is_known else None)
        self._adaptation.show_notes(self._sentences if self._form.error is None else ())
        self.recipe_changed.emit()

    def _on_fold_toggled(self, shown: bool) -> None:
        self._form.setVisible(shown)
        self._settings_panel.body.setContentsMargins(*(theme.PANEL, theme.SPACE) * 2 if shown else (0, 0, 0, 0))
        self._fold.setIcon(icon("caret-down" if shown else "caret-right"))
        if shown:
            self._scroll_to(self._settings_panel)

    def _show_settings(self) -> None:
        self._fold.setChecked(True)
        self._scroll_to(self._settings_panel)

    def _scroll_to(self, panel: Panel) -> None:
        # once the layout has given the panel its place
        QTimer.singleShot(0, self, lambda: self._scroll.ensureWidgetVisible(panel, 0, 0))

    def _on_button_clicked(self) -> None:
        try:
            options: Options = self._form.options()
        except RecipeError as error:
            self._show_wrong_value(error)
            return
        except WeightsError as error:
            self._show_settings()
            self._error.show_error(error)
            return
        self._error.clear()
        self.train_asked.emit(options)

    def _show_wrong_value(self, error: RecipeError) -> None:
        self._show_settings()
        self._form.focus_other()
        if in_short(error) == error.sentence:
            self._error.show_text(error.sentence, details=error.next_step.replace(", ", "\n"))
        else:
            self._error.show_error(error)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Pressing the word Settings shows and hides them."""
        if watched is self._settings_heading and event.type() == QEvent.Type.MouseButtonRelease:
            self._fold.toggle()
            return True
        return super().eventFilter(watched, event)


class _Foot(QScrollArea):
    """As high as what is in it where there is room, and scrolled where there is not."""

    def __init__(self, inside: QWidget) -> None:
        super().__init__()
        self._inside = inside
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.setWidget(inside)
        inside.installEventFilter(self)

    def sizeHint(self) -> QSize:
        """As high as its content."""
        inside = self._inside
        height = inside.heightForWidth(WIDTH) if inside.hasHeightForWidth() else inside.sizeHint().height()
        return QSize(WIDTH, height)

    def minimumSizeHint(self) -> QSize:
        """Room for the two headings at least."""
        return QSize(WIDTH, min(self.sizeHint().height(), 96))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The content became higher or lower: so does this."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)
