"""A key of a recipe in a form: its name, its field, its meaning, and what is wrong with it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout

from core.errors import MultihotError
from core.recipes.recipe import Recipe
from gui.train.key_field import KeyField
from gui.train.recipe_keys import Key, value_of

_FIELD_WIDTH = 190


class KeyRow:
    """The widgets of one row, put into a grid of three columns.

    Attributes:
        field: that holds the value.
    """

    def __init__(self, key: Key, grid: QGridLayout, row: int) -> None:
        self.field = KeyField(key)
        self.field.setFixedWidth(_FIELD_WIDTH)
        name = QLabel(key.name)
        name.setBuddy(self.field.control)
        self._meaning = _text("secondary")
        self._note = _text("")
        self._wrong = _text("wrong")
        # a long text begins beside its field
        height = max(self.field.sizeHint().height(), name.sizeHint().height())
        name.setFixedHeight(height)
        texts = QVBoxLayout()
        texts.setContentsMargins(0, (height - self._meaning.fontMetrics().height()) // 2, 0, 0)
        texts.setSpacing(2)
        for label in (self._meaning, self._note, self._wrong):
            texts.addWidget(label)
        texts.addStretch(1)
        # empty until there is something to say
        self._note.hide()
        self._wrong.hide()
        self._explained = "\n".join(text for text in (key.rule.meaning, *key.explained) if text)
        self._meaning.setText(self._explained)
        grid.addWidget(name, row, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.field, row, 1, Qt.AlignmentFlag.AlignTop)
        grid.addLayout(texts, row, 2)

    def show_recipe(self, recipe: Recipe) -> None:
        """Show what a recipe holds."""
        self.field.show_value(value_of(recipe, self.field.key))

    def show_error(self, error: MultihotError | None) -> None:
        """Say what is wrong with what was typed; None when nothing is."""
        self.field.show_wrong(error is not None)
        self._wrong.setText(f"{error.sentence} {error.next_step}".strip() if error else "")
        self._wrong.setVisible(error is not None)

    def error(self) -> str:
        """What is said to be wrong; empty for nothing."""
        return self._wrong.text()

    def show_note(self, text: str) -> None:
        """Say what else there is to know; empty for nothing."""
        self._note.setText(text)
        self._note.setVisible(bool(text))

    def note(self) -> str:
        """What else is said; empty for nothing."""
        return self._note.text()

    def show_chosen(self, by_data: bool) -> None:
        """Say whether the value is chosen from the data, so that none can be typed."""
        self.field.setEnabled(not by_data)
        tr = self.field.tr
        self._meaning.setText(
            tr("Chosen from your data. Untick “adapt” above to set it yourself.") if by_data else self._explained
        )


def _text(tone: str) -> QLabel:
    label = QLabel()
    label.setProperty("tone", tone)
    label.setWordWrap(True)
    return label
