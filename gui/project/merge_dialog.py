"""Joining what another person said of the same images: choose the project, compare, choose, merge, read the report."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from core.errors import MultihotError
from core.files import write_atomically
from core.project.changes import Changes
from core.project.disk.backups import back_up
from core.project.merging.join import Join, join_images
from core.project.merging.plan import MergePlan, Target, plan_merge
from core.project.merging.report import kappa_text, merged_lines, report_csv, report_text, summary_lines
from core.project.merging.sides import read_other, read_project
from core.project.merging.taking_over import MergeChoices, Merged, apply_merge
from core.project.store import Store
from gui import background
from gui.project.merge_choices import ChoiceRow
from gui.project.merge_table import MergeModel, MergeTable
from gui.project.parts import column, widen, wrapped
from gui.session import Session
from gui.widgets import theme
from gui.widgets.buttons import flat, primary
from gui.widgets.error_row import ErrorRow
from gui.widgets.progress_line import ProgressLine
from gui.widgets.typed_path import typed_path


class MergeDialog(QDialog):
    """Four pages in one place: the folder, the reading, the comparison, the report."""

    def __init__(self, session: Session, parent: QWidget, *, show_disputed: Callable[[], None] | None = None) -> None:
        """Ask for a project.

        Args:
            session: with the project that the other one is merged into.
            parent: the window.
            show_disputed: shows all images with conflicts that are to be decided; None shows those of this merge.
        """
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._session = session
        self._show_disputed = show_disputed
        self._plan: MergePlan | None = None
        self._merged: Merged | None = None
        self._outcome: list[Merged | MultihotError] | None = None
        self._request: background.Request | None = None
        self.setWindowTitle(self.tr("Merge project"))
        # make
        self._heading = wrapped(self.windowTitle(), tone="title")
        self.field = QLineEdit()
        self.field.setAccessibleName(self.tr("Folder of the other project"))
        self.choose = QPushButton(self.tr("Choose…"))
        self._doing = wrapped()
        self._progress = ProgressLine()
        self.summary = wrapped()
        self.model = MergeModel()
        self.table = MergeTable(self.model)
        self.choices = ChoiceRow()
        self.reviews, self.notes, self.images = QCheckBox(), QCheckBox(), QCheckBox()
        self.report = QPlainTextEdit()
        self.report.setReadOnly(True)
        self.report.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.report.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.report.setAccessibleName(self.tr("Report of the merge"))
        self.error = ErrorRow()
        self.save = flat(QPushButton(self.tr("Save report…")))
        self.show_conflicts = QPushButton(self.tr("Show conflicts"))
        self.close_button = QPushButton(self.tr("Cancel"))
        self.go = primary(QPushButton(self.tr("Compare")))
        self.go.setDefault(True)
        self._pages = QStackedWidget()
        for page in (self._folder_page(), self._reading_page(), self._plan_page(), self.report):
            self._pages.addWidget(page)

        # lay out
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.SPACE)
        buttons.addWidget(self.save)
        buttons.addStretch(1)
        for button in (self.close_button, self.show_conflicts, self.go):
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GROUP, theme.GROUP, theme.GROUP, theme.GROUP)
        layout.setSpacing(theme.PANEL)
        layout.addWidget(self._heading)
        layout.addWidget(self._pages, 1)
        layout.addWidget(self.error)
        layout.addLayout(buttons)
        room = self.screen().availableGeometry().size()
        size = QSize(self.fontMetrics().averageCharWidth() * 165, self.fontMetrics().height() * 38)
        self.resize(size.boundedTo(room * 0.9))
        self._show_page(0)

        # connect
        self.choose.clicked.connect(self._on_choose_clicked)
        self.field.textChanged.connect(self._on_path_changed)
        self.go.clicked.connect(self._on_go_clicked)
        self.close_button.clicked.connect(self._on_close_clicked)
        self.save.clicked.connect(self._on_save_clicked)
        self.show_conflicts.clicked.connect(self._on_show_clicked)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._show_choices())
        self.choices.additions_chosen.connect(lambda on: self._choose(additions=on))
        self.choices.winner_chosen.connect(lambda winner: self._choose(conflicts=winner))
        self.choices.target_chosen.connect(self._on_target_chosen)
        self.finished.connect(self._stop)
        session.busy_changed.connect(self._on_busy_changed)
        session.project_closed.connect(self.close)

    # pages

    def _folder_page(self) -> QWidget:
        words = self.tr(
            "Choose another person's copy of this project. Images are matched by the content of their files, "
            "wherever these are and whatever they are called, and labels by their names. Nothing changes until "
            "you have seen the comparison; the other project is only read."
        )
        note = wrapped(words, tone="secondary")
        row = QHBoxLayout()
        row.setSpacing(theme.SPACE)
        row.addWidget(self.field, 1)
        row.addWidget(self.choose)
        return column(note, row, None)

    def _reading_page(self) -> QWidget:
        return column(self._doing, self._progress, None)

    def _plan_page(self) -> QWidget:
        return column(self.summary, self.table, self.choices, self.reviews, self.notes, self.images, stretched=1)

    def _show_page(self, number: int) -> None:
        self._pages.setCurrentIndex(number)
        self.go.setVisible(number != 1)
        self.save.setVisible(number >= 2)
        self.show_conflicts.setVisible(number == 3 and self._merged is not None and bool(self._merged.disputed))
        self.close_button.setVisible(number != 3)
        self.go.setText((self.tr("Compare"), "", self.tr("Merge"), self.tr("Close"))[number])
        self._enable()

    def _enable(self) -> None:
        number = self._pages.currentIndex()
        ready = bool(self.field.text().strip()) if number == 0 else not self._session.is_busy or number == 3
        self.go.setEnabled(ready)

    def _on_go_clicked(self) -> None:
        (self._compare, self._stop, self._merge, self.accept)[self._pages.currentIndex()]()

    def _on_close_clicked(self) -> None:
        if self._pages.currentIndex() == 1 and self._outcome is None:
            self._stop()
            self._show_page(0)
            self.field.setFocus()
        else:
            self.reject()

    def reject(self) -> None:
        """Escape and Cancel; not while the merge is being saved, as nobody could stop it."""
        if self._outcome is None:
            super().reject()

    def _stop(self) -> None:
        if self._request is not None:
            self._request.cancel()
            self._request = None

    # reading

    def _on_choose_clicked(self) -> None:
        start = self.field.text() or str(self._session.store.folder.parent)
        folder = QFileDialog.getExistingDirectory(self, self.tr("Other project"), start)
        if folder:
            self.field.setText(folder)
            self.go.setFocus()

    def _on_path_changed(self) -> None:
        self.error.clear()
        self._enable()

    def _compare(self) -> None:
        self.error.clear()
        folder, here = typed_path(self.field.text()), self._session.store.folder
        self._doing.setText(self.tr("Reading {}").format(folder))
        self._progress.show_fraction(None)
        self._show_page(1)
        self.close_button.setFocus()

        def work(request: background.Request) -> tuple[Join, MergePlan] | None:
            theirs = read_other(folder, mine=here)
            # what is on disk is what the window shows
            mine = read_project(here)
            join = join_images(
                mine,
                theirs,
                cancelled=request.is_cancelled,
                progress=lambda done, total: request.report((done, total)) if done % 16 == 0 else None,
            )
            return None if join is None else (join, plan_merge(mine, theirs, join))

        self._request = background.run_with_progress(
            self, work, self._on_compared, self._on_compare_failed, on_progress=self._on_progress, key="merge"
        )

    def _on_progress(self, progress: tuple[int, int]) -> None:
        done, total = progress
        self._progress.show_fraction(done / total if total else None)
        if total:
            words = self.tr("Reading images, to compare what they show: {done} of {total}")
            self._doing.setText(words.format(done=f"{done:,}", total=f"{total:,}"))

    def _on_compare_failed(self, error: MultihotError) -> None:
        self._request = None
        self._show_page(0)
        self.error.show_error(error)
        self.field.setFocus()

    def _on_compared(self, found: tuple[Join, MergePlan] | None) -> None:
        self._request = None
        if found is None:
            return
        join, plan = found
        hashes = join.new_hashes
        if hashes and not self._session.is_busy:

            def keep(store: Store) -> Changes:
                store.set_content_hashes(hashes)
                return Changes()

            # so that nobody needs to read these files again
            self._session.edit(keep, images=len(hashes))
        if not len(join.mine) and not len(join.only_theirs):
            self._show_page(0)
            self.error.show_text(self.tr("The other project has no images."), next_step=self.tr("Choose another one."))
            return
        self._show_page(2)
        self._show_boxes(plan)
        self._show_plan(plan)
        self.table.fit()
        self.table.selectAll()
        self.table.setFocus()

    # choosing

    def _show_plan(self, plan: MergePlan) -> None:
        self._plan = plan
        title = self.tr("Merge “{theirs}” into “{mine}”")
        self._heading.setText(title.format(theirs=plan.theirs.name, mine=plan.mine.name))
        lines = summary_lines(plan)
        lines.append(
            self.tr("Together: {additions} additions, {conflicts} conflicts, Cohen's kappa {kappa}.").format(
                additions=f"{plan.additions:,}", conflicts=f"{plan.conflicts:,}", kappa=kappa_text(plan.kappa)
            )
        )
        self.summary.setText("\n".join(lines))
        self.model.show_plan(plan)
        self._show_choices()

    def _show_boxes(self, plan: MergePlan) -> None:
        for box, count, text in (
            (self.reviews, plan.reviews + plan.flags, self.tr("Take over review marks and flags ({})")),
            (self.notes, plan.notes, self.tr("Join notes ({})")),
            (
                self.images,
                len(plan.join.only_theirs),
                self.tr("Add the {} images that are only there; they stay when the merge is undone"),
            ),
        ):
            box.setText(text.format(f"{count:,}"))
            box.setVisible(bool(count))
            box.setChecked(bool(count) and box is not self.images)

    def _show_choices(self) -> None:
        if self._plan is not None:
            chosen = [(self.model.label(row), self.model.choice(row)) for row in self.table.rows()]
            self.choices.show_labels(chosen, self._plan.mine.labels, self.model.rowCount())

    def _choose(self, *, additions: bool | None = None, conflicts: str | None = None) -> None:
        self.model.choose(self.table.rows(), additions=additions, conflicts=conflicts)  # type: ignore[arg-type]
        self._show_choices()

    def _on_target_chosen(self, target: Target) -> None:
        rows, old = self.table.rows(), self._plan
        if len(rows) != 1 or old is None:
            return
        targets = {**old.targets, self.model.label(rows[0]).label.id: target}

        def planned(plan: MergePlan) -> None:
            self.error.clear()
            self._show_plan(plan)

        def failed(error: MultihotError) -> None:
            self.error.show_error(error)
            self._show_choices()

        background.run(self, lambda: plan_merge(old.mine, old.theirs, old.join, targets), planned, failed, key="plan")

    # merging

    def _merge(self) -> None:
        plan = self._plan
        if plan is None or self._session.is_busy:
            return
        choices: MergeChoices = self.model.merge_choices(
            reviews=self.reviews.isChecked(), notes=self.notes.isChecked(), images=self.images.isChecked()
        )
        self.error.clear()
        outcome: list[Merged | MultihotError] = []
        self._outcome = outcome

        def work(store: Store) -> Changes:
            try:
                back_up(store.folder, reason="before-merge")
                merged = apply_merge(store, plan, choices)
            except MultihotError as error:
                outcome.append(error)
                return Changes()
            outcome.append(merged)
            return merged.changes

        self._doing.setText(self.tr("Saving the merge"))
        self._progress.show_fraction(None)
        # all of the project is copied first, however few images are shared
        self._session.edit(work, images=len(plan.mine.image_ids) + len(plan.join.only_theirs))
        if not self._session.is_busy:
            self._show_outcome()
        else:
            self._show_page(1)
            self.close_button.setEnabled(False)

    def _on_busy_changed(self, is_busy: bool) -> None:
        if not is_busy and self._outcome is not None:
            self._show_outcome()
        else:
            self._enable()

    def _show_outcome(self) -> None:
        assert self._plan is not None
        # none where something went wrong that the window tells
        found, self._outcome = next(iter(self._outcome or ()), None), None
        self.close_button.setEnabled(True)
        if not isinstance(found, Merged):
            self._show_page(2)
            if found is not None:
                self.error.show_error(found)
            return
        self._merged = found
        self.report.setPlainText(report_text(self._plan, found))
        widen(self, self.report)
        self._heading.setText(self.tr("Merged"))
        self._show_page(3)
        self.go.setFocus()
        self._session.message.emit(merged_lines(found)[0])

    # the report

    def _on_save_clicked(self) -> None:
        plan = self._plan
        if plan is None:
            return
        start = plan.mine.folder / f"merge of {plan.theirs.name}.txt"
        kinds = self.tr("Text (*.txt);;Table (*.csv)")
        name, kind = QFileDialog.getSaveFileName(self, self.tr("Save report"), str(start), kinds)
        if not name:
            return
        path = Path(name)
        if not path.suffix:
            path = path.with_suffix(".csv" if "csv" in kind else ".txt")
        write = report_csv if path.suffix.lower() == ".csv" else report_text
        try:
            write_atomically(path, write(plan, self._merged))
        except OSError as error:
            self.error.show_text(
                self.tr("{path} cannot be written: {reason}.").format(path=path, reason=error.strerror),
                next_step=self.tr("Choose another place."),
            )
        else:
            self.error.clear()
            self._session.message.emit(self.tr("Report written to {}").format(path))

    def _on_show_clicked(self) -> None:
        if self._merged is None:
            return
        if self._show_disputed is not None:
            self._show_disputed()
        else:
            self._session.show_in_label(self._merged.disputed)
        self.accept()
