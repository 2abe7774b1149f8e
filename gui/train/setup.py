"""The left side of Train: recipe, settings, data, and the one button."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QPushButton, QScrollArea, QVBoxLayout, QWidget

from core.errors import MultihotError, RecipeError, WeightsError
from core.recipes.recipe import Recipe
from gui.train.data_summary import DataFacts, DataSummary
from gui.train.options import Options, OptionsForm
from gui.train.recipe_cards import RecipeCards
from gui.widgets import theme
from gui.widgets.buttons import flat, icon_button, primary
from gui.widgets.error_row import ErrorRow
from gui.widgets.icons import icon
from gui.widgets.panel import Panel, line

WIDTH = 328
# characters of a next step; a longer one, such as a list of all keys, would fill the column
_LONG = 120


class TrainingSetup(QWidget):
    """What to train, and on what.

    Signals:
        train_asked: Options; the button was pressed and all fields are valid.
        seed_changed: another seed may deal the images into other splits.
    """

    train_asked = Signal(object)
    seed_changed = Signal()

    def __init__(self, recipes: Sequence[Recipe], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedWidth(WIDTH)
        self._error_of_data = True
        self._busy = ""
        self._cards = RecipeCards(recipes)
        self._form = OptionsForm()
        self._data = DataSummary()
        self._fold = icon_button("caret-right", self.tr("Show the settings"), checkable=True)
        self._warnings = flat(QPushButton(icon("warning"), ""))
        self._warnings.hide()
        self._error = ErrorRow()
        self._button = primary(QPushButton(self.tr("Train")))
        self._button.setMinimumHeight(36)

        recipe_panel = Panel(self.tr("Recipe"))
        recipe_panel.body.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE)
        recipe_panel.add(self._cards)
        self._settings_panel = Panel(self.tr("Settings"))
        self._settings_panel.header.addWidget(self._fold)
        self._settings_panel.add(self._form)
        self._data_panel = Panel(self.tr("Data"))
        self._data_panel.add(self._data)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for panel in (recipe_panel, self._settings_panel, self._data_panel):
            column.addWidget(panel)
        column.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(inside)
        foot = QVBoxLayout()
        foot.setContentsMargins(theme.PANEL, theme.SPACE, theme.PANEL, theme.PANEL)
        foot.setSpacing(theme.SPACE)
        foot.addWidget(self._error)
        foot.addWidget(self._warnings)
        foot.addWidget(self._button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._scroll, 1)
        layout.addWidget(line())
        layout.addLayout(foot)

        self._cards.chosen.connect(self._form.show_recipe)
        self._form.changed.connect(self._error.clear)
        self._form.seed_changed.connect(self.seed_changed)
        self._fold.toggled.connect(self._on_fold_toggled)
        self._warnings.clicked.connect(lambda: self._scroll_to(self._data_panel))
        self._button.clicked.connect(self._on_button_clicked)
        self._form.show_recipe(self._cards.recipe)
        self._on_fold_toggled(False)
        self._update_button()

    @property
    def seed(self) -> int:
        """The seed that is set."""
        return self._form.seed

    def choose(self, recipe_name: str) -> None:
        """Choose a recipe by its name."""
        self._cards.choose(recipe_name)

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
        self._button.setEnabled(not self._busy and not self._error_of_data)

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
            self._show_settings()
            self._form.focus_other()
            if len(error.next_step) > _LONG:
                self._error.show_text(error.sentence, details=error.next_step.replace(", ", "\n"))
            else:
                self._error.show_error(error)
            return
        except WeightsError as error:
            self._show_settings()
            self._error.show_error(error)
            return
        self._error.clear()
        self.train_asked.emit(options)
