"""Choosing a recipe from cards that say what each is good for."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QEnterEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from core.recipes.recipe import Recipe
from gui.train.words import short_count
from gui.widgets import theme

_DOT = 14


class RecipeCards(QWidget):
    """One card for each recipe, one of them chosen; arrow keys go from card to card.

    Signals:
        chosen: Recipe, another card was chosen.
    """

    chosen = Signal(object)

    def __init__(self, recipes: Sequence[Recipe], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._recipes = list(recipes)
        self._group = QButtonGroup(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        for index, recipe in enumerate(self._recipes):
            card = RecipeCard(recipe)
            self._group.addButton(card, index)
            layout.addWidget(card)
        layout.addStretch(1)
        self._group.button(0).setChecked(True)

        self._group.idToggled.connect(self._on_card_toggled)

    @property
    def recipe(self) -> Recipe:
        """The chosen one."""
        return self._recipes[self._group.checkedId()]

    def choose(self, name: str) -> None:
        """Choose the recipe of a name; nothing happens when there is none."""
        for index, recipe in enumerate(self._recipes):
            if recipe.name == name:
                self._group.button(index).setChecked(True)

    def _on_card_toggled(self, index: int, checked: bool) -> None:
        if checked:
            self.chosen.emit(self._recipes[index])


class RecipeCard(QAbstractButton):
    """A recipe's title, purpose and facts, with the dot of a radio button."""

    def __init__(self, recipe: Recipe, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        facts = " · ".join(recipe_facts(recipe))
        self.setAccessibleName(f"{recipe.title}: {recipe.purpose} {facts}")
        self.setToolTip(recipe.name)
        title = QLabel(recipe.title)
        bold = title.font()
        bold.setBold(True)
        title.setFont(bold)
        weights = QLabel(self.tr("pretrained") if recipe.model.pretrained else self.tr("from scratch"))
        purpose = QLabel(recipe.purpose)
        purpose.setWordWrap(True)
        numbers = QLabel(facts)
        for label in (weights, numbers):
            label.setProperty("tone", "secondary")
            label.setFont(theme.tabular(theme.smaller(label.font())))

        head = QHBoxLayout()
        head.addWidget(title, 1)
        head.addWidget(weights, 0, Qt.AlignmentFlag.AlignBottom)
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addLayout(head)
        texts.addWidget(purpose)
        texts.addWidget(numbers)
        for label in (title, weights, purpose, numbers):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._texts = QHBoxLayout(self)
        self._texts.setContentsMargins(theme.SPACE + _DOT + theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE)
        self._texts.addLayout(texts)

    def sizeHint(self) -> QSize:
        """As large as the texts."""
        return self._texts.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the ground, the dot and the focus."""
        palette = self.palette()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        ground = QColor(theme.accent(palette))
        ground.setAlpha(38 if self.isChecked() else 0)
        if not self.isChecked() and self.underMouse():
            ground = QColor(palette.midlight().color())
        painter.setBrush(ground)
        ring = theme.accent(palette) if self.isChecked() or self.hasFocus() else QColor(Qt.GlobalColor.transparent)
        painter.setPen(QPen(ring, 1, Qt.PenStyle.SolidLine if self.isChecked() else Qt.PenStyle.DotLine))
        painter.drawRoundedRect(frame, 6, 6)
        dot = QRectF(theme.SPACE, theme.SPACE + 2, _DOT, _DOT)
        if self.isChecked():
            painter.setPen(QPen(theme.accent(palette), 4))
            painter.setBrush(QColor(Qt.GlobalColor.white))
            painter.drawEllipse(dot.adjusted(2, 2, -2, -2))
        else:
            painter.setPen(QPen(palette.dark().color(), 1))
            painter.setBrush(palette.base())
            painter.drawEllipse(dot.adjusted(0.5, 0.5, -0.5, -0.5))

    def enterEvent(self, event: QEnterEvent) -> None:
        """Show that it can be pressed."""
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """The mouse is elsewhere."""
        super().leaveEvent(event)
        self.update()


def recipe_facts(recipe: Recipe) -> list[str]:
    """Parameters, multiply-adds and input size, in a few words each; those that are not known left out."""
    facts = []
    if recipe.parameters:
        facts.append(f"{short_count(recipe.parameters)} parameters")
    if recipe.gmacs:
        facts.append(f"{recipe.gmacs:.2f} GMACs")
    return [*facts, f"{recipe.input.size} px"]
