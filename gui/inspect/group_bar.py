"""A row of buttons of which one is down; those that do not fit are in a menu."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QMenu, QSizePolicy, QToolButton, QWidget

from gui.widgets import theme
from gui.widgets.icons import icon

_LEAST_WIDTH = 160


class GroupBar(QWidget):
    """Choices side by side; their texts may change many times a second.

    Signals:
        chosen: key of the choice that a person made.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choices: tuple[tuple[str, str], ...] = ()
        self._key = ""
        self._group = QButtonGroup(self)
        self._more = QToolButton()
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._more.setIcon(icon("caret-down"))
        self._more.setText(self.tr("More"))
        self._more.setAccessibleName(self.tr("More groups of images"))
        self._more.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._menu = QMenu(self._more)
        self._more.setMenu(self._menu)
        self._menu.aboutToShow.connect(self._fill_menu)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(theme.SPACE // 2)
        self._row.addWidget(self._more)
        self._row.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._group.idClicked.connect(self._on_clicked)

    @property
    def buttons(self) -> list[QToolButton]:
        """One for each choice, in their order; those in the menu are hidden."""
        return [button for button in self._group.buttons() if isinstance(button, QToolButton)][: len(self._choices)]

    def show_choices(self, choices: Sequence[tuple[str, str]], chosen: str) -> None:
        """Offer choices.

        Args:
            choices: key and text of each.
            chosen: key of the one that is down.
        """
        choices = tuple(choices)
        if (choices, chosen) == (self._choices, self._key):
            return
        while len(self._group.buttons()) < len(choices):
            self._add_button(len(self._group.buttons()))
        texts_change = len(choices) != len(self._choices)
        for (key, text), button in zip(choices, self._group.buttons(), strict=False):
            if button.text() != text:
                button.setText(text)
                # what is of a fixed size is not laid out anew while it needs the same room
                button.setFixedSize(button.sizeHint())
                texts_change = True
            button.setChecked(key == chosen)
        self._choices, chosen_changed, self._key = choices, chosen != self._key, chosen
        if texts_change or chosen_changed:
            self._fit()

    def _add_button(self, number: int) -> None:
        button = QToolButton()
        button.setCheckable(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._group.addButton(button, number)
        self._row.insertWidget(number, button)

    def sizeHint(self) -> QSize:
        """As high as a button; the width is what there is."""
        return QSize(_LEAST_WIDTH, self._more.sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """Enough for the choice and the menu."""
        return self.sizeHint()

    def _fit(self) -> None:
        """Show what fits, always with the choice itself."""
        gap = self._row.spacing()
        buttons = self._group.buttons()
        widths = [button.sizeHint().width() + gap for button in buttons[: len(self._choices)]]
        room = self.width() + gap
        needs_menu = sum(widths) > room
        chosen = next((number for number, (key, _) in enumerate(self._choices) if key == self._key), None)
        if needs_menu:
            room -= self._more.sizeHint().width() + gap
        if needs_menu and chosen is not None:
            room -= widths[chosen]
        is_full = False
        for number, button in enumerate(buttons):
            if number >= len(self._choices):
                button.hide()
                continue
            if needs_menu and number != chosen:
                is_full = is_full or widths[number] > room
                room -= widths[number]
            button.setVisible(not is_full or number == chosen)
        self._more.setVisible(needs_menu)

    def _fill_menu(self) -> None:
        self._menu.clear()
        for number, (_, text) in enumerate(self._choices):
            button = self._group.button(number)
            if not button.isVisible():
                self._menu.addAction(text.replace("&", "&&")).triggered.connect(
                    lambda _checked=False, number=number: self._on_clicked(number)
                )

    def _on_clicked(self, number: int) -> None:
        self.chosen.emit(self._choices[number][0])

    def resizeEvent(self, event: QResizeEvent) -> None:
        """There is another room."""
        super().resizeEvent(event)
        self._fit()
