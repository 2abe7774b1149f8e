"""Report…: the run as one file for people without Multihot."""

import functools
from pathlib import Path

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QPushButton, QWidget

from core.errors import JobError, MultihotError
from core.labels import Split
from core.project.runs.run_list import Run
from core.report.examples import Examples, choose_examples, image_files
from core.report.facts import ReportFacts, gather
from core.report.words import counted
from core.report.write import ENDINGS, Written, write_report
from gui import background
from gui.inspect.inspection import Inspection
from gui.widgets import theme
from gui.widgets.buttons import flat

# a newer report takes the place of one that is not written yet
_KEY = "report"


class ReportRow(QWidget):
    """Says that the report is being written, and then where it is; hidden until there is one.

    Attributes:
        open_button: opens the report.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._path: Path | None = None
        self._text = QLabel()
        self._text.setWordWrap(True)
        self.open_button = flat(QPushButton(self.tr("Open")))
        self._close = flat(QPushButton(self.tr("Close")))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(theme.PANEL, 0, theme.PANEL, theme.SPACE)
        layout.setSpacing(theme.SPACE)
        layout.addWidget(self._text, 1)
        layout.addWidget(self.open_button)
        layout.addWidget(self._close)
        self.hide()
        self.open_button.clicked.connect(self._on_open_clicked)
        self._close.clicked.connect(self.hide)

    def text(self) -> str:
        """What is said; empty while hidden."""
        return "" if self.isHidden() else self._text.text()

    def show_work(self, run: Run) -> None:
        """Say that the report of a run is being written."""
        self._show(self.tr("Writing the report of run {}…").format(run.id), path=None)

    def show_written(self, run: Run, split: Split, written: Written) -> None:
        """Say where the report of a run is, and offer to open it."""
        text = self.tr("Report of run {} written, measured on {}: {} ({:.1f} MB).").format(
            run.id, split.name.lower(), written.path.name, written.bytes / 1e6
        )
        if written.left_out:
            text += self.tr(" Left out, because not to be read: {}.").format(counted(written.left_out, "example"))
        self._show(text, path=written.path)

    def _show(self, text: str, *, path: Path | None) -> None:
        self._path = path
        self._text.setText(text)
        self._text.setToolTip("" if path is None else str(path))
        self.open_button.setVisible(path is not None)
        self._close.setVisible(path is not None)
        self.show()

    def _on_open_clicked(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._path)))


class ReportAction(QObject):
    """Asks for a place and writes the report there, off the GUI thread.

    Attributes:
        button: starts it.
        row: tells how it goes; belongs above the pages.
    """

    def __init__(self, inspection: Inspection, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._inspection = inspection
        self._session = inspection.session
        self.button = flat(QPushButton(self.tr("Report…")))
        self.button.setToolTip(self.tr("Write this run as one HTML or PDF file, for people without Multihot"))
        self.button.setEnabled(False)
        self.row = ReportRow()
        self.button.clicked.connect(self._on_clicked)
        inspection.scored_changed.connect(self._on_scored_changed)
        self._session.project_closed.connect(self.row.hide)

    def _on_scored_changed(self) -> None:
        self.button.setEnabled(self._inspection.scored is not None)

    def _on_clicked(self) -> None:
        run = self._inspection.run
        if run is None:
            return
        start = self._session.store.folder / self.tr("{} run {}.html").format(self._session.store.name, run.id)
        kinds = {self.tr("Web page (*.html)"): ENDINGS[0], "PDF (*.pdf)": ENDINGS[1]}
        chosen, kind = QFileDialog.getSaveFileName(self.button, self.tr("Report"), str(start), ";;".join(kinds))
        if not chosen:
            return
        out = Path(chosen)
        if out.suffix.lower() not in ENDINGS:
            out = out.with_name(out.name + kinds.get(kind, ENDINGS[0]))
            # the dialog asked only about the name that was typed
            if out.exists():
                self._on_failed(JobError(f"{out} is there already.", next_step="Choose it, or another name."))
                return
        self.write(run, out)

    def write(self, run: Run, out: Path) -> None:
        """Write the report of the run that is looked at; a file that is there is replaced.

        Its thresholds are those of the moment, of the set that is shown.
        """
        self._inspection.thresholds.flush()
        self.row.show_work(run)
        name, thresholds = self._session.store.name, self._inspection.thresholds.thresholds

        def read() -> tuple[ReportFacts, Examples]:
            facts = gather(name, run, thresholds=thresholds)
            return facts, choose_examples(facts)

        background.run(self, read, functools.partial(self._on_read, out), self._on_failed, key=_KEY)

    def _on_read(self, out: Path, found: tuple[ReportFacts, Examples]) -> None:
        facts, examples = found
        if not self._session.has_project or facts.run.folder.parent.parent != self._session.store.folder:
            self.row.hide()
            return
        files = image_files(self._session.store, examples.image_ids)
        work = functools.partial(write_report, facts, examples, files, out=out)
        told = functools.partial(self.row.show_written, facts.run, facts.split)
        background.run(self, work, told, self._on_failed, key=_KEY)

    def _on_failed(self, error: MultihotError) -> None:
        self.row.hide()
        self._inspection.failed.emit(error)
