"""Choosing one of the runs that have a model."""

import functools

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QWidget

from core.errors import MultihotError
from core.project.changes import Changes
from core.project.runs.run_list import Run
from gui import background
from gui.session import Session
from gui.train.run_facts import RunFacts, read_facts
from gui.train.words import figure, run_line


class RunChooser(QComboBox):
    """The runs with a model, newest first; the session's current run is the chosen one.

    Signals:
        run_chosen: RunFacts of the run to show, or None when no run has a model.
        failed: MultihotError, the runs could not be read.
    """

    run_chosen = Signal(object)
    failed = Signal(object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._runs: list[RunFacts] = []
        self._told: int | None = None
        self._is_first = True
        self.setMinimumContentsLength(30)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setAccessibleName(self.tr("Run"))

        session.project_opened.connect(self._on_project_opened)
        session.changed.connect(self._on_project_changed)
        session.current_run_changed.connect(lambda _: self._choose())
        self.activated.connect(self._on_activated)
        self._on_project_opened()

    def refresh(self) -> None:
        """Read the runs again, off the GUI thread."""
        if self._session.has_project:
            read = functools.partial(with_model, self._session.store.runs())
            background.run(self, read, self._on_runs_read, self._on_failed, key="runs", is_short=True)

    def _on_project_opened(self) -> None:
        self._is_first = True
        self.refresh()

    def _on_project_changed(self, changes: Changes) -> None:
        if changes.runs:
            self.refresh()

    def _on_runs_read(self, runs: list[RunFacts]) -> None:
        self._runs = runs
        with QSignalBlocker(self):
            self.clear()
            for facts in runs:
                text = run_line(facts.run.id, figure(facts.best_map, facts.best_top1), facts.title)
                self.addItem(text, facts.run.id)
                # the box is narrower than many a title
                self.setItemData(self.count() - 1, text, Qt.ItemDataRole.ToolTipRole)
        self.setEnabled(bool(runs))
        self._choose()

    def _choose(self) -> None:
        """Show the session's current run; the newest where it has none, or none with a model."""
        ids = [facts.run.id for facts in self._runs]
        wanted = self._session.current_run
        index = ids.index(wanted) if wanted in ids else 0
        chosen = self._runs[index] if self._runs else None
        self.setToolTip("" if chosen is None else self.itemText(index))
        with QSignalBlocker(self):
            self.setCurrentIndex(index if chosen is not None else -1)
        told = chosen.run.id if chosen is not None else None
        if self._is_first or told != self._told:
            self._is_first, self._told = False, told
            self.run_chosen.emit(chosen)

    def _on_activated(self, index: int) -> None:
        self._session.current_run = self._runs[index].run.id

    def _on_failed(self, error: MultihotError) -> None:
        self.failed.emit(error)


def with_model(runs: list[Run]) -> list[RunFacts]:
    """Those of the runs that have a model, read from their folders; off the GUI thread."""
    return [facts for facts in map(read_facts, runs) if facts.has_model]
