"""The list of runs, newest first."""

import time
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPalette
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from core.jobs.folder import RunState
from gui.train import words
from gui.train.controller import TrainingController
from gui.train.history import RunHistory
from gui.train.run_facts import RunFacts
from gui.train.words import score
from gui.widgets import theme
from gui.widgets.icons import icon

Index = QModelIndex | QPersistentModelIndex

_STATES = {
    RunState.PREPARED: ("clock", "not started"),
    RunState.RUNNING: ("spinner-gap", "running"),
    RunState.PAUSED: ("pause-circle", "paused"),
    RunState.FINISHED: ("check-circle", "finished"),
    RunState.STOPPED: ("check-circle", "stopped"),
    RunState.FAILED: ("x-circle", "failed"),
    RunState.INTERRUPTED: ("warning-circle", "interrupted"),
}
RUN, STATE, RECIPE, EPOCHS, FIGURE, STARTED = range(6)


class RunModel(QAbstractTableModel):
    """A row for each run; the numbers of those at work come from the controller."""

    def __init__(self, controller: TrainingController) -> None:
        super().__init__()
        self._controller = controller
        self._rows: list[RunFacts] = []
        self._headers = (
            self.tr("Run"),
            self.tr("State"),
            self.tr("Recipe"),
            self.tr("Epochs"),
            "",
            self.tr("Started"),
        )

    def show_runs(self, rows: Sequence[RunFacts]) -> None:
        """Show other runs, or the same with newer facts."""
        if [one.run.id for one in rows] == [one.run.id for one in self._rows]:
            self._rows = list(rows)
            self._tell(0, len(rows) - 1)
            return
        self.beginResetModel()
        self._rows = list(rows)
        self.endResetModel()

    def refresh(self, run_id: int) -> None:
        """The numbers of a run at work changed."""
        for row, facts in enumerate(self._rows):
            if facts.run.id == run_id:
                self._tell(row, row)

    def facts(self, row: int) -> RunFacts:
        """The run of a row."""
        return self._rows[row]

    def row_of(self, run_id: int) -> int | None:
        """The row of a run; None when it is not in the list."""
        return next((row for row, facts in enumerate(self._rows) if facts.run.id == run_id), None)

    def _tell(self, first: int, last: int) -> None:
        if last >= first:
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, FIGURE, FIGURE)
            self.dataChanged.emit(self.index(first, 0), self.index(last, STARTED))

    def _text(self, facts: RunFacts, column: int) -> str:
        followed = self._controller.followed(facts.run.id)
        state = followed.state if followed is not None else facts.state
        history = self._history(facts)
        if column == RUN:
            return str(facts.run.id)
        if column == STATE:
            ended_early = history.early_stopped is not None if history is not None else facts.ended_early
            return "ended early" if state == RunState.FINISHED and ended_early else _STATES[state][1]
        if column == RECIPE:
            return facts.title
        if column == EPOCHS:
            done = len(history.epochs) if history is not None else len(facts.figures)
            total = history.started.epochs if history is not None and history.started is not None else facts.epochs
            return f"{done} / {total}" if total else "–"
        if column == FIGURE:
            mean, top1 = self._figures(facts)
            return score(mean if top1 is None else top1)
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(facts.run.created))

    def _history(self, facts: RunFacts) -> RunHistory | None:
        """Of a run at work that has begun."""
        followed = self._controller.followed(facts.run.id)
        return followed.history if followed is not None and followed.history.started is not None else None

    def _figures(self, facts: RunFacts) -> tuple[float | None, float | None]:
        """The mAP and the top-1 of the best epoch."""
        history = self._history(facts)
        if history is not None:
            return history.best_map, history.best_top1
        return facts.best_map, facts.best_top1

    def _icon(self, facts: RunFacts) -> QIcon:
        followed = self._controller.followed(facts.run.id)
        state = followed.state if followed is not None else facts.state
        role = QPalette.ColorRole.BrightText if state == RunState.FAILED else QPalette.ColorRole.Text
        return icon(_STATES[state][0], role)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """A row for each run."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """A column for each fact."""
        return 0 if parent.isValid() else len(self._headers)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401 - as Qt asks
        """The text of a cell, and the sign of a state."""
        facts, column = self._rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(facts, column)
        if role == Qt.ItemDataRole.DecorationRole and column == STATE:
            return self._icon(facts)
        if role == Qt.ItemDataRole.ToolTipRole:
            error = f"{facts.error.sentence} {facts.error.next_step}".strip() if facts.error is not None else ""
            return "\n".join(filter(None, (facts.title, error, *facts.notes)))
        if role == Qt.ItemDataRole.TextAlignmentRole and column in (RUN, EPOCHS, FIGURE):
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401 - as Qt asks
        """The names of the columns."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            if section == FIGURE:
                # all runs of a project have the same task
                has_top1 = any(self._figures(facts)[1] is not None for facts in self._rows)
                return self.tr("top-1") if has_top1 else self.tr("mAP")
            return self._headers[section]
        if role == Qt.ItemDataRole.ToolTipRole and section == FIGURE:
            return f"{words.MEAN_AP} {words.TOP1}"
        if role == Qt.ItemDataRole.TextAlignmentRole and section in (RUN, EPOCHS, FIGURE):
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None


class RunList(QTableView):
    """The table of runs.

    Signals:
        run_selected: id of the run whose row became the current one.
        run_opened: id of a run that was double-clicked, or on which Enter was pressed.
    """

    run_selected = Signal(object)
    run_opened = Signal(object)

    def __init__(self, controller: TrainingController, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs = RunModel(controller)
        self.setModel(self._runs)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setIconSize(QSize(16, 16))
        self.setTabKeyNavigation(False)
        self.setFont(theme.tabular(self.font()))
        self.setAccessibleName(self.tr("Runs"))
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(theme.ROW)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(RECIPE, QHeaderView.ResizeMode.Stretch)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

        self.selectionModel().currentRowChanged.connect(self._on_current_row_changed)
        self.activated.connect(self._on_activated)

    def show_runs(self, runs: Sequence[RunFacts]) -> None:
        """Show these runs; which one is selected is for the caller to say."""
        with QSignalBlocker(self):
            self._runs.show_runs(runs)

    def refresh(self, run_id: int) -> None:
        """The numbers of a run at work changed."""
        self._runs.refresh(run_id)

    @property
    def selected_run(self) -> int | None:
        """Id of the run of the current row; None without one."""
        index = self.currentIndex()
        return self._runs.facts(index.row()).run.id if index.isValid() else None

    def select(self, run_id: int) -> None:
        """Make the row of a run the current one, without telling; nothing happens when it is not in the list."""
        row = self._runs.row_of(run_id)
        if row is not None and self.currentIndex().row() != row:
            with QSignalBlocker(self):
                self.selectRow(row)

    def _on_current_row_changed(self, current: QModelIndex) -> None:
        if current.isValid():
            self.run_selected.emit(self._runs.facts(current.row()).run.id)

    def _on_activated(self, index: QModelIndex) -> None:
        self.run_opened.emit(self._runs.facts(index.row()).run.id)
