"""The Inspect workspace: how well each label is predicted, and where its threshold should lie."""

import functools
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.errors import MultihotError
from core.evaluation.tuning import On
from core.jobs.start import warm_up
from core.labels import Split
from core.project.runs.run_list import Run
from gui import background
from gui.inspect.compare_page import ComparePage
from gui.inspect.errors_page import ErrorsPage
from gui.inspect.figures import Figures
from gui.inspect.figures_page import FiguresPage
from gui.inspect.gallery import Gallery
from gui.inspect.head_row import HeadRow
from gui.inspect.image_viewer import ImageViewer
from gui.inspect.inspection import Inspection
from gui.inspect.label_table import LabelTable
from gui.inspect.page import Page
from gui.inspect.progress_row import ProgressRow
from gui.inspect.report_action import ReportAction
from gui.inspect.scored_split import ScoredSplit, load_scored_split
from gui.inspect.set_chooser import SetChooser
from gui.inspect.slices_page import SlicesPage
from gui.inspect.thresholds_page import ThresholdsPage
from gui.inspect.triage_page import TriagePage
from gui.inspect.tuner import Wish
from gui.inspect.warning_row import WarningRow
from gui.session import Session
from gui.train.run_chooser import RunChooser
from gui.train.run_facts import RunFacts
from gui.widgets import theme
from gui.widgets.buttons import flat, icon_button, with_shortcut
from gui.widgets.empty_state import EmptyState
from gui.widgets.error_row import ErrorRow
from gui.widgets.panel import Panel, line

TABLE_WIDTH = 460
_PAGES = ("thresholds_page", "errors_page", "slices_page", "triage_page", "compare_page", "figures_page")
"""In the order of their tabs."""

AnyPage = TypeVar("AnyPage", bound=Page)


class InspectWorkspace(QWidget):
    """Run and split above, the labels at the left and beside them one page at a time, wrong images below."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._facts: RunFacts | None = None
        self._asks_objective = False
        self._inspection = Inspection(session, self)
        self._thresholds = self._inspection.thresholds

        self._runs = RunChooser(session)
        self._split = QComboBox()
        self._split.setAccessibleName(self.tr("Split"))
        for split in (Split.VALIDATION, Split.TEST, Split.TRAIN):
            self._split.addItem(split.name.capitalize(), split)
        self._head = HeadRow()
        self._sets = SetChooser(self._thresholds)
        self._undo = icon_button("arrow-counter-clockwise", self.tr("Undo"), shortcut="Ctrl+Z")
        self._redo = icon_button("arrow-clockwise", self.tr("Redo"), shortcut="Ctrl+Shift+Z")
        self._tune = QPushButton(self.tr("Tune all"))
        self._menu = QMenu(self._tune)
        places: tuple[On, ...] = ("validation", "train")
        for place in places:
            action = self._menu.addAction(self.tr("Best F1 of each label on {}").format(place))
            action.triggered.connect(functools.partial(self._on_tune_asked, place))
        self._menu.addAction(self.tr("For something else…")).triggered.connect(self.ask_objective)
        self._menu.addSeparator()
        self._menu.addAction(self.tr("Reset all to 0.5")).triggered.connect(self._on_reset_all)
        self._tune.setMenu(self._menu)
        self._report = ReportAction(self._inspection, self)
        self._export = flat(QPushButton(self.tr("Export ›")))
        self._error = ErrorRow()
        self._warning = WarningRow()
        self._tuning = ProgressRow()
        self._tuning.setContentsMargins(theme.PANEL, 0, theme.PANEL, theme.SPACE)
        self._table = LabelTable()
        self._stack = QStackedWidget()
        self._gallery = Gallery(self._inspection)
        self.viewer = ImageViewer(self._inspection)
        self._tabs = QButtonGroup(self)
        self._empty = EmptyState(
            "gauge",
            self.tr("No run yet"),
            self.tr("Label at least 20 images, then press Train. What the model gets right and wrong is shown here."),
            self.tr("Go to Train"),
        )
        self._unreadable = EmptyState("warning", self.tr("The scores of this run cannot be read"), "")
        self._body = QStackedWidget()
        self._whole = QStackedWidget()
        self._whole.addWidget(self._empty)
        self._whole.addWidget(self._lay_out())
        self._whole.addWidget(self.viewer)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._whole)
        # in their place already: whatever is put into a window is styled anew with all that it holds
        self.show_page(self.thresholds_page)
        self._gallery.show_page(self.thresholds_page)
        # until there are scores a move would move nothing
        self._enable(False)
        self._on_undo_changed()

        session.project_closed.connect(self._on_project_closed)
        self._runs.run_chosen.connect(self._on_run_chosen)
        self._runs.failed.connect(self._error.show_error)
        self._split.activated.connect(lambda _: self._load())
        self._undo.clicked.connect(self._inspection.steps.undo)
        self._redo.clicked.connect(self._inspection.steps.redo)
        self._export.clicked.connect(lambda: session.workspace_requested.emit("export"))
        self._empty.clicked.connect(lambda: session.workspace_requested.emit("train"))
        self._tabs.idClicked.connect(self._on_tab_clicked)
        self._stack.currentChanged.connect(self._on_page_changed)
        self._inspection.steps.changed.connect(self._on_undo_changed)
        self._table.labels_selected.connect(lambda labels: self._inspection.choose(*labels))
        self._inspection.label_changed.connect(lambda: self._table.select(self._inspection.selected))
        self._inspection.moved.connect(self._on_threshold_moved)
        self._inspection.failed.connect(self._error.show_error)
        self._thresholds.told.connect(session.message)
        self._thresholds.mended.connect(self._error.clear)
        self._head.split_asked.connect(self._on_split_asked)
        self._gallery.opened.connect(session.show_in_label)
        self._gallery.viewed.connect(self._on_viewed)
        self.viewer.opened.connect(session.show_in_label)
        self.viewer.closed.connect(self._on_viewer_closed)
        self._inspection.scored_changed.connect(self._leave_viewer)
        self.figures_page.counted.connect(self._on_figures_counted)
        self._warning.reset_asked.connect(self._on_reset_all)
        tuner = self.thresholds_page.tuner
        tuner.progressed.connect(self._on_tuning_progressed)
        tuner.busy_changed.connect(lambda: self._tuning.show_fraction(None))
        self._tuning.cancelled.connect(tuner.cancel)

    def activate(self) -> None:
        """The workspace is shown; what another program wrote meanwhile is taken over."""
        self._thresholds.sync()
        if self._session.settings.warm_worker and self._session.has_project and self._session.store.runs():
            # for the places that speak for a label
            background.run(self, warm_up, lambda _: None, lambda _: None)

    def deactivate(self) -> None:
        """Another workspace is shown, which reads what is kept with the run."""
        self._thresholds.flush()

    def ask_objective(self) -> None:
        """Ask what the thresholds of all labels are to be chosen for, at once or when the scores are there."""
        scored = self._inspection.scored
        self._asks_objective = scored is None or not self._tune.isEnabled()
        if self._asks_objective or scored is None:
            return
        if scored.is_multi_class:
            self._session.message.emit(self.tr("Each image gets its most probable label: there are no thresholds."))
        else:
            self.show_page(self.thresholds_page)
            self.thresholds_page.ask_objective(self._tune, scope="all")

    # pages that take a while to make are made when they are first shown

    @functools.cached_property
    def thresholds_page(self) -> ThresholdsPage:
        """Where thresholds are moved."""
        return self._added(ThresholdsPage(self._inspection))

    @functools.cached_property
    def errors_page(self) -> ErrorsPage:
        """What is confused with what."""
        return self._added(ErrorsPage(self._inspection))

    @functools.cached_property
    def slices_page(self) -> SlicesPage:
        """On which images the run is worse."""
        return self._added(SlicesPage(self._inspection))

    @functools.cached_property
    def triage_page(self) -> TriagePage:
        """What a person is asked."""
        return self._added(TriagePage(self._inspection))

    @functools.cached_property
    def compare_page(self) -> ComparePage:
        """The run beside another one."""
        return self._added(ComparePage(self._inspection))

    @functools.cached_property
    def figures_page(self) -> FiguresPage:
        """Every mean."""
        return self._added(FiguresPage(self._inspection))

    def _added(self, page: AnyPage) -> AnyPage:
        self._stack.addWidget(page)
        return page

    def unwritten(self) -> str:
        """Which thresholds could not be kept, in a sentence; empty where all are. Asked before the window closes."""
        self._thresholds.flush()
        names = [str(int(folder.name)) for folder in self._thresholds.unwritten]
        if not names:
            return ""
        one, several = (
            self.tr("The thresholds of run {} could not be saved."),
            self.tr("The thresholds of the runs {} could not be saved."),
        )
        return one.format(names[0]) if len(names) == 1 else several.format(", ".join(names))

    def show_page(self, page: Page) -> None:
        """Show another page, one of those above."""
        place = next(place for place, name in enumerate(_PAGES) if self.__dict__.get(name) is page)
        self._tabs.button(place).setChecked(True)
        self._stack.setCurrentWidget(page)

    def _on_tab_clicked(self, place: int) -> None:
        self.show_page(getattr(self, _PAGES[place]))

    def _on_page_changed(self) -> None:
        page = self._stack.currentWidget()
        assert isinstance(page, Page)
        self._gallery.show_page(page)

    # one image, large

    def _on_viewed(self, image_ids: NDArray[np.int64], labels: NDArray[np.int64], place: int) -> None:
        self.viewer.show_images(image_ids, labels, place)
        self._whole.setCurrentWidget(self.viewer)

    def _on_viewer_closed(self) -> None:
        self._leave_viewer()
        self._gallery.go_to(self.viewer.image_id)

    def _leave_viewer(self) -> None:
        if self._whole.currentWidget() is self.viewer:
            self._whole.setCurrentIndex(1)

    def _lay_out(self) -> QWidget:
        page = QWidget()
        top = QHBoxLayout()
        top.setContentsMargins(theme.PANEL, theme.SPACE, theme.PANEL, theme.SPACE)
        top.setSpacing(theme.SPACE)
        top.addWidget(self._runs)
        top.addWidget(self._split)
        top.addStretch(1)
        for widget in (self._sets, self._undo, self._redo, self._tune, self._report.button, self._export):
            top.addWidget(widget)

        table_panel = Panel(self.tr("Labels"), margins=False)
        table_panel.add(self._table, 1)
        pages = Panel("", margins=False)
        pages.header.setContentsMargins(theme.SPACE, 0, theme.SPACE, 0)
        # six names beside each other in a small window
        pages.header.setSpacing(0)
        titles = (
            self.tr("Thresholds"), self.tr("Errors"), self.tr("Slices"), self.tr("Triage"), self.tr("Compare"),
            self.tr("More figures"),
        )  # fmt: skip
        for place, title in enumerate(titles):
            button = QToolButton()
            button.setText(title)
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            self._tabs.addButton(button, place)
            pages.header.insertWidget(place, button)
        pages.add(self._stack, 1)
        both = QSplitter(Qt.Orientation.Horizontal)
        both.setChildrenCollapsible(False)
        both.addWidget(table_panel)
        both.addWidget(pages)
        both.setSizes([TABLE_WIDTH, 2 * TABLE_WIDTH])
        both.setStretchFactor(1, 1)
        whole = QSplitter(Qt.Orientation.Vertical)
        whole.setChildrenCollapsible(False)
        whole.addWidget(both)
        whole.addWidget(self._gallery)
        whole.setSizes([440, 220])
        whole.setStretchFactor(0, 1)

        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self._head)
        error = QVBoxLayout()
        error.setContentsMargins(theme.PANEL, 0, theme.PANEL, 0)
        error.addWidget(self._error)
        layout.addLayout(error)
        layout.addWidget(self._tuning)
        layout.addWidget(self._report.row)
        layout.addWidget(self._warning)
        layout.addWidget(line())
        self._body.addWidget(whole)
        self._body.addWidget(self._unreadable)
        layout.addWidget(self._body, 1)
        return page

    # which scores are shown

    def _on_project_closed(self) -> None:
        self._facts = None
        self._inspection.clear()
        self._enable(False)
        self._whole.setCurrentIndex(0)

    def _on_run_chosen(self, facts: RunFacts | None) -> None:
        # runs that were read before the project was closed may be told after it
        self._facts = facts if self._session.has_project else None
        self._whole.setCurrentIndex(0 if self._facts is None else 1)
        if self._facts is None:
            self._inspection.clear()
        self._load()

    def _load(self) -> None:
        if self._facts is None:
            return
        self._thresholds.flush()
        # what is shown is no longer what was asked for
        self._enable(False)
        run = self._facts.run
        load = functools.partial(load_scored_split, run, self._split.currentData())
        background.run(
            self, load, self._on_loaded, functools.partial(self._on_unreadable, run), key="scores",
            is_short=True,
        )  # fmt: skip

    def _enable(self, enabled: bool) -> None:
        for part in (self.thresholds_page, self._tune, self._sets):
            part.setEnabled(enabled)

    def _is_wanted(self, run: Run) -> bool:
        """Whether a run is the chosen one; the project may have been closed while its scores were read."""
        return self._facts is not None and self._facts.run == run

    def _on_unreadable(self, run: Run, error: MultihotError) -> None:
        if self._is_wanted(run):
            # no figure of the run before is to stand under the name of this one
            self._inspection.clear()
            self._error.clear()
            self._warning.show_warning("")
            self._show_body(readable=False)
            self._unreadable.set_texts(self.tr("The scores of this run cannot be read"), str(error))

    def _show_body(self, *, readable: bool) -> None:
        self._body.setCurrentIndex(0 if readable else 1)
        self._head.setVisible(readable)

    def _on_loaded(self, scored: ScoredSplit) -> None:
        if not self._is_wanted(scored.run):
            return
        self._error.clear()
        self._warning.show_warning("")
        before = self._inspection.scored
        self._show_body(readable=True)
        self._inspection.show(scored)
        if before is None or before.is_multi_class != scored.is_multi_class:
            # the one that says most of such a run
            self.show_page(self.errors_page if scored.is_multi_class else self.thresholds_page)
        for part in (self._tune, self._sets):
            part.setVisible(not scored.is_multi_class)
        self._head.show_judged(None)
        thresholds = self._tabs.button(_PAGES.index("thresholds_page"))
        thresholds.setText(self.tr("Curves") if scored.is_multi_class else self.tr("Thresholds"))
        self._table.show_task(is_multi_class=scored.is_multi_class)
        self._split.setCurrentIndex(self._split.findData(scored.split))
        assert self._inspection.decisions is not None
        self._table.model.show_scores(scored, self._inspection.decisions.counts, self._thresholds.values)
        self._table.select(self._inspection.selected)
        self._show_totals()
        self._enable(True)
        if self._asks_objective:
            self.ask_objective()

    def _on_figures_counted(self, figures: Figures) -> None:
        judged = figures.judged
        # what chance may have done is no reason to act
        warning = "" if judged is None or judged.may_be_chance else judged.warning
        # the images of test are not to choose the thresholds
        self._warning.show_warning(warning, may_reset=judged is not None and judged.may_choose)
        # the warning has the same numbers
        self._head.show_judged(None if warning else judged)

    def _show_totals(self) -> None:
        scored, decisions = self._inspection.scored, self._inspection.decisions
        if scored is not None and decisions is not None:
            self._table.means.show_means(scored, decisions.counts)
            self._head.show_thresholds(scored, self._thresholds.thresholds)

    # thresholds

    def _on_threshold_moved(self, label: int | None) -> None:
        if self._inspection.decisions is not None:
            self._table.model.show_counts(self._inspection.decisions.counts, self._thresholds.values, label=label)
            self._show_totals()

    def _on_split_asked(self, split: Split) -> None:
        self._split.setCurrentIndex(self._split.findData(split))
        self._load()

    def _on_reset_all(self) -> None:
        scored = self._inspection.scored
        if scored is not None:
            self._thresholds.reset(tuple(range(len(scored.label_names))), self.tr("all labels reset to 0.5"))

    def _on_tuning_progressed(self, share: float) -> None:
        self._tuning.show_text(self.thresholds_page.tuner.doing)
        self._tuning.show_fraction(share)

    def _on_tune_asked(self, on: On) -> None:
        self.thresholds_page.tuner.tune("all", Wish(on=on))

    def _on_undo_changed(self) -> None:
        steps = self._inspection.steps
        for button, word, text, keys in (
            (self._undo, self.tr("Undo"), steps.undo_text, "Ctrl+Z"),
            (self._redo, self.tr("Redo"), steps.redo_text, "Ctrl+Shift+Z"),
        ):
            button.setEnabled(bool(text))
            button.setToolTip(with_shortcut(f"{word}: {text}" if text else word, keys))

    def event(self, event: QEvent) -> bool:
        """Keep the keys for undo and redo, which elsewhere take back annotations; see what others wrote meanwhile."""
        if event.type() == QEvent.Type.WindowActivate and self.isVisible():
            self._thresholds.sync()
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _undo_key(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take back or redo a move of a threshold."""
        key = _undo_key(event)
        if key == QKeySequence.StandardKey.Undo:
            self._inspection.steps.undo()
        elif key == QKeySequence.StandardKey.Redo:
            self._inspection.steps.redo()
        else:
            super().keyPressEvent(event)


def _undo_key(event: QKeyEvent) -> QKeySequence.StandardKey | None:
    keys = (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo)
    return next((key for key in keys if event.matches(key)), None)
