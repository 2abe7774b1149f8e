"""Choosing, making, naming and deleting the sets of thresholds of a run."""

import functools
from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QActionGroup, QFontMetrics
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QMenu, QPushButton, QVBoxLayout, QWidget

from core.errors import MultihotError
from gui.inspect.threshold_editor import ThresholdEditor
from gui.widgets import theme
from gui.widgets.buttons import primary
from gui.widgets.icons import icon

# of a set's name in the button
_NAME_WIDTH = 96


class SetChooser(QPushButton):
    """Shows which set is shown; its menu shows another, and makes, renames, deletes and chooses one."""

    def __init__(self, thresholds: ThresholdEditor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._thresholds = thresholds
        self._menu = QMenu(self)
        self.setMenu(self._menu)
        self.name_popup = NamePopup(self)
        self._menu.aboutToShow.connect(self.fill)
        thresholds.sets_changed.connect(self._show_name)
        self._show_name()

    def fill(self) -> None:
        """Make the menu anew."""
        menu, thresholds = self._menu, self._thresholds
        menu.clear()
        group = QActionGroup(menu)
        for name in thresholds.names:
            text = self.tr("{} (for export)").format(name) if name == thresholds.chosen else name
            action = menu.addAction(text.replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(name == thresholds.shown)
            action.triggered.connect(functools.partial(thresholds.show_set, name))
            group.addAction(action)
        menu.addSeparator()
        choose = menu.addAction(self.tr("Use “{}” for export and suggestions").format(_menu_name(thresholds.shown)))
        choose.setEnabled(thresholds.shown != thresholds.chosen)
        choose.triggered.connect(thresholds.choose_set)
        menu.addAction(self.tr("New set from this one…")).triggered.connect(self._on_new)
        menu.addAction(self.tr("Rename “{}”…").format(_menu_name(thresholds.shown))).triggered.connect(self._on_rename)
        delete = menu.addAction(self.tr("Delete “{}”").format(_menu_name(thresholds.shown)))
        delete.setEnabled(len(thresholds.names) > 1)
        delete.triggered.connect(thresholds.remove_set)

    def _show_name(self) -> None:
        shown, chosen = self._thresholds.shown, self._thresholds.chosen
        short = QFontMetrics(self.font()).elidedText(shown, Qt.TextElideMode.ElideRight, _NAME_WIDTH)
        self.setText(short.replace("&", "&&"))
        self.setIcon(icon("check-circle" if shown == chosen else "circle"))
        state = (
            self.tr("Export and suggestions use it.")
            if shown == chosen
            else self.tr("Export and suggestions use “{}” instead.").format(chosen)
        )
        tip = self.tr("Thresholds “{}”. {}").format(shown, state)
        self.setToolTip(tip)
        self.setAccessibleName(tip)

    def _on_new(self) -> None:
        self.name_popup.ask(self.tr("Name of the new set"), "", self.tr("Make"), self._thresholds.add_set)

    def _on_rename(self) -> None:
        self.name_popup.ask(self.tr("New name"), self._thresholds.shown, self.tr("Rename"), self._thresholds.rename_set)


class NamePopup(QFrame):
    """Asks for a name below a button; closes when it is left."""

    def __init__(self, button: QWidget) -> None:
        super().__init__(button, Qt.WindowType.Popup)
        self._button = button
        self._use: Callable[[str], None] | None = None
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._text = QLabel()
        self.name = QLineEdit()
        self.name.setMinimumWidth(180)
        self.yes = primary(QPushButton())
        self._error = QLabel()
        self._error.setProperty("tone", "wrong")
        self._error.setWordWrap(True)
        row = QHBoxLayout()
        row.setSpacing(theme.SPACE)
        row.addWidget(self.name, 1)
        row.addWidget(self.yes)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.PANEL, theme.PANEL, theme.PANEL, theme.PANEL)
        layout.setSpacing(theme.SPACE)
        layout.addWidget(self._text)
        layout.addLayout(row)
        layout.addWidget(self._error)
        self.name.returnPressed.connect(self._on_accepted)
        self.yes.clicked.connect(self._on_accepted)

    def ask(self, text: str, name: str, yes: str, use: Callable[[str], None]) -> None:
        """Ask.

        Args:
            text: the question.
            name: what is there to begin with.
            yes: the answer.
            use: called with the name; what it raises is shown below, and it is asked on.
        """
        self._use = use
        self._text.setText(text)
        self.name.setAccessibleName(text)
        self.name.setText(name)
        self.yes.setText(yes)
        self._error.hide()
        self.adjustSize()
        self.move(self._button.mapToGlobal(QPoint(0, self._button.height() + 2)))
        self.show()
        self.name.selectAll()
        self.name.setFocus(Qt.FocusReason.PopupFocusReason)

    def _on_accepted(self) -> None:
        assert self._use is not None
        try:
            self._use(self.name.text())
        except MultihotError as error:
            self._error.setText(f"{error.sentence} {error.next_step}")
            self._error.show()
            self.adjustSize()
        else:
            self.hide()


def _menu_name(name: str) -> str:
    return name.replace("&", "&&")
