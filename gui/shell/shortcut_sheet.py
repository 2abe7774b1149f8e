"""All shortcuts on one sheet, printed from the commands as they are now."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from gui.commands import MENUS, Command, Commands
from gui.widgets import theme
from gui.widgets.buttons import pressed_with_focus
from gui.widgets.fuzzy import match
from gui.widgets.panel import heading

COLUMNS = 3
_LETTERS = 36
"""Room for a command and its keys, in letters of middle width."""

_MOUSE = (
    ("Arrow keys", "Another image"),
    ("Shift or Ctrl + click", "Choose several images"),
    ("Double click", "Loupe, or fit and 100 %"),
    ("Wheel", "Zoom at the cursor"),
    ("Ctrl + wheel", "Size of the thumbnails"),
    ("Painting: click or drag", "Give the labels, or take them back"),
    ("Painting: Shift + click", "Absent"),
    ("Painting: Ctrl or Alt + click", "Unknown"),
    ("Click on a label", "Yes, no, unknown"),
)
_TYPING = (
    ("Return", "Next state of the label"),
    ("Shift + Return", "Absent"),
    ("- before the name", "Absent"),
    ("? before the name", "Unknown"),
    ("Up and down", "Another label"),
    ("Tab", "Complete the name"),
    ("Escape", "Done"),
)


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of the sheet: the words that are looked for, and what is hidden where they are not found."""

    words: str
    widget: QWidget


class ShortcutSheet(QDialog):
    """Menus side by side; a command without a shortcut is not on it.

    Signals:
        edit_wanted: the person wants other keys.
    """

    edit_wanted = Signal()

    def __init__(self, commands: Commands, labels: Sequence[QAction], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        self._commands = commands
        # the actions live no longer than their labels
        self._labels = _rows([(action.text(), action) for action in labels])
        self._groups: list[tuple[QWidget, list[_Row]]] = []
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Find a command or a key"))
        self.search.setAccessibleName(self.tr("Find a command or a key"))
        self.search.setClearButtonEnabled(True)
        self.edit_button = QPushButton(self.tr("Edit shortcuts…"))
        pressed_with_focus(self.edit_button)
        self._none = QLabel(self.tr("Nothing is called so, and no such key is used."))
        self._none.setProperty("tone", "secondary")
        self._none.hide()
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setAccessibleName(self.tr("Shortcuts by menu"))
        top = QHBoxLayout()
        top.setContentsMargins(theme.PANEL, theme.PANEL, theme.PANEL, 0)
        top.setSpacing(theme.SPACE)
        top.addWidget(self.search, 1)
        top.addWidget(self.edit_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(top)
        layout.addWidget(self._none, 0, Qt.AlignmentFlag.AlignCenter)
        layout.addWidget(self._area, 1)
        self.resize(min(1080, parent.width() - 40), parent.height() - 60)
        self.search.textChanged.connect(self._filter)
        self.edit_button.clicked.connect(self.edit_wanted)
        commands.shortcuts_changed.connect(self._fill)
        self._fill()

    def showEvent(self, event: QShowEvent) -> None:
        """Letters look for a command."""
        super().showEvent(event)
        self.search.setFocus()

    def _fill(self) -> None:
        every = self._commands.all()
        groups = [
            (self.tr(menu), _rows([(_text(one, action), action) for one, action in every if one.menu == menu]))
            for menu in MENUS
        ]
        groups.append((self.tr("Labels of this project"), self._labels))
        groups.append((self.tr("Mouse and arrows"), [(self.tr(keys), self.tr(text)) for keys, text in _MOUSE]))
        groups.append((self.tr("Typing a label"), [(self.tr(keys), self.tr(text)) for keys, text in _TYPING]))
        sheet = QWidget()
        row = QHBoxLayout(sheet)
        row.setContentsMargins(theme.GROUP, theme.GROUP, theme.GROUP, theme.GROUP)
        row.setSpacing(2 * theme.GROUP)
        width = _LETTERS * self.fontMetrics().averageCharWidth() + 2 * theme.GROUP
        count = max(1, min(COLUMNS, self.width() // width))
        columns = [QVBoxLayout() for _ in range(count)]
        heights = [0] * count
        self._groups = []
        for title, rows in groups:
            if rows:
                shortest = heights.index(min(heights))
                group, lines = _group(title, rows)
                columns[shortest].addWidget(group)
                heights[shortest] += len(rows) + 3
                self._groups.append((group, lines))
        for column in columns:
            column.setSpacing(theme.GROUP)
            column.addStretch(1)
            row.addLayout(column, 1)
        self._area.setWidget(sheet)
        self._filter(self.search.text())

    def _filter(self, typed: str) -> None:
        wanted = typed.strip().casefold()
        found = False
        for group, rows in self._groups:
            shown = False
            for one in rows:
                is_shown = wanted in one.words.casefold() or match(one.words, typed) is not None
                one.widget.setVisible(is_shown)
                shown = shown or is_shown
            group.setVisible(shown)
            found = found or shown
        self._none.setVisible(not found)


def _text(command: Command, action: QAction) -> str:
    # undo and redo name what they would do now
    if command.id in ("edit.undo", "edit.redo"):
        return QCoreApplication.translate("Commands", command.text)
    return action.text()


def _rows(actions: Sequence[tuple[str, QAction]]) -> list[tuple[str, str]]:
    native = QKeySequence.SequenceFormat.NativeText
    return [
        ("   ".join(one.toString(native) for one in action.shortcuts()), text.removesuffix("…").replace("&&", "&"))
        for text, action in actions
        if not action.shortcut().isEmpty()
    ]


def _group(title: str, rows: Sequence[tuple[str, str]]) -> tuple[QWidget, list[_Row]]:
    group = QWidget()
    column = QVBoxLayout(group)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(theme.SPACE // 2)
    column.addWidget(heading(title))
    lines = []
    for keys, text in rows:
        name, key = QLabel(text), QLabel(keys)
        # a long name goes on in a second line
        name.setWordWrap(True)
        name.setTextFormat(Qt.TextFormat.PlainText)
        key.setTextFormat(Qt.TextFormat.PlainText)
        key.setProperty("tone", "secondary")
        if group.isRightToLeft():
            # Latin letters would else stay at the left
            name.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignAbsolute)
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.PANEL)
        row.addWidget(name, 1)
        row.addWidget(key, 0, Qt.AlignmentFlag.AlignTop)
        column.addWidget(line)
        lines.append(_Row(f"{text} {keys}", line))
    return group, lines
