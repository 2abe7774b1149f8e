"""The Export workspace: one file that decides, checked against the network it came from."""

import functools
from pathlib import Path

from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from core.deploy.report import ExportReport
from core.errors import MultihotError
from core.jobs.events import ExportFinished, RunFailed
from core.jobs.start import warm_up
from core.jobs.train import prepare_export
from gui import background
from gui.export.contents_view import FactRows, rows_in, rows_out
from gui.export.export_facts import ExportFacts, read_export_facts
from gui.export.export_job import RunningExport
from gui.export.report_view import ReportView
from gui.export.try_pane import TryPane
from gui.session import Session
from gui.train.run_chooser import RunChooser
from gui.train.run_facts import RunFacts
from gui.widgets import theme
from gui.widgets.buttons import flat, icon_button, primary
from gui.widgets.empty_state import EmptyState
from gui.widgets.error_row import ErrorRow
from gui.widgets.panel import Panel, line
from gui.widgets.progress_line import ProgressLine
from gui.widgets.typed_path import typed_path

JOB_KEY = "export"


class ExportWorkspace(QWidget):
    """Left what goes in, in the middle what comes out and the button, right what was found and a place to try it."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._run: RunFacts | None = None
        self._facts: ExportFacts | None = None
        self._export: RunningExport | None = None
        self._last: ExportReport | None = None

        self._runs = RunChooser(session)
        self._going_in = FactRows()
        self._coming_out = FactRows()
        self._thresholds = FactRows()
        self._decision = Panel(self.tr("Thresholds"))
        self._calibrated = QLabel(self.tr("Moved with calibration; decisions stay the same."))
        self._calibrated.setProperty("tone", "secondary")
        self._calibrated.setWordWrap(True)
        self._change = flat(QPushButton(self.tr("Change in Inspect ›")))
        self._path = QLineEdit()
        self._path.setAccessibleName(self.tr("File to write"))
        self._browse = icon_button("folder-open", self.tr("Choose where to save"))
        self._button = primary(QPushButton(self.tr("Export")))
        self._button.setMinimumHeight(36)
        self._bar = ProgressLine()
        self._stage = QLabel()
        self._stage.setProperty("tone", "secondary")
        self._cancel = flat(QPushButton(self.tr("Cancel")))
        self._question = QLabel()
        self._question.setWordWrap(True)
        self._replace = QPushButton(self.tr("Replace it"))
        self._keep = flat(QPushButton(self.tr("Keep it")))
        self._error = ErrorRow()
        self._report = ReportView()
        self._try = TryPane()
        self._empty = EmptyState(
            "export",
            self.tr("No model to export yet"),
            self.tr("Label at least 20 images, then press Train. A finished run becomes one ONNX file here."),
            self.tr("Go to Train"),
        )
        self._pages = QStackedWidget()
        self._pages.addWidget(self._empty)
        self._pages.addWidget(self._lay_out())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._pages)

        session.project_closed.connect(self._on_project_closed)
        self._runs.run_chosen.connect(self._on_run_chosen)
        self._runs.failed.connect(self._error.show_error)
        self._browse.clicked.connect(self._on_browse_clicked)
        self._path.textChanged.connect(self._on_path_changed)
        self._button.clicked.connect(self._on_button_clicked)
        self._replace.clicked.connect(self._start)
        self._keep.clicked.connect(self._ask_nothing)
        self._cancel.clicked.connect(self._on_cancel_asked)
        self._empty.clicked.connect(lambda: session.workspace_requested.emit("train"))
        self._ask_nothing()
        self._show_progress(False)

    def activate(self) -> None:
        """The workspace is shown: thresholds may have been moved since, and a worker may be of use soon."""
        self._load()
        if self._session.settings.warm_worker and self._export is None:
            background.run(self, warm_up, background.nothing, background.nothing)

    def _lay_out(self) -> QWidget:
        page = QWidget()
        left = Panel(self.tr("What goes in"))
        left.body.setSpacing(theme.PANEL)
        left.add(self._runs)
        left.add(self._going_in)
        self._change.clicked.connect(lambda: self._session.workspace_requested.emit("inspect"))
        self._decision.header.addWidget(self._change)
        self._decision.add(self._calibrated)
        self._decision.add(scrolling(self._thresholds), 1)

        going_in = QVBoxLayout()
        going_in.setSpacing(0)
        going_in.addWidget(left)
        going_in.addWidget(self._decision, 1)

        middle = Panel(self.tr("What comes out"))
        middle.body.setSpacing(theme.PANEL)
        file_row = QHBoxLayout()
        file_row.setSpacing(theme.SPACE // 2)
        file_row.addWidget(self._path, 1)
        file_row.addWidget(self._browse)
        middle.body.addLayout(file_row)
        middle.add(self._coming_out)
        middle.body.addStretch(1)
        question = QHBoxLayout()
        question.setSpacing(theme.SPACE)
        question.addWidget(self._question, 1)
        question.addWidget(self._replace)
        question.addWidget(self._keep)
        middle.body.addLayout(question)
        progress = QHBoxLayout()
        progress.setSpacing(theme.SPACE)
        progress.addWidget(self._stage, 1)
        progress.addWidget(self._cancel)
        middle.body.addLayout(progress)
        middle.add(self._bar)
        middle.add(self._error)
        middle.add(self._button)

        report = Panel(self.tr("Verification"))
        report.add(self._report)
        attempt = Panel(self.tr("Try it"))
        attempt.add(self._try, 1)
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(report)
        column.addWidget(attempt, 1)

        layout = QHBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(going_in, 3)
        layout.addWidget(line(vertical=True))
        layout.addWidget(middle, 4)
        layout.addWidget(line(vertical=True))
        layout.addWidget(right, 4)
        return scrolling(page)

    # what is shown

    def _on_run_chosen(self, run: RunFacts | None) -> None:
        self._run = run
        self._facts = None
        self._update_button()
        self._pages.setCurrentIndex(0 if run is None else 1)
        self._error.clear()
        if run is not None:
            name = f"{self._session.store.name}-run{run.run.id}.onnx"
            self._path.setText(str(self._session.store.folder / name))
            self._load()

    def _load(self) -> None:
        if self._run is not None:
            read = functools.partial(read_export_facts, self._run)
            background.run(self, read, self._on_facts_read, self._error.show_error, key="facts", is_short=True)

    def _on_facts_read(self, facts: ExportFacts) -> None:
        is_other = self._facts is None or self._facts.run.run != facts.run.run
        self._facts = facts
        self._update_button()
        self._going_in.show_rows(rows_in(facts))
        self._coming_out.show_rows(rows_out(facts))
        self._show_decision(facts)
        if is_other:
            self._show_report(facts.report)

    def _show_decision(self, facts: ExportFacts) -> None:
        self._change.setVisible(not facts.is_choice)
        self._calibrated.setVisible(not facts.is_choice and not facts.calibration.is_none)
        if facts.is_choice:
            self._decision.set_title(self.tr("Decision"))
            chosen = self.tr("the label with the highest probability; there are no thresholds")
            self._thresholds.show_rows([(self.tr("Present"), chosen)])
            return
        self._decision.set_title(self.tr("Thresholds"))
        values = facts.thresholds_in_file.tolist()
        self._thresholds.show_rows(
            [(name, f"{value:.3f}") for name, value in zip(facts.label_names, values, strict=True)]
        )

    def _show_report(self, report: ExportReport | None) -> None:
        self._last = report
        self._display_report(report)

    def _display_report(self, report: ExportReport | None) -> None:
        self._report.show_report(report)
        self._try.show_model(Path(report.path) if report is not None else None)

    def _show_progress(self, shown: bool) -> None:
        going = self._cancel, self._button, self._path, self._browse
        has_focus = self.hasFocus() or any(control.hasFocus() for control in going)
        if has_focus:
            # the focus of a control that is disabled or hidden would go to the window's first one
            self.setFocus()
        for widget in (self._stage, self._cancel, self._bar):
            widget.setVisible(shown)
        for control in (self._runs, self._path, self._browse):
            control.setEnabled(not shown)
        self._update_button()
        self._button.setText(self.tr("Exporting…") if shown else self.tr("Export"))
        if has_focus:
            (self._cancel if shown else self._button).setFocus()

    def _update_button(self) -> None:
        self._button.setEnabled(self._export is None and self._facts is not None and self._has_name())

    def _on_path_changed(self) -> None:
        self._ask_nothing()
        self._update_button()

    def _ask_nothing(self) -> None:
        if self._replace.hasFocus() or self._keep.hasFocus():
            self._button.setFocus()
        for widget in (self._question, self._replace, self._keep):
            widget.hide()

    # the export

    def _on_button_clicked(self) -> None:
        out = self._out()
        if not out.is_file():
            self._start()
            return
        self._question.setText(self.tr("{} is there already.").format(out.name))
        for widget in (self._question, self._replace, self._keep):
            widget.show()

    def _out(self) -> Path:
        out = typed_path(self._path.text())
        return out if out.suffix.lower() == ".onnx" else out.with_name(f"{out.name}.onnx")

    def _has_name(self) -> bool:
        return bool(typed_path(self._path.text()).name)

    def _start(self) -> None:
        self._ask_nothing()
        self._error.clear()
        if self._facts is None:
            return
        try:
            # they may have been changed, here or by another program, since they were shown
            facts = self._facts.renewed()
            folder = prepare_export(
                facts.run.run, self._out(), facts.thresholds.values.tolist(), calibration=facts.calibration
            )
        except MultihotError as error:
            self._error.show_error(error)
            return
        self._facts = facts
        self._show_decision(facts)
        self._going_in.show_rows(rows_in(facts))
        self._export = RunningExport(folder, self)
        self._export.progressed.connect(self._on_progressed)
        self._export.succeeded.connect(self._on_succeeded)
        self._export.failed.connect(self._on_failed)
        self._export.cancelled.connect(self._on_cancelled)
        self._display_report(None)
        self._cancel.setEnabled(True)
        self._show_progress(True)
        self._on_progressed(self.tr("Starting"), None)

    def _on_progressed(self, stage: str, fraction: float | None) -> None:
        self._stage.setText(self.tr("{}…").format(stage))
        self._bar.show_fraction(fraction)
        self._session.jobs.set(
            JOB_KEY,
            name=self.tr("Export · {}").format(stage),
            fraction=fraction,
            cancel=self._on_cancel_asked,
        )

    def _on_cancel_asked(self) -> None:
        if self._export is not None:
            if self._cancel.hasFocus():
                self.setFocus()
            self._cancel.setEnabled(False)
            self._stage.setText(self.tr("Cancelling…"))
            self._export.cancel()

    def _on_succeeded(self, finished: ExportFinished) -> None:
        assert self._export is not None
        folder = self._export.folder
        self._end()
        self._session.message.emit(self.tr("{} exported and verified").format(Path(finished.path).name))
        read = functools.partial(ExportReport.load, folder / "report.json")
        background.run(self, read, self._show_report, self._error.show_error, key="report")

    def _on_failed(self, failure: RunFailed) -> None:
        self._end()
        self._display_report(self._last)
        self._error.show_text(failure.sentence, next_step=failure.next_step, details=failure.traceback)

    def _on_cancelled(self) -> None:
        self._end()
        self._display_report(self._last)
        self._session.message.emit(self.tr("Export cancelled; no file was written"))

    def _end(self) -> None:
        if self._export is not None:
            self._export.let_go()
            self._export.deleteLater()
            self._export = None
        self._session.jobs.remove(JOB_KEY)
        self._show_progress(False)

    def _on_browse_clicked(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(
            self,
            self.tr("Export to"),
            str(self._out() if self._has_name() else self._session.store.folder),
            self.tr("ONNX (*.onnx)"),
            options=QFileDialog.Option.DontConfirmOverwrite,
        )
        if chosen:
            self._path.setText(chosen)

    def _on_project_closed(self) -> None:
        self._end()
        self._run = self._facts = None
        self._show_report(None)
        self._pages.setCurrentIndex(0)


def scrolling(widget: QWidget) -> QScrollArea:
    """A widget that scrolls where it does not fit."""
    scroll = QScrollArea()
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setWidget(widget)
    return scroll
