"""Queues, saved filters and folders, at the left of the images."""

from PySide6.QtCore import QSettings, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QPushButton, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from core.project.changes import Changes
from core.project.words import images
from gui.commands import Commands
from gui.label.filter.filter_text import with_term
from gui.label.images.grid.image_model import ImageModel
from gui.label.review.folders import folder_filter
from gui.label.review.queues import QUEUES, Queue, QueueCounter
from gui.label.review.scores.model_scores import ModelScores
from gui.label.review.sidebar_rows import COUNT, FILTER, FOLDER, ICON, KEY, NOW, SidebarDelegate
from gui.session import Session
from gui.widgets import theme
from gui.widgets.buttons import flat
from gui.widgets.progress_line import ProgressLine

NARROW = 1130
"""A workspace that is narrower, as in a window of less than 1200 pixels, begins without the sidebar."""
_SETTING = "label/sidebar"
# beside each other
_LETTERS = 44
# rows in one folder; more are found by typing
_MOST = 500
_Role = Qt.ItemDataRole


class Sidebar(QWidget):
    """Rows that show their images when they are clicked; the one that is shown is marked.

    A click with Ctrl, or Ctrl+Return, adds the row to the filter that is there.

    Signals:
        filter_wanted: text of a filter to be shown.
        statistics_wanted: the progress was clicked.
        left: Escape was pressed; the images should have the focus again.
    """

    filter_wanted = Signal(str)
    statistics_wanted = Signal()
    left = Signal()

    def __init__(
        self,
        session: Session,
        model: ImageModel,
        scores: ModelScores,
        commands: Commands,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._model = model
        self._commands = commands
        self._is_fitted = False
        self._is_bare = False
        self.counter = QueueCounter(session, scores, self)

        # make
        self.progress = flat(QPushButton())
        self._line = ProgressLine()
        self.tree = _Tree()
        top = self.tree.invisibleRootItem()
        self._all = _row(top, self.tr("All images"), "", "stack")
        self._queues = _heading(self.tree, self.tr("Queues"))
        self._saved = _heading(self.tree, self.tr("Saved filters"))
        self._folders = _heading(self.tree, self.tr("Folders"))
        self._queue_rows = {
            queue.id: _row(self._queues, self.tr(queue.text), queue.filter, queue.icon) for queue in QUEUES
        }
        for heading in (self._queues, self._saved, self._folders):
            heading.setExpanded(True)

        # lay out
        self.progress.setProperty("align", "right" if self.isRightToLeft() else "left")
        line = QVBoxLayout()
        line.setContentsMargins(theme.PANEL, 0, theme.PANEL, theme.SPACE)
        line.addWidget(self._line)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, theme.SPACE // 2, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.progress)
        layout.addLayout(line)
        layout.addWidget(self.tree, 1)
        self.setMinimumWidth(20 * self.fontMetrics().averageCharWidth())

        # connect
        self.progress.clicked.connect(self.statistics_wanted)
        self.tree.itemClicked.connect(self._on_clicked)
        self.tree.chosen.connect(self._choose)
        self.tree.left.connect(self.left)
        self.tree.itemExpanded.connect(self._fill_folder)
        self.counter.changed.connect(self._show_counts)
        self.counter.folders_changed.connect(self._show_folders)
        model.visible_changed.connect(self._mark)
        session.project_opened.connect(self._show_saved)
        session.project_closed.connect(self._show_saved)
        session.changed.connect(self._on_session_changed)
        commands.shortcuts_changed.connect(self._show_counts)
        for queue in QUEUES:
            if queue.command:
                commands[queue.command].triggered.connect(lambda _checked=False, queue=queue: self.show_queue(queue.id))
        commands["view.sidebar"].triggered.connect(self._on_toggled)
        self._show_saved()
        self._show_folders()
        self._show_counts()

    def show_queue(self, queue_id: str) -> None:
        """Show the images of a queue, or say why there is none.

        Args:
            queue_id: of one of `QUEUES`.
        """
        queue = next(one for one in QUEUES if one.id == queue_id)
        if not self._session.has_project:
            return
        if self.counter.count_now(queue):
            self._session.workspace_requested.emit("label")
            self.filter_wanted.emit(queue.filter)
        else:
            self._session.message.emit(self.counter.reason(queue))

    def sizeHint(self) -> QSize:
        """Wide enough for the queues and their keys."""
        return QSize(_LETTERS * self.fontMetrics().averageCharWidth(), super().sizeHint().height())

    def fit(self, width: int) -> None:
        """Open or fold for a workspace of some width, unless the person said which.

        Args:
            width: of the workspace, in pixels.
        """
        said = QSettings().value(_SETTING, "")
        is_open = said == "open" if said else width >= NARROW
        if not self._is_fitted or not said:
            self._is_fitted = True
            self._commands["view.sidebar"].setChecked(is_open)
            self._show_or_hide()

    def set_bare(self, bare: bool) -> None:
        """Hide it while nothing but the image is to be seen; afterwards it is as it was."""
        self._is_bare = bare
        self._show_or_hide()

    def _show_or_hide(self) -> None:
        self.setVisible(self._commands["view.sidebar"].isChecked() and not self._is_bare)

    def _on_toggled(self, is_open: bool) -> None:
        QSettings().setValue(_SETTING, "open" if is_open else "folded")
        had_focus = self.isAncestorOf(QApplication.focusWidget() or self)
        self._show_or_hide()
        if is_open:
            self.tree.setFocus()
        elif had_focus:
            self.left.emit()

    # what is shown

    def _show_counts(self) -> None:
        overview = self.counter.overview
        self.progress.setVisible(overview.images > 0)
        self._line.setVisible(overview.images > 0)
        words = self.tr("{} of {} reviewed").format(f"{overview.reviewed:,}", f"{overview.images:,}")
        self.progress.setText(words)
        self.progress.setAccessibleName(self.tr("{}; show statistics").format(words))
        key = self._commands.key("view.statistics")
        self.progress.setToolTip(self.tr("Show statistics") + (f" ({key})" if key else ""))
        self._line.show_fraction(overview.reviewed / overview.images if overview.images else 0.0)
        self._all.setData(0, COUNT, overview.images)
        _say(self._all)
        for queue in QUEUES:
            self._show_queue_row(queue, overview.queues.get(queue.id))

    def _show_queue_row(self, queue: Queue, count: int | None) -> None:
        row = self._queue_rows[queue.id]
        row.setData(0, COUNT, count)
        row.setData(0, KEY, self._commands.key(queue.command) if queue.command else "")
        tip = self.counter.reason(queue) if count == 0 else f"{self.tr(queue.tip)}\n{queue.filter}"
        row.setToolTip(0, tip)
        _say(row, tip if count == 0 else "")

    def _show_saved(self) -> None:
        self._saved.takeChildren()
        saved = self._session.store.saved_filters if self._session.has_project else {}
        for name, text in saved.items():
            row = _row(self._saved, name, text, "star")
            row.setToolTip(0, text)
            _say(row)
        self._saved.setHidden(not saved)
        self._mark()

    def _show_folders(self) -> None:
        opened = {path for path, item in self._folder_rows() if item.isExpanded()}
        self._folders.takeChildren()
        folders = self.counter.folders
        if folders.children:
            self._add_folders(self._folders, "")
            if folders.loose:
                self._add_folder(self._folders, "", self.tr("In no folder"), folders.loose)
        self._folders.setHidden(not folders.children)
        rows = dict(self._folder_rows())
        # a folder comes before those in it
        for path in sorted(opened):
            item = rows.get(path)
            if item is not None:
                self._add_folders(item, path)
                item.setExpanded(True)
                rows |= {one.data(0, FOLDER): one for one in _below(item)}
        self._mark()

    def _add_folders(self, above: QTreeWidgetItem, path: str) -> None:
        folders = self.counter.folders
        inside = folders.children.get(path, ())
        for folder in inside[:_MOST]:
            self._add_folder(above, folder, folder.rpartition("/")[2], folders.totals[folder])
        if len(inside) > _MOST:
            rest = _row(above, self.tr("{} more: type folder: above").format(f"{len(inside) - _MOST:,}"), "", "")
            rest.setFlags(Qt.ItemFlag.NoItemFlags)

    def _add_folder(self, above: QTreeWidgetItem, folder: str, name: str, count: int) -> None:
        row = _row(above, name, folder_filter(folder), "folder")
        row.setData(0, COUNT, count)
        row.setData(0, FOLDER, folder)
        row.setToolTip(0, folder or name)
        if folder and self.counter.folders.children.get(folder):
            row.setChildIndicatorPolicy(QTreeWidgetItem.ChildIndicatorPolicy.ShowIndicator)
        _say(row)

    def _fill_folder(self, row: QTreeWidgetItem) -> None:
        folder = row.data(0, FOLDER)
        if folder and not row.childCount():
            self._add_folders(row, folder)
            self._mark()

    def _folder_rows(self) -> list[tuple[str, QTreeWidgetItem]]:
        return [(row.data(0, FOLDER), row) for row in _below(self._folders)]

    def _mark(self) -> None:
        """Mark the row whose images are shown."""
        text = " ".join(self._model.text.split())
        is_all = not self._model.is_filtered
        for row in (self._all, *_below(self._queues), *_below(self._saved), *_below(self._folders)):
            of_row = row.data(0, FILTER)
            is_now = is_all if row is self._all else bool(text) and " ".join(of_row.split()) == text
            if bool(row.data(0, NOW)) != is_now:
                row.setData(0, NOW, is_now)
                _say(row)

    # what is done

    def _on_clicked(self, row: QTreeWidgetItem) -> None:
        adds = bool(QApplication.keyboardModifiers() & Qt.KeyboardModifier.ControlModifier)
        self._choose(row, adds=adds)

    def _choose(self, row: QTreeWidgetItem, adds: bool) -> None:
        text = row.data(0, FILTER)
        if text is None:
            row.setExpanded(not row.isExpanded())
            return
        queue = next((queue for queue in QUEUES if self._queue_rows[queue.id] is row), None)
        if adds and text:
            self.filter_wanted.emit(with_term(self._model.text, text, self._session.store.labels))
        elif queue is not None:
            self.show_queue(queue.id)
        elif self._session.has_project:
            self.filter_wanted.emit(text)

    def _on_session_changed(self, changes: Changes) -> None:
        if changes.filters:
            self._show_saved()
        if changes.rules or changes.labels:
            # a reason may be another one
            self._show_counts()


class _Tree(QTreeWidget):
    """Rows under headings; arrows move, Return shows."""

    chosen = Signal(QTreeWidgetItem, bool)
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setHeaderHidden(True)
        self.setIndentation(theme.PANEL)
        self.setUniformRowHeights(True)
        self.setMouseTracking(True)
        self.setExpandsOnDoubleClick(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setItemDelegate(SidebarDelegate(self))
        self.setAccessibleName(self.tr("Queues, saved filters and folders"))
        self.setProperty("surface", "window")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return shows the images of a row, Escape goes back to them."""
        row = self.currentItem()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and row is not None:
            self.chosen.emit(row, bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))
        elif event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)


def _heading(tree: QTreeWidget, text: str) -> QTreeWidgetItem:
    item = QTreeWidgetItem(tree, [text])
    item.setData(0, _Role.AccessibleTextRole, text)
    return item


def _row(above: QTreeWidgetItem, text: str, of_row: str, glyph: str) -> QTreeWidgetItem:
    item = QTreeWidgetItem(above, [text])
    item.setData(0, FILTER, of_row)
    item.setData(0, ICON, glyph)
    return item


def _say(row: QTreeWidgetItem, reason: str = "") -> None:
    """What a screen reader says of a row."""
    count = row.data(0, COUNT)
    parts = [row.text(0)]
    if count is not None:
        parts.append(images(count))
    parts.extend(one for one in (row.data(0, KEY), reason, "shown" if row.data(0, NOW) else "") if one)
    row.setData(0, _Role.AccessibleTextRole, ", ".join(parts))


def _below(item: QTreeWidgetItem) -> list[QTreeWidgetItem]:
    """All rows below one."""
    found: list[QTreeWidgetItem] = []
    waiting = [item]
    while waiting:
        one = waiting.pop()
        children = [child for place in range(one.childCount()) if (child := one.child(place)) is not None]
        found.extend(children)
        waiting.extend(children)
    return found
