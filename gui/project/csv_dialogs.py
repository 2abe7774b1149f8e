"""Annotations from a CSV file or class folders into the project, and into a CSV file."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
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
from core.formats import class_folders, multihot_csv
from core.formats.annotations import Annotations
from core.formats.apply import ImportReport, import_annotations
from core.formats.reading import format_of
from core.labels import LabelState
from core.project.changes import Changes
from core.project.store import Store
from gui import background
from gui.session import Session
from gui.widgets import theme
from gui.widgets.buttons import flat, pressed_with_focus, primary
from gui.widgets.error_row import ErrorRow
from gui.widgets.typed_path import typed_path

_FILTER = "CSV (*.csv *.tsv *.txt)"
_NAMED = 6


class _FileDialog(QDialog):
    """A title, a file, a note, an error, and one primary button."""

    def __init__(self, session: Session, title: str, done: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.session = session
        self.setWindowTitle(title)
        heading = QLabel(title)
        heading.setProperty("tone", "title")
        self.field = QLineEdit()
        self.field.setAccessibleName(self.tr("File"))
        self.choose = QPushButton(self.tr("Choose…"))
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.note.setProperty("tone", "secondary")
        self.facts = QLabel()
        self.facts.setWordWrap(True)
        self.error = ErrorRow()
        self.cancel = QPushButton(self.tr("Cancel"))
        self.done_button = primary(QPushButton(done))
        self.done_button.setDefault(True)
        self.row = QHBoxLayout()
        self.row.setSpacing(theme.SPACE)
        self.row.addWidget(self.field, 1)
        self.row.addWidget(self.choose)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.SPACE)
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.done_button)
        self.content = QVBoxLayout(self)
        self.content.setContentsMargins(theme.GROUP, theme.GROUP, theme.GROUP, theme.GROUP)
        self.content.setSpacing(theme.PANEL)
        self.content.addWidget(heading)
        self.content.addLayout(self.row)
        self.content.addWidget(self.note)
        self.content.addWidget(self.facts)
        self.content.addWidget(self.error)
        self.content.addStretch(1)
        self.content.addLayout(buttons)
        self.setMinimumWidth(560)
        self.cancel.clicked.connect(self.reject)

    @property
    def path(self) -> Path:
        """The file that was chosen."""
        return typed_path(self.field.text())


class ImportDialog(_FileDialog):
    """Reads a file, says what is in it, and takes it over as one step of undo."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(session, "Import annotations", "Import", parent)
        self._annotations: Annotations | None = None
        self._outcome: list[ImportReport | MultihotError] | None = None
        self._request: background.Request | None = None
        self.note.setText(
            self.tr(
                "One line per image: its file name, then a column per label: 1 for present, 0 for absent, nothing "
                "for unknown. What is unknown in the file stays as it is in the project. Or a folder of images with "
                "train/CLASS, val/CLASS and test/CLASS in it, or with CLASS alone."
            )
        )
        self._choose_folder = QPushButton(self.tr("Folder…"))
        self.row.addWidget(self._choose_folder)
        self._choose_folder.clicked.connect(self._on_choose_folder_clicked)
        self._unmatched = QPlainTextEdit()
        self._unmatched.setReadOnly(True)
        self._unmatched.hide()
        self.content.insertWidget(self.content.count() - 2, self._unmatched)
        self.done_button.setEnabled(False)
        self.choose.clicked.connect(self._on_choose_clicked)
        self.field.textChanged.connect(self._on_path_changed)
        self.done_button.clicked.connect(self._on_import_clicked)
        session.busy_changed.connect(self._on_busy_changed)
        self.finished.connect(lambda: None if self._request is None else self._request.cancel())

    def _on_choose_clicked(self) -> None:
        start = self.field.text() or str(self.session.store.folder)
        path, _ = QFileDialog.getOpenFileName(self, self.windowTitle(), start, _FILTER)
        if path:
            self.field.setText(path)

    def _on_choose_folder_clicked(self) -> None:
        start = self.field.text() or str(self.session.store.folder)
        path = QFileDialog.getExistingDirectory(self, self.windowTitle(), start)
        if path:
            self.field.setText(path)

    def _on_path_changed(self) -> None:
        self._annotations = None
        self.done_button.setEnabled(False)
        self.facts.clear()
        self.error.clear()
        path = self.path
        if self._request is not None:
            self._request.cancel()
            self._request = None
        if path.exists():
            self._request = background.run_with_progress(
                self,
                lambda request: _read(path, request.is_cancelled),
                self._on_read,
                self.error.show_error,
                on_progress=None,
            )

    def _on_read(self, annotations: Annotations) -> None:
        self._annotations = annotations
        known = {label.name.casefold() for label in self.session.store.labels}
        new = [name for name in annotations.label_names if name.casefold() not in known]
        states = annotations.states
        counts = [int(np.count_nonzero(states == state)) for state in LabelState]
        text = self.tr("{rows} images, {labels} labels: {absent} absent, {present} present, {unknown} unknown.").format(
            rows=f"{len(annotations.filenames):,}",
            labels=len(annotations.label_names),
            absent=f"{counts[0]:,}",
            present=f"{counts[1]:,}",
            unknown=f"{counts[2]:,}",
        )
        if new:
            names = ", ".join(new[:_NAMED]) + ("…" if len(new) > _NAMED else "")
            text += " " + self.tr("New labels: {}.").format(names)
        self.facts.setText(text)
        self.done_button.setEnabled(True)

    def _on_import_clicked(self) -> None:
        annotations = self._annotations
        if annotations is None:
            return
        self.error.clear()
        outcome: list[ImportReport | MultihotError] = []

        def work(store: Store) -> Changes:
            try:
                outcome.append(report := import_annotations(store, annotations))
            except MultihotError as error:
                outcome.append(error)
                return Changes()
            return report.changes

        # file names are looked for among all images
        if not self.session.edit(work, images=max(len(annotations.filenames), len(self.session.store.image_ids))):
            self.error.show_text(self.tr("A change is still being saved."), next_step=self.tr("Try again in a moment."))
        elif not self.session.is_busy:
            self._show_outcome(outcome[0])
        else:
            self._outcome = outcome
            self._enable(False)
            self.facts.setText(self.tr("Importing…"))

    def _on_busy_changed(self, is_busy: bool) -> None:
        if is_busy or self._outcome is None:
            return
        outcome, self._outcome = self._outcome, None
        self._enable(True)
        # none where something went wrong that the window tells
        if outcome:
            self._show_outcome(outcome[0])

    def _enable(self, on: bool) -> None:
        for widget in (self.field, self.choose, self._choose_folder, self.done_button, self.cancel):
            widget.setEnabled(on)

    def reject(self) -> None:
        """Escape and Cancel; not while it is imported, as nobody could stop it."""
        if self._outcome is None:
            super().reject()

    def _show_outcome(self, report: ImportReport | MultihotError) -> None:
        if isinstance(report, MultihotError):
            self.facts.clear()
            self.error.show_error(report)
            return
        left_out = [*report.unmatched, *report.ambiguous, *report.refused]
        if not left_out and not report.splits_kept:
            self.accept()
            return
        self._show_left_out(report, left_out)

    def _show_left_out(self, report: ImportReport, left_out: list[str]) -> None:
        text = self.tr("{} images imported.").format(f"{report.matched:,}")
        if report.splits_kept:
            kept = self.tr("{} keep the split they have, not the one the file names: an image stays in its split.")
            text += " " + kept.format(f"{report.splits_kept:,}")
        if report.refused:
            refused = self.tr("{} have several labels, and an image of this project has one.")
            text += " " + refused.format(f"{len(report.refused):,}")
        unknown = len(left_out) - len(report.refused)
        if unknown:
            text += " " + self.tr("{} file names are no image of the project, or several.").format(f"{unknown:,}")
        if left_out:
            text += " " + self.tr("Left out:")
        self.facts.setText(text)
        self._unmatched.setPlainText("\n".join(left_out))
        self._unmatched.setVisible(bool(left_out))
        self.cancel.hide()
        self.done_button.setText(self.tr("Close"))
        self.done_button.clicked.disconnect()
        self.done_button.clicked.connect(self.accept)


def _read(path: Path, is_cancelled: Callable[[], bool]) -> Annotations:
    # a folder may be the whole disk while its path is being typed
    if format_of(path) == "class-folders":
        return class_folders.read(path, cancelled=is_cancelled)
    return multihot_csv.read(path)


class ExportDialog(_FileDialog):
    """Writes the annotations of all images."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(session, "Export annotations", "Export", parent)
        self.field.setText(str(session.store.folder / f"{session.store.name}.csv"))
        self.note.setText(
            self.tr(
                "One line per image: its file name, then a column per label: 1 for present, 0 for absent, nothing "
                "for unknown. Colours, keys, splits and review marks stay in the project."
            )
        )
        self._question = QLabel()
        self._replace = QPushButton(self.tr("Replace it"))
        self._keep = flat(QPushButton(self.tr("Keep it")))
        for button in (self._replace, self._keep):
            pressed_with_focus(button)
        question = QHBoxLayout()
        question.setSpacing(theme.SPACE)
        question.addWidget(self._question, 1)
        question.addWidget(self._replace)
        question.addWidget(self._keep)
        self.content.insertLayout(self.content.count() - 2, question)
        self._ask_nothing()
        self.field.textChanged.connect(self._ask_nothing)
        self.choose.clicked.connect(self._on_choose_clicked)
        self.done_button.clicked.connect(self._on_export_clicked)
        self._replace.clicked.connect(self._write)
        self._keep.clicked.connect(self._ask_nothing)

    def _on_choose_clicked(self) -> None:
        path, _ = QFileDialog.getSaveFileName(
            self,
            self.windowTitle(),
            self.field.text(),
            _FILTER,
            # the dialog asks itself when Export is pressed, whether the path was chosen or typed
            options=QFileDialog.Option.DontConfirmOverwrite,
        )
        if path:
            self.field.setText(path)

    def _ask_nothing(self) -> None:
        for widget in (self._question, self._replace, self._keep):
            widget.hide()

    def _on_export_clicked(self) -> None:
        if not self.path.is_file():
            self._write()
            return
        self._question.setText(self.tr("{} is there already.").format(self.path.name))
        for widget in (self._question, self._replace, self._keep):
            widget.show()

    def _write(self) -> None:
        self._ask_nothing()
        path = self.path
        try:
            multihot_csv.write(self.session.store, path)
        except MultihotError as error:
            self.error.show_error(error)
        except OSError as error:
            self.error.show_text(f"{path} cannot be written: {error.strerror}.", next_step="Choose another place.")
        else:
            self.session.message.emit(f"Annotations written to {path}")
            self.accept()
