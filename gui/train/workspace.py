"""The Train workspace: choose a recipe, press the button, watch the curves."""

import functools
from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from core.errors import MultihotError
from core.jobs.events import EpochEnded, Event
from core.jobs.folder import RunState
from core.project.changes import Changes
from core.project.runs.run_list import Run
from core.recipes.catalogue import DEFAULT
from core.sample import LABELS as SAMPLE_LABELS
from gui import background
from gui.session import Session
from gui.train import words
from gui.train.controller import TrainingController
from gui.train.data_summary import DataFacts, DataRequest
from gui.train.history import RunHistory
from gui.train.options import Options
from gui.train.plots import RunPlots
from gui.train.recipe_desk import RecipeDesk
from gui.train.recipe_page import RecipePage
from gui.train.run_facts import RunFacts, read_facts, read_history
from gui.train.run_header import RunHeader
from gui.train.run_list import RunList
from gui.train.run_picker import RunPicker
from gui.train.setup import TrainingSetup
from gui.widgets.empty_state import EmptyState
from gui.widgets.panel import Panel, line

SAMPLE_RECIPE = "sample-tiny"
# mAP curves of more earlier runs than this are a tangle
MOST_EARLIER_RUNS = 5
RECIPE, RUNS = range(2)
RUNS_HEIGHT = 160


class TrainWorkspace(QWidget):
    """Setup at the left; the run that is looked at, with its curves, and the list of runs at the right."""

    def __init__(self, session: Session, controller: TrainingController, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._controller = controller
        self._facts: dict[int, RunFacts] = {}
        self._shown: int | None = None
        self._history = RunHistory()
        self._data_is_stale = True

        self._setup = TrainingSetup()
        self._recipe_page = RecipePage()
        self._desk = RecipeDesk(session, self._setup, page=self._recipe_page, parent=self)
        self._header = RunHeader()
        self._plots = RunPlots()
        self._runs = RunList(controller)
        self._empty = EmptyState("chart-line-up", "", "", self.tr("Go to Label"))
        self._right = QStackedWidget()

        runs_panel = Panel(self.tr("Runs"), margins=False)
        runs_panel.add(self._runs)
        runs_panel.setFixedHeight(RUNS_HEIGHT)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._header)
        column.addWidget(line())
        column.addWidget(self._plots, 1)
        column.addWidget(runs_panel)
        for widget in (self._recipe_page, self._empty, page):
            self._right.addWidget(widget)
        self._tabs = QTabBar()
        self._tabs.setDocumentMode(True)
        self._tabs.setExpanding(False)
        self._tabs.setDrawBase(False)
        self._tabs.addTab(self.tr("Recipe"))
        self._tabs.addTab(self.tr("Runs"))
        right = QVBoxLayout()
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(0)
        right.addWidget(self._tabs)
        right.addWidget(line())
        right.addWidget(self._right, 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._setup)
        layout.addWidget(line(vertical=True))
        layout.addLayout(right, 1)

        session.project_opened.connect(self._on_project_opened)
        session.changed.connect(self._on_project_changed)
        controller.run_started.connect(self._on_run_started)
        controller.event_received.connect(self._on_event_received)
        controller.run_state_changed.connect(self._on_run_state_changed)
        self._desk.page_wanted.connect(lambda: self._tabs.setCurrentIndex(RECIPE))
        self._recipe_page.examples.worker_ended.connect(controller.warm_up)
        self._tabs.currentChanged.connect(self._update_page)
        self._setup.run_wanted.connect(self._on_run_wanted)
        self._setup.train_asked.connect(self._on_train_asked)
        self._setup.seed_changed.connect(self._refresh_data)
        self._runs.run_selected.connect(self._show_run)
        self._runs.run_opened.connect(self._inspect)
        self._header.pause_asked.connect(lambda: self._ask(controller.pause))
        self._header.resume_asked.connect(lambda: self._ask(controller.resume))
        self._header.stop_asked.connect(lambda: self._ask(controller.stop))
        self._header.kill_asked.connect(lambda: self._ask(controller.kill))
        self._header.discard_asked.connect(lambda: self._ask(controller.discard))
        self._header.inspect_asked.connect(lambda: self._ask(self._inspect))
        self._header.weights_asked.connect(self._setup.pick_weights)
        self._header.scratch_asked.connect(self._setup.choose_scratch)
        self._empty.clicked.connect(lambda: session.workspace_requested.emit("label"))
        self._on_project_opened()

    def activate(self) -> None:
        """The workspace is shown: bring up to date what was not looked at, and get a worker ready."""
        if self._data_is_stale:
            self._refresh_data()
        # a person may have written a recipe with an editor of text meanwhile
        self._desk.refresh()
        self._controller.warm_up()

    # what is shown

    def _on_project_opened(self) -> None:
        self._facts.clear()
        self._shown, self._history = None, RunHistory()
        self._data_is_stale = True
        self._tabs.setCurrentIndex(RECIPE)
        self._setup.forget_run()
        self._update_page()
        self._refresh_runs()
        if self._session.has_project:
            store = self._session.store
            # the sample's shapes are learnt in a minute, and without weights from elsewhere
            is_sample = {label.name for label in store.labels} == set(SAMPLE_LABELS)
            self._setup.choose_next(SAMPLE_RECIPE if is_sample else DEFAULT[store.task])
            self._desk.refresh()
        if self.isVisible():
            self._refresh_data()

    def _on_project_changed(self, changes: Changes) -> None:
        if changes.runs:
            self._refresh_runs()
        if changes.labels or changes.images or changes.annotations or changes.splits:
            self._data_is_stale = True
            if self.isVisible():
                self._refresh_data()

    def _refresh_data(self) -> None:
        if not self._session.has_project:
            return
        self._data_is_stale = False
        request = DataRequest.of(self._session.store, seed=self._setup.seed)
        background.run(self, request.answer, self._on_data_found, self._setup.show_error, key="data")

    def _on_data_found(self, facts: DataFacts) -> None:
        self._setup.show_facts(facts)
        if facts.error is not None:
            self._empty.set_texts(self.tr("Nothing to train on yet"), str(facts.error))
        else:
            self._empty.set_texts(
                self.tr("No run yet"),
                self.tr("Choose a recipe, then press Train. Its curves appear here as it learns."),
            )
        if not self._facts and not self._controller.running():
            self._tabs.setCurrentIndex(RUNS if facts.error is not None else RECIPE)
        assert self._empty.button is not None
        self._empty.button.setVisible(facts.error is not None)

    def _refresh_runs(self) -> None:
        if not self._session.has_project:
            return
        runs = self._session.store.runs()
        # the runs that ended do not change any more
        ended = {key: one for key, one in self._facts.items() if one.has_model or one.state == RunState.FAILED}
        resumed = self._controller.running()
        known = {run.id: ended[run.id] for run in runs if run.id in ended and run.id not in resumed}
        request = functools.partial(_read_all, runs, known)
        background.run(self, request, self._on_runs_read, self._setup.show_error, key="runs")

    def _on_runs_read(self, facts: list[RunFacts]) -> None:
        is_first = not self._facts and bool(facts)
        self._facts = {one.run.id: one for one in facts}
        if self._shown not in self._facts:
            self._shown = None
        self._runs.show_runs(facts)
        self._update_page()
        if is_first:
            self._setup.choose(facts[0].run.recipe)
            self._tabs.setCurrentIndex(RUNS)
        if self._shown is not None:
            self._runs.select(self._shown)
            self._show_state()
        elif facts:
            running = self._controller.running()
            newest = running[-1] if running else facts[0].run.id
            self._runs.select(newest)
            self._show_run(newest)

    def _update_page(self) -> None:
        has_runs = bool(self._facts) or self._shown is not None
        self._right.setCurrentIndex(0 if self._tabs.currentIndex() == RECIPE else 2 if has_runs else 1)
        running = self._controller.running()
        self._setup.show_busy(self.tr("Run {} is training").format(running[-1]) if running else "")

    def _show_run(self, run_id: int) -> None:
        if run_id == self._shown:
            return
        self._shown = run_id
        self._header.forget_question()
        followed = self._controller.followed(run_id)
        if followed is not None:
            self._on_history_read(run_id, followed.history)
            return
        self._on_history_read(run_id, RunHistory())
        run = self._facts[run_id].run
        read = functools.partial(read_history, run)
        background.run(
            self, read, functools.partial(self._on_history_read, run_id), self._setup.show_error, key="history"
        )

    def _on_history_read(self, run_id: int, history: RunHistory) -> None:
        if run_id != self._shown:
            return
        self._history = history
        self._plots.show_history(history)
        others = [one for one in self._facts.values() if one.run.id != run_id and one.has_model]
        self._plots.show_earlier([one.figures for one in others[:MOST_EARLIER_RUNS]])
        self._show_state()

    def _show_state(self) -> None:
        """Show the head of the run that is looked at."""
        if self._shown is None:
            return
        followed, facts = self._controller.followed(self._shown), self._facts.get(self._shown)
        if followed is None and facts is None:
            return
        state = followed.state if followed is not None else facts.state if facts is not None else RunState.PREPARED
        title = facts.title if facts is not None else followed.run.recipe if followed is not None else ""
        others = {
            one.run.id: one.best_figure
            for one in self._facts.values()
            if one.run.id != self._shown and one.has_model and one.best_figure is not None
        }
        finished = self._history.finished
        value = None
        if finished is not None:
            value = finished.validation_map if finished.top1 is None else finished.top1
        self._header.show_run(
            self.tr("Run {} · {}").format(self._shown, title),
            state,
            self._history,
            asked=followed.asked if followed is not None else "",
            verdict=words.verdict(value, others),
        )
        self._header.show_stuck(followed is not None and followed.can_kill)
        is_over = state in (RunState.FAILED, RunState.INTERRUPTED)
        failure = self._history.failure or (facts.error if facts is not None else None)
        self._header.show_error(failure if is_over else None)

    # what happens

    def _on_run_started(self, run_id: int) -> None:
        followed = self._controller.followed(run_id)
        if followed is not None:
            self._shown = run_id
            self._header.forget_question()
            self._on_history_read(run_id, followed.history)
            self._runs.select(run_id)
        self._tabs.setCurrentIndex(RUNS)
        self._update_page()

    def _on_event_received(self, run_id: int, events: list[Event]) -> None:
        if run_id == self._shown:
            self._plots.refresh()
            self._show_state()
        if any(isinstance(event, EpochEnded) for event in events):
            self._runs.refresh(run_id)

    def _on_run_state_changed(self, run_id: int) -> None:
        self._runs.refresh(run_id)
        self._update_page()
        if run_id == self._shown:
            self._show_state()

    def _on_train_asked(self, options: Options) -> None:
        try:
            self._controller.train(options)
        except MultihotError as error:
            self._setup.show_error(error)

    def _on_run_wanted(self) -> None:
        picker = RunPicker(self._session.store.folder, self)
        picker.picked.connect(self._on_run_picked)
        picker.rejected.connect(lambda: self._setup.choose_run(None))
        picker.open()

    def _on_run_picked(self, facts: RunFacts) -> None:
        is_here = facts.run.folder.parent.parent == self._session.store.folder
        name = self.tr("Run {}").format(facts.run.id)
        place = facts.run.folder.parent.parent.name
        self._setup.choose_run(facts.run.folder, name if is_here else f"{name} · {place}")

    def _ask(self, wish: Callable[[int], None]) -> None:
        """Pass on a wish about the run that is looked at, and show what stands in its way."""
        try:
            if self._shown is not None:
                wish(self._shown)
        except MultihotError as error:
            self._setup.show_error(error)

    def _inspect(self, run_id: int) -> None:
        facts = self._facts.get(run_id)
        followed = self._controller.followed(run_id)
        state = followed.state if followed is not None else facts.state if facts is not None else None
        if state in (RunState.FINISHED, RunState.STOPPED):
            self._session.current_run = run_id
            self._session.workspace_requested.emit("inspect")


def _read_all(runs: list[Run], known: dict[int, RunFacts]) -> list[RunFacts]:
    return [known[run.id] if run.id in known else read_facts(run) for run in runs]
