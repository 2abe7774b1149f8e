"""Choosing the keys of commands and labels."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from core.project.changes import Changes
from gui.commands import Commands
from gui.session import Session
from gui.shell.key_recorder import KeyRecorder
from gui.shell.shortcut_keeper import Holder, ShortcutKeeper
from gui.widgets import theme
from gui.widgets.buttons import flat, pressed_with_focus
from gui.widgets.fuzzy import match

_NAME, _KEYS, _DEFAULT, _SCOPE = range(4)
_HOLDER = Qt.ItemDataRole.UserRole


class ShortcutEditor(QDialog):
    """All commands by menu, and the labels of the project; changes hold at once and are kept.

    Return or a double click records another key, Insert one more, Delete takes the keys away. A key that somebody has
    is given away only after a question.
    """

    def __init__(self, session: Session, commands: Commands, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Edit shortcuts"))
        self._keeper = ShortcutKeeper(session, commands, self)
        self._recording_for: Holder | None = None
        self._kept: tuple[str, ...] = ()
        self._confirmed: Callable[[], None] | None = None
        self._make()
        self._lay_out()
        self._connect()
        commands.shortcuts_changed.connect(self._show_keys)
        session.changed.connect(self._on_session_changed)
        session.project_closed.connect(self.close)
        self._fill()
        self.resize(min(820, parent.width() - 40), min(680, parent.height() - 60))
        self.search.setFocus()

    # what is there

    def _make(self) -> None:
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Find a command, a label or a key"))
        self.search.setAccessibleName(self.tr("Find a command, a label or a key"))
        self.search.setClearButtonEnabled(True)
        self.tree = QTreeWidget()
        self.tree.setColumnCount(4)
        self.tree.setHeaderLabels([self.tr("Command"), self.tr("Keys"), self.tr("Default"), self.tr("Holds")])
        self.tree.setAccessibleName(self.tr("Commands and their keys"))
        self.tree.setRootIsDecorated(False)
        self.tree.setAllColumnsShowFocus(True)
        self.tree.setUniformRowHeights(True)
        self.tree.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.tree.setExpandsOnDoubleClick(False)
        self.tree.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.tree.header().setSectionResizeMode(_NAME, QHeaderView.ResizeMode.Stretch)
        self.tree.header().setStretchLastSection(False)
        self.change_button = _button(self.tr("Change key"), self.tr("Record another key (Return)"))
        self.add_button = _button(self.tr("Add key"), self.tr("Record one more key (Insert)"))
        self.remove_button = _button(self.tr("Remove keys"), self.tr("Leave the command without a key (Delete)"))
        self.reset_button = _button(self.tr("Reset"), self.tr("Give the command the keys it came with"))
        self.restore_button = flat(_button(self.tr("Restore all defaults"), self.tr("For all commands; labels stay")))
        self.close_button = _button(self.tr("Close"), "")
        self.recorder = KeyRecorder()
        self.recorder_text = QLabel()
        self.question = QLabel()
        self.yes_button = _button("", "")
        self.no_button = _button(self.tr("Keep as it is"), "")
        for label in (self.recorder_text, self.question):
            label.setWordWrap(True)

    def _lay_out(self) -> None:
        self._foot = QStackedWidget()
        for widgets in (
            (self.change_button, self.add_button, self.remove_button, self.reset_button, None, self.restore_button,
             self.close_button),
            (self.recorder_text, self.recorder),
            (self.question, self.yes_button, self.no_button),
        ):  # fmt: skip
            page = QWidget()
            row = QHBoxLayout(page)
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(theme.SPACE)
            for widget in widgets:
                if widget is None:
                    row.addStretch(1)
                else:
                    row.addWidget(widget, 1 if isinstance(widget, QLabel | KeyRecorder) else 0)
            self._foot.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.PANEL, theme.PANEL, theme.PANEL, theme.PANEL)
        layout.setSpacing(theme.SPACE)
        layout.addWidget(self.search)
        layout.addWidget(self.tree, 1)
        layout.addWidget(self._foot)

    def _connect(self) -> None:
        self.search.textChanged.connect(self._filter)
        self.search.installEventFilter(self)
        self.tree.installEventFilter(self)
        self.tree.itemDoubleClicked.connect(lambda: self._record(add=False))
        self.tree.currentItemChanged.connect(self._show_buttons)
        self.change_button.clicked.connect(lambda: self._record(add=False))
        self.add_button.clicked.connect(lambda: self._record(add=True))
        self.remove_button.clicked.connect(self._remove)
        self.reset_button.clicked.connect(self._reset)
        self.restore_button.clicked.connect(self._ask_restore)
        self.close_button.clicked.connect(self.close)
        self.recorder.recorded.connect(self._on_recorded)
        self.recorder.cancelled.connect(self._on_cancelled)
        self.yes_button.clicked.connect(self._on_yes)
        self.no_button.clicked.connect(self._end)

    def _fill(self) -> None:
        current = self._holder()
        name = None if current is None else current.name
        self.tree.clear()
        groups: dict[str, QTreeWidgetItem] = {}
        for holder in self._keeper.holders():
            menu = self.tr("Labels of this project") if holder.command is None else self.tr(holder.command.menu)
            if menu not in groups:
                group = groups[menu] = QTreeWidgetItem(self.tree, [menu])
                group.setFlags(Qt.ItemFlag.ItemIsEnabled)
                group.setFirstColumnSpanned(True)
                group.setForeground(_NAME, theme.secondary(self.palette()))
            item = QTreeWidgetItem(groups[menu], [holder.name, "", "", holder.scope])
            item.setData(_NAME, _HOLDER, holder)
            if holder.name == name:
                self.tree.setCurrentItem(item)
        self.tree.expandAll()
        self._show_keys()
        self._filter(self.search.text())

    def _show_keys(self) -> None:
        owners = self._keeper.owners()
        for item in self._items():
            holder = item.data(_NAME, _HOLDER)
            keys, defaults = self._keeper.keys(holder), self._keeper.defaults(holder)
            shown = [_native(key) for key in keys]
            if holder.command is not None:
                for number, key in enumerate(keys):
                    # an older project may have labels with keys of commands, and they come first
                    for other in (one for one in owners[key] if one != holder):
                        shown[number] += self.tr(" (here of the label “{}”)").format(other.name)
            item.setText(_KEYS, ",  ".join(shown) or "–")
            is_changed = defaults is not None and defaults != keys
            item.setText(_DEFAULT, ",  ".join(map(_native, defaults or ())) if is_changed else "")
        self._show_buttons()

    def _filter(self, typed: str) -> None:
        wanted = typed.strip().casefold()
        for group in _children(self.tree.invisibleRootItem()):
            shown = 0
            for item in _children(group):
                texts = (item.text(_NAME), f"{group.text(_NAME)} {item.text(_NAME)}")
                has_key = bool(wanted) and wanted in item.text(_KEYS).casefold()
                is_shown = has_key or any(match(text, typed) is not None for text in texts)
                item.setHidden(not is_shown)
                shown += is_shown
            group.setHidden(not shown)
        current = self.tree.currentItem()
        if current is None or current.isHidden():
            self._go_to(next((item for item in self._items() if not item.isHidden()), None))

    def _show_buttons(self) -> None:
        holder = self._holder()
        keys = () if holder is None else self._keeper.keys(holder)
        defaults = None if holder is None else self._keeper.defaults(holder)
        self.change_button.setEnabled(holder is not None)
        self.add_button.setEnabled(holder is not None and holder.command is not None)
        self.remove_button.setEnabled(bool(keys))
        self.reset_button.setEnabled(defaults is not None and defaults != keys)

    def choose(self, name: str) -> None:
        """Go to a command or a label by its name."""
        self._go_to(next((item for item in self._items() if item.text(_NAME) == name), None))

    def _go_to(self, item: QTreeWidgetItem | None) -> None:
        if item is None:
            self.tree.clearSelection()
            self.tree.setCurrentIndex(QModelIndex())
        else:
            self.tree.setCurrentItem(item)

    # recording

    def _record(self, *, add: bool) -> None:
        holder = self._holder()
        if holder is None or (add and holder.command is None):
            return
        self._recording_for, self._kept = holder, self._keeper.keys(holder) if add else ()
        self.recorder_text.setText(self.tr("Press the key of “{}”. Escape leaves it as it is.").format(holder.name))
        self._foot.setCurrentIndex(1)
        self.recorder.setFocus()

    def _on_recorded(self, key: str) -> None:
        holder = self._recording_for
        if holder is None:
            return
        why = self._keeper.refusal(holder, key)
        if why:
            self.recorder_text.setText(f"{_native(key)}: {why}")
            return
        self._recording_for = None
        self._give(holder, tuple(dict.fromkeys((*self._kept, key))))

    def _give(self, holder: Holder, keys: Sequence[str]) -> None:
        """Give keys, after a question where somebody else has one of them."""
        conflicts = [(key, other) for key in keys for other in self._keeper.others_with(key, holder)]
        if not conflicts:
            self._finish(self._keeper.give(holder, keys))
            return
        said = [
            self.tr("{key} belongs to “{name}”, {scope}.").format(
                key=_native(key), scope=other.scope,
                name=other.name if other.command is not None else self.tr("label {}").format(other.name),
            )
            for key, other in conflicts
        ]  # fmt: skip
        self._ask(" ".join(said), self.tr("Take it from there"), lambda: self._finish(self._keeper.give(holder, keys)))

    def _remove(self) -> None:
        holder = self._holder()
        if holder is not None:
            self._finish(self._keeper.give(holder, ()))

    def _reset(self) -> None:
        holder = self._holder()
        defaults = None if holder is None else self._keeper.defaults(holder)
        if holder is not None and defaults is not None:
            self._give(holder, defaults)

    def _ask_restore(self) -> None:
        def restore() -> None:
            self._keeper.restore_all()
            self._end()

        text = self.tr("All commands get the keys they came with. Keys of labels stay as they are.")
        self._ask(text, self.tr("Restore"), restore)

    def _ask(self, text: str, yes: str, confirmed: Callable[[], None]) -> None:
        self._confirmed = confirmed
        self.question.setText(text)
        self.yes_button.setText(yes)
        self.yes_button.setAccessibleDescription(text)
        self.no_button.setAccessibleDescription(text)
        self._foot.setCurrentIndex(2)
        self.no_button.setFocus()

    def _on_yes(self) -> None:
        confirmed, self._confirmed = self._confirmed, None
        if confirmed is not None:
            confirmed()

    def _finish(self, error: str) -> None:
        if error:
            self._ask(error, self.tr("Close"), self._end)
            return
        self._end()

    def _on_cancelled(self) -> None:
        if self._recording_for is not None:
            self._end()

    def _end(self) -> None:
        """Back to the list."""
        self._recording_for, self._confirmed = None, None
        self.tree.setFocus()
        self._foot.setCurrentIndex(0)

    # keys of the dialog

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """From the field down to the list; in the list Return, Insert and Delete."""
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        key = Qt.Key(event.key())
        if watched is self.search:
            if key in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.tree.setFocus()
                return True
            return False
        actions: dict[Qt.Key, Callable[[], None]] = {
            Qt.Key.Key_Return: lambda: self._record(add=False),
            Qt.Key.Key_Enter: lambda: self._record(add=False),
            Qt.Key.Key_Insert: lambda: self._record(add=True),
            Qt.Key.Key_Plus: lambda: self._record(add=True),
            Qt.Key.Key_Delete: self._remove,
        }
        if key in actions:
            actions[key]()
            return True
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape answers the question first."""
        if event.key() == Qt.Key.Key_Escape and self._foot.currentIndex():
            self._end()
            return
        super().keyPressEvent(event)

    def _on_session_changed(self, changes: Changes) -> None:
        if changes.labels and self._confirmed is None:
            self._fill()

    def _items(self) -> list[QTreeWidgetItem]:
        return [item for group in _children(self.tree.invisibleRootItem()) for item in _children(group)]

    def _holder(self) -> Holder | None:
        item = self.tree.currentItem()
        holder = None if item is None else item.data(_NAME, _HOLDER)
        return holder if isinstance(holder, Holder) else None


def _children(item: QTreeWidgetItem) -> list[QTreeWidgetItem]:
    children = (item.child(place) for place in range(item.childCount()))
    return [child for child in children if child is not None]


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    pressed_with_focus(button)
    return button


def _native(key: str) -> str:
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)
