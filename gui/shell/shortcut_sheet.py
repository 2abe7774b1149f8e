"""All shortcuts on one sheet, made from the table of commands."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from gui.commands import MENUS, Command, Commands
from gui.widgets import theme
from gui.widgets.panel import heading

COLUMNS = 3


_MOUSE = (
    ("Arrow keys", "Another image"),
    ("Shift or Ctrl + click", "Choose several images"),
    ("Double click", "Loupe, or fit and 100 %"),
    ("Wheel", "Zoom at the cursor"),
    ("Ctrl + wheel", "Size of the thumbnails"),
)


class ShortcutSheet(QDialog):
    """Menus side by side; a command without a shortcut is not on it."""

    def __init__(self, commands: Commands, labels: Sequence[QAction], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        groups = [
            (menu, _rows([(_text(one, action), action) for one, action in commands.all() if one.menu == menu]))
            for menu in MENUS
        ]
        groups.append((self.tr("Labels of this project"), _rows([(action.text(), action) for action in labels])))
        groups.append((self.tr("Mouse and arrows"), list(_MOUSE)))
        sheet = QWidget()
        row = QHBoxLayout(sheet)
        row.setContentsMargins(theme.GROUP, theme.GROUP, theme.GROUP, theme.GROUP)
        row.setSpacing(3 * theme.GROUP)
        columns = [QVBoxLayout() for _ in range(COLUMNS)]
        heights = [0] * COLUMNS
        for title, rows in groups:
            if rows:
                shortest = heights.index(min(heights))
                columns[shortest].addWidget(_group(title, rows))
                heights[shortest] += len(rows) + 3
        for column in columns:
            column.setSpacing(theme.GROUP)
            column.addStretch(1)
            row.addLayout(column, 1)
        area = QScrollArea()
        area.setWidget(sheet)
        area.setWidgetResizable(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(area)
        self.resize(min(1080, parent.width() - 40), min(sheet.sizeHint().height() + 2, parent.height() - 60))


def _text(command: Command, action: QAction) -> str:
    # undo and redo name what they would do now
    return command.text if command.id in ("edit.undo", "edit.redo") else action.text()


def _rows(actions: Sequence[tuple[str, QAction]]) -> list[tuple[str, str]]:
    native = QKeySequence.SequenceFormat.NativeText
    return [
        ("  ".join(one.toString(native) for one in action.shortcuts()), text.removesuffix("…"))
        for text, action in actions
        if not action.shortcut().isEmpty()
    ]


def _group(title: str, rows: Sequence[tuple[str, str]]) -> QWidget:
    group = QWidget()
    grid = QGridLayout(group)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(theme.PANEL)
    grid.setVerticalSpacing(theme.SPACE // 2)
    grid.addWidget(heading(title), 0, 0, 1, 2)
    for number, (keys, text) in enumerate(rows, start=1):
        key = QLabel(keys)
        key.setProperty("tone", "secondary")
        key.setAlignment(Qt.AlignmentFlag.AlignRight)
        grid.addWidget(QLabel(text.replace("&&", "&")), number, 0)
        grid.addWidget(key, number, 1)
    grid.setColumnStretch(0, 1)
    return group
