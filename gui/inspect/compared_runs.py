"""Other runs whose curves of the chosen label are drawn beside those of the run that is looked at."""

import functools
import threading
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication, QObject, Signal
from PySide6.QtWidgets import QMenu

from core.evaluation.predictions import Predictions
from core.evaluation.ranking import RankedScores
from core.labels import LabelState, Split
from core.project.changes import Changes
from core.project.runs.run_list import Run
from gui import background
from gui.inspect.inspection import Inspection
from gui.inspect.plot_lines import LabelCurves, Line, Role
from gui.inspect.scored_split import ScoredSplit, load_predictions
from gui.train.run_chooser import with_model
from gui.train.run_facts import RunFacts
from gui.train.words import figure, run_line

translate = QCoreApplication.translate

# 100,000 images and 80 labels take 40 MB
_MOST_LOADED = 3


@dataclass(frozen=True, eq=False)
class Compared:
    """One label of some runs on images that they share with the run that is looked at.

    Attributes:
        lines: of the runs that know the label.
        notes: what is to be said of them.
    """

    lines: tuple[Line, ...]
    notes: tuple[str, ...]


class LoadedRuns:
    """Scores of runs on one split, each read once and forgotten when it is compared no more; for several threads.

    Of more runs than `_MOST_LOADED` those that were wanted last are kept.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, Predictions] = OrderedDict()

    def keep_only(self, runs: Collection[int]) -> None:
        """Forget all but some runs."""
        with self._lock:
            for one in set(self._kept).difference(runs):
                del self._kept[one]

    def of(self, run: Run, split: Split) -> Predictions:
        """The scores of a run; while another thread reads them, that is waited for.

        Raises:
            MultihotError: they cannot be read.
        """
        with self._lock:
            if run.id not in self._kept:
                self._kept[run.id] = load_predictions(run).of(split)
            self._kept.move_to_end(run.id)
            while len(self._kept) > _MOST_LOADED:
                self._kept.popitem(last=False)
            return self._kept[run.id]


class ComparedRuns(QObject):
    """The runs that were chosen for comparison; read off the GUI thread.

    Attributes:
        menu: all other runs that have a model, each to be checked.
        lines: of the chosen label, of the runs that were read.
        notes: what is to be said of them.

    Signals:
        changed: other lines.
    """

    changed = Signal()

    def __init__(self, inspection: Inspection, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._inspection = inspection
        self._others: list[RunFacts] = []
        self._chosen: set[int] = set()
        self._loaded = LoadedRuns()
        self.menu = QMenu()
        self.menu.setTitle(self.tr("Compare with run"))
        self.menu.aboutToShow.connect(self._fill)
        self.lines: tuple[Line, ...] = ()
        self.notes: tuple[str, ...] = ()
        inspection.session.changed.connect(self._on_project_changed)

    def show_scores(self) -> None:
        """Another run or split is looked at, or nothing."""
        self._loaded = LoadedRuns()
        self._clear()
        if self._inspection.scored is None:
            self._chosen.clear()
            self._others = []
        else:
            self._read_runs()

    def show_label(self) -> None:
        """Another label is chosen."""
        self._clear()
        self._ask()

    def set_chosen(self, run_id: int, chosen: bool) -> None:
        """Compare with a run, or no longer."""
        (self._chosen.add if chosen else self._chosen.discard)(run_id)
        self._ask()

    def _clear(self) -> None:
        if self.lines or self.notes:
            self.lines = self.notes = ()
            self.changed.emit()

    def _on_project_changed(self, changes: Changes) -> None:
        if changes.runs and self._inspection.scored is not None:
            self._read_runs()

    def _read_runs(self) -> None:
        session = self._inspection.session
        if session.has_project:
            read = functools.partial(with_model, session.store.runs())
            background.run(self, read, self._on_runs_read, self._inspection.failed.emit, key="runs")

    def _on_runs_read(self, runs: list[RunFacts]) -> None:
        self._others = runs
        self._ask()

    def _fill(self) -> None:
        self.menu.clear()
        run = self._inspection.run
        others = [facts for facts in self._others if run is not None and facts.run.id != run.id]
        for facts in others:
            text = run_line(facts.run.id, figure(facts.best_map, facts.best_top1), facts.title)
            action = self.menu.addAction(text)
            action.setCheckable(True)
            action.setChecked(facts.run.id in self._chosen)
            action.toggled.connect(functools.partial(self.set_chosen, facts.run.id))
        if not others:
            self.menu.addAction(self.tr("No other run has a model")).setEnabled(False)

    def _ask(self) -> None:
        scored = self._inspection.scored
        if scored is None:
            return
        runs = [one.run for one in self._others if one.run.id in self._chosen and one.run.id != scored.run.id]
        if not runs:
            # a thread may be reading into the others
            self._loaded = LoadedRuns()
            self._clear()
            return
        label = self._inspection.label
        work = functools.partial(compared, scored, label, runs, loaded=self._loaded)
        done = functools.partial(self._on_compared, scored, label)
        background.run(self, work, done, self._inspection.failed.emit, key="compared")

    def _on_compared(self, scored: ScoredSplit, label: int, found: Compared) -> None:
        if scored is not self._inspection.scored:
            return
        chosen = {run.id for run in (one.run for one in self._others) if run.id in self._chosen}
        if label == self._inspection.label and chosen:
            self.lines, self.notes = found.lines, found.notes
            self.changed.emit()


def compared(scored: ScoredSplit, label: int, runs: Sequence[Run], *, loaded: LoadedRuns) -> Compared:
    """Read other runs' scores of one label, on images that they scored in the same split.

    What the images show is taken from the run that is looked at, so that the lines differ by the models alone. Where
    a run shares only some of the images, the run that is looked at is drawn on those as well.

    Args:
        scored: what is looked at.
        label: column of the chosen label.
        runs: the others.
        loaded: scores that were read before; keeps those of these runs.

    Raises:
        MultihotError: scores cannot be read.
    """
    name, own = scored.label_names[label], scored.predictions
    loaded.keep_only([run.id for run in runs])
    lines: list[Line] = []
    notes: list[str] = []
    for run in runs:
        other = loaded.of(run, scored.split)
        title = translate("compared", "run {}").format(run.id)
        _, here, there = np.intersect1d(own.image_ids, other.image_ids, assume_unique=True, return_indices=True)
        if name not in other.label_names or not len(here):
            text = translate("compared", "Run {} did not score “{}” on these images.")
            notes.append(text.format(run.id, name))
            continue
        states = own.states[here, label]
        column = other.label_names.index(name)
        lines.append(_line(title, other.probabilities[there, column], states, look=len(lines)))
        if len(here) < len(own.image_ids):
            text = translate("compared", "Run {} shares {:,} of {:,} images.")
            notes.append(text.format(run.id, len(here), len(own.image_ids)))
            title = translate("compared", "run {}, shared with {}").format(scored.run.id, run.id)
            lines.append(_line(title, own.probabilities[here, label], states, look=len(lines)))
    return Compared(tuple(lines), tuple(notes))


def _line(name: str, scores: NDArray[np.float32], states: NDArray[np.int8], *, look: int) -> Line:
    present, known = states == LabelState.PRESENT, states != LabelState.UNKNOWN
    curves = LabelCurves(RankedScores(scores[:, np.newaxis], present[:, np.newaxis], known[:, np.newaxis]), 0)
    curves.prepare()
    return Line(name, curves, Role.RUN, look)
