"""The versions of a project: what people said at some time, to save, compare and bring back."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from PySide6.QtCore import QDateTime, QLocale, QSize, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from core.errors import MultihotError
from core.project.changes import Changes
from core.project.state import ProjectState
from core.project.versions import (
    PackedVersion,
    Version,
    VersionDifference,
    compare,
    delete_version,
    pack_state,
    read_version,
    rename_version,
    restore_version,
    unpack_state,
    versions,
    write_version,
)
from gui import background
from gui.project.plain_table import PlainTable
from gui.project.version_compare import VersionCompare, summary_of
from gui.session import Session
from gui.widgets import theme
from gui.widgets.buttons import flat, pressed_with_focus, primary
from gui.widgets.error_row import ErrorRow
from gui.widgets.panel import line
from gui.widgets.progress_line import ProgressLine
from gui.widgets.question import Question

T = TypeVar("T")

# in the list of what to compare with
_NOW = 0


class VersionsDialog(QDialog):
    """A list of versions with what can be done with the chosen one; open beside the window, so that both are used."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Versions"))
        self._session = session
        self._versions: list[Version] = []
        self._to_do: Callable[[], None] = lambda: None

        # make
        self.field = QLineEdit(proposed_name())
        self.field.setAccessibleName(self.tr("Name of the new version"))
        self.save_button = primary(QPushButton(self.tr("Save version")))
        self.list = PlainTable(
            self.tr("Versions"),
            (
                self.tr("Name"),
                self.tr("Saved"),
                self.tr("Images annotated"),
                self.tr("Reviewed"),
                self.tr("Annotations"),
            ),
        )
        self.none = QLabel(self.tr("A version keeps all labels, annotations, reviews and notes as they are now."))
        self.none.setProperty("tone", "secondary")
        self.none.setWordWrap(True)
        self.other = QComboBox()
        self.other.setAccessibleName(self.tr("Compare with"))
        self.compare_button = QPushButton(self.tr("Compare"))
        self.restore_button = QPushButton(self.tr("Restore…"))
        self.rename_button = flat(QPushButton(self.tr("Rename…")))
        self.delete_button = flat(QPushButton(self.tr("Delete…")))
        self.close_button = QPushButton(self.tr("Close"))
        self.question = Question("", self.tr("Restore"), self.tr("Cancel"))
        self.progress = ProgressLine()
        self.progress.hide()
        self.error = ErrorRow()
        self.comparison = VersionCompare()

        # lay out
        with_ = QLabel(self.tr("with"))
        with_.setBuddy(self.other)
        save_row = _row(self.field, self.save_button)
        chosen_row = _row(
            self.compare_button, with_, self.other, None, self.restore_button, self.rename_button, self.delete_button
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GROUP, theme.GROUP, theme.GROUP, theme.GROUP)
        layout.setSpacing(theme.PANEL)
        layout.addLayout(save_row)
        layout.addWidget(self.none)
        layout.addWidget(self.list, 2)
        layout.addLayout(chosen_row)
        layout.addWidget(self.question)
        layout.addWidget(self.progress)
        layout.addWidget(self.error)
        layout.addWidget(line())
        layout.addWidget(self.comparison, 3)
        layout.addLayout(_row(None, self.close_button))
        asked = self.question.layout()
        if isinstance(asked, QHBoxLayout):
            # a sentence with numbers needs the whole width
            asked.setStretch(0, 0)
            asked.setStretch(1, 1)
        unit = self.fontMetrics().height()
        self.resize(QSize(52 * unit, 46 * unit).boundedTo(self.screen().availableSize()))
        for button in self.findChildren(QPushButton):
            # Enter is that of the place that has the focus
            pressed_with_focus(button)

        # connect
        self.field.returnPressed.connect(self._on_save)
        self.save_button.clicked.connect(self._on_save)
        self.list.itemSelectionChanged.connect(self._on_chosen)
        self.list.activated.connect(lambda _: self._on_compare())
        self.compare_button.clicked.connect(self._on_compare)
        self.restore_button.clicked.connect(self._on_restore)
        self.rename_button.clicked.connect(self._on_rename)
        self.delete_button.clicked.connect(self._on_delete)
        self.question.accepted.connect(lambda: self._to_do())
        self.comparison.images_wanted.connect(session.show_in_label)
        self.close_button.clicked.connect(self.close)
        for key, slot in (("F2", self._on_rename), ("Delete", self._on_delete)):
            QShortcut(QKeySequence(key), self.list, slot, context=Qt.ShortcutContext.WidgetShortcut)
        session.changed.connect(self._on_changed)
        session.project_closed.connect(self.close)
        self._show_versions()
        self.field.selectAll()
        self.field.setFocus()

    # the list

    def _show_versions(self) -> None:
        self._versions = versions(self._session.store)
        rows = [(one.name, _when(one.created), one.annotated, one.reviewed, one.annotations) for one in self._versions]
        self.list.show_rows(rows, keys=[one.id for one in self._versions])
        self.none.setVisible(not rows)
        self._on_chosen()

    def _chosen(self) -> Version | None:
        chosen = self.list.chosen()
        return next((one for one in self._versions if one.id == chosen), None)

    def _on_chosen(self) -> None:
        version = self._chosen()
        before = self.other.currentData()
        self.other.clear()
        self.other.addItem(self.tr("what there is now"), _NOW)
        for one in self._versions:
            if version is None or one.id != version.id:
                self.other.addItem(self.tr("{} of {}").format(one.name, _when(one.created)), one.id)
        self.other.setCurrentIndex(max(0, self.other.findData(before)))
        for widget in (self.compare_button, self.other, self.restore_button, self.rename_button, self.delete_button):
            widget.setEnabled(version is not None)
        self.question.hide()
        self.error.clear()

    def _on_changed(self, changes: Changes) -> None:
        if changes.versions:
            self._show_versions()
        if changes.annotations or changes.labels or changes.rules:
            # its numbers may not be right any more
            self.comparison.clear()
            self.question.hide()

    # what is done

    def _on_save(self) -> None:
        if self._is_refused():
            return
        name, session = self.field.text(), self._session
        store = session.store
        state = store.state()

        def packed(one: PackedVersion) -> None:
            # the project may be another by now
            if session.has_project and session.store is store:
                version = write_version(store, name, one)
                session.apply(Changes(text=self.tr("Version “{}” saved").format(version.name), versions=True))
                self.list.choose(version.id)
                self.field.setText(proposed_name())

        if not name.strip():
            self.error.show_text(self.tr("A version needs a name."), next_step=self.tr("Type one."))
            return
        self._run(lambda: pack_state(state), packed)

    def _on_compare(self) -> None:
        version = self._chosen()
        if version is None or self._is_refused():
            return
        other = int(self.other.currentData())
        store = self._session.store
        earlier, earlier_name = self._state_of(version.id), version.name
        if other == _NOW:
            now = store.state()
            later, later_name = _given(now), self.tr("now")
        else:
            later, later_name = self._state_of(other), next(one.name for one in self._versions if one.id == other)
            if other < version.id:
                # from the older one to the newer one
                earlier, later, earlier_name, later_name = later, earlier, later_name, earlier_name
        self._run(
            lambda: compare(earlier(), later()),
            lambda found: self.comparison.show_difference(found, earlier_name, later_name),
        )

    def _on_restore(self) -> None:
        version = self._chosen()
        if version is None or self._is_refused():
            return
        state, now = self._state_of(version.id), self._session.store.state()

        def work() -> tuple[ProjectState, VersionDifference]:
            wanted = state()
            return wanted, compare(now, wanted)

        def found(result: tuple[ProjectState, VersionDifference]) -> None:
            wanted, difference = result
            before = self.tr("before restoring {}").format(version.name)
            self._ask(
                self.tr(
                    "Restoring “{name}” changes: {what} Undo takes it back in one step, and what there is now is "
                    "saved as “{before}”."
                ).format(name=version.name, what=summary_of(self, difference), before=before),
                self.tr("Restore"),
                lambda: self._restore(wanted, version.name, before),
            )

        self._run(work, found)

    def _restore(self, state: ProjectState, name: str, before: str) -> None:
        if self._is_refused():
            return
        try:
            self._session.edit(
                lambda store: restore_version(store, state, name=name, before=before), images=len(state.image_ids)
            )
        except MultihotError as error:
            self.error.show_error(error)

    def _on_rename(self) -> None:
        version = self._chosen()
        if version is None or self._is_refused():
            return
        name, accepted = QInputDialog.getText(self, self.tr("Rename version"), self.tr("Name"), text=version.name)
        if accepted:
            self._change(lambda: rename_version(self._session.store, version.id, name))

    def _on_delete(self) -> None:
        version = self._chosen()
        if version is None or self._is_refused():
            return
        self._ask(
            self.tr("Delete “{}” for good? The project stays as it is.").format(version.name),
            self.tr("Delete"),
            lambda: self._change(lambda: delete_version(self._session.store, version.id)),
        )

    def _change(self, work: Callable[[], None]) -> None:
        try:
            work()
        except MultihotError as error:
            self.error.show_error(error)
        else:
            self._session.apply(Changes(versions=True))

    def _ask(self, text: str, yes: str, to_do: Callable[[], None]) -> None:
        self._to_do = to_do
        self.question.set_texts(text, yes)
        self.question.show()
        self.question.no.setFocus()

    def _is_refused(self) -> bool:
        """Whether a change of many images is still being saved; it is said."""
        self.error.clear()
        if self._session.is_busy:
            self.error.show_text(
                self.tr("A change of many images is still being saved."), next_step=self.tr("Try again in a moment.")
            )
        return self._session.is_busy

    def _state_of(self, version_id: int) -> Callable[[], ProjectState]:
        """A function for a thread that unpacks a version, whose bytes are read now."""
        data = read_version(self._session.store, version_id)
        return lambda: unpack_state(data)

    def _run(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        """Work in a thread while a bar shows that it goes on; a newer request takes the place of this one."""
        self.progress.show_fraction(None)
        self.progress.show()

        def on_result(result: T) -> None:
            self.progress.hide()
            try:
                done(result)
            except MultihotError as error:
                self.error.show_error(error)

        def on_error(error: MultihotError) -> None:
            self.progress.hide()
            self.error.show_error(error)

        background.run(self, work, on_result, on_error, key="versions")


def show_versions(session: Session, window: QWidget) -> VersionsDialog:
    """Show the versions of the open project, with the name of a new one ready to be typed or taken with Enter.

    Args:
        session: with the project.
        window: over which they are shown; once, however often this is asked.
    """
    dialog = window.findChild(VersionsDialog) or VersionsDialog(session, window)
    dialog.show()
    dialog.raise_()
    dialog.activateWindow()
    dialog.field.selectAll()
    dialog.field.setFocus()
    return dialog


def proposed_name(now: datetime | None = None) -> str:
    """The name for a new version: the date and the time.

    Args:
        now: the time; None for the clock's.
    """
    return (now or datetime.now()).strftime("%Y-%m-%d %H:%M")


def _given(state: ProjectState) -> Callable[[], ProjectState]:
    return lambda: state


def _when(seconds: float) -> str:
    return QLocale().toString(QDateTime.fromSecsSinceEpoch(int(seconds)), QLocale.FormatType.ShortFormat)


def _row(*widgets: QWidget | None) -> QHBoxLayout:
    """Widgets in a row; None is where it stretches."""
    row = QHBoxLayout()
    row.setSpacing(theme.SPACE)
    for widget in widgets:
        if widget is None:
            row.addStretch(1)
        else:
            row.addWidget(widget, 1 if isinstance(widget, QLineEdit) else 0)
    return row
