"""Finding images again that were moved: by their paths where a folder was moved as a whole, else by what they show."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from core.errors import MultihotError
from core.project.changes import Changes
from core.project.files.fingerprints import Lost, lost_images
from core.project.files.moved import Found, find_moved, relink
from core.project.store import Store
from gui import background
from gui.project.parts import forget_thumbnails_after, wrapped
from gui.session import Session
from gui.widgets import theme
from gui.widgets.buttons import primary
from gui.widgets.error_row import ErrorRow
from gui.widgets.progress_line import ProgressLine
from gui.widgets.typed_path import typed_path

_NAMED = 200


class RelinkDialog(QDialog):
    """Says which images are missing, looks for them in a folder, says what was found, and takes it over."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._session = session
        self._lost: list[Lost] | None = None
        self._found: Found | None = None
        self._request: background.Request | None = None
        self.setWindowTitle(self.tr("Find moved images"))
        heading = QLabel(self.windowTitle())
        heading.setProperty("tone", "title")
        self.missing = wrapped()
        words = self.tr(
            "Choose the folder in which they are now. They are found there by their paths, or else by their content: "
            "also renamed, or sorted into other folders."
        )
        note = wrapped(words, tone="secondary")
        self.field = QLineEdit()
        self.field.setAccessibleName(self.tr("Folder that holds the images now"))
        self.choose = QPushButton(self.tr("Choose…"))
        self._progress = ProgressLine()
        self.facts = wrapped()
        self.names = QPlainTextEdit()
        self.names.setReadOnly(True)
        self.names.setMinimumHeight(self.fontMetrics().lineSpacing() * 6)
        self.names.setAccessibleName(self.tr("Images that were not found"))
        self.error = ErrorRow()
        self.close_button = QPushButton(self.tr("Cancel"))
        self.search = QPushButton(self.tr("Search"))
        self.take = primary(QPushButton(self.tr("Use these files")))
        # Enter is that of the button that has the focus, else this one's
        self.search.setDefault(True)

        row = QHBoxLayout()
        row.setSpacing(theme.SPACE)
        row.addWidget(self.field, 1)
        row.addWidget(self.choose)
        row.addWidget(self.search)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.SPACE)
        buttons.addStretch(1)
        buttons.addWidget(self.close_button)
        buttons.addWidget(self.take)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GROUP, theme.GROUP, theme.GROUP, theme.GROUP)
        layout.setSpacing(theme.PANEL)
        for text in (heading, self.missing, note):
            layout.addWidget(text)
        layout.addLayout(row)
        for widget in (self._progress, self.facts, self.names, self.error):
            layout.addWidget(widget)
        layout.addStretch(1)
        layout.addLayout(buttons)
        self.setMinimumWidth(560)
        self._show_nothing()
        self.search.setEnabled(False)

        self.choose.clicked.connect(self._on_choose_clicked)
        self.search.clicked.connect(self._on_search_clicked)
        self.take.clicked.connect(self._on_take_clicked)
        self.close_button.clicked.connect(self.reject)
        self.field.textChanged.connect(self._on_path_changed)
        self.finished.connect(self._stop)
        session.project_closed.connect(self.close)
        self._look()

    # what is missing

    def _look(self) -> None:
        store = self._session.store
        self.missing.setText(self.tr("Looking for images whose files are missing…"))
        ids = store.image_ids.tolist()
        paths, relative = store.image_paths(ids), list(store.paths)
        folder = store.folder

        def work() -> list[Lost]:
            files = ((i, path, rel, Path(path[: -len(rel)])) for i, path, rel in zip(ids, paths, relative, strict=True))
            return lost_images(folder, files)

        self._request = background.run(self, work, self._on_lost, self._on_failed, key="relink")

    def _on_lost(self, lost: list[Lost]) -> None:
        self._request = None
        self._lost = lost
        if not lost:
            self.missing.setText(self.tr("No image is missing: every file is where it was."))
            self.close_button.setText(self.tr("Close"))
            self.close_button.setFocus()
            return
        roots = sorted({str(one.root) for one in lost})
        text = self.tr("1 image is missing") if len(lost) == 1 else self.tr("{} images are missing")
        where = self.tr("from {}").format(", ".join(roots[:3]) + ("…" if len(roots) > 3 else ""))
        self.missing.setText(f"{text.format(f'{len(lost):,}')} {where}.")
        self._on_path_changed()

    # where they are

    def _on_choose_clicked(self) -> None:
        start = self.field.text() or str(Path.home())
        folder = QFileDialog.getExistingDirectory(self, self.tr("Where are the images now?"), start)
        if folder:
            self.field.setText(folder)
            self._on_search_clicked()

    def _on_path_changed(self) -> None:
        self._stop()
        self._show_nothing()
        self.search.setEnabled(bool(self._lost) and bool(self.field.text().strip()))

    def _on_search_clicked(self) -> None:
        if not self._lost:
            return
        self._show_nothing()
        lost, folder, store = self._lost, typed_path(self.field.text()), self._session.store
        gone = {one.image_id for one in lost}
        taken = store.image_paths([one for one in store.image_ids.tolist() if one not in gone])
        self._progress.show()
        self._progress.show_fraction(None)
        self.search.setEnabled(False)
        self._request = background.run_with_progress(
            self,
            lambda request: find_moved(
                lost,
                folder,
                taken=taken,
                cancelled=request.is_cancelled,
                progress=lambda done, total: request.report((done, total)),
            ),
            self._on_found,
            self._on_failed,
            on_progress=self._on_progress,
            key="relink",
        )

    def _on_progress(self, done: tuple[int, int]) -> None:
        count, total = done
        self._progress.show_fraction(count / total if total else None)
        self.facts.setText(self.tr("{done} of {total} files read").format(done=f"{count:,}", total=f"{total:,}"))
        self.facts.show()

    def _on_failed(self, error: MultihotError) -> None:
        self._request = None
        self._show_nothing()
        self.search.setEnabled(bool(self._lost))
        self.error.show_error(error)

    def _on_found(self, found: Found) -> None:
        self._request = None
        self._show_nothing()
        self.search.setEnabled(True)
        self._found = found
        lines = [
            text.format(f"{count:,}")
            for count, text in (
                (len(found.in_place), self.tr("{} found by their paths.")),
                (len(found.by_content), self.tr("{} found by their content.")),
                (len(found.by_name), self.tr("{} found by name and size, as their content was never read.")),
                (found.copies, self.tr("{} further copies of them were left alone.")),
                (len(found.missing), self.tr("{} not found:")),
            )
            if count
        ]
        if not found:
            lines = [self.tr("None of the missing images is there. Choose another folder.")]
        self.facts.setText("\n".join(lines))
        self.facts.show()
        if found and found.missing:
            paths = [one.path for one in found.missing[:_NAMED]]
            more = len(found.missing) - len(paths)
            self.names.setPlainText(
                "\n".join([*paths, *([self.tr("and {} more").format(f"{more:,}")] if more else [])])
            )
            self.names.show()
        self.take.setEnabled(bool(found))
        self._grow()
        if found:
            self.take.setDefault(True)
            self.take.setFocus()

    def _on_take_clicked(self) -> None:
        found = self._found
        if found is None:
            return
        if self._session.is_busy:
            self.error.show_text(self.tr("A change is still being saved."), next_step=self.tr("Try again in a moment."))
            return
        ids = [*found.in_place, *found.moves]

        def work(store: Store) -> Changes:
            return relink(store, found)

        # it remembers which images had no file
        forget_thumbnails_after(self._session, ids)
        try:
            self._session.edit(work, images=len(ids))
        except MultihotError as error:
            self.error.show_error(error)
            return
        self.accept()

    def _grow(self) -> None:
        """Make room for all that is said: the words were hidden when the dialog got its size."""
        layout = self.layout()
        assert layout is not None
        layout.activate()
        height = max(layout.totalHeightForWidth(self.width()), layout.totalMinimumSize().height())
        room = int(self.screen().availableGeometry().height() * 0.96)
        self.resize(self.width(), min(max(self.height(), height), room))

    def _show_nothing(self) -> None:
        self._found = None
        self.take.setEnabled(False)
        self.search.setDefault(True)
        self.error.clear()
        for widget in (self._progress, self.facts, self.names):
            widget.hide()

    def _stop(self) -> None:
        if self._lost is not None and self._request is not None:
            self._request.cancel()
            self._request = None
